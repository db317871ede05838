/**
 * S17: a start is let in only after each start that comes before it has ended well in the same life of its machine (of some machine, for an order
 * without colocation) and nothing was begun since to stop it; what others stand on is not stopped while they run; at the end each group is in one
 * place. What a guard told kyhad counts, not whether the service has died a moment ago; and an order that was on its way when it told so is right.
 */

import type { LogState } from '../../../actors/log/raft.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { ResourceId } from '../../../runtime/actor.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import type { Applied } from './state-machine.js'

interface Pair {
  readonly first: ResourceId
  readonly then: ResourceId
  readonly together: boolean
}

/** What one life of a machine was told by its guard. */
interface Known {
  readonly boot: string
  readonly up: Set<ResourceId>
  /** When a monitor first said that it runs no more; forgotten with the next start or stop of it. */
  readonly failedMs: Map<ResourceId, number>
}

/** How long an order to this machine may be on its way, with what stands in its mailboxes, ms. */
function onWayMs({ machines, net }: World, to: Machine): number {
  const slowest = (from: Machine): number =>
    Math.max(...Array.from({ length: net.links }, (_, link) => net.fault(from.name, to.name, link)).map((f) => f.delayMs + f.jitterMs))
  return mailboxesMs + Math.max(0, ...machines.filter((m) => m !== to).map(slowest))
}
const mailboxesMs = 10

export interface Ordering {
  end(): void
}

function pairsIn({ config, ids }: ClusterState): readonly Pair[] {
  const members = (name: string): readonly string[] => config.groups.find((g) => g.name === name)?.members ?? [name]
  const named: (readonly [string, string, boolean])[] = [
    ...config.groups.flatMap((g) => g.members.slice(1).map((then, i) => [g.members[i] ?? '', then, true] as const)),
    ...config.orders
      .filter((o) => o.kind === 'Mandatory')
      .flatMap((o) => members(o.first).flatMap((first) => members(o.then).map((then) => [first, then, false] as const))),
  ]
  // What is unmanaged is left alone, and nothing waits for it.
  const left = new Set(config.resources.filter((r) => !r.meta.managed).map((r) => r.name))
  return named.flatMap(([f, t, together]) => {
    if (left.has(t)) return []
    const [first, then] = [ids[f], ids[t]]
    return first && then ? [{ first, then, together }] : []
  })
}

export function ordering(world: World, applied: Applied): Ordering {
  const confirmed = new Map<Machine, Known>()
  const knownOf = (machine: Machine): Known => {
    const { boot } = machine.incarnation
    const known = confirmed.get(machine)
    if (known?.boot === boot) return known
    const anew = { boot, up: new Set<ResourceId>(), failedMs: new Map<ResourceId, number>() }
    confirmed.set(machine, anew)
    return anew
  }
  const wasUp = (on: Machine, first: ResourceId, starts: Machine): boolean => {
    const { up, failedMs } = knownOf(on)
    return up.has(first) || world.nowMs() - (failedMs.get(first) ?? -Infinity) <= onWayMs(world, starts)
  }
  const known = new WeakMap<ConfigDoc, { readonly ids: ClusterState['ids']; readonly pairs: readonly Pair[] }>()
  /** A document that comes back is the same object, and its resources may have other ids then. */
  const pairsOf = (state: ClusterState | undefined): readonly Pair[] => {
    if (!state) return []
    const before = known.get(state.config)
    if (before?.ids === state.ids) return before.pairs
    const pairs = pairsIn(state)
    known.set(state.config, { ids: state.ids, pairs })
    return pairs
  }

  world.runs.push((machine, op) => {
    if (op.kind !== 'resource' || (op.action !== 'start' && op.action !== 'stop')) return
    // Who stops follows what it knows; a start has to be right by what was decided.
    const own = (machine.stateOf('log') as LogState | undefined)?.cluster
    for (const p of pairsOf(op.action === 'stop' ? own : applied.newest())) {
      const places = p.together ? [machine] : world.machines.filter((m) => m.powered)
      if (op.action === 'start' && op.resource === p.then && !places.some((m) => wasUp(m, p.first, machine)))
        world.violate('S17', `${machine.name} starts ${p.then} before ${p.first} is known to run`)
      const stuck = machine.guard?.stopFailed === true || machine.guard?.lied.has(p.then) === true
      if (op.action === 'stop' && op.resource === p.first && p.together && !stuck && machine.guard?.active.has(p.then))
        world.violate('S17', `${machine.name} stops ${p.first} while ${p.then} runs on it`)
    }
    const { up, failedMs } = knownOf(machine)
    up.delete(op.resource)
    failedMs.delete(op.resource)
  })
  world.results.push((machine, r) => {
    if ((r.action !== 'start' && r.action !== 'monitor') || r.end === 'refused') return
    const { up, failedMs } = knownOf(machine)
    if (r.end === 'exited' && r.rc === 0) up.add(r.resource)
    else if (up.delete(r.resource)) failedMs.set(r.resource, world.nowMs())
  })
  return {
    end() {
      for (const p of pairsOf(applied.newest())) {
        const on = (id: ResourceId): string => world.machines.flatMap((m) => (m.powered && m.guard?.active.has(id) ? [m.name] : [])).join()
        if (p.together && on(p.first) !== '' && on(p.then) !== '' && on(p.first) !== on(p.then))
          world.violate('S17', `${p.first} ends on ${on(p.first)}, ${p.then} on ${on(p.then)}`)
      }
    },
  }
}
