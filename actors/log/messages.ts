/**
 * What the log actor (Raft with PreVote and CheckQuorum) takes and gives, and the entries that it replicates.
 * The log holds decisions only: configuration, members, fence intents and certificates, grants, operator acks.
 */
import type { BootId, Hello, Index, Msg, NodeId, OpId, ResourceId, StoreFailed, Term, Token } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { View } from '../membership/messages.js'
import type { Quorum } from '../quorum/messages.js'
import type { WitnessTold } from '../witness/messages.js'
import type { ClusterState } from './state.js'

/** The log asks a witness with these; they are the words of actors/witness. */
export type { WitnessAsk, WitnessTold } from '../witness/messages.js'

/** A member as the log keeps it. `links`: this node's address on each heartbeat link, in link order. */
export interface Member {
  readonly node: NodeId
  readonly name: string
  readonly votes: number
  readonly links: readonly { readonly address: string; readonly port: number }[]
}

/** Proof that one life of a machine no longer acts (S4, S5): never made from a time-out. */
export interface Certificate {
  readonly node: NodeId
  readonly boot: BootId
  readonly how: 'device' | 'operator'
  /** Fence device id, or the operator's name. */
  readonly by: string
  /** Log index of the fence-intent that it answers. */
  readonly intent: Index
  readonly detail: string
}

/**
 * Proof that an owner no longer runs a resource: its own stop, or a newer life's probe that found it stopped.
 * `token` is that of the grant; `boot` is the life that gives the proof: the owner's own (stopped), or the present one (reboot-probe).
 */
export interface Release {
  readonly resource: ResourceId
  readonly node: NodeId
  readonly boot: BootId
  readonly token: Token
  readonly how: 'stopped' | 'reboot-probe'
  readonly op: OpId
}

/** The right to run `resource`, for one life of one node; its token is the entry's index. */
export interface GrantOrder {
  readonly resource: ResourceId
  readonly node: NodeId
  readonly boot: BootId
}

/** Bodies of log entries. Each is stored as {type, version, body}; a type that is not known stops the node with a sentence. */
export type Entry =
  | { readonly type: 'noop' }
  /** `solo` with its certificate opens a solo epoch of two voters; a members entry without it, in a later epoch, ends one. */
  | {
      readonly type: 'members'
      readonly members: readonly Member[]
      readonly epoch: number
      readonly solo?: readonly NodeId[]
      readonly certificate?: Certificate
      /** Set or taken back alone, never together with a change of votes (S11). */
      readonly tieBreak?: NodeId
      /** Two voters only: who may decide alone is for this witness to say (design 8.3). Comes and goes alone, too. */
      readonly witness?: string
      readonly because: Verdict
    }
  | { readonly type: 'version'; readonly clusterVersion: number }
  | { readonly type: 'config'; readonly doc: ConfigDoc; readonly by: string; readonly because: Verdict }
  | { readonly type: 'admit'; readonly node: NodeId; readonly boot: BootId }
  | { readonly type: 'leave'; readonly node: NodeId; readonly boot: BootId }
  | { readonly type: 'fence-intent'; readonly node: NodeId; readonly boot: BootId; readonly because: Verdict }
  /** One atomic decision: certificates and releases first, then the grants that they make possible. */
  | {
      readonly type: 'decision'
      readonly certificates: readonly Certificate[]
      readonly releases: readonly Release[]
      readonly grants: readonly GrantOrder[]
      readonly because: Verdict
    }
  | {
      readonly type: 'intent'
      readonly id: string
      readonly kind: 'move' | 'ban'
      readonly resource: string
      readonly node: NodeId
      readonly forMs: number
      readonly by: string
    }
  | { readonly type: 'intent-end'; readonly id: string; readonly because: Verdict }
  | { readonly type: 'cleanup'; readonly resource: string; readonly node?: NodeId; readonly by: string }
  | { readonly type: 'operator-ack'; readonly node: NodeId; readonly boot: BootId; readonly by: string }
  /** Terms of that life's lease, once; then, `armed`, that its guard has one: from here on it runs resources only under it (lease.ts). */
  | {
      readonly type: 'leased'
      readonly node: NodeId
      readonly boot: BootId
      readonly leaseMs: number
      readonly watchdogMs: number
      readonly armed: boolean
    }

