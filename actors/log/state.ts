/**
 * The replicated state machine: what all committed entries together say. `apply` is pure, so equal index means equal state on
 * every node (S9). It is also the last gate of S2: a grant without evidence is not applied, whoever proposed it.
 * Subscribers keep their own copy with the same function (no shared objects between actors).
 */
import type { BootId, Index, NodeId, ResourceId, Term, Token } from '../../runtime/actor.js'
import type { ConfigDoc, ResourceDoc } from '../../runtime/config/document.js'
import type { Certificate, Member } from './messages.js'

/** Who may run a resource. `released`: the owner has proved that it stopped; the row stays so that tokens only grow. */
export interface Grant {
  /** The right's name: the resource's id, or that of an instance or a promoted role (right.ts). */
  readonly resource: ResourceId
  readonly node: NodeId
  readonly boot: BootId
  readonly token: Token
  readonly released: boolean
}

/** What the log knows of the present life of a member's machine. */
export interface Life {
  readonly boot: BootId
  /** admitted: may own resources.  intent: a fence is under way.  fenced: certified dead.  left: stopped in order. */
  readonly state: 'admitted' | 'intent' | 'fenced' | 'left'
  /** Index of the entry that made this state. */
  readonly since: Index
  /** It runs resources only under a lease of these terms, which never change: its own watchdog ends it without (lease.ts). */
  readonly leased?: Leased
  /** Lives that it has left behind, newest last, at most 8: none of them is ever admitted again (S14). */
  readonly past?: readonly BootId[]
}
export interface Leased {
  readonly leaseMs: number
  readonly watchdogMs: number
  /** Its guard has said so: only then it is evidence. */
  readonly armed: boolean
}

/** An operator's wish with an end: leaves nothing behind in the configuration. */
export interface Intent {
  readonly id: string
  readonly kind: 'move' | 'ban'
  readonly resource: string
  readonly node: NodeId
  readonly forMs: number
  readonly by: string
  readonly since: Index
}

export interface ClusterState {
  readonly index: Index
  readonly term: Term
  readonly clusterVersion: number
  readonly epoch: number
  /** Two voters only: the one that may decide alone since its peer was certified dead (design 8.3); absent else. */
  readonly solo?: readonly NodeId[]
  readonly members: readonly Member[] // sorted by node id
  /** With three voters and more: exactly half of the votes is enough where this voter takes part (design 8.2). */
  readonly tieBreak?: NodeId
  /** Two voters only: the witness that says who may decide alone. */
  readonly witness?: string
  readonly config: ConfigDoc
  /** Index of the entry that set the configuration: its revision and ETag. */
  readonly configIndex: Index
  /** Resource name -> opaque id, given once; a renamed resource keeps its id. */
  readonly ids: Readonly<Record<string, ResourceId>>
  readonly grants: Readonly<Record<ResourceId, Grant>>
  /** Last definitions of what left the configuration while somebody has the right to run it: its node stops it by that. Absent when empty. */
  readonly left?: Readonly<Record<ResourceId, ResourceDoc>>
  readonly lives: Readonly<Record<NodeId, Life>>
  readonly certificates: readonly Certificate[] // newest last, at most 64
  readonly intents: readonly Intent[]
  /** Index of the last cleanup per resource name (and per `name@node`): failures before it are forgotten. */
  readonly cleanups: Readonly<Record<string, Index>>
}
