/**
 * How much this node doubts itself (Lifeguard, arXiv 1707.00788): 0 = healthy, 8 = worst. Every limit is multiplied by 1 + score, and
 * from MUTE_SCORE on this node accuses nobody. The score rises with own stalls, with accusations against this node and with silence that others
 * do not confirm; it falls by one in every second without such a sign.
 */
export interface Health {
  readonly score: number
  /** Worst own stall of this second and of the last one, ms. */
  readonly stallMs: number
  readonly stallMsLast: number
  /** Something raised the score in this second. */
  readonly raised: boolean
}

export const SCORE_MAX = 8
export const MUTE_SCORE = 3
export const healthy: Health = { score: 0, stallMs: 0, stallMsLast: 0, raised: false }

/**
 * Points for a timer that came `lateMs` late: one for every half of the limit's floor, at most 5. Shorter stalls are what the limit itself allows
 * for: counting them would make a merely busy node deaf to a real death.
 */
const points = (lateMs: number, limitMsFloor: number): number => Math.min(5, Math.floor((2 * lateMs) / limitMsFloor))

export const raise = (h: Health, by: number): Health => (by === 0 ? h : { ...h, score: Math.min(SCORE_MAX, h.score + by), raised: true })

export const stall = (h: Health, lateMs: number, limitMsFloor: number): Health =>
  raise({ ...h, stallMs: Math.max(h.stallMs, lateMs) }, points(lateMs, limitMsFloor))

/** A second is over. */
export const second = (h: Health): Health => ({
  score: h.raised ? h.score : Math.max(0, h.score - 1),
  stallMs: 0,
  stallMsLast: h.stallMs,
  raised: false,
})

export const worstStallMs = (h: Health): number => Math.max(h.stallMs, h.stallMsLast)
export const mayAccuse = (h: Health): boolean => h.score < MUTE_SCORE
