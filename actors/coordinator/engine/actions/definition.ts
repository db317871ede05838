/**
 * Has the definition of something that runs changed? History keeps a digest of the parameters of each operation; where it differs from today's
 * the resource is restarted, or reloaded if its agent can and the changed parameters allow it, or a recurring operation begins anew.
 */
import { Order } from '../graph/flags.js'
import { orderBeforeKey } from '../graph/orderings.js'
import type { HistoryOp } from '../scene.js'
import { Role } from '../score.js'
import { differs, restartDiffers } from '../state/changed.js'
import { failCount } from '../state/failcount.js'
import { findOperation, recurs } from '../state/operations.js'
import { why } from '../why.js'
import { available, type Host, type Res, type World } from '../world.js'
import { action, stop } from './create.js'
import { deleteHistory } from './forget.js'
import { unfence } from './unfence.js'

const checked = new Set(['start', 'monitor', 'promote', 'migrate_from'])

export function checkDefinitions(w: World): void {
  for (const { res, host, entry, ops, otherAgent } of w.memory.lives) {
    if (res.orphan || (!host.maintenance && !available(host))) continue
    if (otherAgent) replaced(w, res, host)
    if (!res.active.includes(host) || (entry.resource !== res.id && entry.resource !== res.historyId)) continue
    for (const op of ops) if (recurs(op)) recurring(w, res, host, op)
    if (!res.managed || res.role < Role.started) continue
    for (const op of ops) if (op.intervalMs === 0 && checked.has(op.operation)) once(w, res, host, op)
  }
}

/** The same name means another agent now: what runs under the old one is stopped, and the history of it is of no use. */
function replaced(w: World, res: Res, host: Host): void {
  unfence(w, res, host, why('engine.unfence-definition'))
  deleteHistory(w, res, host, why('engine.why-definition'))
  if (res.active.includes(host)) {
    stop(w, res, host, false).reason = why('engine.why-definition')
    res.startPending = true
  }
}

function recurring(w: World, res: Res, host: Host, op: HistoryOp): void {
  const { operation: task, intervalMs: ms } = op
  if (res.maintenance || host.maintenance) {
    cancelled(w, res, host, task, ms)
    return
  }
  if (!findOperation(res, task, ms)) {
    if (w.options.stopOrphanActions) cancelled(w, res, host, task, ms)
    return
  }
  if (!differs(w, res, host, op)) return
  w.memory.stale.push({ res, host, key: `${res.id}_${task}_${ms}` })
  retry(w, res, host)
}

/** What failed as it was defined then may be tried afresh. */
function retry(w: World, res: Res, host: Host): void {
  if (failCount(w, res, host, true).count > 0) w.memory.clears.push({ res, host, why: why('engine.clear-operation') })
}

function cancelled(w: World, res: Res, host: Host, task: string, ms: number): void {
  const c = action(w, { key: `${res.id}_${task}_${ms}-cancel`, task: 'cancel', res, host, optional: false })
  c.extra.set('interval', String(ms))
  c.extra.set('of', task)
}

/** A start (or the probe that found it) with other parameters than today's. */
function once(w: World, res: Res, host: Host, op: HistoryOp): void {
  const listed = op.attributes['op-force-restart'] ?? ''
  const newStart = op.digests.restart !== undefined && restartDiffers(w, res, host, op, listed)
  if (!newStart && !differs(w, res, host, op)) return
  retry(w, res, host)
  if (newStart) restart(w, res, host)
  else if (op.digests.restart !== undefined) reload(w, res, host)
  else restart(w, res, host)
}

function restart(w: World, res: Res, host: Host): void {
  unfence(w, res, host, why('engine.unfence-parameters'))
  w.memory.redefined.add(res)
}

/** Any stop or start of the resource makes the reload pointless. */
function reload(w: World, res: Res, host: Host): void {
  unfence(w, res, host, why('engine.unfence-parameters'))
  if (res.failed || !res.managed || res.startPending || res.assigned !== host || res.active.length !== 1) return
  res.reloadOnly = true
  const r = action(w, { key: `${res.id}_reload-agent_0`, task: 'reload-agent', res, host, optional: false })
  r.reason = why('engine.why-definition')
  orderBeforeKey(w, r, res, 'stop', Order.optional | Order.thenCancelsFirst)
  orderBeforeKey(w, r, res, 'start', Order.optional | Order.thenCancelsFirst)
}
