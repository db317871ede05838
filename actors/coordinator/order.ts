/**
 * The graph of actions: every resource's needs (need.ts), ordered. Groups start in order and stop in reverse; orders put `first` before
 * `then`, and a mandatory one restarts `then` when `first` restarts (S17); a start waits for the fence that frees its resource, and for
 * the stop of whatever must not be beside it. `after` names only steps of this graph: what is done has left it. Pure; called by plan.ts.
 */
import { INFINITY } from '../../runtime/config/document.js'
import { resourceId } from '../../runtime/ids.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Action } from './messages.js'
import { before, type Model, type NodeNow, type Res } from './model.js'
import { type Need, needOf } from './need.js'
import type { Placed } from './place.js'

export interface PlannedAction extends Action {
  /** Under way, or its node cannot be asked now, or what stands on it is not known: not to be ordered. */
  readonly busy: boolean
  /** Of a fence: the node is heard, but cannot stop a resource. */
  readonly condemned: boolean
}
export interface Graph {
  readonly actions: readonly PlannedAction[]
  readonly needs: readonly Need[]
  /** Ids of actions that wait for each other; empty unless the orders of the configuration form a circle. */
  readonly circle: readonly string[]
}

interface Draft extends Omit<PlannedAction, 'after'> {
  readonly after: Set<string>
}

export function buildGraph(m: Model, placed: Placed): Graph {
  const needs = m.all.map((r) => needOf(m, r, placed.at[r.order] ?? -1))
  const orders = [...m.config.orders]
    .sort((a, b) => before(a.id, b.id))
    .map((o) => ({ ...o, firsts: m.named.get(o.first) ?? [], thens: m.named.get(o.then) ?? [] }))
  const of = (list: readonly Res[]): Need[] => list.flatMap((r) => needs[r.order] ?? [])
  const chains = [
    ...m.units.filter((u) => u.group).map((u) => of(u.members)),
    ...orders.filter((o) => o.kind === 'Mandatory').map((o) => [...of(o.firsts), null, ...of(o.thens), o.symmetrical] as const),
  ]
  settle(m, chains as readonly Chain[])
  const drafts = new Map<string, Draft>()
  for (const [i, n] of m.nodes.entries()) if (n.standing === 'lost' && n.canFence && n.fence) drafts.set(fenceId(n), fenceDraft(n, i))
  for (const need of needs) draft(m, need, drafts)
  for (const u of m.units) {
    if (!u.group) continue
    const members = of(u.members)
    sequence(m, members, drafts)
    for (const [i, first] of members.entries()) hold(m, first, members.slice(i + 1), drafts, true)
  }
  for (const o of orders) {
    const [firsts, thens] = [of(o.firsts), of(o.thens)]
    link(drafts, startIds(m, thens)[0], startIds(m, firsts).at(-1))
    if (o.kind === 'Serialize') link(drafts, stopIds(m, thens)[0], stopIds(m, firsts).at(-1))
    else if (o.symmetrical) link(drafts, stopIds(m, firsts)[0], stopIds(m, thens).at(-1))
    if (o.kind === 'Mandatory' && o.symmetrical) for (const first of firsts) hold(m, first, thens, drafts, false)
  }
  apart(m, needs, drafts)
  const actions = [...drafts.values()].map((d) => ({ ...d, after: [...d.after].filter((id) => drafts.has(id)).sort(before) }))
  return { actions, needs, circle: circle(actions) }
}

/** Members of a group; or of an order: firsts, null, thens, symmetrical. */
type Chain = readonly (Need | null | boolean)[]

/** Restarts and waits spread along mandatory chains until nothing changes any more. */
function settle(m: Model, chains: readonly Chain[]): void {
  for (let changed = true, rounds = 0; changed && rounds <= m.all.length; rounds++) {
    changed = false
    for (const chain of chains) changed = spread(m, chain) || changed
  }
}

function spread(m: Model, chain: Chain): boolean {
  const cutAt = chain.indexOf(null)
  const symmetrical = cutAt < 0 || chain.at(-1) === true
  const list = chain.filter((x): x is Need => x !== null && typeof x !== 'boolean')
  const thenFrom = cutAt < 0 ? 1 : cutAt
  let changed = false
  list.forEach((then, i) => {
    const firsts = cutAt < 0 ? list.slice(0, i) : list.slice(0, cutAt)
    if (i < thenFrom) return
    const stopping = symmetrical && firsts.find((f) => f.stops.size > 0)
    if (stopping) changed = restart(m, then, stopping) || changed
    const missing = firsts.find((f) => !f.runs && !f.start)
    if (missing && then.start) {
      then.start = undefined
      then.wait = verdict('wait', 'coordinator.wait-first', { resource: then.r.name, first: missing.r.name })
      changed = true
    }
  })
  return changed
}

/** `then` runs on top of `first`, which is to stop: it stops before, and starts again after if it belongs here. */
function restart(m: Model, then: Need, first: Need): boolean {
  const { r } = then
  if (!r.managed || then.stops.size > 0 || r.active.length === 0) return false
  for (const at of r.active) {
    if (r.rows[at]?.state === 'stop-failed') continue
    then.stops.set(at, verdict('stop', 'coordinator.stop-first', { resource: r.name, first: first.r.name, node: m.nodes[at]?.name ?? '' }))
  }
  if (then.stops.size === 0) return false
  if (then.target >= 0 && !then.wait) {
    then.start = verdict('start', 'coordinator.start-first', {
      resource: r.name,
      first: first.r.name,
      node: m.nodes[then.target]?.name ?? '',
    })
  }
  return true
}

