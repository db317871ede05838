/**
 * The engine's working memory for one plan: hosts, resources and actions as objects that know each other. It lives inside `planScene` and
 * nowhere else, so the function as a whole stays pure. Stages write to it in the order of the README; each says what it adds.
 */
import type { TextKey } from '../../../runtime/text/index.js'
import type { Verdict } from '../../../runtime/verdict.js'
import type { Discovery, HostSet, Place, Places } from './places.js'
import type { Agent, BundleSpec, History, NodeState, OperationSpec, ResourceSpec, Scene, ValueSet } from './scene.js'
import { add, type Role } from './score.js'
import type { Attribute, FailName } from './state/failcount.js'
import { emptyMemory, type Memory } from './state/memory.js'
import type { Why } from './why.js'

export interface Host {
  readonly name: string
  readonly id: string
  readonly kind: 'member' | 'remote' | 'guest' | 'ping'
  readonly index: number // among the world's hosts
  readonly attrs: Map<string, string>
  readonly utilization: Map<string, number> // capacity that is left
  state: NodeState | undefined
  entries: ReadonlyMap<string, readonly History[]> | undefined // of its state, by name without number; made when first asked
  connection: Res | undefined // of a remote or guest node: the resource that reaches it
  online: boolean
  unclean: boolean
  standby: boolean
  standbyOnFail: boolean
  maintenance: boolean
  pending: boolean
  shutdown: boolean
  unseen: boolean
  expectedUp: boolean
  dc: boolean
  resetNeeded: boolean // a remote node whose connection failed
  maintenanceOfRemote: boolean
  discovers: boolean // false: no probes here
  wasFenced: boolean
  fenceWhy: Why | undefined
  readonly running: Res[]
  readonly assigned: Res[]
  priority: number // sum of what runs here: how much its fencing would cost
}

/** What a number is made of: the ledger. */
export interface Part {
  readonly resource: string
  readonly node: string
  readonly score: number
  readonly source: string // id of the constraint, or the name of the rule of the house
  readonly key: TextKey // its sentence in runtime/text
}

export interface Colocation {
  readonly id: string
  readonly dependent: Res
  readonly primary: Res
  readonly attribute: string
  readonly score: number
  readonly dependentRole: Role
  readonly primaryRole: Role
  readonly influence: boolean | 'never'
  readonly order: number
}
export interface Location {
  readonly id: string
  readonly res: Res
  readonly role: Role
  readonly discovery: Discovery | undefined
  readonly places: ReadonlyMap<Host, number>
}

export interface Replica {
  readonly offset: number
  readonly ip: Res | undefined
  readonly container: Res
  readonly remote: Res | undefined
  readonly host: Host | undefined
  child: Res | undefined
}

export interface CloneData {
  max: number
  nodeMax: number
  promotedMax: number
  promotedNodeMax: number
  min: number
  readonly ordered: boolean
  readonly interleave: boolean
  readonly notify: boolean
}

