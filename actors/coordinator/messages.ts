/** What the coordinator takes and gives. Each node has one; only the one beside a ready leader decides. */
import type { BootId, Index, JobResult, Msg, NodeId, OpId, ResourceId, Term, Token } from '../../runtime/actor.js'
import type { Refusal, Verdict } from '../../runtime/verdict.js'
import type { Committed, Leadership, Proposed, StateSnapshot } from '../log/messages.js'
import type { View } from '../membership/messages.js'
import type { Quorum } from '../quorum/messages.js'
import type { MatrixCell } from './matrix.js'

/** What instances of a clone are notified of. */
export type Noticed = 'start' | 'stop' | 'promote' | 'demote'

/** What one node says of one resource. The node owns the row; it is never in the log (design 8.11). */
export interface Row {
  readonly resource: ResourceId
  /** unknown: not probed yet.  failed: a monitor or operation says broken.  stop-failed: may still run, needs fencing. */
  readonly state: 'unknown' | 'stopped' | 'starting' | 'running' | 'promoted' | 'stopping' | 'failed' | 'stop-failed'
  /** Token under which it runs here; 0 = none. */
  readonly token: Token
  /** Failures in the failure window, and the wait until the oldest is forgotten (-1 = never). */
  readonly failCount: number
  readonly lastFailure?: {
    readonly action: string
    readonly rc: number
    readonly exitReason: string
    readonly agoMs: number
    readonly class: 'soft' | 'hard' | 'fatal'
    /** Definition that it failed under (runtime/config/document.ts); another one's failure is void. */
    readonly of?: number
  }
  /** Definition that it still runs under, where the configuration has another one (runtime/config/document.ts). */
  readonly outdated?: number
  /** It left the configuration, its node stopped it and takes no order for it any more: what its right is released on. */
  readonly retired?: true
  /** Of an instance whose clone notifies: it ended well, and the other instances have not been told of it since (notify.ts). */
  readonly untold?: { readonly op: OpId; readonly action: Noticed }
  readonly pending?: { readonly op: OpId; readonly action: string; readonly sinceMs: number }
  /** How long start, stop and monitor last took here, ms: what a preview predicts from. */
  readonly took: Readonly<Partial<Record<'start' | 'stop' | 'monitor', number>>>
}

/** resource -> coordinator of every member (leader at once, others batched) and console. A `whole` replaces all rows of that node. */
export interface Rows extends Msg {
  readonly type: 'rows'
  readonly node: NodeId
  readonly boot: BootId
  readonly seq: number
  readonly whole: boolean
  readonly rows: readonly Row[]
}
/** coordinator -> resource of every member after a change of leader or a gap in seq: send a whole Rows. */
export interface RowsPlease extends Msg {
  readonly type: 'rows-please'
}

/** coordinator -> resource director (`resource`) of a node. */
export interface Order extends Msg {
  readonly type: 'order'
  readonly op: OpId
  /** Of the leader that gives it. */
  readonly term: Term
  readonly resource: ResourceId
  /** The right that it is given under (log/right.ts); absent: that of the resource. */
  readonly right?: ResourceId
  readonly action: Noticed | 'monitor' | 'notify'
  /** What the agent is told of its clone's instances, where that notifies: variables OCF_RESKEY_CRM_meta_... by their last part. */
  readonly notify?: Readonly<Record<string, string>>
  readonly token: Token
  /** The node must have applied the log up to here first. */
  readonly minIndex: Index
  /** The life of the node that the order is meant for; another life ignores it. */
  readonly boot: BootId
}
/** resource -> coordinator that ordered it, once per op. */
export interface OrderResult extends Msg {
  readonly type: 'order-result'
  readonly op: OpId
  readonly resource: ResourceId
  readonly action: Order['action']
  readonly boot: BootId
  readonly token: Token
  readonly ok: boolean
  readonly rc: number
  readonly exitReason: string
  readonly durationMs: number
}

/**
 * coordinator -> fencer of its own node (of another, where its own node is the target), after the fence-intent is committed. Two voters:
 * intent = 0, since none can be committed without the peer. Tried until confirmed, cancelled, or the life is over; each round is answered.
 */
