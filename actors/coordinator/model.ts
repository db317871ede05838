/**
 * What a plan is made from, brought into order: nodes by name, units (a group or a lone primitive) in configuration order, for each
 * resource who may run it, where it is active, and what its failures say. Everything is sorted here, so that nothing after it depends on
 * the order of a map (S22). Pure; called by plan.ts.
 */
import type { BootId, NodeId, OpId, ResourceId, Token } from '../../runtime/actor.js'
import { type ConfigDoc, type GroupDoc, type LocationDoc, leaseMsOf, type ResourceDoc } from '../../runtime/config/document.js'
import { resourceId } from '../../runtime/ids.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { ClusterState, Grant, Life } from '../log/state.js'
import type { PeerState } from '../membership/messages.js'
import { type Judgement, judge } from './failures.js'
import type { Row } from './messages.js'

/** All rows of one node, as last heard. */
export interface NodeRows {
  readonly boot: BootId
  /** Of the kyhad that sent them. */
  readonly counter: number
  readonly seq: number
  /** Something came that does not follow: all rows were asked for, and are not here yet. */
  readonly doubt: boolean
  readonly rows: Readonly<Record<ResourceId, Row>>
}
/** This leader's own proof that the owner stopped a resource under `token`. */
export interface StopProof {
  readonly token: Token
  readonly node: NodeId
  readonly boot: BootId
  readonly op: OpId
}
/** An order of this leader that has no result yet. */
export interface Busy {
  readonly node: NodeId
  readonly action: string
}

export interface PlanInput {
  readonly state: ClusterState
  readonly self: { readonly node: NodeId; readonly boot: BootId }
  readonly peers: readonly PeerState[]
  readonly rows: Readonly<Record<NodeId, NodeRows>>
  readonly busy: Readonly<Record<ResourceId, Busy>>
  readonly proofs: Readonly<Record<ResourceId, StopProof>>
  /** How long this leader has waited for members that it never heard, ms. */
  readonly unseenMs: number
  /** Lives whose fence is confirmed while the certificate is not committed yet. */
  readonly fenced: Readonly<Record<NodeId, BootId>>
  /** Seconds for which a flapping node is still held down (design 8.4). */
  readonly held: Readonly<Record<NodeId, number>>
  /** Nodes to be taken as lost and fenced (what-if). */
  readonly lost: readonly NodeId[]
  /** This node has no quorum: nothing of the plan is carried out. */
  readonly noQuorum?: boolean
}

/**
 * usable: admitted, heard, rows known.  holding: not sure; keeps what it has, gets nothing.  joining: heard, not admitted or rows not known.
 * leaving: is being emptied.  lost: its life must end by a fence.  unseen: admitted once, not heard by this leader yet.  gone: nothing runs there.
 */
export type Standing = 'usable' | 'holding' | 'joining' | 'leaving' | 'lost' | 'unseen' | 'gone'

export interface NodeNow {
  readonly node: NodeId
  readonly name: string
  readonly standing: Standing
  /** Life that was last heard; absent when it never was. */
  readonly boot?: BootId
  readonly life?: Life
  readonly standby: boolean
  readonly maintenance: boolean
  readonly rows?: NodeRows
  readonly canFence: boolean
  /** It flapped: for so many seconds it gets nothing. */
  readonly heldS?: number
  /** Why its life must end; present with `lost`. */
  readonly fence?: Verdict
  /** A resource there cannot be stopped: only the end of its life helps. */
  readonly condemned: boolean
  /** Its own watchdog is all that could end it, and its lease is about to be armed: what started there now could not be taken over (S16). */
  readonly arming: boolean
}

/**
 * Who holds the right. free: nobody (`taken`: by certificate).  here: its life is heard.  rebooted: a newer life of the owner's machine is.
 * fencing: being ended.  waiting: not known yet.  stuck: lost, and no device can end it.
 */
export type Hold = 'free' | 'taken' | 'here' | 'rebooted' | 'fencing' | 'waiting' | 'stuck'

