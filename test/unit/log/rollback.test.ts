/**
 * A disk that goes back in time (F61): a node comes back with an older copy of its disk. What it acknowledged before must stay decided, and
 * its vote of before must not be given twice, as long as somebody who knows is heard. Without the rule of recall.ts each of these loses a decision.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest } from '../../../actors/log/apply.js'
import { encodeRow } from '../../../actors/log/codec.js'
import type { LogIn } from '../../../actors/log/messages.js'
import { type LogState, lastIndex, lastTerm } from '../../../actors/log/raft.js'
import { bootId, index, term } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { cleanup, Harness, type Node } from './harness.js'

const t = suite('log: a disk that went back')
const stateOf = (n: Node): LogState => n.state as LogState
const backup = (n: Node): Node['disk'] => ({ ...n.disk, wal: [...n.disk.wal] })
const resign = (h: Harness, n: Node): void => h.deliver(n, { path: 'quorum' }, { ...n.state?.quorum, quorate: false } as LogIn)
const ids = (list: readonly Node[]): string[] => list.map((n) => n.id)

function cluster(seed: string, count: number): { h: Harness; leader: Node; others: Node[] } {
  const h = new Harness(seed, count)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready)))
  h.run(500)
  const leader = h.leader() as Node
  return { h, leader, others: h.nodes.filter((n) => n !== leader) }
}

/** n1 is cut off; the other two decide `x`. The follower of the two goes back to a disk without it, then everybody meets. */
function meet(seed: string, old: (n: Node) => Node['disk']): { h: Harness; leader: Node; back: Node } {
  const { h } = cluster(seed, 3)
  h.deliver(h.node('n1'), { path: 'console' }, { type: 'transfer' } as LogIn)
  h.run(1000)
  const leader = h.leader() as Node
  assert.is.not(leader.id, 'n1')
  const behind = h.node('n1')
  const back = h.nodes.find((n) => n !== behind && n !== leader) as Node
  const disk = old(back)
  h.partition([behind.id], ids([leader, back]))
  h.run(400)
  h.propose(leader, 'x', cleanup(1))
  assert.ok(h.run(500, () => h.answerTo('x')?.ok === true))
  h.crash(back)
  h.run(400) // the leader resigns, it sees nobody
  h.restore(back, disk)
  h.heal()
  h.start(back)
  return { h, leader, back }
}

t('an acknowledged decision is kept: the restored node does not help a node that lacks it', () => {
  for (let i = 0; i < 20; i++) {
    const { h } = meet(`ack ${i}`, backup)
    assert.ok(h.run(6000, () => h.leader() !== undefined))
    h.run(1000)
    assert.ok(h.nodes.every((n) => 'r1' in stateOf(n).cluster.cleanups))
  }
})

t('the same with a disk that is new and empty', () => {
  const { h } = meet('empty', () => ({ hard: undefined, snapshot: undefined, wal: [] }))
  assert.ok(h.run(6000, () => h.leader() !== undefined))
  h.run(1000)
  assert.ok(h.nodes.every((n) => 'r1' in stateOf(n).cluster.cleanups))
})

t('a vote is not given twice: terms in which the others were already are left out', () => {
  const { h, leader, others } = cluster('vote', 3)
  const [a, b] = others as [Node, Node]
  const disk = backup(b)
  const next = stateOf(b).hard.term + 1
  const vote = (n: Node, t: number, lastIndex_: number): void =>
    h.deliver(
      b,
      { node: n.id, path: 'log' },
      { type: 'vote', term: term(t), lastIndex: index(lastIndex_), lastTerm: lastTerm(stateOf(a)), epoch: 0 },
      n.incarnation,
    )
  const deliver = h.deliver.bind(h) // nobody stands by itself from now on
  h.deliver = (n, from, msg, life) => deliver(n, from, msg.type === 'quorum' ? { ...msg, quorate: false } : msg, life)
  for (const n of h.nodes) resign(h, n)
  h.deliver(
    a,
    { node: b.id, path: 'log' },
    { type: 'vote', term: term(next), lastIndex: index(0), lastTerm: term(0), epoch: 0 },
    b.incarnation,
  )
  vote(a, next, lastIndex(stateOf(a)))
  h.run(20)
  assert.is(stateOf(b).hard.votedFor, a.id)
  h.crash(b)
  h.restore(b, disk)
  h.start(b)
  h.run(700)
  assert.is(stateOf(b).hard.term, next)
  assert.is(stateOf(b).hard.votedFor, undefined, 'it has forgotten its vote')
  vote(leader, next, lastIndex(stateOf(a)))
  assert.is(stateOf(b).hard.votedFor, undefined, 'and does not give it to another')
  vote(leader, next + 1, lastIndex(stateOf(a)))
  assert.is(stateOf(b).hard.votedFor, leader.id)
})

