/**
 * S2 as far as a guard shows it: a start is let in only under the newest grant that any node has applied, which is this life's; and not while the
 * newest leader's log holds a decision, not committed yet, that gives this very right up for stopped. A promotion needs a right to the role as well.
 */
import type { LogState } from '../../../actors/log/raft.js'
import { rightsOf } from '../../../actors/log/right.js'
import type { Grant } from '../../../actors/log/state.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { promotedBy, runsBy } from './rights.js'
import type { Applied } from './state-machine.js'
import { liedOff } from './trust.js'

/** The decision on its way that gives up `grant`. */
function givenUp(world: World, { resource, token }: Grant): number | undefined {
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
  /** It has one of these, and keeps it. */
  const needs = (machine: Machine, what: string, mine: readonly Grant[], others: readonly Grant[]): void => {
    const { boot } = machine.incarnation
    const going = mine.map((g) => givenUp(world, g))
    if (mine.length > 0 && going.every((index) => index !== undefined))
      world.violate('S2', `${boot} ${what}, which entry ${going[0]} on its way gives up`)
    if (mine.length > 0 || liedOff(world, boot)) return
    const held = others.map((g) => `${g.boot} has token ${g.token} of ${g.resource}`).join(', ')
    world.violate('S2', `${boot} ${what}, but ${held === '' ? 'nobody has a grant' : held}`)
  }
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource' || (op.action !== 'start' && op.action !== 'promote')) return
    const state = applied.newest()
    const { boot } = machine.incarnation
    const all = rightsOf(state?.grants ?? {}, op.resource)
    const runs = runsBy(state, op.resource, machine.spec.node).filter((g) => g.boot === boot && g.token === token)
    needs(machine, `${op.action}s ${op.resource} with token ${token}`, runs, all)
    const roles = promotedBy(state, op.resource, machine.spec.node).filter((g) => g.boot === boot)
    if (op.action === 'promote') needs(machine, `promotes ${op.resource}`, roles, all)
  })
}
