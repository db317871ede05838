/**
 * Clones of a history: what a third of the seeds has beside the standing group and resource, drawn from a source of its own, so that all others are as
 * they would be without; and what of it is to run when nothing is wrong.
 */
import type { ResourceId } from '../../runtime/actor.js'
import { type CloneDoc, type ConfigDoc, cloneOf } from '../../runtime/config/document.js'
import { type Random, seeded } from '../../runtime/random.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

/** Parts of the configuration, in its own words. */
export interface Cloned {
  readonly resources: readonly string[]
  readonly groups: readonly string[]
  readonly clones: readonly string[]
  readonly colocation: readonly string[]
  readonly order: readonly string[]
}

const noClones: Cloned = { resources: [], groups: [], clones: [], colocation: [], order: [] }

/** Every third seed has some: instances of a resource or of a group, a promotable clone with an address that follows its promoted role, or both. Half of them notify. */
export function clonesOf(seed: string, nodes: number, always = false): Cloned | undefined {
  const random = seeded(`${seed} clones`)
  if (random.int(3) !== 0 && !always) return undefined
  const which = random.int(3)
  const notify = seeded(`${seed} notify`).chance(0.5)
  const plain = which !== 1 ? instances(random, nodes, which === 2) : noClones
  const roles = which !== 0 ? promotable(random, nodes) : noClones
  const told = (clone: string): string => (notify ? clone.replace(/}$/, ', notify: true}') : clone)
  const order = which === 2 && random.chance(0.7) ? [between(random)] : []
  return {
    resources: [...plain.resources, ...roles.resources],
    groups: [...plain.groups, ...roles.groups],
    clones: [...plain.clones, ...roles.clones].map(told),
    colocation: [...plain.colocation, ...roles.colocation],
    order: [...plain.order, ...roles.order, ...order],
  }
}

const few = (random: Random, nodes: number, least: number): string =>
  random.chance(0.4) ? `, max: ${least + random.int(Math.max(1, nodes + 1 - least))}` : ''

/** `base`: another clone may stand on it, so that it has an instance on each node. */
function instances(random: Random, nodes: number, base: boolean): Cloned {
  const group = random.chance(0.4)
  const max = base ? '' : few(random, nodes, 1)
  const words = `${max}${random.chance(0.3) ? ', ordered: true' : ''}${random.chance(0.3) ? ', interleave: false' : ''}`
  const waits = random.chance(0.3) ? ['{first: base-clone, then: job}'] : []
  return {
    ...noClones,
    resources: ["{name: fs, agent: 'kyha:Dummy'}", ...(group ? ["{name: agent, agent: 'kyha:Dummy'}"] : [])],
    groups: group ? ['{name: base, members: [fs, agent]}'] : [],
    clones: [`{name: base-clone, resource: ${group ? 'base' : 'fs'}${words}}`],
    order: waits,
  }
}

function promotable(random: Random, nodes: number): Cloned {
  const promoted = random.chance(0.25) ? 2 : 1
  const words = `promoted: ${promoted}${few(random, nodes, promoted)}${random.chance(0.3) ? ', interleave: false' : ''}`
  const follows = random.chance(0.7)
  return {
    ...noClones,
    resources: [
      "{name: db, agent: 'kyha:Dummy'}",
      ...(follows ? ["{name: dbip, agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.0.0.101}}"] : []),
    ],
    clones: [`{name: db-clone, resource: db, ${words}}`],
    colocation: follows ? ['{resource: dbip, with: db-clone, with-role: Promoted}'] : [],
    order: follows ? ['{first: db-clone, first-action: promote, then: dbip}'] : [],
  }
}

const between = (random: Random): string =>
  `{first: base-clone, then: db-clone${random.chance(0.3) ? ', kind: Optional' : ''}${random.chance(0.2) ? ', require-all: false' : ''}}`

/** How many machines run a resource, and have its promoted role, when all is well. */
export interface Share {
  readonly runs: number
  readonly promoted: number
}
export function shareOf(doc: ConfigDoc | undefined, name: string, nodes: number): Share {
  const clone = doc && cloneOf(doc, name)
  if (!clone) return { runs: 1, promoted: 0 }
  const runs = clone.targetRole === 'Stopped' ? 0 : Math.min(clone.max ?? nodes, nodes)
  return { runs, promoted: clone.targetRole === 'Started' ? Math.min(clone.promoted ?? 0, runs) : 0 }
}

/** The clone that runs a resource of this id, by the names of a state. */
export function cloneWith(
  state: { readonly config: ConfigDoc; readonly ids: Readonly<Record<string, ResourceId>> } | undefined,
  id: ResourceId,
): CloneDoc | undefined {
  if (!state?.config.clones) return undefined
  const name = Object.keys(state.ids).find((n) => state.ids[n] === id)
  return name === undefined ? undefined : cloneOf(state.config, name)
}

/** It really has the promoted role. */
export const isPromoted = (m: Machine, id: ResourceId): boolean => m.powered && (m.guard?.active.get(id)?.promoted ?? false)

/** As many of it run, and are promoted, as can. */
export function servesAll(world: World, name: string, id: ResourceId): boolean {
  let on = 0
  let promoted = 0
  for (const m of world.machines) {
    if (!m.powered || !m.guard?.active.has(id)) continue
    on++
    if (isPromoted(m, id)) promoted++
  }
  const share = shareOf(world.standing, name, world.roster.wanted.length)
  return on === share.runs && promoted === share.promoted
}
