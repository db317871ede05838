/**
 * Where each resource belongs: the placement engine's answer (engine/) to kyha's own configuration (scene.ts), with every part of each score in
 * the ledger and one sentence for each place. What an operator moves goes there before all scores, as long as it can run there. Pure; called by plan.ts.
 */
import { INFINITY, type LocationDoc, type Score } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Intent } from '../log/state.js'
import { assigned } from './engine/plan.js'
import { Role } from './engine/score.js'
import type { Part, Res as Placing, World } from './engine/world.js'
import { type Ledger, scoreText } from './ledger.js'
import { movesOf, type Reason } from './located.js'
import { before, type Model, type Res, type Unit } from './model.js'
import { pinOf, sceneOf, type Told } from './scene.js'

export interface Placed {
  /** Node of each resource, by Res.order; -1 = nowhere. */
  readonly at: number[]
  readonly why: Verdict[]
}

interface Work {
  readonly m: Model
  readonly w: World
  readonly placed: Placed
}

export function place(m: Model, ledger: Ledger): Placed {
  const { w, told } = solve(m)
  const placed: Placed = {
    at: m.all.map(() => -1),
    why: m.all.map((r) => verdict('place', 'coordinator.unplaced', { resource: r.name })),
  }
  const work: Work = { m, w, placed }
  for (const u of m.units) settle(work, u)
  cascade(work)
  write(work, told, ledger)
  return placed
}

/** Moves bind at first; one that cannot be, for a reason that the engine finds, is a wish among others then. */
function solve(m: Model): { readonly w: World; readonly told: Told } {
  const bound = new Set(m.units.filter((u) => movesOf(m, u).length > 0 && !pinOf(u)).map((u) => u.order))
  for (;;) {
    const told = sceneOf(m, bound)
    const w = assigned(told.scene)
    const idle = [...bound].filter((order) => !seated(w, m.units[order]))
    if (idle.length === 0) return { w, told }
    for (const order of idle) bound.delete(order)
  }
}

/** The unit has a node; of a clone: an instance is to be promoted. */
function seated(w: World, u: Unit | undefined): boolean {
  if (!u?.clone) return w.byId.get(u?.members[0]?.name ?? '')?.assigned !== undefined
  return [...w.primitives(w.byId.get(u.clone.name)?.children ?? [])].some((p) => p.nextRole === Role.promoted && p.assigned)
}

const wishOf = (m: Model, u: Unit | undefined, at: number): Intent | undefined =>
  u && movesOf(m, u).find((wish) => wish.node === m.nodes[at]?.node)

/** The place of each member, and the sentence for it. */
function settle(work: Work, u: Unit): void {
  const { m, placed } = work
  const pinned = pinOf(u)
  if (pinned) {
    for (const r of u.members) {
      const at = r.active[0] ?? r.owner
      placed.at[r.order] = at
      placed.why[r.order] = { ...pinned, args: { ...pinned.args, resource: r.name, node: m.nodes[at]?.name ?? '-' } }
    }
    return
  }
  const stopped = u.members.findIndex((r) => !r.wanted)
  const wanted = stopped < 0 ? u.members.length : stopped
  const seats = u.members.map((r) => seatOf(work, u, r))
  const at = seats.map((seat) => m.nodeAt.get(seat?.assigned?.name ?? '') ?? -1)
  const length = at.findIndex((i, k) => i < 0 || k >= wanted)
  const runs = length < 0 ? u.members.length : length
  const [head] = seats
  u.members.forEach((r, i) => {
    if (i < runs && head) put(work, r, at[i] ?? -1, head)
    else if (i >= wanted) leave(work, r, notWanted(m, r, u))
    else leave(work, r, runs > 0 ? cut(u, runs) : nowhere(work, u, r))
  })
}

