/**
 * The graph of actions: every resource's needs (need.ts), ordered. Groups start in order and stop in reverse; orders put `first` before
 * `then`, and a mandatory one restarts `then` when `first` restarts (S17); a start waits for the fence that frees its resource, and for
 * the stop of whatever must not be beside it. `after` names only steps of this graph: what is done has left it. Pure; called by plan.ts.
 */
import type { ResourceId } from '../../runtime/actor.js'
import { type CloneDoc, INFINITY, type OrderDoc } from '../../runtime/config/document.js'
import { resourceId } from '../../runtime/ids.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Action } from './messages.js'
import { before, type Model, type NodeNow, type Res } from './model.js'
import { type Need, needOf, untold } from './need.js'
import type { Placed } from './place.js'

export interface PlannedAction extends Action {
  /** The right that it is given under (log/right.ts). */
  readonly right: ResourceId
  /** The clone whose instances are told of it before and after (notify.ts). */
  readonly notify?: string
  /** Of its unit: which orders go first where not all may go at once. */
  readonly priority: number
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
  const orders = [...m.config.orders].sort((a, b) => before(a.id, b.id)).flatMap((o) => pairsOf(m, o))
  const of = (list: readonly Res[]): Need[] => list.flatMap((r) => needs[r.order] ?? [])
  for (const u of m.units) if (u.clone && u.members[0]?.bound === 0) for (const r of u.members) enough(m, u.clone, r.name, needs)
  const chains = m.units.filter((u) => u.group).map((u) => of(u.members))
  const roles = instances(m).map(({ instance, slot }) => [needs[instance.order] as Need, needs[slot.order] as Need] as const)
  const mandatory = orders.filter((o) => o.kind === 'Mandatory')
  settle(
    m,
    chains,
    roles,
    mandatory.map((o): Mandatory => ({ ...o, firsts: of(o.firsts), thens: of(o.thens) })),
  )
  const drafts = new Map<string, Draft>()
  for (const [i, n] of m.nodes.entries()) if (n.standing === 'lost' && n.canFence && n.fence) drafts.set(fenceId(n), fenceDraft(n, i))
  for (const need of needs) draft(m, need, drafts)
  for (const u of m.units) {
    if (!u.group) continue
    const members = of(u.members)
    sequence(m, members, drafts)
    for (const [i, first] of members.entries()) hold(m, first, members.slice(i + 1), drafts, true)
  }
  for (const [instance, slot] of roles) promotion(m, instance, slot, drafts)
  for (const u of m.units) if (u.clone && u.members[0]?.bound === 0) limit(m, u.clone.name, of(m.named.get(u.clone.name) ?? []), drafts)
  for (const clone of m.config.clones ?? [])
    if (clone.ordered)
      inTurn(
        m,
        m.units.flatMap((u) => (u.clone === clone && u.members[0]?.bound !== undefined ? [of(u.members)] : [])),
        drafts,
      )
  for (const o of orders) {
    const [firsts, thens] = [of(o.firsts), of(o.thens)]
    const any = o.needed > 0 && enoughRun(firsts, o.needed)
    if (o.cloned) {
      for (const then of startIds(m, thens)) for (const first of any ? [] : startIds(m, firsts)) link(drafts, then, first)
      if (o.symmetrical) for (const first of stopIds(m, firsts)) for (const then of stopIds(m, thens)) link(drafts, first, then)
    } else {
      link(drafts, startIds(m, thens)[0], startIds(m, firsts).at(-1))
      if (o.kind === 'Serialize') link(drafts, stopIds(m, thens)[0], stopIds(m, firsts).at(-1))
      else if (o.symmetrical) link(drafts, stopIds(m, firsts)[0], stopIds(m, thens).at(-1))
    }
    if (o.kind === 'Mandatory' && o.symmetrical) for (const first of firsts) hold(m, first, thens, drafts, false)
  }
  apart(m, needs, drafts)
  const actions = [...drafts.values()].map((d) => ({ ...d, after: [...d.after].filter((id) => drafts.has(id)).sort(before) }))
  return { actions, needs, circle: circle(actions) }
}

