/** Notifications of clones: who is told what, before and after, and what waits for the last confirmation. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Planned } from '../../../actors/coordinator/engine/plan.js'
import { absent, dummy, lost, meta, metas, op, option, plan, ran, unfenced } from './help.js'

const t = suite('engine: notifications of clones')

const stateful = (id: string): string => `<primitive id="${id}" class="ocf" provider="test" type="Stateful"/>`
const clone = (id: string, inside: string, values: Readonly<Record<string, string | number>> = {}): string =>
  `<clone id="${id}">${metas(id, { notify: 'true', ...values })}${inside}</clone>`
const agent = 'class="ocf" provider="test" type="Stateful"'

/** The whole transition without its probes: `notify x:0 a`, `!c_pre_notify_start_0` for what is only a mark. */
const steps = (p: Planned): string[] =>
  p.executed.flatMap((e) => (e.op === 'monitor' ? [] : e.pseudo ? [`!${e.op}`] : [`${e.op} ${e.resource ?? ''} ${e.node}`]))
const told = (p: Planned, type: string, operation: string) =>
  p.executed.filter((e) => e.op === 'notify' && e.data?.notify_type === type && e.data.notify_operation === operation)
const inOrder = (p: Planned, ...names: readonly string[]): void => {
  const all = steps(p)
  const at = names.map((n) => all.indexOf(n))
  assert.is(at.includes(-1), false, `${names[at.indexOf(-1)]} is missing in ${all.join(', ')}`)
  assert.equal(
    at,
    [...at].sort((x, y) => x - y),
    all.join(', '),
  )
}

t('a start: who runs is told before, all are told after, and the start waits', () => {
  const p = plan({ resources: clone('c', dummy('x')), states: { a: { history: ran('x') }, b: { history: absent('x') } } })
  inOrder(
    p,
    '!c_pre_notify_start_0',
    'notify x:0 a',
    '!c_confirmed-pre_notify_start_0',
    '!c_start_0',
    'start x:1 b',
    '!c_running_0',
    '!c_post_notify_running_0',
    'notify x:1 b',
    '!c_confirmed-post_notify_running_0',
  )
  const places = (type: string): (string | undefined)[] => told(p, type, 'start').map((e) => e.node)
  assert.equal(places('pre'), ['a'])
  assert.equal(places('post').sort(), ['a', 'b'])
})

t('the lists say what is and what happens; an empty one is one space', () => {
  const p = plan({ resources: clone('c', dummy('x')), states: { a: { history: ran('x') }, b: { history: absent('x') } } })
  const data = {
    notify_start_resource: 'x:1',
    notify_start_uname: 'b',
    notify_stop_resource: ' ',
    notify_stop_uname: ' ',
    notify_active_resource: 'x:0',
    notify_active_uname: 'a',
    notify_inactive_resource: 'x:1',
    notify_available_uname: 'a b',
    notify_all_uname: 'a b',
  }
  assert.equal(told(p, 'pre', 'start')[0]?.data, { notify_type: 'pre', notify_operation: 'start', ...data })
  assert.equal(told(p, 'post', 'start')[1]?.data, { notify_type: 'post', notify_operation: 'start', ...data })
  assert.equal(p.executed.find((e) => e.op === 'start')?.data, data, 'the start itself is told the same')
})

t('a stop: who is stopped is told before and no more after', () => {
  const p = plan({
    resources: clone('c', dummy('x'), { 'clone-max': 1 }),
    states: { a: { history: ran('x') }, b: { history: ran('x') } },
  })
  const places = (type: string): (string | undefined)[] => told(p, type, 'stop').map((e) => e.node)
  assert.equal(places('pre').sort(), ['a', 'b'])
  assert.equal(places('post').length, 1)
  const stopped = p.executed.find((e) => e.op === 'stop')
  assert.is(stopped?.node === places('post')[0], false)
  assert.is(told(p, 'pre', 'stop')[0]?.data?.notify_stop_uname, stopped?.node)
})

t('what ends with a fenced node is told to those who are left', () => {
  const p = plan({
    options: option('stonith-enabled', 'true'),
    resources: `${clone('c', dummy('x'))}<primitive id="f" class="stonith" type="fence_x"/>`,
    states: { a: { attributes: lost, history: ran('x') }, b: { history: ran('x') } },
  })
  inOrder(p, '!c_pre_notify_stop_0', 'notify x:1 b', '!c_confirmed-pre_notify_stop_0', '!c_stopped_0', '!c_post_notify_stopped_0')
  inOrder(p, 'fence-reboot  a', '!c_stopped_0', '!c_post_notify_stopped_0')
  assert.equal(
    ['pre', 'post'].map((type) => told(p, type, 'stop').map((e) => e.node)),
    [['b'], ['b']],
  )
  assert.is(told(p, 'post', 'stop')[0]?.data?.notify_stop_uname, 'a')
})

