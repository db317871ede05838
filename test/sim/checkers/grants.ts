/**
 * S2 as far as a guard shows it: a start is let in only under the newest grant that any node has applied, which is this life's; and not while the
 * newest leader's log holds a decision, not committed yet, that gives this very right up for stopped.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { ResourceId, Token } from '../../../runtime/actor.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'
import { liedOff } from './trust.js'

/** The decision on its way that gives up `token`. */
function givenUp(world: World, resource: ResourceId, token: Token): number | undefined {
  const logs = world.machines.flatMap((m) => (m.stateOf('log') as LogState | undefined) ?? [])
  const newest = Math.max(...logs.map((log) => log.hard.term))
  const leader = logs.find((log) => log.role === 'leader' && log.hard.term === newest)
  const row = leader?.rows.find(
    ({ index, entry: e }) =>
      index > leader.commit && e.type === 'decision' && e.releases.some((r) => r.resource === resource && r.token === token),
  )
  return row?.index
}

export function grants(world: World, applied: Applied): void {
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || op.action !== 'start') return
    const grant = applied.newest()?.grants[op.resource]
    const mine = grant?.node === machine.spec.node && grant.boot === machine.incarnation.boot && grant.token === token && !grant.released
    const index = givenUp(world, op.resource, token)
    if (index !== undefined)
      world.violate('S2', `${machine.incarnation.boot} starts ${op.resource} with token ${token}, which entry ${index} on its way gives up`)
    if (!mine && !liedOff(world, machine.incarnation.boot)) {
      const held = grant ? `${grant.boot} has token ${grant.token}${grant.released ? ', released' : ''}` : 'nobody has a grant'
      world.violate('S2', `${machine.incarnation.boot} starts ${op.resource} with token ${token}, but ${held}`)
    }
  })
}
