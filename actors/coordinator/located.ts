/**
 * Everything that says on which nodes a unit may be, as location constraints for the engine: how each node stands, failures, missing probes, the
 * configuration's locations with levels and rules, standby pools, operators' wishes. Each keeps the sentence that the ledger shows. Called by scene.ts.
 */
import type { NodeId } from '../../runtime/actor.js'
import {
  type ConditionDoc,
  cloneOf,
  INFINITY,
  type LocationDoc,
  type PoolDoc,
  type RuleDoc,
  type Score,
} from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Intent } from '../log/state.js'
import type { Constraint, Expression, Rule } from './engine/scene.js'
import { levelScore } from './ledger.js'
import { before, type Model, type NodeNow, type Res, type Unit } from './model.js'

/** What a constraint of the scene stands for in the ledger: its source in the configuration, and its sentence (on any node: its arg `node` is the part's). */
export interface Reason {
  readonly source: string
  readonly because: Verdict
}
export interface Located {
  readonly constraints: readonly Constraint[]
  readonly reasons: ReadonlyMap<string, Reason>
  /** Attributes that these constraints compare: every node of a pool's standby ones has them, with its name as value. */
  readonly attributes: readonly Attribute[]
}
export interface Attribute {
  readonly name: string
  readonly nodes: readonly string[]
}

type Locate = (resource: string, at: number, score: Score, source: string, because: Verdict, role?: LocationDoc['role']) => void

class Writer {
  readonly constraints: Constraint[] = []
  readonly reasons = new Map<string, Reason>()
  readonly attributes: Attribute[] = []
  constructor(readonly m: Model) {}

  readonly locate: Locate = (resource, at, score, source, because, role) => {
    const node = this.m.nodes[at]
    if (!node || score === 0) return
    const id = this.reason(source, because)
    this.constraints.push({
      type: 'location',
      id,
      resource,
      node: node.name,
      score: String(score),
      sets: [],
      rules: [],
      ...(role && { role }),
    })
  }
  /** A constraint's id, under which its reason is found. */
  reason(source: string, because: Verdict): string {
    const id = `${source} ${this.reasons.size}`
    this.reasons.set(id, { source, because })
    return id
  }
}

export function locations(m: Model, current: readonly number[], bound: ReadonlySet<number>): Located {
  const w = new Writer(m)
  for (const u of m.units) unitLocations(m, u, current[u.order] ?? -1, w.locate)
  for (const u of m.units) if (bound.has(u.order)) bind(m, u, w.locate)
  for (const l of [...m.config.locations].sort((a, b) => before(a.id, b.id))) if (l.rule || l.pattern !== undefined) general(w, l)
  for (const pool of [...(m.config.pools ?? [])].sort((a, b) => before(a.name, b.name))) standBy(w, pool, current)
  return { constraints: w.constraints, reasons: w.reasons, attributes: w.attributes }
}

function unitLocations(m: Model, u: Unit, current: number, locate: Locate): void {
  const [first] = u.members
  if (first?.slot !== undefined) return
  m.nodes.forEach((n, i) => {
    if (first?.bound !== undefined && first.bound !== i) return
    const bar = barred(n, i === current)
    if (bar) locate(u.name, i, -INFINITY, n.name, bar)
  })
  if (first?.bound === undefined || first.bound === 0) wishes(m, u.name, locate)
  for (const r of u.members) memberLocations(m, u, r, current, locate)
}

