/**
 * S15: under a lease nothing of a resource runs, and nothing changes, once the lease is over, except what stands still with its machine, or what no
 * kill reaches (then the watchdog ends the machine). With this a node whose only end is its own watchdog is certified dead without a switch.
 */
import type { Machine } from '../machine.js'
import type { World } from '../world.js'

/** Name of the device that stands for a node's own watchdog. */
export const selfDevice = 'self'

/** How late the guard's own timer may be, ms. */
const lateMs = 20

/** This life runs nothing and changes nothing any more, although its machine has power. */
export function endedItself({ guard, isFrozen }: Machine): boolean {
  return guard !== undefined && (guard.ended || guard.expired) && (guard.active.size === 0 || isFrozen)
}

export function leased(world: World): void {
  const violate = (machine: Machine, what: string): void =>
    world.violate('S15', `${what} on ${machine.name} after its lease was over (${machine.incarnation.boot})`)
  world.runs.push((machine, op) => {
    if (op.changes && (machine.guard?.expired || machine.guard?.ended)) violate(machine, `${op.action} of ${op.resource} begins`)
  })
  world.checks.push({
    path: 'log',
    look(machine) {
      const { guard } = machine
      if (!guard || machine.isFrozen || machine.isGuardHeld || !(guard.overMs > lateMs || guard.ended)) return
      for (const resource of guard.active.keys()) if (!guard.escaped.has(resource)) violate(machine, `${resource} runs`)
    },
  })
}
