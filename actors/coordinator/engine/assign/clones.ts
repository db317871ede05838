/** Clones: so many instances, so many a node at most; instances that run stay where they are as long as nothing speaks against it. */
import type { Place } from '../places.js'
import { add, INF, Role } from '../score.js'
import { available, type Host, isClone, type Res, type World } from '../world.js'
import { assign, heedOne } from './assign.js'
import { assignedHost, thisWith, withThis } from './colocate.js'
import { currentHost, instanceOrder } from './instances.js'
import { promotionScores, setRoles } from './promotion.js'
import { replace, scoresOf } from './scores.js'
import { unassign } from './take.js'

export function assignClone(w: World, res: Res): void {
  if (!res.provisional || res.busy || !isClone(res)) return
  res.busy = true
  if (res.promotable) promotionScores(w, res)
  for (const c of thisWith(res)) assign(w, c.primary)
  for (const c of withThis(res)) heedOne(w, res, c)
  res.children.sort(instanceOrder(w))
  assignInstances(w, res, res.children, res.clone.max, res.clone.nodeMax)
  if (res.promotable) setRoles(w, res)
  res.nextRole = res.children.some((c) => assignedHost(c)) ? Role.started : Role.stopped
  res.provisional = false
  res.busy = false
}

/** The candidate of the clone (or bundle) around an instance: it counts the instances there. */
export function parentPlace(instance: Res, host: Host): Place | undefined {
  const parent = instance.parent
  return (parent && (parent.kind === 'clone' || parent.kind === 'bundle') ? parent : instance).places.get(host)
}

export function assignInstances(w: World, collective: Res, instances: readonly Res[], max: number, nodeMax: number): void {
  for (const p of collective.places.values()) p.count = 0
  const nodes = [...collective.places.values()].filter((p) => p.score >= 0 && available(p.host)).length
  const share = Math.max(1, nodes > 0 ? Math.trunc(max / nodes) : 1)
  let placed = 0
  for (const i of instances) {
    if (placed >= max) break
    const host = homeOf(w, i, Math.min(share, nodeMax))
    if (host && assignEarly(w, i, host, nodeMax, max - placed)) placed++
  }
  for (const i of instances) {
    if (!i.provisional) continue
    if (placed >= max) {
      for (const r of w.tree([i])) for (const p of r.places.values()) w.score(r, p.host, -INF, 'clone-max', 'engine.clone-max')
      assign(w, i)
    } else if (assignInstance(w, i, undefined, nodeMax)) placed++
  }
}

/** The node an instance would like to stay on. */
function homeOf(w: World, i: Res, share: number): Host | undefined {
  if (!i.provisional || [...w.primitives([i])].some((r) => r.failed)) return undefined
  const host = currentHost(i)
  const place = host && parentPlace(i, host)
  if (!host || !place || !available(host) || place.score < 0 || place.count >= share) return undefined
  return host
}

/**
 * Keeps an instance at home. Where it would rather go to a better node, that node is kept free for an instance that runs nowhere yet, as long
 * as there may be one, so that nothing moves for the sake of order.
 */
function assignEarly(w: World, i: Res, home: Host, nodeMax: number, spare: number): boolean {
  const kept: Place[] = []
  let stays = assignInstance(w, i, home, nodeMax)
  while (!stays && kept.length < spare - 1) {
    const better = w.declined && parentPlace(i, w.declined)
    if (!better || better.host === home || kept.includes(better)) break
    better.count++
    kept.push(better)
    stays = assignInstance(w, i, home, nodeMax)
  }
  for (const p of kept) p.count--
  return stays
}

function assignInstance(w: World, i: Res, prefer: Host | undefined, nodeMax: number): boolean {
  const members = [...w.tree([i])]
  const saved = prefer ? members.map((r) => scoresOf(w, r.places)) : undefined
  banFull(members, i, nodeMax)
  const host = assign(w, i, prefer, prefer !== undefined)
  const got = host ?? assignedHost(i)
  if (prefer && got !== prefer) {
    members.forEach((r, n) => {
      unassign(r)
      r.nextRole = r.nextRoleWhy === 'unable to assign' ? Role.unknown : r.nextRole
      if (r.nextRoleWhy === 'unable to assign') r.nextRoleWhy = ''
      const scores = saved?.[n]
      if (scores) replace(r, scores)
    })
    return false
  }
  if (!got) return false
  const place = parentPlace(i, got)
  if (place) place.count++
  return true
}

/** Nodes that are full, or that the clone may not use, are none for the instance. */
function banFull(members: readonly Res[], i: Res, nodeMax: number): void {
  for (const r of members) {
    for (const p of r.places.values()) {
      const parent = parentPlace(i, p.host)
      if (i.orphanInstance || !available(p.host) || !parent || parent.score < 0 || parent.count >= nodeMax) p.score = add(p.score, -INF)
    }
  }
}
