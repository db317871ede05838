/** Probes: what is unknown on a node is asked before anything is started anywhere. */
import { Order } from '../graph/flags.js'
import { order, orderAfterKey, orderBeforeKey } from '../graph/orderings.js'
import { Role } from '../score.js'
import { type Host, isFenceDevice, isGuest, isRemote, type Res, top, topMost, type World } from '../world.js'
import { action, findAll } from './create.js'

export function createProbes(w: World): void {
  if (!w.options.startupProbes) return
  for (const host of w.hosts) {
    if (!host.online || host.unclean || host.kind === 'ping' || !host.discovers) continue
    if (isRemote(host) && host.shutdown && host.connection?.role === Role.stopped) continue
    for (const r of w.resources) probe(w, r, host)
  }
}

function probe(w: World, r: Res, host: Host): void {
  switch (r.kind) {
    case 'group':
      for (const m of r.children) probe(w, m, host)
      return
    case 'clone':
      if (r.unique) for (const i of r.children) probe(w, i, host)
      else probeAlike(w, r, host)
      return
    case 'bundle':
      probeBundle(w, r, host)
      return
    default:
      probeOne(w, r, host)
  }
}

/** One instance a node is enough where instances are alike. */
function probeAlike(w: World, clone: Res, host: Host): void {
  const knows = (r: Res): boolean => (r.kind === 'primitive' ? r.known.has(host) : r.children.some(knows))
  const goes = (r: Res): boolean => (r.kind === 'primitive' ? r.assigned === host : r.children.some(goes))
  if (clone.exclusiveDiscovery && clone.places.get(host)?.discovery !== 'exclusive') return
  if (clone.children.some(knows)) return
  const i = clone.children.find(goes) ?? clone.children[0]
  if (i) probe(w, i, host)
}

function probeBundle(w: World, b: Res, host: Host): void {
  for (const x of b.replicas) {
    if (x.ip) probeOne(w, x.ip, host)
    if (x.child && x.host === host) probe(w, x.child, host)
    const made = probeOne(w, x.container, host)
    if (made) {
      for (const other of b.replicas) if (other !== x) orderBeforeKey(w, made, other.container, 'start', Order.optional | Order.sameNode)
    }
    if (x.remote) {
      const p = probeOne(w, x.remote, host)
      if (p) orderAfterKey(w, x.container, 'start', p, Order.probe)
    }
  }
}

function probeOne(w: World, r: Res, host: Host) {
  if (isRemote(host) && (isFenceDevice(r) || r.remoteHost || (isGuest(host) && r.fillers.some((f) => f.remoteHost)))) return undefined
  if (r.container && !r.remoteHost) return undefined
  if (r.orphan || r.known.has(host)) return undefined
  const place = r.places.get(host)
  if (r.exclusiveDiscovery || top(r).exclusiveDiscovery) {
    if (place?.discovery !== 'exclusive') return undefined
  }
  if (place?.discovery === 'never') return undefined
  if (isGuest(host) && !guestStays(host)) return undefined
  const p = action(w, { key: `${r.id}_monitor_0`, task: 'monitor', res: r, host, optional: false })
  p.optional = false
  p.extra.set('probe', r.active.includes(host) ? 'active' : 'inactive')
  return p
}

/** Nothing is asked on a guest that is down, goes down, moves or is made anew: what is on it is known. */
function guestStays(host: Host): boolean {
  const guest = host.connection?.container
  if (!guest) return true
  if (guest.role === Role.stopped || guest.nextRole === Role.stopped) return false
  if (host.resetNeeded || host.unclean || guest.failed) return false
  return !guest.assigned || guest.active.includes(guest.assigned)
}

/** Starts wait for every probe of the resource; what is ordered after those starts waits too, through the starts. */
export function orderProbes(w: World): void {
  for (const r of w.tree()) {
    const clone = topMost(r)
    for (const p of r.actions.filter((a) => a.task === 'monitor' && a.intervalMs === 0)) {
      const starts = findAll(r, 'start')
      for (const s of starts) order(w, p, s, Order.optional | Order.probe)
      for (const x of findAll(r, 'reload-agent')) order(w, p, x, Order.optional)
      if (clone.kind === 'clone' && !clone.unique) {
        if (!isRemote(p.host)) for (const s of findAll(clone, 'start')) order(w, p, s, Order.optional)
        for (const i of w.primitives(clone.children))
          if (i !== r && i.base === r.base) for (const s of findAll(i, 'start')) order(w, p, s, Order.optional | Order.probe)
      }
    }
  }
}
