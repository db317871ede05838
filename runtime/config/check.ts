/**
 * What only shows when the parts of a document are seen together: names that do not exist or exist twice, a resource in two groups, rules
 * that chase each other in a circle or contradict each other, protection that is not there.
 */

import { checkClones, checkPools, checkRoles, checkThing, type Place, unknown } from './check-clones.js'
import type { Lines } from './constraints.js'
import { type Edge, findCycle } from './cycle.js'
import { DISKS } from './defaults.js'
import type { ColocationDoc, ConfigDoc } from './document.js'
import type { Reader } from './read.js'
import type { NodeAt } from './source.js'
import { type Things, thingsOf } from './things.js'

export function checkDocument(r: Reader, doc: ConfigDoc, lines: Lines, members: readonly string[], top: NodeAt): void {
  const at = (part: object): NodeAt => lines.get(part) ?? top
  checkNames(r, doc, at)
  const things = thingsOf(doc)
  const nodes = [...new Set([...Object.keys(doc.nodes), ...members])]
  checkGroups(r, doc, things, at)
  checkClones(r, doc, things, at)
  checkReferences(r, doc, things, at, nodes)
  checkRoles(r, doc, things, at)
  checkPools(r, doc, things, at, nodes)
  checkColocations(r, doc, things, at)
  checkOrders(r, doc, things, at)
  checkProtection(r, doc, at, members, top)
}

function checkNames(r: Reader, doc: ConfigDoc, at: Place): void {
  const seen = new Set<string>()
  for (const part of [...doc.resources, ...doc.groups, ...(doc.clones ?? []), ...(doc.pools ?? [])]) {
    if (seen.has(part.name)) r.refuse(at(part), 'config.duplicate-name', { name: part.name })
    seen.add(part.name)
  }
  const devices = new Set<string>()
  for (const part of doc.fencing) {
    if (devices.has(part.name)) r.refuse(at(part), 'config.duplicate-name', { name: part.name })
    devices.add(part.name)
  }
}

function checkGroups(r: Reader, doc: ConfigDoc, things: Things, at: Place): void {
  const groups = new Set(doc.groups.map((group) => group.name))
  const resources = new Set(doc.resources.map((resource) => resource.name))
  const owner = new Map<string, string>()
  for (const group of doc.groups) {
    for (const member of group.members) {
      const other = owner.get(member)
      if (groups.has(member)) r.refuse(at(group), 'config.group-in-group', { group: group.name, member })
      else if (things.clones.has(member)) r.refuse(at(group), 'config.clone-in-group', { group: group.name, member })
      else if (!resources.has(member)) unknown(r, at(group), 'resource', member, [...resources])
      else if (other === group.name) r.refuse(at(group), 'config.member-twice', { group: group.name, member })
      else if (other !== undefined) r.refuse(at(group), 'config.two-groups', { member, group: group.name, other })
      owner.set(member, other ?? group.name)
    }
  }
}

function checkReferences(r: Reader, doc: ConfigDoc, things: Things, at: Place, nodes: readonly string[]): void {
  const thing = (part: object, name: string): void => checkThing(r, at(part), things, name)
  const node = (part: object, name: string): void => {
    if (!nodes.includes(name)) unknown(r, at(part), 'node', name, nodes)
  }
  for (const part of doc.locations) {
    if (part.pattern === undefined) thing(part, part.resource)
    for (const level of part.levels ?? (part.node ? [part.node] : [])) node(part, level)
  }
  for (const part of doc.colocations) {
    thing(part, part.resource)
    thing(part, part.with)
    if (part.resource === part.with) r.refuse(at(part), 'config.with-itself', { name: part.resource })
  }
  for (const part of doc.orders) {
    thing(part, part.first)
    thing(part, part.then)
    if (part.first === part.then) r.refuse(at(part), 'config.with-itself', { name: part.first })
  }
  for (const part of doc.fencing) for (const host of Object.keys(part.hosts)) node(part, host)
}

/** The chain that a group implies: each member with, and after, the one before it. */
const groupPairs = (doc: ConfigDoc): readonly (readonly [string, string, object])[] =>
  doc.groups.flatMap((group) =>
    group.members
      .slice(1)
      .map((member, i) => [group.members[i] ?? member, member, group] as const)
      .filter(([a, b]) => a !== b),
  )