export interface Res {
  id: string
  readonly base: string // id without the instance number
  historyId: string // as the last history entry spelt it
  readonly kind: 'primitive' | 'group' | 'clone' | 'bundle'
  readonly spec: ResourceSpec
  readonly parent: Res | undefined
  readonly children: Res[]
  readonly agent: Agent
  readonly meta: Map<string, string>
  readonly operations: readonly OperationSpec[]
  readonly params: readonly ValueSet[]
  readonly implicitParams: Map<string, string>
  readonly utilization: Map<string, number>
  readonly index: number // place in the tree, depth first
  readonly clone: CloneData | undefined
  readonly bundle: BundleSpec | undefined
  readonly replicas: Replica[]
  colocated: boolean // of a group
  sequential: boolean // of a group: ordered
  container: Res | undefined // the resource that holds this one's machine
  readonly fillers: Res[]
  remoteHost: Host | undefined // the node that this resource connects to
  unique: boolean
  promotable: boolean
  priority: number
  stickiness: number
  threshold: number
  failureTimeoutS: number
  consecutive: boolean // failures count in a row (failure-counting), not in a window
  requires: 'nothing' | 'quorum' | 'fencing' | 'unfencing'
  multiple: 'stop_start' | 'stop_only' | 'block' | 'stop_unexpected'
  critical: boolean
  restartOnOrder: boolean // restart-type=restart
  allowMigrate: boolean
  // flags
  managed: boolean
  blocked: boolean
  maintenance: boolean
  failed: boolean
  stopIfFailed: boolean
  failureIgnored: boolean
  orphan: boolean
  orphanInstance: boolean
  startPending: boolean
  reloadOnly: boolean
  exclusiveDiscovery: boolean
  stopUnexpected: boolean
  detach: boolean
  // state
  role: Role
  nextRole: Role
  nextRoleWhy: string
  readonly known: HostSet
  readonly active: Host[]
  pendingTask: string
  pendingHost: Host | undefined
  migrateFrom: Host | undefined // partial migration, both ends
  migrateTo: Host | undefined
  readonly dangling: Host[] // hosts with a leftover of a migration
  lockedTo: Host | undefined
  // placement
  readonly places: Places
  assigned: Host | undefined
  provisional: boolean
  busy: boolean // being assigned or merged: a loop ends here
  merging: boolean
  promotion: number // this instance's promotion priority
  promotionScore: number
  readonly thisWith: Colocation[]
  readonly withThis: Colocation[]
  readonly locations: Location[]
  readonly tickets: TicketRule[]
  readonly actions: Action[]
  readonly notices: Map<string, Action>
}

export interface TicketRule {
  readonly id: string
  readonly ticket: string
  readonly res: Res
  readonly role: Role
  readonly policy: 'stop' | 'demote' | 'fence' | 'freeze'
}

export type OnFail = 'ignore' | 'demote' | 'restart' | 'ban' | 'block' | 'stop' | 'restart-container' | 'standby' | 'fence' | 'reset-remote'

export interface Action {
  readonly seq: number
  readonly key: string // resource_task_interval
  readonly task: string
  readonly res: Res | undefined
  readonly host: Host | undefined
  readonly intervalMs: number
  readonly needs: 'nothing' | 'quorum' | 'fencing'
  readonly onFail: OnFail
  readonly failRole: Role
  optional: boolean
  runnable: boolean
  pseudo: boolean
  migratable: boolean
  always: boolean // sent although optional
  reason: Why | undefined // what first made it required, or kept it from running
  minRunnable: number // 0: every one of its required ones; otherwise so many
  readonly before: Edge[]
  readonly after: Edge[]
  readonly extra: Map<string, string>
  data?: Readonly<Record<string, string>> // what whoever carries it out is told beside the resource's parameters
  dedup: boolean
  seen: boolean
}
export interface Edge {
  readonly action: Action
  flags: number
}

export interface Ordering {
  readonly id: string
  readonly flags: number
  readonly first: Res | undefined
  readonly firstTask: string
  readonly firstAction: Action | undefined
  readonly next: Res | undefined
  readonly nextTask: string
  readonly nextAction: Action | undefined
  readonly host?: Host | undefined
}

export interface Options {
  readonly noQuorum: 'stop' | 'ignore' | 'freeze' | 'demote' | 'suicide'
  readonly symmetric: boolean
  readonly fencing: boolean
  readonly fenceAction: string
  readonly startupFencing: boolean
  readonly maintenance: boolean
  readonly stopAll: boolean
  readonly startFatal: boolean
  readonly stopOrphanResources: boolean
  readonly stopOrphanActions: boolean
  readonly removeAfterStop: boolean
  readonly startupProbes: boolean
  readonly concurrentFencing: boolean
  readonly fencingDelayS: number
  readonly placement: string
  readonly healthStrategy: string
  readonly health: Readonly<Record<string, number>>
  readonly healthBase: number
  readonly healthSafety: boolean
  readonly shutdownLock: boolean
  readonly shutdownLockLimitS: number
  readonly managedDefault: boolean
  readonly stickinessDefault: number | undefined
  readonly watchdog: boolean
  readonly defaultTimeout: string | undefined
}

