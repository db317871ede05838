/** N+M with standby pools (A3): who takes over after every loss; and what else decides about places: capacities, rules, racks, health. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isDated } from '../../../actors/coordinator/lead.js'
import { explain } from '../../../actors/coordinator/ledger.js'
import { matrix } from '../../../actors/coordinator/matrix.js'
import { plan, viewOf } from '../../../actors/coordinator/plan.js'
import type { PoolDoc } from '../../../runtime/config/document.js'
import { inputFor, node, type Spec } from './world.js'

const t = suite('coordinator: pools')

const nodesOf = (n: number): Spec['nodes'] => Object.fromEntries(Array.from({ length: n }, (_, i) => [`n${i + 1}`, 'alive' as const]))
const pool = (n: number, m: number, over: Partial<PoolDoc> = {}): PoolDoc => ({
  name: 'spare',
  resources: Array.from({ length: n }, (_, i) => `r${i + 1}`),
  standby: Array.from({ length: m }, (_, i) => `n${n + i + 1}`),
  choose: 'in-order',
  exclusive: true,
  ...over,
})
/** n resources, each at home on a node of its own, and m nodes that stand by for all of them. */
const setting = (n: number, m: number, over: Partial<PoolDoc> = {}, more: Partial<Spec> = {}): Spec => {
  const names = Array.from({ length: n }, (_, i) => i + 1)
  return {
    config: [
      `resources: [${names.map((i) => `{name: r${i}, agent: 'kyha:a'}`).join(', ')}]`,
      `location: [${names.map((i) => `{resource: r${i}, levels: [n${i}]}`).join(', ')}]`,
    ],
    nodes: nodesOf(n + m),
    running: Object.fromEntries(names.map((i) => [`r${i}`, `n${i}`])),
    also: { pools: [pool(n, m, over)] },
    ...more,
  }
}
const placesOf = (spec: Spec): Record<string, string> =>
  Object.fromEntries(plan(inputFor(spec)).placement.map((p) => [p.name, (p.node ?? '-').replace('id-', '')]))

for (const [n, m] of [
  [3, 2],
  [5, 3],
] as const) {
  t(`[A3] [issue 4] ${n}+${m}, exclusive: after every single and double loss each standby node has one of them, in order`, () => {
    const cells = matrix(inputFor(setting(n, m)))
    assert.is(cells.length, (n + m) * (n + m + 1) * 0.5)
    for (const { lost, moves } of cells) {
      const gone = lost.map((x) => x.replace('id-', ''))
      const homes = gone.filter((x) => Number(x.slice(1)) <= n)
      const free = Array.from({ length: m }, (_, i) => `n${n + i + 1}`).filter((x) => !gone.includes(x))
      const taken = moves.map((move) => (move.to ?? '-').replace('id-', ''))
      assert.equal(
        moves.map((move) => move.name),
        homes.map((x) => x.replace('n', 'r')),
        `lost ${gone}: who moves`,
      )
      assert.equal([...taken].sort(), free.slice(0, homes.length).sort(), `lost ${gone}: where to`)
    }
  })
}

t('a standby node that is taken is passed over, and who runs there stays when another one fails', () => {
  const first = placesOf(setting(3, 2, {}, { running: { r1: 'n4', r2: 'n2', r3: 'n3' }, lost: ['n1', 'n2'] }))
  assert.equal(first, { r1: 'n4', r2: 'n5', r3: 'n3' })
  const full = inputFor(setting(3, 1, {}, { running: { r1: 'n4', r2: 'n2', r3: 'n3' }, lost: ['n1', 'n2'] }))
  const view = viewOf(plan(full), '')
  assert.equal(
    view.placement.map((p) => p.node ?? '-'),
    [node('n4'), '-', node('n3')],
  )
  assert.is(explain(view, 'r2', 'n4')?.because.key, 'coordinator.pool-taken')
  assert.is(explain(view, 'r2', 'n3')?.because.key, 'coordinator.pool-only')
})

t('not exclusive: in order they share the first one, with the least loaded they spread', () => {
  assert.equal(placesOf(setting(3, 2, { exclusive: false }, { lost: ['n1', 'n2'] })), { r1: 'n4', r2: 'n4', r3: 'n3' })
  const spread = placesOf(setting(3, 2, { exclusive: false, choose: 'least-loaded' }, { lost: ['n1', 'n2'] }))
  assert.equal([spread['r1'], spread['r2']].sort(), ['n4', 'n5'])
})

t('the home takes it back unless it holds on where it is', () => {
  assert.is(placesOf(setting(3, 2, {}, { running: { r1: 'n4', r2: 'n2', r3: 'n3' } }))['r1'], 'n1')
  const sticky = setting(3, 2, {}, { running: { r1: 'n4', r2: 'n2', r3: 'n3' } })
  const config = sticky.config.map((line) =>
    line.replace("{name: r1, agent: 'kyha:a'}", "{name: r1, agent: 'kyha:a', meta: {resource-stickiness: INFINITY}}"),
  )
  assert.is(placesOf({ ...sticky, config })['r1'], 'n4')
})