/** What the engine has placed for `r`: of a clone the instance on its node, or the one that has the promoted role. */
function seatOf({ m, w }: Work, u: Unit, r: Res): Placing | undefined {
  if (!u.clone) return w.byId.get(r.name)
  const instances = [...w.primitives(w.byId.get(u.clone.name)?.children ?? [])].filter((p) => p.base === r.name)
  if (r.slot === undefined) return instances.find((p) => p.assigned?.name === m.nodes[r.bound ?? -1]?.name)
  // Who has one of the roles keeps it; the others take what is left, in order.
  const nodes = instances.flatMap((p) => (p.nextRole === Role.promoted && p.assigned ? [p.assigned.name] : []))
  const roles = m.promoted.get(u.clone.name) ?? []
  const has = (role: Res): string => m.nodes[role.owner]?.name ?? ''
  const kept = roles.map(has).filter((name) => nodes.includes(name))
  const free = nodes.filter((name) => !kept.includes(name)).sort(before)
  const homeless = roles.filter((role) => !nodes.includes(has(role)))
  const name = nodes.includes(has(r)) ? has(r) : free[homeless.indexOf(r)]
  return instances.find((p) => p.assigned?.name === name)
}

function put({ m, placed }: Work, r: Res, at: number, head: Placing): void {
  const total = m.nodes.map((n) => head.places.values().find((p) => p.host.name === n.name)?.score ?? -INFINITY)
  const second = runnerUp(total, at)
  const args = { resource: r.name, node: m.nodes[at]?.name ?? '', score: scoreText(total[at] ?? 0) }
  placed.at[r.order] = at
  const clone = m.units[r.unit]?.clone?.name
  const wish = wishOf(m, m.units[r.unit], at)
  if (clone !== undefined && !wish) {
    const key = r.slot === undefined ? 'coordinator.placed-instance' : 'coordinator.placed-promoted'
    placed.why[r.order] = verdict('place', key, { ...args, clone })
    return
  }
  placed.why[r.order] = wish
    ? verdict('place', 'coordinator.intent-move', { ...args, resource: clone ?? r.name, by: wish.by, forMs: wish.forMs })
    : second < 0
      ? verdict('place', 'coordinator.placed-only', args)
      : verdict('place', 'coordinator.placed', {
          ...args,
          second: m.nodes[second]?.name ?? '',
          secondScore: scoreText(total[second] ?? 0),
        })
}

/** The next best node that could run it, the first name among equals; -1 = none. */
function runnerUp(total: readonly Score[], at: number): number {
  let second = -1
  for (let i = 0; i < total.length; i++) {
    const score = total[i] ?? 0
    if (i !== at && score >= 0 && (second < 0 || score > (total[second] ?? 0))) second = i
  }
  return second
}

function leave({ placed }: Work, r: Res, why: Verdict): void {
  placed.at[r.order] = -1
  placed.why[r.order] = { ...why, args: { ...why.args, resource: r.name } }
}

const cut = (u: Unit, length: number): Verdict =>
  verdict('place', 'coordinator.group-cut', { group: u.name, member: u.members[length]?.name ?? '' }, 'warning')

function notWanted(m: Model, r: Res, u: Unit): Verdict {
  if (m.config.properties.stopAll) return verdict('place', 'coordinator.stop-all', {})
  const first = u.members.find((other) => !other.wanted)
  if (u.clone?.targetRole === 'Stopped') return verdict('place', 'coordinator.clone-stopped', { clone: u.name })
  if (u.clone && r.slot !== undefined && r.doc.meta.targetRole === 'Started')
    return verdict('place', 'coordinator.clone-unpromoted', { clone: u.name })
  if (u.group?.targetRole === 'Stopped') return verdict('place', 'coordinator.group-stopped', { group: u.name })
  return first && first !== r
    ? verdict('place', 'coordinator.after-stopped', { first: first.name, group: u.name })
    : verdict('place', 'coordinator.target-stopped', {})
}

function nowhere({ m, w }: Work, u: Unit, r: Res): Verdict {
  const clone = u.clone?.name ?? ''
  if (r.slot !== undefined) return verdict('place', 'coordinator.no-promoted', { clone, resource: r.name }, 'warning')
  if (r.everywhere) return r.everywhere
  if (r.bound === undefined) return verdict('place', 'coordinator.no-node', { nodes: m.nodes.length, resource: r.name }, 'warning')
  const node = m.nodes[r.bound]?.name ?? ''
  const max = w.byId.get(clone)?.clone?.max ?? 0
  return verdict('place', 'coordinator.no-instance', { clone, resource: r.name, node, max })
}

