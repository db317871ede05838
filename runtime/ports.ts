/**
 * The outside world as the worker host needs it: store, datagrams, streams, guard. Each is one interface with one real
 * implementation (runtime/store, runtime/wire, runtime/guard); contract tests hold the simulator's twins to the same cases.
 */
import type {
  AgentDeath,
  AgentInventory,
  AgentOp,
  AgentResult,
  BootId,
  Incarnation,
  Instant,
  Msg,
  NodeId,
  OpId,
  Recovered,
  ResourceId,
  StoreOp,
  Token,
} from './actor.js'

/** runtime/store: `openStore(dir, identity)`. One writer; a lock file refuses a second. */
export interface Store {
  readonly recovered: Recovered
  /**
   * Resolves when durable (fdatasync returned). Calls are carried out in order; consecutive ones may share one sync.
   * Rejects with StoreError {full: true} on ENOSPC (nothing of the call is kept), {full: false} when the store can no longer be trusted.
   */
  write(op: StoreOp): Promise<void>
  close(): Promise<void>
}

/** What a received datagram carries after size, header, MAC and replay window were checked, in this order. */
export interface Datagram {
  readonly from: NodeId
  readonly incarnation: Incarnation
  readonly link: number
  readonly seq: number
  /** Our seq that the peer last saw on this link, -1 = none; `fresh`: it answers to this very incarnation of ours. */
  readonly echo: number
  readonly fresh: boolean
  readonly flags: number
  readonly watcher: number
  readonly rxMs: Instant
  /** Absent for a bare beat; else a small message for an actor of this node. */
  readonly body?: { readonly to: string; readonly from: string; readonly msg: Msg }
}

/** Every way a datagram can be worthless; each only counts. */
export interface WireCounters {
  sent: number
  received: number
  tooShort: number
  foreign: number
  badMac: number
  replayed: number
  tooNew: number
  unreadable: number
  sendErrors: number
}

/** runtime/wire/datagram: one UDP socket per link; `openDatagrams(options)`. */
export interface Datagrams {
  /** Sends to one peer on one link. A body over 1,200 packed bytes is refused by assertion. */
  send(to: NodeId, link: number, flags: number, watcher: number, body?: Datagram['body']): void
  /** A frame made now and sealed, to be sent later by the guard as a stand-in beat: `count` of them, with following seqs. */
  presign(
    to: NodeId,
    link: number,
    flags: number,
    count: number,
  ): { readonly address: string; readonly port: number; readonly frames: readonly Uint8Array[] }
  setPeers(
    peers: readonly { readonly node: NodeId; readonly links: readonly { readonly address: string; readonly port: number }[] }[],
  ): void
  readonly counters: WireCounters
  close(): void
}

/** runtime/wire/stream: ordered messages between nodes over mutual TLS on any link that is up; `openStreams(options)`. */
export interface Streams {
  /**
   * Queues a message; it is resent over another link until acknowledged, and lost only when the peer's incarnation ends
   * or the queue (8 MiB) overflows: then `onLost`. bulk is shed first.
   */
  send(to: NodeId, body: { readonly to: string; readonly from: string; readonly msg: Msg }, cls: 'control' | 'bulk'): void
  setPeers(
    peers: readonly { readonly node: NodeId; readonly links: readonly { readonly address: string; readonly port: number }[] }[],
  ): void
  /** For status: per peer, which link carries it now and how much waits. */
  state(): readonly { readonly node: NodeId; readonly link: number | null; readonly queuedBytes: number; readonly reconnects: number }[]
  close(): void
}
export interface StreamEvents {
  onMessage(from: NodeId, incarnation: Incarnation, body: { readonly to: string; readonly from: string; readonly msg: Msg }): void
  /** The peer's process closed its end (FIN/RST) on the link in use: a last gasp, suspicion only. */
  onClosed(from: NodeId): void
  onLost(to: NodeId, messages: number): void
}

/** runtime/guard/client: the only way to run, kill or know of an agent; the guard is a C process and our parent. */
export interface Guard {
  readonly hello: {
    readonly boot: BootId
    readonly counter: number
    readonly containment: 'cgroup2' | 'cgroup1' | 'subreaper'
    readonly deathNotice: 'pidfd' | 'connector' | 'waitid'
    readonly watchdog: string // e.g. "none: /dev/watchdog does not exist"
    readonly lease: string // "not armed", "armed: 5000 ms", "expired: ..."; later ones come by onLease
    readonly shell: string // who is let in at which socket, or "none: why"
    readonly shellKey: string // by which kyhad knows what the guard says of a shell's user
    readonly root: boolean
  }
  /** `hide` (at most 32, each 4 to 4096 bytes): what the operation prints comes back, and is put on record, with asterisks in the place of these values. */
  run(op: AgentOp, token: Token, hide?: readonly string[]): void
  kill(id: OpId): void
  ack(id: OpId): void
  list(): void
  raise(resource: ResourceId, token: Token): void
  /** Kept for `list` of a later life of kyhad, not of the machine: at most noteBytesMax; '' = none any more. */
  note(resource: ResourceId, note: string): void
  /** Replaces the sheaf of stand-in frames: sent one per link and peer every beatMs while kyhad is down or stalled. */
  standIn(
    beatMs: number,
    sheaves: readonly { readonly address: string; readonly port: number; readonly bind: string; readonly frames: readonly Uint8Array[] }[],
  ): void
  prioritize(tid: number): Promise<{ ok: boolean; detail: string }>
  /**
   * Renews (and with the first call arms) this node's lease: the guard lets resources run until `renewMs` (1..3,600,000) after `sentMs`, when the
   * renewal that the others have confirmed was sent. 0 lays it down. On expiry everything is killed and nothing is changed (design 8.6).
   */
  lease(renewMs: number, sentMs: Instant): void
  /** This life was certified dead: everything is killed, nothing changes any more, the watchdog (if there is one) resets the machine. */
  endLife(): void
  /** kyhad ends by itself on purpose: do not restart it (`node stop`), or do (`restart`). */
  leave(how: 'stop' | 'restart'): void
  close(): void
}
export interface GuardEvents {
  onResult(result: AgentResult): void
  onDeath(death: AgentDeath): void
  onInventory(inventory: AgentInventory): void
  /** The lease's state changed: armed, expired, laid down. */
  onLease(state: string): void
  /** The guard was told to end: leave the cluster in order, then `leave('stop')`. Asked again every 2 s, until its patience ends. */
  onLeave(): void
  onGone(reason: string): void
}
