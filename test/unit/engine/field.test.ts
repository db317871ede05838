/** Corners where two readings are possible, as the field's own planner reads them; each was found by changed cases beside it (test/conformance). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseMs } from '../../../actors/coordinator/engine/score.js'
import { absent, cib, dummy, meta, metas, monitor, op, option, pair, plan, planText, ran, type Setting, unfenced, words } from './help.js'

const t = suite('engine: field')

const running = (settings: Partial<Setting>): string[] =>
  words(plan({ resources: dummy('x'), states: { a: { history: ran('x') }, b: { history: absent('x') } }, ...settings }))
const colocated = (id: string, more: string): string => `<rsc_colocation id="${id}" score="INFINITY" ${more}/>`
const device = (inside = ''): string => `<primitive id="f" class="stonith" type="fence_x">${inside}</primitive>`
const remote = (id: string, inside = ''): string =>
  `<primitive id="${id}" class="ocf" provider="pacemaker" type="remote">${inside}</primitive>`
const remoteRan = (ops: string): string => ran('r', ops, 'class="ocf" provider="pacemaker" type="remote"')
const stateful = (id: string): string => dummy(id, monitor(id))

t('a stickiness below zero drives nothing away', () => {
  assert.equal(running({ nodes: ['a'], resources: dummy('x', meta('x', 'resource-stickiness', '-5')) }), [])
})

t('location: the unpromoted role means any; exclusive discovery holds whatever the role', () => {
  const rule = (role: string, more = ''): string =>
    `<rsc_location id="l" rsc="x" ${more}><rule id="r" score="10" role="${role}"><expression id="e" attribute="#uname" operation="eq" value="b"/></rule></rsc_location>`
  assert.equal(words(plan({ resources: dummy('x'), constraints: rule('Unpromoted') })), ['start x ->b'])
  assert.equal(running({ constraints: rule('Promoted', 'resource-discovery="exclusive"') }), ['stop x a>-'])
})

t('what starts, stops, promotes or demotes never recurs, whatever interval it has', () => {
  const ops = '<operations><op id="s" name="start" interval="20s"/><op id="m" name="monitor" interval="10s"/></operations>'
  const { executed } = plan({ resources: dummy('x', ops) })
  assert.equal(
    executed.flatMap((e) => (e.interval ? [`${e.op} ${e.interval}`] : [])),
    ['monitor 10000'],
  )
})

t('of two recurring operations of one name and interval none is carried out', () => {
  const twice =
    '<operations><op id="m1" name="monitor" interval="10s" timeout="1s"/><op id="m2" name="monitor" interval="10"/></operations>'
  assert.equal(
    plan({ resources: dummy('x', twice) }).executed.filter((e) => e.interval),
    [],
  )
})

t('durations: the T may be missing where nothing is in doubt', () => {
  assert.equal(['P10S', 'PT10S', 'PT1M', 'P1M', 'P1W', 'P1DT2H'].map(parseMs), [10_000, 10_000, 60_000, undefined, 604_800_000, 93_600_000])
})

t('what is begun on an unmanaged resource is cancelled in maintenance', () => {
  const history = ran('x', op('x', 'start') + op('x', 'monitor', { call: 2, ms: 10_000 }))
  const p = plan({ resources: dummy('x', monitor('x') + meta('x', 'maintenance', 'true')), states: { a: { history } } })
  assert.ok(p.executed.some((e) => e.op === 'cancel' && e.interval === 10_000))
})

t('degraded is good enough for a monitor, not for a start', () => {
  const after = (ops: string): string[] => running({ resources: dummy('x', monitor('x')), states: { a: { history: ran('x', ops) } } })
  assert.equal(after(op('x', 'start') + op('x', 'monitor', { rc: 190, call: 2, ms: 10_000, status: 0 })), [])
  assert.equal(after(op('x', 'start', { rc: 190 })), ['recover x a>a'])
})

t('an operation that no transition asked for was expected to go well, too', () => {
  const history = ran('x', op('x', 'start', { rc: 8, status: 0 }).replace(/1:1:0:u/g, '1:-1:0:u'))
  assert.equal(running({ states: { a: { history } } }).length, 1)
})

t('a mandatory colocation with a clone asks for the node itself, whatever attribute it names', () => {
  const nodeAttributes = { a: pair('rack', 'r1'), b: pair('rack', 'r1') }
  const p = plan({
    resources: `<clone id="c">${meta('c', 'clone-max', '1')}${dummy('y')}</clone>${dummy('x')}`,
    constraints: `${colocated('k', 'rsc="x" with-rsc="c" node-attribute="rack"')}<rsc_location id="l" rsc="x" node="b" score="10"/><rsc_location id="m" rsc="c" node="a" score="100"/>`,
    nodeAttributes,
  })
  assert.equal(words(p).sort(), ['start x ->a', 'start y ->a'])
})

t('order: the second action is start where the second end is a template; what nobody does blocks', () => {
  const made = '<template id="tm" class="ocf" provider="test" type="Dummy"/><primitive id="y" template="tm"/>'
  const promoted = '<rsc_order id="o" first="x" first-action="promote" then="tm"/>'
  assert.equal(words(plan({ resources: dummy('x') + made, constraints: promoted })).sort(), ['start x ->a', 'start y ->b blocked'])
  const demoted = '<rsc_order id="o" first="x" first-action="demote" then="y" then-action="start" symmetrical="false"/>'
  assert.equal(words(plan({ resources: dummy('x') + dummy('y'), constraints: demoted })).sort(), ['start x ->a', 'start y ->b blocked'])
})

t('no-quorum-policy=demote: what has a role keeps the lesser one', () => {
  const p = plan({
    head: 'have-quorum="0"',
    options: unfenced + option('no-quorum-policy', 'demote'),
    resources: `<clone id="c">${meta('c', 'promotable', 'true')}${stateful('x')}</clone>${dummy('y')}`,
    states: {
      a: { history: ran('x', op('x', 'start') + op('x', 'promote', { call: 2 })), transient: pair('master-x', '10') },
      b: { history: ran('x') + ran('y') },
    },
  })
  assert.equal(words(p).sort(), ['demote x a>a', 'stop y b>-'])
})

t('promotable clones: agents without roles are left out; unique instances that are too many stand alone', () => {
  const role = meta('c', 'promotable', 'true')
  assert.equal(words(plan({ resources: `<clone id="c">${role}<primitive id="s" class="systemd" type="x"/></clone>` })), [])
  const values = metas('c', { promotable: 'true', 'globally-unique': 'true', 'clone-max': 1 })
  const history = ran('x', op('x', 'start') + op('x', 'promote', { call: 2 }))
  const p = plan({ resources: `<clone id="c">${values}${stateful('x')}</clone>`, states: { a: { history }, b: { history: ran('x') } } })
  assert.equal(
    p.initial
      .filter((r) => r.node)
      .map((r) => `${r.resource} ${r.role} ${r.node}`)
      .sort(),
    ['x Promoted a', 'x Promoted b'],
  )
})

t('unfencing is part of the plan where anything asks for it', () => {
  const asked = { options: option('stonith-enabled', 'true'), resources: device() + dummy('x', meta('x', 'requires', 'unfencing')) }
  assert.equal(
    words(plan(asked)).filter((l) => l.startsWith('fence')),
    ['fence a ->-', 'fence b ->-'],
  )
})

t('a remote node that nobody saw is unclean until a connection that works has a place', () => {
  const fenced = (inside: string, history = ''): string[] =>
    words(
      plan({ options: option('stonith-enabled', 'true'), resources: device() + remote('r', inside), states: { a: { history } } }),
    ).filter((l) => l.startsWith('fence'))
  assert.equal(fenced(''), [])
  assert.equal(fenced(meta('r', 'target-role', 'Stopped')), ['fence r ->-'])
  assert.equal(fenced(monitor('r'), remoteRan(op('r', 'start', { rc: 1 }))), ['fence r ->-'])
})

const bundle = '<bundle id="b"><docker image="i" replicas="2"/><network ip-range-start="10.0.0.1"/>'
t('bundles: what belongs inside shows as blocked where no container has a place; nothing is asked of connections then', () => {
  const standby = { a: pair('standby', 'on'), b: pair('standby', 'on') }
  const p = plan({ resources: `${bundle}${dummy('in')}</bundle>`, nodeAttributes: standby })
  assert.equal(words(p).sort(), ['start in ->b-0 blocked', 'start in ->b-1 blocked'])
  assert.not(p.executed.some((e) => e.resource === 'b-0' && e.op === 'monitor'))
  const optIn = plan({ options: unfenced + option('symmetric-cluster', 'false'), resources: `${bundle}${dummy('in')}</bundle>` })
  assert.ok(words(optIn).some((l) => /^start b-0 ->[ab] blocked$/.test(l)))
})

t('a guest whose machine goes down takes nothing', () => {
  const p = plan({
    resources:
      dummy('vm', metas('vm', { 'remote-node': 'g', 'target-role': 'Stopped' })) + dummy('x', meta('x', 'resource-stickiness', '100')),
    states: { a: { history: ran('vm') + ran('g', op('g', 'start'), 'class="ocf" provider="pacemaker" type="remote" container="vm"') } },
    status: `<node_state id="g" uname="g" remote_node="true" in_ccm="true"><lrm id="g"><lrm_resources>${ran('x')}</lrm_resources></lrm></node_state>`,
  })
  assert.ok(
    words(p).some((l) => /^move x g>[ab]$/.test(l)),
    words(p).join(),
  )
})

t('what is blocked holds up the shutdown of its node', () => {
  const p = plan({
    resources: dummy('x', `<operations><op id="s" name="stop" interval="0" on-fail="block"/></operations>`),
    states: { a: { history: ran('x', op('x', 'start') + op('x', 'stop', { rc: 1, call: 2 })), transient: pair('shutdown', '1700000000') } },
  })
  assert.not(p.executed.some((e) => e.op === 'do_shutdown'))
})

t('a start that lost its quorum stops what runs, even where the stop has to wait for what nobody may stop', () => {
  const group = `<group id="g">${dummy('x')}${dummy('y', meta('y', 'is-managed', 'false'))}</group>`
  const setting = { head: 'have-quorum="0"', options: unfenced + option('no-quorum-policy', 'stop'), resources: group }
  assert.equal(words(planText(cib({ ...setting, states: { a: { history: ran('x') + ran('y') } } }))), ['stop x a>- blocked'])
})

t.run()
