/**
 * Damage of every kind to every byte of a small store (F54-F60): each byte flipped in three ways, each length of truncation, zeroed and
 * duplicated pieces, random storms. The result is the truth up to the damage, or a refusal with a sentence that changed nothing; never
 * a wrong record, a wrong vote or another error.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Recovered } from '../../runtime/actor.js'
import { type Random, seeded } from '../../runtime/random.js'
import { openStore, StoreError } from '../../runtime/store/store.js'
import { hard, OURS, record, shown, snapshot, wal } from '../contract/store.cases.js'
import { MemoryDisk } from '../contract/store.disk.js'
import { runsOf } from './help.js'

const t = suite('fuzz: store')
const SMALL = { segmentBytes: 768, reserveBytes: 16 }
const open = (files: ReadonlyMap<string, Buffer>) => {
  const disk = MemoryDisk.of(files)
  return { disk, opened: openStore('/s', OURS, { ...SMALL, files: disk }) }
}

interface Image {
  readonly files: ReadonlyMap<string, Buffer>
  readonly truth: Recovered
  /** The last segment, and for each entry in it the byte after its end. */
  readonly tail: string
  readonly ends: readonly { readonly index: number; readonly end: number }[]
}

/** A store with a snapshot, three segments and a hard state; `closed` in order or by a power cut. */
async function image(closed: boolean): Promise<Image> {
  const disk = new MemoryDisk()
  const store = await openStore('/s', OURS, { ...SMALL, files: disk })
  await store.write(wal(record(1, 1, 'a'.repeat(200)), record(2, 1, 'b'.repeat(100))))
  await store.write(hard('term 3, vote n-1'))
  await store.write(snapshot(1, 1, 'all up to one'))
  await store.write(wal(record(3, 1, 'c'.repeat(300)), record(4, 1, 'd')))
  await store.write(wal(record(4, 2, 'e'.repeat(20)), record(5, 2, 'f'.repeat(5))))
  await store.write(wal(record(6, 2, 'g'.repeat(90))))
  await store.write(wal(record(7, 2, 'h'), record(8, 2, 'i'.repeat(33))))
  if (closed) await store.close()
  const files = disk.dump()
  const truth = (await open(files).opened).recovered
  const tail = [...files.keys()]
    .filter((name) => name.includes('wal-'))
    .sort()
    .at(-1) as string
  const bytes = files.get(tail) as Buffer
  const ends = truth.entries.flatMap((entry) => {
    const at = bytes.lastIndexOf(
      entry.bytes.length > 1 ? Buffer.from(entry.bytes) : Buffer.from(`${Buffer.from(entry.bytes)}\0\0\0\0\0\0\0`),
    )
    return at < 0 ? [] : [{ index: entry.index as number, end: at + Math.ceil(entry.bytes.length / 8) * 8 }]
  })
  return { files, truth, tail, ends }
}

const counts = { whole: 0, prefix: 0, refused: 0 }

/** Opens the damaged files and judges. `tailFrom`: the first damaged byte, if the damage is in the last segment alone. */
async function judge(base: Image, files: ReadonlyMap<string, Buffer>, what: string, tailFrom?: number): Promise<void> {
  const { disk, opened } = open(files)
  let got: Recovered
  try {
    got = (await opened).recovered
  } catch (error) {
    assert.instance(error, StoreError, `${what}: ${(error as Error).stack}`)
    assert.match((error as StoreError).message, /^.{20,}\.$/)
    assert.not.match((error as StoreError).message, /\{\w+\}/)
    const after = disk.dump()
    assert.is(after.size, files.size, what)
    for (const [name, bytes] of files) assert.ok(after.get(name)?.equals(bytes), `${what}: ${name} was changed by a refused open`)
    counts.refused++
    return
  }
  const whole = shown(base.truth)
  if (shown(got) === whole) {
    counts.whole++
    return
  }
  const cut = { ...base.truth, entries: base.truth.entries.slice(0, got.entries.length) }
  assert.is(shown(got), shown(cut), `${what}: not a prefix of the truth`)
  const last = got.entries.at(-1)?.index ?? got.snapshot?.index ?? 0
  assert.ok(tailFrom !== undefined, `${what}: records ${last + 1}.. are missing`)
  for (const { index, end } of base.ends)
    if (end <= (tailFrom ?? 0)) assert.ok(index <= last, `${what}: record ${index} stood before the damage`)
  counts.prefix++
}

