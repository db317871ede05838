/**
 * Where each resource belongs: scores in the field's arithmetic, every part of them in the ledger. Units are assigned in order of priority,
 * score on the current node, score on the preferred node, configuration; each goes where an operator moves it, else to the node with the highest score, then the fewest
 * resources, then where it is, then the first name. Scores: score.ts. Pure; called by plan.ts.
 */
import { type ColocationDoc, INFINITY, type Score } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { add, type Ledger, scoreText, share } from './ledger.js'
import { before, type Model, type Res, type Unit } from './model.js'
import { baseScores, type UnitScores } from './score.js'

export interface Placed {
  /** Node of each resource, by Res.order; -1 = nowhere. */
  readonly at: number[]
  readonly why: Verdict[]
}

interface Link {
  readonly doc: ColocationDoc
  readonly dependent: Res
  readonly primary: Res
}
interface Work {
  readonly m: Model
  readonly ledger: Ledger
  readonly scores: readonly UnitScores[]
  readonly load: number[]
  readonly placed: Placed
  readonly state: ('new' | 'open' | 'done')[]
  /** By unit: colocations in which it depends on another, and in which another depends on it. */
  readonly needs: readonly (readonly Link[])[]
  readonly neededBy: readonly (readonly Link[])[]
}

export function place(m: Model, ledger: Ledger): Placed {
  const scores = m.units.map((u) => baseScores(m, u, ledger))
  const links = colocations(m)
  const w: Work = {
    m,
    ledger,
    scores,
    load: m.nodes.map(() => 0),
    placed: { at: m.all.map(() => -1), why: m.all.map((r) => verdict('place', 'coordinator.unplaced', { resource: r.name })) },
    state: m.units.map(() => 'new'),
    needs: perUnit(m, links, (l) => l.dependent.unit),
    neededBy: perUnit(m, links, (l) => l.primary.unit),
  }
  for (const u of assignmentOrder(m, scores)) assign(w, u)
  cascade(w)
  return w.placed
}

function perUnit(m: Model, links: readonly Link[], unit: (l: Link) => number): readonly (readonly Link[])[] {
  const out: Link[][] = m.units.map(() => [])
  for (const l of links) out[unit(l)]?.push(l)
  return out
}

/** Mandatory colocations first, each kind by id. Both ends must be configured and in different units. */
function colocations(m: Model): readonly Link[] {
  const docs = [...m.config.colocations].sort((a, b) => Math.abs(b.score) - Math.abs(a.score) || before(a.id, b.id))
  return docs.flatMap((doc) => {
    const dependent = m.named.get(doc.resource)?.[0]
    const primary = m.named.get(doc.with)?.[0]
    return dependent && primary && dependent.unit !== primary.unit ? [{ doc, dependent, primary }] : []
  })
}

function assignmentOrder(m: Model, scores: readonly UnitScores[]): readonly Unit[] {
  const now = m.units.map((_, i) => (scores[i] as UnitScores).total[(scores[i] as UnitScores).current] ?? -INFINITY)
  const best = scores.map((s) => s.total.reduce((a, b) => Math.max(a, b), -INFINITY))
  const of = (list: readonly number[], u: Unit): number => list[u.order] ?? -INFINITY
  return [...m.units].sort((a, b) => b.priority - a.priority || of(now, b) - of(now, a) || of(best, b) - of(best, a) || a.order - b.order)
}

/** What this unit depends on is placed first; a circle of colocations is cut where it closes. */
function assign(w: Work, u: Unit): void {
  if (w.state[u.order] !== 'new') return
  w.state[u.order] = 'open'
  for (const link of w.needs[u.order] ?? []) {
    const primary = w.m.units[link.primary.unit]
    if (primary) assign(w, primary)
  }
  const s = w.scores[u.order] as UnitScores
  if (s.pinned) pin(w, u, s)
  else choose(w, u, s)
  for (const r of u.members) {
    const at = w.placed.at[r.order] ?? -1
    if (at >= 0) w.load[at] = (w.load[at] ?? 0) + 1
  }
  w.state[u.order] = 'done'
}

