/**
 * S9: the same index means the same state on every node, in every life; and S10: what was applied anywhere is never lost, so at the end each
 * running node holds at least the highest index that any node ever applied. Each newly applied state is compared with the first one of its index.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { Same } from './same.js'

export const clusterOf = (machine: Machine): ClusterState | undefined => (machine.stateOf('log') as LogState | undefined)?.cluster

export interface Applied {
  /** The newest state that any node has applied. */
  newest(): ClusterState | undefined
  /** Called with each state that a node has newly applied. */
  readonly each: ((machine: Machine, state: ClusterState) => void)[]
  /** S10, at the end. */
  lost(): void
}

export function stateMachine(world: World): Applied {
  const first = new Map<number, ClusterState>()
  const same = new Same()
  const last = new Map<Machine, ClusterState>()
  const each: Applied['each'] = []
  let newest: ClusterState | undefined
  world.checks.push({
    path: 'log',
    look(machine) {
      const state = clusterOf(machine)
      if (!state || last.get(machine) === state) return
      last.set(machine, state)
      const known = first.get(state.index)
      if (!known) first.set(state.index, state)
      else if (!same.equal(known, state)) world.violate('S9', `${machine.name} has another state at index ${state.index}`)
      if (!newest || state.index > newest.index) newest = state
      for (const hook of each) hook(machine, state)
    },
  })
  return {
    newest: () => newest,
    each,
    lost() {
      for (const m of world.roster.wanted) {
        const index = clusterOf(m)?.index ?? 0
        if (m.managed && index < (newest?.index ?? 0))
          world.violate('S10', `${m.name} ends at index ${index}, but ${newest?.index} was applied once`)
      }
    },
  }
}