const changed = (base: Image, name: string, change: (bytes: Buffer) => Buffer): ReadonlyMap<string, Buffer> =>
  new Map([...base.files].map(([path, bytes]) => [path, path === name ? change(Buffer.from(bytes)) : bytes]))

for (const closed of [true, false]) {
  const how = closed ? 'closed in order' : 'after a power cut'
  const tailFrom = (base: Image, name: string, at: number): number | undefined => (!closed && name === base.tail ? at : undefined)

  t(`every byte flipped, ${how}`, async () => {
    const base = await image(closed)
    for (const [name, bytes] of base.files) {
      for (let at = 0; at < bytes.length; at++) {
        for (const mask of name.includes('superblock') ? [0x10] : [0x01, 0x80, 0xff]) {
          const flip = (b: Buffer): Buffer => {
            b[at] = (b[at] as number) ^ mask
            return b
          }
          await judge(base, changed(base, name, flip), `${name} byte ${at} ^ ${mask}`, tailFrom(base, name, at))
        }
      }
    }
  })

  t(`truncated at each length and zeroed from each byte on, ${how}`, async () => {
    const base = await image(closed)
    for (const [name, bytes] of base.files) {
      const step = name.includes('superblock') ? 61 : 1
      for (let at = 0; at < bytes.length; at += step) {
        await judge(
          base,
          changed(base, name, (b) => b.subarray(0, at)),
          `${name} cut at ${at}`,
          tailFrom(base, name, at),
        )
        await judge(
          base,
          changed(base, name, (b) => b.fill(0, at)),
          `${name} zeroed from ${at}`,
          tailFrom(base, name, at),
        )
      }
    }
  })

  t(`zeroed, duplicated and moved pieces, ${how}`, async () => {
    const base = await image(closed)
    const names = [...base.files.keys()].filter((name) => name.includes('wal-') || name.includes('snapshot'))
    for (const name of names) {
      const size = (base.files.get(name) as Buffer).length
      for (let at = 0; at < size; at += 8) {
        for (const length of [8, 64, 128]) {
          await judge(
            base,
            changed(base, name, (b) => b.fill(0, at, Math.min(at + length, size))),
            `${name} ${length} zeros at ${at}`,
            tailFrom(base, name, at),
          )
          const to = (at + length) % size
          const copy = (b: Buffer): Buffer => {
            b.copy(b, to, at, at + length)
            return b
          }
          await judge(base, changed(base, name, copy), `${name} ${length} bytes of ${at} again at ${to}`, tailFrom(base, name, to))
        }
      }
      await judge(
        base,
        changed(base, name, (b) => Buffer.concat([b, b])),
        `${name} twice`,
        tailFrom(base, name, size),
      )
    }
  })
}

t('every record of the last segment again behind the end', async () => {
  const base = await image(false)
  const end = Math.max(...base.ends.map((one) => one.end))
  const at = Math.ceil(end / 8) * 8
  for (let from = 128; from < at; from += 8) {
    const copy = (b: Buffer): Buffer => {
      Buffer.from(b.subarray(from, at)).copy(b, at)
      return b
    }
    await judge(base, changed(base, base.tail, copy), `from ${from} again at ${at}`)
  }
})

t('random storms over all files', async () => {
  const base = await image(false)
  const random = seeded('storm')
  for (let round = 0; round < runsOf(1500); round++) {
    const files = new Map([...base.files].map(([name, bytes]) => [name, Buffer.from(bytes)]))
    const victims = [...files.keys()].filter((name) => name.includes('wal-') || name.includes('superblock') || name.includes('snapshot'))
    let tailHit: number | undefined
    for (let n = 1 + random.int(3); n > 0; n--) {
      const name = victims[random.int(victims.length)] as string
      const at = storm(files.get(name) as Buffer, random)
      if (name === base.tail) tailHit = Math.min(tailHit ?? at, at)
    }
    await judge(base, files, `storm ${round}`, tailHit)
  }
})

/** Random bytes over a piece; where it starts. */
function storm(bytes: Buffer, random: Random): number {
  const at = random.int(bytes.length)
  for (let i = at; i < Math.min(at + 1 + random.int(40), bytes.length); i++) bytes[i] = random.int(256)
  return at
}

t('all three outcomes came up', () => {
  assert.ok(counts.whole > 100 && counts.prefix > 100 && counts.refused > 100, JSON.stringify(counts))
})

t.run()
