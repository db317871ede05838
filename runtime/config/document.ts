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
}

export interface ResourceDoc {
  readonly name: string
  /** `ocf:heartbeat:IPaddr2`, `kyha:http`, `systemd:nginx`. */
  readonly agent: string
  readonly params: Readonly<Record<string, string>>
  readonly meta: MetaDoc
  readonly ops: { readonly start: OpDoc; readonly stop: OpDoc; readonly monitors: readonly OpDoc[] }
}

/** Members start in order, stop in reverse, and stay together. `meta` overrides what members do not say themselves. */
export interface GroupDoc {
  readonly name: string
  readonly members: readonly string[]
  readonly targetRole: 'Started' | 'Stopped'
}

export interface LocationDoc {
  readonly id: string
  readonly resource: string // resource or group
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
}
export interface OrderDoc {
  readonly id: string
  readonly first: string
  readonly then: string
  readonly kind: 'Mandatory' | 'Optional' | 'Serialize'
  readonly symmetrical: boolean
}

export interface NodeDoc {
  readonly standby: boolean
  readonly maintenance: boolean
  readonly attributes: Readonly<Record<string, string>>
}

/** A fence device. `agent` = `fence_*` program name; `hosts`: node name -> plug. Parameters may hold `@secret:NAME`. */
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
  readonly locations: readonly LocationDoc[]
  readonly colocations: readonly ColocationDoc[]
  readonly orders: readonly OrderDoc[]
  readonly fencing: readonly FenceDoc[]
  /** Parts of a newer version's document that this version does not know: kept on replication, never acted on. */
  readonly kept?: unknown
}

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