function memberLocations(m: Model, u: Unit, r: Res, current: number, locate: Locate): void {
  const name = u.clone?.name ?? r.name
  m.nodes.forEach((n, i) => {
    if (r.bound !== undefined && r.bound !== i) return
    if (r.everywhere) locate(name, i, -INFINITY, r.name, r.everywhere)
    const failed = r.failures[i]?.node
    if (failed) locate(name, i, -INFINITY, r.name, failed)
    const row = r.rows[i]
    if (n.standing === 'usable' && i !== current && (row === undefined || row.state === 'unknown'))
      locate(name, i, -INFINITY, n.name, verdict('ban', 'coordinator.not-probed', { resource: r.name, node: n.name }))
  })
  if (u.group && !u.clone) wishes(m, r.name, locate)
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

/** What a location gives to single nodes: to its node, or to each of its levels. */
function pointsOf(l: LocationDoc): readonly { readonly node: string; readonly score: Score; readonly because: Verdict }[] {
  const { id: constraint, node, score } = l
  if (l.rule) return []
  const levels = (l.levels ?? []).map((level, k) => {
    const key = k === 0 ? 'coordinator.level-master' : 'coordinator.level-slave'
    return { node: level, score: levelScore(k), because: verdict('score', key, { node: level, level: k, constraint }) }
  })
  if (node === undefined || score === undefined) return levels
  return [{ node, score, because: verdict('score', 'coordinator.location', { node, constraint, score }) }, ...levels]
}

/** Locations and intents that name `name`, in order of their ids. */
function wishes(m: Model, name: string, locate: Locate): void {
  for (const l of m.locations.get(name) ?? []) {
    for (const { node, score, because } of pointsOf(l)) locate(name, m.nodeAt.get(node) ?? -1, score, l.id, because, l.role)
  }
  for (const wish of [...m.input.state.intents].sort((a, b) => before(a.id, b.id))) {
    if (thing(m, wish) !== name) continue
    const i = m.nodes.findIndex((n) => n.node === wish.node)
    const args = { resource: name, node: m.nodes[i]?.name ?? '', by: wish.by, forMs: wish.forMs }
    if (wish.kind === 'ban') locate(name, i, -INFINITY, wish.id, verdict('ban', 'coordinator.intent-ban', args))
    else locate(name, i, INFINITY, wish.id, verdict('score', 'coordinator.intent-move', args), roleOf(m, name))
  }
}

/** What a wish names: by the name of what is cloned the clone is meant. */
const thing = (m: Model, wish: Intent): string => cloneOf(m.config, wish.resource)?.name ?? wish.resource
/** Of a promotable clone its promoted role moves. */
const roleOf = (m: Model, name: string): LocationDoc['role'] => (m.promoted.has(name) ? 'Promoted' : undefined)

/**
 * Wishes of operators to move the unit: by its name, or by that of any member. Of a clone the only promoted role moves: its instances stay, and of
 * several roles nobody says which.
 */
export const movesOf = (m: Model, u: Unit): readonly Intent[] => {
  const moves = m.input.state.intents.filter((wish) => wish.kind === 'move')
  if (u.clone) return u.members[0]?.slot === 0 && u.clone.promoted === 1 ? moves.filter((wish) => thing(m, wish) === u.name) : []
  return moves.filter((wish) => wish.resource === u.group?.name || u.members.some((r) => r.name === wish.resource))
}

/** No score outranks or ties with a move: every other node is out. */
function bind(m: Model, u: Unit, locate: Locate): void {
  const moves = movesOf(m, u)
  const [wish] = moves
  if (!wish) return
  const name = (node: NodeId): string => m.nodes.find((n) => n.node === node)?.name ?? ''
  const args = { resource: wish.resource, node: name(wish.node), by: wish.by, forMs: wish.forMs }
  m.nodes.forEach((n, i) => {
    if (moves.some((other) => other.node === n.node)) return
    locate(u.name, i, -INFINITY, wish.id, verdict('ban', 'coordinator.intent-move', args), roleOf(m, u.name))
  })
}

/** What a pattern or a rule says: the engine finds whom it means. */
function general(w: Writer, l: LocationDoc): void {
  const who = { ...(l.pattern === undefined ? { resource: l.resource } : { pattern: l.pattern }), ...(l.role && { role: l.role }) }
  if (l.rule && l.score) {
    const id = w.reason(l.id, verdict('score', 'coordinator.rule', { node: '', constraint: l.id, score: l.score }))
    w.constraints.push({ type: 'location', id, ...who, sets: [], rules: [{ ...ruleOf(l.rule, id), score: String(l.score) }] })
  }
  for (const { node, score, because } of pointsOf(l)) {
    const id = w.reason(l.id, because)
    w.constraints.push({ type: 'location', id, ...who, node, score: String(score), sets: [], rules: [] })
  }
}

const ruleOf = (rule: RuleDoc, id: string): Rule => ({
  id,
  all: rule.all,
  parts: rule.parts.map((part, i) => ('parts' in part ? ruleOf(part, `${id}.${i}`) : conditionOf(part, `${id}.${i}`))),
})

function conditionOf(c: ConditionDoc, id: string): Expression {
  if ('date' in c) {
    const { date, start, end, spec } = c
    return {
      on: 'date',
      id,
      operation: date,
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
      ...(spec && { spec }),
    }
  }
  const { attribute, op, value, type = 'string' } = c
  return { on: 'attribute', id, attribute, operation: op, type, ...(value !== undefined && { value }), valueSource: 'literal' }
}

/** The first standby node of a pool is worth less than the last level, and more than no word at all. */
const standbyScore = 2_000
const standbyStep = 50

/** N+M: who stands by for whom, in which order; nobody else takes what has levels of its own; `exclusive`: one of them each. */
function standBy(w: Writer, pool: PoolDoc, current: readonly number[]): void {
  const { m } = w
  const units = pool.resources.flatMap((name) => m.units.find((u) => u.name === name) ?? [])
  for (const u of units) {
    const homes = (m.locations.get(u.name) ?? []).flatMap((l) => l.levels ?? [])
    m.nodes.forEach((n, i) => {
      const k = pool.standby.indexOf(n.name)
      const args = { resource: u.name, node: n.name, pool: pool.name }
      const score = pool.choose === 'in-order' ? standbyScore - standbyStep * k : standbyScore
      if (k >= 0) w.locate(u.name, i, score, pool.name, verdict('score', 'coordinator.pool-standby', args))
      else if (homes.length > 0 && !homes.includes(n.name))
        w.locate(u.name, i, -INFINITY, pool.name, verdict('ban', 'coordinator.pool-only', args))
    })
  }
  if (!pool.exclusive) return
  const attribute = `#pool-${pool.name}`
  w.attributes.push({ name: attribute, nodes: pool.standby })
  // Who is on a standby node already is placed before those that may need one: it is not moved on for them.
  const standsIn = (u: Unit): boolean => pool.standby.includes(m.nodes[current[u.order] ?? -1]?.name ?? '')
  const queue = [...units.filter(standsIn), ...units.filter((u) => !standsIn(u))]
  queue.forEach((dependent, i) => {
    for (const primary of queue.slice(0, i)) {
      const because = verdict('ban', 'coordinator.pool-taken', { node: '', with: primary.name, pool: pool.name })
      const id = w.reason(pool.name, because)
      const score = String(-INFINITY)
      w.constraints.push({
        type: 'colocation',
        id,
        dependent: dependent.name,
        primary: primary.name,
        score,
        attribute,
        influence: 'never',
        sets: [],
      })
    }
  })
}
