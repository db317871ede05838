/** The member list changes while the cluster works: learner, voter, removal, one vote at a time. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest, emptyConfig } from '../../../actors/log/apply.js'
import { farewellMs } from '../../../actors/log/entries.js'
import type { Entry, LogIn } from '../../../actors/log/messages.js'
import type { LogState } from '../../../actors/log/raft.js'
import type { View } from '../../../actors/membership/messages.js'
import { nodeId } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { cleanup, Harness, type Node } from './harness.js'
import { cluster, list, member } from './lists.js'

const t = suite('log: members')
t('a fourth node joins as a learner, gets everything, and then has a vote', () => {
  const { h, leader } = cluster('join', 3)
  h.propose(leader, 'before', cleanup(1))
  h.run(200)
  const d = h.addNode('n4')
  h.start(d)
  h.propose(leader, 'learner', list([...h.members, member('n4', 0)]))
  h.run(3000)
  assert.is(h.answerTo('learner')?.ok, true)
  assert.ok('r1' in (d.state?.cluster.cleanups ?? {}))
  h.propose(leader, 'voter', list([...h.members, member('n4', 1)]))
  h.run(1000)
  // Four voters: two are not enough any more, three are.
  h.crash(h.node('n1'))
  h.run(4000)
  h.propose(d, 'three', cleanup(2))
  h.run(1000)
  assert.is(h.answerTo('three')?.ok, true)
  h.crash(h.nodes.find((n) => n.up && n !== d) as Node)
  h.run(2000)
  h.propose(d, 'two', cleanup(3))
  h.run(6000)
  assert.is(h.answerTo('two')?.ok, false)
  for (const n of h.nodes) h.start(n)
  h.run(6000)
  assert.is(new Set(h.nodes.map((n) => n.state && digest(n.state.cluster))).size, 1)
})

t('a removed node neither votes nor disturbs', () => {
  const { h, leader } = cluster('remove', 3)
  const gone = h.nodes.find((n) => n !== leader) as Node
  h.propose(leader, 'less', list(h.members.filter((m) => m.node !== gone.id)))
  h.run(1000)
  assert.is(h.answerTo('less')?.ok, true)
  h.run(5000)
  assert.is(h.leader(), leader)
  h.propose(leader, 'on', cleanup(1))
  h.run(500)
  assert.is(h.answerTo('on')?.ok, true)
})

t('a leader that removed itself hands over', () => {
  const { h, leader } = cluster('remove-self', 3)
  h.propose(leader, 'less', list(h.members.filter((m) => m.node !== leader.id)))
  assert.ok(h.run(6000, () => h.leader() !== undefined && h.leader() !== leader))
  h.propose(h.leader() as Node, 'on', cleanup(1))
  h.run(500)
  assert.is(h.answerTo('on')?.ok, true)
})

t('a leader hands leadership over before it is removed, and learns that it is out', () => {
  const { h, leader } = cluster('remove-leader', 3)
  h.propose(leader, 'less', list(h.members.filter((m) => m.node !== leader.id)))
  h.run(2000)
  assert.is(h.answerTo('less')?.ok, true, JSON.stringify(h.answerTo('less')))
  assert.ok(h.said.some((s) => s.key === 'log.transfer' && s.node === leader.id))
  assert.not(leader.state?.cluster.members.some((m) => m.node === leader.id))
  assert.is.not(h.leader(), leader)
  h.run(farewellMs)
  h.propose(h.leader() as Node, 'on', cleanup(1))
  h.run(500)
  assert.is(h.answerTo('on')?.ok, true)
  assert.not('r1' in (leader.state?.cluster.cleanups ?? {}), 'it gets nothing more')
})

t('a leader that nobody can follow at once steps down when its removal is committed', () => {
  const { h, leader } = cluster('remove-alone', 3)
  const [a] = h.nodes.filter((n) => n !== leader) as [Node]
  // Both others seem silent to it for a moment, so there is no successor; they still answer.
  leader.state = { ...(leader.state as LogState), view: { ...(leader.state?.view as View), peers: [] } }
  h.deliver(leader, { path: 'console' }, { type: 'propose', id: 'less', entry: list(h.members.filter((m) => m.node !== leader.id)) })
  assert.is(leader.state?.role, 'leader', 'until then it leads')
  assert.ok(h.run(1000, () => h.answerTo('less')?.ok === true))
  assert.is(leader.state?.role, 'follower')
  assert.ok(
    h.run(5000, () => h.leader() !== undefined && h.leader() !== leader),
    a.id,
  )
})

t('a dead node is removed', () => {
  const { h, leader } = cluster('remove-dead', 4)
  const dead = h.nodes.find((n) => n !== leader) as Node
  h.crash(dead)
  h.run(1000)
  h.propose(h.leader() as Node, 'less', list(h.members.filter((m) => m.node !== dead.id)))
  h.run(1000)
  assert.is(h.answerTo('less')?.ok, true)
  const rest = h.nodes.filter((n) => n.up)
  h.crash(rest.find((n) => n !== h.leader()) as Node) // two of three are enough now
  h.run(1000)
  h.propose(h.leader() as Node, 'on', cleanup(1))
  h.run(500)
  assert.is(h.answerTo('on')?.ok, true)
})

t('one change at a time: the next waits until the last is committed', () => {
  const { h, leader } = cluster('pending', 3)
  h.propose(leader, 'n4', list([...h.members, member('n4', 0)]))
  h.propose(leader, 'n5', list([...h.members, member('n4', 0), member('n5', 0)]))
  h.run(500)
  assert.is(h.answerTo('n4')?.ok, true)
  assert.is(h.answerTo('n5')?.because?.key, 'log.members-pending')
  assert.is(h.answerTo('n5')?.refused, 'stale-revision')
})

t('who does not hold the log gets no vote', () => {
  const { h, leader } = cluster('not-synced', 3)
  h.propose(leader, 'learner', list([...h.members, member('n4', 0)]))
  h.run(500)
  h.propose(leader, 'voter', list([...h.members, member('n4', 1)]))
  h.run(500)
  assert.is(h.answerTo('voter')?.because?.key, 'log.members-not-synced')
})

t('members change only after an entry of the leader\u2019s own term is committed (the single-server bug)', () => {
  const { h, leader } = cluster('own-term', 3)
  const voter = h.nodes.find((n) => n !== leader) as Node
  // A new leader whose first entry cannot be committed: the followers' answers are lost.
  const deliver = h.deliver.bind(h)
  h.deliver = (n, from, m, life) => {
    if (m.type !== 'append-reply') deliver(n, from, m, life)
  }
  h.deliver(leader, { path: 'console' }, { type: 'transfer', to: voter.id } as LogIn)
  assert.ok(h.run(1000, () => voter.state?.role === 'leader'))
  h.propose(voter, 'more', list([...h.members, member('n4', 0)]))
  h.run(1000)
  assert.is(voter.state?.members.length, 3)
  h.deliver = deliver
  h.run(3000)
  assert.is(h.answerTo('more')?.ok, true)
})

t('a node that starts takes the newest list of its log, not that of its snapshot', () => {
  const h = new Harness('recover', 1)
  h.startAll()
  h.run(4000)
  const first = h.node('n1')
  const d = h.addNode('n2')
  h.start(d)
  h.propose(first, 'learner', list([...h.members, member('n2', 0)]))
  h.run(2000)
  h.propose(first, 'voter', list([...h.members, member('n2', 1)]))
  h.run(2000)
  assert.is(h.answerTo('voter')?.ok, true)
  h.crash(first)
  h.crash(d)
  first.inbox.length = 0
  h.start(first)
  assert.equal(
    first.state?.members.map((m) => m.node),
    ['n1', 'n2'],
  )
  const told = first.inbox.find((x) => x.to === 'quorum' && x.msg.type === 'members')?.msg as unknown as { members: unknown[] } | undefined
  assert.is(told?.members.length, 2)
  assert.not(
    h.run(5000, () => h.leader() !== undefined),
    'alone it does not lead any more',
  )
  h.start(d)
  assert.ok(h.run(5000, () => h.leader() !== undefined))
})

t('two to three and back: both are needed, then two of three, then both', () => {
  const h = new Harness('two-three', 2)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  h.run(500)
  const c = h.addNode('n3')
  h.start(c)
  const ask = (id: string, votes: number | undefined): void => {
    const more = votes === undefined ? [] : [member('n3', votes)]
    h.propose(h.leader() as Node, `${id}: is the other one there`, list([...h.members, ...more]))
    h.run(50)
    h.propose(h.leader() as Node, id, list([...h.members, ...more]))
    h.run(2000)
    assert.is(h.answerTo(id)?.ok, true, `${id}: ${JSON.stringify(h.answerTo(id))}`)
  }
  ask('learner', 0)
  ask('voter', 1)
  h.crash(h.node('n2'))
  h.run(3000)
  h.propose(h.leader() as Node, 'two of three', cleanup(1))
  h.run(1000)
  assert.is(h.answerTo('two of three')?.ok, true)
  h.start(h.node('n2'))
  h.run(3000)
  ask('two again', undefined)
  h.run(1000)
  h.crash(h.node('n2'))
  h.run(1500)
  h.propose(h.node('n1'), 'alone', cleanup(2))
  h.run(6000)
  assert.is(h.answerTo('alone')?.ok, false)
  h.start(h.node('n2'))
  assert.ok(h.run(5000, () => h.leader() !== undefined))
})

/** Two voters whose lives are admitted, the leader first. */
function pair(seed: string): { h: Harness; a: Node; b: Node } {
  const { h, leader } = cluster(seed, 2)
  for (const n of h.nodes) h.propose(leader, `admit ${n.id}`, { type: 'admit', node: n.id, boot: n.incarnation.boot })
  h.run(100)
  return { h, a: leader, b: h.nodes.find((n) => n !== leader) as Node }
}
/** `b` has `a` switched off and decides alone; `meanwhile`: between the two. */
function takeOver(h: Harness, a: Node, b: Node, meanwhile = (): void => undefined): void {
  h.crash(a)
  a.powerOff = true
  meanwhile()
  const certificate = { node: a.id, boot: a.incarnation.boot, how: 'device', by: 'lab', intent: 0, detail: '' }
  h.deliver(b, { path: 'coordinator' }, { type: 'solo', certificate } as unknown as LogIn)
  h.run(1000)
  assert.equal(b.state?.cluster.solo, [b.id])
  h.propose(b, 'alone', cleanup(3))
  h.run(500)
  assert.is(h.answerTo('alone')?.ok, true)
}