/** Increase when an entry's shape changes; a reader refuses a higher version than it knows. */
export const ENTRY_VERSION = 4
/** The version that first knew this shape: what an older reader can read stays readable to it. */
export function versionOf(entry: Entry): number {
  if (entry.type === 'leased') return 4
  return entry.type !== 'members' ? 1 : entry.witness !== undefined ? 3 : entry.tieBreak !== undefined ? 2 : 1
}

export interface LogEntry {
  readonly index: Index
  readonly term: Term
  readonly entry: Entry
}

/**
 * Anybody on this node -> log: replicate this. `id` makes the retry safe, on whatever node it is made: the same id is applied once and answered
 * alike (the last 512 are remembered). So an id must be unique for the cluster's life, e.g. `<boot>:<counter>:<n>`. Answered by Proposed
 * when applied here; without an answer after 5 s by `unknown`.
 */
export interface Propose extends Msg {
  readonly type: 'propose'
  readonly id: string
  readonly entry: Entry
  /** If-Match: refuse unless the configuration's revision is this. */
  readonly ifConfigIndex?: Index
  /** If set, refuse unless the state machine's last applied index is still this (the planner's optimistic lock). */
  readonly ifIndex?: Index
}
export interface Proposed extends Msg {
  readonly type: 'proposed'
  readonly id: string
  readonly ok: boolean
  readonly index?: Index
  /** no-quorum, no-leader, stale-revision, invalid, unknown (the outcome is not known: never read as failure). */
  readonly refused?: 'no-quorum' | 'no-leader' | 'stale-revision' | 'invalid' | 'unknown'
  readonly because?: Verdict
}

/** log -> `coordinator`, `fencer`, `resource`, `console`: the whole state, at its start, after a snapshot was installed, and as the answer to Hello. */
export interface StateSnapshot extends Msg {
  readonly type: 'state'
  readonly state: ClusterState
}
/** log -> the same four, in index order without a hole after a StateSnapshot. `membership` and `quorum` get Members (and SoloSet) instead. */
export interface Committed extends Msg {
  readonly type: 'committed'
  readonly entry: LogEntry
  /** More entries follow at once: a node that catches up is not yet where the others are. */
  readonly more?: boolean
}
/** log -> the same four on every change, and as part of the answer to Hello. */
export interface Leadership extends Msg {
  readonly type: 'leadership'
  readonly term: Term
  readonly leader?: NodeId
  /** True only once this leader has committed an entry of its own term: from then on it may decide. */
  readonly ready: boolean
}

