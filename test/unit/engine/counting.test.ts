/** Failures in a row beside failures in a window: what ends a row, and that a CIB counts as Pacemaker does until it is switched on. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planScene } from '../../../actors/coordinator/engine/plan.js'
import { readCib } from '../../../console/cib/read.js'
import { absent, cib, dummy, metas, monitor, NOW, op, option, pair, plan, type Ran, ran, unfenced, words } from './help.js'

const t = suite('engine: counting failures')

interface Story {
  readonly counting?: string
  readonly timeout?: string
  readonly failedAgo: number
  readonly goodAgo?: number // a recurring monitor has been good since
  readonly monitor?: Ran
  readonly on?: string // on-fail
}

/** x failed three times on a, the last time so long ago, was started again and runs there; three failures are the limit. */
function runs(s: Story): string[] {
  const values = {
    'migration-threshold': 3,
    ...(s.counting ? { 'failure-counting': s.counting } : {}),
    ...(s.timeout ? { 'failure-timeout': s.timeout } : {}),
  }
  const good = s.goodAgo === undefined ? '' : op('x', 'monitor', { call: 4, ms: 10_000, at: NOW - s.goodAgo, ...s.monitor })
  const history = ran('x', op('x', 'stop', { call: 2 }) + op('x', 'start', { call: 3, at: NOW - s.failedAgo + 1 }) + good)
  const transient = pair('fail-count-x#monitor_10000', '3') + pair('last-failure-x#monitor_10000', String(NOW - s.failedAgo))
  return words(
    plan({
      resources: dummy('x', monitor('x', s.on ?? '') + metas('x', values)),
      states: { a: { history, transient }, b: { history: absent('x') } },
    }),
  )
}
const leaves = ['move x a>b']

t('a window: without failure-timeout nothing is ever forgotten, and a good monitor changes nothing', () => {
  assert.equal(runs({ failedAgo: 86_400, goodAgo: 86_390 }), leaves)
  assert.equal(runs({ counting: 'window', failedAgo: 86_400, goodAgo: 86_390 }), leaves)
  assert.equal(runs({ counting: 'window', timeout: '60s', failedAgo: 61 }), [], 'it is the age of the last failure that counts')
})

t('a row ends when the monitor has been good since, and a minute passed', () => {
  const counting = 'consecutive'
  assert.equal(runs({ counting, failedAgo: 60, goodAgo: 50 }), [])
  assert.equal(runs({ counting, failedAgo: 59, goodAgo: 50 }), leaves, 'not long enough')
  assert.equal(runs({ counting, failedAgo: 86_400 }), leaves, 'no monitor said anything yet')
  assert.equal(runs({ counting, failedAgo: 86_400, goodAgo: 90_000 }), leaves, 'what was good before the failure proves nothing')
  assert.equal(runs({ counting, failedAgo: 600, goodAgo: 50, monitor: { rc: 190, status: 0 } }), [], 'degraded, but it works')
})

t('with failure-timeout it is that long which the resource has to be good', () => {
  const counting = 'consecutive'
  assert.equal(runs({ counting, timeout: '10s', failedAgo: 10, goodAgo: 5 }), [])
  assert.equal(runs({ counting, timeout: '10s', failedAgo: 9, goodAgo: 5 }), leaves)
  assert.equal(runs({ counting, timeout: '10min', failedAgo: 599, goodAgo: 500 }), leaves)
  assert.equal(runs({ counting, timeout: '10s', failedAgo: 3600 }), leaves, 'age alone ends no row where it runs')
})

t('where it no longer runs, the row ends after failure-timeout, or with a cleanup', () => {
  const elsewhere = (timeout: string | undefined, ago: number): string[] => {
    const values = { 'migration-threshold': 3, 'failure-counting': 'consecutive', ...(timeout ? { 'failure-timeout': timeout } : {}) }
    const history = ran('x', op('x', 'start') + op('x', 'stop', { call: 2 }))
    const transient = pair('fail-count-x#monitor_10000', '3') + pair('last-failure-x#monitor_10000', String(NOW - ago))
    return words(
      plan({
        resources: dummy('x', monitor('x') + metas('x', values)),
        states: { a: { history, transient }, b: { history: absent('x') } },
      }),
    )
  }
  assert.equal(elsewhere(undefined, 86_400), ['start x ->b'])
  assert.equal(elsewhere('60s', 59), ['start x ->b'])
  assert.equal(elsewhere('60s', 60), ['start x ->a'])
})

t('a row of failures that block is never forgotten', () => {
  const p = plan({
    options: unfenced + option('cluster-name', 'c'),
    resources: dummy('x', monitor('x', 'on-fail="block"') + metas('x', { 'migration-threshold': 3, 'failure-counting': 'consecutive' })),
    states: {
      a: {
        history: ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000, at: NOW - 7200 })),
        transient: pair('fail-count-x#monitor_10000', '3') + pair('last-failure-x#monitor_10000', String(NOW - 7200)),
      },
      b: { history: absent('x') },
    },
  })
  assert.equal(words(p), [])
})

t("kyha's own configurations count in a row unless they say otherwise", () => {
  const own = (values: Readonly<Record<string, string>>): string[] => {
    const history = ran('x', op('x', 'start') + op('x', 'monitor', { call: 2, ms: 10_000, at: NOW - 90 }))
    const transient = pair('fail-count-x#monitor_10000', '3') + pair('last-failure-x#monitor_10000', String(NOW - 100))
    const resources = dummy('x', monitor('x') + metas('x', { 'migration-threshold': 3, ...values }))
    const read = readCib(cib({ resources, states: { a: { history, transient }, b: { history: absent('x') } } }), NOW)
    if ('refused' in read) throw new Error(read.refused.key)
    return words(planScene({ ...read.scene, own: true }))
  }
  assert.equal(own({}), [])
  assert.equal(own({ 'failure-counting': 'window' }), leaves)
})

t('it is switched on for all resources at once through their defaults', () => {
  const p = (more: string): string[] =>
    words(
      plan({
        resources: dummy('x', monitor('x') + metas('x', { 'migration-threshold': 3 })),
        more,
        states: {
          a: {
            history: ran('x', op('x', 'start') + op('x', 'monitor', { call: 2, ms: 10_000, at: NOW - 90 })),
            transient: pair('fail-count-x#monitor_10000', '3') + pair('last-failure-x#monitor_10000', String(NOW - 100)),
          },
          b: { history: absent('x') },
        },
      }),
    )
  assert.equal(p(''), leaves)
  assert.equal(
    p(
      '<rsc_defaults><meta_attributes id="d"><nvpair id="d1" name="failure-counting" value="consecutive"/></meta_attributes></rsc_defaults>',
    ),
    [],
  )
})

t.run()
