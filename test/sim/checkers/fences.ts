/**
 * L4: once everything is mended, no switch is told to end a machine that runs. What a switch was told before then is not called back, so
 * orders that were on their way are given `flightBeats`: a machine that has just come back is known to the others after its next heartbeat. A machine where a stop has failed is not well: its end is the only mend.
 */
import type { World } from '../world.js'

const flightBeats = 2
/** A kyhad that was away for longer than its grace is silent to the others until it is heard. */
const heardBeats = 20

export interface Fences {
  /** From now on everything is well. */
  mended(): void
  /** Faults begin again. */
  hurt(): void
}

export function fences(world: World): Fences {
  let sinceMs = Number.POSITIVE_INFINITY
  const flightMs = flightBeats * world.timing.beatMs
  world.switches.push((target, action) => {
    if (action !== 'off' || !target.powered || target.guard?.stopFailed || world.nowMs() < sinceMs + flightMs) return
    if (!target.managed || world.nowMs() < target.startedMs + heardBeats * world.timing.beatMs) return
    const ms = Math.round(world.nowMs() - sinceMs)
    world.violate('L4', `${target.incarnation.boot} is switched off ${ms} ms after everything was mended, and it is well`)
  })
  return {
    mended() {
      sinceMs = world.nowMs()
    },
    hurt() {
      sinceMs = Number.POSITIVE_INFINITY
    },
  }
}