export interface Res {
  readonly id: ResourceId
  readonly name: string
  readonly doc: ResourceDoc
  readonly group?: string
  readonly unit: number
  /** Number in configuration order. */
  readonly order: number
  readonly managed: boolean
  readonly wanted: boolean
  readonly rows: readonly (Row | undefined)[] // by node
  readonly active: readonly number[] // nodes where it may be active
  readonly grant?: Grant
  readonly hold: Hold
  readonly owner: number // node of the unreleased grant, -1 = none
  readonly failures: readonly (Judgement | undefined)[] // by node; empty when nothing has failed
  readonly everywhere?: Verdict
  readonly block?: Verdict
}
export interface Unit {
  readonly name: string
  readonly group?: GroupDoc
  readonly members: readonly Res[]
  readonly order: number
  readonly priority: number
}
export interface Model {
  readonly input: PlanInput
  readonly config: ConfigDoc
  readonly nodes: readonly NodeNow[]
  readonly units: readonly Unit[]
  readonly all: readonly Res[]
  /** Resource and group name -> the resources meant. */
  readonly named: ReadonlyMap<string, readonly Res[]>
  /** Locations by the resource or group that they name, in order of their ids. */
  readonly locations: ReadonlyMap<string, readonly LocationDoc[]>
  /** Node name -> its place in `nodes`. */
  readonly nodeAt: ReadonlyMap<string, number>
  /** What left the configuration, did not stop, and whose node nothing may or can end. */
  readonly leftBlocked: readonly Verdict[]
}

export const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export function buildModel(input: PlanInput): Model {
  const { state } = input
  const { config } = state
  const bare = [...state.members].sort((a, b) => before(a.name, b.name)).map((m) => standing(input, m.node, m.name))
  const docs = unitDocs(config)
  const flat = docs.flatMap(({ group, members }, unit) => members.map((doc) => ({ doc, group, unit })))
  // Up to 1,000 resources on 32 nodes: each row is looked up once, and what depends on a node alone is not asked for each resource.
  const found = flat.map(({ doc }) => rowsOf(bare, idOf(state, doc.name)))
  const judged = flat.map(({ doc }, order) => judgeAll(input, bare, doc, found[order] ?? []))
  const left = judgeLeft(input, bare)
  const everything = [...judged, ...left]
  const nodes = bare.map((n, i) => condemned(n, everything, i))
  const around: Around = { input, nodes, heard: nodes.map(heard), at: new Map(nodes.map((n, i) => [n.node, i])) }
  const all = flat.map(({ doc, group, unit }, order) =>
    resource(around, doc, group, unit, order, found[order] ?? [], judged[order] ?? none),
  )
  const byUnit: Res[][] = docs.map(() => [])
  for (const r of all) byUnit[r.unit]?.push(r)
  const units = docs.map(({ name, group }, order): Unit => {
    const members = byUnit[order] ?? []
    const priority = members.reduce((sum, r) => sum + r.doc.meta.priority, 0)
    return { name, members, order, priority, ...(group && { group }) }
  })
  const named = new Map<string, readonly Res[]>(all.map((r) => [r.name, [r]]))
  for (const u of units) if (u.group) named.set(u.name, u.members)
  const locations = new Map<string, LocationDoc[]>()
  for (const l of [...config.locations].sort((a, b) => before(a.id, b.id))) {
    const list = locations.get(l.resource)
    if (list) list.push(l)
    else locations.set(l.resource, [l])
  }
  const nodeAt = new Map(nodes.map((n, i) => [n.name, i]))
  const leftBlocked = left.flatMap((failures) => blockOf(nodes, failures) ?? [])
  return { input, config, nodes, units, all, named, locations, nodeAt, leftBlocked }
}

interface UnitDoc {
  readonly name: string
  readonly group?: GroupDoc
  readonly members: readonly ResourceDoc[]
}

/** Groups stand where their first member stands in the configuration. A member of two groups belongs to the first. */
function unitDocs(config: ConfigDoc): readonly UnitDoc[] {
  const docs = new Map(config.resources.map((r) => [r.name, r]))
  const groupOf = new Map<string, GroupDoc>()
  for (const g of config.groups) for (const m of g.members) if (docs.has(m) && !groupOf.has(m)) groupOf.set(m, g)
  const out: UnitDoc[] = []
  const done = new Set<string>()
  for (const doc of config.resources) {
    const group = groupOf.get(doc.name)
    if (!group) out.push({ name: doc.name, members: [doc] })
    else if (!done.has(group.name)) {
      done.add(group.name)
      const members = group.members.flatMap((m) => (groupOf.get(m) === group ? (docs.get(m) ?? []) : []))
      out.push({ name: group.name, group, members: [...new Set(members)] })
    }
  }
  return out
}

