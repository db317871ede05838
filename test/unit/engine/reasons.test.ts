/** Every action of a plan says why, as a text key with what stands in it, in both languages. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Planned } from '../../../actors/coordinator/engine/plan.js'
import { render } from '../../../runtime/text/index.js'
import { absent, dummy, lost, meta, metas, monitor, NOW, op, option, pair, plan, ran, type Setting, unfenced } from './help.js'

const t = suite('engine: reasons')

const device = '<primitive id="f" class="stonith" type="fence_x"/>'
/** `stop x: its sentence`, of every line of the plan. */
function said(p: Planned, lang: 'en' | 'zh' = 'en'): string[] {
  return p.actions.map((a) => `${a.action} ${a.resource ?? a.node}: ${render(lang, a.reason.key, a.reason.args)}`)
}
const says = (s: Setting): string[] => said(plan(s))
const failed = (id: string): string => ran(id, op(id, 'start') + op(id, 'monitor', { rc: 1, call: 2, ms: 10_000 }))

t('where a resource goes and why it leaves', () => {
  assert.equal(says({ resources: dummy('x') }), ['start x: it shall run, and a is the best place for it'])
  const on = (more: Partial<Setting>): string[] =>
    says({ resources: dummy('x'), states: { a: { history: ran('x') }, b: { history: absent('x') } }, ...more })
  assert.equal(on({ constraints: '<rsc_location id="l" rsc="x" node="b" score="9"/>' }), ['move x: b is a better place for it than a'])
  assert.equal(on({ constraints: '<rsc_location id="l" rsc="x" node="a" score="-INFINITY"/>' }), ['move x: it may not stay on a'])
  assert.equal(on({ resources: dummy('x', meta('x', 'target-role', 'Stopped')) }), ['stop x: it shall be stopped'])
  assert.equal(on({ resources: '' }), ['stop x: the configuration does not know it any more'])
  const banned = ['a', 'b'].map((n) => `<rsc_location id="l${n}" rsc="x" node="${n}" score="-INFINITY"/>`).join('')
  assert.equal(on({ constraints: banned }), ['stop x: no node may run it'])
})

t('failures, and what follows from them along orderings', () => {
  const two = {
    resources: dummy('x', monitor('x')) + dummy('y'),
    states: { a: { history: failed('x') + ran('y') }, b: { history: absent('x') + absent('y') } },
    constraints: '<rsc_order id="o" first="x" then="y"/><rsc_colocation id="k" rsc="y" with-rsc="x" score="INFINITY"/>',
  }
  assert.equal(says(two), ['recover x: it failed', 'restart y: start of x brings it about'])
  const constraints = '<rsc_order id="o" first="x" then="y"/>'
  const off = { ...two, constraints, resources: dummy('x', meta('x', 'target-role', 'Stopped')) + dummy('y') }
  assert.equal(says({ ...off, states: { a: { history: absent('x') + ran('y') } } }), [
    'stop y: start of x comes before it and cannot be done',
  ])
})

t('quorum, definitions, more than one place', () => {
  const head = 'have-quorum="0"'
  assert.equal(says({ head, resources: dummy('x'), states: { a: { history: absent('x') } } }), ['start x: there is no quorum'])
  const freeze = unfenced + option('no-quorum-policy', 'freeze')
  assert.match(says({ head, options: freeze, resources: dummy('x') })[0] ?? '', /nothing new is started/)
  const changed = '<instance_attributes id="i"><nvpair id="i1" name="port" value="2"/></instance_attributes>'
  assert.equal(says({ resources: dummy('x', changed), states: { a: { history: ran('x') } } }), ['restart x: its definition changed'])
  const twice = { resources: dummy('x'), states: { a: { history: ran('x') }, b: { history: ran('x') } } }
  assert.match(says(twice)[0] ?? '', /it ran in more than one place/)
})

t('fencing: what the node did, or what is on it', () => {
  const fence = (attributes: string, resources = dummy('x'), history = ran('x')): string | undefined =>
    says({ options: '', resources: resources + device, states: { a: { history: absent('x') }, b: { attributes, history } } }).find((l) =>
      l.startsWith('fence'),
    )
  assert.is(fence(lost), 'fence b: it is no longer a member')
  assert.is(
    fence('in_ccm="true" crmd="offline" join="member" expected="member"'),
    'fence b: it is a member, but its cluster manager is gone',
  )
  const onFail = dummy('x', monitor('x', 'on-fail="fence"'))
  assert.is(
    fence('in_ccm="true" crmd="online" join="member" expected="member"', onFail, failed('x')),
    'fence b: x failed there, and on-fail says to fence',
  )
})

t('operations that are not in the plan say why as well', () => {
  const p = plan({
    resources: dummy('x', monitor('x') + metas('x', { 'failure-timeout': '60s' })),
    states: {
      a: {
        history: ran('x') + ran('old'),
        transient: pair('fail-count-old#monitor_10000', '1') + pair('last-failure-old#monitor_10000', String(NOW - 9)),
      },
      b: { history: absent('x') },
    },
  })
  const why = (name: string): unknown => p.executed.find((e) => e.op === name)?.reason?.key
  assert.is(why('delete'), 'engine.orphan')
  assert.is(why('clear_failcount'), 'engine.orphan')
})

t('both languages have a whole sentence for each', () => {
  const clone = `<clone id="c">${metas('c', { promotable: 'true' })}<primitive id="s" class="ocf" provider="test" type="Stateful"/></clone>`
  const settings: Setting[] = [
    { resources: clone + dummy('x') },
    { resources: clone + dummy('x'), head: 'have-quorum="0"', states: { a: { history: ran('x') } } },
    { options: '', resources: clone + dummy('x') + device, states: { a: { attributes: lost, history: ran('x') + ran('s') }, b: {} } },
  ]
  for (const s of settings) {
    const p = plan(s)
    assert.ok(p.actions.length > 0)
    for (const lang of ['en', 'zh'] as const) for (const line of said(p, lang)) assert.not.match(line, /[{}]|undefined|engine\./)
  }
})

t.run()
