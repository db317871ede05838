/** What only shows when clones, pools and the constraints that name them are seen together. Called by check.ts. */
import type { ConfigDoc, LocationDoc, PoolDoc } from './document.js'
import { nearest, type Reader } from './read.js'
import type { NodeAt } from './source.js'
import type { Things } from './things.js'

export type Place = (part: object) => NodeAt

/** Each clone is of one resource or group that nothing else has. */
export function checkClones(r: Reader, doc: ConfigDoc, things: Things, at: Place): void {
  const groups = new Set(doc.groups.map((group) => group.name))
  const own = [...doc.resources, ...doc.groups].map((part) => part.name)
  const known = new Set(own)
  const groupOf = new Map(doc.groups.flatMap((group) => group.members.map((member) => [member, group.name] as const)))
  const cloned = new Map<string, string>()
  for (const clone of doc.clones ?? []) {
    const { name, resource } = clone
    const other = cloned.get(resource)
    const group = groupOf.get(resource)
    if (things.clones.has(resource)) r.refuse(at(clone), 'config.clone-of-clone', { name, resource })
    else if (!known.has(resource)) unknown(r, at(clone), 'resource', resource, own)
    else if (other !== undefined) r.refuse(at(clone), 'config.cloned-twice', { name, resource, other })
    else if (group !== undefined) r.refuse(at(clone), 'config.cloned-member', { name, resource, group })
    else if (clone.promoted !== undefined && groups.has(resource)) r.refuse(at(clone), 'config.promoted-group', { name, group: resource })
    cloned.set(resource, other ?? name)
  }
}

/** A name that does not exist, with the nearest one that does. */
export function unknown(r: Reader, at: NodeAt, kind: 'resource' | 'node', name: string, known: readonly string[]): void {
  const near = r.full ? undefined : nearest(name, known)
  if (kind === 'node') r.refuse(at, near ? 'config.unknown-node-near' : 'config.unknown-node', { name, near: near ?? '' })
  else r.refuse(at, near ? 'config.unknown-resource-near' : 'config.unknown-resource', { name, near: near ?? '' })
}

/** A resource, group or clone that a constraint or pool names: what is cloned has no name of its own there. */
export function checkThing(r: Reader, at: NodeAt, things: Things, name: string): void {
  const clone = things.cloneOf.get(name)
  if (!things.known.has(name)) unknown(r, at, 'resource', name, things.names)
  else if (clone !== undefined) r.refuse(at, 'config.name-the-clone', { name, clone })
}

/** Words that only mean something for a promotable clone, or for a clone. */
export function checkRoles(r: Reader, doc: ConfigDoc, things: Things, at: Place): void {
  const promotable = (part: object, said: boolean, word: string, names: readonly string[]): void => {
    const wrong = said ? names.find((one) => things.known.has(one) && things.clones.get(one)?.promoted === undefined) : undefined
    if (wrong !== undefined && !things.cloneOf.has(wrong)) r.refuse(at(part), 'config.role-promotable', { word, name: wrong })
  }
  for (const part of doc.locations) {
    const found = part.pattern === undefined ? [part.resource] : things.found(part.pattern)
    if (part.pattern !== undefined && found.length === 0) r.warn(at(part), 'config.pattern-nothing', { pattern: part.pattern })
    promotable(part, part.role !== undefined, 'role', found)
  }
  for (const part of doc.colocations) {
    promotable(part, part.role !== undefined, 'role', [part.resource])
    promotable(part, part.withRole !== undefined, 'with-role', [part.with])
  }
  for (const part of doc.orders) {
    promotable(part, part.firstAction !== undefined, 'first-action', [part.first])
    promotable(part, part.thenAction !== undefined, 'then-action', [part.then])
    const { first } = part
    if (part.requireAll === false && things.known.has(first) && !things.clones.has(first) && !things.cloneOf.has(first))
      r.refuse(at(part), 'config.require-all-clone', { name: first })
  }
  const roles = new Set((doc.clones ?? []).flatMap((clone) => (clone.promoted === undefined ? [] : [clone.resource])))
  for (const resource of doc.resources) {
    const role = resource.ops.monitors.find((monitor) => monitor.role === 'Promoted' || monitor.role === 'Unpromoted')?.role
    if (role && !roles.has(resource.name)) r.warn(at(resource), 'config.monitor-role', { name: resource.name, role })
  }
}

/** What stands by for a resource is said once: by one pool, or by its levels. */
export function checkPools(r: Reader, doc: ConfigDoc, things: Things, at: Place, nodes: readonly string[]): void {
  const owner = new Map<string, PoolDoc>()
  for (const pool of doc.pools ?? []) {
    for (const node of pool.standby) if (!nodes.includes(node)) unknown(r, at(pool), 'node', node, nodes)
    for (const name of new Set(pool.resources)) {
      checkThing(r, at(pool), things, name)
      const members = things.membersOf(name)
      const other = members.map((member) => owner.get(member)).find((one) => one !== undefined)
      if (other === pool) r.refuse(at(pool), 'config.pool-member', { name, pool: pool.name })
      else if (other) r.refuse(at(pool), 'config.two-pools', { name, pool: pool.name, other: other.name })
      for (const member of members) owner.set(member, other ?? pool)
    }
  }
  for (const part of owner.size > 0 ? doc.locations : []) checkLevels(r, part, things, at, owner)
}

function checkLevels(r: Reader, part: LocationDoc, things: Things, at: Place, owner: ReadonlyMap<string, PoolDoc>): void {
  if (!part.levels) return
  for (const name of part.pattern === undefined ? [part.resource] : things.found(part.pattern)) {
    const pool = things
      .membersOf(name)
      .map((member) => owner.get(member))
      .find((one) => one !== undefined)
    const node = pool?.standby.find((standby) => part.levels?.includes(standby))
    if (pool && node !== undefined) return r.refuse(at(part), 'config.pool-levels', { name, node, pool: pool.name, other: at(pool).line })
  }
}
