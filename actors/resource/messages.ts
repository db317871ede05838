/** What the resource director (`resource`) and its children (`resource/<id>`, simple_one_for_one) take. */
import type { AgentDeath, AgentInventory, AgentResult, Msg, OpId, ResourceId, Token } from '../../runtime/actor.js'
import type { ResourceDoc } from '../../runtime/config/document.js'
import type { Order, OrderResult, Row, RowsPlease } from '../coordinator/messages.js'
import type { Committed, StateSnapshot } from '../log/messages.js'
import type { Quorum } from '../quorum/messages.js'

/** `args` of a child: its configuration, and what the guard held of it from before. */
export interface ResourceArgs {
  readonly resource: ResourceId
  readonly doc: ResourceDoc
  readonly token: Token
  readonly adopted: boolean
}
/** director -> child: the configuration changed. */
export interface Reconfigure extends Msg {
  readonly type: 'reconfigure'
  readonly doc: ResourceDoc
  readonly maintenance: boolean
}
/** director -> child: quorum was lost and the policy says stop. */
export interface StopForQuorum extends Msg {
  readonly type: 'stop-for-quorum'
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
/** child -> director: an ordered operation ended; the director answers the coordinator that ordered it. */
export interface ChildResult extends Msg {
  readonly type: 'child-result'
  readonly result: OrderResult
}

export type DirectorIn =
  | StateSnapshot
  | Committed
  | Quorum
  | Order
  | RowsPlease
  | RowChanged
  | ChildResult
  | AgentInventory
  | AgentResult
  | AgentDeath
  | { readonly type: 'flush' }

export type ResourceIn =
  | Order
  | Reconfigure
  | StopForQuorum
  | Cleanup
  | AgentResult
  | AgentDeath
  | { readonly type: 'monitor-due'; readonly key: string }
  | { readonly type: 'failure-expires' }
  | { readonly type: 'adopt'; readonly inFlight?: { readonly id: OpId; readonly action: string } }