/** One order, as it holds for these: between clones of which `interleave` is said, node by node. */
interface Pair extends OrderDoc {
  readonly firsts: readonly Res[]
  readonly thens: readonly Res[]
  /** So many instances are enough; 0 = all of them. */
  readonly needed: number
  readonly cloned: boolean
}
interface Mandatory extends Pick<Pair, 'symmetrical' | 'needed' | 'cloned'> {
  readonly firsts: readonly Need[]
  readonly thens: readonly Need[]
}

function pairsOf(m: Model, o: OrderDoc): Pair[] {
  const side = (name: string, action: 'promote' | undefined): readonly Res[] =>
    (action === 'promote' ? m.promoted.get(name) : m.named.get(name)) ?? []
  const [firsts, thens] = [side(o.first, o.firstAction), side(o.then, o.thenAction)]
  const clone = (name: string) => m.config.clones?.find((c) => c.name === name)
  const [first, then] = [clone(o.first), clone(o.then)]
  const needed = o.requireAll === false ? 1 : (first?.min ?? 0)
  const pair: Pair = { ...o, firsts, thens, needed, cloned: first !== undefined || then !== undefined }
  if (!first || !then?.interleave || o.firstAction || o.thenAction) return [pair]
  return m.nodes.flatMap((_, i): Pair[] => {
    const [a, b] = [firsts.filter((r) => r.bound === i), thens.filter((r) => r.bound === i)]
    return a.length > 0 && b.length > 0 ? [{ ...pair, firsts: a, thens: b }] : []
  })
}

/** Each promoted role with the instance that it is, or would be, the role of. */
function instances(m: Model): { readonly instance: Res; readonly slot: Res }[] {
  return [...m.promoted].flatMap(([name, slots]) =>
    slots.flatMap((slot) => (m.named.get(name) ?? []).map((instance) => ({ instance, slot }))),
  )
}

type Role = readonly [instance: Need, slot: Need]

/** Restarts and waits spread along chains, roles and mandatory orders until nothing changes any more. */
function settle(m: Model, chains: readonly (readonly Need[])[], roles: readonly Role[], orders: readonly Mandatory[]): void {
  for (let changed = true, rounds = 0; changed && rounds <= m.all.length; rounds++) {
    changed = false
    for (const chain of chains)
      chain.forEach((then, i) => {
        changed = stand(m, then, chain.slice(0, i)) || changed
      })
    for (const [instance, slot] of roles) changed = promoted(m, instance, slot) || changed
    for (const o of orders) changed = follow(m, o) || changed
  }
}

/** An instance that stops takes its promoted role along, and none is promoted where none runs or starts. */
function promoted(m: Model, instance: Need, slot: Need): boolean {
  const at = instance.r.bound ?? -1
  const taken = instance.stops.size > 0 && slot.r.active.includes(at) && restart(m, slot, instance)
  return (slot.target === at && wait(m, slot, instance)) || taken
}

/** Of a clone only the instances that are to run whole, or do, stand in the way of what comes after it: one that lacks a member is none. */
function follow(m: Model, o: Mandatory): boolean {
  const able = (f: Need): boolean => f.target >= 0 || f.runs
  const there = o.cloned ? o.firsts.filter((f) => o.firsts.every((g) => g.r.unit !== f.r.unit || able(g))) : o.firsts
  if (o.needed > 0 && enoughRun(there, o.needed)) return false
  const firsts = there.length > 0 ? there : o.firsts
  return o.thens.reduce((changed, then) => stand(m, then, firsts, o.symmetrical) || changed, false)
}

/** So many instances are there, each with all its members. */
function enoughRun(firsts: readonly Need[], needed: number): boolean {
  const units = [...new Set(firsts.map((f) => f.r.unit))]
  return units.filter((unit) => firsts.every((f) => f.r.unit !== unit || stays(f))).length >= needed
}

