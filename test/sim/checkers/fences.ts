/**
 * L4: once everything is mended, no switch is told to end a machine that runs. What a switch was told before then is not called back, so
 * orders that were on their way are given `flightBeats`: a machine that has just come back is known to the others after its next heartbeat. A machine where a stop has failed is not well: its end is the only mend.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { QuorumState } from '../../../actors/quorum/actor.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'

const flightBeats = 2
/** A kyhad that was away for longer than its grace is silent to the others until it is heard. */
const heardBeats = 20

/** A machine's own clock may run so much faster (F45). */
const clocksRate = 0.98

export interface Fences {
  /** From now on everything is well. */
  mended(): void
  /** Faults begin again. */
  hurt(): void
}

/** A leader that has just got its quorum back hears for `limitMsFloor` first who is there: what it knows of others is from before. Alone hears nobody. */
function hasty(world: World): void {
  const quorate = new Map<Machine, { readonly host: unknown; readonly sinceMs: number }>()
  const looked = new Map<Machine, number>()
  world.checks.push({
    path: 'quorum',
    look(machine) {
      const said = (machine.stateOf('quorum') as QuorumState | undefined)?.said
      if (said?.quorate !== true) quorate.delete(machine)
      else if (said.mode === 'solo') quorate.set(machine, { host: machine.host, sinceMs: Number.NEGATIVE_INFINITY })
      else if (quorate.get(machine)?.host !== machine.host) quorate.set(machine, { host: machine.host, sinceMs: world.nowMs() })
    },
  })
  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      const from = looked.get(machine) ?? 0
      const last = log?.rows.at(-1)
      if (!log || last === undefined || last.index <= from) return
      looked.set(machine, last.index)
      const fence = log.rows.find((r) => r.index > from && r.term === log.hard.term && r.entry.type === 'fence-intent')
      const since = quorate.get(machine)
      const ms = Math.round(world.nowMs() - (since?.sinceMs ?? 0))
      if (log.role === 'leader' && fence && since && ms < clocksRate * world.timing.limitMsFloor - 1)
        world.violate('L4', `${machine.name} decides to fence somebody ${ms} ms after it got its quorum back`)
    },
  })
}

export function fences(world: World): Fences {
  hasty(world)
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
