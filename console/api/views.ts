/**
 * The shapes that the HTTP/JSON API answers with: what CLI, web page, shell and users' scripts read. Additive changes only.
 * Sentences come as {key, args, text: {en, zh}} so that every client shows the same object.
 */
import type { ConfigDoc, DeviceDoc } from '../../runtime/config/document.js'

export interface Sentence {
  readonly do: string
  readonly key: string
  readonly args: Readonly<Record<string, string | number | boolean>>
  readonly severity: 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'safety'
  readonly text: { readonly en: string; readonly zh: string }
}

/** On every answer: whose view this is and how fresh. */
export interface Freshness {
  readonly apiVersion: 'kyha/v1'
  readonly kind: string
  readonly node: string
  readonly index: number
  /** Since this node last heard from the leader or was it, ms; -1 = no leader. */
  readonly ageMs: number
  readonly quorate: boolean
}

/** Unknown: a node that may run it is not heard, or this side has no quorum and cannot see all nodes. Unknown is not stopped. */
export type Role = 'Started' | 'Promoted' | 'Unpromoted' | 'Stopped' | 'Unknown'

export interface NodeView {
  readonly id: string
  readonly name: string
  /** online | standby | maintenance | pending (up, not admitted yet) | suspect | manager-down | silent | fencing | fenced | left | unknown */
  readonly state: string
  readonly leader: boolean
  readonly self: boolean
  readonly votes: number
  readonly boot: string | null
  readonly counter: number | null
  readonly sinceMs: number | null
  readonly links: readonly { readonly link: number; readonly address: string; readonly port: number }[]
  readonly because: Sentence | null
}

export interface ResourceCell {
  readonly node: string
  readonly state: string
  readonly token: number
  readonly failCount: number
  readonly pending: { readonly action: string; readonly sinceMs: number } | null
  readonly lastFailure: { readonly action: string; readonly rc: number; readonly exitReason: string; readonly agoMs: number } | null
  /** Position in its location levels on this node: 1 = Master Node, 2 = Slave 1 ...; 0 = not listed. */
  readonly level: number
}

export interface ResourceView {
  readonly id: string
  readonly name: string
  readonly agent: string
  readonly group: string | null
  /** The clone that it, or its group, is run by: then it runs on `nodes`, and `node` is the promoted one or the first of them. */
  readonly clone: string | null
  /** That clone has promoted roles: an instance that just runs is unpromoted. */
  readonly promotable: boolean
  readonly role: Role
  /** Where it is seen to run. */
  readonly node: string | null
  readonly nodes: readonly string[]
  /** While its role is Unknown: the node that it was given to and that is not proven to be off; else null. */
  readonly mayRunOn: string | null
  readonly managed: boolean
  readonly targetRole: 'Started' | 'Stopped'
  readonly failed: boolean
  readonly migrationThreshold: number
  readonly sinceMs: number | null
  readonly because: Sentence | null
  readonly cells: readonly ResourceCell[]
}

export interface LinkCell {
  readonly link: number
  readonly peer: string
  readonly state: 'up' | 'late' | 'silent' | 'never-heard'
  readonly rttMs: { readonly p50: number; readonly p99: number }
  readonly lossPct: number
  readonly silentMs: number
}

export interface FenceDeviceView {
  readonly name: string
  readonly agent: string
  readonly level: number
  readonly nodes: readonly string[]
}

export interface WitnessView {
  readonly name: string
  readonly kind: 'device' | 'disks'
  /** The nodes have agreed that its word counts. */
  readonly inUse: boolean
  readonly connected: boolean
  /** Since it last answered this node, ms; null: not since kyhad started. */
  readonly answeredAgoMs: number | null
  /** What it held then: the newest epoch that it knows, and which node decides alone in that. */
  readonly record: { readonly epoch: number; readonly owner: string | null } | null
  readonly because: Sentence | null
}

