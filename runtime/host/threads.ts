/**
 * Launches a thread of the tree as a child of its supervisor in main, and ends it: by its group's orderly shutdown, by terminate(), and when even
 * that does not end (a thread blocked in the system) by the death of the process, which the guard repairs.
 */
import { Worker } from 'node:worker_threads'
import type { Instant } from '../actor.js'
import { type Reason, reason } from '../supervisor.js'
import type { SupervisorNode, Thread } from '../tree.js'
import { type Verdict, verdict } from '../verdict.js'
import { pack } from '../wire/codec.js'
import { Cell, Channel, sharedCells, took, waitingMax } from './channel.js'
import type { Timers } from './clock.js'
import { type Envelope, hostPath, type ToThread } from './messages.js'
import type { ChildEvents, Running } from './spawn.js'
import { type Liveness, stallLimitMs } from './stall.js'
import type { Assignment } from './worker.js'

export const startMsMax = 30_000
export const terminateMsMax = 2000
const closeMsMax = 1000
const shortLifeMs = 10_000

export interface ThreadMeans {
  readonly now: () => Instant
  readonly timers: Timers
  readonly liveness: Liveness
  readonly startedMs: Instant
  readonly assignment: Omit<Assignment, 'thread' | 'top' | 'spawn' | 'shared' | 'sinceStartMs'>
  limits(thread: Thread): { readonly maxOldGenerationSizeMb: number; readonly maxYoungGenerationSizeMb: number }
  say(path: string, v: Verdict): void
  /** A thread's envelope for anybody. */
  envelope(from: ThreadHandle, envelope: Envelope): void
  up(thread: ThreadHandle & { kill(): void }): void
  down(thread: ThreadHandle, why: Reason): void
  /** The process has to die: a thread cannot be ended. */
  stuck(thread: Thread): void
}

export interface ThreadHandle {
  readonly thread: Thread
  readonly channel: Channel
  tell(msg: ToThread): void
  /** Its group says that it is up, or that it ended. */
  ready(): void
  ended(why: Reason, startFailed: boolean): void
}

let spawned = 0

export class Threads {
  readonly #lastStart = new Map<Thread, number>()

  constructor(private readonly m: ThreadMeans) {}

  launch(node: SupervisorNode & { readonly thread: Thread }, on: ChildEvents): Running {
    const { now, timers } = this.m
    const last = this.#lastStart.get(node.thread)
    const pauseMs = last !== undefined && now() - last < shortLifeMs ? (node.pauseMs ?? 0) : 0
    let life: Life | undefined
    let cancelled = false
    const begin = (events: ChildEvents): void => {
      if (cancelled) return
      this.#lastStart.set(node.thread, now())
      life = new Life(this.m, node, events)
    }
    if (pauseMs === 0) begin(on)
    else {
      // A pause keeps nobody waiting: it counts as started, and a start that fails later as its end.
      on.started()
      timers.after(pauseMs, () => begin({ started: () => undefined, failed: on.exited, exited: on.exited }))
    }
    const end = (how: 'stop' | 'kill') => (): void => {
      if (life) return life[how]()
      cancelled = true
      on.exited(reason('shutdown'))
    }
    return { stop: end('stop'), kill: end('kill') }
  }
}

/** One life of a worker thread. */
class Life implements ThreadHandle {
  readonly thread: Thread
  readonly channel: Channel
  readonly #worker: Worker
  readonly #shared = sharedCells()
  #isUp = false
  #over = false
  #startFailed = false
  #why: Reason | undefined
  #terminating = false

  constructor(
    private readonly m: ThreadMeans,
    node: SupervisorNode & { readonly thread: Thread },
    private readonly on: ChildEvents,
  ) {
    this.thread = node.thread
    const sinceStartMs = m.now() - m.startedMs
    const workerData: Assignment = { ...m.assignment, thread: node.thread, top: node, spawn: ++spawned, sinceStartMs, shared: this.#shared }
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      name: `kyha-${node.thread}`,
      resourceLimits: m.limits(node.thread),
      execArgv: [],
    })
    this.channel = new Channel(this.#worker, this.#shared, Cell.takenByThread, () => this.#overflow())
    this.#worker.on('message', (envelope: Envelope) => {
      took(this.#shared, Cell.takenByMain)
      if (!this.#over) m.envelope(this, envelope)
    })
    this.#worker.on('error', (error) => {
      this.#why ??= reason('error', `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`.slice(0, 300))
    })
    this.#worker.on('exit', (code) => this.#exited(code))
    m.timers.after(startMsMax, () => {
      if (!this.#isUp) this.#end(reason('error', `it did not start within ${startMsMax} ms`))
    })
    this.m.up(this)
  }

  tell(msg: ToThread): void {
    this.channel.post({ to: { path: hostPath }, from: { path: '' }, cls: 'control', bytes: pack(msg) })
  }

  ready(): void {
    if (this.#isUp || this.#over) return
    this.#isUp = true
    const limitMs = stallLimitMs(this.thread)
    this.m.liveness.add(this.thread, this.#shared, (stalledMs) => {
      this.m.say(this.thread, verdict('kill', 'runtime.thread-stalled', { thread: this.thread, stalledMs, limitMs }, 'error'))
      this.#end(reason('error', `no progress for ${stalledMs} ms`))
    })
    this.on.started()
  }

  ended(why: Reason, startFailed: boolean): void {
    this.#why ??= why
    this.#startFailed = startFailed
    this.m.liveness.remove(this.thread)
    this.tell({ type: 'close' })
    this.m.timers.after(closeMsMax, () => this.#terminate())
  }

  stop(): void {
    this.tell({ type: 'shutdown' })
  }
  kill(): void {
    this.#end(reason('killed'))
  }

  #overflow(): void {
    this.m.say(this.thread, verdict('fault', 'runtime.overflow', { path: `thread ${this.thread}`, limit: waitingMax }, 'error'))
    this.#end(reason('error', 'its messages overflowed'))
  }

  #end(why: Reason): void {
    this.#why ??= why
    this.m.liveness.remove(this.thread)
    this.#terminate()
  }

  #terminate(): void {
    if (this.#over || this.#terminating) return
    this.#terminating = true
    this.m.timers.after(terminateMsMax, () => {
      if (!this.#over) this.m.stuck(this.thread)
    })
    void this.#worker.terminate()
  }

  #exited(code: number): void {
    if (this.#over) return
    this.#over = true
    this.channel.close()
    this.m.liveness.remove(this.thread)
    const why = this.#why ?? reason('error', `the thread ended with code ${code}`)
    this.m.down(this, why)
    if (this.#isUp && !this.#startFailed) this.on.exited(why)
    else this.on.failed(why)
  }
}
