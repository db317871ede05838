/** Bundles: containers first, like instances of a clone; address, connection and what runs inside go with their container. */
import { add, INF } from '../score.js'
import type { Res, World } from '../world.js'
import { tooMany } from './apply.js'
import { assign, heedOne } from './assign.js'
import { assignInstances } from './clones.js'
import { thisWith, withThis } from './colocate.js'
import { compareInstances } from './instances.js'

export function assignBundle(w: World, res: Res): void {
  if (!res.provisional || res.busy) return
  res.busy = true
  for (const c of thisWith(res)) assign(w, c.primary)
  for (const c of withThis(res)) heedOne(w, res, c)
  const containers = res.replicas.map((x) => x.container).sort((a, b) => compareInstances(w, a, b))
  const perHost = Math.max(1, Number.parseInt(res.bundle?.settings['replicas-per-host'] ?? '1', 10) || 1)
  assignInstances(w, res, containers, res.replicas.length, perHost)
  for (const x of res.replicas) {
    if (x.ip) assign(w, x.ip, x.container.assigned)
    if (x.remote) assign(w, x.remote, x.container.assigned)
    if (!x.child || !x.host) continue
    for (const r of w.tree([x.child])) {
      for (const p of r.places.values()) p.score = p.host !== x.host ? add(p.score, -INF) : tooMany(w, r, p.host) ? p.score : INF
    }
  }
  const clone = res.children.find((c) => c.kind === 'clone')
  if (clone) {
    for (const p of clone.places.values()) p.score = res.replicas.some((x) => x.host === p.host) ? 0 : -INF
    assign(w, clone)
  }
  res.provisional = false
  res.busy = false
}
