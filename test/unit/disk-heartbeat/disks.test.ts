/** The witness on shared disks when something is wrong with them: which disk does not count, what is said of it, what is never written, and what mends. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { blockAt, blockOf, decodeRegister, encodeHeader, format, readSlot } from '../../../actors/disk-heartbeat/layout.js'
import type { WitnessState } from '../../../actors/disk-heartbeat/state.js'
import type { WitnessAsk } from '../../../actors/witness/messages.js'
import { clusterId, nodeId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import { cluster, nodes, WitnessOnDisks } from '../../contract/witness.disks.js'
import { blankDisk, foreign, type SharedDisk } from '../../sim/shared-disk.js'

const t = suite('disk witness')
const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
const asks = (ask: 'enrol' | 'claim', node: typeof a, epoch: number): WitnessAsk => ({
  type: 'witness-ask',
  ask,
  witness: 'disks',
  node,
  epoch,
})
const lookMs = 11_000

/** In use: looked at by both, and enrolled in epoch 0. */
function inUse(disks: number): WitnessOnDisks {
  const w = new WitnessOnDisks(disks)
  w.run(100)
  assert.is(w.ask(asks('enrol', a, 0))?.ok, true)
  w.said.length = 0
  return w
}
const disk = (w: WitnessOnDisks, n: number): SharedDisk => w.shared.disks[n] as SharedDisk
const answers = (w: WitnessOnDisks, node: typeof a, epoch: number): boolean | undefined => w.ask(asks('claim', node, epoch), 5_000)?.ok
const damage = (d: SharedDisk, slot: number, ...twins: readonly (0 | 1)[]): void => {
  for (const twin of twins) blockAt(d.medium, blockOf(slot, twin))[30] = 0xff
}

t('at its start it looks at each disk and says which count', () => {
  const w = new WitnessOnDisks(3)
  w.run(100)
  assert.equal([...w.keys(a)].sort(), ['disk.counts', 'disk.counts', 'disk.counts', 'disk.enough'])
})

t('one of three may be gone, two may not; with the second one back it answers', () => {
  const w = inUse(3)
  disk(w, 0).present = false
  assert.is(answers(w, a, 0), true)
  disk(w, 1).present = false
  assert.is(answers(w, b, 2), undefined)
  assert.ok(w.keys(b).includes('disk.not-enough'))
  disk(w, 1).present = true
  assert.is(answers(w, b, 2), true)
})

t('a disk that missed what was decided cannot undo it', () => {
  const w = inUse(3)
  disk(w, 0).present = false
  assert.is(answers(w, a, 0), true)
  disk(w, 0).present = true
  disk(w, 2).present = false
  for (const node of nodes) w.restart(node)
  assert.is(answers(w, b, 0), false)
  assert.is(answers(w, a, 0), true)
})

for (const [what, key, spoil] of [
  ['that nobody initialised', 'disk.out-no-header', (d: SharedDisk) => (d.medium = blankDisk(d.header))],
  ['of another cluster', 'disk.out-other-cluster', (d: SharedDisk) => (d.medium = foreign(d.header))],
  [
    'that was initialised without this node',
    'disk.out-no-slot',
    (d: SharedDisk) => (d.medium = format({ ...d.header, nodes: [nodeId('x')] })),
  ],
  ['of another set', 'disk.out-other-set', (d: SharedDisk) => (d.medium = format({ ...d.header, disk: 'y', set: ['y', 'z', 'u'] }))],
  ['whose header is damaged', 'disk.out-damaged', (d: SharedDisk) => d.medium.set([0xff], 40)],
  ['that cannot be read', 'disk.out-read', (d: SharedDisk) => (d.failsRead = 99)],
] as const) {
  t(`a disk ${what} does not count, says so once, and nothing is written to it`, () => {
    const w = inUse(3)
    spoil(disk(w, 1))
    const before = disk(w, 1).medium.slice()
    assert.is(answers(w, b, 0), true)
    w.run(3 * lookMs)
    const said = w.said.filter((s) => s.node === a && s.verdict.args['disk'] === 'd2')
    assert.equal(
      said.map((s) => s.verdict.key),
      [key],
    )
    assert.match(render('en', key, said[0]?.verdict.args ?? {}), /shared disk d2 does not count: .{20}/)
    assert.equal(disk(w, 1).medium, before)
  })
}