t('roles: demotions are confirmed before promotions are announced; lists of roles under both names', () => {
  const p = plan({
    resources: clone('c', stateful('x'), { promotable: 'true', 'promoted-max': 1 }),
    constraints:
      '<rsc_location id="l" rsc="c"><rule id="lr" role="Promoted" score="100"><expression id="le" attribute="#uname" operation="eq" value="b"/></rule></rsc_location>',
    states: {
      a: { history: ran('x', op('x', 'start') + op('x', 'promote', { call: 2 }), agent) },
      b: { history: ran('x', op('x', 'start'), agent) },
    },
  })
  inOrder(
    p,
    '!c_pre_notify_demote_0',
    '!c_confirmed-pre_notify_demote_0',
    'demote x:0 a',
    '!c_confirmed-post_notify_demoted_0',
    '!c_pre_notify_promote_0',
    'promote x:1 b',
    '!c_post_notify_promoted_0',
    '!c_confirmed-post_notify_promoted_0',
  )
  const data = told(p, 'pre', 'demote')[0]?.data
  const want = {
    notify_promote_resource: 'x:1',
    notify_promote_uname: 'b',
    notify_demote_resource: 'x:0',
    notify_demote_uname: 'a',
    notify_promoted_resource: 'x:0',
    notify_promoted_uname: 'a',
    notify_master_resource: 'x:0',
    notify_master_uname: 'a',
    notify_unpromoted_resource: 'x:1',
    notify_slave_uname: 'b',
    notify_active_resource: 'x:0 x:1',
  }
  assert.equal(Object.fromEntries(Object.keys(want).map((k) => [k, data?.[k]])), want)
  assert.is(told(p, 'pre', 'demote').length + told(p, 'post', 'demote').length, 4)
})

t('what is ordered after the clone waits for the last confirmation', () => {
  const p = plan({
    resources: clone('c', dummy('x')) + dummy('y'),
    constraints: '<rsc_order id="o" first="c" then="y"/>',
    states: { a: { history: absent('x') + absent('y') }, b: { history: absent('x') + absent('y') } },
  })
  inOrder(p, 'start x:0 a', '!c_post_notify_running_0', '!c_confirmed-post_notify_running_0', 'start y a')
})

t('members of cloned groups are told each by itself', () => {
  const p = plan({
    resources: clone('c', `<group id="g">${dummy('x')}${dummy('y')}</group>`),
    states: { a: { history: ran('x') + ran('y') }, b: { history: absent('x') + absent('y') } },
  })
  assert.equal(
    told(p, 'pre', 'start')
      .map((e) => e.resource)
      .sort(),
    ['x:0', 'y:0'],
  )
  assert.equal(
    told(p, 'post', 'start')
      .map((e) => e.resource)
      .sort(),
    ['x:0', 'x:1', 'y:0', 'y:1'],
  )
})

t('nobody is told where nothing happens, or where nobody asked for it', () => {
  const states = { a: { history: ran('x') }, b: { history: ran('x') } }
  assert.equal(steps(plan({ resources: clone('c', dummy('x')), states })), [])
  const quiet = plan({ options: unfenced, resources: `<clone id="c">${meta('c', 'notify', 'false')}${dummy('x')}</clone>` })
  assert.is(
    quiet.executed.some((e) => e.op.includes('notify')),
    false,
  )
})

t('telling changes nothing else: the same operations happen, and each of them', () => {
  const orders = '<rsc_order id="o" first="c" then="d"/><rsc_colocation id="k" rsc="d" with-rsc="c" score="INFINITY"/>'
  const monitored = dummy('x', '<operations><op id="m" name="monitor" interval="10s"/></operations>')
  const broken = ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000 }))
  const both = (values: Readonly<Record<string, string>>) => (notify: string) =>
    plan({
      options: option('stonith-enabled', 'true'),
      resources:
        clone('c', monitored, { ...values, notify }) +
        clone('d', stateful('y'), { ...values, notify, promotable: 'true' }) +
        '<primitive id="f" class="stonith" type="fence_x"/>',
      constraints: orders,
      nodes: ['a', 'b', 'e', 'g'],
      states: {
        a: { history: broken + ran('y', op('y', 'start') + op('y', 'promote', { call: 2 }), agent) },
        b: { history: ran('x') + ran('y', op('y', 'start'), agent) },
        e: { attributes: lost, history: ran('x') + ran('y', op('y', 'start'), agent) },
        g: {},
      },
    })
  for (const values of [{}, { interleave: 'true' }, { ordered: 'true' }, { 'clone-max': '2' }] as const) {
    const make = both(values)
    const done = (p: Planned): string[] => steps(p).filter((l) => !l.startsWith('notify') && !l.includes('_notify_'))
    const [told_, quiet] = [make('true'), make('false')]
    assert.ok(told_.executed.some((e) => e.op === 'notify'))
    assert.equal(done(told_).sort(), done(quiet).sort())
    assert.equal([told_.final, told_.actions], [quiet.final, quiet.actions])
  }
})

t.run()
