/**
 * Keeps strangers from filling the log: the same sentence about the same party once in ten seconds, while it goes on ever more rarely, down to once in
 * ten minutes; `times` says how often it was so since it was said last. What is remembered for that is bounded.
 */
import type { Instant } from '../actor.js'
import { elapsed } from '../time.js'
import type { Verdict } from '../verdict.js'

const quietMs = 10_000
const quietMsMax = 600_000
const quietMax = 256

export function rarely(now: () => Instant, tell: (because: Verdict) => void): (because: Verdict, who: string) => void {
  const said = new Map<string, { atMs: Instant; quietMs: number; times: number }>()
  return (because, who) => {
    const name = `${because.key} ${who}`
    const last = said.get(name)
    const sinceMs = last ? elapsed(last.atMs, now()) : 0
    if (last) last.times++
    if (last && sinceMs < last.quietMs) return
    if (said.size >= quietMax) said.delete(said.keys().next().value as string)
    said.delete(name)
    const goesOn = last !== undefined && sinceMs < 2 * last.quietMs
    said.set(name, { atMs: now(), quietMs: goesOn ? Math.min(quietMsMax, 2 * last.quietMs) : quietMs, times: 0 })
    tell({ ...because, args: { ...because.args, times: last?.times ?? 1 } })
  }
}
