/** What the quorum actor takes and gives: a predicate over (members, view), explained. It decides nothing else. */
import type { Hello, Msg, NodeId } from '../../runtime/actor.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { Members, View } from '../membership/messages.js'

/** log -> quorum: in two-node mode the durable solo set (design 8.3); absent else. */
export interface SoloSet extends Msg {
  readonly type: 'solo-set'
  readonly set?: readonly NodeId[]
}

export type QuorumIn = Members | View | SoloSet | Hello | { readonly type: 'listened' } | { readonly type: 'view-listened' }

/** Sent to `log`, `coordinator`, `resource`, `console` on every change. */
export interface Quorum extends Msg {
  readonly type: 'quorum'
  readonly quorate: boolean
  readonly votes: number
  readonly votesTotal: number
  readonly votesNeeded: number
  readonly mode: 'majority' | 'two-node' | 'solo' | 'single'
  readonly present: readonly NodeId[]
  /** The voter that makes exactly half of the votes enough, if there is one. */
  readonly tieBreak?: NodeId
  readonly because: Verdict
}
