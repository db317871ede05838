/**
 * L5: once everything is mended, each resource changes its machine at most once. A fence that was decided before then may still take its
 * machine away (checker L4 holds it to those): what is taken from a machine by its switch has not moved by itself.
 */
import type { ResourceId } from '../../../runtime/actor.js'
import type { World } from '../world.js'

export interface Moves {
  /** From now on everything is well. */
  mended(): void
}

export function moves(world: World): Moves {
  const last = new Map<ResourceId, string>()
  let count: Map<ResourceId, string[]> | undefined
  world.runs.push((machine, op) => {
    if (op.kind !== 'resource' || op.action !== 'start') return
    const from = last.get(op.resource)
    last.set(op.resource, machine.name)
    if (!count || from === undefined || from === machine.name) return
    const way = [...(count.get(op.resource) ?? [from]), machine.name]
    count.set(op.resource, way)
    if (way.length > 2) world.violate('L5', `${op.resource} moves ${way.join(' > ')} after everything was mended`)
  })
  world.switches.push((target, action) => {
    if (action !== 'off' || !target.powered) return
    for (const [resource, name] of last) if (name === target.name) last.delete(resource)
  })
  return {
    mended() {
      count = new Map()
    },
  }
}
