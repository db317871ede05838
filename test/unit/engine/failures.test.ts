/** What failures do: probes that cannot say, thresholds, windows, every on-fail, more than one active place, members that matter less. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  absent,
  carried,
  cib,
  dummy,
  lost,
  meta,
  metas,
  monitor,
  NOW,
  op,
  option,
  pair,
  plan,
  planText,
  ran,
  type Setting,
  unfenced,
  words,
} from './help.js'

const t = suite('engine: failures')

/** x runs on a, and its monitor there failed after it had started. */
const broken = (more = '', settings: Partial<Setting> = {}): Setting => ({
  resources: dummy('x', monitor('x', more)),
  states: { a: { history: ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000 })) }, b: { history: absent('x') } },
  ...settings,
})

t('a probe that finds the agent missing or unusable says "not running", and bars the node', () => {
  for (const rc of [5, 2]) {
    const p = plan({
      resources: dummy('x'),
      states: { a: { history: ran('x', op('x', 'monitor', { rc, expected: 7 })) }, b: { history: absent('x') } },
    })
    assert.equal(words(p), ['start x ->b'], `code ${rc}`)
    assert.equal(
      p.initial.filter((r) => r.node),
      [],
    )
  }
})

t('a probe that fails in another way may have found something: the resource is stopped there first', () => {
  const p = plan({
    resources: dummy('x'),
    states: { a: { history: ran('x', op('x', 'monitor', { rc: 1, expected: 7 })) }, b: { history: absent('x') } },
  })
  assert.equal(words(p), ['recover x a>a'])
})

t('on-fail: each value does what it says', () => {
  assert.equal(words(plan(broken('on-fail="ignore"'))), [])
  assert.equal(words(plan(broken('on-fail="block"'))), [])
  assert.equal(words(plan(broken('on-fail="restart"'))), ['recover x a>a'])
  assert.equal(words(plan(broken())), ['recover x a>a'])
  assert.equal(words(plan(broken('on-fail="stop"'))), ['stop x a>-'])
  assert.equal(words(plan(broken('on-fail="standby"'))), ['recover x a>b'])
  const fencing = {
    options: '',
    resources: `${dummy('x', monitor('x', 'on-fail="fence"'))}<primitive id="f" class="stonith" type="fence_x"/>`,
  }
  assert.equal(words(plan(broken('', fencing))), ['fence a ->-', 'recover x a>b', 'start f ->b'])
  assert.equal(words(plan(broken('on-fail="fence"'))), ['stop x a>-'], 'without fencing it stays stopped')
})

t('on-fail: restart-container is for what is in a container, otherwise it means nothing', () => {
  assert.equal(words(plan(broken('on-fail="restart-container"'))), ['recover x a>a'])
  const inside = broken('', {
    resources: dummy('box') + dummy('x', monitor('x') + meta('x', 'container', 'box')),
    states: {
      a: { history: ran('box') + ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000 })) },
      b: { history: absent('x') + absent('box') },
    },
  })
  assert.equal(words(plan(inside)), ['restart box a>a', 'recover x a>a'])
})

t('on-fail=demote of a promoted monitor demotes and promotes again', () => {
  const clone = (onFail: string): string =>
    `<clone id="c">${metas('c', { promotable: 'true' })}${dummy('x', `<operations><op id="o" name="monitor" interval="10s" role="Promoted" ${onFail}/></operations>`)}</clone>`
  const history = ran(
    'x',
    op('x', 'start') + op('x', 'promote', { call: 2 }) + op('x', 'monitor', { rc: 1, expected: 8, call: 3, ms: 10_000 }),
  )
  const states = { a: { history, transient: pair('master-x', '10') }, b: { history: absent('x'), attributes: lost } }
  const p = plan({ resources: clone('on-fail="demote"'), states })
  assert.equal(words(p), ['re-promote x a>a'])
  assert.equal(carried(p), ['demote x:0 a', 'promote x:0 a'])
})

t('migration-threshold: so many failures bar a node, counted under the name that the feature set knows', () => {
  const failed = (name: string, value: string, featureSet = '3.19.0'): string[] =>
    words(
      planText(
        cib({
          resources: dummy('x', meta('x', 'migration-threshold', '2')),
          states: { a: { history: ran('x'), transient: pair(name, value) }, b: { history: absent('x') } },
        }).replace('3.19.0', featureSet),
      ),
    )
  assert.equal(failed('fail-count-x#monitor_10000', '1'), [])
  assert.equal(failed('fail-count-x#monitor_10000', '2'), ['move x a>b'])
  assert.equal(failed('fail-count-x#monitor_10000', 'INFINITY'), ['move x a>b'])
  assert.equal(failed('fail-count-x', '2'), [], 'a name without operation is of an older feature set')
  assert.equal(failed('fail-count-x', '2', '3.0.9'), ['move x a>b'])
  assert.equal(failed('fail-count-xy#monitor_10000', '2'), [], 'somebody else')
})

