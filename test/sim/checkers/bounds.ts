/** S20: what the log and the directors promise to hold at most. L10: at the end nothing waits any more. */

import type { Coordinator } from '../../../actors/coordinator/lead.js'
import { certificatesMax, cleanupsMax, intentsMax } from '../../../actors/log/apply.js'
import { owedMax, recentMax } from '../../../actors/log/entries.js'
import { waitingMax } from '../../../actors/log/propose.js'
import type { LogState } from '../../../actors/log/raft.js'
import { flightMax } from '../../../actors/log/replicate.js'
import type { QuorumState } from '../../../actors/quorum/actor.js'
import type { Director } from '../../../actors/resource/gate.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'

/** Entries that a log may hold in memory: four snapshots' worth while one is on its way to a peer, and what is not committed yet. */
const rowsMax = 4 * 1000 + 512

/** A coordinator asks for so many decisions in a second at most: one that makes more goes round in a circle with the log. */
const proposalsMax = 300

export interface Bounds {
  end(): void
}

export function bounds(world: World): Bounds {
  const within = (machine: Machine, what: string, is: number, limit: number): void => {
    if (is > limit) world.violate('S20', `${machine.name} holds ${is} ${what}, at most ${limit}`)
  }
  /** Proposals of a coordinator, and since when. */
  const proposed = new Map<Machine, { readonly term: number; readonly n: number; readonly sinceMs: number }>()
  const spins = (machine: Machine, { role }: LogState): void => {
    const { lead } = (machine.stateOf('coordinator') as Coordinator | undefined) ?? {}
    if (!lead || role !== 'leader') return void proposed.delete(machine)
    const from = proposed.get(machine)
    if (from?.term === lead.term && world.nowMs() - from.sinceMs < 1000 && lead.n >= from.n) {
      if (lead.n - from.n > proposalsMax) world.violate('S20', `${machine.name} makes more than ${proposalsMax} proposals in a second`)
    } else proposed.set(machine, { term: lead.term, n: lead.n, sinceMs: world.nowMs() })
  }
  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      if (!log) return
      within(machine, 'entries', log.rows.length, rowsMax)
      within(machine, 'proposals', log.waiting.length, waitingMax)
      within(machine, 'answers owed', log.owed.length, owedMax)
      within(machine, 'remembered ids', log.recent.length, recentMax)
      within(machine, 'certificates', log.cluster.certificates.length, certificatesMax)
      within(machine, 'wishes', log.cluster.intents.length, intentsMax)
      spins(machine, log)
      if (log.role === 'leader')
        for (const p of Object.values(log.progress)) within(machine, 'batches on their way to a peer', p.flight.length, flightMax)
    },
  })
  return {
    end() {
      for (const machine of world.machines) {
        const log = machine.stateOf('log') as LogState | undefined
        const director = machine.stateOf('resource') as Director | undefined
        if (!log || !director) continue
        within(machine, 'cleanups', Object.keys(log.cluster.cleanups).length, cleanupsMax)
        // Orders wait for the word of a quorum that has just begun and still listens.
        const listens = (machine.stateOf('quorum') as QuorumState | undefined)?.fresh === true
        const waits = {
          proposals: log.waiting.length,
          answers: log.owed.length,
          orders: listens ? 0 : director.deferred.length,
          operations: Object.keys(director.open).length,
        }
        const open = Object.entries(waits).filter(([, n]) => n > 0)
        if (open.length > 0) world.violate('L10', `${machine.name} ends with ${open.map(([what, n]) => `${n} ${what}`).join(', ')} waiting`)
      }
    },
  }
}