/** What `then` needs once it is known what happens to those that it stands on. */
function stand(m: Model, then: Need, firsts: readonly Need[], symmetrical = true): boolean {
  const stopping = symmetrical && firsts.find((f) => f.stops.size > 0)
  const restarts = stopping && restart(m, then, stopping)
  const missing = firsts.find((f) => !stays(f) && !f.start)
  return (missing !== undefined && wait(m, then, missing)) || restarts === true
}

const stays = (n: Need): boolean => n.runs && n.stops.size === 0

/** Without `first` it does not start. */
function wait(m: Model, then: Need, first: Need): boolean {
  if (!then.start || stays(first) || first.start) return false
  then.start = undefined
  const own = then.r.slot !== undefined && first.r.resource === then.r.resource
  const args = { resource: then.r.name, first: first.r.name, node: m.nodes[then.target]?.name ?? '' }
  then.wait = verdict('wait', own ? 'coordinator.wait-run' : 'coordinator.wait-first', args)
  return true
}

/** `then` runs on top of `first`, which is to stop: it stops before, and starts again after if it belongs here. */
function restart(m: Model, then: Need, first: Need): boolean {
  const { r } = then
  if (!r.managed || then.stops.size > 0 || r.active.length === 0) return false
  for (const at of r.active) {
    if (r.rows[at]?.state === 'stop-failed') continue
    const key = r.slot === undefined ? 'coordinator.stop-first' : 'coordinator.demote'
    then.stops.set(at, verdict('stop', key, { resource: r.name, first: first.r.name, node: m.nodes[at]?.name ?? '' }))
  }
  if (then.stops.size === 0) return false
  if (then.target >= 0 && !then.wait) {
    then.start = verdict('start', r.slot === undefined ? 'coordinator.start-first' : 'coordinator.promote', {
      resource: r.name,
      first: first.r.name,
      node: m.nodes[then.target]?.name ?? '',
    })
  }
  return true
}

const fenceId = (n: NodeNow | undefined): string => `fence:${n?.name ?? ''}`
const stopId = (m: Model, need: Need, at: number): string =>
  `${need.r.slot === undefined ? 'stop' : 'demote'}:${need.r.name}@${m.nodes[at]?.name ?? ''}`
const startId = (m: Model, need: Need): string =>
  `${need.r.slot === undefined ? 'start' : 'promote'}:${need.r.name}@${m.nodes[need.target]?.name ?? ''}`

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
  right: resourceId(''),
  priority: 0,
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
  const { priority = 0, clone } = m.units[r.unit] ?? {}
  const notify = clone?.notify && { notify: clone.name }
  const stops = [...need.stops.keys()].sort((a, b) => a - b)
  for (const at of stops) {
    const n = m.nodes[at]
    if (!n) continue
    const busy = need.busy || (n.standing !== 'usable' && n.standing !== 'leaving' && n.standing !== 'joining')
    const because = need.stops.get(at) as Verdict
    drafts.set(stopId(m, need, at), {
      id: stopId(m, need, at),
      resource: r.resource,
      right: r.id,
      ...notify,
      priority,
      name: r.name,
      node: n.node,
      action: r.slot !== undefined && r.rows[at]?.state === 'running' ? 'demote' : 'stop',
      after: new Set(),
      because,
      expectMs: r.rows[at]?.took.stop ?? Math.max(-1, ...r.rows.map((row) => row?.took.stop ?? -1)),
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
    resource: r.resource,
    right: r.id,
    ...notify,
    priority,
    name: r.name,
    node: n.node,
    action: r.slot === undefined ? 'start' : 'promote',
    after,
    because: need.start,
    expectMs,
    busy: need.busy,
    condemned: false,
  })
}

/** Promoted after its start, demoted before its stop; neither while the other is under way. */
function promotion(m: Model, instance: Need, slot: Need, drafts: Map<string, Draft>): void {
  const at = instance.r.bound ?? -1
  if (slot.start && slot.target === at && instance.start) link(drafts, startId(m, slot), startId(m, instance))
  if (slot.stops.has(at) && instance.stops.has(at)) link(drafts, stopId(m, instance, at), stopId(m, slot, at))
  if (slot.start && slot.target === at && instance.stops.has(at)) link(drafts, startId(m, slot), stopId(m, instance, at))
  if (instance.stops.has(at)) hold(m, instance, [slot], drafts, true)
}

