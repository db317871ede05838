/**
 * What the engine is told: a cluster's configuration and what is known of its machines, as plain data. A reader fills it (`console/cib/` from
 * Pacemaker's CIB); nothing in it is resolved yet: rules, templates and defaults are the engine's business. Order of arrays is the order of the
 * document. Times are seconds since 1970-01-01 UTC unless the name says otherwise.
 */

/** A condition. Date texts stay texts: `resolve/calendar.ts` reads them. */
export interface Rule {
  readonly id: string
  readonly all: boolean // true: every part must hold ("and"); false: one is enough ("or")
  readonly role?: string
  readonly score?: string
  readonly scoreAttribute?: string
  readonly parts: readonly (Rule | Expression)[]
}
export type Expression =
  | {
      readonly on: 'attribute'
      readonly id: string
      readonly attribute: string
      readonly operation: string
      readonly type: string
      readonly value?: string
      readonly valueSource: string
    }
  | {
      readonly on: 'date'
      readonly id: string
      readonly operation: string
      readonly start?: string
      readonly end?: string
      readonly spec?: Readonly<Record<string, string>>
      readonly duration?: Readonly<Record<string, string>>
    }
  | { readonly on: 'resource'; readonly id: string; readonly class?: string; readonly provider?: string; readonly type?: string }
  | { readonly on: 'operation'; readonly id: string; readonly name: string; readonly interval?: string }

/** Names with values under one condition; of several sets the higher score wins, then the earlier one. */
export interface ValueSet {
  readonly id: string
  readonly score: number
  readonly rule?: Rule
  readonly values: readonly (readonly [name: string, value: string])[]
}

export interface OperationSpec {
  readonly id: string
  readonly name: string
  readonly interval: string
  readonly attributes: Readonly<Record<string, string>> // timeout, on-fail, role, enabled, ...
  readonly meta: readonly ValueSet[]
  readonly params?: readonly ValueSet[] // what the agent gets beside the resource's own, for this operation only
}
export interface Agent {
  readonly class: string
  readonly provider: string
  readonly type: string
}
export interface BundleSpec {
  readonly technology: string
  readonly settings: Readonly<Record<string, string>> // image, replicas, replicas-per-host, promoted-max, run-command, ...
  readonly network: Readonly<Record<string, string>> // ip-range-start, control-port, host-interface, ...
  readonly ports: readonly Readonly<Record<string, string>>[]
  readonly storage: readonly Readonly<Record<string, string>>[]
}
export interface ResourceSpec {
  readonly id: string
  readonly kind: 'primitive' | 'group' | 'clone' | 'bundle'
  readonly agent?: Agent
  readonly template?: string
  readonly params: readonly ValueSet[]
  readonly meta: readonly ValueSet[]
  readonly utilization: readonly ValueSet[]
  readonly operations: readonly OperationSpec[]
  readonly children: readonly ResourceSpec[]
  readonly bundle?: BundleSpec
}

export interface ResourceSetSpec {
  readonly id: string
  readonly members: readonly string[]
  readonly sequential: boolean
  readonly requireAll: boolean
  readonly ordering?: string
  readonly role?: string
  readonly action?: string
  readonly score?: string
}
export type Constraint = { readonly id: string; readonly lifetime?: Rule } & (
  | {
      readonly type: 'location'
      readonly resource?: string
      readonly pattern?: string
      readonly sets: readonly ResourceSetSpec[]
      readonly node?: string
      readonly score?: string
      readonly role?: string
      readonly discovery?: string
      readonly rules: readonly Rule[]
    }
  | {
      readonly type: 'colocation'
      readonly score?: string
      readonly dependent?: string
      readonly primary?: string
      readonly dependentRole?: string
      readonly primaryRole?: string
      readonly attribute?: string
      readonly influence?: string // true, false; of kyha's own also `never`: the dependent follows, and nothing else
      readonly sets: readonly ResourceSetSpec[]
    }
  | {
      readonly type: 'order'
      readonly kind?: string
      readonly score?: string
      readonly first?: string
      readonly next?: string
      readonly firstAction?: string
      readonly nextAction?: string
      readonly symmetrical?: string
      readonly requireAll?: string
      readonly sets: readonly ResourceSetSpec[]
    }
  | {
      readonly type: 'ticket'
      readonly ticket: string
      readonly resource?: string
      readonly role?: string
      readonly lossPolicy?: string
      readonly sets: readonly ResourceSetSpec[]
    }
)

export interface NodeSpec {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly attributes: readonly ValueSet[]
  readonly utilization: readonly ValueSet[]
}

/** One remembered operation of one resource on one node. */
export interface HistoryOp {
  readonly id: string
  readonly operation: string
  readonly intervalMs: number
  readonly call: number
  readonly rc: number
  readonly expected: number // the result that the order expected; -1 unknown
  readonly status: number // 0 done, -1 pending, 1 cancelled, 2 timeout, 3 not supported, 4 error, 5 hard, 6 fatal, 7 not installed ...
  readonly changedS?: number // last-rc-change
  readonly orderKey: string // transition-key
  readonly migrateSource?: string
  readonly migrateTarget?: string
  readonly digests: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, string>>
}
export interface History {
  readonly resource: string
  readonly agent: Agent
  readonly container?: string
  readonly attributes: Readonly<Record<string, string>>
  readonly ops: readonly HistoryOp[]
}
export interface NodeState {
  readonly id: string
  readonly name: string
  readonly attributes: Readonly<Record<string, string>> // in_ccm, crmd, join, expected, shutdown, ...
  readonly transient: readonly ValueSet[]
  readonly history: readonly History[]
}

export interface FencingLevel {
  readonly index: number
  readonly devices: readonly string[]
  readonly target?: string
  readonly pattern?: string
  readonly attribute?: string
  readonly value?: string
}

export interface Scene {
  readonly own?: boolean // kyha's own configuration: its defaults hold (failures in a row, health safety), not Pacemaker's
  readonly nowS: number
  readonly quorate: boolean
  readonly panic: boolean // no-quorum-panic: this cluster had quorum once
  readonly dc?: string // node id
  readonly featureSet: string
  readonly properties: readonly ValueSet[]
  readonly resourceDefaults: readonly ValueSet[]
  readonly operationDefaults: readonly ValueSet[]
  readonly nodes: readonly NodeSpec[]
  readonly resources: readonly ResourceSpec[]
  readonly templates: readonly ResourceSpec[]
  readonly constraints: readonly Constraint[]
  readonly tags: readonly { readonly id: string; readonly members: readonly string[] }[]
  readonly topology: readonly FencingLevel[]
  readonly tickets: readonly {
    readonly id: string
    readonly granted: boolean
    readonly standby: boolean
    readonly attributes: Readonly<Record<string, string>>
  }[]
  readonly states: readonly NodeState[]
}
