/** Directed cases for rules that random histories reach too seldom, and the long ways round: pull, snapshot, transfer, damage. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeHard, decodeRow, encodeRow } from '../../../actors/log/codec.js'
import { snapshotEvery } from '../../../actors/log/entries.js'
import { ENTRY_VERSION, type LogIn } from '../../../actors/log/messages.js'
import { type LogState, lastIndex, lastTerm, soloOf } from '../../../actors/log/raft.js'
import { batchEntriesMax } from '../../../actors/log/replicate.js'
import { bootId, index, term } from '../../../runtime/ids.js'
import { pack } from '../../../runtime/wire/codec.js'
import { cleanup, Harness, type Node } from './harness.js'

const t = suite('log: safety')
const stateOf = (n: Node): LogState => n.state as LogState
function cluster(seed: string, count = 3, votes?: (i: number) => number): { h: Harness; leader: Node; others: Node[] } {
  const h = new Harness(seed, count, votes)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready)))
  const leader = h.leader() as Node
  return { h, leader, others: h.nodes.filter((n) => n !== leader) }
}
const from = (n: Node) => ({ node: n.id, path: 'log' })

t('entries of an earlier term are not committed by counting (Raft figure 8)', () => {
  const { h, leader, others } = cluster('fig8')
  for (const o of others) h.crash(o)
  h.propose(leader, 'x', cleanup(1))
  h.run(20)
  const at = lastIndex(stateOf(leader))
  assert.ok(at > stateOf(leader).commit)
  h.crash(leader)
  h.start(leader)
  const [voter] = others as [Node]
  h.start(voter)
  assert.ok(h.run(3000, () => leader.state?.role === 'leader' && leader.state.commit < at))
  const reply = { type: 'append-reply', term: stateOf(leader).hard.term, ok: true, matchIndex: at, hintIndex: at, round: 1 } as LogIn
  h.deliver(leader, from(voter), reply, voter.incarnation)
  assert.ok(stateOf(leader).commit < at)
})

t('a follower commits nothing beyond what an append showed it to share', () => {
  const { h, leader, others } = cluster('beyond')
  const [f, g] = others as [Node, Node]
  h.crash(f)
  h.crash(g)
  h.propose(leader, 'x', cleanup(1))
  h.run(20)
  const s = stateOf(leader)
  const stale = lastIndex(s)
  const append = {
    type: 'append',
    term: term(s.hard.term + 1),
    prevIndex: s.commit,
    prevTerm: s.cluster.term,
    entries: [],
    commit: stale,
    round: 1,
  }
  h.deliver(leader, from(f), append as unknown as LogIn, f.incarnation)
  assert.ok(stateOf(leader).commit < stale)
})

t('nobody votes for a log that is behind its own', () => {
  const { h, others } = cluster('stale-vote')
  const [f, g] = others as [Node, Node]
  const s = stateOf(f)
  for (const [lastIndex_, lastTerm_] of [
    [lastIndex(s) - 1, lastTerm(s)],
    [lastIndex(s) + 5, lastTerm(s) - 1],
  ]) {
    const t0 = stateOf(f).hard.term + 1
    const vote = {
      type: 'vote',
      term: term(t0),
      lastIndex: index(lastIndex_ as number),
      lastTerm: term(lastTerm_ as number),
      epoch: 0,
    } as LogIn
    h.deliver(f, from(g), vote, g.incarnation)
    assert.is(stateOf(f).hard.term, t0 as number)
    assert.is(stateOf(f).hard.votedFor, undefined)
  }
})

t('the stored commit hint never leads what the disk holds', () => {
  const { h, leader, others } = cluster('hint')
  const [f, g] = others as [Node, Node]
  f.full = true
  h.propose(leader, 'x', cleanup(1))
  h.run(200)
  assert.ok(stateOf(f).commit > stateOf(f).durable)
  const vote = { type: 'vote', term: term(50), lastIndex: index(0), lastTerm: term(0), epoch: 0 } as LogIn
  h.deliver(f, from(g), vote, g.incarnation)
  h.run(20)
  const hard = decodeHard(f.disk.hard as Uint8Array)
  assert.ok(hard.ok)
  assert.is(hard.value.term, 50)
  assert.ok(hard.value.commit <= (f.disk.wal.at(-1)?.index ?? f.disk.snapshot?.index ?? 0))
})

t('a leader that loses quorum resigns (CheckQuorum)', () => {
  const { h, leader, others } = cluster('resign')
  h.run(300)
  h.partition(
    [leader.id],
    others.map((n) => n.id),
  )
  h.run(500)
  assert.is(stateOf(leader).role, 'follower')
  assert.ok(h.said.some((s) => s.key === 'log.resigned' && s.node === leader.id))
})

t('the only node that reaches a majority leads, though its log is behind: it pulls first', () => {
  const { h, others } = cluster('pull', 5)
  // The hub misses an entry that two others have; then everybody hears only the hub.
  const hub = others[0] as Node
  h.partition(
    [hub.id],
    h.nodes.filter((n) => n !== hub).map((n) => n.id),
  )
  h.run(500)
  h.propose(h.leader() as Node, 'x', cleanup(1))
  h.run(500)
  h.partition(...h.nodes.map((n) => [n.id])) // nobody hears anybody until no leader is left
  h.run(1500)
  assert.not('r1' in stateOf(hub).cluster.cleanups)
  h.cut.clear()
  for (const a of h.nodes) for (const b of h.nodes) if (a !== hub && b !== hub && a !== b) h.cut.add(`${a.id}>${b.id}`)
  h.lookAround()
  assert.ok(h.run(6000, () => h.leader() === hub))
  assert.ok('r1' in stateOf(hub).cluster.cleanups)
})

t('what the hub lacks is more than a message holds: it comes in parts', () => {
  const { h, leader, others } = cluster('parts', 5)
  const hub = others[0] as Node
  const rest = h.nodes.filter((n) => n !== hub)
  h.partition(
    [hub.id],
    rest.map((n) => n.id),
  )
  h.run(500)
  for (let i = 0; i < batchEntriesMax + 100; i++) h.after(i * 4, () => h.propose(leader, `p${i}`, cleanup(i % 40)))
  h.run(6000)
  h.partition(...h.nodes.map((n) => [n.id]))
  h.run(1500)
  assert.ok(lastIndex(stateOf(leader)) > lastIndex(stateOf(hub)) + batchEntriesMax)
  h.cut.clear()
  for (const a of rest) for (const b of rest) if (a !== b) h.cut.add(`${a.id}>${b.id}`)
  h.lookAround()
  assert.ok(h.run(6000, () => h.leader() === hub))
  assert.is(stateOf(hub).snapshot.index, 1, 'nobody has installed anything')
})

t('a node far behind gets a snapshot and goes on from it', () => {
  const { h, leader, others } = cluster('install')
  const lost = others[0] as Node
  h.crash(lost)
  h.run(500)
  for (let i = 0; i < snapshotEvery + 50; i++) h.after(i * 4, () => h.propose(leader, `p${i}`, cleanup(i % 40)))
  h.run(6000)
  assert.ok(stateOf(leader).snapshot.index > 1)
  h.start(lost)
  h.run(3000)
  assert.is(stateOf(lost).cluster.index, stateOf(leader).cluster.index)
  assert.ok(h.said.some((s) => s.key === 'log.installed' && s.node === lost.id))
  h.crash(lost)
  h.start(lost)
  h.propose(leader, 'more', cleanup(1))
  h.run(2000)
  assert.is(stateOf(lost).cluster.index, stateOf(leader).cluster.index)
})

t('leadership is handed over at once when asked', () => {
  const { h, leader, others } = cluster('transfer')
  h.deliver(leader, { path: 'console' }, { type: 'transfer', to: (others[1] as Node).id } as LogIn)
  assert.ok(h.run(200, () => h.leader() === others[1]))
})

t('a node that hears the leader does not help to depose it', () => {
  const { h, leader, others } = cluster('partial')
  const [a, b] = others as [Node, Node]
  h.cutPair(leader.id, a.id) // a cannot hear the leader, b hears both
  h.run(8000)
  assert.is(h.leader(), leader)
  assert.is(stateOf(b).leader, leader.id)
})

t('a leader whose log actor died while its machine beats is noticed', () => {
  const { h, leader, others } = cluster('zombie')
  // It forgets that it leads; nobody's detector sees anything.
  leader.state = { ...stateOf(leader), role: 'follower', leader: undefined, progress: {} }
  h.propose(others[0] as Node, 'p', cleanup(1))
  assert.ok(h.run(4000, () => h.leader() !== undefined))
  h.run(4000)
  assert.is(h.answerTo('p')?.ok, true)
})

t('a voter that finds the leader alive asks it, and helps when it leads no more', () => {
  const { h, leader, others } = cluster('ask')
  const a = others[0] as Node
  h.run(300)
  leader.state = { ...stateOf(leader), role: 'follower', leader: undefined, stopped: true }
  h.cutPair(leader.id, a.id)
  assert.ok(h.run(4000, () => h.leader() !== undefined && h.leader() !== leader))
})

t('nobody believes for ever in a leader whose machine beats and whose log is dead', () => {
  const { h, leader } = cluster('dead-log')
  h.run(300)
  leader.state = { ...stateOf(leader), role: 'follower', leader: undefined, stopped: true }
  assert.ok(h.run(6000, () => h.leader() !== undefined && h.leader() !== leader))
})

t('a leader that is not ready yet takes no proposal, and loses none', () => {
  const { h, leader, others } = cluster('not-ready')
  for (const n of h.nodes) h.crash(n)
  const [f] = others as [Node]
  h.start(leader)
  h.start(f)
  assert.ok(h.run(5000, () => h.nodes.some((n) => n.state?.role === 'leader' && !n.state.told.ready)))
  const now = h.nodes.find((n) => n.state?.role === 'leader') as Node
  const other = now === f ? leader : f
  const last = lastIndex(stateOf(now))
  const forward = { type: 'forward', propose: { type: 'propose', id: 'early', entry: cleanup(1) } } as LogIn
  h.deliver(now, from(other), forward, other.incarnation)
  assert.is(lastIndex(stateOf(now)), last)
  assert.ok(h.run(1000, () => 'r1' in stateOf(now).cluster.cleanups))
})

t('what a certified life says changes nothing (S14)', () => {
  const { h, leader, others } = cluster('inert')
  const ghost = others[0] as Node
  h.propose(leader, 'a', { type: 'admit', node: ghost.id, boot: ghost.incarnation.boot })
  h.run(200)
  h.run(200)
  h.propose(leader, 'wrong', { type: 'operator-ack', node: ghost.id, boot: ghost.incarnation.boot, by: 'eve' })
  h.run(200)
  assert.is(h.answerTo('wrong')?.because?.key, 'log.ack-alive')
  h.cutPair(leader.id, ghost.id)
  h.run(500)
  h.propose(leader, 'o', { type: 'operator-ack', node: ghost.id, boot: ghost.incarnation.boot, by: 'eve' })
  h.run(200)
  const before = stateOf(leader)
  const loud = { type: 'vote', term: term(999), lastIndex: index(999), lastTerm: term(998), epoch: 9 } as LogIn
  h.deliver(leader, from(ghost), loud, ghost.incarnation)
  assert.is(stateOf(leader), before)
})

t('with two nodes of unequal votes both are needed all the same (T1)', () => {
  const { h, leader } = cluster('weights', 2, (i) => 2 - i)
  const big = h.node('n1')
  h.crash(h.node('n2'))
  h.propose(big, 'p', cleanup(1))
  h.run(6000)
  assert.not(h.answerTo('p')?.ok)
  assert.ok(leader)
})

t('who was admitted only while the other decided alone may not decide alone itself', () => {
  const { h, leader, others } = cluster('admitted-in-solo', 2)
  const peer = others[0] as Node
  for (const n of h.nodes) h.propose(leader, `admit-${n.id}`, { type: 'admit', node: n.id, boot: n.incarnation.boot })
  h.run(500)
  const dead = peer.incarnation.boot
  h.crash(peer)
  peer.powerOff = true
  const solo = (n: Node, of: Node, boot: string) =>
    h.deliver(n, { path: 'coordinator' }, {
      type: 'solo',
      certificate: { node: of.id, boot: bootId(boot), how: 'device', by: 's', intent: index(0), detail: '' },
    } as LogIn)
  solo(leader, peer, dead)
  h.run(500)
  h.start(peer)
  h.run(2000)
  h.cut.add(`${peer.id}>${leader.id}`) // from now on its answers get lost: it copies, but nobody knows
  h.propose(leader, 'admit-new', { type: 'admit', node: peer.id, boot: peer.incarnation.boot })
  h.run(3000, () => stateOf(peer).cluster.lives[peer.id]?.boot === peer.incarnation.boot)
  assert.is(stateOf(peer).cluster.lives[peer.id]?.state, 'admitted')
  h.cut.add(`${leader.id}>${peer.id}`)
  h.propose(leader, 'late', cleanup(1))
  h.run(300)
  assert.is(h.answerTo('late')?.ok, true)
  const boot = leader.incarnation.boot
  h.crash(leader)
  solo(peer, leader, boot)
  h.run(2000)
  assert.is(h.leader(), undefined)
  assert.equal(soloOf(stateOf(peer)), [leader.id])
  assert.ok(h.said.some((s) => s.key === 'log.solo-other'))
})

t('an entry of an unknown type or a higher version stops the node with a sentence', () => {
  const { h, leader, others } = cluster('version')
  const [f] = others as [Node]
  const s = stateOf(leader)
  const at = index(lastIndex(s) + 1)
  for (const stored of [
    { type: 'surprise', version: 1, id: '', prev: lastTerm(s), body: {} },
    { type: 'noop', version: ENTRY_VERSION + 1, id: '', prev: lastTerm(s), body: {} },
  ]) {
    const entries = [{ index: at, term: s.hard.term, bytes: pack(stored) }]
    const append = {
      type: 'append',
      term: s.hard.term,
      prevIndex: lastIndex(s),
      prevTerm: lastTerm(s),
      entries,
      commit: s.commit,
      round: 99,
    }
    h.start(f)
    h.run(300)
    h.said.length = 0
    h.deliver(f, from(leader), append as unknown as LogIn, leader.incarnation)
    assert.is(f.up, false)
    assert.ok(h.said.some((x) => x.key === 'log.entry-unknown'))
  }
})

t('damage on disk: unreadable votes stop the node, a broken chain is cut and sent again', () => {
  const { h, leader, others } = cluster('damage')
  const [f, g] = others as [Node, Node]
  for (let i = 0; i < 5; i++) h.propose(leader, `p${i}`, cleanup(i))
  h.run(500)
  h.crash(f)
  const last = f.disk.wal.at(-1)
  assert.ok(last)
  const row = decodeRow(last)
  assert.ok(row.ok)
  f.disk.wal[f.disk.wal.length - 1] = encodeRow(last.index, last.term, term(last.term + 7), 'x', row.value.entry)
  h.start(f)
  h.run(2000)
  assert.ok(h.said.some((s) => s.node === f.id && s.key === 'log.chain-broken'))
  assert.is(stateOf(f).cluster.index, stateOf(leader).cluster.index)
  h.crash(g)
  g.disk.hard = new Uint8Array([1, 2, 3])
  h.start(g)
  assert.ok(h.said.some((s) => s.node === g.id && s.key === 'log.hard-unreadable'))
  assert.is(g.up, false)
})

t.run()
