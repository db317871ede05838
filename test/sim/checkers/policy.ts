/**
 * no-quorum-policy=stop is carried out (design 8.6, S13): a node that has lost its quorum for good, as its own quorum actor says, runs nothing any
 * more after `stopMs`. An actor that began anew is given its grace first. Not counted: one of two that miss each other (the race decides),
 * a kyhad that began anew, one that stands still, a machine whose stop has failed or hangs, and what a kyhad cannot know of: it began anew, and no
 * leader has told it yet what is decided, so it has no configuration. Nor is what maintenance or an operator keeps from being touched. A stop that is
 * under way when time is up, also of a service that has died, is waited for once: agents may be slow (F11), and what it stands on stops after it.
 */
import type { LogState } from '../../../actors/log/raft.js'
import type { QuorumState } from '../../../actors/quorum/actor.js'
import type { Director } from '../../../actors/resource/gate.js'
import type { ResourceId } from '../../../runtime/actor.js'
import type { SimHost } from '../host.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'

/** Each stop of the scenario takes at most 70 ms and they follow each other; a start or monitor in the way is ended first. One alone is never slower. */
const stopMs = 2_500
/** After the end of one stop the next one begins within this, since the messages between actors take time. */
const tellMs = 5

interface Lost {
  readonly sinceMs: number
  /** Resources whose stop was waited for. */
  readonly awaited: Set<ResourceId>
  /** Nothing stopped when it was looked at `tellMs` ago. */
  idle: boolean
}

export function policy(world: World): void {
  const lost = new Map<Machine, Lost>()
  const ever = new WeakSet<object>()
  /** Quorum listens for a limit before it says "no" for the first time, and then whoever stops services has a grace of its own. */
  const graceMs = world.timing.limitMsMax + world.timing.managerGraceMs
  const renewed = (m: Machine, host: SimHost): boolean => m.clock.nowMs() - host.renewedMs < graceMs + stopMs
  const alone = (machine: Machine, host: SimHost, at: Lost): void => {
    if (lost.get(machine) !== at || machine.host !== host) return
    if (renewed(machine, host)) return void world.after(stopMs, () => alone(machine, host, at))
    if (host.isPaused || machine.guard?.stopFailed) return
    const policy = (machine.stateOf('log') as LogState | undefined)?.cluster.config.properties.noQuorumPolicy
    if (policy !== 'stop') return
    const known = (machine.stateOf('resource') as Director | undefined)?.children
    const stops = (id: ResourceId): boolean => machine.guard?.flying(id).some((op) => op.action === 'stop') ?? false
    const touched = (id: ResourceId): boolean => known?.[id]?.maintenance === false && known[id].doc.meta.managed
    const runs = [...(machine.guard?.active.keys() ?? [])]
    if (machine.isGuardHeld || machine.guard?.hangs) return // what it stands on waits for it
    const left = runs.filter((id) => touched(id) && !machine.guard?.lied.has(id))
    if (left.length === 0) return
    const again = (afterMs: number): void => void world.after(afterMs, () => alone(machine, host, at))
    const awaited = (Object.keys(known ?? {}) as ResourceId[]).filter((id) => stops(id) && !at.awaited.has(id))
    for (const id of awaited) at.awaited.add(id)
    const wasIdle = at.idle
    at.idle = awaited.length === 0
    if (!at.idle || !wasIdle) return again(at.idle ? tellMs : stopMs)
    const ms = Math.round(world.nowMs() - at.sinceMs)
    world.violate('S13', `${machine.name} lost its quorum ${ms} ms ago and still runs ${left.join(', ')}`)
  }
  world.checks.push({
    path: 'quorum',
    look(machine) {
      const { host } = machine
      const said = (machine.stateOf('quorum') as QuorumState | undefined)?.said
      if (!host || !said) return
      if (said.quorate) ever.add(host)
      if (said.quorate || said.mode === 'two-node' || !ever.has(host)) return void lost.delete(machine)
      if (lost.has(machine)) return
      const at: Lost = { sinceMs: world.nowMs(), awaited: new Set(), idle: false }
      lost.set(machine, at)
      world.after(stopMs, () => alone(machine, host, at))
    },
  })
}
