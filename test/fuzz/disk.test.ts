/**
 * Damage to every byte of a shared disk: each byte flipped in three ways, each block cut, zeroed, or in another's place, random bytes and storms. A block
 * is what was written or does not count, with a reason; a slot is what its owner wrote or does not count; nothing throws.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  blockAt,
  blockOf,
  blocksOf,
  decodeHeader,
  decodeRegister,
  encodeHeader,
  encodeRegister,
  format,
  type Header,
  type Read,
  type Register,
  readSlot,
} from '../../actors/disk-heartbeat/layout.js'
import { diskBlockBytes } from '../../runtime/actor.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { type Random, seeded } from '../../runtime/random.js'
import { runsOf } from './help.js'

const t = suite('fuzz: shared disk')
const nodes = [nodeId('node-a'), nodeId('node-b')]
const h: Header = { cluster: clusterId('c-1'), disk: 'disk-1', set: ['disk-1', 'disk-2', 'disk-3'], nodes }
const r: Register = { mbal: 1 << 20, bal: 77, record: { epoch: 9, owner: nodeId('node-b') } }
const register = encodeRegister(h, 1, 1, r)
const flaws: ReadonlySet<string> = new Set(['short', 'empty', 'magic', 'version', 'checksum', 'shape', 'elsewhere', 'foreign'])

function refused(read: Read<unknown>, what: string): void {
  assert.not.ok(read.ok, what)
  if (!read.ok) assert.ok(flaws.has(read.flaw), `${what}: ${read.flaw}`)
}
const flipped = (block: Uint8Array, i: number, mask: number): Uint8Array => {
  const copy = block.slice()
  copy[i] = (copy[i] as number) ^ mask
  return copy
}

t('what is written is read', () => {
  assert.equal(decodeHeader(encodeHeader(h)), { ok: true, value: h })
  assert.equal(decodeRegister(register, h, 1, 1), { ok: true, value: r })
  const disk = format(h)
  assert.is(disk.length, blocksOf(2) * diskBlockBytes)
  for (const slot of [0, 1])
    assert.equal(readSlot(disk, h, slot), { read: { ok: true, value: { mbal: 0, bal: 0, record: undefined } }, whole: true, worse: 0 })
})

t('every byte flipped: the block does not count', () => {
  const header = encodeHeader(h)
  for (let i = 0; i < diskBlockBytes; i++)
    for (const mask of [1, 0x80, 0xff]) {
      refused(decodeHeader(flipped(header, i, mask)), `header, byte ${i}`)
      refused(decodeRegister(flipped(register, i, mask), h, 1, 1), `register, byte ${i}`)
    }
})

t('a block in another place, on another disk, of another cluster, of the other kind, too short, empty: it does not count', () => {
  for (const [slot, twin] of [
    [0, 0],
    [0, 1],
    [1, 0],
  ] as const)
    assert.equal(decodeRegister(register, h, slot, twin), { ok: false, flaw: 'elsewhere' })
  assert.equal(decodeRegister(register, { ...h, disk: 'disk-2' }, 1, 1), { ok: false, flaw: 'foreign' })
  assert.equal(decodeRegister(register, { ...h, cluster: clusterId('c-2') }, 1, 1), { ok: false, flaw: 'foreign' })
  assert.equal(decodeHeader(register), { ok: false, flaw: 'elsewhere' })
  assert.equal(decodeRegister(encodeHeader(h), h, 1, 1), { ok: false, flaw: 'elsewhere' })
  assert.equal(decodeHeader(new Uint8Array(diskBlockBytes)), { ok: false, flaw: 'empty' })
  for (let n = 0; n < diskBlockBytes; n += 97) refused(decodeRegister(register.subarray(0, n), h, 1, 1), `${n} bytes`)
})

t('values that no node writes are refused although their checksum is right', () => {
  for (const bad of [
    { ...r, mbal: 1 },
    { ...r, bal: -1 },
    { ...r, mbal: 1.5 },
    { ...r, record: { epoch: '9' } },
    { ...r, record: { epoch: 1, owner: 7 } },
  ])
    assert.equal(decodeRegister(encodeRegister(h, 1, 1, bad as never), h, 1, 1), { ok: false, flaw: 'shape' }, JSON.stringify(bad))
  for (const bad of [{ set: ['disk-2'] }, { set: ['disk-1', 'disk-1'] }, { nodes: [] }, { nodes: ['a', 'a'] }, { cluster: '' }])
    assert.equal(decodeHeader(encodeHeader({ ...h, ...bad } as never)), { ok: false, flaw: 'shape' }, JSON.stringify(bad))
})

/** One of the two blocks of a slot, or both, damaged in some way. */
function storm(random: Random, disk: Uint8Array, block: number): void {
  const one = blockAt(disk, block)
  const from = random.int(diskBlockBytes)
  const way = random.int(4)
  if (way === 0) one.fill(0, from)
  else if (way === 1) one.set(blockAt(disk, random.int(blocksOf(2))))
  else if (way === 2) for (let i = from; i < Math.min(diskBlockBytes, from + 64); i++) one[i] = random.int(256)
  else for (let n = 1 + random.int(8); n > 0; n--) one[random.int(diskBlockBytes)] = random.int(256)
}

t('storms: a slot is what its owner wrote, as long as one of its blocks is; else it does not count', () => {
  const random = seeded('shared disk storms')
  const counts = { whole: 0, half: 0, refused: 0 }
  for (let n = 0; n < runsOf(3_000); n++) {
    const disk = format(h)
    for (const twin of [0, 1] as const) disk.set(encodeRegister(h, 1, twin, r), blockOf(1, twin) * diskBlockBytes)
    for (let k = random.int(4); k > 0; k--) storm(random, disk, blockOf(1, random.int(2) as 0 | 1))
    const { read, whole } = readSlot(disk, h, 1)
    if (read.ok) assert.equal(read.value, r)
    else refused(read, `storm ${n}`)
    counts[read.ok ? (whole ? 'whole' : 'half') : 'refused']++
  }
  for (const [what, n] of Object.entries(counts)) assert.ok(n > 0, what)
})

t('random bytes, with and without the magic, are refused', () => {
  const random = seeded('shared disk bytes')
  for (let n = 0; n < runsOf(2_000); n++) {
    const block = Uint8Array.from({ length: diskBlockBytes }, () => random.int(256))
    if (n % 2 === 0) block.set(register.subarray(0, 12 + random.int(40)))
    refused(decodeRegister(block, h, 1, 1), `bytes ${n}`)
    refused(decodeHeader(block), `bytes ${n}`)
  }
})

t.run()
