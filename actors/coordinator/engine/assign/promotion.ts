/** Promotable clones: which instances are promoted. An agent's promotion score on the node decides, with constraints on the promoted role. */

import { promotionBarred } from '../resolve/tickets.js'
import { add, INF, parseScore, Role } from '../score.js'
import { bare } from '../state/age.js'
import { available, type Colocation, type Host, type Res, type World } from '../world.js'
import { assign } from './assign.js'
import { assignedHost, heed, influences, thisWith, withThis } from './colocate.js'
import { instanceOrder } from './instances.js'
import { NONE, scoresOf, triedAt, valueAt } from './scores.js'

/** An instance's promotion score on `host`, as the agent set it; undefined where it set none or where it cannot apply. */
function promotionScore(w: World, i: Res, host: Host): number | undefined {
  if (i.kind === 'group') {
    const scores = i.children.flatMap((c) => promotionScore(w, c, host) ?? [])
    return scores.length === 0 ? undefined : scores.reduce(add, 0)
  }
  const names = i.unique ? [i.id] : [i.historyId, i.id, i.base]
  const { attrs } = attributeHost(i, host)
  for (const n of names) {
    const text = attrs.get(`master-${n}`) ?? (i.unique ? undefined : attrs.get(`master-${bare(n)}`))
    if (text !== undefined) return applies(w, i, host) ? (parseScore(text) ?? 0) : undefined
  }
  return undefined
}

/** container-attribute-target=host: what runs in a container keeps its attributes on the machine around it. */
function attributeHost(i: Res, host: Host): Host {
  const container = host.kind === 'guest' && i.meta.get('container-attribute-target') === 'host' ? host.connection?.container : undefined
  return container?.assigned ?? container?.active[0] ?? host
}

/** Does it count there? Where the instance runs; where nothing runs but the clone has been looked for; anywhere while nothing at all is known. */
function applies(w: World, i: Res, host: Host): boolean {
  return knows(w, i, host) && (i.places.get(host)?.score ?? -INF) >= 0
}

function knows(w: World, i: Res, host: Host): boolean {
  if (!i.unique) {
    let here: Res | undefined
    let known = false
    for (const r of w.primitives(cloneOf(i)?.children ?? [i])) {
      if (r.base !== i.base) continue
      if (r.active.includes(host)) here ??= r
      known ||= r.known.has(host)
    }
    if (here === i || (!here && known)) return true
  }
  if (i.active.length === 0 && i.known.empty) return true
  return i.known.has(host) || i.active.includes(host)
}
const cloneOf = (r: Res): Res | undefined => (r.parent?.kind === 'clone' ? r.parent : r.parent ? cloneOf(r.parent) : undefined)

/** Before instances are placed: nodes where an instance could be promoted are the better ones. */
export function promotionScores(w: World, clone: Res): void {
  for (const i of clone.children) {
    for (const p of i.places.values()) {
      if (!available(p.host)) continue
      const score = promotionScore(w, i, p.host)
      if (score === undefined || score <= 0) continue
      w.score(i, p.host, score, 'promotion-score', 'engine.promotion-score')
      if (score > Math.max(i.priority, 0)) i.priority = score
    }
  }
}

/** After: the best so many instances are promoted. */
export function setRoles(w: World, clone: Res): void {
  if (!clone.clone) return
  for (const p of clone.places.values()) p.count = 0
  for (const i of clone.children) i.promotion = initial(w, clone, i)
  const order = ranking(w, clone)
  let promoted = 0
  for (const i of order) {
    const host = assignedHost(i)
    if (promoted < clone.clone.promotedMax && host && mayPromote(w, clone, i, host)) {
      setRole(w, i, Role.promoted)
      promoted++
      const place = clone.places.get(host)
      if (place) place.count++
    } else demoted(w, i)
  }
}

function setRole(w: World, i: Res, role: Role): void {
  for (const r of w.primitives([i])) if (r.managed || r.nextRole < role) r.nextRole = role
  i.nextRole = role
}

function demoted(w: World, i: Res): void {
  for (const r of w.primitives([i])) {
    if (!r.managed && r.role === Role.promoted) continue
    if (r.nextRole === Role.stopped) continue
    r.nextRole = r.assigned ? Role.unpromoted : Role.stopped
  }
  i.nextRole = assignedHost(i) ? Role.unpromoted : Role.stopped
}

