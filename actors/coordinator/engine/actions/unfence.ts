/**
 * Unfencing: a node is let back to the shared devices ("on") before anything that needs them is probed or started there. It is required where it
 * was never done since the node came up; elsewhere it is only an ordering, so that a new resource does not disturb a node.
 */
import { Order } from '../graph/flags.js'
import { order } from '../graph/orderings.js'
import { digest, parameters } from '../resolve/digest.js'
import { type Why, why } from '../why.js'
import { type Action, type Host, isFenceDevice, type Res, type World } from '../world.js'
import { fenceOp } from './create.js'

const concerned = (w: World, r: Res): boolean => (isFenceDevice(r) ? w.enableUnfencing : r.requires === 'unfencing')

const unfenced = (host: Host): boolean => {
  const text = host.attrs.get('#node-unfenced')
  return text !== undefined && text !== '0' && text !== ''
}

export function orderUnfencing(w: World): void {
  if (!w.enableUnfencing) return
  const changed = changedHosts(w)
  for (const a of [...w.actions]) {
    const { res, host } = a
    if (!res || !host || host.kind === 'guest' || !host.online || host.unclean || host.shutdown || !concerned(w, res)) continue
    if (a.task === 'monitor' && a.intervalMs === 0) before(w, host, a, Order.optional, changed)
    else if (a.task === 'start') before(w, host, a, Order.optional | Order.firstImpliesThen, changed)
    else if (a.task === 'stop') order(w, a, fenceOn(w, host, true, undefined, changed), Order.optional)
  }
}

/** A fence device that changed: the node has to be let in anew, through the device as it is now. */
export function unfence(w: World, device: Res, host: Host, because: Why): void {
  if (!w.enableUnfencing || !isFenceDevice(device) || host.kind === 'guest' || !host.online || host.unclean || host.shutdown) return
  fenceOp(w, host, 'on', false, because)
}

/** The order to let a node in. It is required where the node was let in by a device that has other parameters now. */
function fenceOn(w: World, host: Host, optional: boolean, because: Why | undefined, changed: ReadonlySet<Host>): Action {
  return fenceOp(w, host, 'on', optional && !changed.has(host), changed.has(host) ? why('engine.unfence-parameters') : because)
}

function changedHosts(w: World): ReadonlySet<Host> {
  const devices = [...w.primitives()].filter((r) => isFenceDevice(r) && r.meta.get('provides') === 'unfencing')
  return new Set(w.hosts.filter((h) => devices.some((d) => differs(w, d, h))))
}

/** The node's attributes hold `device:agent:digest,` for each device that let it in; a change of secrets alone does not count. */
function differs(w: World, device: Res, host: Host): boolean {
  const [all, secure] = [host.attrs.get('#digests-all'), host.attrs.get('#digests-secure') ?? '']
  if (all === undefined) return false
  const now = parameters(w, device, host)
  const entry = (values: ReadonlyMap<string, string>): string => `${device.id}:${device.agent.type}:${digest(values)},`
  return !all.includes(entry(now)) && !secure.includes(entry(new Map([...now].filter(([k]) => !secrets.has(k)))))
}
const secrets = new Set(['passwd', 'password', 'user'])

function before(w: World, host: Host, a: Action, flags: number, changed: ReadonlySet<Host>): void {
  const fenced = unfenced(host)
  const because = fenced ? undefined : why('engine.why-needed', { resource: a.res?.id ?? '', action: a.task })
  const op = fenceOn(w, host, fenced, because, changed)
  order(w, op, a, flags)
}
