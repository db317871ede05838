/** What a link says about its quality: loss from gaps in the peer's seq, round trips from answered probes. Both over about 10 s. */
import type { Evidence } from './messages.js'

/** One second's share: datagrams that the peer numbered, and those that came. */
interface Share {
  readonly sent: number
  readonly came: number
}
export interface Counts {
  /** Highest seq of the peer's present life, -1 = none. */
  readonly seq: number
  readonly current: Share
  readonly past: readonly Share[]
  readonly rttsMs: readonly number[]
}

const SECONDS = 10
const RTTS = 32
export const noCounts: Counts = { seq: -1, current: { sent: 0, came: 0 }, past: [], rttsMs: [] }

/** One datagram with number `seq` came. Late ones (reordered) fill the hole that they left. */
export function countSeq(c: Counts, seq: number): Counts {
  const sent = c.seq < 0 ? 1 : Math.max(0, seq - c.seq)
  return { seq: Math.max(c.seq, seq), current: { sent: c.current.sent + sent, came: c.current.came + 1 }, past: c.past, rttsMs: c.rttsMs }
}

export const countRtt = (c: Counts, rttMs: number): Counts => ({ ...c, rttsMs: [...c.rttsMs.slice(1 - RTTS), rttMs] })

/** A second is over. */
export const turn = (c: Counts): Counts => ({ ...c, past: [...c.past.slice(1 - SECONDS), c.current], current: { sent: 0, came: 0 } })

/** Whole per cent of the peer's datagrams that were lost, 0..100. */
export function lossPct(c: Counts): number {
  const all = [...c.past, c.current]
  const sent = all.reduce((sum, s) => sum + s.sent, 0)
  const came = all.reduce((sum, s) => sum + s.came, 0)
  return sent === 0 ? 0 : Math.min(100, Math.max(0, Math.round((100 * (sent - came)) / sent)))
}

export function rtt(c: Counts): Evidence['rttMs'] {
  const sorted = [...c.rttsMs].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1
  return { p50: at(0.5), p99: at(0.99) }
}
