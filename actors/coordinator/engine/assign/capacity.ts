/** Utilization: nodes without room are no candidates. What must be together is weighed together, if some node has room for all of it. */
import { INF } from '../score.js'
import { available, cloneOf, type Host, type Res, type World } from '../world.js'
import { mandatory, thisWith, withThis } from './colocate.js'
import { compareCapacity } from './nodes.js'

const weighs = (w: World): boolean => /^(utilization|balanced|minimal)$/.test(w.options.placement)

const fits = (host: Host, need: ReadonlyMap<string, number>): boolean => [...need].every(([k, v]) => v <= (host.utilization.get(k) ?? 0))

function sum(into: Map<string, number>, r: Res): void {
  if (r.kind !== 'primitive') {
    for (const c of r.kind === 'clone' ? r.children.slice(0, 1) : r.children) sum(into, c)
    return
  }
  if (!r.provisional) return
  for (const [k, v] of r.utilization) into.set(k, (into.get(k) ?? 0) + v)
}

/** Bars nodes without room. Where no node has room for all that must be together, gives the one with the most. */
export function capacity(w: World, res: Res): Host | undefined {
  if (!weighs(w)) return undefined
  const own = new Map<string, number>()
  sum(own, res)
  const together = new Map<string, number>()
  const companions = company(res)
  for (const r of companions) sum(together, r)
  const some = [...res.places.values()].some((p) => p.score >= 0 && available(p.host) && fits(p.host, together))
  const need = some ? together : own
  for (const p of res.places.values())
    if (available(p.host) && !fits(p.host, need)) w.score(res, p.host, -INF, 'utilization', 'engine.capacity')
  return some ? undefined : roomiest(res)
}

const roomiest = (res: Res): Host | undefined => {
  let most: Host | undefined
  for (const p of res.places.values()) if (p.score >= 0 && available(p.host) && (!most || compareCapacity(p.host, most) > 0)) most = p.host
  return most
}

/** What still has to be placed with `res`, as far as mandatory colocations reach. */
function company(res: Res): Set<Res> {
  const seen = new Set<Res>()
  const visit = (r: Res): void => {
    if (seen.has(r) || r.kind === 'bundle') return
    seen.add(r)
    for (const c of thisWith(r)) if (c.score >= INF && mandatory(c)) visit(c.primary)
    for (const c of withThis(r))
      if (c.score >= INF && mandatory(c) && (cloneOf(r) === undefined || cloneOf(c.dependent) !== undefined)) visit(c.dependent)
    if (r.kind === 'group') for (const m of r.children) visit(m)
  }
  visit(res)
  const groups = [...seen].filter((r) => r.kind === 'group')
  for (const g of groups) seen.delete(g)
  return seen
}
