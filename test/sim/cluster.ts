/** Small helpers for stories and the swarm: a cluster with a configuration, formed and stable; ground truth. */
import type { LogState } from '../../actors/log/raft.js'
import type { Index, Msg, ResourceId, Timing } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { TIMING } from '../../runtime/config/timing.js'
import { type Watch, watch } from './checkers/index.js'
import type { Machine } from './machine.js'
import { slowness } from './timings.js'
import { World, type WorldOptions } from './world.js'

export const timing: Timing = TIMING

export const leaderOf = (world: World): Machine | undefined =>
  world.machines.find((m) => (m.stateOf('log') as LogState | undefined)?.role === 'leader')

/** Machines where `resource` really runs: powered and in the guard's ground truth. */
export const owners = (world: World, resource: ResourceId): Machine[] =>
  world.machines.filter((m) => m.powered && (m.guard?.active.has(resource) ?? false))

interface Known {
  readonly index: number
  readonly ids: Readonly<Record<string, ResourceId>>
}
/** Opaque ids of the configured resources as the powered node that knows most has them. */
export function idsOf(world: World): Readonly<Record<string, ResourceId>> {
  let known: Known | undefined
  for (const m of world.machines) {
    const state = (m.stateOf('coordinator') as { cluster?: Known } | undefined)?.cluster
    if (state && state.index > (known?.index ?? 0)) for (const _ in state.ids) known = state
  }
  return known?.ids ?? {}
}

/** Hands a proposal to a node's log as its console would; `ifIndex`: for this state of the cluster only. */
export function propose(world: World, machine: Machine, id: string, entry: Msg | object, ifIndex?: Index): void {
  const msg = { type: 'propose', id, entry, ...(ifIndex !== undefined && { ifIndex }) }
  world.after(0, () => machine.deliver('log', { path: 'console' }, msg as unknown as Msg))
}

/** What each joiner of a new cluster is given, all together. */
const joinMsMax = 60_000

/** A powered cluster of `nodes` under `doc`, run until some node runs everything or `limitMs` passed. */
export function formed(
  seed: string,
  nodes: number,
  doc: ConfigDoc,
  options: Partial<Pick<WorldOptions, 'trace' | 'dies' | 'timing' | 'disks' | 'watchdogMs' | 'spares' | 'founders'>> = {},
): { world: World; watched: Watch } {
  const world = new World({ seed, nodes, timing, ...options })
  world.standing = doc
  const watched = watch(world)
  for (const m of world.machines) m.powerOn()
  const led = (): boolean =>
    world.machines.some((m) => (world.shown.get(m.name)?.get('leadership') as { ready?: boolean } | undefined)?.ready === true)
  world.run(10_000 * slowness(options.timing ?? timing), led)
  if (options.founders !== undefined) {
    world.roster.pursue()
    world.run(joinMsMax * slowness(options.timing ?? timing), () => world.roster.settled())
  }
  propose(world, world.machines[0] as Machine, 'config-1', {
    type: 'config',
    doc,
    by: 'story',
    because: { do: 'config', key: 'log.config', args: {}, severity: 'info' },
  })
  return { world, watched }
}