/** What a colocation speaks of, either way round: with the promoted instance is not with the others, in the same rack is not on the same node. */
const meant = (part: Pick<ColocationDoc, 'resource' | 'with' | 'role' | 'withRole' | 'nodeAttribute'>): string =>
  [...[`${part.resource}/${part.role ?? ''}`, `${part.with}/${part.withRole ?? ''}`].sort(), part.nodeAttribute ?? ''].join('\0')

/** A group as the dependent means its first member, as the target its last. */
function checkColocations(r: Reader, doc: ConfigDoc, things: Things, at: Place): void {
  const signs = new Map<string, { readonly together: boolean; readonly part: object }>()
  for (const [a, b, part] of groupPairs(doc)) signs.set(meant({ resource: a, with: b }), { together: true, part })
  const edges: Edge[] = groupPairs(doc).map(([before, member]) => ({ from: member, to: before }))
  for (const part of doc.colocations) {
    if (part.score === 0 || part.resource === part.with) continue
    const key = meant(part)
    const other = signs.get(key)
    const together = part.score > 0
    if (other && other.together !== together) {
      r.refuse(at(part), 'config.contradiction', { resource: part.resource, with: part.with, other: at(other.part).line })
    }
    signs.set(key, { together, part })
    const from = things.membersOf(part.resource)[0]
    const to = things.membersOf(part.with).at(-1)
    if (together && from !== undefined && to !== undefined && from !== to) edges.push({ from, to, part })
  }
  const cycle = findCycle(edges)
  if (cycle) r.refuse(at(cycle.part ?? doc), 'config.colocation-cycle', { cycle: cycle.names.join(' -> ') })
}

function checkOrders(r: Reader, doc: ConfigDoc, things: Things, at: Place): void {
  const edges: Edge[] = groupPairs(doc).map(([before, member]) => ({ from: before, to: member }))
  for (const part of doc.orders) {
    if (part.kind === 'Serialize' || part.first === part.then) continue
    const from = things.membersOf(part.first).at(-1)
    const to = things.membersOf(part.then)[0]
    if (from !== undefined && to !== undefined && from !== to) edges.push({ from, to, part })
  }
  const cycle = findCycle(edges)
  if (cycle) r.refuse(at(cycle.part ?? doc), 'config.order-cycle', { cycle: cycle.names.join(' -> ') })
}

/** Two nodes decide by both, or by a certificate (T1-T5): one of them deciding ties would decide alone, without knowing that the other is dead. */
export function checkTieBreak(r: Reader, doc: ConfigDoc, members: readonly string[], at: NodeAt): void {
  const name = doc.quorum?.tieBreak
  if (name === undefined) return
  const nodes = [...new Set([...Object.keys(doc.nodes), ...members])]
  if (members.length === 2) r.refuse(at, 'config.tie-break-two', { name, nodes: members.join(', ') })
  else if (name !== 'lowest' && !nodes.includes(name)) unknown(r, at, 'node', name, nodes)
}

/** A witness is something that is there, and it counts for two voters only: with more, votes decide. */
export function checkWitness(r: Reader, doc: ConfigDoc, members: readonly string[], at: NodeAt): void {
  const { witness, device } = doc.quorum ?? {}
  if (device?.name === DISKS) r.refuse(at, 'config.device-name', { name: DISKS })
  if (witness === undefined) return
  if (witness !== DISKS && witness !== device?.name) r.refuse(at, 'config.witness-unknown', { name: witness, known: device?.name ?? '-' })
  else if (members.length > 2) r.warn(at, 'config.witness-many', { name: witness, count: members.length })
}

/** Nothing of this is refused: it is what the operator should know. */
function checkProtection(r: Reader, doc: ConfigDoc, at: Place, members: readonly string[], top: NodeAt): void {
  const { properties } = doc
  const nodes = [...new Set([...Object.keys(doc.nodes), ...members])].sort()
  if (!properties.fencingEnabled) r.warn(top, 'config.fencing-off')
  else if (doc.fencing.length === 0) r.warn(top, 'config.no-device')
  else {
    for (const name of nodes) {
      const devices = doc.fencing.filter((device) => Object.hasOwn(device.hosts, name))
      if (devices.length === 0) r.warn(at(doc.fencing[0] ?? top), 'config.node-without-device', { node: name })
    }
  }
  if (properties.noQuorumPolicy === 'ignore') r.warn(top, 'config.quorum-ignored')
}
