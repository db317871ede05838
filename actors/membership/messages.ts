/** What the membership actor takes and gives. It lives on the beat thread beside the links. */
import type { BootId, Hello, Incarnation, Msg, NodeId } from '../../runtime/actor.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { DiskEvidence } from '../disk-heartbeat/messages.js'
import type { Evidence, RealTime, Stall } from '../heartbeat-link/messages.js'

/** In a cluster of more not every pair of nodes beats at full rate (watch.ts). */
export const FULL_MESH_MAX = 5

/** A member as detection needs it; sent by log whenever the committed member list changes. */
export interface MemberInfo {
  readonly node: NodeId
  readonly name: string
  readonly votes: number
  readonly links: number
}
export interface Members extends Msg {
  readonly type: 'members'
  readonly members: readonly MemberInfo[]
  /** For quorum: the tie-break voter in force. */
  readonly tieBreak?: NodeId
  /** The witness that says which of two voters may decide alone. */
  readonly witness?: string
}

/** To the membership actors of other nodes, by datagram: "I find this incarnation silent" / "I hear it". */
export interface Accuse extends Msg {
  readonly type: 'accuse'
  readonly peer: NodeId
  readonly boot: BootId
  readonly silentMs: number
}
export interface ProbeFor extends Msg {
  readonly type: 'probe-for'
  readonly peer: NodeId
}
export interface Vouch extends Msg {
  readonly type: 'vouch'
  readonly peer: NodeId
  readonly boot: BootId
  readonly silentMs: number
}
/** A stream to the peer ended with RST/FIN, or its guard signed "kyhad exited": suspicion only, never a certificate. */
export interface LastGasp extends Msg {
  readonly type: 'last-gasp'
  readonly peer: NodeId
}

export type MembershipIn =
  | Evidence
  | DiskEvidence
  | Members
  | Stall
  | RealTime
  | Accuse
  | ProbeFor
  | Vouch
  | LastGasp
  | Hello
  | { readonly type: 'leave' } // this node leaves in an orderly way
  | { readonly type: 'confirm-due'; readonly peer: NodeId }
  | { readonly type: 'grace-due'; readonly peer: NodeId }
  | { readonly type: 'tick' }

/** How one peer stands, as this node sees it. */
export interface PeerState {
  readonly node: NodeId
  readonly name: string
  /**
   * never-seen: unknown, not dead.  alive.  suspect: silent beyond the limit, being confirmed.  silent: confirmed.
   * manager-down: stand-in beats arrive; held back from fencing for the grace.  leaving: announced.
   */
  readonly state: 'never-seen' | 'alive' | 'suspect' | 'silent' | 'manager-down' | 'leaving'
  readonly incarnation?: Incarnation
  readonly links: readonly {
    readonly link: number
    readonly state: Evidence['state']
    readonly rttMs: { readonly p50: number; readonly p99: number }
    readonly lossPct: number
    readonly silentMs: number
    /** False: the peer is heard here, but does not hear us on this link. */
    readonly heardByPeer?: boolean
  }[]
  readonly because?: Verdict
}

/** membership gives: sent whole to `quorum`, `log`, `coordinator`, `console` whenever any peer's state or incarnation changes; `report` about once a second to console only. */
export interface View extends Msg {
  readonly type: 'view'
  /** Grows by one with each change, on this node only. */
  readonly viewNo: number
  readonly self: NodeId
  readonly peers: readonly PeerState[]
  /** 0..8; at 3 and above this node may not accuse. */
  readonly selfDoubt: number
}
