/** Elections and replication of three and five log actors, by story. Rows: none. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LogIn } from '../../../actors/log/messages.js'
import { cleanup, Harness } from './harness.js'

const t = suite('log: election and replication')

t('three nodes elect one leader, which becomes ready', () => {
  const h = new Harness('elect', 3)
  h.startAll()
  assert.ok(h.run(3000, () => h.leader() !== undefined))
})

t('a proposal made on any node is applied on all and answered where it was made', () => {
  const h = new Harness('propose', 3)
  h.startAll()
  h.run(3000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready))
  h.run(300) // every node sees every other
  for (const [i, n] of h.nodes.entries()) h.propose(n, `p${i}`, cleanup(i))
  h.run(1000)
  assert.equal(
    h.nodes.map((_, i) => h.answerTo(`p${i}`)?.ok),
    [true, true, true],
  )
  for (const n of h.nodes) assert.equal(Object.keys(n.state?.cluster.cleanups ?? {}).sort(), ['r0', 'r1', 'r2'])
})

t('a silent leader is replaced, and what it had acknowledged is kept', () => {
  const h = new Harness('failover', 3)
  h.startAll()
  h.run(3000, () => h.leader() !== undefined)
  const old = h.leader()
  assert.ok(old)
  h.propose(old, 'kept', cleanup(1))
  h.run(1000, () => h.answerTo('kept') !== undefined)
  h.crash(old)
  assert.ok(h.run(3000, () => h.leader() !== undefined && h.leader() !== old))
  assert.ok('r1' in (h.leader()?.state?.cluster.cleanups ?? {}))
})

t(
  'the log of the leader begins anew under the same kyhad: as soon as it asks what the others hold, they know that it leads no more',
  () => {
    const h = new Harness('anew', 3)
    h.startAll()
    h.run(3000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready))
    h.run(300)
    const old = h.leader()
    const other = h.nodes.find((n) => n !== old)
    assert.ok(old && other)
    const from = { node: old.id, path: 'log' }
    const { term } = other.state?.hard ?? {}
    const recall = (asked: number): void => h.deliver(other, from, { type: 'recall', term: asked } as LogIn, old.incarnation)
    recall((term ?? 0) - 1)
    assert.is(other.state?.leader, old.id, 'asked before it was elected')
    recall(term ?? 0)
    assert.is(other.state?.leader, undefined)
  },
)

t.run()
