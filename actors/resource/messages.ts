/** What the resource director (`resource`) and its children (`resource/<id>`, simple_one_for_one, kind `resource-child`) take. */
import type { Address, AgentDeath, AgentInventory, AgentResult, Hello, Index, Msg, OpId, ResourceId, Token } from '../../runtime/actor.js'
import type { ResourceDoc } from '../../runtime/config/document.js'
import type { Order, OrderResult, Row, RowsPlease } from '../coordinator/messages.js'
import type { Committed, Leadership, StateSnapshot } from '../log/messages.js'
import type { Quorum } from '../quorum/messages.js'

/** `args` of a child: its configuration. What the guard holds of it from before comes with Adopt, in every life of the child. */
export interface ResourceArgs {
  readonly resource: ResourceId
  readonly doc: ResourceDoc
  readonly maintenance: boolean
  /** What its agent is told of the clone that it is an instance of: variables OCF_RESKEY_CRM_meta_... by their last part. */
  readonly clone: CloneMeta
}
export type CloneMeta = Readonly<Record<string, string>>
/** director -> child, as the answer to its Hello or Missing: what the guard holds of the resource. Until then the child runs nothing. */
export interface Adopt extends Msg {
  readonly type: 'adopt'
  readonly doc: ResourceDoc
  readonly maintenance: boolean
  readonly clone: CloneMeta
  /** The token of this node's grant in this life of the machine; 0 = none. */
  readonly token: Token
  readonly inFlight?: { readonly id: OpId; readonly action: string }
  readonly finished: readonly AgentResult[]
  /** What an earlier life noted of its parameters (reload.ts). */
  readonly note?: string
  /** Index of the last cleanup of it: failures of operations ordered before are forgotten. */
  readonly cleanedAt: Index
  /** Leave the result of the last ordered operation with the guard: it tells a later life what was done (few resources only). */
  readonly keep: boolean
}
/** director -> child: the configuration changed. */
export interface Reconfigure extends Msg {
  readonly type: 'reconfigure'
  readonly doc: ResourceDoc
  readonly maintenance: boolean
  readonly clone: CloneMeta
}
/**
 * director -> child: the grant changed, quorum was lost, or another configuration has come; a start that still waits under another token is void.
 * `term`, a later one has come: whatever still waits is void, but not beside a stop that has begun. `below`: what a start stands on runs no more.
 */
export interface Granted extends Msg {
  readonly type: 'granted'
  /** Of the rights to it that this life has now. */
  readonly tokens: readonly Token[]
  readonly lost?: 'quorum' | 'configuration' | 'term' | 'below'
}
/** director -> child: quorum was lost and the policy says stop. */
export interface StopForQuorum extends Msg {
  readonly type: 'stop-for-quorum'
}
/** director -> child: the resource left the configuration. Stop it if it may run here, then answer Retired. */
export interface Retire extends Msg {
  readonly type: 'retire'
}
/** child -> director: nothing of the resource runs here any more; end me. */
export interface Retired extends Msg {
  readonly type: 'retired'
  readonly resource: ResourceId
}
/** director -> child: forget failures and probe anew. */
export interface Cleanup extends Msg {
  readonly type: 'cleanup'
}
/** child -> director: my row changed. */
export interface RowChanged extends Msg {
  readonly type: 'row'
  readonly row: Row
}
/** child -> director: the result of my operation does not come; ask the guard what it holds, and tell me. */
export interface Missing extends Msg {
  readonly type: 'missing'
  readonly resource: ResourceId
}
/** child -> director: an ordered operation ended; the director answers the coordinator that ordered it. */
export interface ChildResult extends Msg {
  readonly type: 'child-result'
  readonly result: OrderResult
}

/** director -> itself: a start that has come, behind whatever stood in the mailbox then. */
export interface Turn extends Msg {
  readonly type: 'turn'
  readonly order: Order
  readonly from: Address
}

export type DirectorIn =
  | StateSnapshot
  | Committed
  | Leadership
  | Quorum
  | Order
  | Turn
  | RowsPlease
  | Hello // of a child: (re)started, adopt me
  | RowChanged
  | Missing
  | ChildResult
  | Retired
  | AgentInventory
  | AgentResult // of an operation that an earlier life ordered
  | AgentDeath
  | { readonly type: 'flush'; readonly to: 'coordinator' | 'console' }
  | { readonly type: 'list-due' }
  | { readonly type: 'quorum-grace-over' }

export type ResourceIn =
  | Adopt
  | Order
  | Reconfigure
  | Granted
  | StopForQuorum
  | Retire
  | Cleanup
  | AgentResult
  | AgentDeath
  | { readonly type: 'monitor-due'; readonly key: string }
  | { readonly type: 'hint-due' }
  | { readonly type: 'again' }
  | { readonly type: 'hurry'; readonly id: OpId }
  | { readonly type: 'overdue'; readonly id: OpId }
  | { readonly type: 'failure-expires' }