/** What must follow something that runs nowhere runs nowhere: mandatory orders, until nothing changes any more. */
function cascade(w: Work): void {
  const { m } = w
  const orders = m.config.orders.filter((o) => o.kind === 'Mandatory').sort((a, b) => before(a.id, b.id))
  const needed = m.config.colocations.filter((c) => c.score >= INFINITY).sort((a, b) => before(a.id, b.id))
  for (let round = 0; round <= m.units.length; round++) {
    let changed = dropRoles(w)
    for (const o of orders) {
      const missing = missingOf(w, o.first, o.firstAction && 'Promoted')
      const because = o.firstAction
        ? verdict('place', 'coordinator.order-promoted', { first: o.first, constraint: o.id }, 'warning')
        : verdict('place', 'coordinator.order-first', { first: missing?.name ?? '', constraint: o.id }, 'warning')
      for (const then of missing ? headsOf(m, o.then, o.thenAction && 'Promoted') : [])
        changed = (then.unit !== missing?.unit && dropFrom(w, then, because)) || changed
    }
    for (const c of needed) {
      const missing = missingOf(w, c.with, c.withRole)
      const key = c.withRole === 'Promoted' ? 'coordinator.colocated-unpromoted' : 'coordinator.colocated-unplaced'
      const because = verdict('place', key, { with: c.with, constraint: c.id }, 'warning')
      for (const then of missing ? headsOf(m, c.resource, c.role) : []) {
        const whole = m.units[then.unit]?.members[0] ?? then
        changed = (then.unit !== missing?.unit && dropFrom(w, whole, because)) || changed
      }
    }
    if (!changed) return
  }
}

/** Where an instance does not run, nothing of it is promoted. */
function dropRoles(w: Work): boolean {
  const { m, placed } = w
  let changed = false
  for (const [clone, slots] of m.promoted)
    for (const slot of slots) {
      const instance = m.named.get(clone)?.find((r) => r.bound === placed.at[slot.order])
      if (!instance || (placed.at[instance.order] ?? -1) >= 0) continue
      changed = dropFrom(w, slot, verdict('place', 'coordinator.no-promoted', { clone, resource: slot.name }, 'warning')) || changed
    }
  return changed
}

const side = (m: Model, name: string, role: LocationDoc['role']): readonly Res[] =>
  (role === 'Promoted' ? m.promoted : m.named).get(name) ?? []

/** What is meant by `name` and has no place. A clone is there as soon as one of its instances is. */
function missingOf({ m, placed }: Work, name: string, role: LocationDoc['role']): Res | undefined {
  const all = side(m, name, role)
  const away = all.filter((r) => (placed.at[r.order] ?? -1) < 0)
  return m.units[all[0]?.unit ?? -1]?.clone && away.length < all.length ? undefined : away[0]
}

/** The first of each unit that is meant by `name`. */
const headsOf = (m: Model, name: string, role: LocationDoc['role']): readonly Res[] => {
  const all = side(m, name, role)
  return m.units[all[0]?.unit ?? -1]?.clone ? all.filter((r, i) => all.findIndex((x) => x.unit === r.unit) === i) : all.slice(0, 1)
}

/** `r` and what stands after it in its group. */
function dropFrom(w: Work, r: Res, why: Verdict): boolean {
  const members = w.m.units[r.unit]?.members ?? []
  let changed = false
  for (const member of members.slice(members.indexOf(r))) {
    if (!member.managed || (w.placed.at[member.order] ?? -1) < 0) continue
    leave(w, member, why)
    changed = true
  }
  return changed
}

/**
 * The engine's parts in the coordinator's words. A group's score is its first member's, a clone's its own; what the engine adds within them says
 * nothing new.
 */
