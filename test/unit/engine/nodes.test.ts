/** How nodes stand and what follows: standby, maintenance, health, quorum, shutdown and its locks, remote and guest nodes, fencing and unfencing. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  absent,
  cib,
  dummy,
  lost,
  meta,
  metas,
  NOW,
  off,
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

const t = suite('engine: nodes')

const running = (settings: Partial<Setting>): string[] =>
  words(plan({ resources: dummy('x'), states: { a: { history: ran('x') }, b: { history: absent('x') } }, ...settings }))

t('standby gives everything away; maintenance of node, cluster or resource leaves everything alone', () => {
  assert.equal(running({ nodeAttributes: { a: pair('standby', 'on') } }), ['move x a>b'])
  const pushed = '<rsc_location id="l" rsc="x" node="b" score="INFINITY"/>'
  assert.equal(running({ constraints: pushed }), ['move x a>b'])
  assert.equal(running({ constraints: pushed, nodeAttributes: { a: pair('maintenance', 'true') } }), [])
  assert.equal(running({ constraints: pushed, options: unfenced + option('maintenance-mode', 'true') }), [])
  assert.equal(running({ constraints: pushed, resources: dummy('x', meta('x', 'maintenance', 'true')) }), [])
  assert.equal(running({ constraints: pushed, resources: dummy('x', meta('x', 'is-managed', 'false')) }), [])
})

t('stop-all-resources stops all; an opt-in cluster starts nothing that no constraint allows', () => {
  assert.equal(running({ options: unfenced + option('stop-all-resources', 'true') }), ['stop x a>-'])
  assert.equal(words(plan({ options: unfenced + option('symmetric-cluster', 'false'), resources: dummy('x') })), [])
  const allowed = '<rsc_location id="l" rsc="x" node="b" score="0"/>'
  assert.equal(words(plan({ options: unfenced + option('symmetric-cluster', 'false'), resources: dummy('x'), constraints: allowed })), [
    'start x ->b',
  ])
})

t('node health: each strategy with what it makes of red, yellow and numbers', () => {
  const sick = (strategy: string, value: string, more = '', inside = ''): string[] =>
    running({
      options: unfenced + option('node-health-strategy', strategy) + more,
      resources: dummy('x', inside),
      states: { a: { history: ran('x'), transient: pair('#health-disk', value) }, b: { history: absent('x') } },
    })
  assert.equal(sick('none', 'red'), [])
  assert.equal(sick('migrate-on-red', 'yellow'), [])
  assert.equal(sick('migrate-on-red', 'red'), ['move x a>b'])
  assert.equal(sick('only-green', 'yellow'), ['move x a>b'])
  assert.equal(sick('only-green', 'green'), [])
  assert.equal(sick('progressive', '-5'), ['move x a>b'])
  assert.equal(sick('progressive', '-5', option('node-health-base', '5')), ['move x a>b'], 'b is the better one by 5')
  assert.equal(sick('progressive', 'red', option('node-health-red', '-10'), meta('x', 'resource-stickiness', '11')), [])
  assert.equal(sick('migrate-on-red', 'red', '', meta('x', 'allow-unhealthy-nodes', 'true')), [])
  assert.equal(sick('no-such-strategy', 'red'), [])
})

t('no-quorum-policy: stop, ignore, freeze, demote, suicide', () => {
  const without = (policy: string, resources = dummy('x') + dummy('y')): string[] =>
    words(
      planText(
        cib({
          head: 'have-quorum="0" no-quorum-panic="true"',
          options: (policy === 'suicide' ? '' : unfenced) + option('no-quorum-policy', policy),
          resources: resources + (policy === 'suicide' ? '<primitive id="f" class="stonith" type="fence_x"/>' : ''),
          states: { a: { history: ran('x') + absent('y') }, b: { history: absent('x') + absent('y') } },
        }),
      ),
    )
  assert.equal(without('ignore'), ['start y ->b'])
  assert.equal(without('stop'), ['stop x a>-', 'start y ->b blocked'])
  assert.equal(without('freeze'), ['start y ->b blocked'])
  assert.equal(without('demote'), ['stop x a>-', 'start y ->b blocked'])
  assert.equal(without('suicide'), ['fence a ->-', 'fence b ->-', 'stop x a>-'])
})

t('a node that shuts down gives its resources away; with shutdown-lock they wait for it, as long as the limit allows', () => {
  const leaving = { states: { a: { history: ran('x'), transient: pair('shutdown', String(NOW - 10)) }, b: { history: absent('x') } } }
  const locks = unfenced + option('shutdown-lock', 'true')
  assert.equal(running(leaving), ['move x a>b'])
  assert.equal(running({ ...leaving, options: locks }), ['stop x a>-'])
  const away = (sinceS: number): Setting['states'] => ({
    a: {
      attributes: off,
      history: ran('x', op('x', 'start') + op('x', 'stop', { call: 2 })).replace(
        '<lrm_resource ',
        `<lrm_resource shutdown-lock="${sinceS}" `,
      ),
    },
    b: { history: absent('x') },
  })
  assert.equal(running({ options: locks, states: away(NOW - 3600) ?? {} }), [])
  assert.equal(running({ options: locks + option('shutdown-lock-limit', '30min'), states: away(NOW - 3600) ?? {} }), ['start x ->b'])
  assert.equal(running({ options: unfenced, states: away(NOW - 3600) ?? {} }), ['start x ->b'])
  const clone = `<clone id="c">${metas('c', { 'clone-max': 1 })}${dummy('x')}</clone>`
  assert.equal(running({ ...leaving, options: locks, resources: clone }), ['move x a>b'], 'instances are never locked')
})

t('a lost node is fenced before what it had starts elsewhere; who needs no fencing does not wait', () => {
  const device = '<primitive id="f" class="stonith" type="fence_x"/>'
  const states = { a: { attributes: lost, history: ran('x') }, b: { history: absent('x') } }
  assert.equal(words(plan({ options: '', resources: dummy('x') + device, states })), ['fence a ->-', 'move x a>b', 'start f ->b'])
  const p = plan({ options: '', resources: dummy('x', meta('x', 'requires', 'nothing')) + device, states })
  const order = p.executed.filter((e) => !e.pseudo).map((e) => `${e.op} ${e.resource ?? e.node}`)
  assert.ok(words(p).includes('fence a ->-'), order.join())
  assert.equal(words(plan({ options: option('stonith-action', 'off'), resources: dummy('x') + device, states })).slice(0, 1), [
    'fence a ->-',
  ])
})

const remote = (inside = ''): string => `<primitive id="far" class="ocf" provider="pacemaker" type="remote">${inside}</primitive>`
const far = (history: string, more = ''): string =>
  `<node_state id="far" uname="far" remote_node="true"><transient_attributes id="far"><instance_attributes id="far-t">${more}</instance_attributes></transient_attributes><lrm id="far"><lrm_resources>${history}</lrm_resources></lrm></node_state>`
const linked = ran('far', op('far', 'start'), 'class="ocf" provider="pacemaker" type="remote"')

t('a remote node: reached first, left last; one that shuts down loses its connection; one that nobody knows any more is emptied', () => {
  const there = '<rsc_location id="l" rsc="x" node="far" score="INFINITY"/>'
  const p = plan({ resources: remote() + dummy('x'), constraints: there, status: far('') })
  assert.equal(words(p), ['start far ->a', 'start x ->far'])
  const starts = p.executed.filter((e) => e.op === 'start').map((e) => e.resource)
  assert.equal(starts, ['far', 'x'])
  const up = { a: { history: linked + absent('x') }, b: { history: absent('x') } }
  const leaves = plan({ resources: remote() + dummy('x'), states: up, constraints: there, status: far(ran('x'), pair('shutdown', '1')) })
  assert.equal(words(leaves).sort(), ['move x far>a', 'stop far a>-'])
  const unknown = plan({ resources: dummy('x'), states: up, status: far(ran('x')) })
  assert.equal(words(unknown).sort(), ['move x far>a', 'stop far a>-'])
})

t('a guest node: what is in it starts after its machine, and fails with it', () => {
  const vm = dummy('vm', meta('vm', 'remote-node', 'inner'))
  const p = plan({ resources: vm + dummy('x'), constraints: '<rsc_location id="l" rsc="x" node="inner" score="INFINITY"/>' })
  assert.equal(words(p).sort(), ['start inner ->a', 'start vm ->a', 'start x ->inner'])
  const starts = p.executed.filter((e) => e.op === 'start').map((e) => e.resource)
  assert.equal(starts, ['vm', 'inner', 'x'])
})

t('failures of the connection into a guest count for its machine', () => {
  const vm = dummy('vm', metas('vm', { 'remote-node': 'inner', 'migration-threshold': 1 }))
  const p = plan({
    resources: vm,
    states: { a: { history: absent('vm'), transient: pair('fail-count-inner#monitor_30000', '1') }, b: { history: absent('vm') } },
  })
  assert.equal(words(p).sort(), ['start inner ->b', 'start vm ->b'])
})

const device = (type = 'fence_scsi', key = '1'): string =>
  `<primitive id="f" class="stonith" type="${type}"><instance_attributes id="fi"><nvpair id="fi1" name="key" value="${key}"/></instance_attributes>${meta('f', 'provides', 'unfencing')}</primitive>`

t('unfencing: a node is let in before what needs it starts there, once', () => {
  const fresh = plan({ options: '', resources: device() + dummy('x'), nodes: ['a'] })
  assert.ok(words(fresh).includes('fence a ->-'))
  assert.equal(fresh.actions.find((a) => a.action === 'fence')?.op, 'on')
  const ops = fresh.executed.filter((e) => !e.pseudo).map((e) => e.op)
  assert.ok(ops.indexOf('fence-on') < ops.indexOf('start'))
  const done = plan({
    options: '',
    resources: device() + dummy('x'),
    nodes: ['a'],
    states: { a: { transient: pair('#node-unfenced', '1799999999') } },
  })
  assert.not.ok(words(done).includes('fence a ->-'))
})

t('unfencing: a device with other parameters, or another agent, lets the node in anew', () => {
  const held = (all: string): string => pair('#node-unfenced', '1799999999') + pair('#digests-all', `f:fence_scsi:${all},`)
  const start = (resources: string, transient: string, history = ''): string[] =>
    words(plan({ options: '', resources: resources + dummy('x'), nodes: ['a'], states: { a: { transient, history } } }))
  assert.ok(start(device(), held('of-other-parameters')).includes('fence a ->-'))
  const was = ran('f', op('f', 'start'), 'class="stonith" type="fence_old"')
  assert.ok(start(device(), pair('#node-unfenced', '1799999999'), was).includes('fence a ->-'))
})

t.run()
