/**
 * Which half wins when each wants to fence the other: the fencing of the lost node that has most to lose may wait (`priority-fencing-delay`). What a
 * node has, its weight, was added up while histories were read (state/conclude.ts).
 */
import type { Action, Host, World } from '../world.js'

/**
 * Tells the fencing of a member its delay in seconds, 0 included, where the option is set. Nobody waits where this side has more than half of the
 * members, or where all members weigh the same.
 */
export function delayFencing(w: World, host: Host, op: Action): void {
  const { fencingDelayS } = w.options
  if (fencingDelayS <= 0 || host.kind !== 'member') return
  const members = w.hosts.filter((h) => h.kind === 'member')
  const weights = members.map((h) => h.priority)
  const most = Math.max(...weights)
  const lost = !host.online && members.filter((h) => h.online).length <= members.length / 2
  const waits = lost && host.priority === most && Math.min(...weights) < most
  op.data = { 'priority-fencing-delay': String(waits ? fencingDelayS : 0), 'node-priority': String(host.priority) }
}
