/** What an operation is configured to do: its meta values, its reaction to failure, what it needs. */
import { unpack } from '../resolve/values.js'
import type { HistoryOp, OperationSpec } from '../scene.js'
import { flag, parseMs, parseRole, Role } from '../score.js'
import { isConnection, isFenceDevice, type OnFail, type Res, type World } from '../world.js'

export const interval = (op: OperationSpec): number => parseMs(op.interval) ?? 0
/** Something that was begun to be done again and again. */
export const recurs = (op: HistoryOp): boolean => op.intervalMs > 0 && op.status !== 1
export const keyOf = (res: Res | string, task: string, ms: number): string => `${typeof res === 'string' ? res : res.id}_${task}_${ms}`

/** The operation that the configuration has for this task and interval, if it is enabled. */
export function findOperation(res: Res, task: string, ms: number, withDisabled = false): OperationSpec | undefined {
  return res.operations.find((o) => o.name === task && interval(o) === ms && (withDisabled || flag(o.attributes.enabled, true)))
}

/** The values that hold for one operation: its own, then the cluster's defaults (whose rules may ask for the operation or its resource). */
export function configured(w: World, res: Res, task: string, text: string | number): Map<string, string> {
  const ms = typeof text === 'number' ? text : (parseMs(text) ?? 0)
  const op = findOperation(res, task, ms, true)
  const asked = { nowS: w.scene.nowS, agent: res.agent, operation: { name: task, intervalMs: ms } }
  const values = new Map<string, string>()
  if (op) {
    unpack(op.meta, asked, values)
    for (const [k, v] of Object.entries(op.attributes)) if (k !== 'id' && k !== 'name') values.set(k, v)
  }
  unpack(w.scene.operationDefaults, asked, values)
  return values
}

/** The reaction to a failure of this operation, and the role that the resource falls to. */
export function reaction(w: World, res: Res, task: string, ms: number): { onFail: OnFail; failRole: Role } {
  const values = configured(w, res, task, ms)
  const text = values.get('on-fail')?.toLowerCase()
  let onFail = task === 'stop' && ['standby', 'demote', 'stop'].includes(text ?? '') ? undefined : named(w, res, text)
  const promotedOp = parseRole(values.get('role')) === Role.promoted
  if (onFail === 'demote' && !(task === 'promote' || (task === 'monitor' && ms > 0 && promotedOp))) onFail = undefined
  if (onFail === undefined && task === 'demote') onFail = likePromotedMonitor(w, res)
  const remote = isConnection(res) && !res.container && !(task === 'monitor' && ms === 0) && task !== 'start'
  let failRole: Role = onFail === 'stop' ? Role.stopped : Role.unknown
  if (onFail === undefined && res.container) onFail = 'restart-container'
  else if (remote && (onFail === undefined || !res.managed)) {
    onFail = res.managed ? 'reset-remote' : 'stop'
    if (!res.managed || reconnectMs(w, res) > 0) failRole = Role.stopped
  }
  onFail ??= task === 'stop' ? (w.options.fencing ? 'fence' : 'block') : 'restart'
  if (failRole === Role.unknown) failRole = task === 'promote' ? Role.unpromoted : Role.started
  return { onFail, failRole }
}

/** A failed demote is treated as its promoted monitor's failure would be, unless that is a demote. */
function likePromotedMonitor(w: World, res: Res): OnFail | undefined {
  const text = res.operations.find((o) => o.name === 'monitor' && parseRole(o.attributes.role) === Role.promoted && o.attributes['on-fail'])
  const onFail = named(w, res, text?.attributes['on-fail'])
  return onFail === 'demote' ? undefined : onFail
}

/** How long a remote connection that failed is left alone; 0: not at all. */
export const reconnectMs = (w: World, res: Res): number =>
  parseMs(unpack(res.params, { nowS: w.scene.nowS, agent: res.agent }).get('reconnect_interval')) ?? 0

function named(w: World, res: Res, text: string | undefined): OnFail | undefined {
  switch (text?.toLowerCase()) {
    case 'fence':
      return w.options.fencing ? 'fence' : 'stop'
    case 'standby':
      return 'standby'
    case 'ignore':
    case 'nothing':
      return 'ignore'
    case 'migrate':
      return 'ban'
    case 'stop':
      return 'stop'
    case 'restart':
      return 'restart'
    case 'restart-container':
      return res.container ? 'restart-container' : undefined
    case 'demote':
      return 'demote'
    case 'block':
      return 'block'
    default:
      return undefined
  }
}

export const needsOf = (res: Res | undefined, task: string): 'nothing' | 'quorum' | 'fencing' => {
  if (!res || (task !== 'start' && task !== 'promote')) return 'nothing'
  if (res.requires === 'fencing' || res.requires === 'unfencing') return isFenceDevice(res) ? 'quorum' : 'fencing'
  return res.requires === 'quorum' ? 'quorum' : 'nothing'
}

const severity: readonly OnFail[] = [
  'ignore',
  'demote',
  'restart',
  'reset-remote',
  'restart-container',
  'ban',
  'block',
  'stop',
  'standby',
  'fence',
]
export const worse = (a: OnFail, b: OnFail): OnFail => (severity.indexOf(a) >= severity.indexOf(b) ? a : b)
