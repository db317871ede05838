/**
 * L4: once everything is mended, no fence begins against a machine that is well. An intent that was committed or at least written before
 * then may still be carried out: it is the end of an incident, and a device that was told is not called back.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

/** Orders to a switch that were on their way when all was mended. */
const flightMs = 100

export interface Fences {
  /** From now on everything is well. */
  mended(): void
}

export function fences(world: World, applied: Applied): Fences {
  const old = new Set<string>()
  let sinceMs = Number.POSITIVE_INFINITY
  applied.each.push((_, state) => {
    if (sinceMs !== Number.POSITIVE_INFINITY) return
    for (const life of Object.values(state.lives)) if (life.state === 'intent') old.add(life.boot)
  })
  world.switches.push((target, action) => {
    const { boot } = target.incarnation
    if (action !== 'off' || !target.powered || old.has(boot) || world.nowMs() < sinceMs + flightMs) return
    world.violate('L4', `${boot} is switched off ${Math.round(world.nowMs() - sinceMs)} ms after everything was mended, and it is well`)
  })
  return {
    mended() {
      sinceMs = world.nowMs()
      for (const m of world.machines) {
        for (const row of (m.stateOf('log') as LogState | undefined)?.rows ?? [])
          if (row.entry.type === 'fence-intent') old.add(row.entry.boot)
      }
    },
  }
}
