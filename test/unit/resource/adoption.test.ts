/** Director and children together, in virtual time: what a new life of kyhad, or of a child, finds, awaits and adopts. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyConfig } from '../../../actors/log/apply.js'
import type { Director } from '../../../actors/resource/gate.js'
import type { Msg } from '../../../runtime/actor.js'
import { index, opId } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { Bench, configOf, doc, peer } from './bench.js'

const t = suite('resource adoption')

t('kyhad restarts: what runs is adopted under its token without a restart, quorum is given time to come back', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  const tok = b.up('a')
  b.restart().run(500)
  b.runs.length = 0
  b.boot(false)
  b.run(1_000)
  b.quorum(true)
  b.run(1_000)
  assert.equal(b.actions('a'), ['monitor'])
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.token, tok)
  assert.is(b.row('b')?.state, 'stopped')
  assert.ok(b.keys().includes('resource.adopted'))
})

t('kyhad restarts and quorum does not come within the grace: it stops then', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.restart()
  b.boot(false)
  b.run(2_000)
  assert.is(b.row('a')?.state, 'running')
  b.run(2_000)
  assert.is(b.row('a')?.state, 'stopped')
})

t('kyhad restarts while a start is under way: it is awaited, not run again, and answered by its op id', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 2_000 } : undefined)
  b.grant('a')
  const order = b.order('a', 'start')
  b.run(500)
  b.restart()
  b.boot()
  b.deliver('resource', order, { node: peer, path: 'coordinator' })
  b.run(3_000)
  assert.is(b.actions('a').filter((x) => x === 'start').length, 1)
  assert.equal(
    b.results().map((r) => [r.op, r.ok]),
    [[order.op, true]],
  )
  assert.is(b.row('a')?.state, 'running')
})

t('kyhad restarts after a start ended unheard: its result is taken from the guard, and kept there until the next is done', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 2_000 } : undefined)
  b.grant('a')
  const order = b.order('a', 'start')
  b.run(500)
  b.restart().run(5_000)
  assert.is(b.finished.length, 1)
  b.boot()
  b.deliver('resource', order, { node: peer, path: 'coordinator' })
  b.run(100)
  assert.equal(
    b.results().map((r) => [r.op, r.ok]),
    [[order.op, true]],
  )
  assert.is(b.actions('a').filter((x) => x === 'start').length, 1)
  assert.not.ok(b.acked.includes(order.op))
  b.order('a', 'stop')
  b.run(100)
  assert.ok(b.acked.includes(order.op))
  assert.is(b.finished.length, 1)
  b.restart()
  b.boot()
  b.deliver('resource', order, { node: peer, path: 'coordinator' })
  b.run(100)
  assert.match(b.results().at(-1)?.exitReason ?? '', 'was ordered later and is done')
  assert.is(b.row('a')?.state, 'stopped')
})

for (const ms of [2_000, 8_000]) {
  const when = ms < 5_000 ? 'before' : 'after'
  t(`kyhad restarts with a log that lags, and the start ends ${when} it: the result is kept until the log shows the resource`, () => {
    const b = new Bench(configOf([doc('a')])).boot()
    b.answers = (o) => (o.action === 'start' ? { ms } : undefined)
    b.grant('a')
    const order = b.order('a', 'start', { op: opId(`1.${b.cluster.index}.0`) })
    b.run(500)
    const now = b.cluster
    b.restart().run(5_000)
    b.cluster = { ...now, index: index(1), config: emptyConfig('test'), ids: {}, grants: {} }
    b.boot().run(5_000)
    assert.equal(b.acked.includes(order.op), false)
    b.cluster = now
    b.deliver('resource', { type: 'state', state: now } as Msg, { path: 'log' })
    b.run(200)
    b.deliver('resource', order, { node: peer, path: 'coordinator' })
    b.run(100)
    assert.is(b.actions('a').filter((x) => x === 'start').length, 1, 'S18')
    assert.equal(
      b.results().map((r) => [r.op, r.ok]),
      [[order.op, true]],
    )
    assert.is(b.row('a')?.state, 'running')
  })
}

t('a failed start is still shown after kyhad restarted, but not when it was cleaned up in between', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { rc: 5, stderr: 'ocf-exit-reason:no program\n' } : undefined)
  b.grant('a')
  b.order('a', 'start', { op: opId(`1.${b.cluster.index}.0`) })
  b.run(100)
  b.restart()
  b.boot()
  assert.equal([b.row('a')?.state, b.row('a')?.lastFailure?.class, b.row('a')?.lastFailure?.exitReason], ['stopped', 'hard', 'no program'])
  b.commit({ type: 'cleanup', resource: 'a', by: 'test' })
  b.restart()
  b.boot()
  assert.equal([b.row('a')?.state, b.row('a')?.lastFailure], ['stopped', undefined])
})

t('a start that still waits when its grant is replaced is void', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'monitor' ? { ms: 50 } : undefined)
  const old = b.grant('a')
  b.order('a', 'monitor')
  b.run(10)
  b.order('a', 'start')
  b.run(10)
  b.grant('a')
  b.run(1_000)
  assert.not.ok(b.actions('a').includes('start'))
  assert.match(b.results().find((r) => r.action === 'start')?.exitReason ?? '', `its grant ${old} was replaced`)
})

t('a crashed child is adopted again; the operation that it had begun is not begun twice', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 1_000 } : undefined)
  b.grant('a')
  b.order('a', 'start')
  b.run(100)
  b.crash('a', doc('a'))
  b.run(2_000)
  assert.is(b.actions('a').filter((x) => x === 'start').length, 1)
  assert.is(b.row('a')?.state, 'running')
  assert.ok(b.results()[0]?.ok)
})

t('found running without a grant: shown as running with token 0, not touched', () => {
  const b = new Bench(configOf([doc('a')]))
  b.active.add(b.id('a'))
  b.boot().run(1_000)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.token, 0)
  assert.not.ok(b.actions('a').includes('stop'))
  assert.ok(b.keys().includes('resource.found'))
})

t('an order that waited with a child that dies is lost with it, and is carried out when it is repeated', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.answers = (o) => (o.action === 'monitor' ? { ms: 50 } : undefined)
  b.death('a') // a monitor is in the way of the stop
  const stop = b.order('a', 'stop')
  b.run(5)
  b.crash('a', doc('a'))
  b.run(995)
  assert.is(b.row('a')?.state, 'running')
  b.deliver('resource', stop, { node: peer, path: 'coordinator' })
  b.run(500)
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.results().find((r) => r.op === stop.op)?.ok, true)
})

t('kyhad restarts while a monitor is under way: nobody waits for its answer afterwards (L10)', () => {
  const b = new Bench(configOf([doc('a')]))
  b.answers = (o) => (o.action === 'monitor' ? { ms: 2_000 } : undefined)
  b.boot(false)
  b.run(500)
  assert.equal(b.actions('a'), ['monitor'])
  b.restart()
  b.boot()
  b.run(5_000)
  assert.is(b.row('a')?.state, 'stopped')
  const director = (b as unknown as { actors: Map<string, { state: Director }> }).actors.get('resource')
  assert.equal(director?.state.open, {})
})

t('kyhad restarts while it stops a resource for lost quorum: nobody waits for the answer afterwards (L10)', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.answers = (o) => (o.action === 'stop' ? { ms: 2_000 } : undefined)
  b.quorum(false)
  b.run(500)
  assert.is(b.actions('a').at(-1), 'stop')
  b.restart()
  b.boot()
  b.run(5_000)
  assert.is(b.row('a')?.state, 'stopped')
  const director = (b as unknown as { actors: Map<string, { state: Director }> }).actors.get('resource')
  assert.equal(director?.state.open, {})
})

t('a director that began anew after a resource was deleted still stops it, by the definition that the log kept', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  b.up('a')
  b.commit({ type: 'config', doc: configOf([doc('b')]), by: 'test', because: verdict('config', 'log.config') })
  b.restart().boot()
  b.run(2_000)
  assert.equal(b.actions('a').slice(-2), ['monitor', 'stop'])
  assert.is(b.active.size, 0)
  assert.is(b.row('a')?.retired, true)
})

t('a deleted resource that did not stop holds its right until it was stopped by hand and cleaned up', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  b.up('a')
  b.answers = (o) => (o.action === 'stop' ? { rc: 1 } : undefined)
  b.commit({ type: 'config', doc: configOf([doc('b')]), by: 'test', because: verdict('config', 'log.config') })
  b.run(2_000)
  assert.equal([b.row('a')?.state, b.row('a')?.retired], ['stop-failed', undefined])
  b.active.delete(b.id('a'))
  b.commit({ type: 'cleanup', resource: 'a', by: 'test' })
  b.run(2_000)
  assert.equal(b.actions('a').slice(-2), ['stop', 'monitor'])
  assert.equal([b.row('a')?.state, b.row('a')?.retired], ['stopped', true])
})

t.run()
