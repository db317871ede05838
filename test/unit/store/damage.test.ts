/**
 * Every sentence of the store is earned by a damage that it describes: what is found, in both languages, and nothing on disk is changed by a refusal.
 * Files truncated, zeroed, swapped, duplicated, restored from an older copy, brought from another node or cluster, or written by a newer kyha.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32c } from '../../../runtime/store/crc32c.js'
import { type Identity, openStore, StoreError } from '../../../runtime/store/store.js'
import { render } from '../../../runtime/text/index.js'
import { store as sentences } from '../../../runtime/text/store.js'
import type { Verdict } from '../../../runtime/verdict.js'
import { hard, OTHER_CLUSTER, OTHER_NODE, OURS, record, shown, snapshot, wal } from '../../contract/store.cases.js'
import { MemoryDisk } from '../../contract/store.disk.js'

const t = suite('store: damage and its sentences')
const SMALL = { segmentBytes: 2048, reserveBytes: 512 }
type Disk = Map<string, Buffer>
const [S0, S1] = ['/s/superblock.0', '/s/superblock.1'] as const
const [W2, W3, W4] = ['/s/wal-0000000002', '/s/wal-0000000003', '/s/wal-0000000004'] as const
const SNAP = '/s/snapshot-0000000000000002'

/** Eight records, those behind the snapshot in segments 2 to 4, a snapshot of index 2; `older`: the same store some writes before. */
async function image(id: Identity = OURS): Promise<{ files: Disk; older: Disk }> {
  const disk = new MemoryDisk()
  const store = await openStore('/s', id, { ...SMALL, files: disk })
  for (let i = 1; i <= 6; i++) await store.write(wal(record(i, 1, 'x'.repeat(800))))
  await store.write(hard('term 1'))
  await store.write(snapshot(2, 1, 'two'))
  const older = disk.dump()
  await store.write(wal(record(7, 1, 'x'.repeat(800))))
  await store.write(hard('term 2'))
  await store.write(wal(record(8, 2)))
  return { files: disk.dump(), older }
}
const at = (files: Disk, name: string): Buffer => {
  const bytes = files.get(name)
  assert.ok(bytes, `${name} is one of ${[...files.keys()]}`)
  return bytes as Buffer
}
const zero = (files: Disk, ...names: string[]): void => {
  for (const name of names) files.set(name, Buffer.alloc(at(files, name).length))
}
const flip = (files: Disk, name: string, offset: number): void => void at(files, name).writeUInt8(0xaa, offset)
const cut = (files: Disk, name: string, bytes: number): void => void files.set(name, at(files, name).subarray(0, bytes))
const swap = (files: Disk, a: string, b: string): void => {
  const [x, y] = [at(files, a), at(files, b)]
  files.set(a, y).set(b, x)
}
/** A byte of the header changed, and the checksum made to fit: as a newer program, or a fault before the checksum, would leave it. */
const reseal = (files: Disk, name: string, offset: number, value: number, headerBytes = 4096): void => {
  const bytes = Buffer.from(at(files, name))
  bytes[offset] = value
  bytes.writeUInt32LE(crc32c(bytes, 12, Math.min(headerBytes, bytes.length)), 8)
  files.set(name, bytes)
}
type Hurt = (files: Disk, other: { older: Disk; node: Disk; cluster: Disk }) => unknown

