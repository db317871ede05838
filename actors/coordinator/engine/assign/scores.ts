/** What candidates are worth while something is tried out: one number for each node, at the node's index; the candidates themselves stay. */
import type { TextKey } from '../../../../runtime/text/index.js'
import type { Places } from '../places.js'
import { INF } from '../score.js'
import { available, type Host, isGuest, type Res, topMost, type World } from '../world.js'

export type Scores = number[]

/** A mark, far outside all scores: the node is no candidate. */
export const NONE = -1000 * INF

export function scoresOf(w: World, places: Places): Scores {
  const scores: Scores = new Array(w.hosts.length).fill(NONE)
  for (const p of places.values()) scores[p.host.index] = p.score
  return scores
}

export const triedAt = (scores: Scores, host: Host): number | undefined => {
  const score = scores[host.index]
  return score === NONE ? undefined : score
}

export const anyUsable = (w: World, scores: Scores): boolean => w.hosts.some((h) => (scores[h.index] ?? NONE) >= 0 && available(h))

/** Makes the tried scores those of the candidates. */
export function replace(res: Res, scores: Scores): void {
  for (const p of res.places.values()) p.score = triedAt(scores, p.host) ?? p.score
}

/** The same for scores that a colocation has changed: the ledger learns what it added. */
export function replaceBy(w: World, res: Res, scores: Scores, source: string, key: TextKey): void {
  for (const p of res.places.values()) {
    const score = triedAt(scores, p.host) ?? p.score
    const part = score <= -INF || score >= INF ? score : score - p.score
    if (score !== p.score) w.ledger.push({ resource: res.id, node: p.host.name, score: part, source, key })
    p.score = score
  }
}

/** A node's value of a colocation's attribute. For a bundle's inner node it is that of the node that its container is on. */
export function valueAt(h: Host, attribute: string): string | undefined {
  const container = h.kind === 'guest' && h.connection && topMost(h.connection).kind === 'bundle' ? h.connection.container : undefined
  const host = container ? (container.assigned ?? container.active[0] ?? h) : h
  return attribute === '#uname' ? host.name : host.attrs.get(attribute)
}

/** A number for each node, at its index; nodes with the same value of the attribute have the same. Only guests' values move. */
function groupsOf(w: World, attribute: string): readonly number[] {
  const known = w.groups.get(attribute)
  if (known) return known
  const numbers = new Map<string | undefined, number>()
  const groups = w.hosts.map((h) => {
    // For a CIB nodes without the attribute are alike, for kyha's own configurations each stands alone.
    const value = valueAt(h, attribute) ?? (w.scene.own ? `\0${h.name}` : undefined)
    const number = numbers.get(value) ?? numbers.size
    numbers.set(value, number)
    return number
  })
  if (!w.hosts.some(isGuest)) w.groups.set(attribute, groups)
  return groups
}

/** For each node, at its index, the best score that `source` has on a usable node with the same value of the attribute. */
export function bestAlike(w: World, source: Res, attribute: string): readonly number[] {
  const groups = groupsOf(w, attribute)
  const best: number[] = new Array(groups.length).fill(-INF)
  for (const { host, score } of source.places.values()) {
    const group = groups[host.index] ?? 0
    if (score > (best[group] ?? -INF) && available(host)) best[group] = score
  }
  return groups.map((g) => best[g] ?? -INF)
}
