/**
 * When the recurring monitors of a resource are due: one timer per (interval, depth, role). The first run is spread over the second half of
 * the interval, so that fifty resources started together are not monitored together; the next is due one interval after the last ended.
 */
import { cancel, type Effect, type Random, timer } from '../../runtime/actor.js'
import type { OpDoc, ResourceDoc } from '../../runtime/config/document.js'
import { after, type Instant } from '../../runtime/time.js'
import type { ResourceIn } from './messages.js'

const INTERVAL_MS_MIN = 100
/** More monitors than this on one resource are not run. */
const MONITORS_MAX = 16

/** A probe is a monitor with interval 0: the first one configured without interval, else these. */
export const PROBE: OpDoc = { intervalMs: 0, timeoutMs: 20_000, onFail: 'restart', depth: 0 }

export const monitorKey = (op: OpDoc): string => `${op.intervalMs}/${op.depth}/${op.role ?? ''}`
const timerKey = (key: string): string => `monitor ${key}`
const intervalMs = (op: OpDoc): number => Math.max(INTERVAL_MS_MIN, Math.trunc(op.intervalMs))

/** The recurring monitors that fit the role it has now. */
export function recurring(doc: ResourceDoc, role: 'running' | 'promoted'): readonly OpDoc[] {
  const other = role === 'running' ? 'Promoted' : 'Unpromoted'
  return doc.ops.monitors.filter((op) => op.intervalMs > 0 && op.role !== other).slice(0, MONITORS_MAX)
}

/** The operation for a probe: a configured monitor's time limit, never its depth. */
export function probeOp(doc: ResourceDoc): OpDoc {
  const op = doc.ops.monitors.find((m) => m.intervalMs === 0) ?? doc.ops.monitors[0] ?? PROBE
  return { ...op, intervalMs: 0, depth: 0 }
}

/** Timers for all recurring monitors after a start or an adoption. */
export const arm = (doc: ResourceDoc, role: 'running' | 'promoted', now: Instant, random: Random): readonly Effect[] =>
  recurring(doc, role).map((op) => {
    const half = Math.ceil(intervalMs(op) / 2)
    return due(op, after(now, half + random.int(half)))
  })

/** The timer for the next run of one monitor that ended now. */
export const rearm = (op: OpDoc, now: Instant): Effect => due(op, after(now, intervalMs(op)))

/** No monitor is due any more. */
export const disarm = (doc: ResourceDoc): readonly Effect[] =>
  doc.ops.monitors.filter((op) => op.intervalMs > 0).map((op) => cancel(timerKey(monitorKey(op))))

const due = (op: OpDoc, atMs: Instant): Effect => {
  const msg: ResourceIn = { type: 'monitor-due', key: monitorKey(op) }
  return timer(timerKey(monitorKey(op)), atMs, msg)
}
