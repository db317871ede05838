/** What the fencer takes. Its results are coordinator/messages.FenceResult. */
import type { AgentInventory, AgentResult } from '../../runtime/actor.js'
import type { FenceOrder } from '../coordinator/messages.js'
import type { Committed, Leadership, StateSnapshot } from '../log/messages.js'

export type FencerIn =
  | FenceOrder
  | StateSnapshot
  | Committed
  | AgentResult
  | AgentInventory
  | Leadership
  | { readonly type: 'next'; readonly intent: number }