function standing(input: PlanInput, node: NodeId, name: string): NodeNow {
  const { config, lives } = input.state
  const doc = config.nodes[name]
  const life = lives[node]
  const own = node === input.self.node
  const peer = own ? undefined : input.peers.find((p) => p.node === node)
  const boot = own ? input.self.boot : peer?.incarnation?.boot
  const rows = input.rows[node]
  const known = rows !== undefined && rows.boot === boot
  const enough = input.state.members.filter((m) => m.votes > 0).length > 2
  const leased = life?.leased?.armed === true && enough
  const devices = config.fencing.some((d) => Object.hasOwn(d.hosts, name) && (leaseMsOf(d) === undefined || leased))
  const fixed = {
    node,
    name,
    standby: doc?.standby ?? false,
    maintenance: doc?.maintenance ?? false,
    canFence: config.properties.fencingEnabled && devices,
    condemned: false,
    arming: enough && !devices && life?.leased !== undefined,
    ...(input.held[node] !== undefined && { heldS: input.held[node] }),
    ...(boot !== undefined && { boot }),
    ...(life && { life }),
    ...(known && { rows }),
  }
  const how = stands(input, node, own ? 'alive' : (peer?.state ?? 'never-seen'), life, boot, known)
  if (how !== 'lost') return { ...fixed, standing: how }
  const heardMs = peer?.links.map((l) => l.silentMs).filter((ms) => ms >= 0) ?? []
  const silentMs = heardMs.length > 0 ? Math.min(...heardMs) : -1
  const args = { node: name, silentMs, waitedMs: input.unseenMs }
  if (!peer || peer.state === 'never-seen')
    return { ...fixed, standing: how, fence: verdict('fence', 'coordinator.fence-unseen', args, 'warning') }
  const key = peer.because?.key === 'membership.deaf-lost' ? 'coordinator.fence-deaf' : 'coordinator.fence-silent'
  return { ...fixed, standing: how, fence: verdict('fence', key, args, 'warning') }
}

function stands(
  input: PlanInput,
  node: NodeId,
  heard: PeerState['state'],
  life: Life | undefined,
  boot: BootId | undefined,
  known: boolean,
): Standing {
  if (input.lost.includes(node) || (life && input.fenced[node] === life.boot && boot === life.boot)) return 'gone'
  const same = life !== undefined && life.boot === boot
  if (life?.state === 'intent' && (same || heard !== 'alive')) return 'lost'
  const admitted = life?.state === 'admitted'
  switch (heard) {
    case 'alive':
      if (same && life?.state === 'fenced') return 'gone'
      return admitted && same && known ? 'usable' : 'joining'
    case 'suspect':
    case 'manager-down':
      return admitted && same ? 'holding' : 'gone'
    case 'leaving':
      return admitted && same ? 'leaving' : 'gone'
    case 'silent':
      return admitted ? 'lost' : 'gone'
    case 'never-seen':
      if (!admitted) return 'gone'
      return input.unseenMs >= input.state.config.properties.startupFencingMs ? 'lost' : 'unseen'
  }
}

const idOf = (state: ClusterState, name: string): ResourceId => state.ids[name] ?? resourceId(name)

const rowsOf = (nodes: readonly NodeNow[], id: ResourceId): readonly (Row | undefined)[] => nodes.map((n) => n.rows?.rows[id])

type Judgements = readonly (Judgement | undefined)[]
/** Nothing has failed anywhere: the same list for all. */
const none: Judgements = []

function judgeAll(input: PlanInput, nodes: readonly NodeNow[], doc: ResourceDoc, rows: readonly (Row | undefined)[]): Judgements {
  const bad = (row: Row | undefined): boolean => row !== undefined && (row.lastFailure !== undefined || row.state === 'stop-failed')
  if (!rows.some(bad)) return none
  return nodes.map((n, i) => {
    const row = rows[i]
    return row && bad(row) ? judge(doc, row, n.name, input.state.config.properties) : undefined
  })
}