/** Not in our hands (unmanaged, maintenance, blocked): it counts as placed where it is. */
function pin(w: Work, u: Unit, s: UnitScores): void {
  for (const r of u.members) {
    const at = r.active[0] ?? r.owner
    w.placed.at[r.order] = at
    const reason = s.pinned as Verdict
    w.placed.why[r.order] = { ...reason, args: { ...reason.args, resource: r.name, node: w.m.nodes[at]?.name ?? '-' } }
  }
}

/** The whole unit, or the longest head of it that some node can run. */
function choose(w: Work, u: Unit, s: UnitScores): void {
  const extra = colocated(w, u, s)
  const wanted = s.wanted
  const moves = ordered(w, u)
  for (let length = wanted; length > 0; length--) {
    const total = w.m.nodes.map((_, i) => s.head(length, i)).map((score, i) => add(score, extra[i] ?? 0))
    const to = moves.filter((i) => (total[i] ?? -1) >= 0)
    const at =
      to.length > 0
        ? best(
            w,
            total.map((score, i) => (to.includes(i) ? score : -INFINITY)),
            s.current,
          )
        : best(w, total, s.current)
    if (at < 0) continue
    const second = runnerUp(total, at)
    u.members.forEach((r, i) => {
      if (i < length) put(w, r, at, second, total)
      else leave(w, r, i < wanted ? cut(u, length) : notWanted(w.m, r, u))
    })
    return
  }
  for (const [i, r] of u.members.entries()) leave(w, r, i < wanted ? nowhere(w, r) : notWanted(w.m, r, u))
}

/** Nodes to which an operator moves the unit, or what must be where it is. */
function ordered(w: Work, u: Unit, seen: readonly Unit[] = []): readonly number[] {
  if (seen.includes(u)) return []
  const dependents = (w.neededBy[u.order] ?? []).filter((l) => l.doc.score >= INFINITY).flatMap((l) => w.m.units[l.dependent.unit] ?? [])
  return [...(w.scores[u.order]?.ordered ?? []), ...dependents.flatMap((d) => ordered(w, d, [...seen, u]))]
}