t(
  'it votes for nobody who lacks what a voter that it hears holds, and counts as synced when it holds all that it may have acknowledged',
  () => {
    const { h, leader, others } = cluster('floor', 3)
    const [a, b] = others as [Node, Node]
    const disk = backup(b)
    const before = lastIndex(stateOf(a))
    h.propose(leader, 'x', cleanup(1))
    h.run(500)
    const deliver = h.deliver.bind(h) // nobody stands by itself from now on
    h.deliver = (n, from, msg, life) => deliver(n, from, msg.type === 'quorum' ? { ...msg, quorate: false } : msg, life)
    for (const n of h.nodes) resign(h, n)
    h.crash(b)
    h.restore(b, disk)
    h.start(b)
    h.run(700)
    const said = (from: Node, msg: object): void => h.deliver(b, { node: from.id, path: 'log' }, msg as LogIn, from.incarnation)
    const vote = (t: number, at: number): void =>
      said(a, { type: 'vote', term: t, lastIndex: at, lastTerm: lastTerm(stateOf(leader)), epoch: 0 })
    vote(50, before)
    assert.is(stateOf(b).hard.votedFor, undefined, 'the log of before x')
    vote(51, lastIndex(stateOf(leader)))
    assert.is(stateOf(b).hard.votedFor, a.id)

    // A leader that still counts an acknowledgement of the life before wants that much on disk here.
    const { rows } = stateOf(leader)
    const wire = rows.map((r) => ({ index: r.index, term: r.term, bytes: r.bytes }))
    const own = encodeRow(index(lastIndex(stateOf(leader)) + 1), term(60), lastTerm(stateOf(leader)), '', { type: 'noop' })
    const entries = [...wire, { index: own.index, term: own.term, bytes: own.bytes }]
    const append = (holds: number): void =>
      said(a, { type: 'append', term: 60, prevIndex: 1, prevTerm: 0, entries, commit: own.index, holds, round: 1 })
    append(own.index + 1)
    h.run(50)
    append(own.index + 1)
    assert.is(stateOf(b).commit, own.index)
    assert.ok(stateOf(b).unsynced)
    append(own.index)
    assert.is(stateOf(b).unsynced, undefined)
  },
)

t('what an earlier life acknowledged is not counted for the present one', () => {
  const { h, leader, others } = cluster('count', 5)
  const [b, c, d, e] = others as [Node, Node, Node, Node]
  const disk = backup(b)
  for (const n of [c, d, e]) h.crash(n)
  h.propose(leader, 'x', cleanup(1))
  h.run(50) // on two of five
  const at = lastIndex(stateOf(leader))
  assert.is(stateOf(leader).progress[b.id]?.match, at)
  h.crash(b)
  h.restore(b, disk)
  b.life++
  const reply = { type: 'append-reply', term: stateOf(leader).hard.term, ok: true, matchIndex: 1, hintIndex: 1, round: 9999 }
  h.deliver(leader, { node: b.id, path: 'log' }, reply as LogIn, b.incarnation)
  assert.is(stateOf(leader).progress[b.id]?.match, 1)
  // A late word of the life before changes nothing.
  h.deliver(leader, { node: b.id, path: 'log' }, { ...reply, matchIndex: at } as LogIn, {
    ...b.incarnation,
    counter: b.incarnation.counter - 1,
  })
  assert.is(stateOf(leader).progress[b.id]?.match, 1)
})

t('the leader says whose disk went back; after that node is synced it is as good as any other', () => {
  const { h, leader, others } = cluster('said', 3)
  const [a, b] = others as [Node, Node]
  const disk = backup(b)
  for (let i = 0; i < 5; i++) h.propose(leader, `p${i}`, cleanup(i))
  h.run(500)
  h.crash(b)
  h.restore(b, disk)
  h.start(b)
  assert.ok(h.run(3000, () => stateOf(b).unsynced === undefined))
  assert.ok(h.said.some((s) => s.key === 'log.went-back' && s.node === leader.id))
  h.crash(leader)
  assert.ok(h.run(4000, () => h.leader() !== undefined))
  assert.ok(
    h.nodes.filter((n) => n !== leader).every((n) => 'r4' in stateOf(n).cluster.cleanups),
    `${a.id} ${b.id}`,
  )
})

t('a node that starts in order is not called restored', () => {
  const { h, leader, others } = cluster('order', 3)
  const [a] = others as [Node]
  h.propose(leader, 'p', cleanup(1))
  h.run(500)
  h.crash(a)
  h.start(a)
  h.run(3000)
  assert.is(stateOf(a).unsynced, undefined)
  assert.not(h.said.some((s) => s.key === 'log.went-back'))
})