t('a third voter decides nothing before both of two hold the list: one of them may decide alone meanwhile, and not know', () => {
  const { h, a, b } = pair('third')
  const c = h.addNode('n3')
  h.start(c)
  h.propose(a, 'learner', list([...h.members, member('n3', 0)]))
  h.run(2000)
  assert.is(c.state?.commit, a.state?.commit)
  h.propose(a, 'fresh', cleanup(1))
  h.run(50)
  h.partition([b.id], [a.id, c.id])
  h.propose(a, 'voter', list([...h.members, member('n3', 1)]))
  h.propose(a, 'more', cleanup(2))
  h.run(60)
  assert.is(a.state?.members.filter((m) => m.votes > 0).length, 3, 'the list is in the log')
  assert.is(c.state?.durable, a.state?.durable, 'and on two of three disks')
  assert.is(h.answerTo('voter'), undefined)
  takeOver(h, a, b)
  h.start(a)
  h.run(5000)
  assert.ok(![a, c].some((n) => n.state?.role === 'leader'), 'nor do two of three elect anybody')
  h.heal()
  assert.ok(h.run(5000, () => 'r3' in (a.state?.cluster.cleanups ?? {})))
})

t('the last but one is not removed without its knowledge: it may decide alone meanwhile', () => {
  const { h, a, b } = pair('last')
  h.propose(a, 'fresh', cleanup(1))
  h.run(50)
  h.partition([b.id], [a.id])
  h.propose(a, 'less', list(h.members.filter((m) => m.node === a.id)))
  h.run(60)
  assert.is(a.state?.members.length, 1, 'the list is in the log')
  assert.is(h.answerTo('less'), undefined)
  takeOver(h, a, b)
  h.start(a)
  h.run(5000)
  assert.is.not(a.state?.role, 'leader')
})

