/**
 * What a heartbeat-link actor takes and gives. One actor per peer and link (`link/<peer>/<n>`); it lives on the beat thread.
 * A message type lives with the earlier actor of the walk (design 2.3) of the two that exchange it; later folders import it.
 */
import type { Incarnation, Instant, Msg, NodeId } from '../../runtime/actor.js'

/** Flag bits of the datagram header. */
export const Flag = {
  /** The sender's beat thread has real-time priority. */
  rt: 1,
  /** Sent by the guard while kyhad is down or stalled: the machine and its resources live (design 8.7). */
  kyhadDown: 2,
  /** The sender is leaving in an orderly way. */
  leaving: 4,
  /** Asks for an immediate beat on the same link. */
  probe: 8,
  /** Answers a probe: its round trip is measured, its arrival says nothing about the rhythm of beats. */
  answer: 16,
  /** The sender beats slowly on this link: the next beat comes after SLOW_BEATS beats, unless it is asked. */
  slow: 32,
  /** The sender hears nobody, on any link, and has not for a while: it can decide nothing, so who hears it need not wait for it. */
  deaf: 64,
} as const

/** Beats of a slow link come so many times further apart. */
export const SLOW_BEATS = 10

/** Arguments of `child start` for a link actor. */
export interface LinkArgs {
  readonly peer: NodeId
  readonly link: number
}

/** An authenticated datagram of this peer on this link, made by runtime/wire (never by a peer's msgpack body). */
export interface Heard extends Msg {
  readonly type: 'heard'
  readonly seq: number
  /** Highest of our seqs that the peer had seen on this link; -1 = none. */
  readonly echo: number
  /** True when the peer answers to this very incarnation of ours: only then the datagram proves that it lives now. */
  readonly fresh: boolean
  readonly flags: number
  readonly watcher: number
  readonly incarnation: Incarnation
  /** Taken as close to the socket as possible. */
  readonly rxMs: Instant
}

/** host -> membership -> links. The beat thread's own health: a timer that came `lateMs` late, and how old the oldest unread datagram was. */
export interface Stall extends Msg {
  readonly type: 'stall'
  readonly lateMs: number
}

/**
 * membership -> link: a peer is doubtful on another link; beat with Flag.probe at once. With `withinMs` the answer is due by then, and is asked for
 * again until it comes; without an answer the link is silent, however slowly it beats otherwise.
 */
export interface ProbeNow extends Msg {
  readonly type: 'probe-now'
  readonly withinMs?: number
}

/**
 * membership -> link, on the node with the lower id: one link to a peer beats at full rate, the others slowly, since they say the same. The other
 * node follows by answering.
 */
export interface Pace extends Msg {
  readonly type: 'pace'
  readonly slow: boolean
}

/**
 * membership -> link: this peer has the lowest id of those that are heard at full rate, so its beats set the moment: each is passed on to the links
 * `to` (paths of this node), which beat in the same wake-up. None = it does not (any more).
 */
export interface PassOn extends Msg {
  readonly type: 'pass-on'
  readonly to: readonly string[]
}

/** link -> link of the same node: the moment to beat. */
export interface Pulse extends Msg {
  readonly type: 'pulse'
}

/** membership -> link: factor 1..9 of the limit while this node doubts itself (Lifeguard). */
export interface SelfDoubt extends Msg {
  readonly type: 'self-doubt'
  readonly score: number
}

/** link -> wire: one beat. The host fills in cluster, incarnation, seq, echo and the MAC. */
export interface Beat extends Msg {
  readonly type: 'beat'
  readonly flags: number
  readonly watcher: number
}

/** The node itself is leaving (or no longer): beats carry Flag.leaving. */
export interface Leaving extends Msg {
  readonly type: 'leaving'
  readonly leaving: boolean
}

/** membership -> links: this node hears nobody (or somebody again): beats carry Flag.deaf. */
export interface Deaf extends Msg {
  readonly type: 'deaf'
  readonly deaf: boolean
}

/** host -> membership -> links: whether this node's beat thread has real-time priority; beats then carry Flag.rt. */
export interface RealTime extends Msg {
  readonly type: 'real-time'
  readonly rt: boolean
}

export type LinkIn =
  | Heard
  | Stall
  | ProbeNow
  | Pace
  | PassOn
  | Pulse
  | SelfDoubt
  | Leaving
  | Deaf
  | RealTime
  | { readonly type: 'tick' }
  | { readonly type: 'overdue' }
  | { readonly type: 'report' }

/** link -> membership, on every change of state and about once a second as a report. */
export interface Evidence extends Msg {
  readonly type: 'evidence'
  readonly peer: NodeId
  readonly link: number
  readonly state: 'up' | 'late' | 'silent' | 'never-heard'
  /** Since the last fresh datagram; -1 = never. */
  readonly silentMs: number
  readonly limitMs: number
  /** The peer hears us (its echo advances). False on a one-way link. */
  readonly heardByPeer: boolean
  readonly flags: number
  /** The peer beats slowly here: its lateness is no news of the peer. */
  readonly slow: boolean
  readonly incarnation?: Incarnation
  readonly rttMs: { readonly p50: number; readonly p99: number }
  readonly lossPct: number
  readonly stallMs: number
}