/** Raft between nodes (control class, over streams). */
export type Raft =
  | { readonly type: 'pre-vote'; readonly term: Term; readonly lastIndex: Index; readonly lastTerm: Term; readonly epoch: number }
  | { readonly type: 'pre-vote-reply'; readonly term: Term; readonly granted: boolean; readonly lastIndex: Index; readonly lastTerm: Term }
  | { readonly type: 'vote'; readonly term: Term; readonly lastIndex: Index; readonly lastTerm: Term; readonly epoch: number }
  | { readonly type: 'vote-reply'; readonly term: Term; readonly granted: boolean }
  | {
      readonly type: 'append'
      readonly term: Term
      readonly prevIndex: Index
      readonly prevTerm: Term
      readonly entries: readonly WireEntry[]
      readonly commit: Index
      /** The leader counts the receiver as holding the log up to here. */
      readonly holds: Index
      readonly round: number
    }
  | {
      readonly type: 'append-reply'
      readonly term: Term
      readonly ok: boolean
      /** ok: the disk holds the leader's log up to here. Else: the end of the log here, whatever it says. */
      readonly matchIndex: Index
      readonly hintIndex: Index
      readonly round: number
    }
  | { readonly type: 'recall'; readonly term: Term } // I have just started (F61), or know no leader (introduce.ts): what do you hold?
  | { readonly type: 'recalled'; readonly term: Term; readonly lastIndex: Index; readonly lastTerm: Term; readonly epoch: number }
  | { readonly type: 'introduce'; readonly leader: Member } // you seem to know no leader: this one leads (introduce.ts)
  | { readonly type: 'pull'; readonly fromIndex: Index } // pull before campaign (design 8.4)
  | {
      readonly type: 'pulled'
      readonly prevIndex: Index
      readonly prevTerm: Term
      readonly entries: readonly WireEntry[]
      readonly lastIndex: Index
      readonly lastTerm: Term
    }
  | {
      /** One chunk of the leader's snapshot of `size` bytes; (index, indexTerm, size, crc32c of the whole) name the transfer. */
      readonly type: 'install'
      readonly term: Term
      readonly index: Index
      readonly indexTerm: Term
      readonly size: number
      readonly crc32c: number
      readonly offset: number
      readonly bytes: Uint8Array
      readonly round: number
    }
  /** The first `offset` bytes of that transfer are here; the last chunk is answered by an append-reply, when all is on disk. */
  | {
      readonly type: 'install-reply'
      readonly term: Term
      readonly index: Index
      readonly crc32c: number
      readonly offset: number
      readonly round: number
    }
  | { readonly type: 'not-leader'; readonly term: Term } // I resigned, or was asked (lead-check, forward) and do not lead
  | { readonly type: 'lead-check'; readonly term: Term } // do you still lead? answered by an empty append or not-leader
  | { readonly type: 'timeout-now'; readonly term: Term } // leader transfer
  /** May resources of that life run on from now? `armed`: its guard has a lease. */
  | {
      readonly type: 'lease-ask'
      readonly n: number
      readonly boot: BootId
      readonly watchdogMs: number
      readonly armed: boolean
    }
  | { readonly type: 'lease-told'; readonly n: number; readonly boot: BootId; readonly leaseMs: number } // they may, for so long
  | { readonly type: 'lease-check'; readonly term: Term; readonly n: number } // are you still in my term?
  | { readonly type: 'lease-held'; readonly term: Term; readonly n: number }
  | { readonly type: 'certified'; readonly boot: BootId } // your life was certified dead: nothing that it says counts
  | { readonly type: 'forward'; readonly propose: Propose }
  | { readonly type: 'forwarded'; readonly proposed: Proposed }

/** An entry as stored and sent: the msgpack bytes of {type, version, body}. */
export interface WireEntry {
  readonly index: Index
  readonly term: Term
  readonly bytes: Uint8Array
}

/** Anybody on this node -> log: hand leadership to `to`, or to the most up-to-date present voter (before this node leaves). */
export interface TransferPlease extends Msg {
  readonly type: 'transfer'
  readonly to?: NodeId
}

/**
 * coordinator -> log, with two voters only: the peer's life is certified dead; lead alone from now on. Refused (a verdict is said) unless this
 * boot was admitted in this life (T3) and the certificate names the peer's last admitted boot. Success shows as Leadership{ready} and SoloSet.
 */
export interface SoloPlease extends Msg {
  readonly type: 'solo'
  readonly certificate: Certificate
}

/** host -> log: whether the guard has a lease armed, after each start of log and on each change. */
export interface LeaseState extends Msg {
  readonly type: 'lease-state'
  readonly armed: boolean
}

export type LogIn =
  | Raft
  | Propose
  | TransferPlease
  | SoloPlease
  | WitnessTold
  | LeaseState
  | Hello
  | View
  | Quorum
  | StoreFailed
  | { readonly type: 'persisted'; readonly round: number }
  | { readonly type: 'election-due' }
  | { readonly type: 'tick' }
