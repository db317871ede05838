/**
 * A node that others hear and that hears nobody (all links one-way, F27) stops what it may not run alone, and to the others it looks alive: nobody
 * would take over. So it says in its beats that it is deaf, and they take it for gone as after a silence (detector.ts); evidence is asked for all the same.
 * What counts is whether any datagram comes, not what is thought of the peers: two that both say so end it with the first beat that passes.
 */
import type { Timing } from '../../runtime/actor.js'
import type { Peer } from './detector.js'

export interface Hearing {
  /** Nobody is heard since then, -1 = somebody is, or nobody ever was. */
  readonly sinceMs: number
  readonly deaf: boolean
}

export const hears: Hearing = { sinceMs: -1, deaf: false }
const DEAF_MS_MIN = 1_000

/** Longer than any silence that is judged by itself: who is only cut off has been given up by then. */
export const deafMs = (t: Timing): number => Math.max(DEAF_MS_MIN, 2 * t.limitMsMax)

export function listen(h: Hearing, peers: readonly Peer[], t: Timing, now: number): Hearing {
  const known = peers.some((p) => p.lives.incarnation !== undefined)
  const heard = peers.some((p) => p.links.some(({ evidence: e }) => e?.state === 'up' || e?.state === 'late'))
  if (heard || !known) return hears
  const sinceMs = h.sinceMs < 0 ? now : h.sinceMs
  return { sinceMs, deaf: now - sinceMs >= deafMs(t) }
}
