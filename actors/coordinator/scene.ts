/**
 * The placement engine's input made of kyha's own configuration and of how things stand (model.ts). What kyha judges itself - who may be asked
 * now, failures, probes that are missing, operators' wishes - goes in as location constraints, each with its sentence (located.ts); the rest is
 * the configuration in the engine's words. Pure; called by place.ts.
 */
import type { CloneDoc, ResourceDoc } from '../../runtime/config/document.js'
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
    nowS: m.input.utcS ?? 0,
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
    resources: m.units.flatMap((u) => spec(m, u)),
    templates: [],
    constraints: [...constraints, ...relations(m)],
    tags: [],
    topology: [],
    tickets: [],
    states: states(m, current),
  }
  return { scene, reasons }
}

/** In which order things start and stop is order.ts's business: where they belong does not depend on it. */
const relations = (m: Model): Constraint[] =>
  [...m.config.colocations]
    .sort((a, b) => before(a.id, b.id))
    .map((c) => ({
      type: 'colocation',
      id: c.id,
      dependent: c.resource,
      primary: c.with,
      score: String(c.score),
      sets: [],
      ...(c.role !== undefined && { dependentRole: c.role }),
      ...(c.withRole !== undefined && { primaryRole: c.withRole }),
      ...(c.nodeAttribute !== undefined && { attribute: c.nodeAttribute }),
      ...(c.influence === false && { influence: 'false' }),
    }))

function taken(id: string, utilization: Readonly<Record<string, number>> = {}): ValueSet[] {
  const all = Object.entries(utilization).map(([name, n]) => [name, String(n)] as const)
  return all.length > 0 ? [values(id, all)] : []
}

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

/** A clone is told once, with its first instance. */
function spec(m: Model, u: Unit): ResourceSpec[] {
  const pinned = pinOf(u) !== undefined
  const [only] = u.members
  const children = u.members.map((r) => primitive(m, r, pinned && u.clone === undefined))
  const bare = { params: [], meta: [], utilization: [], operations: [] }
  if (!u.clone) return u.group ? [{ id: u.name, kind: 'group', ...bare, children }] : children
  if (only?.bound !== 0) return []
  const inner: ResourceSpec[] = u.group ? [{ id: u.group.name, kind: 'group', ...bare, children }] : children
  return [{ id: u.name, kind: 'clone', ...bare, meta: [values(u.name, cloneMeta(m, u.clone))], children: inner }]
}

function cloneMeta(m: Model, clone: CloneDoc): (readonly [string, string])[] {
  const roles: (readonly [string, string])[] =
    clone.promoted === undefined
      ? []
      : [
          ['promotable', 'true'],
          ['promoted-max', String(clone.promoted)],
        ]
  return [
    ['clone-max', String(clone.max ?? m.nodes.length)],
    ['clone-min', String(clone.min ?? 0)],
    ['ordered', String(clone.ordered)],
    ['interleave', String(clone.interleave)],
    ['notify', String(clone.notify)],
    ['target-role', clone.targetRole],
    ...roles,
  ]
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
function agentOf(doc: ResourceDoc | undefined): History['agent'] {
  const [kind = '', provider = '', type = ''] = doc?.agent.split(':') ?? []
  return kind === 'ocf' ? { class: 'ocf', provider, type } : { class: kind, provider: '', type: provider }
}

const up = { in_ccm: 'true', crmd: 'online', join: 'member', expected: 'member' }
const down = { in_ccm: 'false', crmd: 'offline', join: 'down', expected: 'down' }
const there = (n: NodeNow): boolean =>
  n.standing === 'usable' || n.standing === 'holding' || n.standing === 'joining' || n.standing === 'leaving'

/** Each node with what its units have there now. Several places of one resource are need.ts's business: the engine sees the present one. */
function states(m: Model, current: readonly number[]): NodeState[] {
  const histories: Map<string, HistoryOp[]>[] = m.nodes.map(() => new Map())
  const roles: (readonly [string, string])[][] = m.nodes.map(() => [])
  for (const r of m.all) {
    const at = r.owner >= 0 && r.hold === 'here' ? r.owner : (r.active.find((i) => i === current[r.unit]) ?? r.active[0] ?? -1)
    if (r.slot === undefined) histories[at]?.set(r.name, [ended(r.name, 'start', 1)])
    else histories[at]?.get(r.name)?.push(ended(r.name, 'promote', 2))
    if (r.slot !== 0) continue
    for (const [i, role] of roles.entries()) role.push([`master-${r.name}`, String(promotionScore + (i === at ? holdsOn(r) : 0))])
  }
  return m.nodes.map((n, i): NodeState => {
    const { node: id, name } = n
    if (!there(n)) return { id, name, attributes: down, transient: [], history: [] }
    const history = [...(histories[i] ?? [])].map(([resource, ops]): History => {
      return { resource, agent: agentOf(m.named.get(resource)?.[0]?.doc), attributes: {}, ops }
    })
    return { id, name, attributes: up, transient: [values(`roles-${id}`, roles[i] ?? [])], history }
  })
}

/** What an instance is worth for the promoted role where its agent says nothing; the one that has it holds on to it. */
const promotionScore = 5
const holdsOn = (r: Res): number => Math.max(1, r.doc.meta.stickiness)

const ended = (name: string, operation: 'start' | 'promote', call: number): HistoryOp => ({
  id: `${name}_${operation}_0`,
  operation,
  intervalMs: 0,
  call,
  rc: 0,
  expected: 0,
  status: 0,
  orderKey: '',
  digests: {},
  attributes: {},
})
