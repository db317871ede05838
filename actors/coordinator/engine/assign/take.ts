/** Taking a place and giving it back: the node's load and free capacity follow. */
import { Role } from '../score.js'
import { available, type Host, type Res, type World } from '../world.js'

/**
 * Puts `res` on `host`, or nowhere. Without `force` a node that cannot take it, or that it may not use, means nowhere; a guest may come up in time, and
 * where it does not, the resource's start shows as blocked.
 */
export function take(w: World, res: Res, host: Host | undefined, force: boolean): boolean {
  const place = host && res.places.get(host)
  if (host && !force && ((!available(host) && host.kind !== 'guest') || !place || place.score < 0)) return nowhere(w, res)
  if (!host) return nowhere(w, res)
  unassign(res)
  res.provisional = false
  res.assigned = host
  host.assigned.push(res)
  for (const [k, v] of res.utilization) host.utilization.set(k, (host.utilization.get(k) ?? 0) - v)
  if (res.nextRole === Role.unknown) res.nextRole = Role.started
  return true
}

function nowhere(_w: World, res: Res): false {
  unassign(res)
  res.provisional = false
  if (res.nextRole === Role.unknown || res.nextRole > Role.stopped) {
    res.nextRole = Role.stopped
    res.nextRoleWhy ||= 'unable to assign'
  }
  return false
}

export function unassign(res: Res): void {
  const host = res.assigned
  res.provisional = true
  if (!host) return
  res.assigned = undefined
  host.assigned.splice(host.assigned.indexOf(res), 1)
  for (const [k, v] of res.utilization) host.utilization.set(k, (host.utilization.get(k) ?? 0) + v)
}
