/** What the fencer takes. Its results are coordinator/messages.FenceResult. */
import type { AgentInventory, AgentResult, NodeId } from '../../runtime/actor.js'
import type { FenceCancel, FenceOrder } from '../coordinator/messages.js'
import type { Committed, Leadership, StateSnapshot } from '../log/messages.js'

export type FencerIn =
  | FenceOrder
  | FenceCancel
  | StateSnapshot
  | Committed
  | Leadership
  | AgentResult
  | AgentInventory
  | { readonly type: 'next'; readonly node: NodeId }
  | { readonly type: 'overdue'; readonly node: NodeId; readonly op: string }
  /** A node that ends itself has had its time. */
  | { readonly type: 'outwaited'; readonly node: NodeId; readonly op: string }