t('two voters change their list when the other one has just answered: who has died a moment ago could not be fenced any more', () => {
  const { h, a, b } = pair('just answered')
  h.run(3000)
  const less = list(h.members.filter((m) => m.node === a.id))
  takeOver(h, b, a, () => {
    h.propose(a, 'less', less)
    h.run(50)
    assert.is(h.answerTo('less')?.because?.key, 'log.members-asks')
    assert.is(a.state?.members.length, 2, 'no list is open that would need the dead one')
  })
  h.propose(a, 'less again', { ...less, epoch: 2 } as Entry)
  h.run(500)
  assert.is(h.answerTo('less again')?.ok, true)
})

t('who is the last one of two knows it over a start, without the other one', () => {
  const { h, a, b } = pair('alone over a start')
  h.propose(a, 'fresh', cleanup(1))
  h.run(50)
  h.propose(a, 'less', list(h.members.filter((m) => m.node === a.id)))
  h.run(100)
  assert.is(h.answerTo('less')?.ok, true)
  h.crash(b)
  h.crash(a)
  h.start(a)
  assert.ok(h.run(5000, () => h.leader() === a))
})

t('deciding alone is refused while the change to two voters is not committed', () => {
  const { h, leader } = cluster('open-two', 3)
  const [b, c] = h.nodes.filter((n) => n !== leader) as [Node, Node]
  for (const n of h.nodes) h.propose(leader, `a${n.id}`, { type: 'admit', node: n.id, boot: n.incarnation.boot })
  h.run(500)
  h.partition([leader.id], [b.id, c.id])
  h.deliver(leader, { path: 'console' }, { type: 'propose', id: 'two', entry: list(h.members.filter((m) => m.node !== c.id)) })
  h.run(20)
  assert.is(leader.state?.members.length, 2)
  const certificate = { node: b.id, boot: b.incarnation.boot, how: 'device', by: 'lab', intent: 0, detail: '' }
  h.deliver(leader, { path: 'coordinator' }, { type: 'solo', certificate } as unknown as LogIn)
  h.run(1000)
  assert.ok(h.said.some((s) => s.key === 'log.solo-open' && s.node === leader.id))
  assert.is(leader.state?.hard.soloSet, undefined)
})

