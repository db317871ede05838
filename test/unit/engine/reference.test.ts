/**
 * The engine beside a naive one (naive.ts) on random clusters of at most four nodes and four resources: the same actions each time. ENGINE_RUNS
 * raises the number. And the naive one beside answers that anybody can check by hand.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planScene } from '../../../actors/coordinator/engine/plan.js'
import type { Scene } from '../../../actors/coordinator/engine/scene.js'
import { readCib } from '../../../console/cib/read.js'
import { type Random, seeded } from '../../../runtime/random.js'
import { absent, cib, dummy, meta, NOW, ran, words } from './help.js'
import { actions, type Small } from './naive.js'

const t = suite('engine: reference')
const runs = Number(process.env['ENGINE_RUNS'] ?? 3000)

const INF = 1_000_000
const text = (score: number): string => (Math.abs(score) >= INF ? `${score < 0 ? '-' : ''}INFINITY` : String(score))
const pick = <T>(r: Random, list: readonly T[]): T => list[r.int(list.length)] as T

function random(r: Random): Small {
  const nodes = ['a', 'b', 'c', 'd'].slice(0, 1 + r.int(4))
  const ids = ['w', 'x', 'y', 'z'].slice(0, 1 + r.int(4))
  const score = (): number => pick(r, [INF, -INF, 100, -100, 7, -1, 1, 50])
  const resources = ids.map((id) => ({ id, at: r.chance(0.6) ? pick(r, nodes) : undefined, stickiness: pick(r, [0, 0, 1, 60, INF]) }))
  const locations = Array.from({ length: r.int(5) }, () => ({ rsc: pick(r, ids), node: pick(r, nodes), score: score() }))
  const seen = new Set<string>()
  const colocations = Array.from({ length: r.int(4) }, () => ({ rsc: pick(r, ids), with: pick(r, ids), score: score() })).filter((k) => {
    const pair = [k.rsc, k.with].sort().join()
    return k.rsc !== k.with && !seen.has(pair) && seen.add(pair)
  })
  const orders = Array.from({ length: r.int(4) }, () => ({ first: r.int(ids.length), next: r.int(ids.length), mandatory: r.chance(0.7) }))
    .filter((o) => o.first < o.next)
    .map((o) => ({ first: ids[o.first] as string, next: ids[o.next] as string, mandatory: o.mandatory }))
  return { nodes, resources, locations, colocations, orders }
}

function sceneOf(c: Small): Scene {
  const history = (n: string): string => c.resources.map((r) => (r.at === n ? ran(r.id) : absent(r.id))).join('')
  const read = readCib(
    cib({
      nodes: c.nodes,
      resources: c.resources.map((r) => dummy(r.id, meta(r.id, 'resource-stickiness', text(r.stickiness)))).join(''),
      constraints: [
        ...c.locations.map((l, i) => `<rsc_location id="l${i}" rsc="${l.rsc}" node="${l.node}" score="${text(l.score)}"/>`),
        // ids that sort the other way round: which of several colocations comes first is for the resources to say
        ...c.colocations.map((k, i) => `<rsc_colocation id="k${9 - i}" rsc="${k.rsc}" with-rsc="${k.with}" score="${text(k.score)}"/>`),
        ...c.orders.map(
          (o, i) => `<rsc_order id="o${i}" first="${o.first}" then="${o.next}" kind="${o.mandatory ? 'Mandatory' : 'Optional'}"/>`,
        ),
      ].join(''),
      states: Object.fromEntries(c.nodes.map((n) => [n, { history: history(n) }])),
    }),
    NOW,
  )
  if ('refused' in read) throw new Error(read.refused.key)
  return read.scene
}

const none = { locations: [], colocations: [], orders: [] }
const idle = (id: string, at?: string): Small['resources'][number] => ({ id, at, stickiness: 0 })

t('the naive engine gives the answers that one would give by hand', () => {
  const nodes = ['a', 'b']
  assert.equal(actions({ ...none, nodes, resources: [idle('x'), idle('y')] }), ['start x ->a', 'start y ->b'])
  const together = { ...none, nodes, resources: [idle('x'), idle('y')], colocations: [{ rsc: 'y', with: 'x', score: INF }] }
  assert.equal(actions(together), ['start x ->a', 'start y ->a'])
  assert.equal(actions({ ...together, locations: [{ rsc: 'y', node: 'a', score: -INF }] }), ['start x ->b', 'start y ->b'])
  const order = [{ first: 'x', next: 'y', mandatory: true }]
  const stuck = [
    { rsc: 'x', node: 'a', score: -INF },
    { rsc: 'x', node: 'b', score: -INF },
  ]
  assert.equal(actions({ ...none, nodes, resources: [idle('x'), idle('y', 'a')], orders: order, locations: stuck }), ['stop y a>-'])
})

t(`${runs} random clusters: no difference`, () => {
  let touched = 0
  for (let i = 0; i < runs; i++) {
    const c = random(seeded(`cluster ${i}`))
    const expected = actions(c).sort()
    touched += expected.length > 0 ? 1 : 0
    assert.equal(words(planScene(sceneOf(c))).sort(), expected, `cluster ${i}: ${JSON.stringify(c)}`)
  }
  assert.ok(touched > runs / 2, 'most clusters have something to do')
})

t.run()
