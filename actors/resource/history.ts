/**
 * The failures of one resource on this node, and when they are forgotten. `failCount >= migrationThreshold` makes it leave (requirement C2).
 *  consecutive (default): failures in a row. The row ends when a monitor succeeds at least `healthyMs` after the last failure
 *    (failureTimeoutMs, or 60 s when that is 0). A service that dies, is restarted and dies again before it was healthy for so long
 *    has failed twice in a row. Where it no longer runs, the row ends failureTimeoutMs after the last failure (0 = only by cleanup).
 *  window: every failure counts until it is failureTimeoutMs old (0 = until cleanup).
 * Both end with a cleanup, with another agent or other parameters, and with a reboot of the node. A time-out is a failure; a degraded success (190, 191) is not.
 */

import type { MetaDoc } from '../../runtime/config/document.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import type { FailureClass } from './ocf.js'

export interface Failure {
  readonly action: string
  readonly rc: number
  readonly exitReason: string
  readonly class: FailureClass
  /** Definition that it failed under: runtime/config/document.ts. */
  readonly of: number
  readonly atMs: Instant
}
/** Oldest first. At 256 the oldest goes: the count saturates there. */
export interface History {
  readonly counted: readonly Failure[]
  readonly last?: Failure
}
export type Rules = Pick<MetaDoc, 'failureCounting' | 'failureTimeoutMs'>

const KEPT_MAX = 256
const HEALTHY_MS = 60_000
export const noHistory: History = { counted: [] }

/** `failure` happened. One that is ignored (on-fail=ignore) is shown but does not count. */
export const failed = (h: History, failure: Failure, counts: boolean): History => ({
  counted: counts ? [...h.counted, failure].slice(-KEPT_MAX) : h.counted,
  last: failure,
})

/** A recurring monitor succeeded at `now`. */
export function healthy(h: History, rules: Rules, now: Instant): History {
  const newest = h.counted.at(-1)
  if (!newest || rules.failureCounting !== 'consecutive') return forget(h, rules, now)
  const healthyMs = rules.failureTimeoutMs > 0 ? rules.failureTimeoutMs : HEALTHY_MS
  return elapsed(newest.atMs, now) >= healthyMs ? noHistory : h
}

/** What is too old is dropped. */
export function forget(h: History, rules: Rules, now: Instant): History {
  const due = expiresAt(h, rules)
  if (due === undefined || elapsed(due, now) < 0) return h
  if (rules.failureCounting === 'consecutive') return noHistory
  const counted = h.counted.filter((f) => elapsed(f.atMs, now) < rules.failureTimeoutMs)
  return counted.length === 0 ? noHistory : { ...h, counted }
}

/** Failures of other definitions than `of` are void. A failed stop is shown on: what it left may still run. */
export function voided(h: History, of: number): History {
  const counted = h.counted.filter((f) => f.of === of)
  const last = h.last && (h.last.of === of || h.last.action === 'stop') ? h.last : counted.at(-1)
  return { counted, ...(last && { last }) }
}

/** When the next failure is forgotten; undefined = by cleanup only. */
export function expiresAt(h: History, rules: Rules): Instant | undefined {
  const from = rules.failureCounting === 'consecutive' ? h.counted.at(-1) : h.counted[0]
  return from && rules.failureTimeoutMs > 0 ? after(from.atMs, rules.failureTimeoutMs) : undefined
}
