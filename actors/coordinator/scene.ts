/**
 * The placement engine's input made of kyha's own configuration and of how things stand (model.ts). What kyha judges itself - who may be asked
 * now, failures, probes that are missing, operators' wishes - goes in as location constraints, each with its sentence; the rest is the
 * configuration in the engine's words. Pure; called by place.ts.
 */
import type { NodeId } from '../../runtime/actor.js'
import { INFINITY, type ResourceDoc, type Score } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Intent } from '../log/state.js'
import type { Constraint, History, HistoryOp, NodeState, ResourceSpec, Scene, ValueSet } from './engine/scene.js'
import { levelScore } from './ledger.js'
import { before, type Model, type NodeNow, type Res, type Unit } from './model.js'

/** What a constraint of the scene stands for in the ledger: its source in the configuration, and its sentence. */
export interface Reason {
  readonly source: string
  readonly because: Verdict
}
export interface Told {
  readonly scene: Scene
  readonly reasons: ReadonlyMap<string, Reason>
}

type Location = (resource: string, at: number, score: Score, source: string, because: Verdict) => void

/** `bound`: units (by their order) that may be nowhere but where an operator moves them. */
export function sceneOf(m: Model, bound: ReadonlySet<number>): Told {
  const constraints: Constraint[] = []
  const reasons = new Map<string, Reason>()
  const locate: Location = (resource, at, score, source, because) => {
    const node = m.nodes[at]
    if (!node || score === 0) return
    const id = `${source} ${constraints.length}`
    constraints.push({ type: 'location', id, resource, node: node.name, score: String(score), sets: [], rules: [] })
    reasons.set(id, { source, because })
  }
  const current = m.units.map(currentOf)
  for (const u of m.units) unitLocations(m, u, current[u.order] ?? -1, locate)
  for (const u of m.units) if (bound.has(u.order)) bind(m, u, locate)
  for (const c of [...m.config.colocations].sort((a, b) => before(a.id, b.id))) {
    constraints.push({ type: 'colocation', id: c.id, dependent: c.resource, primary: c.with, score: String(c.score), sets: [] })
  }
  for (const o of [...m.config.orders].sort((a, b) => before(a.id, b.id))) {
    const { id, first, then, kind, symmetrical } = o
    constraints.push({ type: 'order', id, first, next: then, kind, symmetrical: String(symmetrical), sets: [] })
  }
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
      attributes: [values(n.node, Object.entries(m.config.nodes[n.name]?.attributes ?? {}))],
      utilization: [],
    })),
    resources: m.units.map((u) => spec(m, u)),
    templates: [],
    constraints,
    tags: [],
    topology: [],
    tickets: [],
    states: states(m, current),
  }
  return { scene, reasons }
}

const values = (id: string, list: readonly (readonly [string, string])[]): ValueSet => ({ id, score: 0, values: list })

