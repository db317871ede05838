/** Who was away or joins is led by somebody whom it does not know: a member introduces them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshotEvery } from '../../../actors/log/entries.js'
import type { LogIn, Member } from '../../../actors/log/messages.js'
import { cleanup, type Node } from './harness.js'
import { cluster, list, member } from './lists.js'

const t = suite('log: introductions')

t('who joins while the leader is a stranger to it is introduced by whoever took it in', () => {
  const { h, leader } = cluster('introduced', 3)
  h.strangers = true
  const friend = h.nodes.find((n) => n !== leader) as Node
  const d = h.addNode('n4')
  d.joining = [friend.id]
  h.start(d)
  h.propose(leader, 'learner', list([...h.members, member('n4', 0)]))
  h.run(8000)
  assert.is(d.state?.leader, leader.id)
  assert.is(d.state?.commit, leader.state?.commit)
  assert.equal([...d.peers].sort(), ['n1', 'n2', 'n3'], 'its own list names all by now')
  assert.equal([d.state?.introduced, d.state?.joining], [undefined, [friend.id]])
})

t('who comes back when one of two that it knew leads no more, and the other one is gone, is introduced to the new leader', () => {
  const { h, leader } = cluster('introduced-back', 3)
  h.strangers = true
  const away = h.nodes.find((n) => n !== leader) as Node
  const stays = h.nodes.find((n) => n !== leader && n !== away) as Node
  h.crash(away)
  const d = h.addNode('n4')
  d.joining = [leader.id, stays.id]
  h.start(d)
  const of = (n: Node): Member => h.members.find((m) => m.node === n.id) as Member
  h.propose(leader, 'learner', list([...h.members, member('n4', 0)]))
  h.run(1000)
  h.propose(leader, 'voter', list([...h.members, member('n4', 1)]))
  h.run(1000)
  h.deliver(leader, { path: 'console' }, { type: 'transfer', id: 'to-n4', to: d.id } as LogIn)
  assert.ok(h.run(5000, () => h.leader() === d))
  h.propose(d, 'without', list([of(stays), of(away), member('n4', 1)]))
  h.run(1000)
  assert.is(h.answerTo('without')?.ok, true, JSON.stringify(h.answerTo('without')))
  // Logs that begin in the middle: there is no pulling what it lacks.
  for (let i = 0; i < 2 * snapshotEvery; i++) {
    h.propose(d, `c${i}`, cleanup(i % 50))
    if (i % 20 === 0) h.run(10)
  }
  h.run(3000)
  assert.ok(Math.min(...[d, stays].map((n) => n.state?.snapshot.index ?? 0)) > 0)
  h.crash(leader)
  h.start(away)
  h.run(8000)
  assert.is(h.leader(), d)
  assert.is(away.state?.leader, d.id)
  assert.is(away.state?.commit, d.state?.commit)
})

t.run()
