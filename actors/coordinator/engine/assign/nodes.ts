/** The order of candidates: score, capacity where the strategy asks for it, fewest resources, name in byte order. */
import { available, type Host, type Place, type Res, type World } from '../world.js'

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
  for (const k of new Set([...a.utilization.keys(), ...b.utilization.keys()])) {
    const [x, y] = [a.utilization.get(k) ?? 0, b.utilization.get(k) ?? 0]
    sum += Math.sign(x - y)
  }
  return sum
}

/** Candidates, best first. */
export const ranked = (w: World, res: Res, places: Iterable<Place> = res.places.values()): Place[] => {
  const active = res.active[0]
  const usable = (p: Place): number => (available(p.host) ? p.score : -1_000_000)
  return [...places].sort((a, b) => usable(b) - usable(a) || compareHosts(w, a.host, b.host, active))
}