const properties = (m: Model): (readonly [string, string])[] => [
  ['symmetric-cluster', String(m.config.properties.symmetric)],
  ['stop-all-resources', String(m.config.properties.stopAll)],
  ['stonith-enabled', 'false'], // who has to be fenced is judged before (model.ts)
]

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
  ]
  return {
    id: doc.name,
    kind: 'primitive',
    agent: agentOf(doc),
    params: [],
    meta: [values(doc.name, meta)],
    utilization: [],
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

function unitLocations(m: Model, u: Unit, current: number, locate: Location): void {
  m.nodes.forEach((n, i) => {
    const bar = barred(n, i === current)
    if (bar) locate(u.name, i, -INFINITY, n.name, bar)
  })
  wishes(m, u.name, locate)
  for (const r of u.members) memberLocations(m, u, r, current, locate)
}

function memberLocations(m: Model, u: Unit, r: Res, current: number, locate: Location): void {
  m.nodes.forEach((n, i) => {
    if (r.everywhere) locate(r.name, i, -INFINITY, r.name, r.everywhere)
    const failed = r.failures[i]?.node
    if (failed) locate(r.name, i, -INFINITY, r.name, failed)
    const row = r.rows[i]
    if (n.standing === 'usable' && i !== current && (row === undefined || row.state === 'unknown'))
      locate(r.name, i, -INFINITY, n.name, verdict('ban', 'coordinator.not-probed', { resource: r.name, node: n.name }))
  })
  if (u.group) wishes(m, r.name, locate)
}

/** Why no resource may be on `n`; a node in doubt keeps what it has. */
function barred(n: NodeNow, current: boolean): Verdict | undefined {
  const args = { node: n.name }
  // Also for a life that is not admitted yet: it waits for the same.
  if (n.heldS !== undefined && n.standing !== 'lost') {
    const keeps = current && n.standing !== 'gone'
    return keeps ? undefined : verdict('ban', 'coordinator.node-held', { ...args, seconds: n.heldS })
  }
  switch (n.standing) {
    case 'usable':
      break
    case 'holding':
      return current ? undefined : verdict('ban', 'coordinator.node-holding', args)
    case 'joining':
      return current ? undefined : verdict('ban', 'coordinator.node-joining', args)
    case 'leaving':
      return verdict('ban', 'coordinator.node-leaving', args)
    case 'lost':
      return n.fence ?? verdict('ban', 'coordinator.node-gone', args)
    case 'unseen':
      return verdict('ban', 'coordinator.node-unseen', args)
    case 'gone':
      return verdict('ban', 'coordinator.node-gone', args)
  }
  if (n.standby) return verdict('ban', 'coordinator.node-standby', args)
  return n.maintenance && !current ? verdict('ban', 'coordinator.node-maintenance', args) : undefined
}

/** Locations and intents that name `name`, in order of their ids. */
function wishes(m: Model, name: string, locate: Location): void {
  for (const l of m.locations.get(name) ?? []) {
    const at = (node: string): number => m.nodeAt.get(node) ?? -1
    if (l.node !== undefined && l.score !== undefined) {
      const args = { node: l.node, constraint: l.id, score: l.score }
      locate(name, at(l.node), l.score, l.id, verdict('score', 'coordinator.location', args))
    }
    l.levels?.forEach((node, k) => {
      const key = k === 0 ? 'coordinator.level-master' : 'coordinator.level-slave'
      locate(name, at(node), levelScore(k), l.id, verdict('score', key, { node, level: k, constraint: l.id }))
    })
  }
  for (const wish of [...m.input.state.intents].sort((a, b) => before(a.id, b.id))) {
    if (wish.resource !== name) continue
    const i = m.nodes.findIndex((n) => n.node === wish.node)
    const args = { resource: name, node: m.nodes[i]?.name ?? '', by: wish.by, forMs: wish.forMs }
    if (wish.kind === 'ban') locate(name, i, -INFINITY, wish.id, verdict('ban', 'coordinator.intent-ban', args))
    else locate(name, i, INFINITY, wish.id, verdict('score', 'coordinator.intent-move', args))
  }
}

/** Wishes of operators to move the unit: by its name, or by that of any member. */
export const movesOf = (m: Model, u: Unit): readonly Intent[] =>
  m.input.state.intents.filter(
    (wish) => wish.kind === 'move' && (wish.resource === u.group?.name || u.members.some((r) => r.name === wish.resource)),
  )

/** No score outranks or ties with a move: every other node is out. */
function bind(m: Model, u: Unit, locate: Location): void {
  const moves = movesOf(m, u)
  const [wish] = moves
  if (!wish) return
  const name = (node: NodeId): string => m.nodes.find((n) => n.node === node)?.name ?? ''
  const args = { resource: wish.resource, node: name(wish.node), by: wish.by, forMs: wish.forMs }
  m.nodes.forEach((n, i) => {
    if (moves.some((other) => other.node === n.node)) return
    locate(u.name, i, -INFINITY, wish.id, verdict('ban', 'coordinator.intent-move', args))
  })
}