export interface FenceOrder extends Msg {
  readonly type: 'fence'
  readonly intent: Index
  readonly node: NodeId
  readonly boot: BootId
}
/** coordinator -> fencer: do not try again. What a device was told already is not called back. */
export interface FenceCancel extends Msg {
  readonly type: 'fence-cancel'
  readonly node: NodeId
  readonly boot: BootId
  /** Of this order, whose fate is not known: unless a device is at it (then its round is answered), it ends and FenceResult.waits says so. */
  readonly intent?: Index
}
/** fencer -> coordinator. `confirmed` only when a device said that the machine is off: a time-out, an error, an unknown is not. */
export interface FenceResult extends Msg {
  readonly type: 'fence-result'
  readonly intent: Index
  readonly node: NodeId
  readonly boot: BootId
  readonly confirmed: boolean
  /** Not over: nothing was done to the node, it is waited for until it must have ended itself. */
  readonly waits?: true
  readonly device: string
  readonly detail: string
  readonly durationMs: number
}

/** console -> coordinator (any node): what would happen, without doing it. */
export interface PlanPlease extends Msg {
  readonly type: 'plan-please'
  readonly id: string
  /** Plan as if this configuration stood, these nodes were gone or in standby, or this entry were committed; absent: now. */
  readonly whatIf?: {
    readonly doc?: unknown
    /** Names of resources that would take the parameters that `doc` changes over while they run. */
    readonly reloads?: readonly string[]
    readonly lost?: readonly NodeId[]
    readonly entry?: unknown
  }
}

/** console -> coordinator (any node): who takes over after every single and double loss of nodes, as things stand. Worked out in the pool. */
export interface MatrixPlease extends Msg {
  readonly type: 'matrix-please'
  readonly id: string
}
/** The answer, with its id: cells as in matrix.ts, or why there are none. */
export interface Matrix extends Msg {
  readonly type: 'matrix'
  readonly id: string
  readonly cells?: readonly MatrixCell[]
  readonly refused?: Refusal
}

export type CoordinatorIn =
  | StateSnapshot
  | Committed
  | Leadership
  | Proposed
  | View
  | Quorum
  | Rows
  | OrderResult
  | FenceResult
  | PlanPlease
  | MatrixPlease
  | JobResult
  | { readonly type: 'replan' }

/** One step of a plan. `after`: ids of steps that must have ended well first. */
export interface Action {
  readonly id: string
  readonly resource: ResourceId
  readonly name: string
  readonly node: NodeId
  readonly action: Order['action'] | 'fence'
  readonly after: readonly string[]
  readonly because: Verdict
  /** From measured durations; -1 = never measured. */
  readonly expectMs: number
}

/** One contribution to a score, with where it comes from. INFINITY is 1,000,000 as in the field. */
export interface Contribution {
  readonly resource: ResourceId
  readonly node: NodeId
  readonly score: number
  /** Configuration id (constraint, resource, node) that made it. */
  readonly source: string
  readonly because: Verdict
  /** Name of the group whose score this is part of: its members are placed together, so their contributions add up. */
  readonly group?: string
}

/** coordinator -> console of its node (leader only), after each change of plan; and the answer to PlanPlease (with its id). */
export interface PlanView extends Msg {
  readonly type: 'plan'
  readonly id: string
  readonly index: Index
  /** Nodes in order of their names: columns of the matrix. */
  readonly nodes: readonly { readonly node: NodeId; readonly name: string }[]
  readonly placement: readonly Placement[]
  readonly actions: readonly Action[]
  /** Left out (empty) in pushed views above 5,000 contributions: ask with PlanPlease. */
  readonly ledger: readonly Contribution[]
}

/** Where a resource belongs; without `node` it runs nowhere and `because` says why. */
export interface Placement {
  readonly resource: ResourceId
  readonly name: string
  /** The right that it is about: a resource has one place, a clone one for each node and one for each promoted role (log/right.ts). */
  readonly right: ResourceId
  readonly clone?: string
  readonly role?: 'Promoted'
  readonly group?: string
  readonly node?: NodeId
  readonly because: Verdict
}
