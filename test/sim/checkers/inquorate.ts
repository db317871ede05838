/**
 * S13: a node without quorum starts nothing and fences nothing, unless it is one of two and was admitted in this life (rule T3). What its quorum actor said is given
 * `tellMs` to reach the others, since the messages between actors take time.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { QuorumState } from '../../../actors/quorum/actor.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { clusterOf } from './state-machine.js'

const tellMs = 5

export function inquorate(world: World): void {
  const lostMs = new Map<Machine, number>()
  world.checks.push({
    path: 'quorum',
    look(machine) {
      const said = (machine.stateOf('quorum') as QuorumState | undefined)?.said
      if (said?.quorate === false) lostMs.set(machine, lostMs.get(machine) ?? world.nowMs())
      else lostMs.delete(machine)
    },
  })
  world.runs.push((machine, op) => {
    const since = lostMs.get(machine)
    if (since === undefined || world.nowMs() - since <= tellMs) return
    const ms = Math.round(world.nowMs() - since)
    if (op.kind === 'resource' && (op.action === 'start' || op.action === 'promote'))
      world.violate('S13', `${machine.name} ${op.action}s ${op.resource} ${ms} ms after it lost quorum`)
    const own = clusterOf(machine)?.lives[machine.spec.node]
    const admitted = own?.boot === machine.incarnation.boot && own.state === 'admitted'
    const two = admitted && (machine.stateOf('quorum') as QuorumState | undefined)?.said?.mode === 'two-node'
    // A leader that is itself the target has another node's fencer carry out the committed intent; that one may not have heard of quorum yet.
    const led = world.machines.some(
      (m) => m !== machine && m.managed && !lostMs.has(m) && (m.stateOf('log') as LogState | undefined)?.role === 'leader',
    )
    if (op.kind === 'fence' && op.action === 'off' && !two && !led)
      world.violate('S13', `${machine.name} fences ${ms} ms after it lost quorum`)
  })
}
