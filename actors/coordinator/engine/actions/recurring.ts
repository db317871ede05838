/** Recurring operations: those that shall run where the resource runs, those for the stopped role everywhere else, and the ones to cancel. */
import { Order } from '../graph/flags.js'
import { order, orderAfterKey } from '../graph/orderings.js'
import type { OperationSpec } from '../scene.js'
import { flag, parseRole, Role } from '../score.js'
import { interval, keyOf } from '../state/operations.js'
import type { Action, Host, Res, World } from '../world.js'
import { action, findAll } from './create.js'

/** Is this recurring operation under way on the node, as its history tells? */
const underway = (w: World, res: Res, host: Host, task: string, ms: number): boolean =>
  w.memory.recurring.of(res).some((m) => m.host === host && m.op.operation === task && m.op.intervalMs === ms) &&
  !w.memory.stale.of(res).some((s) => s.host === host && s.key === keyOf(res, task, ms))

export function createRecurring(w: World, res: Res): void {
  if (res.blocked || res.maintenance || (res.assigned?.maintenance ?? false)) return
  for (const op of res.operations) {
    const ms = interval(op)
    if (ms === 0 || oneTime.has(op.name) || !flag(op.attributes.enabled, true) || duplicate(w, res, op, ms)) continue
    const role = parseRole(op.attributes.role)
    if (role === Role.stopped) whereStopped(w, res, op, ms)
    else if (res.assigned) whereActive(w, res, res.assigned, op, ms, role)
  }
}

/** What changes where a resource is or in which role cannot be done again and again, whatever interval it was given. */
const oneTime = new Set(['start', 'stop', 'promote', 'demote', 'reload', 'reload-agent', 'migrate_to', 'migrate_from'])

/** Two operations of one name and interval cannot be told apart: the field takes neither, kyha's own configurations the first. */
function duplicate(w: World, res: Res, op: OperationSpec, ms: number): boolean {
  const alike = res.operations.filter((o) => o.name === op.name && interval(o) === ms)
  return w.scene.own ? alike[0] !== op : alike.length > 1
}

function whereActive(w: World, res: Res, host: Host, op: OperationSpec, ms: number, role: Role): void {
  const begin = findAll(res, 'start', host)[0]
  const running = underway(w, res, host, op.name, ms)
  const mismatch = role === Role.unknown || role === Role.started ? res.nextRole === Role.promoted : role !== res.nextRole
  if (mismatch) {
    if (running && res.active.includes(host))
      cancel(w, res, op.name, ms, host, res.role === Role.promoted ? 'demote' : res.nextRole === Role.promoted ? 'promote' : 'stop')
    return
  }
  const optional = begin && !begin.optional ? false : running
  const m = action(w, { key: keyOf(res, op.name, ms), task: op.name, res, host, ms, optional })
  if (begin && !begin.runnable) m.runnable = false
  else if (!host.online || host.unclean) m.runnable = false
  if (!res.managed) return
  orderAfterKey(w, res, 'start', m, Order.firstImpliesThen | Order.runnable)
  orderAfterKey(w, res, 'reload-agent', m, Order.firstImpliesThen | Order.runnable)
  if (res.nextRole === Role.promoted) orderAfterKey(w, res, 'promote', m, Order.optional | Order.runnable)
  else if (res.role === Role.promoted) orderAfterKey(w, res, 'demote', m, Order.optional | Order.runnable)
}

/** A monitor for the stopped role runs wherever the resource does not. */
function whereStopped(w: World, res: Res, op: OperationSpec, ms: number): void {
  if (res.parent?.kind === 'clone' && !res.unique) return
  for (const host of w.hosts) {
    if (host.kind !== 'member') continue
    const running = underway(w, res, host, op.name, ms)
    if (host === res.assigned) {
      if (running) cancel(w, res, op.name, ms, host, 'start')
      continue
    }
    const m = action(w, { key: keyOf(res, op.name, ms), task: op.name, res, host, ms, optional: running })
    m.extra.set('stopped', 'true')
    if (res.managed) for (const p of findAll(res, 'monitor', host)) order(w, p, m, Order.runnable)
    for (const s of findAll(res, 'stop', host)) {
      if (!s.optional && !s.runnable) m.runnable = false
      if (res.managed) order(w, s, m, Order.firstImpliesThen | Order.runnable)
    }
    if (!host.online || host.unclean) m.runnable = false
  }
}

/** Ends a recurring operation before `then` changes the role that it is for. */
export function cancel(w: World, res: Res, task: string, ms: number, host: Host, then: string): Action {
  const c = action(w, { key: `${keyOf(res, task, ms)}-cancel`, task: 'cancel', res, host, optional: false })
  c.extra.set('interval', String(ms))
  c.extra.set('of', task)
  for (const a of findAll(res, then, host)) order(w, c, a, Order.optional)
  return c
}