t('one that waits for an answer of a peer that dies goes on without it', () => {
  const { h, leader, others } = cluster('gone', 3)
  const [a, b] = others as [Node, Node]
  h.crash(a)
  h.run(200)
  h.start(a)
  h.crash(leader)
  assert.ok(
    h.run(6000, () => h.leader() !== undefined),
    `${a.id} and ${b.id} decide`,
  )
})

t('nobody stands or votes before it has listened for a limit', () => {
  const h = new Harness('listen', 3)
  h.startAll()
  assert.not(h.run(590, () => h.nodes.some((n) => (n.state?.hard.term ?? 0) > 0)) && h.nowMs < 590)
  assert.ok(h.nodes.every((n) => n.state?.hard.term === 0))
  assert.ok(h.run(2000, () => h.leader() !== undefined))
})

/**
 * Random: minorities are cut off and decide nothing, then a node of the majority goes back to an older disk while everybody is heard again, and
 * leaders resign or are started anew. Checked after every event as all histories are.
 */
function history(seed: string, count: number): void {
  const { h } = cluster(seed, count)
  const r = h.random
  let n = 0
  for (let round = 0; round < 4; round++) {
    const leader = h.leader() as Node
    const disks = new Map(h.nodes.map((x) => [x, backup(x)]))
    const away = h.nodes.filter((x) => x !== leader && r.chance(0.5)).slice(0, (count - 1) / 2)
    const rest = h.nodes.filter((x) => !away.includes(x))
    h.partition(ids(away), ids(rest))
    h.run(300 + r.int(200))
    for (let i = 0; i < 3; i++) h.propose(leader, `p${seed}${n}`, cleanup(n++ % 50))
    h.run(r.int(100))
    const back = rest[r.int(rest.length)] as Node
    h.crash(back)
    h.run(r.int(400))
    h.restore(back, disks.get(back) as Node['disk'])
    h.heal()
    h.start(back)
    h.after(r.int(900), () => leader.up && leader !== back && leader.state && resign(h, leader))
    h.faults.delayMs = 1 + r.int(60)
    assert.ok(
      h.run(12_000, () => h.leader() !== undefined && h.nodes.every((x) => x.state?.unsynced === undefined)),
      `${seed} round ${round}`,
    )
    h.faults.delayMs = 1
    h.run(2500, () => new Set(h.nodes.map((x) => x.state && digest(x.state.cluster))).size === 1)
    assert.ok(h.run(5000, () => h.leader() !== undefined))
  }
}
const seeds = Number(process.env['KYHA_SEEDS'] ?? 60)
for (const count of [3, 5])
  t(`${count} nodes, ${seeds} seeds: one disk after the other goes back, nothing that was decided is lost`, () => {
    for (let i = 1; i <= seeds; i++) {
      try {
        history(`back-${count}-${i}`, count)
      } catch (error) {
        throw new Error(`seed ${i}: ${(error as Error).stack}`)
      }
    }
  })

t('after a certified life the next one is heeded, although nobody hears it: with an empty disk it knows nobody to beat to', () => {
  const { h, leader, others } = cluster('unheard', 3)
  const [lost] = others as [Node]
  const { boot } = lost.incarnation
  h.crash(lost)
  h.run(500)
  const because = verdict('fence', 'coordinator.fence-silent', { node: lost.id, silentMs: 200, waitedMs: 1 })
  h.propose(leader, 'admit', { type: 'admit', node: lost.id, boot })
  h.propose(leader, 'intent', { type: 'fence-intent', node: lost.id, boot, because })
  h.run(200)
  const intent = stateOf(leader).cluster.lives[lost.id]?.since as ReturnType<typeof index>
  const anew = { boot: bootId(`${lost.id}-b9`), counter: 1 }
  const answers = (): void => {
    const { hard, progress } = stateOf(leader)
    const reply = { term: hard.term, ok: false, matchIndex: index(0), hintIndex: index(0), round: progress[lost.id]?.round ?? 0 }
    h.deliver(leader, { node: lost.id, path: 'log' }, { type: 'append-reply', ...reply } as LogIn, anew)
  }
  answers()
  assert.is(stateOf(leader).progress[lost.id]?.life?.boot, boot, 'it might be an earlier one')
  h.propose(leader, 'dead', {
    type: 'decision',
    certificates: [{ node: lost.id, boot, how: 'device', by: 'switch', intent, detail: 'off' }],
    releases: [],
    grants: [],
    because,
  })
  h.run(200)
  answers()
  assert.equal(stateOf(leader).progress[lost.id]?.life, anew)
  assert.is(stateOf(leader).progress[lost.id]?.match, 0)
})

t.run()