const fenceId = (n: NodeNow | undefined): string => `fence:${n?.name ?? ''}`
const stopId = (m: Model, need: Need, at: number): string => `stop:${need.r.name}@${m.nodes[at]?.name ?? ''}`
const startId = (m: Model, need: Need): string => `start:${need.r.name}@${m.nodes[need.target]?.name ?? ''}`

const startIds = (m: Model, needs: readonly Need[]): string[] => needs.flatMap((n) => (n.start ? [startId(m, n)] : []))
/** In the order in which they stop: the last member first. */
const stopIds = (m: Model, needs: readonly Need[]): string[] =>
  needs.toReversed().flatMap((n) => [...n.stops.keys()].map((at) => stopId(m, n, at)))

function link(drafts: Map<string, Draft>, then: string | undefined, first: string | undefined): void {
  if (then !== undefined && first !== undefined && then !== first) drafts.get(then)?.after.add(first)
}

const fenceDraft = (n: NodeNow, _at: number): Draft => ({
  id: fenceId(n),
  resource: resourceId(''),
  name: n.name,
  node: n.node,
  action: 'fence',
  after: new Set(),
  because: n.fence as Verdict,
  expectMs: -1,
  busy: n.life?.state === 'intent',
  condemned: n.condemned,
})

function draft(m: Model, need: Need, drafts: Map<string, Draft>): void {
  const { r } = need
  const stops = [...need.stops.keys()].sort((a, b) => a - b)
  for (const at of stops) {
    const n = m.nodes[at]
    if (!n) continue
    const busy = need.busy || (n.standing !== 'usable' && n.standing !== 'leaving' && n.standing !== 'joining')
    const because = need.stops.get(at) as Verdict
    drafts.set(stopId(m, need, at), {
      id: stopId(m, need, at),
      resource: r.id,
      name: r.name,
      node: n.node,
      action: 'stop',
      after: new Set(),
      because,
      expectMs: r.rows[at]?.took.stop ?? -1,
      busy,
      condemned: false,
    })
  }
  const n = m.nodes[need.target]
  if (!need.start || !n) return
  const after = new Set(stops.map((at) => stopId(m, need, at)))
  if (r.hold === 'fencing') after.add(fenceId(m.nodes[r.owner]))
  m.nodes.forEach((other, i) => {
    if (r.failures[i]?.fence && other.standing === 'lost') after.add(fenceId(other))
  })
  const expectMs = Math.max(-1, ...r.rows.map((row) => row?.took.start ?? -1))
  const id = startId(m, need)
  drafts.set(id, {
    id,
    resource: r.id,
    name: r.name,
    node: n.node,
    action: 'start',
    after,
    because: need.start,
    expectMs,
    busy: need.busy,
    condemned: false,
  })
}

/** A group: starts follow each other, stops go in reverse, and no start before the last stop. */
function sequence(m: Model, members: readonly Need[], drafts: Map<string, Draft>): void {
  const starts = startIds(m, members)
  const stops = stopIds(m, members)
  for (const ids of [starts, stops]) for (const [i, id] of ids.entries()) link(drafts, id, ids[i - 1])
  link(drafts, starts[0], stops.at(-1))
}

/** Nothing is stopped while it is not known whether what stands on it runs (`beside`: on the same node), or while that is starting. */
function hold(m: Model, first: Need, thens: readonly Need[], drafts: Map<string, Draft>, beside: boolean): void {
  for (const at of first.stops.keys()) {
    const id = stopId(m, first, at)
    const stop = drafts.get(id)
    const blind = (r: Res): boolean => m.nodes.some((n, i) => (beside ? i === at : n.standing === 'usable') && unknownAt(r, i))
    const starts = (r: Res): boolean => m.input.busy[r.id]?.action === 'start' || r.rows.some((row) => row?.state === 'starting')
    if (stop && thens.some((then) => then !== first && (blind(then.r) || starts(then.r)))) drafts.set(id, { ...stop, busy: true })
  }
}
const unknownAt = (r: Res, at: number): boolean => r.rows[at] === undefined || r.rows[at].state === 'unknown'

/** Never together: a start waits until the other has left its node. */
function apart(m: Model, needs: readonly Need[], drafts: Map<string, Draft>): void {
  for (const c of [...m.config.colocations].sort((a, b) => before(a.id, b.id))) {
    if (c.score > -INFINITY) continue
    const [a, b] = [m.named.get(c.resource) ?? [], m.named.get(c.with) ?? []]
    for (const x of a) {
      for (const y of b) {
        clear(m, needs[x.order], needs[y.order], drafts)
        clear(m, needs[y.order], needs[x.order], drafts)
      }
    }
  }
}

function clear(m: Model, comes: Need | undefined, goes: Need | undefined, drafts: Map<string, Draft>): void {
  if (comes?.start && goes?.stops.has(comes.target) && comes !== goes) link(drafts, startId(m, comes), stopId(m, goes, comes.target))
}

/** What is left when every action whose predecessors are done has been taken away (Kahn 1962). */
function circle(actions: readonly PlannedAction[]): readonly string[] {
  const open = new Map(actions.map((a) => [a.id, a.after.length]))
  const next = new Map<string, string[]>()
  for (const a of actions) for (const id of a.after) next.set(id, [...(next.get(id) ?? []), a.id])
  const free = actions.filter((a) => a.after.length === 0).map((a) => a.id)
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    open.delete(id)
    for (const then of next.get(id) ?? []) {
      const left = (open.get(then) ?? 0) - 1
      open.set(then, left)
      if (left === 0) free.push(then)
    }
  }
  return [...open.keys()].sort(before)
}