const refusals: Readonly<Record<string, readonly (readonly [what: string, hurt: Hurt])[]>> = {
  'store.foreign': [
    ['both superblocks of another node', (f, o) => f.set(S0, at(o.node, S0)).set(S1, at(o.node, S1))],
    ['one superblock of another node', (f, o) => f.set(S1, at(o.node, S1))],
    ['both superblocks of another cluster', (f, o) => f.set(S0, at(o.cluster, S0)).set(S1, at(o.cluster, S1))],
    ['a whole store of another cluster', (f, o) => [...o.cluster].map(([name, bytes]) => f.set(name, bytes))],
  ],
  'store.foreign-file': [
    ['a segment of another node', (f, o) => f.set(W3, at(o.node, W3))],
    ['a segment of another cluster', (f, o) => f.set(W4, at(o.cluster, W4))],
    ['a snapshot of another node', (f, o) => f.set(SNAP, at(o.node, SNAP))],
  ],
  'store.newer-version': [
    ['a superblock of version 2', (f) => reseal(f, S0, 12, 2)],
    ['a segment of version 2', (f) => reseal(f, W3, 12, 2, 128)],
    ['a snapshot of version 2', (f) => reseal(f, SNAP, 12, 2)],
  ],
  'store.superblock-bad': [
    ['both superblocks zeroed', (f) => zero(f, S0, S1)],
    ['both superblocks truncated', (f) => [S0, S1].map((name, i) => cut(f, name, i * 100))],
    [
      'one zeroed, the other gone',
      (f) => {
        zero(f, S0)
        f.delete(S1)
      },
    ],
  ],
  'store.superblock-missing': [['both superblocks gone', (f) => [S0, S1].map((name) => f.delete(name))]],
  'store.superblock-disagree': [['two good superblocks of one generation that differ', (f) => reseal(f, S0, 300, 0x55)]],
  'store.corrupt-middle': [
    ['a byte in an earlier segment', (f) => flip(f, W3, 400)],
    ['an earlier segment cut short', (f) => cut(f, W3, 1000)],
    ['an earlier segment zeroed behind its header', (f) => void at(f, W3).fill(0, 128)],
    ['the first record of the last segment, with a later one behind it', (f) => flip(f, W4, 300)],
  ],
  'store.segment-missing': [['a segment in the middle gone', (f) => f.delete(W3)]],
  'store.segment-corrupt': [
    ['a segment zeroed', (f) => zero(f, W3)],
    ['two segments swapped', (f) => swap(f, W3, W4)],
    ['a segment in the place of another', (f) => f.set(W4, at(f, W3))],
    ['an empty segment', (f) => cut(f, W3, 0)],
  ],
  'store.log-short': [
    ['the last segment gone', (f) => f.delete(W4)],
    [
      'an older copy of the log',
      (f, o) => {
        for (const name of [W2, W3, W4]) {
          const old = o.older.get(name)
          if (old) f.set(name, old)
          else f.delete(name)
        }
      },
    ],
    ['the end of the log zeroed', (f) => void at(f, W4).fill(0, 128)],
  ],
  'store.rolled-back': [['older copies of both superblocks', (f, o) => f.set(S0, at(o.older, S0)).set(S1, at(o.older, S1))]],
  'store.hole': [['the first segment gone', (f) => f.delete(W2)]],
  'store.snapshot-corrupt': [
    ['the snapshot truncated', (f) => cut(f, SNAP, 129)],
    ['the snapshot zeroed', (f) => zero(f, SNAP)],
    ['a byte of its body', (f) => flip(f, SNAP, 130)],
  ],
  'store.snapshot-missing': [['the snapshot gone', (f) => f.delete(SNAP)]],
}
/** Repaired or harmless: nothing is lost. */
const harmless: readonly (readonly [what: string, hurt: Hurt, note: string | undefined])[] = [
  ['the superblocks swapped', (f) => swap(f, S0, S1), undefined],
  ['one superblock in both places', (f) => f.set(S1, at(f, S0)), undefined],
  ['one superblock zeroed', (f) => zero(f, S0), 'store.superblock-repaired'],
  ['one superblock truncated', (f) => cut(f, S1, 4095), 'store.superblock-repaired'],
  ['one superblock longer than it should be', (f) => f.set(S1, Buffer.concat([at(f, S1), Buffer.alloc(1)])), 'store.superblock-repaired'],
  ['one older superblock', (f, o) => f.set(S1, at(o.older, S1)), undefined],
  ['the reserve gone', (f) => f.delete('/s/reserve'), undefined],
  ['half a file that was being made', (f) => f.set('/s/wal-0000000005.tmp', Buffer.alloc(7)), undefined],
  [
    'half a snapshot above what was acknowledged',
    (f) => f.set('/s/snapshot-0000000000000009', Buffer.alloc(200)),
    'store.snapshot-skipped',
  ],
]
/** Said elsewhere: by a full or failing disk (faults.test.ts, here), by the lock (lock.test.ts), after close (store.cases.ts). */
const elsewhere = [
  'store.locked',
  'store.lock-taken-over',
  'store.unreadable',
  'store.torn-tail',
  'store.reserve-missing',
  'store.full',
  'store.failed',
  'store.closed',
]

