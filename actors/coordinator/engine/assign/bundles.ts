/** Bundles: containers first, like instances of a clone; address, connection and what runs inside go with their container. */
import { colocate } from '../resolve/colocations.js'
import { add, INF, Role } from '../score.js'
import { type Host, isRemote, type Res, type World } from '../world.js'
import { tooMany } from './apply.js'
import { assign, heedOne } from './assign.js'
import { assignInstances } from './clones.js'
import { thisWith, withThis } from './colocate.js'
import { instanceOrder } from './instances.js'

export function assignBundle(w: World, res: Res): void {
  if (!res.provisional || res.busy) return
  res.busy = true
  for (const c of thisWith(res)) assign(w, c.primary)
  for (const c of withThis(res)) heedOne(w, res, c)
  const containers = res.replicas.map((x) => x.container).sort(instanceOrder(w))
  const perHost = Math.max(1, Number.parseInt(res.bundle?.settings['replicas-per-host'] ?? '1', 10) || 1)
  assignInstances(w, res, containers, res.replicas.length, perHost)
  for (const x of res.replicas) {
    if (x.ip) assign(w, x.ip, x.container.assigned)
    if (x.remote) {
      nested(w, x.remote, x.container.assigned)
      assign(w, x.remote, x.container.assigned)
    }
    if (!x.child || !x.host) continue
    for (const r of w.tree([x.child])) {
      for (const p of r.places.values()) p.score = p.host !== x.host ? add(p.score, -INF) : tooMany(w, r, p.host) ? p.score : INF
    }
    inside(w, x.child, x.host)
  }
  const clone = res.children.find((c) => c.kind === 'clone')
  if (clone) {
    for (const p of clone.places.values()) p.score = res.replicas.some((x) => x.host === p.host) ? 0 : -INF
    assign(w, clone)
  }
  res.provisional = false
  res.busy = false
}

/** Placed alone: its clone, which has the say over roles, comes after all containers. */
function inside(w: World, child: Res, host: Host): void {
  const clone = child.parent as Res
  clone.busy = true
  assign(w, child, host)
  clone.busy = false
}

/** The connection into a container on a remote node goes through that node's own connection, so both are on one machine. */
function nested(w: World, remote: Res, machine: Host | undefined): void {
  const through = isRemote(machine) ? machine?.connection : undefined
  if (!through) return
  const roles = { dependentRole: Role.unknown, primaryRole: Role.unknown }
  colocate(w, {
    id: '#remote-with-remote',
    dependent: remote,
    primary: through,
    attribute: '#uname',
    score: INF,
    ...roles,
    influence: true,
  })
}
