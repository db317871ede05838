/**
 * The timing of a history: half of the seeds run with the product's default, the others with a set drawn from its ranges (runtime/config/timing.ts,
 * whose own check takes every drawn one: test/unit/sim/timings.test.ts). The seed alone decides, apart from everything else that it decides.
 */
import type { Timing } from '../../runtime/actor.js'
import { TIMING } from '../../runtime/config/timing.js'
import { type Random, seeded } from '../../runtime/random.js'

export type TimingOf = 'drawn' | 'default'
/** Heartbeats of drawn sets, ms. */
const beatMsMin = 25
const beatMsMax = 1000

export function timingOf(seed: string, kind: TimingOf): Timing {
  const random = seeded(`${seed} timing`)
  return kind === 'default' || random.chance(0.5) ? TIMING : drawn(random)
}

function drawn(random: Random): Timing {
  const times = (ms: number, least: number, most: number): number => Math.ceil(ms * (least + random.next() * (most - least)))
  const within = (ms: number, most: number): number => Math.min(most, ms)
  const beatMs = Math.round(beatMsMin * (beatMsMax / beatMsMin) ** random.next())
  const limitMsFloor = Math.max(50, within(times(beatMs, 4, 6), 5_000))
  const limitMsMax = within(times(limitMsFloor, 1.5, 3), 10_000)
  const confirmMsMax = within(random.int(2 * beatMs), Math.min(1_000, limitMsFloor))
  const electionMsMin = times(limitMsMax + confirmMsMax + 1, 1.1, 2)
  return {
    beatMs,
    limitMsFloor,
    limitMsMax,
    confirmMsMax,
    electionMsMin: Math.max(100, electionMsMin),
    electionMsMax: times(Math.max(100, electionMsMin), 1.5, 2.5),
    managerGraceMs: times(1_000 + limitMsMax, 1, 2),
    rankMs: 5 + random.int(45),
    fenceDelayMs: within(times(2 * beatMs + confirmMsMax, 1, 2), 10_000),
  }
}

/** How much longer than with the default timing everything may take that waits for detection and elections; at least 1. */
export const slowness = (t: Timing): number => Math.max(1, t.limitMsMax / TIMING.limitMsMax)

/** Heartbeats that a swarm's hours are counted by: the default timing, and spans of the drawn ones (both ends in ms, the last one included). */
const spans = [
  [25, 49],
  [50, 99],
  [100, 199],
  [200, 499],
  [500, 1000],
] as const
export const spanOf = (t: Timing): string => {
  const [from, to] = spans.find(([, last]) => t.beatMs <= last) ?? spans[4]
  return t === TIMING ? 'default' : `${from}-${to}`
}
