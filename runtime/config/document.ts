/**
 * The cluster's configuration document as the log keeps it: what `kyha config show` prints and `config apply` takes (YAML or JSON).
 * Words are those of the field (Pacemaker, OCF). Validation and defaults stand in parse.ts; types only here, so that actors may import it.
 */

/** Whole number, or +-INFINITY (= 1,000,000). Stored as a number. */
export type Score = number
export const INFINITY: Score = 1_000_000

export interface OpDoc {
  readonly intervalMs: number // 0 = not recurring
  readonly timeoutMs: number
  readonly onFail: 'ignore' | 'restart' | 'block' | 'stop' | 'standby' | 'fence'
  readonly depth: number // OCF_CHECK_LEVEL
  readonly role?: 'Started' | 'Promoted' | 'Unpromoted'
}

export interface MetaDoc {
  readonly targetRole: 'Started' | 'Stopped'
  readonly managed: boolean
  readonly maintenance: boolean
  readonly stickiness: Score
  readonly priority: number
  /** Failures on a node before the resource must leave it; INFINITY = never leaves. */
  readonly migrationThreshold: number
  /** consecutive (default, the N-th failure in a row moves) or window (all failures younger than failureTimeoutMs count). */
  readonly failureCounting: 'consecutive' | 'window'
  readonly failureTimeoutMs: number // 0 = never forgotten
  readonly multipleActive: 'stop_start' | 'stop_only' | 'block'
  readonly reap: boolean
  /** What must be with it has no say in where it goes, and does not move it. Absent: it has one. */
  readonly critical?: false
}

export interface ResourceDoc {
  readonly name: string
  /** `ocf:heartbeat:IPaddr2`, `kyha:http`, `systemd:nginx`. */
  readonly agent: string
  readonly params: Readonly<Record<string, string>>
  readonly meta: MetaDoc
  /** promote and demote: absent where the document says nothing; they are given as long as a start then. notify: absent means 20 s. */
  readonly ops: {
    readonly start: OpDoc
    readonly stop: OpDoc
    readonly promote?: OpDoc
    readonly demote?: OpDoc
    readonly notify?: OpDoc
    readonly monitors: readonly OpDoc[]
  }
  /** What it takes of a node's capacity, by name: whole numbers of any unit. Absent: nothing. */
  readonly utilization?: Readonly<Record<string, number>>
}

/** Members start in order, stop in reverse, and stay together. `meta` overrides what members do not say themselves. */
export interface GroupDoc {
  readonly name: string
  readonly members: readonly string[]
  readonly targetRole: 'Started' | 'Stopped'
}

/**
 * A resource or group that runs on several nodes at once, one instance a node. `resource` is no longer a thing of its own then: constraints
 * name the clone.
 */
export interface CloneDoc {
  readonly name: string
  readonly resource: string
  /** Instances at most; absent: as many as there are nodes. */
  readonly max?: number
  /** What follows the clone may start when so many instances run; absent: when all do. */
  readonly min?: number
  /** Instances start one after the other. */
  readonly ordered: boolean
  /** What follows instance by instance (another clone) waits for the one on its own node only. */
  readonly interleave: boolean
  /** Before and after each start, stop, promotion and demotion all active instances are told (OCF notify): actors/coordinator/notify.ts. */
  readonly notify: boolean
  /** So many instances are promoted (OCF); absent: the clone knows one role only. */
  readonly promoted?: number
  readonly targetRole: 'Started' | 'Stopped' | 'Unpromoted'
}

/** N+M: these nodes stand by for these resources and groups, and nothing but they and its own levels takes them. */
export interface PoolDoc {
  readonly name: string
  readonly resources: readonly string[]
  /** Node names. */
  readonly standby: readonly string[]
  /** in-order: the first standby node that is free or may be shared; least-loaded: the one with the fewest resources. */
  readonly choose: 'in-order' | 'least-loaded'
  /** A standby node takes no more than one of them. */
  readonly exclusive: boolean
}