const config = (tieBreak?: string): Entry => ({
  type: 'config',
  doc: { ...emptyConfig('test'), ...(tieBreak ? { quorum: { tieBreak } } : {}) },
  by: 'test',
  because: verdict('config', 'log.config'),
})

t('a tie-break is committed with the members; half of the votes is enough with it, and rests while votes change', () => {
  const { h, leader } = cluster('tie', 4)
  h.propose(leader, 'config', config('n3'))
  h.run(4000)
  assert.is(h.answerTo('config')?.ok, true)
  for (const n of h.nodes) assert.is(n.state?.cluster.tieBreak, 'n3')
  h.partition(['n1', 'n2'], ['n3', 'n4'])
  h.run(6000)
  assert.ok(['n3', 'n4'].includes(h.leader()?.id ?? ''))
  h.propose(h.leader() as Node, 'half', cleanup(1))
  h.propose(h.node('n1'), 'other half', cleanup(2))
  h.run(6000)
  assert.is(h.answerTo('half')?.ok, true)
  assert.is(h.answerTo('other half')?.ok, false)
  h.heal()
  h.run(4000)
  // A vote moves: the tie-break rests first, the proposer computes anew, and it comes back when the list has come to rest.
  const less = list(h.members.filter((m) => m.node !== 'n4'))
  h.propose(h.leader() as Node, 'less', less)
  h.run(300)
  assert.is(h.answerTo('less')?.refused, 'stale-revision')
  h.propose(h.leader() as Node, 'less again', less)
  h.run(300)
  assert.is(h.answerTo('less again')?.ok, true)
  assert.is(h.leader()?.state?.cluster.tieBreak, undefined)
  h.run(4000)
  assert.is(h.leader()?.state?.cluster.tieBreak, 'n3')
  h.propose(h.leader() as Node, 'lowest', config('lowest'))
  h.run(4000)
  assert.is(h.leader()?.state?.cluster.tieBreak, 'n1')
  h.propose(h.leader() as Node, 'off', config())
  h.run(4000)
  assert.is(h.leader()?.state?.cluster.tieBreak, undefined)
})

t('two voters have no tie-break, whatever the configuration says', () => {
  const h = new Harness('tie-two', 2)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined))
  h.propose(h.leader() as Node, 'config', config('n1'))
  h.propose(h.leader() as Node, 'list', { ...list(h.members), tieBreak: nodeId('n1') } as Entry)
  h.run(4000)
  assert.is(h.answerTo('list')?.because?.key, 'log.tie-break-two')
  for (const n of h.nodes) assert.is(n.state?.cluster.tieBreak, undefined)
})

t('two votes at once are refused', () => {
  const { h, leader } = cluster('two-votes', 3)
  h.propose(leader, 'both', list([...h.members, member('n4', 1), member('n5', 1)]))
  h.run(500)
  assert.is(h.answerTo('both')?.because?.key, 'log.members-votes')
})

t.run()
