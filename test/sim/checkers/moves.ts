/**
 * L5: once everything is mended, each resource changes its machine at most once. What is taken from a machine by its switch, running or
 * not, has not moved by itself: a fence of before may still do that. Nor has what moves while an operator's wish stands, or under a grant
 * that was in some log before (its token is the entry's index).
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { ResourceId } from '../../../runtime/actor.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

export interface Moves {
  /** From now on everything is well. */
  mended(): void
}

export function moves(world: World, applied: Applied): Moves {
  const last = new Map<ResourceId, string>()
  let ways: Map<ResourceId, readonly string[]> | undefined
  let oldTokens = 0
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || op.action !== 'start') return
    const from = last.get(op.resource)
    last.set(op.resource, machine.name)
    const wished = (applied.newest()?.intents.length ?? 0) > 0
    if (!ways || wished || token <= oldTokens || from === undefined || from === machine.name) return
    const way = [...(ways.get(op.resource) ?? [from]), machine.name]
    ways.set(op.resource, way)
    if (way.length > 2) world.violate('L5', `${op.resource} moves ${way.join(' > ')} after everything was mended`)
  })
  world.switches.push((target, action) => {
    if (action !== 'off') return
    for (const [resource, name] of last) if (name === target.name) last.delete(resource)
  })
  return {
    mended() {
      ways = new Map()
      for (const m of world.machines) oldTokens = Math.max(oldTokens, (m.stateOf('log') as LogState | undefined)?.rows.at(-1)?.index ?? 0)
    },
  }
}
