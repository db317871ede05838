/**
 * Unfencing: a node is let back to the shared devices ("on") before anything that needs them is probed or started there. It is required where it
 * was never done since the node came up; elsewhere it is only an ordering, so that a new resource does not disturb a node.
 */
import { Order } from '../graph/flags.js'
import { order } from '../graph/orderings.js'
import { type Action, type Host, isFenceDevice, type Res, type World } from '../world.js'
import { fenceOp } from './create.js'

const concerned = (w: World, r: Res): boolean => (isFenceDevice(r) ? w.enableUnfencing : r.requires === 'unfencing')

const unfenced = (host: Host): boolean => {
  const text = host.attrs.get('#node-unfenced')
  return text !== undefined && text !== '0' && text !== ''
}

export function orderUnfencing(w: World): void {
  if (!w.enableUnfencing) return
  for (const a of [...w.actions]) {
    const { res, host } = a
    if (!res || !host || host.kind === 'guest' || !host.online || host.unclean || !concerned(w, res)) continue
    if (a.task === 'monitor' && a.intervalMs === 0) before(w, host, a, Order.optional)
    else if (a.task === 'start') before(w, host, a, Order.optional | Order.firstImpliesThen)
    else if (a.task === 'stop') order(w, a, fenceOp(w, host, 'on', true, ''), Order.optional)
  }
}

/** A fence device that changed: the node has to be let in anew, through the device as it is now. */
export function unfence(w: World, device: Res, host: Host, why: string): void {
  if (!w.enableUnfencing || !isFenceDevice(device) || host.kind === 'guest' || !host.online || host.unclean || host.shutdown) return
  fenceOp(w, host, 'on', false, why)
}

function before(w: World, host: Host, a: Action, flags: number): void {
  const fenced = unfenced(host)
  const op = fenceOp(w, host, 'on', fenced, fenced ? '' : `required by ${a.res?.id ?? ''} ${a.task}`)
  order(w, op, a, flags)
}
