/** A definition that changed: restart, reload, a recurring operation begun anew, or nothing at all. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest } from '../../../actors/coordinator/engine/resolve/digest.js'
import { absent, dummy, monitor, op, plan, type Ran, ran, words } from './help.js'

const t = suite('engine: definition')

const params = (values: Readonly<Record<string, string>>): string =>
  `<instance_attributes id="i">${Object.entries(values)
    .map(([k, v]) => `<nvpair id="i-${k}" name="${k}" value="${v}"/>`)
    .join('')}</instance_attributes>`
const sum = (values: Readonly<Record<string, string>>): string => digest(new Map(Object.entries(values)))

/** x runs on a with `was`, and is configured with `is`. */
const changed = (was: string | undefined, is: Readonly<Record<string, string>>, more: Ran = {}): string[] =>
  words(
    plan({
      resources: dummy('x', params(is)),
      states: { a: { history: ran('x', op('x', 'start', { digest: was, ...more })) }, b: { history: absent('x') } },
    }),
  )

t('the same parameters: nothing; others: a restart; no record of them: a restart, to be sure', () => {
  assert.equal(changed(sum({ port: '1' }), { port: '1' }), [])
  assert.equal(changed(sum({ port: '1' }), { port: '2' }), ['restart x a>a'])
  assert.equal(changed(sum({ port: '1', host: 'h' }), { host: 'h', port: '1' }), [], 'order does not count')
  assert.equal(changed(undefined, {}), ['restart x a>a'])
})

t('an agent that can reload does so, unless a parameter changed that takes a restart', () => {
  const reloads = (restartWas: Readonly<Record<string, string>>): Ran => ({
    more: `op-force-restart=" port " op-restart-digest="${sum(restartWas)}"`,
  })
  assert.equal(changed(sum({ port: '1', level: 'a' }), { port: '1', level: 'b' }, reloads({ port: '1' })), ['reload x a>a'])
  assert.equal(changed(sum({ port: '1', level: 'a' }), { port: '2', level: 'a' }, reloads({ port: '1' })), ['restart x a>a'])
})

t('a secret that is masked here changes nothing', () => {
  const secure = { more: `op-secure-params=" password " op-secure-digest="${sum({ port: '1' })}"` }
  assert.equal(changed(sum({ port: '1', password: 'real' }), { port: '1', password: '****' }, secure), [])
  assert.equal(changed(sum({ port: '1', password: 'real' }), { port: '2', password: '****' }, secure), ['restart x a>a'])
})

t('another agent under the same name: what ran is stopped, and its history deleted', () => {
  const p = plan({
    resources: dummy('x'),
    states: { a: { history: ran('x', op('x', 'start'), 'class="ocf" provider="test" type="Other"') }, b: { history: absent('x') } },
  })
  assert.equal(words(p), ['restart x a>a'])
  assert.ok(p.executed.some((e) => e.op === 'delete' && e.node === 'a'))
})

t('a monitor with another timeout begins anew; one that is no longer configured is cancelled', () => {
  const history = (digestOf: string): string => ran('x', op('x', 'start') + op('x', 'monitor', { call: 2, ms: 10_000, digest: digestOf }))
  const ops = (resources: string, digestOf: string): string[] =>
    plan({ resources, states: { a: { history: history(digestOf) }, b: { history: absent('x') } } }).executed.map(
      (e) => `${e.op} ${e.interval}`,
    )
  const same = digest(new Map([['CRM_meta_timeout', '20000']]))
  assert.equal(ops(dummy('x', monitor('x')), same), [])
  assert.equal(ops(dummy('x', monitor('x', 'timeout="30s"')), same), ['monitor 10000'])
  assert.equal(ops(dummy('x'), same), ['cancel 10000'])
})

t('a node on standby is not looked at: what is there leaves anyway', () => {
  const p = plan({
    resources: dummy('x', params({ port: '2' })),
    nodeAttributes: { a: '<nvpair id="s" name="standby" value="on"/>' },
    states: { a: { history: ran('x', op('x', 'start', { digest: sum({ port: '1' }) })) }, b: { history: absent('x') } },
  })
  assert.equal(words(p), ['move x a>b'])
})

t.run()