export class World {
  readonly hosts: Host[] = []
  readonly resources: Res[] = [] // top level
  readonly byId = new Map<string, Res>()
  readonly ledger: Part[] = []
  readonly actions: Action[] = []
  readonly loose = new Map<string, readonly Action[]>() // of no resource, by key
  readonly orderings: Ordering[] = []
  readonly colocations: Colocation[] = []
  readonly templates = new Map<string, string[]>() // template -> ids of resources made from it
  readonly touched: Action[] = [] // changed beside the one that was looked at
  readonly fenceOps = new Map<string, Action>()
  readonly forbidden: { res: Res; host: Host }[] = []
  readonly notes: Verdict[] = [] // what was left out or cut down, and why
  readonly memory: Memory = emptyMemory()
  options = undefined as unknown as Options
  properties = new Map<string, string>()
  enableUnfencing = false
  devices: boolean | undefined // is there anything to fence with
  dcHost: Host | undefined
  readonly failNames = new Map<Res, FailName>() // attributes that hold a resource's fail counts
  readonly failAttributes = new Map<Host, ReadonlyMap<string, readonly Attribute[]>>() // of each host, by resource
  readonly groups = new Map<string, readonly number[]>() // hosts with the same value of an attribute
  declined: Host | undefined // the better node that made an instance leave its home
  counter = 0

  /** `eased`: ids of resources whom ill nodes may keep, as no healthier one takes them. */
  constructor(
    readonly scene: Scene,
    readonly eased: ReadonlySet<string> = new Set(),
  ) {}

  host(name: string | undefined): Host | undefined {
    return name === undefined ? undefined : this.hosts.find((h) => h.name === name)
  }
  /** Every primitive, groups, clones and bundles opened. */
  *primitives(of: readonly Res[] = this.resources): Generator<Res> {
    for (const r of of) {
      if (r.kind === 'primitive') yield r
      else yield* this.primitives(r.children)
    }
  }
  *tree(of: readonly Res[] = this.resources): Generator<Res> {
    for (const r of of) {
      yield r
      if (r.children.length > 0) yield* this.tree(r.children)
    }
  }
  /** Adds to a candidate's score and writes down why. A host that is no candidate yet becomes one. */
  score(res: Res, host: Host, score: number, source: string, key: TextKey): void {
    const place = placeOf(res, host)
    place.score = add(place.score, score)
    if (score !== 0) this.ledger.push({ resource: res.id, node: host.name, score, source, key })
  }
}

/** `score` for a resource and everything below it. */
export function scoreDeep(w: World, res: Res, host: Host, score: number, source: string, key: TextKey): void {
  for (const c of res.children) scoreDeep(w, c, host, score, source, key)
  w.score(res, host, score, source, key)
}

export function placeOf(res: Res, host: Host): Place {
  let place = res.places.get(host)
  if (!place) {
    place = { host, score: 0, count: 0, discovery: 'always' }
    res.places.add(place)
  }
  return place
}

export const top = (res: Res): Res => {
  let r = res
  while (r.parent && r.parent.kind !== 'bundle') r = r.parent
  return r
}
export const topMost = (res: Res): Res => {
  let r = res
  while (r.parent) r = r.parent
  return r
}
export const isClone = (r: Res | undefined): r is Res & { clone: CloneData } => r !== undefined && r.clone !== undefined
export const isRemote = (h: Host | undefined): boolean => h?.kind === 'remote' || h?.kind === 'guest'
export const isGuest = (h: Host | undefined): boolean => h?.kind === 'guest'
/** The clone that `res` is an instance of (or in a group that is one). */
export const cloneOf = (res: Res | undefined): Res | undefined => {
  for (let r = res; r; r = r.parent) if (r.kind === 'clone') return r
  return undefined
}
export const isFenceDevice = (r: Res): boolean => r.agent.class === 'stonith'
export const isConnection = (r: Res): boolean => r.remoteHost !== undefined

/** May it take resources at all? `scored` also asks for a score that is not negative. */
export function available(host: Host | undefined, place?: Place): boolean {
  if (!host?.online || host.shutdown || host.unclean || host.standby || host.standbyOnFail || host.maintenance || host.pending) return false
  if (place && place.score < 0) return false
  return true
}
