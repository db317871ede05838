/**
 * S17: a start is let in only after each start that comes before it has ended well in the same life of its machine (of some machine, for an order
 * without colocation) and nothing was begun since to stop it; what others stand on is not stopped while they run; at the end each group is in one
 * place. An instance is promoted only where it runs, and stopped only once it is demoted, unless it has failed or its node stops it by itself; what follows a
 * promoted role starts after the promotion. What a guard told kyhad counts, not whether the service has died a moment ago; and an order that was on its
 * way when it told so is right.
 */

import type { LogState } from '../../../actors/log/raft.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { Director } from '../../../actors/resource/gate.js'
import type { ResourceId } from '../../../runtime/actor.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { isPromoted } from '../clones.js'
import { killedByOrder } from '../guard-world.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { type Pair, pairsIn } from './pairs.js'
import type { Applied } from './state-machine.js'

/** What one life of a machine was told by its guard: what runs, and (with `^`) what is promoted. */
interface Known {
  readonly boot: string
  readonly up: Set<string>
  /** When a monitor first said that it runs no more; forgotten with the next start or stop of it. */
  readonly failedMs: Map<string, number>
}

const role = (id: ResourceId): string => `${id}^`

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

/** It has failed, as far as its node knows: only a stop ends what may still be there. */
const isFailed = (m: Machine, id: ResourceId): boolean =>
  (m.stateOf('resource') as Director | undefined)?.children[id]?.row.state === 'failed'

/** What is running goes on, and its role with it. */
const leaves = (action: string): boolean => action === 'meta-data' || action === 'reload-agent'

class Books {
  readonly #known = new Map<Machine, Known>()
  constructor(private readonly world: World) {}

  of(machine: Machine): Known {
    const { boot } = machine.incarnation
    const known = this.#known.get(machine)
    if (known?.boot === boot) return known
    const anew = { boot, up: new Set<string>(), failedMs: new Map<string, number>() }
    this.#known.set(machine, anew)
    return anew
  }
  wasUp(on: Machine, what: string, starts: Machine): boolean {
    const { up, failedMs } = this.of(on)
    return up.has(what) || this.world.nowMs() - (failedMs.get(what) ?? -Infinity) <= onWayMs(this.world, starts)
  }
  /** Nothing is known of it any more, by what is begun now. */
  forget(machine: Machine, ...what: readonly string[]): void {
    const { up, failedMs } = this.of(machine)
    for (const one of what) {
      up.delete(one)
      failedMs.delete(one)
    }
  }
  tell(machine: Machine, what: string, is: boolean): void {
    const { up, failedMs } = this.of(machine)
    if (is) up.add(what)
    else if (up.delete(what)) failedMs.set(what, this.world.nowMs())
  }
}

/** A document that comes back is the same object, and its resources may have other ids then. */
function pairsKept(): (state: ClusterState | undefined) => readonly Pair[] {
  const known = new WeakMap<ConfigDoc, { readonly ids: ClusterState['ids']; readonly pairs: readonly Pair[] }>()
  return (state) => {
    if (!state) return []
    const before = known.get(state.config)
    if (before?.ids === state.ids) return before.pairs
    const pairs = pairsIn(state)
    known.set(state.config, { ids: state.ids, pairs })
    return pairs
  }
}

export function ordering(world: World, applied: Applied): Ordering {
  const books = new Books(world)
  const pairsOf = pairsKept()

  const begins = (machine: Machine, id: ResourceId): void => {
    for (const p of pairsOf(applied.newest())) {
      const places = p.together ? [machine] : world.machines.filter((m) => m.powered)
      if (id === p.next && !places.some((m) => books.wasUp(m, p.promoted ? role(p.first) : p.first, machine)))
        world.violate('S17', `${machine.name} starts ${p.next} before ${p.first} is known to ${p.promoted ? 'be promoted' : 'run'}`)
    }
  }
  /** Who stops follows what it knows; a start has to be right by what was decided. */
  const ends = (machine: Machine, id: ResourceId, action: string): void => {
    for (const p of pairsOf((machine.stateOf('log') as LogState | undefined)?.cluster)) {
      if (id !== p.first || !p.together || (p.promoted ? !isPromoted(machine, id) : action === 'demote')) continue
      const stuck = machine.guard?.stopFailed === true || machine.guard?.lied.has(p.next) === true
      if (!stuck && machine.guard?.active.has(p.next))
        world.violate('S17', `${machine.name} ${action}s ${p.first} while ${p.next} runs on it`)
    }
  }

  world.runs.push((machine, { kind, resource, action, id }) => {
    if (kind !== 'resource' || action === 'monitor' || action === 'notify' || leaves(action)) return
    if (action === 'start') begins(machine, resource)
    else if (action !== 'promote') ends(machine, resource, action)
    else if (!books.wasUp(machine, resource, machine))
      world.violate('S17', `${machine.name} promotes ${resource}, which is not known to run there`)
    // A node names its own operations with a colon: what it stops by itself it does not demote.
    const promoted = books.of(machine).up.has(role(resource)) && isPromoted(machine, resource)
    if (action === 'stop' && !id.includes(':') && promoted && !isFailed(machine, resource))
      world.violate('S17', `${machine.name} is told to stop ${resource} while it is promoted`)
    if (action === 'start' || action === 'stop') books.forget(machine, resource)
    books.forget(machine, role(resource))
  })
  world.results.push((machine, { resource, action, end, rc, detail }) => {
    if (action === 'stop' || action === 'notify' || leaves(action) || end === 'refused') return
    // A monitor that was in the way of an order says nothing of what runs.
    if (action === 'monitor' && end === 'signalled' && detail === killedByOrder) return
    const done = end === 'exited' && rc === 0
    const promoted = end === 'exited' && rc === 8
    if (action === 'start' || action === 'monitor') books.tell(machine, resource, done || promoted)
    else if (!done) books.tell(machine, resource, false)
    if (action === 'promote' || action === 'monitor') books.tell(machine, role(resource), action === 'promote' ? done : promoted)
  })
  return {
    end() {
      for (const p of pairsOf(applied.newest())) {
        if (!p.together) continue
        const on = (id: ResourceId): Machine[] => world.machines.filter((m) => m.powered && m.guard?.active.has(id))
        const firsts = on(p.first).filter((m) => !p.promoted || isPromoted(m, p.first))
        const names = (list: readonly Machine[]): string => list.map((m) => m.name).join()
        if (firsts.length > 0 && on(p.next).some((m) => !firsts.includes(m)))
          world.violate('S17', `${p.first} ends on ${names(firsts)}, ${p.next} on ${names(on(p.next))}`)
      }
    },
  }
}