t('failure-timeout: a failure that is old enough counts no more; a newer one, or one that blocks, does', () => {
  const at = (ageS: number, more = ''): string[] => {
    const transient = pair('fail-count-x#monitor_10000', '3') + pair('last-failure-x#monitor_10000', String(NOW - ageS))
    const history = ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000, at: NOW - ageS }))
    return words(
      plan({
        resources: dummy('x', monitor('x', more) + metas('x', { 'failure-timeout': '60s', 'migration-threshold': 3 })),
        states: { a: { history, transient }, b: { history: absent('x') } },
      }),
    )
  }
  assert.equal(at(61), [])
  assert.equal(at(30), ['recover x a>b'])
  assert.equal(at(61, 'on-fail="block"'), [], 'blocked: nothing happens, but nothing is forgotten either')
})

t('the failure of what is configured differently now bars nothing', () => {
  const failed = (sum: string): string[] =>
    words(
      plan({
        resources: dummy('x', '<instance_attributes id="i"><nvpair id="i1" name="port" value="2"/></instance_attributes>'),
        states: {
          a: {
            history: ran(
              'x',
              op('x', 'start', { rc: 1, digest: sum }).replace('id="x_start_0"', 'id="x_last_failure_0"') + op('x', 'stop', { call: 2 }),
            ),
            transient: pair('fail-count-x#start_0', 'INFINITY'),
          },
          b: { attributes: lost },
        },
      }),
    )
  assert.equal(failed('of-other-parameters'), ['start x ->a'])
})

t('multiple-active: restart in one place, stop everywhere, leave alone, or stop only where it should not be', () => {
  const twice = (value: string): string[] =>
    words(
      plan({ resources: dummy('x', meta('x', 'multiple-active', value)), states: { a: { history: ran('x') }, b: { history: ran('x') } } }),
    )
  assert.equal(twice('stop_start').sort(), ['restart x a>a'])
  assert.equal(twice('stop_only'), ['stop x a>-', 'stop x b>-'])
  assert.equal(twice('block'), [])
  const p = plan({
    resources: dummy('x', meta('x', 'multiple-active', 'stop_unexpected')),
    states: { a: { history: ran('x') }, b: { history: ran('x') } },
  })
  assert.equal(carried(p), ['stop x b'])
})

t('critical=false: where it cannot run any more, it alone stops; the group stays', () => {
  const group = (critical: string): string[] =>
    words(
      plan({
        resources: `<group id="g">${dummy('x')}${dummy('y', metas('y', { critical, 'migration-threshold': 1 }))}</group>`,
        states: {
          a: { history: ran('x') + ran('y'), transient: pair('fail-count-y#monitor_10000', '1') },
          b: { history: absent('x') + absent('y') },
        },
      }),
    )
  assert.equal(group('false'), ['stop y a>-'])
  assert.equal(group('true'), ['move x a>b', 'move y a>b'])
})

t('what only history knows is stopped, unless the cluster is told to leave it', () => {
  const states = { a: { history: ran('gone') }, b: {} }
  assert.equal(words(plan({ resources: dummy('x', meta('x', 'target-role', 'Stopped')), states })), ['stop gone a>-'])
  const leave = unfenced + option('stop-orphan-resources', 'false')
  assert.equal(words(plan({ options: leave, resources: dummy('x', meta('x', 'target-role', 'Stopped')), states })), [])
})

t('monitors go with the role: another one for what is promoted, another one where it is stopped', () => {
  const ops =
    '<operations><op id="o1" name="monitor" interval="10s" role="Promoted"/><op id="o2" name="monitor" interval="11s" role="Unpromoted"/></operations>'
  const p = plan({
    resources: `<clone id="c">${metas('c', { promotable: 'true' })}${dummy('x', ops)}</clone>`,
    states: { a: { history: ran('x'), transient: pair('master-x', '9') }, b: { history: ran('x') } },
  })
  const every = p.executed.filter((e) => e.op === 'monitor' && e.interval).map((e) => `${e.node} ${e.interval}`)
  assert.equal(every.sort(), ['a 10000', 'b 11000'])
  const stopped = plan({
    resources: dummy('x', '<operations><op id="o3" name="monitor" interval="17s" role="Stopped"/></operations>'),
    states: { a: { history: ran('x') }, b: { history: absent('x') } },
  })
  assert.equal(
    stopped.executed.filter((e) => e.interval === 17_000).map((e) => e.node),
    ['b'],
  )
})

t.run()
