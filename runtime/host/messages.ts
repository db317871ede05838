/**
 * What threads say to each other, always by way of main: envelopes with a message in msgpack. What is addressed to `host` is for the thread
 * itself (or for main) and never reaches an actor.
 */
import type { Address, AgentOp, Effect, Incarnation, Instant, Msg, NodeId, OpId, ResourceId, SendClass, Token } from '../actor.js'
import type { Reason } from '../supervisor.js'
import type { Thread } from '../tree.js'
import type { Verdict } from '../verdict.js'
import type { JobOutcome } from './job.js'

/** One message on its way between threads. `bytes` has its exact size and is transferred. */
export interface Envelope {
  readonly to: Address
  readonly from: Address
  readonly cls: SendClass
  readonly bytes: Uint8Array
  /** Incarnation of the sending node, for a message from another node. */
  readonly incarnation?: Incarnation
  /** For datagrams: this link only. */
  readonly link?: number
}
/** Path of a thread's own host, and of main. */
export const hostPath = 'host'

export type Peers = Extract<Effect, { do: 'peers' }>['peers']
/** Who asked for something that is answered later: a later life of the same path gets no such answer (duty 5). */
export interface Asker {
  readonly path: string
  readonly life: number
}

/** host -> `console`, for each `say` of an actor and each report of a supervisor. The sentence is rendered where it is shown. */
export interface Said extends Msg {
  readonly type: 'said'
  /** `index.n` of a decision, the same on every node; `node:boot:seq` of an observation. */
  readonly id: string
  /** Wall clock of this node: a label. */
  readonly at: string
  readonly atMs: Instant
  readonly node: NodeId
  readonly path: string
  readonly verdict: Verdict
}

/** host -> `console`: the guard was told to end, so this node leaves the cluster in order. */
export interface LeavePlease extends Msg {
  readonly type: 'leave-please'
}

/** A thread -> main. */
export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'ended'; readonly reason: Reason; readonly startFailed: boolean }
  | { readonly type: 'say'; readonly path: string; readonly verdict: Verdict; readonly at?: { readonly index: number; readonly n: number } }
  | { readonly type: 'run'; readonly op: AgentOp; readonly token: Token; readonly by: Asker }
  | { readonly type: 'kill'; readonly id: OpId }
  | { readonly type: 'ack'; readonly id: OpId }
  | { readonly type: 'list'; readonly by: Asker }
  | { readonly type: 'raise'; readonly resource: ResourceId; readonly token: Token }
  | { readonly type: 'note'; readonly resource: ResourceId; readonly note: string }
  | { readonly type: 'lease'; readonly renewMs: number; readonly sentMs: Instant }
  | { readonly type: 'end-life' }
  | { readonly type: 'peers'; readonly peers: Peers }
  | { readonly type: 'sheaf'; readonly beatMs: number; readonly sheaves: readonly Sheaf[] }
  | { readonly type: 'priority'; readonly tid: number }
  /** From the beat thread, once: its first beat left, or there is nobody to beat to. */
  | { readonly type: 'leave'; readonly how: 'stop' | 'restart' }
  /** `args` is msgpack, so that main need not read it. `by.life` 0: a service. */
  | {
      readonly type: 'job'
      readonly by: Asker
      readonly id: string
      readonly kind: string
      readonly args: Uint8Array
      readonly limitMs: number
    }
  | { readonly type: 'inspect'; readonly id: number; readonly request: Inspect }
  | { readonly type: 'inspected'; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | Watching
  | Down
  | Lab

export interface Sheaf {
  readonly address: string
  readonly port: number
  readonly bind: string
  readonly frames: readonly Uint8Array[]
}

/** main -> a thread. */
export type ToThread =
  | { readonly type: 'shutdown' }
  /** Its group has ended: close sockets and the port, then the thread ends by itself. */
  | { readonly type: 'close' }
  /** For the life that asked; else for `orElse`. */
  | { readonly type: 'answer'; readonly by: Asker | null; readonly orElse: string; readonly msg: Msg }
  | { readonly type: 'job-done'; readonly by: Asker; readonly id: string; readonly outcome: JobOutcome }
  | { readonly type: 'peers'; readonly peers: Peers }
  | { readonly type: 'real-time'; readonly rt: boolean }
  | { readonly type: 'thread-down'; readonly thread: Thread; readonly reason: Reason }
  | { readonly type: 'inspect'; readonly id: number; readonly request: Inspect }
  | { readonly type: 'inspected'; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | Watching
  | Down
  | Lab

/** A watcher's thread -> the thread of the path that it watches, by way of main. */
export interface Watching extends Msg {
  readonly type: 'watch' | 'watch-back'
  readonly by: Asker
  readonly path: string
  readonly link: boolean
}
/** The answer when it ends, or at once with `noproc`. */
export interface Down extends Msg {
  readonly type: 'watched-down'
  readonly by: Asker
  readonly path: string
  readonly link: boolean
  readonly reason: Reason
}
/** Cuts or heals one heartbeat link of this node, for demo and rig: its datagrams are dropped both ways, streams leave it. */
export interface Lab extends Msg {
  readonly type: 'lab-link'
  readonly link: number
  readonly cut: boolean
}

/**
 * Questions of kyha-shell and the API about the runtime's inside.
 * actors -> ActorInfo[].  counters -> {thread, deadLetters, beats?, streams?}[], and of main {thread, waiting, dropped, shed} per thread.  children (path of a supervisor, none = all) -> ChildInfo[].  state, trace, restart (path of an actor).
 */
export type Inspect =
  | { readonly type: 'actors' }
  | { readonly type: 'counters' }
  | { readonly type: 'children'; readonly path?: string }
  | { readonly type: 'state' | 'trace' | 'restart'; readonly path: string }

export interface ActorInfo {
  readonly path: string
  readonly kind: string
  readonly thread: string
  readonly supervisor: string
  /** Grows with each start of the actor, its thread's starts included. */
  readonly life: number
  readonly restarts: number
  readonly mailbox: { readonly length: number; readonly limit: number; readonly dropped: number; readonly shed: number }
  readonly handled: number
  readonly last: string
}
export interface ChildInfo {
  readonly supervisor: string
  readonly strategy: string
  readonly id: string
  readonly status: string
  readonly restart: string
  readonly restarts: number
  readonly thread: string
}
/** One line of a trace: what an actor was given. */
export interface TraceLine {
  readonly atMs: number
  readonly path: string
  readonly from: string
  readonly type: string
}
