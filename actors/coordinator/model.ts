/**
 * What a plan is made from, brought into order: nodes by name, units (a group or a lone primitive) in configuration order, for each
 * resource who may run it, where it is active, and what its failures say. Everything is sorted here, so that nothing after it depends on
 * the order of a map (S22). Pure; called by plan.ts.
 */
import type { BootId, NodeId, OpId, ResourceId, Token } from '../../runtime/actor.js'
import type { CloneDoc, ConfigDoc, GroupDoc, LocationDoc, ResourceDoc } from '../../runtime/config/document.js'
import { resourceId } from '../../runtime/ids.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { instanceRight, isPromotion, promotedRight, resourceOf } from '../log/right.js'
import type { ClusterState, Grant } from '../log/state.js'
import type { PeerState } from '../membership/messages.js'
import { type Judgement, judge } from './failures.js'
import type { Row } from './messages.js'
import { open } from './notify.js'
import { type NodeNow, standing } from './standing.js'

export type { NodeNow } from './standing.js'

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
  /** Seconds since 1970, where a rule asks for the time. */
  readonly utcS?: number
  /** What this leader has told instances of (notify.ts): by whom and what, which operation, or which life's end. */
  readonly spoken?: Readonly<Record<string, string>>
  /** This node has no quorum: nothing of the plan is carried out. */
  readonly noQuorum?: boolean
}

/**
 * Who holds the right. free: nobody (`taken`: by certificate).  here: its life is heard.  rebooted: a newer life of the owner's machine is.
 * fencing: being ended.  waiting: not known yet.  stuck: lost, and no device can end it.
 */
export type Hold = 'free' | 'taken' | 'here' | 'rebooted' | 'fencing' | 'waiting' | 'stuck'

/**
 * One thing that one node runs at a time: a resource; an instance of a clone, which is bound to its node; or a promoted role of a promotable
 * clone, which runs where an instance is promoted.
 */
export interface Res {
  /** Name of its right (log/right.ts). */
  readonly id: ResourceId
  readonly resource: ResourceId
  readonly name: string
  /** Of an instance: its node. */
  readonly bound?: number
  /** Of a promoted role: its number. */
  readonly slot?: number
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
  /** Of a clone's instances and promoted roles: the clone's. */
  readonly name: string
  readonly group?: GroupDoc
  readonly clone?: CloneDoc
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
  /** Resource, group and clone name -> the resources meant; of a clone its instances. */
  readonly named: ReadonlyMap<string, readonly Res[]>
  /** Clone name -> its promoted roles. */
  readonly promoted: ReadonlyMap<string, readonly Res[]>
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
  // Up to 1,000 resources on 32 nodes: each row is looked up once, and what depends on a node alone is not asked for each resource.
  const facts = docs.map(({ members }) =>
    members.map((doc): Facts => {
      const rows = rowsOf(bare, idOf(state, doc.name))
      return { doc, rows, failures: judgeAll(input, bare, doc, rows) }
    }),
  )
  const left = judgeLeft(input, bare)
  const everything = [...facts.flatMap((f) => f.map((x) => x.failures)), ...left]
  const nodes = bare.map((n, i) => condemned(n, everything, i))
  const around: Around = { input, nodes, heard: nodes.map(heard), at: new Map(nodes.map((n, i) => [n.node, i])) }
  const b = new Builder(around)
  docs.forEach((doc, i) => {
    b.add(doc, facts[i] ?? [])
  })
  const locations = new Map<string, LocationDoc[]>()
  for (const l of [...config.locations].sort((x, y) => before(x.id, y.id))) {
    const list = locations.get(l.resource)
    if (list) list.push(l)
    else locations.set(l.resource, [l])
  }
  const nodeAt = new Map(nodes.map((n, i) => [n.name, i]))
  const leftBlocked = left.flatMap((failures) => blockOf(nodes, failures) ?? [])
  return { input, config, nodes, units: b.units, all: b.all, named: b.named, promoted: b.promoted, locations, nodeAt, leftBlocked }
}

/** What is known of one configured resource, by node. */
interface Facts {
  readonly doc: ResourceDoc
  readonly rows: readonly (Row | undefined)[]
  readonly failures: Judgements
}

/** Units and resources in configuration order; a clone as one unit for each node, then one for each promoted role. */
class Builder {
  readonly units: Unit[] = []
  readonly all: Res[] = []
  readonly named = new Map<string, Res[]>()
  readonly promoted = new Map<string, Res[]>()
  constructor(readonly around: Around) {}

  add(doc: UnitDoc, facts: readonly Facts[]): void {
    const { clone } = doc
    const { input, nodes } = this.around
    const { state } = input
    const put = (of: Pick<Which, 'bound' | 'slot'>, id: (resource: ResourceId) => ResourceId): void => {
      const unit = this.units.length
      const members = facts.map((f, i): Res => {
        const resource = idOf(state, f.doc.name)
        return one(this.around, f, { ...of, doc, id: id(resource), resource, unit, order: this.all.length + i })
      })
      this.all.push(...members)
      const priority = members.reduce((sum, r) => sum + r.doc.meta.priority, 0)
      const { group, name } = doc
      this.units.push({ name, members, order: unit, priority, ...(group && { group }), ...(clone && { clone }) })
      if (of.slot !== undefined) return enter(this.promoted, name, members)
      for (const r of members) enter(this.named, r.name, [r])
      if (group || clone) enter(this.named, name, members)
    }
    if (!clone) return put({}, (id) => id)
    for (const [bound, n] of nodes.entries()) put({ bound }, (id) => instanceRight(id, n.node))
    const [first] = facts
    if (!first) return
    for (let slot = 0; slot < slotsOf(state, clone, idOf(state, first.doc.name)); slot++) put({ slot }, (id) => promotedRight(id, slot))
  }
}
const enter = (names: Map<string, Res[]>, name: string, list: readonly Res[]): void => {
  names.set(name, [...(names.get(name) ?? []), ...list])
}

