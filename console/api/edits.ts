/**
 * Changes of the configuration as pure functions from document to document, one per operator's verb. A name that does not exist is a
 * refusal with what does exist.
 */
import { type ConfigDoc, cloneOf, type DeviceDoc, type NodeDoc, type ResourceDoc } from '../../runtime/config/document.js'
import type { Verdict } from '../../runtime/verdict.js'

export type Edited =
  | { readonly doc: ConfigDoc }
  | { readonly missing: 'resource' | 'node'; readonly name: string; readonly known: readonly string[] }

/** Every name that a verb on resources takes. */
export const resourceNames = (doc: ConfigDoc): string[] => [
  ...doc.resources.map((r) => r.name),
  ...doc.groups.map((g) => g.name),
  ...(doc.clones ?? []).map((c) => c.name),
]

function editMeta(doc: ConfigDoc, name: string, change: Partial<ResourceDoc['meta']>): Edited {
  const of = doc.clones?.find((c) => c.name === name)?.resource ?? name
  const group = doc.groups.find((g) => g.name === of)
  const names = group ? group.members : [of]
  if (!group && !doc.resources.some((r) => r.name === of)) return { missing: 'resource', name, known: resourceNames(doc) }
  return { doc: { ...doc, resources: doc.resources.map((r) => (names.includes(r.name) ? { ...r, meta: { ...r.meta, ...change } } : r)) } }
}

/**
 * start and stop: of a group its own target role, so that members keep theirs. A clone and what it is of are one thing to a verb: a stop is written
 * at the clone, a start at both, since either may have been stopped in the document.
 */
export function setTargetRole(doc: ConfigDoc, name: string, targetRole: 'Started' | 'Stopped'): Edited {
  const clone = doc.clones?.find((c) => c.name === name || c.resource === name)
  if (clone) {
    const made = { ...doc, clones: doc.clones?.map((c) => (c === clone ? { ...c, targetRole } : c)) ?? [] }
    return targetRole === 'Stopped' ? { doc: made } : setOwnRole(made, clone.resource, targetRole)
  }
  return setOwnRole(doc, name, targetRole)
}
function setOwnRole(doc: ConfigDoc, name: string, targetRole: 'Started' | 'Stopped'): Edited {
  if (doc.groups.some((g) => g.name === name))
    return { doc: { ...doc, groups: doc.groups.map((g) => (g.name === name ? { ...g, targetRole } : g)) } }
  return editMeta(doc, name, { targetRole })
}

/** What a move or ban of `name` is about: an instance has no name, so that of its clone; or why there can be none. */
export function movable(doc: ConfigDoc, kind: 'move' | 'ban', name: string): string | { readonly refused: Pick<Verdict, 'key' | 'args'> } {
  const clone = doc.clones?.find((c) => c.name === name) ?? cloneOf(doc, name)
  if (!clone) return name
  if (kind === 'ban' || clone.promoted === 1) return clone.name
  const key = clone.promoted === undefined ? 'console.move-clone' : 'console.move-roles'
  return { refused: { key, args: { clone: clone.name, promoted: clone.promoted ?? 0 } } }
}
export const setManaged = (doc: ConfigDoc, name: string, managed: boolean): Edited => editMeta(doc, name, { managed })
export const setResourceMaintenance = (doc: ConfigDoc, name: string, maintenance: boolean): Edited => editMeta(doc, name, { maintenance })

/** standby, online, maintenance, ready of a node that is a member. A node of which nothing is set any more has no entry. */
export function setNode(doc: ConfigDoc, members: readonly string[], name: string, change: Partial<NodeDoc>): Edited {
  if (!members.includes(name)) return { missing: 'node', name, known: members }
  const { [name]: old = { standby: false, maintenance: false, attributes: {} }, ...others } = doc.nodes
  const now: NodeDoc = { ...old, ...change }
  const isEmpty = !now.standby && !now.maintenance && Object.keys(now.attributes).length === 0 && now.utilization === undefined
  return { doc: { ...doc, nodes: isEmpty ? others : { ...others, [name]: now } } }
}

export const setClusterMaintenance = (doc: ConfigDoc, maintenanceMode: boolean): Edited => ({
  doc: { ...doc, properties: { ...doc.properties, maintenanceMode } },
})

/** The quorum device that the cluster is enrolled at, as its witness; undefined: neither. */
export function setDevice(doc: ConfigDoc, device: DeviceDoc | undefined): Edited {
  const { quorum: { device: _, witness, ...others } = {}, ...rest } = doc
  const kept = witness !== undefined && witness !== doc.quorum?.device?.name ? { witness } : {}
  const quorum = { ...others, ...(device ? { witness: device.name, device } : kept) }
  return { doc: { ...rest, ...(Object.keys(quorum).length > 0 ? { quorum } : {}) } as ConfigDoc }
}

/**
 * Deletes a resource, or a group, clone or pool (what is in it stays), with the clone of it, its place in a pool and the constraints that name
 * it or its clone; what goes with it is the diff.
 */
export function removeResource(doc: ConfigDoc, name: string): Edited {
  const known = [...resourceNames(doc), ...(doc.pools ?? []).map((p) => p.name)]
  if (!known.includes(name)) return { missing: 'resource', name, known }
  const groups = doc.groups
    .filter((g) => g.name !== name)
    .map((g) => ({ ...g, members: g.members.filter((m) => m !== name) }))
    .filter((g) => g.members.length > 0)
  const gone = new Set([name, ...doc.groups.filter((g) => g.name !== name && !groups.some((h) => h.name === g.name)).map((g) => g.name)])
  for (const clone of doc.clones ?? []) if (gone.has(clone.resource)) gone.add(clone.name)
  const { clones: oldClones = [], pools: oldPools = [], ...rest } = doc
  const clones = oldClones.filter((c) => !gone.has(c.name))
  const pools = oldPools
    .filter((p) => p.name !== name)
    .map((p) => ({ ...p, resources: p.resources.filter((one) => !gone.has(one)) }))
    .filter((p) => p.resources.length > 0)
  const left: ConfigDoc = {
    ...rest,
    groups,
    ...(clones.length > 0 ? { clones } : {}),
    ...(pools.length > 0 ? { pools } : {}),
    resources: doc.resources.filter((r) => r.name !== name),
    locations: doc.locations.filter((l) => !gone.has(l.resource)),
    colocations: doc.colocations.filter((c) => !gone.has(c.resource) && !gone.has(c.with)),
    orders: doc.orders.filter((o) => !gone.has(o.first) && !gone.has(o.then)),
  }
  // What stays of a clone that was stopped stays stopped.
  const stopped = oldClones.filter((c) => gone.has(c.name) && !gone.has(c.resource) && c.targetRole === 'Stopped')
  return stopped.reduce<Edited>((at, c) => ('doc' in at ? setOwnRole(at.doc, c.resource, 'Stopped') : at), { doc: left })
}
