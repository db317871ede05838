/** Operations of a resource: timeouts, reactions to failure, monitors with role and depth. */
import type { OperationSpec } from '../../../actors/coordinator/engine/scene.js'
import { flag, parseMs } from '../../../actors/coordinator/engine/score.js'
import { printDuration } from '../../../runtime/config/values.js'
import { filled, type Plain, valuesOf } from './draft.js'
import type { Notes, Origin } from './notes.js'

/** What holds for operations that do not say it themselves. */
export interface OperationDefaults {
  readonly values: ReadonlyMap<string, string>
  readonly fencing: boolean
  readonly promotable: boolean
  readonly notify: boolean
}

const usualMs = 20_000
/** Actions that kyha asks of no agent. */
const uncalled = /^(?:migrate_to|migrate_from|reload|reload-agent|meta-data|validate-all|methods|status|metadata)$/
const quiet = /^(?:id|name|interval|timeout|on-fail|role|enabled|description|record-pending|depth|OCF_CHECK_LEVEL|interval-origin|id-ref)$/

interface Read {
  readonly of: Origin
  readonly values: Map<string, string>
  readonly timeout: string | undefined
  readonly onFail: string | undefined
}

export function operationsOf(notes: Notes, owner: Origin, specs: readonly OperationSpec[], d: OperationDefaults): Plain {
  const monitors: Plain[] = []
  const once: Record<string, Plain> = {}
  const uncalledHere = new Set<string>()
  for (const spec of specs) {
    if (!flag(spec.attributes.enabled, true)) continue
    const ms = parseMs(spec.interval) ?? 0
    const read = readOperation(notes, spec, d)
    if (spec.name === 'notify' && spec.attributes['on-fail'] !== undefined && read.onFail !== 'ignore')
      notes.partly(read.of, 'on-fail', 'cib.notify-on-fail', { value: read.onFail ?? '' })
    if (spec.name === 'monitor' && ms > 0) monitors.push(...monitor(notes, read, ms))
    else if (/^(?:start|stop|promote|demote|notify)$/.test(spec.name))
      once[spec.name] ??= filled({ timeout: read.timeout, 'on-fail': read.onFail })
    else if (spec.name === 'monitor' || uncalled.test(spec.name)) uncalledHere.add(spec.name === 'monitor' ? 'monitor 0s' : spec.name)
    else notes.left(read.of, 'cib.operation', { name: spec.name })
  }
  if (uncalledHere.size > 0) notes.note(owner, 'cib.uncalled', { names: [...uncalledHere].join(', ') })
  const standard = bare(d)
  for (const name of ['start', 'stop']) once[name] ??= standard
  if (d.notify) once.notify ??= standard
  const { start, stop, notify } = once
  const roles = { promote: roleOp(once.promote, start, d), demote: roleOp(once.demote, start, d) }
  const given = filled({ start, stop, ...roles, notify: notify && filled({ timeout: notify.timeout }) })
  return { ...given, monitor: monitors }
}

/** What an operation has that is not configured. */
const bare = (d: OperationDefaults): Plain => {
  const ms = parseMs(d.values.get('timeout'))
  return filled({ timeout: ms === undefined || ms === 0 || ms === usualMs ? undefined : printDuration(ms), 'on-fail': undefined })
}

/** Without a word, kyha gives promote and demote as long as a start: said where Pacemaker's is another, and only there. */
function roleOp(given: Plain | undefined, start: Plain | undefined, d: OperationDefaults): Plain | undefined {
  if (!given && !d.promotable) return undefined
  const op = given ?? bare(d)
  const timeout = op.timeout ?? printDuration(usualMs)
  const asLong = timeout === (start?.timeout ?? printDuration(usualMs))
  return asLong && (op['on-fail'] ?? 'restart') === 'restart' ? undefined : { ...op, timeout }
}

function readOperation(notes: Notes, spec: OperationSpec, d: OperationDefaults): Read {
  const of: Origin = { element: 'op', id: spec.id }
  const own = valuesOf(notes, of, spec.meta)
  for (const [k, v] of Object.entries(spec.attributes)) own.set(k, v)
  for (const [name, value] of own) {
    if (quiet.test(name) || (name === 'start-delay' && parseMs(value) === 0)) continue
    notes.partly(of, name, 'cib.operation-word', { value })
  }
  const timeout = own.get('timeout') ?? d.values.get('timeout')
  const ms = parseMs(timeout)
  if (ms === 0) notes.partly(of, 'timeout', 'cib.no-time')
  return {
    of,
    values: own,
    timeout: timeout === undefined || ms === 0 ? undefined : ms === undefined ? timeout : printDuration(ms),
    onFail: reaction(notes, of, spec.name, own.get('on-fail') ?? d.values.get('on-fail'), d.fencing),
  }
}

function reaction(notes: Notes, of: Origin, name: string, text: string | undefined, fencing: boolean): string | undefined {
  const word = text?.toLowerCase()
  switch (word) {
    case undefined:
      return undefined
    case 'nothing':
      return 'ignore'
    case 'fence':
      // Without fencing it means stop, and for a stop nothing of its own.
      return fencing ? 'fence' : name === 'stop' ? undefined : 'stop'
    case 'stop':
      return name === 'stop' ? undefined : 'stop'
    case 'ignore':
    case 'restart':
    case 'block':
    case 'standby':
      return word
    default:
      return notes.partly(of, 'on-fail', 'cib.on-fail', { value: word })
  }
}

const roles: Readonly<Record<string, string>> = {
  started: 'Started',
  promoted: 'Promoted',
  master: 'Promoted',
  unpromoted: 'Unpromoted',
  slave: 'Unpromoted',
}

function monitor(notes: Notes, { of, values, timeout, onFail }: Read, ms: number): Plain[] {
  const said = values.get('role')
  const role = said === undefined ? undefined : roles[said.toLowerCase()]
  if (said !== undefined && role === undefined) {
    notes.left(of, 'cib.monitor-role', { role: said })
    return []
  }
  const depth = values.get('OCF_CHECK_LEVEL') ?? values.get('depth')
  return [filled({ interval: printDuration(ms), timeout, 'on-fail': onFail, depth: depth === '' ? undefined : depth, role })]
}
