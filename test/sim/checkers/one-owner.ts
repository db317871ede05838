/**
 * S1: ground truth never shows a resource on two powered machines, nor more promoted instances of a clone than it may have. It can only begin with a
 * start or a promotion, so each is looked at.
 */
import type { ResourceId } from '../../../runtime/actor.js'
import { cloneWith } from '../clones.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { endedItself } from './leased.js'
import { isBound, type Rights } from './rights.js'
import { type Applied, clusterOf } from './state-machine.js'
import { liedAbout, liedOff } from './trust.js'

export function oneOwner(world: World, applied: Applied, rights: Rights): void {
  /** Others that run it; what stands still with its machine ends before it goes on, if its lease is over then. */
  const others = (machine: Machine, resource: ResourceId): Machine[] =>
    world.machines.filter((m) => m !== machine && m.powered && !endedItself(m) && m.guard?.active.has(resource))

  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || op.action !== 'start' || isBound(rights.of(op.resource, machine.spec.node, token))) return
    for (const other of others(machine, op.resource))
      if (!liedOff(world, machine.incarnation.boot) && !liedAbout(world, other, op.resource))
        world.violate('S1', `${op.resource} is started on ${machine.name} while it runs on ${other.name}`)
  })

  world.runs.push((machine, op) => {
    if (op.kind !== 'resource' || op.action !== 'promote') return
    const roles = [clusterOf(machine), applied.newest()].map((state) => cloneWith(state, op.resource)?.promoted ?? 0)
    const promoted = others(machine, op.resource).filter((m) => m.guard?.active.get(op.resource)?.promoted)
    if (promoted.length < Math.max(1, ...roles) || liedOff(world, machine.incarnation.boot)) return
    if (promoted.some((m) => liedAbout(world, m, op.resource))) return
    const where = promoted.map((m) => m.name).join(' and ')
    world.violate('S1', `${op.resource} is promoted on ${machine.name} while it is on ${where}, of ${Math.max(1, ...roles)} that may be`)
  })
}
