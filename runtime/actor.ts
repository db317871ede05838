/**
 * The actor contract (design 2.2). An actor is a synchronous reducer: it owns its state, is told the time, and answers
 * with effects; it performs none. There are exactly two hosts that carry effects out: runtime/host (worker threads, sockets,
 * files, the guard) and test/sim (one thread, virtual clock). The same actor modules run in both.
 *
 * Duties of a host:
 *  1. one message at a time per actor; messages of one sender to one receiver keep their order; delivery is at most once;
 *  2. effects of one step run in order; a `persist`'s `then` runs only after the bytes are durable, and before it nothing of `then` is visible;
 *     the persists of one actor become durable in the order given; effects after a persist in the same step do not wait for it;
 *  3. `send` to an actor that does not run is a dead letter: counted, never an error;
 *  4. a timer fires at most once per setting; setting a key again replaces it; timers of a dead actor never fire; one that is late since its thread
 *     stood still comes after the mail that waited for the thread, and after what its actors told each other upon that;
 *  5. a message of an actor's earlier life (agent result, job result, timer) is never delivered to its later life;
 *  6. a thrown error kills the actor with reason {error}; the supervisor decides. State is never reused after a throw.
 */
import type { Address, BootId, ClusterId, Incarnation, Index, NodeId, OpId, ResourceId, Term, Token } from './ids.js'
import type { Random } from './random.js'
import type { Instant } from './time.js'
import type { Verdict } from './verdict.js'

/** Anything msgpack carries: no functions, no class instances, no cycles, depth <= 32. */
export interface Msg {
  readonly type: string
}

/**
 * "I have (re)started: tell me what you would have told me." Sent by an actor's init to those whose announcements it lives on;
 * answered to env.from with the current view, quorum, state. Announcements otherwise go to fixed recipients, named in each messages.ts.
 */
export interface Hello extends Msg {
  readonly type: 'hello'
}

/** `beat`: keep the newest. `control`: never dropped, overflow is a fault of the receiver. `bulk`: shed and counted. */
export type SendClass = 'beat' | 'control' | 'bulk'

/** Records of the write-ahead log; one of index i replaces i and everything after it. */
export interface WalRecord {
  readonly index: Index
  readonly term: Term
  readonly bytes: Uint8Array
}
export type StoreOp =
  | { readonly slot: 'hard'; readonly bytes: Uint8Array } // superblock body (<= 3 KiB), replaced atomically
  | { readonly slot: 'wal'; readonly records: readonly WalRecord[] }
  | { readonly slot: 'snapshot'; readonly index: Index; readonly term: Term; readonly bytes: Uint8Array } // log up to index may be dropped after

/** What a store gave back at start. `entries` follow the snapshot without a hole. */
export interface Recovered {
  readonly hard?: Uint8Array
  readonly snapshot?: { readonly index: Index; readonly term: Term; readonly bytes: Uint8Array }
  readonly entries: readonly WalRecord[]
  /** What recovery had to do, e.g. "torn tail of 17 bytes truncated". */
  readonly notes: readonly Verdict[]
}

/** One run of an agent, carried out by the guard. */
export interface AgentOp {
  readonly id: OpId
  readonly kind: 'resource' | 'fence'
  /** Containment and token key: the resource's id, or `fence/<device>`. */
  readonly resource: ResourceId
  readonly action: string
  /** Executable first; it must lie in a directory that the guard was told to trust. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly stdin?: string
  /** True for start, promote, demote ...: the guard refuses it when its token is below the resource's highest. */
  readonly changes: boolean
  /** After `stop` returned 0: kill what is left in the resource's containment (opt-out per agent). */
  readonly reap: boolean
  readonly timeoutMs: number
}

/** How the run ended. Output is capped (stdout 64 KiB, stderr 8 KiB, from its end). */
export interface AgentResult extends Msg {
  readonly type: 'agent-result'
  readonly id: OpId
  readonly resource: ResourceId
  readonly action: string
  /** Exit status 0..255; absent when killed or never started. Of a refusal: the code that it stands for, where that is not 4. */
  readonly rc?: number
  readonly end: 'exited' | 'signalled' | 'timeout' | 'refused' | 'spawn-failed'
  /** Why, for refused and spawn-failed; signal name for signalled. */
  readonly detail: string
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
  /** Of `meta-data` that ended with 0: parameters that the agent can take over by `reload-agent`. The host has read them out of `stdout`. */
  readonly reloadable?: readonly string[]
}

