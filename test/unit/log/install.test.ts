/**
 * A snapshot on its way in chunks: bigger than any message, lost, repeated and reordered chunks, a stream that is lost, another leader in
 * the middle, a damaged one, and how much an append carries.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest, emptyConfig, genesis } from '../../../actors/log/apply.js'
import { encodeRow, encodeSnapshot } from '../../../actors/log/codec.js'
import { patience, snapshotEvery } from '../../../actors/log/entries.js'
import { chunkBytesMax } from '../../../actors/log/install.js'
import type { Entry, LogIn, Raft } from '../../../actors/log/messages.js'
import type { LogState } from '../../../actors/log/raft.js'
import { batchBytesMax, batchEntriesMax, slice } from '../../../actors/log/replicate.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { Index, Msg } from '../../../runtime/actor.js'
import { index, term } from '../../../runtime/ids.js'
import { pack } from '../../../runtime/wire/codec.js'
import { Harness, type Node } from './harness.js'

const t = suite('log: install')
const MiB = 1024 * 1024
const stateOf = (n: Node): LogState => n.state as LogState

/** A state of more than 4 MiB packed: as many cleanups of as long names as there may be. */
const large = withCleanups(4096)
const small = withCleanups(10)
function withCleanups(count: number): { readonly state: ClusterState; readonly bytes: Uint8Array } {
  const first = genesis(new Harness('any', 3).members, 'test')
  const cleanups = Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}-${'r'.repeat(1018)}`, index(2)]))
  const state: ClusterState = { ...first, index: index(2000), term: term(1), cleanups }
  return { state, bytes: encodeSnapshot({ state, recent: [] }) }
}

/** Nodes 1 and 2 hold a snapshot, node 3 an empty disk; only the first two run. */
function lagging(seed: string, snapshot = large): { h: Harness; late: Node; bytes: Uint8Array } {
  const h = new Harness(seed, 3)
  const { state, bytes } = snapshot
  const [a, b, late] = h.nodes as [Node, Node, Node]
  for (const n of [a, b]) {
    n.disk.snapshot = { index: state.index, term: state.term, bytes }
    h.start(n)
  }
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  h.run(300)
  return { h, late, bytes }
}

/** Looks at each chunk on its way; `false` = it is lost. */
function onChunk(h: Harness, look: (to: Node, m: Extract<Raft, { type: 'install' }>) => boolean): void {
  const deliver = h.deliver.bind(h)
  h.deliver = (node, from, msg: LogIn, incarnation) => {
    if (msg.type !== 'install' || look(node, msg)) deliver(node, from, msg, incarnation)
  }
}
const agree = (h: Harness): boolean => new Set(h.nodes.map((n) => n.state && digest(n.state.cluster))).size === 1
const inStep = (h: Harness, late: Node): boolean => stateOf(late).cluster.index === (h.leader()?.state?.cluster.index ?? -1)

t('a node that lags behind a snapshot of more than 4 MiB gets it in chunks that fit into a message', () => {
  const { h, late, bytes } = lagging('chunks')
  assert.ok(bytes.length > 4 * MiB, `${bytes.length} bytes`)
  let chunks = 0
  let held = 0
  onChunk(h, (to, m) => {
    chunks++
    assert.ok(pack(m as Msg).length < MiB / 2)
    held = Math.max(held, stateOf(to).incoming?.got ?? 0)
    return true
  })
  h.start(late)
  assert.ok(h.run(5000, () => inStep(h, late)))
  assert.is(chunks, Math.ceil(bytes.length / chunkBytesMax))
  assert.ok(held <= bytes.length)
  assert.is(stateOf(late).incoming, undefined, 'old chunks are dropped')
  assert.ok(agree(h))
  h.crash(late)
  h.start(late)
  assert.ok(
    h.run(3000, () => inStep(h, late)),
    'what was installed is read back',
  )
  assert.ok(agree(h))
})

t('lost, repeated, late and reordered chunks only cost time', () => {
  for (let i = 0; i < 4; i++) {
    const { h, late } = lagging(`unruly ${i}`)
    h.faults.lossPct = 20
    h.faults.repeatPct = 40
    h.faults.delayMs = 350 // more than the leader's first wait: answers to earlier rounds come in between
    h.start(late)
    assert.ok(
      h.run(120_000, () => inStep(h, late)),
      `seed ${i}`,
    )
    assert.ok(agree(h))
  }
})

t('a stream that is lost in the middle: the transfer goes on where it stood', () => {
  const { h, late, bytes } = lagging('resume')
  const offsets: number[] = []
  onChunk(h, (_, m) => {
    offsets.push(m.offset)
    if (offsets.length === 6) h.after(0, () => h.partition([late.id], ['n1', 'n2']))
    return true
  })
  h.start(late)
  h.run(3000)
  const stood = stateOf(late).incoming?.got ?? 0
  assert.ok(stood > 0 && stood < bytes.length)
  const before = offsets.length
  h.heal()
  assert.ok(h.run(8000, () => inStep(h, late)))
  assert.ok(
    offsets.slice(before).every((o) => o >= stood - chunkBytesMax),
    offsets.join(),
  )
})

t('another leader in the middle goes on with the same transfer', () => {
  const { h, late, bytes } = lagging('relay')
  const first = h.leader() as Node
  let chunks = 0
  onChunk(h, () => {
    chunks++
    if (chunks === 8) h.after(0, () => h.crash(first))
    return true
  })
  h.start(late)
  assert.ok(h.run(10_000, () => h.leader() !== undefined && h.leader() !== first && inStep(h, late)))
  assert.ok(chunks <= bytes.length / chunkBytesMax + 4, `${chunks} chunks`)
  h.start(first)
  h.run(2000)
  assert.ok(agree(h))
})

t('another snapshot drops the chunks of the one before', () => {
  const { h, late } = lagging('other')
  const leader = h.leader() as Node
  onChunk(h, (_, m) => m.offset < 4 * chunkBytesMax)
  h.start(late)
  h.run(1000)
  assert.ok((stateOf(late).incoming?.got ?? 0) > 0)
  const s = stateOf(leader)
  const other = { type: 'install', term: s.hard.term, index: s.commit, indexTerm: s.hard.term, size: 10, crc32c: 1, offset: 0, round: 99 }
  h.deliver(late, { node: leader.id, path: 'log' }, { ...other, bytes: new Uint8Array(4) } as unknown as LogIn, leader.incarnation)
  assert.is(stateOf(late).incoming?.got, 4)
  assert.is(stateOf(late).incoming?.chunks.length, 1)
})

t('a damaged transfer is not installed; it starts anew', () => {
  const { h, late } = lagging('damaged')
  let damaged = 0
  onChunk(h, (_, m) => {
    if (m.offset === 2 * chunkBytesMax && damaged++ === 0) m.bytes.fill(0x61, 100, 120)
    return true
  })
  // A sender's chunks are views of its snapshot; here the wire did it, so each is a copy.
  const deliver = h.deliver.bind(h)
  h.deliver = (node, from, msg: LogIn, incarnation) =>
    deliver(node, from, msg.type === 'install' ? { ...msg, bytes: msg.bytes.slice() } : msg, incarnation)
  h.start(late)
  assert.ok(h.run(10_000, () => inStep(h, late)))
  assert.ok(h.said.some((s) => s.key === 'log.snapshot-damaged' && s.node === late.id))
  assert.ok(agree(h))
})

t('a state beyond the limit is refused with a sentence, and nothing of it is kept', () => {
  const { h, late } = lagging('too large')
  const leader = h.leader() as Node
  h.start(late)
  h.run(20)
  const s = stateOf(leader)
  const m = { type: 'install', term: s.hard.term, index: 9999, indexTerm: 1, size: 2 ** 40, crc32c: 1, offset: 0, round: 1 }
  h.deliver(late, { node: leader.id, path: 'log' }, { ...m, bytes: new Uint8Array(4) } as unknown as LogIn, leader.incarnation)
  assert.ok(h.said.some((x) => x.key === 'log.snapshot-too-large' && x.node === late.id))
  assert.ok((stateOf(late).incoming?.got ?? 0) !== 4)
})

t('while a snapshot is on its way the leader keeps the log that follows it', () => {
  const { h, late } = lagging('patience', small)
  const leader = h.leader() as Node
  const at = stateOf(leader).snapshot.index
  onChunk(h, () => false)
  h.start(late)
  h.run(500)
  for (let i = 0; i < snapshotEvery + 100; i++) h.after(i, () => h.propose(leader, `p${i}`, { type: 'intent-end', id: 'x', because }))
  h.run(3000)
  assert.is(stateOf(leader).snapshot.index, at)
  for (let i = 0; i < snapshotEvery * patience; i++) h.after(i, () => h.propose(leader, `q${i}`, { type: 'intent-end', id: 'x', because }))
  h.run(8000)
  assert.ok(stateOf(leader).snapshot.index > at, 'but not for ever')
})
const because = { do: 'x', key: 'log.config', args: {}, severity: 'info' } as const

t('an append carries so many entries and so many bytes; a single large entry goes alone', () => {
  const h = new Harness('batch', 1)
  h.startAll()
  h.run(3000)
  const base = stateOf(h.nodes[0] as Node)
  const rows = (count: number, size: number) =>
    Array.from({ length: count }, (_, i) =>
      encodeRow(index(base.snapshot.index + 1 + i), term(1), term(1), `p${i}`, { type: 'cleanup', resource: 'r'.repeat(size), by: 'x' }),
    )
  const sent = (count: number, size: number) => slice({ ...base, rows: rows(count, size) }, base.snapshot.index + 1)
  assert.is(sent(2000, 1).length, batchEntriesMax)
  const large = sent(20, 60_000)
  assert.ok(large.length > 1 && large.reduce((sum, e) => sum + e.bytes.length, 0) <= batchBytesMax)
  assert.is(sent(3, 400_000).length, 1)
  assert.is(slice({ ...base, rows: rows(3, 1) }, (base.snapshot.index + 9) as Index).length, 0)
})

t('a proposal that no message could carry is refused where it is made', () => {
  const h = new Harness('huge', 3)
  h.startAll()
  h.run(4000)
  const follower = h.nodes.find((n) => n !== h.leader()) as Node
  let forwarded = 0
  const deliver = h.deliver.bind(h)
  h.deliver = (node, from, msg: LogIn, incarnation) => {
    if (msg.type === 'forward') forwarded++
    deliver(node, from, msg, incarnation)
  }
  const doc = { ...emptyConfig('test'), nodes: { n1: { attributes: { text: 'x'.repeat(2 * MiB) } } } }
  h.propose(follower, 'huge', { type: 'config', doc, by: 'x', because } as unknown as Entry)
  h.run(500)
  assert.is(h.answerTo('huge')?.because?.key, 'log.entry-too-large')
  assert.is(forwarded, 0)
})

t.run()