const two = ["resources: [{name: a, agent: 'kyha:a'}, {name: b, agent: 'kyha:b'}]"]

t('[issue 4] capacities: what has no room goes elsewhere or nowhere, and explain says so', () => {
  const spec = (need: number): Spec => {
    const base: Spec = { config: two, nodes: nodesOf(2) }
    const doc = inputFor(base).state.config
    return {
      ...base,
      also: {
        properties: { ...doc.properties, placementStrategy: 'balanced' },
        nodes: Object.fromEntries(
          ['n1', 'n2'].map((n) => [n, { standby: false, maintenance: false, attributes: {}, utilization: { mem: 4 } }]),
        ),
        resources: doc.resources.map((r) => ({ ...r, utilization: { mem: need } })),
      },
    }
  }
  assert.equal(Object.values(placesOf(spec(3))).sort(), ['n1', 'n2'])
  const view = viewOf(plan(inputFor(spec(5))), '')
  assert.equal(
    view.placement.map((p) => p.node),
    [undefined, undefined],
  )
  assert.is(explain(view, 'a', 'n1')?.because.key, 'coordinator.capacity')
})

t('[issue 4] a rule and a pattern give scores; a colocation by attribute keeps things in one rack', () => {
  const attributes = (rack: string) => ({ standby: false, maintenance: false, attributes: { rack } })
  const spec: Spec = {
    config: two,
    nodes: nodesOf(3),
    also: {
      nodes: { n1: attributes('x'), n2: attributes('y'), n3: attributes('y') },
      locations: [
        { id: 'by-rack', resource: 'a', score: 50, rule: { all: true, parts: [{ attribute: 'rack', op: 'eq', value: 'y' }] } },
        { id: 'not-n2', resource: '', pattern: '^[ab]$', node: 'n2', score: -10 },
      ],
      colocations: [{ id: 'near', resource: 'b', with: 'a', score: 1_000_000, nodeAttribute: 'rack' }],
    },
  }
  const view = viewOf(plan(inputFor(spec)), '')
  assert.is(view.placement[0]?.node, node('n3'))
  assert.ok(['id-n2', 'id-n3'].includes(view.placement[1]?.node ?? ''))
  assert.equal(
    explain(view, 'a', 'n2')?.table[0]?.parts.map((p) => [p.source, p.score, p.because.key]),
    [
      ['by-rack', 50, 'coordinator.rule'],
      ['not-n2', -10, 'coordinator.location'],
    ],
  )
})

t('[issue 4] a rule with a date holds at its time, and only then is the time a part of the plan', () => {
  const spec: Spec = {
    config: [
      "resources: [{name: a, agent: 'kyha:a', meta: {resource-stickiness: 0}}]",
      'location:',
      "  - {resource: a, score: 50, rule: {all: [{attribute: '#uname', op: eq, value: n2}, {date: date_spec, spec: {hours: 9-16}}]}}",
    ],
    nodes: nodesOf(2),
    running: { a: 'n1' },
  }
  const at = (text: string): string | undefined => plan({ ...inputFor(spec), utcS: Date.parse(text) / 1000 }).placement[0]?.node
  assert.is(at('2026-11-28T08:59:00Z'), node('n1'))
  assert.is(at('2026-11-28T09:00:00Z'), node('n2'))
  const { config } = inputFor(spec).state
  assert.is(isDated(config), true)
  assert.is(isDated({ ...config, locations: [] }), false)
})

t('[issue 4] what is not critical, or has no influence, does not move what it has to be with', () => {
  const places = (meta: string, influence: string): string[] => {
    const config = [
      `resources: [{name: a, agent: 'kyha:a'}, {name: b, agent: 'kyha:b', meta: {${meta}}}]`,
      'location: [{resource: b, node: n2, score: 100}]',
      `colocation: [{resource: b, with: a${influence}}]`,
    ]
    return Object.values(placesOf({ config, nodes: nodesOf(2), running: { a: 'n1', b: 'n1' } }))
  }
  assert.equal(places('', ''), ['n2', 'n2'])
  assert.equal(places('critical: false', ''), ['n1', 'n1'])
  assert.equal(places('', ', influence: false'), ['n1', 'n1'])
})

t('[issue 4] node health moves it away, and never leaves it without any node', () => {
  const spec = (n2: string): Spec => {
    const base: Spec = { config: two, nodes: nodesOf(2), running: { a: 'n1', b: 'n1' } }
    const health = (colour: string) => ({ standby: false, maintenance: false, attributes: { '#health-disk': colour } })
    const { properties } = inputFor(base).state.config
    return {
      ...base,
      also: { properties: { ...properties, health: { strategy: 'migrate-on-red' } }, nodes: { n1: health('red'), n2: health(n2) } },
    }
  }
  assert.equal(placesOf(spec('green')), { a: 'n2', b: 'n2' })
  assert.equal(placesOf(spec('red')), { a: 'n1', b: 'n1' })
  const view = viewOf(plan(inputFor(spec('green'))), '')
  assert.is(explain(view, 'a', 'n1')?.because.key, 'coordinator.health')
})

t.run()