t('a slot with blocks of another disk does not count until its owner has written it again', () => {
  const w = inUse(1)
  const d = disk(w, 0)
  const other = format({ ...d.header, disk: 'y', set: ['y'] })
  for (const twin of [0, 1] as const) blockAt(d.medium, blockOf(1, twin)).set(blockAt(other, blockOf(1, twin)))
  w.restart(a)
  w.run(100)
  assert.equal(w.keys(a), ['disk.out-elsewhere', 'disk.not-enough'])
  w.run(2 * lookMs)
  assert.equal(w.keys(a), ['disk.counts', 'disk.enough'])
})

t('with the only disk of another set in its place there is another witness, which knows nothing', () => {
  const w = inUse(1)
  const d = disk(w, 0)
  d.medium = format({ ...d.header, disk: 'y', set: ['y'] })
  assert.is(answers(w, a, 0), false)
  d.medium = d.own
  assert.is(answers(w, a, 0), true)
})

t('one damaged block of a slot is no loss, and its owner mends it; two are mended by the owner as long as it runs', () => {
  for (const twins of [[0], [1], [0, 1]] as const) {
    const w = inUse(1)
    const d = disk(w, 0)
    damage(d, 0, ...twins)
    if (twins.length < 2) assert.is(answers(w, b, 0), true)
    w.run(2 * lookMs)
    const slot = readSlot(d.medium, d.header, 0)
    assert.ok(slot.read.ok && slot.whole)
    assert.is(answers(w, b, 0), true)
  }
})

t('both blocks damaged and the owner begins anew: the disk does not count for either, and nothing is made up', () => {
  const w = inUse(1)
  assert.is(answers(w, a, 0), true)
  damage(disk(w, 0), 0, 0, 1)
  w.restart(a)
  assert.is(answers(w, a, 0), undefined)
  assert.is(answers(w, b, 0), undefined)
  assert.ok(w.keys(b).includes('disk.out-damaged'))
})

t('a write that goes astray or is lost is found when it is read back', () => {
  const w = inUse(3)
  disk(w, 0).misdirects = 1
  assert.is(answers(w, a, 0), true)
  assert.ok(
    w.said.some(
      (s) => s.verdict.key === 'disk.out-not-kept' || s.verdict.key === 'disk.out-elsewhere' || s.verdict.key === 'disk.out-damaged',
    ),
  )
  assert.is(answers(w, b, 0), false)
})

t('writes that fail are said, and tried again', () => {
  const w = inUse(1)
  disk(w, 0).failsWrite = 2
  assert.is(answers(w, a, 0), true)
  assert.ok(w.keys(a).includes('disk.out-write'))
})

t('a disk that stands still answers nothing; what it was asked then it may do, and the answer is the same', () => {
  const w = inUse(1)
  const d = disk(w, 0)
  d.stalled.add(a)
  d.stalled.add(b)
  const shared = w.shared
  assert.is(shared.disks.length, 1)
  assert.is(answers(w, a, 0), undefined)
  d.release(a)
  d.release(b)
  w.run(2_000)
  assert.is(answers(w, a, 0), true)
  assert.is(answers(w, b, 0), false)
})

t('a ballot never goes back over restarts, and grows with each question', () => {
  const w = inUse(3)
  let last = 0
  for (let epoch = 0; epoch < 6; epoch++) {
    if (epoch % 2 === 1) w.restart(a)
    w.ask(asks('claim', a, epoch))
    const { mbal } = (w.stateOf(a) as WitnessState).mine?.register ?? { mbal: 0 }
    assert.ok(mbal > last, `${mbal} after ${last}`)
    last = mbal
  }
})

t('a question of another node, or in the name of another one, is not asked', () => {
  const w = inUse(1)
  const before = disk(w, 0).medium.slice()
  w.tell(a, asks('claim', b, 0))
  w.run(1_000)
  assert.equal(disk(w, 0).medium, before)
  assert.is((w.stateOf(a) as WitnessState).asked, undefined)
})

t('a disk of a newer version is left alone, and says what to do', () => {
  const w = inUse(3)
  const d = disk(w, 2)
  const newer = encodeHeader(d.header)
  newer[11] = 2 // another checksum: nothing else of it can be judged
  d.medium.set(newer)
  assert.is(answers(w, b, 0), true)
  assert.ok(w.keys(b).includes('disk.out-version'))
  assert.not.ok(decodeRegister(blockAt(d.medium, blockOf(1, 0)), { ...d.header, cluster: clusterId('other') }, 1, 0).ok)
  assert.is(cluster, d.header.cluster)
})

t.run()