/** Words of a Pacemaker rule. `all`: every part must hold; else one is enough. */
export interface RuleDoc {
  readonly all: boolean
  readonly parts: readonly (RuleDoc | ConditionDoc)[]
}
export type ConditionDoc =
  /** A node's attribute; `#uname` is its name. */
  | {
      readonly attribute: string
      readonly op: 'lt' | 'gt' | 'lte' | 'gte' | 'eq' | 'ne' | 'defined' | 'not_defined'
      readonly value?: string
      readonly type?: 'string' | 'integer' | 'number' | 'version'
    }
  /** The time of the decision: ISO 8601, in UTC where no zone is given. `date_spec` as in Pacemaker: hours: 9-16, weekdays: 1-5 ... */
  | {
      readonly date: 'lt' | 'gt' | 'in_range' | 'date_spec'
      readonly start?: string
      readonly end?: string
      readonly spec?: Readonly<Record<string, string>>
    }

export interface LocationDoc {
  readonly id: string
  readonly resource: string // resource, group or clone; '' beside `pattern`
  /** Instead of `resource`: all top-level resources, groups and clones whose name this regular expression finds. */
  readonly pattern?: string
  /** Of a promotable clone: the score is for this role only. */
  readonly role?: 'Promoted' | 'Unpromoted'
  /** Instead of `node`: each node for which the rule holds gets the score. */
  readonly rule?: RuleDoc
  /** Ordered levels: Master Node, Slave 1, Slave 2 ... Node names; any length. */
  readonly levels?: readonly string[]
  /** Or one node with a score. */
  readonly node?: string
  readonly score?: Score
}
export interface ColocationDoc {
  readonly id: string
  readonly resource: string
  readonly with: string
  readonly score: Score
  /** Of a promotable clone: only its instances in this role are meant. */
  readonly role?: 'Promoted' | 'Unpromoted'
  readonly withRole?: 'Promoted' | 'Unpromoted'
  /** Together is where this attribute of the nodes has the same value (a rack, a site); absent: the same node. */
  readonly nodeAttribute?: string
  /** `resource` has no say in where `with` goes once that runs. Absent: it has one. */
  readonly influence?: false
}
export interface OrderDoc {
  readonly id: string
  readonly first: string
  readonly then: string
  /** Of a promotable clone: promote instead of start. */
  readonly firstAction?: 'promote'
  readonly thenAction?: 'promote'
  /** Of a clone as `first`: one instance is enough. Absent: all of them. */
  readonly requireAll?: false
  readonly kind: 'Mandatory' | 'Optional' | 'Serialize'
  readonly symmetrical: boolean
}

export interface NodeDoc {
  readonly standby: boolean
  readonly maintenance: boolean
  readonly attributes: Readonly<Record<string, string>>
  /** Its capacity, by name, as resources' `utilization` takes of it. Absent: it has none of it. */
  readonly utilization?: Readonly<Record<string, number>>
}

/** A fence device. `agent` = `fence_*` program name; `hosts`: node name -> plug. Parameters may hold `@secret:NAME` (runtime/secret). */
export interface FenceDoc {
  readonly name: string
  readonly agent: string
  readonly params: Readonly<Record<string, string>>
  readonly hosts: Readonly<Record<string, string>>
  /** Lower levels are tried first; all devices of a level must confirm. */
  readonly level: number
  readonly timeoutMs: number
  readonly delayMs: number
  /** Of `fence_watchdog` only: for how long a node runs resources without a word from the others (design 8.6). */
  readonly leaseMs?: number
}

/** The built-in device that asks nothing: the node ends itself by its hardware watchdog, and the others wait until it must have. */
export const FENCE_WATCHDOG = 'fence_watchdog'
/** The lease of a device; undefined when it is none that a node ends itself by. */
export const leaseMsOf = (d: FenceDoc): number | undefined => (d.agent === FENCE_WATCHDOG ? d.leaseMs : undefined)

