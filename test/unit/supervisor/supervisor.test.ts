/** The supervisor reducer against OTP's documented behaviour (sup_princ, supervisor.erl), one rule per test. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ChildSpec, reason, type Strategy } from '../../../runtime/supervisor.js'
import { child, crash, Drive } from './drive.js'

const t = suite('supervisor')
const abc = [child('a'), child('b'), child('c')]
const strategy = (s: Strategy, more = {}) => ({ strategy: s, intensity: 3, ...more })

t('children start left to right, each after the one before it has started', () => {
  const d = new Drive({}, abc)
  d.mute.add('b')
  d.input({ type: 'start' })
  assert.is(d.take(), 'start a, start b')
  d.mute.clear()
  d.input({ type: 'started', id: 'b', life: d.life('b') })
  assert.is(d.take(), 'start c, ready')
})

t('an initial start that fails stops those started, right to left, and fails the supervisor', () => {
  const d = new Drive({}, abc)
  d.fails.set('c', 1)
  d.input({ type: 'start' })
  assert.is(d.take(), 'start a, start b, start c, stop b, stop a, done error start-failed')
})

t('shutdown stops right to left', () => {
  const d = Drive.started({}, abc)
  d.input({ type: 'shutdown', reason: reason('shutdown') })
  assert.is(d.take(), 'stop c, stop b, stop a, done shutdown')
})

t('one_for_one restarts the one', () => {
  const d = Drive.started(strategy('one_for_one'), abc)
  d.exit('b')
  assert.is(d.take(), 'start b')
})

t('one_for_all stops the others right to left and starts all left to right', () => {
  const d = Drive.started(strategy('one_for_all'), abc)
  d.exit('b')
  assert.is(d.take(), 'stop c, stop a, start a, start b, start c')
})

t('rest_for_one takes those after it along', () => {
  const d = Drive.started(strategy('rest_for_one'), abc)
  d.exit('b')
  assert.is(d.take(), 'stop c, start b, start c')
})

t('simple_one_for_one: children are added, restarted alone, forgotten when terminated', () => {
  const d = Drive.started(strategy('simple_one_for_one'), [])
  for (const c of abc) d.input({ type: 'add', spec: c })
  assert.is(d.take(), 'start a, start b, start c')
  d.exit('b')
  assert.is(d.take(), 'start b')
  d.input({ type: 'terminate', id: 'b' })
  assert.is(d.take(), 'stop b')
  assert.equal(Object.keys(d.status()), ['a', 'c'])
  d.input({ type: 'add', spec: child('b') })
  assert.is(d.take(), 'start b')
})

t('transient: restarted after an abnormal end only; temporary: never', () => {
  const d = Drive.started(strategy('one_for_one'), [child('a', { restart: 'transient' }), child('b', { restart: 'temporary' })])
  d.exit('a')
  assert.is(d.take(), 'start a')
  for (const how of ['normal', 'shutdown'] as const) {
    d.exit('a', reason(how))
    assert.is(d.take(), '')
    d.input({ type: 'restart', id: 'a' })
    assert.is(d.take(), 'start a')
  }
  d.exit('b')
  assert.is(d.take(), '')
  assert.equal(d.status(), { a: 'running' })
})

t('permanent: restarted after any end', () => {
  const d = Drive.started(strategy('one_for_one'), abc)
  for (const how of ['normal', 'shutdown', 'killed'] as const) {
    d.exit('a', reason(how))
    assert.is(d.take(), 'start a')
  }
})

t('a temporary sibling that is taken down is not started again', () => {
  const d = Drive.started(strategy('one_for_all'), [child('a'), child('b', { restart: 'temporary' })])
  d.exit('a')
  assert.is(d.take(), 'stop b, start a')
  assert.equal(d.status(), { a: 'running' })
})

t('more than intensity restarts within the period end it with reason shutdown; the window slides', () => {
  const d = Drive.started({ intensity: 2, periodMs: 5000 }, abc)
  for (const at of [1000, 2000]) {
    d.nowMs = at
    d.exit('a')
  }
  d.nowMs = 6001
  d.exit('a')
  assert.is(d.take(), 'start a, start a, start a')
  d.nowMs = 6500
  d.exit('b')
  assert.is(d.take(), 'stop c, stop a, done shutdown')
  assert.ok(d.reports.includes('runtime.intensity'))
})

t('intensity 0: the first crash ends it', () => {
  const d = Drive.started({ intensity: 0 }, abc)
  d.exit('c')
  assert.is(d.take(), 'stop b, stop a, done shutdown')
})

t('a restart that fails is tried again by a post, counts, and lets a shutdown in between', () => {
  const d = Drive.started({ intensity: 3 }, abc)
  d.fails.set('b', 2)
  d.exit('b')
  assert.is(d.take(), 'start b')
  assert.equal(d.status(), { a: 'running', b: 'retrying', c: 'running' })
  d.post()
  d.post()
  assert.is(d.take(), 'start b, start b')
  assert.is(d.state.restartsAt.length, 3)
  d.fails.set('b', 1)
  d.exit('b')
  assert.is(d.take(), 'stop c, stop a, done shutdown')

  const e = Drive.started({ intensity: 3 }, abc)
  e.fails.set('b', 9)
  e.exit('b')
  e.input({ type: 'shutdown', reason: reason('shutdown') })
  e.post()
  assert.is(e.take(), 'start b, stop c, stop a, done shutdown')
})

t('rest_for_one: when a restart fails, the later ones wait for the next attempt', () => {
  const d = Drive.started(strategy('rest_for_one'), abc)
  d.fails.set('b', 1)
  d.exit('b')
  assert.is(d.take(), 'stop c, start b')
  d.post()
  assert.is(d.take(), 'start b, start c')
  assert.equal(d.status(), { a: 'running', b: 'running', c: 'running' })
})

t('brutal_kill kills, a slow stop is killed after its time, infinity waits', () => {
  const d = Drive.started({}, [
    child('a', { shutdown: 'infinity' }),
    child('b', { shutdown: 100 }),
    child('c', { shutdown: 'brutal_kill' }),
  ])
  d.mute.add('a').add('b')
  d.input({ type: 'shutdown', reason: reason('shutdown') })
  assert.is(d.take(), 'kill c, stop b')
  assert.equal(
    d.outs.flatMap((o) => (o.do === 'stop' ? [o.waitMs] : [])),
    [100],
  )
  d.input({ type: 'stop-timeout', id: 'b', life: d.life('b') })
  assert.is(d.take(), 'kill b, stop a')
  assert.is(
    d.outs.at(-1)?.do === 'stop' && d.outs.at(-1),
    d.outs.findLast((o) => o.do === 'stop' && o.waitMs === 'infinity'),
  )
  d.exit('a', reason('shutdown'))
  assert.is(d.take(), 'done shutdown')
})

t('news of an earlier life is ignored', () => {
  const d = Drive.started({ intensity: 9 }, abc)
  const old = d.life('a')
  d.exit('a')
  d.take()
  d.input({ type: 'exited', id: 'a', life: old, reason: crash })
  d.input({ type: 'stop-timeout', id: 'a', life: old })
  d.input({ type: 'try-again', id: 'a', life: old })
  assert.is(d.take(), '')
})

t('a child that dies while its group restarts is not forgotten', () => {
  const d = Drive.started(strategy('rest_for_one', { intensity: 9 }), abc)
  d.mute.add('c')
  d.exit('b')
  assert.is(d.take(), 'stop c')
  d.exit('a')
  d.mute.clear()
  d.exit('c', reason('shutdown'))
  assert.is(d.take(), 'start b, start c, stop c, stop b, start a, start b, start c')
})

t('shutdown while a child starts stops that child, too', () => {
  const d = new Drive({}, abc)
  d.mute.add('b')
  d.input({ type: 'start' })
  d.mute.clear()
  d.input({ type: 'shutdown', reason: reason('shutdown') })
  assert.is(d.take(), 'start a, start b, stop b, stop a, done shutdown start-failed')
})

t('significant children: any_significant ends with the first, all_significant with the last', () => {
  const s = (id: string): ChildSpec => child(id, { restart: 'transient', significant: true })
  const any = Drive.started({ autoShutdown: 'any_significant' }, [child('a'), s('b'), s('c')])
  any.exit('b', reason('normal'))
  assert.is(any.take(), 'stop c, stop a, done shutdown')
  const all = Drive.started({ autoShutdown: 'all_significant' }, [child('a'), s('b'), s('c')])
  all.exit('b', reason('normal'))
  assert.is(all.take(), '')
  all.exit('c', crash)
  assert.is(all.take(), 'start c')
  all.exit('c', reason('normal'))
  assert.is(all.take(), 'stop a, done shutdown')
})

t('a significant child must be able to end, and the supervisor must care', () => {
  assert.throws(() => new Drive({ autoShutdown: 'any_significant' }, [child('a', { significant: true })]), /permanent/)
  assert.throws(() => new Drive({}, [child('a', { restart: 'transient', significant: true })]), /auto_shutdown is never/)
  assert.throws(() => new Drive({}, [child('a'), child('a')]), /unique/)
})

t('an added child whose start fails is refused and not kept; a second one of the same name is refused', () => {
  const d = Drive.started({}, [])
  d.fails.set('x', 1)
  d.input({ type: 'add', spec: child('x') })
  assert.is(d.take(), 'start x, refuse x start-failed')
  d.input({ type: 'add', spec: child('x') })
  d.input({ type: 'add', spec: child('x') })
  assert.is(d.take(), 'start x, refuse x already-started')
  d.input({ type: 'terminate', id: 'y' })
  assert.is(d.take(), 'refuse y not-found')
})

t('nested: an inner supervisor that gives up is one restart of the outer one', () => {
  const outer = Drive.started(strategy('rest_for_one', { intensity: 1 }), [child('inner', { shutdown: 'infinity' }), child('after')])
  const inner = Drive.started({ intensity: 0 }, [child('x')])
  inner.exit('x')
  assert.is(inner.take(), 'done shutdown')
  outer.exit('inner', reason('shutdown', 'x ended'))
  assert.is(outer.take(), 'stop after, start inner, start after')
  outer.exit('inner', reason('shutdown', 'x ended'))
  assert.is(outer.take(), 'stop after, done shutdown')
  const transient = Drive.started({}, [child('inner', { restart: 'transient' })])
  transient.exit('inner', reason('shutdown'))
  assert.is(transient.take(), '')
})

t('whatever happens: order of starts and stops, bounded restarts, nobody left running at the end', () => {
  const strategies: readonly Strategy[] = ['one_for_one', 'one_for_all', 'rest_for_one']
  fc.assert(
    fc.property(
      fc.constantFrom(...strategies),
      fc.array(fc.tuple(fc.nat(2), fc.nat(3), fc.nat(400)), { maxLength: 30 }),
      fc.nat(3),
      (s, events, intensity) => {
        const d = Drive.started({ strategy: s, intensity, periodMs: 1000 }, abc)
        for (const [which, what, ms] of events) {
          d.nowMs += ms
          const id = 'abc'[which] as string
          if (what === 0) d.fails.set(id, 2)
          if (what <= 1) d.exit(id)
          else if (what === 2) d.input({ type: 'restart', id })
          else d.post()
          const recent = d.state.restartsAt.filter((at) => d.nowMs - at < 1000).length
          assert.ok(d.state.phase === 'done' ? true : recent <= intensity)
        }
        while (d.posts.length > 0 && d.state.phase !== 'done') d.post()
        d.input({ type: 'shutdown', reason: reason('shutdown') })
        assert.is(d.state.phase, 'done')
        assert.ok(Object.values(d.status()).every((status) => status !== 'running' && status !== 'starting'))
      },
    ),
    { numRuns: 500 },
  )
})

t.run()
