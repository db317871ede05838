/**
 * The placement engine's input made of kyha's own configuration and of how things stand (model.ts). What kyha judges itself - who may be asked
 * now, failures, probes that are missing, operators' wishes - goes in as location constraints, each with its sentence (located.ts); the rest is
 * the configuration in the engine's words. Pure; called by place.ts.
 */
import type { ResourceDoc } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Constraint, History, HistoryOp, NodeState, ResourceSpec, Scene, ValueSet } from './engine/scene.js'
import { type Located, locations } from './located.js'
import { before, type Model, type NodeNow, type Res, type Unit } from './model.js'

export interface Told {
  readonly scene: Scene
  /** What each location constraint stands for. */
  readonly reasons: Located['reasons']
}

/** `bound`: units (by their order) that may be nowhere but where an operator moves them. */
export function sceneOf(m: Model, bound: ReadonlySet<number>): Told {
  const current = m.units.map(currentOf)
  const { constraints, reasons, attributes } = locations(m, current, bound)
  const scene: Scene = {
    own: true,
    nowS: 0,
    quorate: true,
    panic: false,
    featureSet: '3.19.0',
    properties: [values('properties', properties(m))],
    resourceDefaults: [],
    operationDefaults: [],
    nodes: m.nodes.map((n) => ({
      id: n.node,
      name: n.name,
      type: 'member',
      attributes: [
        values(n.node, [
          ...Object.entries(m.config.nodes[n.name]?.attributes ?? {}),
          ...attributes.flatMap((a) => (a.nodes.includes(n.name) ? [[a.name, n.name] as const] : [])),
        ]),
      ],
      utilization: taken(n.node, m.config.nodes[n.name]?.utilization),
    })),
    resources: m.units.map((u) => spec(m, u)),
    templates: [],
    constraints: [...constraints, ...relations(m)],
    tags: [],
    topology: [],
    tickets: [],
    states: states(m, current),
  }
  return { scene, reasons }
}

function relations(m: Model): Constraint[] {
  const colocations = [...m.config.colocations].sort((a, b) => before(a.id, b.id))
  const orders = [...m.config.orders].sort((a, b) => before(a.id, b.id))
  return [
    ...colocations.map(
      (c): Constraint => ({
        type: 'colocation',
        id: c.id,
        dependent: c.resource,
        primary: c.with,
        score: String(c.score),
        sets: [],
        ...(c.nodeAttribute !== undefined && { attribute: c.nodeAttribute }),
        ...(c.influence === false && { influence: 'false' }),
      }),
    ),
    ...orders.map(({ id, first, then, kind, symmetrical }): Constraint => {
      return { type: 'order', id, first, next: then, kind, symmetrical: String(symmetrical), sets: [] }
    }),
  ]
}

const taken = (id: string, utilization: Readonly<Record<string, number>> | undefined): ValueSet[] =>
  utilization
    ? [
        values(
          id,
          Object.entries(utilization).map(([k, n]) => [k, String(n)] as const),
        ),
      ]
    : []

const values = (id: string, list: readonly (readonly [string, string])[]): ValueSet => ({ id, score: 0, values: list })

function properties(m: Model): (readonly [string, string])[] {
  const { symmetric, stopAll, placementStrategy, health } = m.config.properties
  const colours = (['red', 'yellow', 'green', 'base'] as const).flatMap((c) => {
    const score = health?.[c]
    return score === undefined ? [] : [[`node-health-${c}`, String(score)] as const]
  })
  return [
    ['symmetric-cluster', String(symmetric)],
    ['stop-all-resources', String(stopAll)],
    ['stonith-enabled', 'false'], // who has to be fenced is judged before (model.ts)
    ['placement-strategy', placementStrategy ?? 'default'],
    ['node-health-strategy', health?.strategy ?? 'none'],
    ['node-health-safety', String(health?.safety !== false)],
    ...colours,
  ]
}

/** The node of its grant in the owner's present life (also while it restarts there), else where it is active. */
export function currentOf(u: Unit): number {
  for (const r of u.members) if (r.owner >= 0 && r.hold === 'here') return r.owner
  for (const r of u.members) if (r.active.length > 0) return r.active[0] ?? -1
  return -1
}

/** Not in our hands: unmanaged, in maintenance, or blocked. It counts as placed where it is, with all its unit. */
export function pinOf(u: Unit): Verdict | undefined {
  const blocked = u.members.find((r) => r.block)
  if (blocked?.block) return blocked.block
  const free = u.members.find((r) => !r.managed && (r.active.length > 0 || r.owner >= 0))
  if (free) return verdict('place', 'coordinator.unmanaged', {})
  return u.members.some((r) => !r.managed) ? verdict('place', 'coordinator.unmanaged-idle', {}) : undefined
}

function spec(m: Model, u: Unit): ResourceSpec {
  const pinned = pinOf(u) !== undefined
  const [only] = u.members
  if (!u.group && only) return primitive(m, only, pinned)
  return {
    id: u.name,
    kind: 'group',
    params: [],
    meta: [],
    utilization: [],
    operations: [],
    children: u.members.map((r) => primitive(m, r, pinned)),
  }
}

function primitive(m: Model, r: Res, pinned: boolean): ResourceSpec {
  const { doc } = r
  const meta: (readonly [string, string])[] = [
    ['resource-stickiness', String(doc.meta.stickiness)],
    ['priority', String(m.units[r.unit]?.priority ?? doc.meta.priority)],
    ['is-managed', String(!pinned)],
    ['target-role', r.wanted ? 'Started' : 'Stopped'],
    ['critical', String(doc.meta.critical !== false)],
  ]
  return {
    id: doc.name,
    kind: 'primitive',
    agent: agentOf(doc),
    params: [],
    meta: [values(doc.name, meta)],
    utilization: taken(doc.name, doc.utilization),
    operations: [],
    children: [],
  }
}

/** Class, provider and type as rules name them. */
function agentOf(doc: ResourceDoc): History['agent'] {
  const [kind = '', provider = '', type = ''] = doc.agent.split(':')
  return kind === 'ocf' ? { class: 'ocf', provider, type } : { class: kind, provider: '', type: provider }
}

const up = { in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' }
const down = { in_ccm: 'false', crmd: 'offline', join: 'down', expected: 'down' }
const there = (n: NodeNow): boolean =>
  n.standing === 'usable' || n.standing === 'holding' || n.standing === 'joining' || n.standing === 'leaving'

/** Each node with what its units have there now. Several places of one resource are need.ts's business: the engine sees the present one. */
function states(m: Model, current: readonly number[]): NodeState[] {
  const histories: History[][] = m.nodes.map(() => [])
  for (const r of m.all) {
    const at = r.owner >= 0 && r.hold === 'here' ? r.owner : (r.active.find((i) => i === current[r.unit]) ?? r.active[0] ?? -1)
    histories[at]?.push({ resource: r.name, agent: agentOf(r.doc), attributes: {}, ops: [started(r.name)] })
  }
  return m.nodes.map((n, i): NodeState => {
    const { node: id, name } = n
    const [attributes, history] = there(n) ? [up, histories[i] ?? []] : [down, []]
    return { id, name, attributes, transient: [], history }
  })
}

const started = (name: string): HistoryOp => ({
  id: `${name}_start_0`,
  operation: 'start',
  intervalMs: 0,
  call: 1,
  rc: 0,
  expected: 0,
  status: 0,
  orderKey: '',
  digests: {},
  attributes: {},
})
