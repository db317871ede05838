/** S6: at most one leader a term, in all lives of all machines. */
import type { LogState } from '../../../actors/log/raft.js'
import type { World } from '../world.js'

export function leaders(world: World): void {
  const led = new Map<number, string>()
  world.checks.push({
    path: 'log',
    look(machine) {
      const log = machine.stateOf('log') as LogState | undefined
      if (log?.role !== 'leader') return
      const known = led.get(log.hard.term)
      if (known === undefined) led.set(log.hard.term, machine.spec.node)
      else if (known !== machine.spec.node) world.violate('S6', `${known} and ${machine.spec.node} lead in term ${log.hard.term}`)
    },
  })
}