function write({ m, w, placed }: Work, told: Told, ledger: Ledger): void {
  const docs = new Map(m.config.colocations.map((c) => [c.id, c]))
  const nodes = new Map(m.nodes.map((n) => [n.name, n]))
  const groups = new Set(m.units.flatMap((u) => (u.group ? [u.group.name] : [])))
  for (const part of w.ledger) {
    const node = nodes.get(part.node)
    const r = groups.has(part.resource) ? undefined : m.named.get(part.resource)?.[0]
    if (!r || !node || (r.bound !== undefined && part.resource === r.name)) continue
    const reason = told.reasons.get(part.source) ?? ruled(m, placed, r, part, docs.get(part.source))
    if (!reason) continue
    ledger.note(r.resource, r.group, node.node, part.score, reason.source, onNode(reason.because, part.node))
  }
  for (const c of told.scene.constraints) {
    // What speaks for a promoted role is no part of an instance's score in the engine. What speaks against it bars no instance.
    if (c.type !== 'location' || c.role !== 'Promoted' || c.node === undefined || Number(c.score) <= -INFINITY) continue
    const [r, node, reason] = [m.named.get(c.resource ?? '')?.[0], nodes.get(c.node), told.reasons.get(c.id)]
    if (r && node && reason) ledger.note(r.resource, r.group, node.node, Number(c.score), reason.source, onNode(reason.because, c.node))
  }
  if (m.config.properties.symmetric) return
  for (const r of m.all) {
    if (r.slot !== undefined || (r.bound ?? 0) > 0) continue
    const places = w.byId.get(m.units[r.unit]?.clone?.name ?? r.name)?.places.values() ?? []
    for (const n of m.nodes) {
      if (places.some((p) => p.host.name === n.name)) continue
      const because = verdict('ban', 'coordinator.asymmetric', { resource: r.name, node: n.name })
      ledger.note(r.resource, r.group, n.node, -INFINITY, 'symmetric', because)
    }
  }
}

const onNode = (because: Verdict, node: string): Verdict =>
  because.args['node'] === '' ? { ...because, args: { ...because.args, node } } : because

/** Stickiness and colocations; a target role is no score to an operator. */
function ruled(m: Model, placed: Placed, r: Res, part: Part, doc: Model['config']['colocations'][number] | undefined): Reason | undefined {
  if (part.key === 'engine.stickiness') {
    const args = { resource: r.name, node: part.node, score: part.score }
    return { source: r.name, because: verdict('score', 'coordinator.stickiness', args) }
  }
  if (part.key === 'engine.capacity')
    return { source: part.source, because: verdict('ban', 'coordinator.capacity', { resource: r.name, node: part.node }) }
  if (part.source.startsWith('node-health-'))
    return { source: part.source, because: verdict('score', 'coordinator.health', { node: part.node, score: scoreText(part.score) }) }
  if (!doc) return undefined
  const other = { node: part.node, constraint: doc.id }
  if (part.key === 'engine.colocated-wish') {
    const args = { with: doc.resource, ...other, score: scoreText(part.score) }
    return { source: doc.id, because: verdict('score', 'coordinator.colocated-wish', args) }
  }
  const where = side(m, doc.with, doc.withRole).map((other) => m.nodes[placed.at[other.order] ?? -1]?.name)
  const names = [...new Set(where)].filter((name) => name !== undefined)
  const args = { with: doc.with, node: names.join(', '), constraint: doc.id }
  const promoted = doc.withRole === 'Promoted'
  if (doc.score < INFINITY) {
    const near = promoted ? 'coordinator.colocated-near-promoted' : 'coordinator.colocated-near'
    const apart = promoted ? 'coordinator.colocated-apart-promoted' : 'coordinator.colocated-apart'
    return { source: doc.id, because: verdict('score', doc.score < 0 ? apart : near, args) }
  }
  const nowhere = promoted ? 'coordinator.colocated-unpromoted' : 'coordinator.colocated-unplaced'
  const elsewhere = promoted ? 'coordinator.colocated-promoted' : 'coordinator.colocated-elsewhere'
  return { source: doc.id, because: verdict('ban', names.length === 0 ? nowhere : elsewhere, args) }
}