/** Something of a resource's processes died outside an operation: a hint, the monitor decides. */
export interface AgentDeath extends Msg {
  readonly type: 'agent-death'
  readonly resource: ResourceId
  readonly pid: number
  /** Processes of the resource that are left, -1 = not known. */
  readonly left: number
}

/** The guard's answer to `agents` (sent once after each kyhad or actor start): what it holds from before. */
export interface AgentInventory extends Msg {
  readonly type: 'agent-inventory'
  readonly resources: readonly {
    readonly resource: ResourceId
    readonly token: Token
    readonly pids: number
    readonly inFlight?: { readonly id: OpId; readonly action: string }
    readonly finished: readonly AgentResult[] // kept until acknowledged
    readonly note?: string // the last `note` effect of this life of the machine
  }[]
}

export type JobKind = 'plan' | 'mail'
/** Once per job, to the life that asked for it. When not ok, `value` is a Refusal: unknown, full, late, crashed, failed or closed (runtime/pool.ts). */
export interface JobResult extends Msg {
  readonly type: 'job-result'
  readonly id: string
  readonly ok: boolean
  readonly value: unknown
}

/**
 * Once per `disk` effect, to the life that asked for it. `ok` of a read: `bytes` are what the disk itself holds, never a cached copy; of a write: it is on
 * the disk. Not ok: nothing is known. A write that was not answered, or not ok, may take effect all the same, even later.
 */
export interface DiskResult extends Msg {
  readonly type: 'disk-result'
  readonly id: string
  readonly disk: string
  readonly ok: boolean
  /** What was read: `count` whole blocks. */
  readonly bytes?: Uint8Array
  /** Why it is not ok: 'no servant', 'timeout', or the system's word, such as EIO. */
  readonly error?: string
}

/** Bytes of a note about a resource. */
export const noteBytesMax = 8192

/** Bytes of a block of a shared disk. */
export const diskBlockBytes = 4096

/** A persist that did not become durable: its `then` never runs. `full` = ENOSPC, may be tried again; else the store is lost. */
export interface StoreFailed extends Msg {
  readonly type: 'store-failed'
  readonly slot: StoreOp['slot']
  readonly full: boolean
  readonly error: string
}

/** A monitored actor ended, or does not run (`noproc`). `how`: normal, shutdown, killed, error, lost (its thread ended). */
export interface Down extends Msg {
  readonly type: 'down'
  readonly path: string
  readonly how: string
  readonly detail: string
}

export type Effect =
  | { readonly do: 'send'; readonly to: Address; readonly msg: Msg; readonly class: SendClass; readonly link?: number } // link: the datagram goes over that link only
  | { readonly do: 'timer'; readonly key: string; readonly atMs: Instant; readonly msg: Msg }
  | { readonly do: 'cancel'; readonly key: string }
  | { readonly do: 'persist'; readonly op: StoreOp; readonly then: readonly Effect[] }
  | { readonly do: 'agent'; readonly op: AgentOp; readonly token: Token }
  | { readonly do: 'agent-kill'; readonly id: OpId } // ends a run; its result still comes
  | { readonly do: 'agent-ack'; readonly id: OpId }
  | { readonly do: 'agent-list' } // -> AgentInventory
  | { readonly do: 'token'; readonly resource: ResourceId; readonly token: Token } // guard raises its durable highest before any start
  /** What a later life of kyhad is to be told of a resource with the inventory: at most noteBytesMax bytes; '' = nothing any more. */
  | { readonly do: 'note'; readonly resource: ResourceId; readonly note: string }
  /**
   * The others have confirmed the renewal that this actor sent at `sentMs` (its env.now then): resources may run until `renewMs` after that.
   * The first one arms the lease in the guard; renewMs 0 lays it down. Only where self-fence is the evidence of a takeover (design 8.6).
   */
  | { readonly do: 'lease'; readonly renewMs: number; readonly sentMs: Instant }
  /**
   * This life of the machine was certified dead: the guard kills everything, lets nothing change any more, and no longer pets the watchdog. Only
   * another life of the machine ends that.
   */
  | { readonly do: 'end-life' }
  | { readonly do: 'job'; readonly id: string; readonly kind: JobKind; readonly args: unknown; readonly timeoutMs: number }
  /**
   * Whole blocks of a shared disk, by the name that it has in this node's settings. Blocks are counted from 0; `bytes` are one or more whole blocks.
   * Answered with DiskResult at most `timeoutMs` later, whatever the disk does. `id` is the asker's own.
   * What one node asks of one disk is carried out in the order given, one after the other, over lives of its actors and of kyhad as well.
   */
  | {
      readonly do: 'disk'
      readonly id: string
      readonly disk: string
      readonly op: 'read'
      readonly block: number
      readonly count: number
      readonly timeoutMs: number
    }
  | {
      readonly do: 'disk'
      readonly id: string
      readonly disk: string
      readonly op: 'write'
      readonly block: number
      readonly bytes: Uint8Array
      readonly timeoutMs: number
    }
  | { readonly do: 'child'; readonly op: 'start'; readonly kind: string; readonly path: string; readonly args: unknown } // in this actor's dynamic supervisor
  | { readonly do: 'child'; readonly op: 'stop'; readonly path: string }
  /** From log: the other members and their addresses on each heartbeat link; the host keeps streams to exactly these. */
  | {
      readonly do: 'peers'
      readonly peers: readonly { readonly node: NodeId; readonly links: readonly { readonly address: string; readonly port: number }[] }[]
    }
  | { readonly do: 'monitor' | 'demonitor'; readonly path: string } // of an actor of this node: -> Down, exactly once per monitor, at once when it does not run
  | { readonly do: 'link' | 'unlink'; readonly path: string } // the abnormal end of either ends the other, too
  | { readonly do: 'say'; readonly verdict: Verdict; readonly at?: { readonly index: Index; readonly n: number } } // `at`: a decision (same id on every node); else an observation
  | { readonly do: 'stop'; readonly reason: string } // normal end of this actor

