/**
 * L5: once everything is mended and every machine is admitted and seen again (a flapping one is held down for some seconds), each resource changes
 * its machine at most once, and so does each promoted role; an instance of a clone is given its right anew at most twice. What moves while an operator's wish stands is his, and what is started under a grant that was in some log
 * before was decided before (its token is the entry's index).
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { MembershipState } from '../../../actors/membership/actor.js'
import type { ResourceId } from '../../../runtime/actor.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { isBound, promotedBy, type Rights } from './rights.js'
import type { Applied } from './state-machine.js'

/** A group that moves stops within this. */
const groupMs = 500

export interface Moves {
  /** From now on everything is well. */
  mended(): void
  /** Faults begin again. */
  hurt(): void
}

/** Whoever decides sees this life of it: an admitted machine may just be coming back. */
const isSeen = (world: World, m: Machine): boolean =>
  world.machines.every((other) => {
    if (other === m || (other.stateOf('log') as LogState | undefined)?.role !== 'leader') return true
    const peer = (other.stateOf('membership') as MembershipState | undefined)?.peers.find((p) => p.node === m.spec.node)
    return peer?.state === 'alive' && peer.lives.incarnation?.counter === m.incarnation.counter
  })

/** This life of a machine is admitted, and seen by whoever decides. */
export function isBack(world: World, state: ClusterState, m: Machine): boolean {
  const life = state.lives[m.spec.node]
  return m.powered && life?.state === 'admitted' && life.boot === m.incarnation.boot && isSeen(world, m)
}

/** Where the longest log ends, in memory or on a disk. */
const decided = (world: World): number =>
  Math.max(...world.machines.map((m) => Math.max(m.disk.lastIndex, (m.stateOf('log') as LogState | undefined)?.rows.at(-1)?.index ?? 0)))

export function moves(world: World, applied: Applied, rights: Rights): Moves {
  const last = new Map<ResourceId, string>()
  const ways = new Map<ResourceId, readonly string[]>()
  /** Its last stop, or that of what stands on it, began before everybody was back: where it goes was decided then. */
  const underway = new Map<ResourceId, boolean>()
  let mended = false
  let wholeFrom: number | undefined
  const whole = (state: ClusterState): boolean => world.roster.wanted.every((m) => isBack(world, state, m))
  let configIndex = 0
  let index = 0
  let members = ''
  let cleanup = 0
  let wholeMs = Number.POSITIVE_INFINITY
  const begin = (): number => {
    wholeMs = world.nowMs()
    return decided(world)
  }
  const again = (): void => {
    wholeFrom = undefined
    wholeMs = Number.POSITIVE_INFINITY
    ways.clear()
  }
  applied.each.push((_, state) => {
    // The operators took back a change or forgot a failure, or somebody came or went: what follows from that is theirs, too.
    const list = state.index > index ? state.members.map((m) => m.node).join() : members
    const forgotten = Math.max(0, ...Object.values(state.cleanups))
    if ((state.configIndex > configIndex || forgotten > cleanup || list !== members) && mended) again()
    cleanup = Math.max(cleanup, forgotten)
    members = list
    index = Math.max(index, state.index)
    configIndex = Math.max(configIndex, state.configIndex)
    // What one that catches up applies on its way is over: it may say admitted of whom the others have decided to fence since.
    if (mended && wholeFrom === undefined && state.index === index && whole(state)) wholeFrom = begin()
  })
  const moved = (machine: Machine, right: ResourceId, token: number): void => {
    const from = last.get(right)
    last.set(right, machine.name)
    if (underway.get(right)) return void underway.delete(right)
    const wished = (applied.newest()?.intents.length ?? 0) > 0
    if (wholeFrom === undefined || wished || token <= wholeFrom || from === undefined || (from === machine.name && !isBound(right))) return
    const way = [...(ways.get(right) ?? (isBound(right) ? [] : [from])), machine.name]
    ways.set(right, way)
    if (way.length > 2) world.violate('L5', `${right} moves ${way.join(' > ')} after everything was mended`)
  }
  world.runs.push((machine, op, token) => {
    if (op.kind !== 'resource') return
    const roles = promotedBy(applied.newest(), op.resource, machine.spec.node)
    const right = rights.of(op.resource, machine.spec.node, token)
    const early = world.nowMs() < wholeMs + groupMs
    if (op.action === 'stop' || op.action === 'demote') for (const role of roles) underway.set(role.resource, early)
    if (op.action === 'stop') underway.set(right, early)
    if (op.action === 'start') moved(machine, right, token)
    if (op.action === 'promote') for (const g of roles) moved(machine, g.resource, g.token)
  })
  // A machine whose stop has failed is still switched off now: begin anew when it is back.
  const switchedOff = (_: unknown, action: string): void => void (action === 'off' && again())
  world.switches.push(switchedOff)
  world.switched.push(switchedOff) // told before the mend, done after it
  return {
    mended() {
      mended = true
      const state = applied.newest()
      if (state && whole(state)) wholeFrom = begin()
    },
    hurt() {
      mended = false
      again()
    },
  }
}
