/** Orders and configurations that come too late: after what they stand on was stopped, or after the life that gave them was certified dead. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromTheDead } from '../../../actors/log/apply.js'
import type { Msg } from '../../../runtime/actor.js'
import { bootId, index, opId, term, token } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { verdict } from '../../../runtime/verdict.js'
import { Bench, configOf, doc, peer } from './bench.js'

const t = suite('resource: late orders')
const because = verdict('config', 'log.config', {})

t('a start that comes when the member before it in its group does not run here is refused (S17)', () => {
  const b = new Bench(configOf([doc('a'), doc('b')], [{ name: 'g', members: ['a', 'b'], targetRole: 'Started' }])).boot()
  b.grant('a')
  b.grant('b')
  b.order('b', 'start')
  b.run(100)
  assert.equal(b.actions('b'), ['monitor'])
  assert.match(b.results().at(-1)?.exitReason ?? '', /^a, which comes before it/)
  b.answers = () => ({ ms: 50 })
  b.order('a', 'start')
  b.run(20)
  b.order('b', 'start') // sent again by a leader that has not heard that a was started anew
  b.run(20)
  assert.equal(b.actions('b'), ['monitor'])
  b.order('a', 'start')
  b.run(100)
  b.order('b', 'start')
  b.run(100)
  assert.is(b.row('b')?.state, 'running')
})

t('a start that comes when the member before it has just died here is refused (S17)', () => {
  const b = new Bench(configOf([doc('a'), doc('b')], [{ name: 'g', members: ['a', 'b'], targetRole: 'Started' }])).boot()
  b.grant('a')
  b.grant('b')
  b.order('a', 'start')
  b.run(100)
  b.active.clear()
  b.death('a')
  b.run(100)
  assert.is(b.row('a')?.state, 'failed')
  b.order('b', 'start')
  b.run(100)
  assert.equal(b.actions('b'), ['monitor'])
})

t('a start that comes together with an order for the member before it is refused, although that one still shows running (S17)', () => {
  const b = new Bench(configOf([doc('a'), doc('b')], [{ name: 'g', members: ['a', 'b'], targetRole: 'Started' }])).boot()
  b.up('a')
  b.grant('b')
  // They stood in the mailbox of a thread that did not go on.
  b.order('a', 'start')
  const late = b.order('b', 'start')
  b.run(1_000)
  assert.match(b.results().find((r) => r.op === late.op)?.exitReason ?? '', /^a, which comes before it/)
  assert.equal([b.actions('a'), b.actions('b')], [['monitor', 'start', 'start'], ['monitor']])
  b.order('b', 'start')
  b.run(100)
  assert.is(b.row('b')?.state, 'running')
})

t('a start that waits for the guard while the member before it dies here is refused, and never begins (S17)', () => {
  const b = new Bench(configOf([doc('a'), doc('b'), doc('c')], [{ name: 'g', members: ['a', 'b'], targetRole: 'Started' }])).boot()
  b.up('a')
  for (const name of ['b', 'c']) b.grant(name)
  const refusals = new Map<string, number>()
  b.answers = (o) => {
    const left = refusals.get(o.resource) ?? 3
    refusals.set(o.resource, left - 1)
    return o.action === 'start' && left > 0 ? { end: 'refused', detail: 'the lease is over' } : undefined
  }
  const late = b.order('b', 'start')
  b.order('c', 'start')
  b.run(100)
  b.active.clear()
  b.death('a')
  b.run(2_000)
  assert.match(b.results().find((r) => r.op === late.op)?.exitReason ?? '', /^what it stands on was stopped, or failed, while it waited/)
  assert.equal([b.row('a')?.state, b.row('b')?.state, b.row('c')?.state], ['failed', 'stopped', 'running'], 'c stands on nothing')
  b.order('a', 'start')
  b.run(1_000)
  b.order('b', 'start')
  b.run(1_000)
  assert.is(b.row('b')?.state, 'running')
})

t('a stop of a leader that was deposed is refused: it does not know what was started since on top of it (S17)', () => {
  const b = new Bench(configOf([doc('a'), doc('b')], [{ name: 'g', members: ['a', 'b'], targetRole: 'Started' }])).boot()
  b.up('a')
  b.up('b')
  b.order('b', 'stop', { term: term(2) })
  b.run(100)
  // The leader of term 2 hears only now that b is stopped; that of term 3 has started it again.
  b.order('b', 'start', { term: term(3), op: opId('3.1.0') })
  b.run(100)
  b.order('a', 'stop', { term: term(2) })
  b.run(100)
  assert.match(b.results().at(-1)?.exitReason ?? '', 'term 2, and term 3 has come')
  assert.equal([b.row('a')?.state, b.row('b')?.state], ['running', 'running'])
  b.order('b', 'stop', { term: term(3), op: opId('3.2.0') })
  b.run(100)
  b.order('a', 'stop', { term: term(3), op: opId('3.2.1') })
  b.run(100)
  assert.equal([b.row('a')?.state, b.row('b')?.state], ['stopped', 'stopped'])
})

t('what waits with a resource when a later term is named never begins; a stop that waits for the guard has begun (S17)', () => {
  const named = { type: 'leadership', term: term(3), ready: false } as Msg
  for (const guarded of [false, true]) {
    const b = new Bench(configOf([doc('a')])).boot()
    b.up('a')
    let left = 3
    b.answers = (o) => {
      if (o.action === 'monitor') return { ms: 50 }
      return guarded && left-- > 0 ? { end: 'refused', detail: 'busy' } : undefined
    }
    // A monitor is in the way of the stop.
    if (!guarded) b.death('a')
    b.order('a', 'stop', { term: term(2) })
    b.run(20)
    b.deliver('resource', named, { path: 'log' })
    b.run(2_000)
    assert.is(b.row('a')?.state, guarded ? 'stopped' : 'running')
    assert.is(b.actions('a').includes('stop'), guarded)
    if (!guarded) assert.match(b.results().at(-1)?.exitReason ?? '', 'a later term has come while it waited')
  }
})

/** One resource, and a guard that refuses the first three starts, for its lease. */
function leaseOver(): { readonly b: Bench; readonly tried: () => number } {
  const b = new Bench(configOf([doc('a')])).boot()
  let count = 0
  b.answers = (o) => (o.action === 'start' && count++ < 3 ? { end: 'refused', detail: 'the lease is over' } : undefined)
  return { b, tried: () => count }
}

