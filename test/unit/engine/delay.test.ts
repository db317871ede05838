/** priority-fencing-delay: what nodes weigh, and whose fencing waits. The delay travels with the fencing, in seconds. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dummy, lost, meta, metas, monitor, op, option, plan, ran, type State } from './help.js'

const t = suite('engine: fencing delays')

const device = '<primitive id="f" class="stonith" type="fence_x"/>'
const delay = option('priority-fencing-delay', '15s')
const running = (...ids: string[]): string => ids.map((id) => ran(id)).join('')
const quorum = { head: 'have-quorum="1"' }

/** The data of each node's fencing. */
function fences(resources: string, states: Readonly<Record<string, State>>, options = delay): Readonly<Record<string, unknown>> {
  const p = plan({ ...quorum, options, resources: resources + device, nodes: Object.keys(states), states })
  return Object.fromEntries(p.executed.flatMap((e) => (e.op.startsWith('fence-') ? [[e.node, e.data]] : [])))
}
const wait = (seconds: number, priority: number) => ({ 'priority-fencing-delay': String(seconds), 'node-priority': String(priority) })
const heavy = (id: string, priority: number): string => dummy(id, meta(id, 'priority', String(priority)))

t('the lost node that has more is fenced late, the one that has less at once', () => {
  const two = heavy('x', 10) + heavy('y', 3)
  assert.equal(fences(two, { a: { history: running('y') }, b: { attributes: lost, history: running('x') } }), { b: wait(15, 10) })
  assert.equal(fences(two, { a: { history: running('x') }, b: { attributes: lost, history: running('y') } }), { b: wait(0, 3) })
})

t('without the option nothing is said; where all weigh the same nobody waits', () => {
  const states = { a: {}, b: { attributes: lost, history: running('x') } }
  assert.equal(fences(heavy('x', 10), states, ''), { b: undefined })
  assert.equal(fences(dummy('x'), states), { b: wait(0, 0) })
})

t('who has more than half of the members need not wait for anybody', () => {
  const states = (b: string, c: string): Readonly<Record<string, State>> => ({
    a: {},
    b: b === 'up' ? {} : { attributes: lost },
    c: { attributes: c, history: running('x') },
  })
  assert.equal(fences(heavy('x', 10), states('up', lost)), { c: wait(0, 10) })
  assert.equal(fences(heavy('x', 10), states('down', lost)), { b: wait(0, 0), c: wait(15, 10) })
})

t('a promoted instance weighs one more, if it weighs anything', () => {
  const agent = 'class="ocf" provider="test" type="Stateful"'
  const clone = (priority: number): string =>
    `<clone id="c">${metas('c', { promotable: 'true', priority })}<primitive id="x" ${agent}/></clone>`
  const promoted = ran('x', op('x', 'start') + op('x', 'promote', { call: 2 }), agent)
  const states = { a: { history: ran('x', op('x', 'start'), agent) }, b: { attributes: lost, history: promoted } }
  assert.equal(fences(clone(5), states), { b: wait(15, 6) })
  assert.equal(fences(clone(0), states), { b: wait(0, 0) })
})

t('a node of this side that is fenced for a failure is fenced at once', () => {
  const resources = `${dummy('x', monitor('x', 'on-fail="fence"') + meta('x', 'priority', '9'))}${heavy('y', 1)}`
  const failed = ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000 }))
  assert.equal(fences(resources, { a: {}, b: { history: failed + running('y') } }), { b: wait(0, 1) }, 'what failed does not count')
})

t('what runs in a guest weighs for the machine around it', () => {
  const remote = 'class="ocf" provider="pacemaker" type="remote"'
  const p = plan({
    options: delay,
    resources: dummy('vm', meta('vm', 'remote-node', 'g')) + heavy('x', 7) + device,
    states: { a: {}, b: { attributes: lost, history: ran('vm') + ran('g', op('g', 'start'), remote) } },
    status: `<node_state id="g" uname="g" remote_node="true"><lrm id="g"><lrm_resources>${ran('x')}</lrm_resources></lrm></node_state>`,
  })
  assert.equal(p.executed.find((e) => e.op === 'fence-reboot')?.data, wait(15, 7))
})

t.run()