/** The instance's own priority: the agent's score, constraints on the promoted role, what it must be promoted with. */
function initial(w: World, clone: Res, i: Res): number {
  const host = assignedHost(i)
  const lead = i.kind === 'group' ? i.children[0] : i
  if (!host || !lead || lead.nextRole === Role.stopped) return -INF
  if (lead.nextRole === Role.promoted) return INF // nobody manages it, so it stays promoted
  if (lead.nextRole === Role.unpromoted && lead.managed && lead.nextRoleWhy !== '') return -INF
  let sum = promotionScore(w, i, host) ?? -1
  const seen = new Set<string>()
  for (const r of [i, clone]) {
    for (const l of r.locations) {
      if (l.role !== Role.promoted || seen.has(l.id)) continue
      const score = l.places.get(host)
      if (score !== undefined) {
        seen.add(l.id)
        sum = add(sum, score)
      }
    }
  }
  for (const c of [...thisWith(i), ...around(clone).thisWith]) {
    if (c.dependentRole === Role.unknown) continue
    assign(w, c.primary)
    sum = withPrimary(sum, host, c)
  }
  return sum
}

/** What an instance must be with, promoted (or just not): where that is decides about the priority. */
function withPrimary(priority: number, host: Host, c: Colocation): number {
  const hosts = primaryHosts(c.primary, c.primaryRole)
  const value = (h: Host): string | undefined => valueAt(h, c.attribute)
  if (hosts.some((h) => value(h) === value(host)))
    return add(priority, c.dependentRole === Role.unpromoted ? -c.score : c.score >= INF ? 0 : c.score)
  return c.score >= INF && c.dependentRole === Role.promoted ? -INF : priority
}

const none = { thisWith: [], withThis: [] } as const
/** The bundle around a clone: constraints on a role mean what runs inside. */
const around = (clone: Res): { readonly thisWith: readonly Colocation[]; readonly withThis: readonly Colocation[] } =>
  clone.parent?.kind === 'bundle' ? clone.parent : none

function primaryHosts(r: Res, role: Role): Host[] {
  if (r.kind === 'bundle')
    return r.replicas.flatMap((x) =>
      x.container.assigned && (role === Role.unknown || x.child?.nextRole === role) ? [x.container.assigned] : [],
    )
  if (r.kind === 'primitive') return r.assigned && (role === Role.unknown || r.nextRole === role) ? [r.assigned] : []
  if (r.kind === 'group') return primaryHosts(r.children.at(-1) ?? r, role)
  return r.children.flatMap((c) => primaryHosts(c, role))
}

/** Instances by priority and by what else wants to be with the promoted one; of equals, those that are promoted now. */
function ranking(w: World, clone: Res): Res[] {
  const barred = promotionBarred(w, clone)
  let work = scoresOf(w, clone.places).map((s) => (s === NONE ? NONE : 0))
  for (const i of clone.children) {
    const host = assignedHost(i)
    const score = host && triedAt(work, host)
    if (host && score !== undefined && i.promotion >= 0) work[host.index] = add(score, i.promotion)
  }
  for (const c of [...thisWith(clone), ...around(clone).thisWith]) {
    if (c.dependentRole !== Role.promoted) continue
    if (c.primary.provisional)
      work = heed(w, c.primary, work, c.attribute, c.score / INF, { positive: false, nested: false, forward: true })
  }
  for (const c of [...withThis(clone), ...around(clone).withThis]) {
    if (c.primaryRole !== Role.promoted || !influences(c)) continue
    work = heed(w, c.dependent, work, c.attribute, c.score / INF, { positive: true, nested: false })
  }
  for (const i of clone.children) {
    const host = assignedHost(i)
    if (!host) continue
    if (barred) i.promotion = -INF
    else if (i.promotion >= 0) i.promotion = triedAt(work, host) ?? i.promotion
  }
  const roleNow = (i: Res): Role => (i.kind === 'primitive' ? i.role : (i.children[0]?.role ?? Role.unknown))
  const usual = instanceOrder(w)
  return [...clone.children].sort((a, b) => b.promotion - a.promotion || roleNow(b) - roleNow(a) || usual(a, b))
}

/** A guest whose container has no place: what is put there waits for it, unpromoted. */
const bodiless = (host: Host): boolean => host.connection?.container !== undefined && !host.connection.container.assigned

function mayPromote(w: World, clone: Res, i: Res, host: Host): boolean {
  for (const r of w.primitives([i])) if (!r.assigned || (!r.managed && r.role !== Role.promoted)) return false
  const lead = i.kind === 'group' ? i.children[0] : i
  if (!lead) return false
  if (!w.scene.quorate && w.options.noQuorum === 'freeze' && lead.role < Role.promoted) return false
  if (!lead.managed && lead.role === Role.promoted) return true
  if (i.promotion < 0 || !available(host) || bodiless(host)) return false
  const place = clone.places.get(host)
  return place !== undefined && place.count < (clone.clone?.promotedNodeMax ?? 1)
}
