/** The member list changes while the cluster works: learner, voter, removal, one vote at a time. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest } from '../../../actors/log/apply.js'
import type { Entry, Member } from '../../../actors/log/messages.js'
import { nodeId } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { cleanup, Harness, type Node } from './harness.js'

const t = suite('log: members')
const list = (members: readonly Member[]): Entry => ({ type: 'members', members, epoch: 0, because: verdict('members', 'log.members') })
const member = (name: string, votes: number): Member => ({ node: nodeId(name), name, votes, links: [{ address: '10.0.0.9', port: 5405 }] })

function cluster(seed: string, count: number): { h: Harness; leader: Node } {
  const h = new Harness(seed, count)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready)))
  h.run(300)
  return { h, leader: h.leader() as Node }
}

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

t('two votes at once are refused', () => {
  const { h, leader } = cluster('two-votes', 3)
  h.propose(leader, 'both', list([...h.members, member('n4', 1), member('n5', 1)]))
  h.run(500)
  assert.is(h.answerTo('both')?.because?.key, 'log.members-votes')
})

t.run()
