/** The order in which a clone's instances are placed: those that run somewhere good first, then by number. */

import { INF } from '../score.js'
import { available, type Host, type Res, type World } from '../world.js'
import { tooMany } from './apply.js'
import { heed, thisWith, withThis } from './colocate.js'
import { scoresOf, triedAt } from './scores.js'

export const currentHost = (r: Res): Host | undefined =>
  r.kind === 'primitive' ? r.active[0] : r.children.map((c) => currentHost(c)).find((h) => h !== undefined)
const hostCount = (r: Res): number => (r.kind === 'primitive' ? r.active.length : new Set(r.children.flatMap((c) => c.active)).size)

const numberOf = (r: Res): number => Number(r.id.slice(r.id.lastIndexOf(':') + 1)) || 0
const failedOn = (w: World, r: Res, h: Host): boolean =>
  [...w.primitives([r])].some((p) => p.failed && p.active.includes(h)) || [...w.primitives([r])].some((p) => tooMany(w, p, h))

/** The order for one sorting: what an instance is worth with its company is worked out once, not at each comparison. */
export function instanceOrder(w: World): (a: Res, b: Res) => number {
  const worths = new Map<Res, number>()
  const worth = (i: Res, host: Host): number => {
    const known = worths.get(i) ?? colocated(w, i, host)
    worths.set(i, known)
    return known
  }
  return (a, b) => compareInstances(w, a, b, worth)
}

function compareInstances(w: World, a: Res, b: Res, worth: (i: Res, host: Host) => number): number {
  const [m, n] = [hostCount(a), hostCount(b)]
  if (m > 0 && n > 0 && m !== n) return m - n
  const [x, y] = [currentHost(a), currentHost(b)]
  const [ox, oy] = [onAllowed(a, x), onAllowed(b, y)]
  if (ox !== oy) return ox ? -1 : 1
  if (a.priority !== b.priority) return b.priority - a.priority
  if (!x && !y) return numberOf(a) - numberOf(b)
  if (!x) return 1
  if (!y) return -1
  if (available(x) !== available(y)) return available(x) ? -1 : 1
  const [px, py] = [scoreAt(a.parent, x), scoreAt(b.parent, y)]
  const [ax, ay] = [px !== undefined && px >= 0, py !== undefined && py >= 0]
  if (ax !== ay) return ax ? -1 : 1
  if (px !== py) return (py ?? -INF) - (px ?? -INF)
  const [fx, fy] = [failedOn(w, a, x), failedOn(w, b, y)]
  if (fx !== fy) return fx ? 1 : -1
  const byColocation = worth(b, y) - worth(a, x)
  if (byColocation !== 0) return byColocation
  return numberOf(a) - numberOf(b)
}

/** Inactive, or active where it may be. */
const onAllowed = (r: Res, h: Host | undefined): boolean => {
  if (!h) return true
  return (r.places.get(h)?.score ?? -INF) >= 0
}
const scoreAt = (r: Res | undefined, h: Host): number | undefined => r?.places.get(h)?.score

/** The instance's score where it is, with what it is colocated with. */
function colocated(w: World, i: Res, host: Host): number {
  const lead = i.kind === 'group' ? (i.children[0] ?? i) : i
  let work = scoresOf(w, lead.places)
  const clone = i.parent
  for (const c of clone ? thisWith(clone) : [])
    work = heed(w, c.primary, work, c.attribute, c.score / INF, { positive: false, nested: true, forward: true })
  for (const c of clone ? withThis(clone) : [])
    work = heed(w, c.dependent, work, c.attribute, c.score / INF, { positive: false, nested: true })
  return triedAt(work, host) ?? -INF
}
