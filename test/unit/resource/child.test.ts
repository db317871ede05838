/** One resource: monitors, hints, failures and when they are forgotten, hostile agents; in virtual time. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Answer, Bench, configOf, doc, meta, op } from './bench.js'

const t = suite('resource child')
const monitors = (b: Bench): number => b.runs.filter((r) => r.action === 'monitor').length
const onMonitor =
  (answer: Answer) =>
  (o: { readonly action: string }): Answer | undefined =>
    o.action === 'monitor' ? answer : undefined

t('[C2] a running resource is monitored once per interval', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  const before = monitors(b)
  b.run(60_000)
  const runs = monitors(b) - before
  assert.ok(runs === 5 || runs === 6, `${runs} monitors in a minute with interval 10 s`)
  assert.is(b.runs.at(-1)?.env['OCF_RESKEY_CRM_meta_interval'], '10000')
})

t('several monitors keep their own interval and depth, never two at once', () => {
  const ops = {
    start: op(20_000),
    stop: op(20_000),
    monitors: [op(5_000, { intervalMs: 1_000 }), op(5_000, { intervalMs: 3_000, depth: 10 })],
  }
  const b = new Bench(configOf([doc('a', { ops })])).boot()
  b.answers = onMonitor({ ms: 400 })
  b.up('a')
  b.runs.length = 0
  b.run(30_000)
  const deep = b.runs.filter((r) => r.env['OCF_CHECK_LEVEL'] === '10').length
  assert.ok(deep >= 7 && deep <= 10, `${deep} deep monitors`)
  assert.ok(monitors(b) - deep > 2 * deep)
})

t('[C2] a failed monitor shows failed with its exit reason and count; monitors end until it is started again', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.answers = onMonitor({ rc: 1, stderr: 'noise\nocf-exit-reason:disk is gone\nmore noise\n' })
  b.run(11_000)
  const row = b.row('a')
  assert.is(row?.state, 'failed')
  assert.is(row?.failCount, 1)
  assert.is(row?.lastFailure?.exitReason, 'disk is gone')
  assert.is(row?.lastFailure?.class, 'soft')
  const before = b.runs.length
  b.run(60_000)
  assert.is(b.runs.length, before)
})

t('[E5] the death of a process leads to a monitor at once, and the monitor decides', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.death('a')
  b.run(10)
  assert.is(b.row('a')?.state, 'running', 'the death was not the end of the service')
  b.active.clear()
  b.death('a')
  b.run(20)
  assert.is(b.row('a')?.state, 'failed')
  assert.is(b.row('a')?.lastFailure?.rc, 7)
})

t('a storm of deaths is bounded: five looks at once, then one a second', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.runs.length = 0
  for (let i = 0; i < 1_000; i++) {
    b.death('a')
    b.run(10)
  }
  assert.ok(monitors(b) <= 5 + 12, `${monitors(b)} monitors in 10 s`)
  assert.ok(monitors(b) >= 10, `${monitors(b)} monitors in 10 s`)
})

t('a death during a start is looked at once the start has ended', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 500 } : undefined)
  b.grant('a')
  b.order('a', 'start')
  b.run(490)
  b.death('a')
  b.run(30)
  assert.equal(b.actions('a'), ['monitor', 'start', 'monitor'])
})

t('[C2] failures in a row count up over restarts in place; a cleanup forgets them and probes', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  for (const n of [1, 2, 3]) {
    b.active.clear()
    b.death('a')
    b.run(50)
    assert.is(b.row('a')?.failCount, n)
    b.order('a', 'stop')
    b.run(50)
    b.up('a')
    b.run(12_000) // a successful monitor in between does not end the row of failures: it was not healthy for a minute
  }
  b.commit({ type: 'cleanup', resource: 'a', by: 'test' })
  b.run(50)
  assert.is(b.row('a')?.failCount, 0)
  assert.is(b.row('a')?.lastFailure, undefined)
  assert.is(b.row('a')?.state, 'running')
})

t('[C2] a row of failures ends when it was healthy for a minute', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.active.clear()
  b.death('a')
  b.run(50)
  b.order('a', 'stop')
  b.run(50)
  b.up('a')
  b.run(55_000)
  assert.is(b.row('a')?.failCount, 1)
  b.run(20_000)
  assert.is(b.row('a')?.failCount, 0)
})

t('[C2] window counting: each failure is forgotten failureTimeoutMs after it happened', () => {
  const rules = { ...meta, failureCounting: 'window' as const, failureTimeoutMs: 30_000 }
  const b = new Bench(configOf([doc('a', { meta: rules })])).boot()
  b.answers = (o) => (o.action === 'start' ? { rc: 1 } : undefined)
  b.up('a')
  b.run(20_000)
  b.order('a', 'start')
  b.run(100)
  assert.is(b.row('a')?.failCount, 2)
  b.run(10_500)
  assert.is(b.row('a')?.failCount, 1)
  b.run(21_000)
  assert.is(b.row('a')?.failCount, 0)
})

t('a time-out counts as a failure, keeps code 124, and says so', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { end: 'timeout', detail: 'killed after 20000 ms' } : undefined)
  b.up('a')
  assert.is(b.results()[0]?.ok, false)
  assert.is(b.results()[0]?.rc, 124)
  assert.is(b.row('a')?.failCount, 1)
  assert.is(b.row('a')?.state, 'failed')
  assert.ok(b.keys().includes('resource.timed-out'))
})

t('recovery classes: 2, 4, 5 hard, 6 fatal, all else soft; a missing agent is hard', () => {
  for (const [answer, cls] of [
    [{ rc: 2 }, 'hard'],
    [{ rc: 4 }, 'hard'],
    [{ rc: 5 }, 'hard'],
    [{ rc: 6 }, 'fatal'],
    [{ rc: 1 }, 'soft'],
    [{ rc: 7 }, 'soft'],
    [{ rc: 77 }, 'soft'],
    [{ end: 'spawn-failed', detail: 'no such file' }, 'hard'],
    [{ end: 'signalled', detail: 'SIGSEGV' }, 'soft'],
  ] as const) {
    const b = new Bench(configOf([doc('a')])).boot()
    b.answers = (o) => (o.action === 'start' ? answer : undefined)
    b.up('a')
    assert.is(b.row('a')?.lastFailure?.class, cls, JSON.stringify(answer))
    assert.is(b.results()[0]?.ok, false)
  }
})

t('an agent that is not installed here is no failure of a resource that does not run here', () => {
  const b = new Bench(configOf([doc('a')]))
  b.answers = onMonitor({ rc: 5 })
  b.boot()
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.failCount, 0)
  assert.is(b.row('a')?.lastFailure?.class, 'hard')
})

t('degraded counts as running and warns once', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.answers = onMonitor({ rc: 190, stderr: 'ocf-exit-reason:one disk of two\n' })
  b.run(40_000)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.failCount, 0)
  assert.is(b.keys().filter((k) => k === 'resource.degraded').length, 1)
})

t('on-fail=ignore: shown, not counted, goes on', () => {
  const ops = { start: op(20_000), stop: op(20_000), monitors: [op(5_000, { intervalMs: 1_000, onFail: 'ignore' })] }
  const b = new Bench(configOf([doc('a', { ops })])).boot()
  b.up('a')
  b.answers = onMonitor({ rc: 1 })
  b.run(5_000)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.failCount, 0)
  assert.is(b.row('a')?.lastFailure?.rc, 1)
})

t('a failed stop leaves stop-failed under its token; a later stop that works frees it', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  const tok = b.up('a')
  b.answers = (o) => (o.action === 'stop' ? { rc: 1, stderr: 'ocf-exit-reason:busy\n' } : undefined)
  b.order('a', 'stop')
  b.run(100)
  assert.is(b.row('a')?.state, 'stop-failed')
  assert.is(b.row('a')?.token, tok)
  assert.is(b.results().at(-1)?.ok, false)
  b.answers = () => undefined
  b.order('a', 'stop')
  b.run(100)
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.token, 0)
})

t('a stop does not wait for a monitor that hangs: it is ended after 100 ms and counts as nothing', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.answers = onMonitor({ ms: 60_000 })
  b.run(11_000)
  b.order('a', 'stop')
  b.run(200)
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.failCount, 0)
  assert.is(b.killed.length, 1)
})

t('a start that the guard refuses has not happened: no failure, and a probe tells', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { end: 'refused', detail: 'token 3 is below 9' } : undefined)
  b.up('a')
  assert.is(b.results()[0]?.ok, false)
  assert.is(b.row('a')?.failCount, 0)
  assert.is(b.row('a')?.state, 'stopped')
  assert.ok(b.keys().includes('resource.refused'))
})

t('a start whose secret this node lacks: not here, with the sentence, and nothing is left that had to be stopped', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = () => ({ end: 'refused', rc: 5, detail: 'parameter p of a names the secret s' })
  b.up('a')
  const { state, token, lastFailure } = b.row('a') ?? {}
  assert.equal([b.results()[0]?.ok, b.results()[0]?.rc, state, token], [false, 5, 'stopped', 0])
  assert.equal([lastFailure?.class, lastFailure?.rc, lastFailure?.exitReason], ['hard', 5, 'parameter p of a names the secret s'])
})

t('a guard that is busy is asked again; the order is carried out once, and answered once', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  let left = 3
  b.answers = (o) => (o.action === 'start' && left-- > 0 ? { end: 'refused', detail: 'busy: 64 operations are in flight' } : undefined)
  b.up('a')
  assert.is(b.row('a')?.state, 'starting')
  b.run(1_000)
  assert.is(b.row('a')?.state, 'running')
  assert.equal(
    b.results().map((r) => r.ok),
    [true],
  )
  b.active.add(b.id('a'))
  left = 2
  b.answers = (o) => (o.action === 'stop' && left-- > 0 ? { end: 'refused', detail: 'busy: 64 operations are in flight' } : undefined)
  b.quorum(false)
  b.run(1_000)
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.failCount, 0)
})

t('a guard that stays busy ends the order as refused after 10 s', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { end: 'refused', detail: 'busy: 64 operations are in flight' } : undefined)
  b.up('a')
  b.run(15_000)
  assert.equal(
    b.results().map((r) => r.ok),
    [false],
  )
  assert.is(b.row('a')?.state, 'stopped')
})

t('an agent that the guard never runs (not trusted): not running here, and not for this node; nobody is fenced for it', () => {
  const b = new Bench(configOf([doc('a')]))
  b.answers = () => ({ end: 'refused', detail: 'the agent is writable by others' })
  b.boot()
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.lastFailure?.class, 'hard')
  b.up('a')
  b.run(1_000)
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.token, 0)
  assert.is(b.row('a')?.lastFailure?.exitReason, 'the agent is writable by others')
})

t('a result that never comes is asked for, and counts as failed when the guard knows nothing of it', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 10_000_000 } : undefined)
  b.grant('a')
  b.order('a', 'start')
  b.run(1_000)
  b.inFlight.clear() // the guard was restarted and lost it
  b.run(40_000)
  assert.is(b.results()[0]?.ok, false)
  assert.match(b.results()[0]?.exitReason ?? '', 'lost')
  assert.is(b.row('a')?.state, 'stopped')
})

t('hostile output: only a bounded printable line of it is ever shown', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  const evil = `ocf-exit-reason:\u001b[2J\u202eevil\u0007${'A'.repeat(100_000)}`
  b.answers = (o) => (o.action === 'start' ? { rc: 999, stderr: evil, durationMs: Number.NaN } : undefined)
  b.up('a')
  const reason = b.results()[0]?.exitReason ?? ''
  assert.is(reason.length, 300)
  assert.ok([...reason].every((c) => c >= ' ' && !(c >= '\u202a' && c <= '\u202e')))
  assert.is(b.results()[0]?.rc, 1, 'an exit code that cannot be is read as an error')
  assert.is(b.row('a')?.took.start, 0)
})

t('an answer with the id of another operation changes nothing', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 1_000 } : undefined)
  b.grant('a')
  const order = b.order('a', 'start')
  b.run(100)
  const id = b.id('a')
  const forged = {
    type: 'agent-result',
    id: 'x',
    resource: id,
    action: 'start',
    rc: 0,
    end: 'exited',
    detail: '',
    stdout: '',
    stderr: '',
    durationMs: 1,
  }
  b.deliver(`resource/${id}`, forged, { path: '' })
  assert.is(b.row('a')?.state, 'starting')
  b.run(2_000)
  assert.equal(
    b.results().map((r) => r.op),
    [order.op],
  )
})

t('at most four orders wait for one resource', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = () => ({ ms: 5_000 })
  b.grant('a')
  b.order('a', 'start')
  b.run(1)
  for (let i = 0; i < 5; i++) b.order('a', 'monitor')
  b.run(100)
  assert.match(b.results()[0]?.exitReason ?? '', '4 orders wait already')
  assert.is(b.results().length, 1)
})

t('a time limit of 0 or of a year is bounded before it reaches the guard', () => {
  const ops = { start: op(0), stop: op(1e12), monitors: [op(5_000, { intervalMs: 1 })] }
  const b = new Bench(configOf([doc('a', { ops })])).boot()
  b.up('a')
  const before = monitors(b)
  b.run(10_000)
  assert.ok(monitors(b) - before <= 100, 'an interval of 1 ms becomes 100 ms')
  b.order('a', 'stop')
  b.run(100)
  const limits = b.runs.filter((r) => r.action !== 'monitor').map((r) => r.timeoutMs)
  assert.equal(limits, [20_000, 86_400_000])
})

t.run()