function put(w: Work, r: Res, at: number, second: number, total: readonly Score[]): void {
  const args = { resource: r.name, node: w.m.nodes[at]?.name ?? '', score: scoreText(total[at] ?? 0) }
  w.placed.at[r.order] = at
  w.placed.why[r.order] =
    second < 0
      ? verdict('place', 'coordinator.placed-only', args)
      : verdict('place', 'coordinator.placed', {
          ...args,
          second: w.m.nodes[second]?.name ?? '',
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

function leave(w: Work, r: Res, why: Verdict): void {
  w.placed.at[r.order] = -1
  w.placed.why[r.order] = { ...why, args: { ...why.args, resource: r.name } }
}

const cut = (u: Unit, length: number): Verdict =>
  verdict('place', 'coordinator.group-cut', { group: u.name, member: u.members[length]?.name ?? '' }, 'warning')

function notWanted(m: Model, r: Res, u: Unit): Verdict {
  if (m.config.properties.stopAll) return verdict('place', 'coordinator.stop-all', {})
  const first = u.members.find((other) => !other.wanted)
  if (u.group?.targetRole === 'Stopped') return verdict('place', 'coordinator.group-stopped', { group: u.name })
  return first && first !== r
    ? verdict('place', 'coordinator.after-stopped', { first: first.name, group: u.name })
    : verdict('place', 'coordinator.target-stopped', {})
}

const nowhere = (w: Work, r: Res): Verdict =>
  r.everywhere ?? verdict('place', 'coordinator.no-node', { nodes: w.m.nodes.length, resource: r.name }, 'warning')

/** The node with the highest score that is not negative; -1 = none. */
function best(w: Work, total: readonly Score[], current: number): number {
  let at = -1
  total.forEach((score, i) => {
    if (score < 0) return
    if (at < 0 || better(w, total, i, at, current)) at = i
  })
  if (at < 0) return at
  const stays = current >= 0 && (total[at] ?? 0) > 0 && total[current] === total[at]
  return stays ? current : at
}

/** Nodes stand in order of their names, so that an equal one never replaces an earlier one. */
function better(w: Work, total: readonly Score[], i: number, than: number, current: number): boolean {
  const [a, b] = [total[i] ?? 0, total[than] ?? 0]
  if (a !== b) return a > b
  const [loadA, loadB] = [w.load[i] ?? 0, w.load[than] ?? 0]
  if (loadA !== loadB) return loadA < loadB
  return i === current
}

/** What colocations add on each node: from what is placed already, and from those that will follow this unit. */
function colocated(w: Work, u: Unit, s: UnitScores): Score[] {
  const extra = w.m.nodes.map(() => 0)
  for (const link of w.needs[u.order] ?? []) {
    if (w.state[link.primary.unit] === 'done') follow(w, u, link, extra)
  }
  for (const link of w.neededBy[u.order] ?? []) {
    if (w.state[link.dependent.unit] !== 'done') influence(w, u, s, link, extra)
  }
  return extra
}

function follow(w: Work, u: Unit, { doc, primary }: Link, extra: Score[]): void {
  const where = w.placed.at[primary.order] ?? -1
  const args = { with: doc.with, node: w.m.nodes[where]?.name ?? '', constraint: doc.id }
  extra.forEach((_, i) => {
    if (doc.score >= INFINITY) {
      if (i === where) return
      const because =
        where < 0 ? verdict('ban', 'coordinator.colocated-unplaced', args) : verdict('ban', 'coordinator.colocated-elsewhere', args)
      note(w, u, i, -INFINITY, doc.id, because, extra)
    } else if (i === where) {
      const key = doc.score < 0 ? 'coordinator.colocated-apart' : 'coordinator.colocated-near'
      note(w, u, i, doc.score, doc.id, verdict('score', key, args), extra)
    }
  })
}

/** The wishes of what must follow this unit count with it, unless they would leave it without any node. */
function influence(w: Work, u: Unit, s: UnitScores, { doc, dependent }: Link, extra: Score[]): void {
  const theirs = w.scores[dependent.unit] as UnitScores
  if (theirs.wanted === 0) return
  const parts = extra.map((_, i) => {
    const score = theirs.head(theirs.wanted, i)
    return doc.score < 0 && score < 0 ? 0 : share(score, doc.score)
  })
  const able = (add2: readonly Score[]): boolean => extra.some((e, i) => add(add(s.head(s.wanted, i), e), add2[i] ?? 0) >= 0)
  if (able(parts.map(() => 0)) && !able(parts)) return
  parts.forEach((part, i) => {
    const args = { with: doc.resource, node: w.m.nodes[i]?.name ?? '', constraint: doc.id, score: scoreText(part) }
    if (part !== 0) note(w, u, i, part, doc.id, verdict('score', 'coordinator.colocated-wish', args), extra)
  })
}

function note(w: Work, u: Unit, at: number, score: Score, source: string, because: Verdict, extra: Score[]): void {
  const head = u.members[0]
  const node = w.m.nodes[at]
  if (!head || !node || score === 0) return
  extra[at] = add(extra[at] ?? 0, score)
  w.ledger.note(head.id, head.group, node.node, score, source, because)
}

/** What must follow something that runs nowhere runs nowhere: mandatory orders, until nothing changes any more. */
function cascade(w: Work): void {
  const orders = w.m.config.orders.filter((o) => o.kind === 'Mandatory').sort((a, b) => before(a.id, b.id))
  for (let round = 0; round <= w.m.units.length; round++) {
    let changed = false
    for (const o of orders) {
      const missing = (w.m.named.get(o.first) ?? []).find((r) => (w.placed.at[r.order] ?? -1) < 0)
      const then = w.m.named.get(o.then)?.[0]
      if (!missing || !then || missing.unit === then.unit) continue
      changed =
        dropFrom(w, then, verdict('place', 'coordinator.order-first', { first: missing.name, constraint: o.id }, 'warning')) || changed
    }
    for (const u of w.m.units) {
      for (const { doc, primary } of w.needs[u.order] ?? []) {
        if (doc.score < INFINITY || (w.placed.at[primary.order] ?? -1) >= 0) continue
        const args = { with: doc.with, constraint: doc.id }
        const first = u.members[0]
        if (first) changed = dropFrom(w, first, verdict('place', 'coordinator.colocated-unplaced', args, 'warning')) || changed
      }
    }
    if (!changed) return
  }
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
