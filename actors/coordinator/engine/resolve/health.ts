/**
 * Node health as location constraints on everything that does not ask to be left out; and the safety rule beside it (`node-health-safety`, on for
 * kyha's own configurations, off for a CIB until somebody sets it): nothing ends, or is left down, because no node is healthy enough for it. What
 * found no place is planned again with its health constraints eased: where it runs it may stay, however ill the node; if it runs nowhere, the
 * least ill of its nodes may take it. A clone that keeps an instance elsewhere still leaves its ill nodes.
 */
import { verdict } from '../../../../runtime/verdict.js'
import { add, flag, INF, parseRole, parseScore, Role } from '../score.js'
import { available, type Host, type Res, topMost, type World } from '../world.js'

export function healthLocations(w: World): void {
  const { healthStrategy: strategy } = w.options
  const places = scores(w)
  if (places.size === 0) return
  for (const r of w.resources) {
    if (flag(r.meta.get('allow-unhealthy-nodes'), false)) continue
    const eased = w.eased.has(r.id)
    if (eased) w.notes.push(verdict('note', 'engine.health-kept', { resource: r.id }, 'warning'))
    const at = eased ? ease(w, r, places) : places
    r.locations.push({ id: `node-health-${strategy}`, res: r, role: Role.unknown, discovery: undefined, places: at })
  }
}

function scores(w: World): Map<Host, number> {
  const places = new Map<Host, number>()
  if (w.options.healthStrategy === 'none') return places
  for (const h of w.hosts) {
    let sum = w.options.healthBase
    for (const [k, v] of h.attrs) {
      if (!k.startsWith('#health')) continue
      sum = add(sum, parseScore(v, w.options.health) ?? 0)
    }
    if (sum !== 0) places.set(h, sum)
  }
  return places
}

function ease(w: World, r: Res, places: ReadonlyMap<Host, number>): ReadonlyMap<Host, number> {
  const at = (h: Host): number => places.get(h) ?? 0
  const home = new Set([...w.primitives([r])].flatMap((p) => p.active).filter((h) => available(h)))
  if (home.size > 0) return new Map([...places].map(([h, n]) => [h, home.has(h) ? Math.max(0, n) : n]))
  const best = Math.max(...w.hosts.filter((h) => h.kind !== 'ping' && available(h) && at(h) < 0).map(at))
  return new Map([...places].map(([h, n]) => [h, n >= 0 || best <= -INF ? Math.max(0, n) : n <= -INF ? n : add(n, -best)]))
}

/** After placement: adds to `eased` what found no place although a healthier node would have had one. True if the plan has to be made again. */
export function easeMore(w: World, eased: Set<string>): boolean {
  if (!w.options.healthSafety || w.options.stopAll) return false
  const ill = [...scores(w)].flatMap(([h, n]) => (n < 0 && available(h) ? [h] : []))
  if (ill.length === 0) return false
  const size = eased.size
  for (const r of w.resources) if (!eased.has(r.id) && homeless(w, r)) for (const x of together(w, r)) eased.add(x.id)
  return eased.size > size
}

/** Wanted, and without a place: all of a clone or bundle, any part of a group that runs now or should. */
function homeless(w: World, r: Res): boolean {
  const parts = [...w.primitives([r])].filter((p) => p.managed && !p.orphan && wanted(p))
  if (parts.length === 0) return false
  return r.kind === 'clone' || r.kind === 'bundle' ? parts.every((p) => !p.assigned) : parts.some((p) => !p.assigned)
}

const wanted = (p: Res): boolean =>
  p.nextRole !== Role.stopped ||
  p.nextRoleWhy === 'unable to assign' ||
  (p.nextRoleWhy === 'target-role' && parseRole(p.meta.get('target-role')) > Role.stopped)

/** Everything that must be in one place with `r`: eased on its own it would still have to follow the others. */
function together(w: World, r: Res): Set<Res> {
  const found = new Set([r])
  for (const x of found) {
    for (const c of w.colocations) {
      if (c.score < INF) continue
      const [a, b] = [topMost(c.dependent), topMost(c.primary)]
      if (a === x) found.add(b)
      if (b === x) found.add(a)
    }
  }
  return found
}