export interface StatusView extends Freshness {
  readonly kind: 'Status'
  readonly cluster: {
    readonly id: string
    readonly name: string
    readonly version: number
    readonly epoch: number
    readonly configIndex: number
  }
  /** The most important sentence of the product, and how bad it is. */
  readonly verdict: {
    readonly state: 'ok' | 'attention' | 'danger'
    /** Since when it is so, ms, as seen by this node. */
    readonly sinceMs: number
    readonly sentence: Sentence
    readonly problems: readonly Sentence[]
  }
  readonly quorum: {
    readonly quorate: boolean
    readonly votes: number
    readonly votesNeeded: number
    readonly votesTotal: number
    readonly mode: string
    readonly because: Sentence | null
    /** How many of the present nodes may be lost, whichever they are, and the rest still has quorum. */
    readonly spare: number
    /** What the configuration names as the witness of two voters; null: none. */
    readonly witness: WitnessView | null
    /** The quorum device that the cluster is enrolled at; null: none. */
    readonly device: DeviceDoc | null
  }
  readonly leader: string | null
  readonly nodes: readonly NodeView[]
  readonly resources: readonly ResourceView[]
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[]
  readonly links: readonly LinkCell[]
  readonly fencing: {
    readonly enabled: boolean
    readonly devices: readonly FenceDeviceView[]
    readonly certificates: readonly {
      readonly node: string
      readonly boot: string
      readonly how: string
      readonly by: string
      readonly index: number
    }[]
  }
  readonly intents: readonly {
    readonly id: string
    readonly kind: string
    readonly resource: string
    readonly node: string
    readonly forMs: number
    readonly by: string
  }[]
  /** URL of the demo's service, for the page's live probe; null outside the demo. */
  readonly probe: string | null
  /** Origins of all nodes' consoles in the demo, for a page whose node dies; empty outside the demo. */
  readonly consoles: readonly string[]
  /** What the actors say of themselves that wait for their configuration; null until they answered. */
  readonly optional: { readonly diskHeartbeat: Sentence | null; readonly healthMonitor: Sentence | null }
  /** What this node's machine offers: containment, death notice, watchdog, real-time; each a plain word. */
  readonly machine: {
    readonly containment: string
    readonly deathNotice: string
    readonly watchdog: string
    readonly lease: string
    readonly diskHeartbeat: string
    readonly healthMonitor: string
    readonly peerCredentials: string
  }
}

export interface EventView {
  /** Decisions `index.n`, the same on every node; observations `node:boot:seq`. */
  readonly id: string
  readonly at: string // wall clock of the node that says it: a label
  readonly node: string
  /** Path of the actor that says it. */
  readonly actor: string
  /** The same with names instead of node ids, for people. */
  readonly speaker: string
  readonly sentence: Sentence
}

export interface ActionView {
  readonly resource: string
  readonly node: string
  readonly action: string
  readonly after: readonly string[]
  readonly id: string
  readonly expectMs: number
  readonly because: Sentence
}

/** Names of parameters, never their values. */
export interface ReloadView {
  readonly resource: string
  readonly node: string
  readonly params: readonly string[]
  readonly because: Sentence
}

/** The answer to every change; with `dryRun=true` nothing was done and `applied` is null. */
export interface ChangeView extends Freshness {
  readonly kind: 'Change'
  readonly done: boolean
  /** The log index at which it was applied on this node; null when nothing was done. */
  readonly applied: number | null
  readonly operation: string // idempotency key, for asking again after a 504
  /** Present when a request with the same key had made it before: nothing was changed now. */
  readonly replayed?: true
  readonly diff: readonly { readonly path: string; readonly from: unknown; readonly to: unknown }[]
  readonly actions: readonly ActionView[]
  /** Per resource whose service would be interrupted, in ms from measured durations; -1 = never measured. */
  readonly interruption: readonly { readonly resource: string; readonly ms: number }[]
  /** Resources that would not be interrupted: they take their changed parameters over while they run, as their agents on this node say. */
  readonly reloads: readonly ReloadView[]
  readonly warnings: readonly Sentence[]
}

export interface ExplainView extends Freshness {
  readonly kind: 'Explain'
  readonly resource: string
  readonly sentence: Sentence
  readonly rows: readonly {
    readonly node: string
    readonly total: number
    readonly chosen: boolean
    /** Of a clone: the node has a promoted role. */
    readonly promoted?: true
    readonly contributions: readonly { readonly score: number; readonly source: string; readonly sentence: Sentence }[]
  }[]
}

/** Who takes over after each single and double loss of nodes, the lost ones being proven off. */
export interface TakeoverView extends Freshness {
  readonly kind: 'Takeover'
  readonly nodes: readonly string[]
  readonly rows: readonly {
    readonly lost: readonly string[]
    /** False: the rest is not enough, `because` says so, and nothing moves. */
    readonly quorate: boolean
    readonly because: Sentence | null
    /** Resources whose place changes; `to` null = it runs nowhere, `because` says why. */
    readonly moves: readonly {
      readonly resource: string
      readonly from: string | null
      readonly to: string | null
      readonly because: Sentence
    }[]
  }[]
}

export interface ErrorView {
  readonly apiVersion: 'kyha/v1'
  readonly kind: 'Error'
  /** Stable word: no-quorum, no-leader, stale-revision, not-found, invalid, unknown-outcome, unsafe, exists, internal ... */
  readonly code: string
  readonly message: { readonly en: string; readonly zh: string }
  readonly todo: { readonly en: string; readonly zh: string }
  /** For invalid input: each problem a sentence. */
  readonly problems: readonly string[]
  readonly operation?: string
}

export interface ConfigView extends Freshness {
  readonly kind: 'Config'
  readonly revision: number
  readonly doc: ConfigDoc
  readonly yaml: string
}
