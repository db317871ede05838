/** What is forgotten: histories of what nobody knows any more, fail counts that count no longer. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { digest } from '../../../actors/coordinator/engine/resolve/digest.js'
import { absent, carried, dummy, lost, metas, monitor, NOW, op, option, pair, plan, ran, unfenced, words } from './help.js'

const t = suite('engine: forgetting')

const counted = (id: string, count: string, ageS = 10): string =>
  pair(`fail-count-${id}#monitor_10000`, count) + pair(`last-failure-${id}#monitor_10000`, String(NOW - ageS))
const failedMonitor = (id: string, ageS: number, call = 2): string =>
  op(id, 'monitor', { rc: 1, call, ms: 10_000, at: NOW - ageS }).replace(`id="${id}_monitor_10000"`, `id="${id}_last_failure_0"`)
const clears = (p: ReturnType<typeof plan>): string[] => carried(p).filter((l) => l.startsWith('clear_failcount'))

t('an orphan is stopped, then its history is deleted, on each node that can be asked', () => {
  const p = plan({
    resources: '',
    nodes: ['a', 'b', 'c'],
    states: { a: { history: ran('old') }, b: { history: absent('old') }, c: { attributes: lost, history: absent('old') } },
  })
  const list = carried(p)
  assert.equal([...list].sort(), ['delete old a', 'delete old b', 'stop old a'])
  assert.ok(list.indexOf('stop old a') < list.indexOf('delete old a'))
  assert.equal(words(p), ['stop old a>-'], 'the plan names the stop only')
})

t('what failed keeps its history; so does what nobody may stop', () => {
  const states = { a: { history: ran('old', op('old', 'start') + op('old', 'monitor', { rc: 1, call: 2, ms: 10_000 })) } }
  assert.equal(carried(plan({ resources: '', states })), ['stop old a'])
  const kept = plan({
    options: unfenced + option('stop-orphan-resources', 'false'),
    resources: '',
    states: { a: { history: ran('old') } },
  })
  assert.equal(carried(kept), [])
})

t('one instance too many of unique ones is an orphan as well; of alike ones it is not', () => {
  const clone = (unique: string): string =>
    `<clone id="c">${metas('c', { 'globally-unique': unique, 'clone-max': 1, 'clone-node-max': 2 })}${dummy('x')}</clone>`
  const states = { a: { history: ran('x:0') + ran('x:1') }, b: {} }
  assert.equal(
    carried(plan({ resources: clone('true'), states })).filter((l) => l.startsWith('delete')),
    ['delete x:1 a'],
  )
  const alike = { a: { history: ran('x') }, b: { history: ran('x') } }
  assert.equal(
    carried(plan({ resources: clone('false'), states: alike })).filter((l) => l.startsWith('delete')),
    [],
  )
})

t("an orphan's fail count is cleared before its stop", () => {
  const p = plan({ resources: '', states: { a: { history: ran('old'), transient: counted('old', '2') }, b: {} } })
  assert.equal(clears(p), ['clear_failcount old a'])
  assert.ok(carried(p).indexOf('clear_failcount old a') < carried(p).indexOf('stop old a'))
})

t('a count that expired is cleared, a younger one is not', () => {
  const after = (ageS: number): string[] =>
    clears(
      plan({
        resources: dummy('x', monitor('x') + metas('x', { 'failure-timeout': '60s' })),
        states: {
          a: { history: ran('x', op('x', 'start') + failedMonitor('x', ageS)), transient: counted('x', '1', ageS) },
          b: { history: absent('x') },
        },
      }),
    )
  assert.equal(after(61), ['clear_failcount x a'])
  assert.equal(after(30), [])
})

t('a row of failures that ended is cleared, so that the next failure is the first of its row', () => {
  const after = (counting: string): string[] =>
    clears(
      plan({
        resources: dummy('x', monitor('x') + metas('x', { 'failure-counting': counting })),
        states: {
          a: {
            history: ran('x', op('x', 'start') + op('x', 'monitor', { call: 2, ms: 10_000, at: NOW - 90 })),
            transient: counted('x', '1', 100),
          },
          b: { history: absent('x') },
        },
      }),
    )
  assert.equal(after('consecutive'), ['clear_failcount x a'])
  assert.equal(after('window'), [])
})

t('what failed and is defined differently now is tried afresh', () => {
  const after = (port: string): string[] =>
    clears(
      plan({
        resources: dummy('x', `<instance_attributes id="i"><nvpair id="i1" name="port" value="${port}"/></instance_attributes>`),
        states: {
          a: {
            history: ran('x', op('x', 'start', { digest: digest(new Map([['port', '1']])) })),
            transient: counted('x', '1'),
          },
          b: { history: absent('x') },
        },
      }),
    )
  assert.equal(after('1'), [])
  assert.equal(after('2'), ['clear_failcount x a'])
})

t('parameters of one operation are part of its definition', () => {
  const level = '<instance_attributes id="l"><nvpair id="l1" name="OCF_CHECK_LEVEL" value="20"/></instance_attributes>'
  const after = (sum: ReadonlyMap<string, string>): string[] =>
    plan({
      resources: dummy('x', `<operations><op id="o" name="monitor" interval="10s" timeout="20s">${level}</op></operations>`),
      states: {
        a: { history: ran('x', op('x', 'start') + op('x', 'monitor', { call: 2, ms: 10_000, digest: digest(sum) })) },
        b: { history: absent('x') },
      },
    }).executed.flatMap((e) => (e.op === 'monitor' && e.interval ? [`${e.resource} ${e.node}`] : []))
  const timeout: readonly [string, string] = ['CRM_meta_timeout', '20000']
  assert.equal(after(new Map([timeout, ['OCF_CHECK_LEVEL', '20']])), [], 'it goes on')
  assert.equal(after(new Map([timeout])), ['x a'], 'it begins anew')
})

t('the count of a connection is cleared once its node was fenced; until then its failure stands', () => {
  const remote = (inside: string): string => `<primitive id="r" class="ocf" provider="pacemaker" type="remote">${inside}</primitive>`
  const agent = 'class="ocf" provider="pacemaker" type="remote"'
  const p = plan({
    options: '',
    resources: `${remote(
      `<instance_attributes id="i"><nvpair id="i1" name="reconnect_interval" value="60"/></instance_attributes>${monitor('r')}`,
    )}${dummy('x')}<primitive id="f" class="stonith" type="fence_x"/>`,
    states: {
      a: {
        history: ran('r', op('r', 'start', { digest: digest(new Map([['reconnect_interval', '60']])) }) + failedMonitor('r', 90), agent),
        transient: counted('r', '1', 90),
      },
      b: { history: absent('x') },
    },
    status: `<node_state id="r" uname="r" remote_node="true"><lrm id="r"><lrm_resources>${ran('x')}</lrm_resources></lrm></node_state>`,
  })
  const list = carried(p)
  assert.ok(list.includes('fence-reboot r'), list.join(', '))
  assert.ok(list.indexOf('fence-reboot r') < list.indexOf('clear_failcount r a'), list.join(', '))
})

t.run()