/** A clone of fewer instances than nodes never has one too many: starts wait for its stops, and for the end of lost nodes that may still run one. */
function limit(m: Model, name: string, needs: readonly Need[], drafts: Map<string, Draft>): void {
  const max = m.config.clones?.find((c) => c.name === name)?.max ?? m.nodes.length
  if (max >= m.nodes.length) return
  const ends = [
    ...needs.flatMap((n) => [...n.stops.keys()].map((at) => stopId(m, n, at))),
    ...needs.flatMap((n) => (n.r.hold === 'fencing' && n.r.owner >= 0 ? [fenceId(m.nodes[n.r.owner])] : [])),
  ]
  for (const need of needs) if (need.start) for (const end of ends) link(drafts, startId(m, need), end)
}

/**
 * What stays where it is, also what is not ours to stop or cannot be asked, counts among a clone's instances: then others do not start, wherever they
 * belong. Who has the right to run one comes first.
 */
function enough(m: Model, clone: CloneDoc, name: string, all: readonly Need[]): void {
  const max = clone.max ?? m.nodes.length
  if (max >= m.nodes.length) return
  const needs = (m.named.get(name) ?? []).flatMap((r) => all[r.order] ?? [])
  const starts = needs.filter((n) => n.start)
  const left = max - needs.filter((n) => !n.start && n.stops.size === 0 && mayRun(n.r)).length
  const first = starts.filter((n) => n.r.owner >= 0)
  for (const need of [...first, ...starts.filter((n) => n.r.owner < 0)].slice(Math.max(0, left))) {
    const { r, target } = need
    need.start = undefined
    need.wait = verdict('wait', 'coordinator.no-instance', { clone: clone.name, resource: r.name, node: m.nodes[target]?.name ?? '-', max })
  }
}

/** An instance that is active, or whose node has the right to it and cannot be asked. */
function mayRun(r: Res): boolean {
  const at = r.bound ?? -1
  return r.active.length > 0 || r.hold === 'waiting' || r.hold === 'stuck' || (r.hold === 'here' && unknownAt(r, at))
}

/** An ordered clone: its instances start one after the other, and stop in reverse. */
function inTurn(m: Model, instances: readonly (readonly Need[])[], drafts: Map<string, Draft>): void {
  const starts = instances.map((needs) => startIds(m, needs)).filter((ids) => ids.length > 0)
  const stops = instances.map((needs) => stopIds(m, needs)).filter((ids) => ids.length > 0)
  for (const [i, ids] of starts.entries()) link(drafts, ids[0], starts[i - 1]?.at(-1))
  for (const [i, ids] of stops.entries()) link(drafts, ids[0], stops[i + 1]?.at(-1))
}

/** A group: starts follow each other, stops go in reverse, and no start before the last stop. */
function sequence(m: Model, members: readonly Need[], drafts: Map<string, Draft>): void {
  const starts = startIds(m, members)
  const stops = stopIds(m, members)
  for (const ids of [starts, stops]) for (const [i, id] of ids.entries()) link(drafts, id, ids[i - 1])
  link(drafts, starts[0], stops.at(-1))
}

/** Nothing is stopped while it is not known whether what stands on it runs (`beside`: on the same node), or while that is starting or not told of. */
function hold(m: Model, first: Need, thens: readonly Need[], drafts: Map<string, Draft>, beside: boolean): void {
  for (const at of first.stops.keys()) {
    const id = stopId(m, first, at)
    const stop = drafts.get(id)
    const meant = (r: Res, n: NodeNow, i: number): boolean => (beside ? i === at : n.standing === 'usable') && (r.bound ?? i) === i
    const blind = (r: Res): boolean => m.nodes.some((n, i) => meant(r, n, i) && unknownAt(r, i))
    const starts = (r: Res): boolean =>
      ['start', 'promote'].includes(m.input.busy[r.id]?.action ?? '') || r.rows.some((row) => row?.state === 'starting' || untold(r, row))
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