const clear = (v: Verdict): void => {
  const [en, zh] = [render('en', v.key, v.args), render('zh', v.key, v.args)]
  assert.match(en, /^[A-Za-z/].{30,}\.$/, en)
  assert.not.match(en, /\{\w+\}|undefined|NaN/)
  assert.not.match(zh, /\{\w+\}|undefined|NaN/)
  assert.match(zh, /[\u4e00-\u9fff]{4,}/)
}

const others = Promise.all([image(), image(OTHER_NODE), image(OTHER_CLUSTER)])
async function hurtBy(hurt: Hurt): Promise<{ files: Disk; truth: string }> {
  const [mine, node, cluster] = await others
  const files = new Map([...mine.files].map(([name, bytes]) => [name, Buffer.from(bytes)]))
  const truth = shown((await openStore('/s', OURS, { ...SMALL, files: MemoryDisk.of(files) })).recovered)
  hurt(files, { older: mine.older, node: node.files, cluster: cluster.files })
  return { files, truth }
}

for (const [key, ways] of Object.entries(refusals))
  for (const [what, hurt] of ways)
    t(`${what}: refused with ${key}, and nothing is changed`, async () => {
      const { files } = await hurtBy(hurt)
      const disk = MemoryDisk.of(files)
      const error = await openStore('/s', OURS, { ...SMALL, files: disk }).then(
        () => assert.unreachable('it was accepted') as never,
        (e: unknown) => e,
      )
      assert.instance(error, StoreError)
      const { because, message } = error as StoreError
      assert.is(because.key, key, message)
      clear(because)
      assert.equal([...disk.dump()], [...files])
    })

for (const [what, hurt, note] of harmless)
  t(`${what}: nothing is lost${note ? `, and it is said (${note})` : ''}`, async () => {
    const { files, truth } = await hurtBy(hurt)
    const disk = MemoryDisk.of(files)
    const store = await openStore('/s', OURS, { ...SMALL, files: disk })
    assert.is(shown(store.recovered), truth)
    assert.equal(
      store.recovered.notes.map((v) => v.key as string),
      note ? [note] : [],
    )
    for (const v of store.recovered.notes) clear(v)
    await store.write(wal(record(9, 2)))
    await store.close()
    const again = await openStore('/s', OURS, { ...SMALL, files: disk })
    assert.is(again.recovered.entries.at(-1)?.index, 9)
    assert.equal(again.recovered.notes, [], 'it was repaired')
  })

t('a disk that has no room for the reserve at the start: said, and the store works', async () => {
  const { files, truth } = await hurtBy((f) => f.delete('/s/reserve'))
  const disk = MemoryDisk.of(files)
  disk.capacity = 0
  const { recovered } = await openStore('/s', OURS, { ...SMALL, files: disk })
  assert.is(shown(recovered), truth)
  assert.equal(
    recovered.notes.map((v) => v.key as string),
    ['store.reserve-missing'],
  )
  for (const note of recovered.notes) clear(note)
})

t('every sentence of the store is earned by a damage here, or named as said elsewhere', () => {
  const earned = [...Object.keys(refusals), ...harmless.flatMap(([, , note]) => note ?? []), ...elsewhere]
  assert.equal([...new Set(earned)].sort(), Object.keys(sentences).sort())
})

t.run()
