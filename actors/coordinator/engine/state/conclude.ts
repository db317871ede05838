/** What a node's story of one resource comes to: where it runs, and what its last failure demands. */
import { INF, Role } from '../score.js'
import { why } from '../why.js'
import { type Host, isGuest, isRemote, type OnFail, type Res, type World } from '../world.js'
import { fence } from './hosts.js'
import { reconnectMs } from './operations.js'

export const setActive = (res: Res): void => {
  res.role = res.promotable ? Role.unpromoted : Role.started
}

/** Writes down that `res` is active on `host`; more than one place at a time calls for the resource's `multiple-active`. */
export function runs(w: World, res: Res, host: Host): void {
  if (res.active.includes(host)) return
  res.active.push(host)
  if (res.kind === 'primitive') host.running.push(res)
  if (host.maintenance) {
    res.managed = false
    res.maintenance = true
  }
  if (!res.managed) {
    if (res.orphan && !w.options.stopOrphanResources) return
    w.score(res, host, INF, 'unmanaged', 'engine.unmanaged')
    return
  }
  if (res.active.length > 1) several(w, res)
}

function several(w: World, res: Res): void {
  switch (res.multiple) {
    case 'stop_only':
      for (const h of w.hosts) w.score(res, h, -INF, 'multiple-active', 'engine.multiple-active')
      break
    case 'stop_unexpected':
      res.stopUnexpected = true
      break
    case 'block':
      block(res)
      break
    default:
  }
}

/** A blocked resource is left alone; so is the group around it. */
function block(res: Res): void {
  res.managed = false
  res.blocked = true
  const { parent } = res
  if (parent?.kind === 'group' || (parent && parent.kind === 'bundle')) {
    for (const c of parent.children) {
      c.managed = false
      c.blocked = true
    }
  }
}

export function conclude(w: World, res: Res, host: Host, worst: OnFail): void {
  let onFail = worst
  if (res.role !== Role.unknown) res.known.add(host)
  if (res.role > Role.stopped && !host.online && !host.maintenance && res.managed) unreachable(w, res, host)
  if (host.unclean) onFail = 'ignore' // fencing is all that has to happen
  react(w, res, host, onFail)
  if (res.role !== Role.stopped && res.role !== Role.unknown) {
    runs(w, res, host)
    if (onFail === 'ignore') weigh(res, host)
    if (onFail !== 'ignore') {
      res.failed = true
      if (onFail !== 'demote' && onFail !== 'block') res.stopIfFailed = true
    }
  }
  if (onFail !== 'ignore' && onFail !== 'block' && res.role > Role.stopped) res.failed = true
}

/**
 * What a node would lose with its fencing: the sum of the priorities of what runs there, one more for each that is promoted. What failed does not
 * count; what runs in a guest counts for the guest and for the machine around it.
 */
function weigh(res: Res, host: Host): void {
  if (res.priority === 0) return
  const weight = res.priority + (res.role === Role.promoted ? 1 : 0)
  host.priority += weight
  if (isGuest(host)) for (const machine of host.connection?.container?.active ?? []) machine.priority += weight
}

/** Active on a node that nobody can reach: it must be fenced before the resource is started elsewhere. */
function unreachable(w: World, res: Res, host: Host): void {
  if (isGuest(host)) {
    res.failed = true
    res.stopIfFailed = true
    fence(w, host, why('engine.fence-active', { resource: res.id }))
  } else if (w.options.fencing) {
    if (isRemote(host) && host.connection && !host.connection.failed) host.unseen = true
    fence(w, host, why('engine.fence-active', { resource: res.id }))
  }
}

function react(w: World, res: Res, host: Host, onFail: OnFail): void {
  switch (onFail) {
    case 'fence':
      res.failed = true
      fence(w, host, why('engine.fence-failed', { resource: res.id }))
      break
    case 'standby':
      host.standby = true
      host.standbyOnFail = true
      break
    case 'block':
      res.managed = false
      res.blocked = true
      break
    case 'ban':
      w.score(res, host, -INF, 'on-fail-ban', 'engine.on-fail-ban')
      break
    case 'stop':
      res.nextRole = Role.stopped
      res.nextRoleWhy = 'on-fail=stop'
      break
    case 'restart':
      if (res.role > Role.stopped) w.memory.wantStop.push({ res, host })
      break
    case 'restart-container':
      res.failed = true
      res.stopIfFailed = true
      if (res.container) restartContainer(w, res, host)
      else if (res.role > Role.stopped) w.memory.wantStop.push({ res, host })
      break
    case 'reset-remote':
      resetRemote(w, res, host)
      break
    case 'demote':
      res.failed = true
      w.memory.wantDemote.push({ res, host })
      break
    case 'ignore':
      break
  }
}

function restartContainer(w: World, res: Res, host: Host): void {
  const container = res.container
  if (!container) return
  for (const h of container.active.length > 0 ? container.active : [host]) w.memory.wantStop.push({ res: container, host: h })
}

/** The connection to a remote node broke: the node is fenced, where that can be, and the connection starts anew. */
function resetRemote(w: World, res: Res, at: Host): void {
  res.failed = true
  res.stopIfFailed = true
  if (w.options.fencing) {
    const host = res.remoteHost
    if (host && host.kind === 'remote' && !host.wasFenced) fence(w, host, why('engine.fence-connection'))
  }
  if (res.role > Role.stopped) w.memory.wantStop.push({ res, host: res.active[0] ?? at })
  if (reconnectMs(w, res) > 0) {
    res.nextRole = Role.stopped // until the failure is forgotten
    res.nextRoleWhy = 'remote reset'
  }
}