for (const mode of ['majority', 'two-node'] as const)
  t(`a start that waits for the guard while quorum is lost (${mode}) is refused, and never begins (S13)`, () => {
    const { b, tried } = leaseOver()
    b.grant('a')
    b.order('a', 'start')
    b.run(100)
    assert.is(tried(), 1)
    b.quorum(false, mode)
    b.run(2_000)
    assert.is(tried(), 1)
    assert.equal(
      b.results().map((r) => [r.ok, r.exitReason]),
      [[false, 'the quorum of this node was lost while it waited']],
    )
    b.quorum(true, mode)
    b.order('a', 'start')
    b.run(1_000)
    assert.is(b.row('a')?.state, 'running')
  })

t('a start that stood in the mailbox before the loss of quorum, which stood there too, is refused (S13)', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.grant('a')
  b.order('a', 'start')
  b.quorum(false)
  b.run(100)
  assert.equal(b.actions('a'), ['monitor'])
  assert.match(b.results()[0]?.exitReason ?? '', /no quorum/)
})

t('a start that was ordered for another configuration is refused, on its way or waiting: something may come before it now (S17)', () => {
  const { b, tried } = leaseOver()
  b.grant('a')
  const minIndex = b.cluster.index
  b.order('a', 'start')
  b.run(100)
  b.commit({ type: 'config', doc: configOf([doc('a'), doc('b')]), by: 'ann', because })
  const changed = b.cluster.index
  b.run(2_000)
  assert.is(b.row('a')?.state, 'stopped', 'nothing is starting any more')
  b.order('a', 'start', { minIndex })
  b.run(100)
  assert.is(tried(), 1)
  assert.equal(
    b.results().map((r) => r.exitReason),
    [
      'the configuration was changed while it waited',
      `it was ordered at entry ${minIndex} of the log, and the configuration of entry ${changed} has come`,
    ],
  )
  b.answers = () => undefined
  b.order('a', 'start')
  b.run(1_000)
  assert.is(b.row('a')?.state, 'running')
})

t('a start that waits for the log goes on when all that comes at once is applied, and not by an entry in its middle (S17)', () => {
  for (const changed of [false, true]) {
    const b = new Bench(configOf([doc('a')])).boot()
    const next = b.cluster.index + 1
    b.order('a', 'start', { minIndex: index(next), token: token(next) })
    b.run(20)
    b.grant('a', true)
    b.commit(
      changed ? { type: 'config', doc: configOf([doc('a'), doc('b')]), by: 'ann', because } : { type: 'cleanup', resource: 'b', by: 'ann' },
    )
    b.run(500)
    assert.is(b.actions('a').includes('start'), !changed)
    assert.is(b.row('a')?.state, changed ? 'stopped' : 'running')
  }
})

t('an answer that is older than what happened since is followed by the row that says so', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.grant('a')
  const order = b.order('a', 'start')
  b.run(100)
  b.active.clear()
  b.restart()
  b.boot()
  b.run(100)
  assert.is(b.row('a')?.state, 'stopped')
  for (const _ of ['from the guard', 'from memory']) {
    const before = b.sent.length
    b.deliver('resource', order, { node: peer, path: 'coordinator' })
    b.run(100)
    const told = b.sent.slice(before).filter((s) => s.to.path === 'coordinator' && s.to.node === peer)
    assert.equal(
      told.map((s) => s.msg.type),
      ['order-result', 'rows'],
    )
  }
})

t('a node that catches up stops nothing for a configuration that the next entry replaces', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  b.up('a')
  b.up('b')
  b.commit({ type: 'config', doc: configOf([]), by: 'test', because: verdict('config', 'log.config') }, true)
  b.run(100)
  b.commit({ type: 'config', doc: configOf([doc('b'), doc('a')]), by: 'test', because: verdict('config', 'log.config') }, true)
  b.commit({ type: 'config', doc: configOf([doc('a')]), by: 'test', because: verdict('config', 'log.config') })
  b.run(1_000)
  assert.not.ok(b.actions('a').includes('stop'), 'a was never really gone')
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.active.size, 1, 'b is')
})

t('what a life says that was certified dead changes nothing in a director (S14)', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  const dead = { node: peer, boot: bootId('dead') }
  b.commit({ type: 'admit', ...dead })
  b.commit({ type: 'operator-ack', ...dead, by: 'ann' })
  const env = { now: instant(5), random: seeded('x'), self: { path: 'resource' }, from: { node: peer, path: 'coordinator' } }
  assert.is(fromTheDead(b.cluster, { ...env, fromIncarnation: { boot: dead.boot, counter: 1 } }), true)
  assert.is(fromTheDead(b.cluster, { ...env, fromIncarnation: { boot: bootId('next'), counter: 1 } }), false)
  assert.is(fromTheDead(b.cluster, { ...env, from: { path: 'log' } }), false)
})

t.run()
