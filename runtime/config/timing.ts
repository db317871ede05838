/**
 * The timing of a node: every figure with its formula, range, what larger and smaller do, and the invariant that it protects
 * (design 8.6, 8.7). An unsafe set is refused, never corrected silently. All in milliseconds.
 */
import type { Timing } from '../actor.js'
import type { Reader } from './read.js'
import type { NodeAt } from './source.js'

export const TIMING: Timing = {
  /**
   * A heartbeat per link and peer goes out every beatMs. Range 10..1000.
   * Smaller: faster detection, more CPU (n-1 peers x links x 1000/beatMs datagrams a second). Larger: the reverse; the limit must follow.
   * Protects L6 (no needless suspicion): the limit below is measured in beats.
   */
  beatMs: 50,
  /**
   * Silence of a link that counts as a failure of it is clamp(mean + 4 sd + 60, limitMsFloor, limitMsMax) of the gaps between beats.
   * Range 50..5000 and >= 4 x beatMs. Smaller: faster detection, but a pause of the scheduler (122 ms seen idle, 249 ms under load) is
   * taken for silence. Larger: slower failover by the difference. Protects L4, L6: no fencing of a healthy node.
   */
  limitMsFloor: 200,
  /**
   * The longest that jitter may stretch the limit. Range limitMsFloor..10000.
   * Smaller: bounded detection on a bad line, at the price of false suspicion there. Larger: a node on a bad line is missed for longer.
   * Protects the bound of detection: limitMsMax + confirmMsMax.
   */
  limitMsMax: 600,
  /**
   * How long a suspicion waits for other accusers: from this down to 0 as log(accusers + 1) grows. Range 0..1000 and <= limitMsFloor.
   * Smaller: one accuser's word counts sooner. Larger: slower failover. Protects L4.
   */
  confirmMsMax: 25,
  /**
   * Back-up timer of elections, drawn from electionMsMin..electionMsMax; detection normally starts them earlier.
   * Range 100..60000 and > limitMsMax + confirmMsMax, so that a leader that is only slow is not challenged (L5).
   * Larger: a longer stand-still when detection missed the leader's death.
   */
  electionMsMin: 1000,
  /** Range electionMsMin x 1.5..120000: the spread that keeps two candidates from splitting the vote again and again (L1). */
  electionMsMax: 2000,
  /**
   * How long the guard's stand-in beats hold off fencing while kyhad restarts. Range 500..60000 and >= 1000 + limitMsMax (a stalled kyhad
   * is killed after 1 s). Smaller: a real manager failure is acted on sooner. Larger: a node without a manager keeps its resources for
   * longer. Protects "a manager crash is not a node death": no restart of resources, no fencing.
   */
  managerGraceMs: 3000,
  /**
   * After the leader's death, candidates start rank x rankMs apart, the most up-to-date first. Range 1..1000.
   * Smaller than a message's way there and back: they collide. Larger: slower election when the first candidates are dead too.
   */
  rankMs: 15,
  /**
   * Two nodes that miss each other: the side that runs less (equal: the higher node id) waits so much longer before it fences, so that a cut
   * between two healthy nodes has one winner, the side whose services would have to move. The other side never waits. Where the side that ran
   * more has really died this is what a failover pays. Range 2 x beatMs + confirmMsMax .. 10000.
   * Formula: it must exceed the spread of detection, which is beatMs (the last beat may have left one side that much later), confirmMsMax and
   * what the limits of both sides differ by. The default 2 x beatMs + confirmMsMax covers lines on which both limits stand at limitMsFloor; on
   * a line with much jitter on one side take limitMsMax - limitMsFloor + beatMs + confirmMsMax (475 with the defaults).
   * Smaller: a quicker failover, and more cuts that the wrong side wins. Larger: the reverse. It protects no safety: whoever wins has a
   * certificate. It protects L5, no needless move, and keeps both from being switched off.
   */
  fenceDelayMs: 125,
}

const RANGES: Readonly<Record<keyof Timing, readonly [number, number]>> = {
  beatMs: [10, 1000],
  limitMsFloor: [50, 5000],
  limitMsMax: [50, 10_000],
  confirmMsMax: [0, 1000],
  electionMsMin: [100, 60_000],
  electionMsMax: [150, 120_000],
  managerGraceMs: [500, 60_000],
  rankMs: [1, 1000],
  fenceDelayMs: [0, 10_000],
}
const KEYS = Object.keys(RANGES) as (keyof Timing)[]
/** The guard kills a kyhad that made no progress for this long. */
const RESTART_MS = 1000

/** Overrides on top of the defaults, each in its range and all of them safe together; problems go to the reader. */
export function readTiming(r: Reader, node: NodeAt | undefined, top: NodeAt): Timing {
  const { at, get } = r.fields(node, KEYS)
  const overrides = KEYS.map((key) => [key, r.integer(get(key), ...RANGES[key]) ?? TIMING[key]] as const)
  const t = Object.fromEntries(overrides) as Record<keyof Timing, number>
  const where = at ?? top
  const args = { ...t }
  if (t.limitMsFloor < 4 * t.beatMs) r.refuse(where, 'config.timing-beats', { ...args, needMs: 4 * t.beatMs })
  if (t.limitMsMax < t.limitMsFloor) r.refuse(where, 'config.timing-limits', args)
  if (t.confirmMsMax > t.limitMsFloor) r.refuse(where, 'config.timing-confirm', args)
  const detect = t.limitMsMax + t.confirmMsMax
  if (t.electionMsMin <= detect) r.refuse(where, 'config.timing-election', { ...args, needMs: detect })
  if (t.electionMsMax < 1.5 * t.electionMsMin)
    r.refuse(where, 'config.timing-spread', { ...args, needMs: Math.ceil(1.5 * t.electionMsMin) })
  if (t.managerGraceMs < RESTART_MS + t.limitMsMax) r.refuse(where, 'config.timing-grace', { ...args, needMs: RESTART_MS + t.limitMsMax })
  const spread = 2 * t.beatMs + t.confirmMsMax
  if (t.fenceDelayMs < spread) r.refuse(where, 'config.timing-fence-delay', { ...args, needMs: spread })
  return t
}