/** What node attributes whose names begin with `#health` (red, yellow, green or a number) mean. */
export interface HealthDoc {
  readonly strategy: 'migrate-on-red' | 'only-green' | 'progressive' | 'custom'
  /** Scores of the colours, for progressive and custom. Absent: -INFINITY, 0, 0. */
  readonly red?: Score
  readonly yellow?: Score
  readonly green?: Score
  /** Added on every node, for progressive. Absent: 0. */
  readonly base?: Score
  /** What no healthier node takes stays where it is. Absent: yes. */
  readonly safety?: false
}

export interface PropertiesDoc {
  readonly noQuorumPolicy: 'stop' | 'freeze' | 'ignore'
  readonly fencingEnabled: boolean
  /** What a fence does: `off` leaves the machine off; `reboot` turns it on again after it was confirmed off. */
  readonly fencingAction: 'off' | 'reboot'
  readonly maintenanceMode: boolean
  readonly stickiness: Score
  readonly symmetric: boolean
  readonly stopAll: boolean
  /** How long a member that was never seen by this leader may take to appear before it is fenced for the grants that it holds. */
  readonly startupFencingMs: number
  readonly startFailureIsFatal: boolean
  /** Absent: `default`, capacities do not count. */
  readonly placementStrategy?: 'utilization' | 'minimal' | 'balanced'
  /** Orders under way at once, in the cluster and on each node. Absent: 64 and 16, which are also the most. */
  readonly batchLimit?: number
  readonly nodeActionLimit?: number
  /** Absent: health attributes mean nothing. */
  readonly health?: HealthDoc
}

export interface QuorumDoc {
  /** Node that decides where exactly half of the votes is present; `lowest` = the voter with the lowest node id. Three voters and more. */
  readonly tieBreak?: string
  /** Witness of two voters: the name of `device`, or `disks` for the shared disks of every node's settings. */
  readonly witness?: string
  /** The quorum device that this cluster is enrolled at (`kyha qdevice add`). */
  readonly device?: DeviceDoc
}

/** Where a quorum device is, and how a node knows it: SHA-256 of its certificate, 64 hex digits in lower case. */
export interface DeviceDoc {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly fingerprint: string
}

export interface ConfigDoc {
  readonly apiVersion: 'kyha/v1'
  readonly name: string
  readonly properties: PropertiesDoc
  /** Absent: nothing of it is set. */
  readonly quorum?: QuorumDoc
  readonly nodes: Readonly<Record<string, NodeDoc>>
  readonly resources: readonly ResourceDoc[]
  readonly groups: readonly GroupDoc[]
  /** Absent: none. */
  readonly clones?: readonly CloneDoc[]
  readonly pools?: readonly PoolDoc[]
  readonly locations: readonly LocationDoc[]
  readonly colocations: readonly ColocationDoc[]
  readonly orders: readonly OrderDoc[]
  readonly fencing: readonly FenceDoc[]
  /** Parts of a newer version's document that this version does not know: kept on replication, never acted on. */
  readonly kept?: unknown
}

/** The clone that a resource, or the group that it is a member of, is run by. */
export function cloneOf(doc: ConfigDoc, resource: string): CloneDoc | undefined {
  const group = doc.groups.find((g) => g.members.includes(resource))?.name
  return doc.clones?.find((c) => c.resource === resource || c.resource === group)
}
export const isCloned = (doc: ConfigDoc, resource: string): boolean => cloneOf(doc, resource) !== undefined

/** Names of the parameters that were added, removed, or have another value, sorted. */
export const changedParams = ({ params: a }: Pick<ResourceDoc, 'params'>, { params: b }: Pick<ResourceDoc, 'params'>): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort()

/**
 * What a failure is tied to: 32 bits of FNV-1a over name, agent and parameters, in any order. Equal definitions have equal numbers;
 * unequal ones nearly always differ.
 */
export function definitionOf(doc: Pick<ResourceDoc, 'name' | 'agent' | 'params'>): number {
  const params = Object.keys(doc.params)
    .sort()
    .map((k) => [k, doc.params[k]])
  const text = JSON.stringify([doc.name, doc.agent, params])
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}
