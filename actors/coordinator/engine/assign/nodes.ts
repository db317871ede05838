/** The order of candidates: score, capacity where the strategy asks for it, fewest resources, name in byte order. */
import type { Place } from '../places.js'
import { INF } from '../score.js'
import { available, type Host, type Res, type World } from '../world.js'

export const anyAvailable = (places: Iterable<Place>): boolean => {
  for (const p of places) if (p.score >= 0 && available(p.host)) return true
  return false
}

export function compareHosts(w: World, a: Host, b: Host, active: Host | undefined): number {
  const strategy = w.options.placement
  if (strategy === 'minimal') return byName(a, b)
  if (strategy === 'balanced') {
    const c = compareCapacity(b, a)
    if (c !== 0) return c
  }
  const load = a.assigned.length - b.assigned.length
  if (load !== 0) return load
  if (active) {
    if (a === active) return -1
    if (b === active) return 1
  }
  return byName(a, b)
}

const byName = (a: Host, b: Host): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Positive when `a` has the more free capacity, summed over the attributes in which they differ. */
export function compareCapacity(a: Host, b: Host): number {
  let sum = 0
  for (const [k, x] of a.utilization) sum += Math.sign(x - (b.utilization.get(k) ?? 0))
  for (const [k, y] of b.utilization) if (!a.utilization.has(k)) sum -= Math.sign(y)
  return sum
}

const usable = (p: Place): number => (available(p.host) ? p.score : -INF)
const comparePlaces = (w: World, a: Place, b: Place, active: Host | undefined): number =>
  usable(b) - usable(a) || compareHosts(w, a.host, b.host, active)

/** Candidates, best first. */
export const ranked = (w: World, res: Res): Place[] => [...res.places.values()].sort((a, b) => comparePlaces(w, a, b, res.active[0]))

/** The first of them. Free capacities may compare in a circle; there only the sorting itself says which is first. */
export function firstRanked(w: World, res: Res): Place | undefined {
  if (w.options.placement === 'balanced') return ranked(w, res)[0]
  let first: Place | undefined
  for (const p of res.places.values()) if (!first || comparePlaces(w, p, first, res.active[0]) < 0) first = p
  return first
}