/** What left the configuration is only to be stopped for good: of all that failed there, nothing but a stop says something about its node. */
function judgeLeft(input: PlanInput, nodes: readonly NodeNow[]): readonly Judgements[] {
  const left = Object.entries(input.state.left ?? {}).sort(([a], [b]) => before(a, b))
  return left.map(([id, doc]) => {
    const rows = rowsOf(nodes, resourceId(id)).map((row) => (row?.state === 'stop-failed' ? row : undefined))
    return judgeAll(input, nodes, doc, rows)
  })
}

/** A node with a resource that cannot be stopped ends by a fence; on-fail=standby empties it. */
function condemned(n: NodeNow, judged: readonly Judgements[], i: number): NodeNow {
  const fence = judged.find((j) => j[i]?.fence)?.[i]?.fence
  const owes = n.life?.state === 'admitted' || n.life?.state === 'intent'
  if (fence && n.canFence && owes && n.standing !== 'gone') return { ...n, standing: 'lost', fence: n.fence ?? fence, condemned: true }
  return judged.some((j) => j[i]?.standby) ? { ...n, standby: true } : n
}

const heard = (n: NodeNow): boolean =>
  n.standing === 'usable' || n.standing === 'holding' || n.standing === 'joining' || n.standing === 'leaving'
const idle = (row: Row): boolean => row.state === 'stopped' || row.state === 'unknown'

interface Around {
  readonly input: PlanInput
  readonly nodes: readonly NodeNow[]
  readonly heard: readonly boolean[]
  readonly at: ReadonlyMap<NodeId, number>
}

function resource(
  { input, nodes, heard, at }: Around,
  doc: ResourceDoc,
  group: GroupDoc | undefined,
  unit: number,
  order: number,
  found: readonly (Row | undefined)[],
  failures: Judgements,
): Res {
  const { properties } = input.state.config
  const id = idOf(input.state, doc.name)
  const rows = found.map((row, i) => (heard[i] ? row : undefined))
  const active: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (row && !idle(row)) active.push(i)
  }
  const grant = input.state.grants[id]
  const owner = grant && !grant.released ? (at.get(grant.node) ?? -1) : -1
  const everywhere = failures.find((j) => j?.everywhere)?.everywhere
  const block = blockOf(nodes, failures)
  const inMaintenance = active.some((i) => nodes[i]?.maintenance) || (owner >= 0 && (nodes[owner]?.maintenance ?? false))
  return {
    id,
    name: doc.name,
    doc,
    ...(group && { group: group.name }),
    unit,
    order,
    managed: doc.meta.managed && !doc.meta.maintenance && !properties.maintenanceMode && !inMaintenance,
    wanted: doc.meta.targetRole === 'Started' && group?.targetRole !== 'Stopped' && !properties.stopAll,
    rows,
    active,
    ...(grant && { grant }),
    hold: holdOf(input, nodes[owner], grant),
    owner,
    failures,
    ...(everywhere && { everywhere }),
    ...(block && { block }),
  }
}

const blockOf = (nodes: readonly NodeNow[], failures: Judgements): Verdict | undefined =>
  failures.find((j) => j?.block)?.block ?? unfenced(nodes, failures)

/** A failed stop on a node that nothing can fence blocks the resource. */
function unfenced(nodes: readonly NodeNow[], failures: Judgements): Verdict | undefined {
  const at = failures.findIndex((j, i) => j?.fence && !nodes[i]?.canFence)
  const fence = failures[at]?.fence
  return fence && verdict('block', 'coordinator.blocked-no-fencing', fence.args, 'error')
}

function holdOf(input: PlanInput, n: NodeNow | undefined, grant: Grant | undefined): Hold {
  if (!grant || grant.released) return 'free'
  const certified = input.state.certificates.some((c) => c.node === grant.node && c.boot === grant.boot)
  const life = input.state.lives[grant.node]
  const ended = life !== undefined && life.boot === grant.boot && (life.state === 'fenced' || life.state === 'left')
  if (certified || ended || input.fenced[grant.node] === grant.boot || input.lost.includes(grant.node)) return 'taken'
  if (!n) return 'stuck'
  switch (n.standing) {
    case 'usable':
    case 'leaving':
    case 'holding':
    case 'joining':
      return n.boot === grant.boot ? 'here' : 'rebooted'
    case 'lost':
      return n.canFence ? 'fencing' : 'stuck'
    case 'unseen':
      return 'waiting'
    case 'gone':
      return 'waiting'
  }
}
