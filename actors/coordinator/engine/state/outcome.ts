/**
 * What one remembered operation came to: its status as the exit code tells it, and whether it is a failure too old to count. Codes are the
 * OCF's: 0 running, 7 not running, 8 running promoted, 9 failed promoted, 190/191 degraded.
 */
import type { HistoryOp } from '../scene.js'
import { Role } from '../score.js'
import { type Why, why } from '../why.js'
import type { Host, Res, World } from '../world.js'
import { outdated } from './changed.js'
import { failCount } from './failcount.js'
import { reconnectMs } from './operations.js'

export type Outcome = 'pending' | 'done' | 'cancelled' | 'error' | 'hard' | 'fatal' | 'unsupported' | 'not-installed'

export const isProbe = (op: HistoryOp): boolean => op.operation === 'monitor' && op.intervalMs === 0

const statuses: Readonly<Record<string, Outcome>> = {
  '-1': 'pending',
  0: 'done',
  1: 'cancelled',
  3: 'unsupported',
  5: 'hard',
  6: 'fatal',
  7: 'not-installed',
  10: 'hard', // no fence device
  11: 'hard', // no secrets
}
const judged = new Set([0, 4]) // done and error: what was expected decides, not what the executor called it

/** The exit code; a monitor that finds a resource degraded is as good as one that finds it healthy. */
export const codeOf = (op: HistoryOp): number => (op.rc === 190 && op.operation === 'monitor' ? 0 : op.rc === 191 ? 8 : op.rc)

/** May set the role of `res`: some codes say it outright. */
export function outcomeOf(w: World, res: Res, host: Host, op: HistoryOp, expired: boolean): Outcome {
  const rc = codeOf(op)
  if (!judged.has(op.status)) return statuses[op.status] ?? 'error'
  const probe = isProbe(op)
  const usual: Outcome = rc === op.expected || (op.expected < 0 && (rc === 0 || op.status === 0)) ? 'done' : 'error'
  switch (rc) {
    case 0:
      return probe && op.expected === 7 ? 'done' : usual
    case 7:
      if (!probe && op.expected !== rc && res.managed) return usual
      res.role = Role.stopped
      return 'done'
    case 8:
      if (!expired || rc === op.expected) res.role = Role.promoted
      return probe ? 'done' : usual
    case 9:
      if (!expired) res.role = Role.promoted
      return 'error'
    case 6:
      return 'fatal'
    case 3:
      return op.intervalMs > 0 ? 'unsupported' : worst(w, res, host, op, expired)
    case 2:
    case 4:
    case 5:
      return worst(w, res, host, op, expired)
    default:
      return 'error'
  }
}

/** The node cannot do it. If that was a stop and nobody can fence the node, nothing is left but to keep off. */
function worst(w: World, res: Res, host: Host, op: HistoryOp, expired: boolean): Outcome {
  if (op.operation === 'stop' && !expired && !canFence(w, host)) {
    res.managed = false
    res.blocked = true
  }
  return 'hard'
}

/** Could this node be fenced if it had to be? */
export function canFence(w: World, host: Host): boolean {
  const { options, scene } = w
  if (host.kind === 'guest') {
    const container = host.connection?.container
    return container === undefined || container.active.every((h) => h.online || canFence(w, h))
  }
  if (!options.fencing || !haveDevices(w)) return false
  return scene.quorate || options.noQuorum === 'ignore' || host.online
}

export const haveDevices = (w: World): boolean => {
  w.devices ??= w.options.watchdog || [...w.primitives()].some((r) => r.agent.class === 'stonith')
  return w.devices
}

interface Age {
  readonly expired: boolean
  readonly clear: Why | undefined // why it is to be forgotten, if it is
}
const fresh: Age = { expired: false, clear: undefined }

/**
 * Has this failure outlived the resource's failure-timeout, and has nothing newer kept it alive? That of a connection, whose timeout is its
 * reconnect_interval, does not before its node was fenced, although its count may be cleared.
 */
export function expired(w: World, res: Res, host: Host, op: HistoryOp): Age {
  let over = op.status !== 7 && res.failureTimeoutS > 0 && op.changedS !== undefined && w.scene.nowS >= op.changedS + res.failureTimeoutS
  let clear: Why | undefined
  if (over) {
    if (failCount(w, res, host, false).count > 0) {
      if (failCount(w, res, host, true, op).count === 0) clear = why('engine.clear-expired')
      else over = false
    } else if (op.id.endsWith('_last_failure_0') && res.remoteHost && reconnectMs(w, res) > 0) clear = why('engine.clear-reconnect')
  } else if (outdated(w, res, host, op)) clear = why('engine.clear-parameters')
  else if (res.consecutive && failCount(w, res, host, false).count > 0 && failCount(w, res, host, true, op).count === 0)
    clear = why('engine.clear-row')
  if (over && w.options.fencing && res.remoteHost?.kind === 'remote' && reconnectMs(w, res) > 0 && !res.remoteHost.wasFenced) over = false
  if (over && isProbe(op) && [0, 7, 8, 190, 191].includes(op.rc)) over = false
  return over || clear ? { expired: over, clear } : fresh
}
