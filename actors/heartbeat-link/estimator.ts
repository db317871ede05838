/**
 * How long a link may be silent: a bounded phi-accrual (Hayashibara 2004 for the idea, design 8.7 for the bounds).
 *   limit = clamp(max(mean + 4 sd, 1.5 peak) + 60, floor, max) x (1 + score)
 * Mean and deviation are taken over an exponential window of about 64 beats, so that nothing is allocated per beat. The peak is the longest
 * gap, forgotten by 1/1024 with each beat (half of it in 35 s at 50 ms): jitter comes in bursts with a longer tail than four deviations of the
 * calm between them. With bursts of 249 ms on a single link, half an hour had 151 (3 nodes) and 265 (2 nodes)
 * false confirmations without it, 1 and 2 with it.
 */
import type { Timing } from '../../runtime/actor.js'

export interface Gaps {
  readonly meanMs: number
  readonly varianceMs2: number
  readonly peakMs: number
}

const WINDOW_BEATS = 64
const PEAK_BEATS = 1024
const PEAK_FACTOR = 1.5
const SLACK_MS = 60
/** Floor where both ends announce a real-time beat thread. */
const FLOOR_MS_RT = 100

/** Before anything was heard: as if beats came with a deviation of half a beat. */
export const gapsAtStart = (beatMs: number): Gaps => ({ meanMs: beatMs, varianceMs2: (beatMs / 2) ** 2, peakMs: beatMs })

/** After one more gap between two beats. A gap counts at most as `gapMsMax`, so that one outage does not blind the link for minutes. */
export function withGap(gaps: Gaps, gapMs: number, gapMsMax: number): Gaps {
  const share = 1 / WINDOW_BEATS
  const gap = Math.min(gapMs, gapMsMax)
  const delta = gap - gaps.meanMs
  return {
    meanMs: gaps.meanMs + share * delta,
    varianceMs2: (1 - share) * (gaps.varianceMs2 + share * delta * delta),
    peakMs: Math.max(gap, gaps.peakMs * (1 - 1 / PEAK_BEATS)),
  }
}

/** Silence beyond this means: silent. `bothRt`: both ends beat with real-time priority; `score` 0..8: this node's doubt in itself. */
export function limitMs(gaps: Gaps, timing: Timing, bothRt: boolean, score: number): number {
  const floor = bothRt ? Math.min(FLOOR_MS_RT, timing.limitMsFloor) : timing.limitMsFloor
  const estimate = Math.max(gaps.meanMs + 4 * Math.sqrt(gaps.varianceMs2), PEAK_FACTOR * gaps.peakMs) + SLACK_MS
  return Math.round(Math.min(Math.max(estimate, floor), timing.limitMsMax) * (1 + score))
}

/** Silence beyond this means: a beat was missed, ask. Always inside the limit, so that answers can still come in time. */
export function lateMs(gaps: Gaps, timing: Timing, limit: number): number {
  const usual = gaps.meanMs + 2 * Math.sqrt(gaps.varianceMs2) + timing.beatMs / 2
  return Math.round(Math.min(Math.max(usual, timing.beatMs * 1.5), limit * 0.6))
}