/** As many as are wanted; and those that are still held. */
function slotsOf(state: ClusterState, clone: CloneDoc, id: ResourceId): number {
  const held = Object.values(state.grants).flatMap((g) =>
    !g.released && isPromotion(g.resource) && resourceOf(g.resource) === id ? [Number(g.resource.split('^')[1]) + 1] : [],
  )
  return Math.max(clone.promoted ?? 0, ...held)
}

interface UnitDoc {
  readonly name: string
  readonly group?: GroupDoc
  readonly clone?: CloneDoc
  readonly members: readonly ResourceDoc[]
}

/** Groups stand where their first member stands in the configuration. A member of two groups belongs to the first. */
function unitDocs(config: ConfigDoc): readonly UnitDoc[] {
  const docs = new Map(config.resources.map((r) => [r.name, r]))
  const clones = new Map((config.clones ?? []).map((c) => [c.resource, c]))
  const groupOf = new Map<string, GroupDoc>()
  for (const g of config.groups) for (const m of g.members) if (docs.has(m) && !groupOf.has(m)) groupOf.set(m, g)
  const out: UnitDoc[] = []
  const done = new Set<string>()
  const put = (name: string, members: readonly ResourceDoc[], group?: GroupDoc): void => {
    const clone = clones.get(name)
    out.push({ name: clone?.name ?? name, members, ...(group && { group }), ...(clone && { clone }) })
  }
  for (const doc of config.resources) {
    const group = groupOf.get(doc.name)
    if (!group) put(doc.name, [doc])
    else if (!done.has(group.name)) {
      done.add(group.name)
      const members = group.members.flatMap((m) => (groupOf.get(m) === group ? (docs.get(m) ?? []) : []))
      put(group.name, [...new Set(members)], group)
    }
  }
  return out
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

interface Which {
  readonly doc: UnitDoc
  readonly id: ResourceId
  readonly resource: ResourceId
  readonly bound?: number
  readonly slot?: number
  readonly unit: number
  readonly order: number
}

function one({ input, nodes, heard, at }: Around, facts: Facts, which: Which): Res {
  const { properties } = input.state.config
  const { id, bound, slot } = which
  const { doc } = facts
  const { group, clone } = which.doc
  const grant = input.state.grants[id]
  const owner = grant && !grant.released ? (at.get(grant.node) ?? -1) : -1
  const heardRows = facts.rows.map((row, i) =>
    heard[i] && (bound === undefined || bound === i) ? open(input, row, nodes[i], clone) : undefined,
  )
  const rows =
    slot === undefined ? heardRows : heardRows.map((row, i) => row && promotedRow(row, i === owner, othersOf(input, nodes[i], which)))
  const active: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (row && !idle(row)) active.push(i)
  }
  const mine =
    bound === undefined || facts.failures.length === 0 ? facts.failures : nodes.map((_, i) => (i === bound ? facts.failures[i] : undefined))
  const failures = slot === undefined ? mine : none
  const everywhere = slot === undefined ? facts.failures.find((j) => j?.everywhere)?.everywhere : undefined
  const block = blockOf(nodes, failures)
  const inMaintenance = active.some((i) => nodes[i]?.maintenance) || (owner >= 0 && (nodes[owner]?.maintenance ?? false))
  const cloned = clone === undefined || (slot === undefined ? clone.targetRole !== 'Stopped' : clone.targetRole === 'Started')
  return {
    id,
    resource: which.resource,
    name: doc.name,
    doc,
    ...(bound !== undefined && { bound }),
    ...(slot !== undefined && { slot }),
    ...(group && { group: group.name }),
    unit: which.unit,
    order: which.order,
    managed: doc.meta.managed && !doc.meta.maintenance && !properties.maintenanceMode && !inMaintenance,
    wanted: doc.meta.targetRole === 'Started' && group?.targetRole !== 'Stopped' && cloned && !properties.stopAll,
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

/** Another promoted role of the same clone is this node's. */
const othersOf = ({ state }: PlanInput, n: NodeNow | undefined, { resource, id }: Which): boolean =>
  Object.values(state.grants).some(
    (g) => !g.released && g.node === n?.node && g.resource !== id && isPromotion(g.resource) && resourceOf(g.resource) === resource,
  )

/**
 * What a resource's row says of a promoted role there: it runs where the resource is promoted. Of its owner (`own`) also what is being stopped or has
 * failed may still be promoted.
 */
function promotedRow(row: Row, own: boolean, others: boolean): Row {
  if (row.state === 'promoted') return { ...row, state: others && !own ? 'stopped' : 'running' }
  if (row.state === 'unknown') return row
  const doubtful = own && (row.state === 'failed' || row.state === 'stopping' || row.state === 'stop-failed')
  return doubtful ? row : { ...row, state: 'stopped' }
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