export type Send = Extract<Effect, { do: 'send' }>

/** All that an actor can know besides its messages. */
export interface Env {
  readonly now: Instant
  /** The machine's calendar, seconds since 1970 UTC: for rules with dates. It may be wrong and may jump, so no duration is ever taken from it. */
  readonly utcS?: number
  readonly random: Random
  readonly self: Address
  /** Who sent the message: `node` is present and authenticated when it came from another node; path '' for host-made messages (timers, results). */
  readonly from: Address
  /** Incarnation of the sending node's kyhad, for messages from another node. */
  readonly fromIncarnation?: Incarnation
}

/** Fixed facts of this run, and what the store gave back (only to actors that persist). */
export interface Boot {
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly name: string
  readonly incarnation: Incarnation
  /** Local settings with defaults already filled in (runtime/config.ts). */
  readonly timing: Timing
  readonly recovered?: Recovered
  /** What `child start` was given. */
  readonly args?: unknown
}

/** Every timeout derives from these (design 8.6, 8.7); documented with formula and trade-off in runtime/config.ts. */
export interface Timing {
  readonly beatMs: number
  readonly limitMsFloor: number
  readonly limitMsMax: number
  readonly confirmMsMax: number
  readonly electionMsMin: number
  readonly electionMsMax: number
  readonly managerGraceMs: number
  readonly rankMs: number
  readonly fenceDelayMs: number
}

export interface Step<State> {
  readonly state: State
  readonly effects: readonly Effect[]
}

export interface Actor<State, In extends Msg> {
  readonly kind: string
  /** Mailbox bound and what happens at it; a queue without `full` does not type-check. */
  readonly mailbox: { readonly limit: number; readonly full: 'keep-newest' | 'shed' | 'fault' }
  init(boot: Boot, env: Env): Step<State>
  receive(state: State, msg: In, env: Env): Step<State>
}

export const send = (to: Address, msg: Msg, cls: SendClass = 'control'): Effect => ({ do: 'send', to, msg, class: cls })
export const persist = (op: StoreOp, then: readonly Effect[]): Effect => ({ do: 'persist', op, then })
export const timer = (key: string, atMs: Instant, msg: Msg): Effect => ({ do: 'timer', key, atMs, msg })
export const cancel = (key: string): Effect => ({ do: 'cancel', key })
export const say = (verdict: Verdict): Effect => ({ do: 'say', verdict })
export const step = <S>(state: S, effects: readonly Effect[] = []): Step<S> => ({ state, effects })

export type { Address, BootId, ClusterId, Incarnation, Index, Instant, NodeId, OpId, Random, ResourceId, Term, Token, Verdict }
