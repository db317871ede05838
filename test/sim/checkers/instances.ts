/**
 * S1 of a clone: no more machines run it than its `max` says, also those that nobody hears. It can only begin with a start. Who starts may not know the
 * newest configuration yet, so the larger number counts.
 */
import { cloneWith } from '../clones.js'
import type { World } from '../world.js'
import { endedItself } from './leased.js'
import { isBound, type Rights } from './rights.js'
import { type Applied, clusterOf } from './state-machine.js'
import { liedOff } from './trust.js'

export function instances(world: World, applied: Applied, rights: Rights): void {
  const began = new Map<string, Set<string>>()
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || op.action !== 'start' || !isBound(rights.of(op.resource, machine.spec.node, token))) return
    const all = [clusterOf(machine), applied.newest()].map((state) => cloneWith(state, op.resource)?.max ?? Number.POSITIVE_INFINITY)
    const max = Math.max(...all)
    const where = began.get(op.resource) ?? new Set()
    if (where.size >= max && !where.has(machine.name)) world.marks.sometimes('an instance was started on a spare node')
    began.set(op.resource, where.add(machine.name))
    const running = world.machines.filter((m) => m !== machine && m.powered && !endedItself(m) && m.guard?.active.has(op.resource))
    if (running.length < max || liedOff(world, machine.incarnation.boot)) return
    if (running.some((m) => liedOff(world, m.incarnation.boot) || m.guard?.lied.has(op.resource))) return
    const names = running.map((m) => m.name).join(' and ')
    world.violate('S1', `${op.resource} is started on ${machine.name} while it runs on ${names}, of ${max} that may run it`)
  })
}
