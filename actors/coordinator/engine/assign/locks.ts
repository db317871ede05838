/**
 * Shutdown locks: what was active on a node that shuts down in good order waits for that node, as long as the cluster's limit allows. Only plain
 * resources and groups are locked; fence devices, connections and instances never are.
 */
import { INF } from '../score.js'
import { type Host, isConnection, isFenceDevice, type Res, type World } from '../world.js'

export function lockAll(w: World): void {
  if (!w.options.shutdownLock) return
  for (const { res, host, since } of w.memory.locks) if (!over(w, since)) res.lockedTo = host
  for (const r of w.resources) lock(w, r)
}

const over = (w: World, since: number): boolean =>
  since <= 0 || (w.options.shutdownLockLimitS > 0 && w.scene.nowS > since + w.options.shutdownLockLimitS)

function lock(w: World, r: Res): void {
  if (r.kind === 'group') for (const m of r.children) lock(w, m)
  if (r.kind !== 'primitive' || isFenceDevice(r) || isConnection(r)) return
  r.lockedTo = r.lockedTo ? (r.active.length > 0 ? undefined : r.lockedTo) : leaving(r)
  const { lockedTo } = r
  if (!lockedTo) return
  for (const h of w.hosts) if (h !== lockedTo) w.score(r, h, -INF, 'shutdown-lock', 'engine.shutdown-lock')
}

/** The one node it runs on, where that shuts down and needs no fencing. */
function leaving(r: Res): Host | undefined {
  const [host, other] = r.active
  return host && !other && host.shutdown && !host.unclean ? host : undefined
}
