/** The order in which resources are placed where a placement strategy is set: priority, then who has the most to lose, then the document. */
import { INF } from '../score.js'
import type { Host, Res, World } from '../world.js'
import { heed } from './colocate.js'
import { compareHosts } from './nodes.js'
import { type Scores, scoresOf, triedAt } from './scores.js'

export function sortResources(w: World): Res[] {
  const hosts = [...w.hosts].sort((a, b) => compareHosts(w, a, b, undefined))
  const tables = new Map(w.resources.map((r) => [r, table(w, r)]))
  const score = (r: Res, h: Host | undefined): number => {
    const scores = h && tables.get(r)
    return (scores && triedAt(scores, h)) ?? -INF
  }
  const compare = (a: Res, b: Res): number => {
    if (a.priority !== b.priority) return b.priority - a.priority
    const [x, y] = [score(a, current(w, a)), score(b, current(w, b))]
    if (x !== y) return y - x
    for (const h of hosts) {
      const [s, t] = [score(a, h), score(b, h)]
      if (s !== t) return t - s
    }
    return 0
  }
  return [...w.resources].sort(compare)
}

/** Of a collective: the first node, in the order of the status, that has some of it. */
function current(w: World, r: Res): Host | undefined {
  if (r.kind === 'primitive') return r.active[0]
  const hosts = new Set([...w.primitives([r])].flatMap((p) => p.active))
  const seen = w.scene.states.map((s) => w.hosts.find((h) => h.state === s))
  return seen.find((h) => h && hosts.has(h)) ?? [...hosts][0]
}

/** A resource's own scores with those of what it is colocated with. */
function table(w: World, r: Res): Scores {
  const lead = r.kind === 'group' ? r.children.at(-1) : r
  let work = scoresOf(w, (lead ?? r).places)
  if (!lead || lead.kind === 'bundle') return work
  for (const c of lead.thisWith)
    work = heed(w, c.primary, work, c.attribute, c.score / INF, { positive: false, nested: true, forward: true })
  for (const c of lead.withThis) work = heed(w, c.dependent, work, c.attribute, c.score / INF, { positive: false, nested: true })
  return work
}
