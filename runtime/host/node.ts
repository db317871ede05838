/**
 * Main's part of kyhad: the root supervisor, the star that all messages between threads go through, liveness, the guard's desk, the log. It holds no
 * state of the cluster and decides nothing about it.
 */
import type { LeaseState } from '../../actors/log/messages.js'
import type { AgentOp, AgentResult } from '../actor.js'
import { assert, unreachable } from '../assert.js'
import { Pool } from '../pool.js'
import type { Guard, GuardEvents } from '../ports.js'
import type { Fill } from '../secret/fill.js'
import { inWords, type Reason, reason } from '../supervisor.js'
import { type Log, openLog } from '../trace/log.js'
import { placement, tree as productTree, type SupervisorNode, type Thread, type TreeNode } from '../tree.js'
import { type Verdict, verdict } from '../verdict.js'
import { pack, unpackMsg } from '../wire/codec.js'
import { now, Timers } from './clock.js'
import { GuardDesk } from './desk.js'
import type { Facts } from './facts.js'
import { Inspection } from './inspection.js'
import { type Envelope, type FromThread, hostPath, type Inspect, type LeavePlease, type ToThread } from './messages.js'
import { childKinds } from './registry.js'
import { type ChildEvents, Runner, type Running } from './spawn.js'
import { Liveness } from './stall.js'
import { type ThreadHandle, Threads, terminateMsMax } from './threads.js'

export interface NodeOptions {
  readonly facts: Facts
  /** boot.args by path, e.g. of `log`: the members that a new cluster begins with. */
  readonly args: Readonly<Record<string, unknown>>
  readonly guard: Guard
  /** An agent's name becomes a path, the machine's environment is added. */
  readonly complete: (op: AgentOp) => AgentOp
  /** Reads what an agent's output says, where an actor has to know it (`reloadable`). Absent: nothing is read. */
  readonly read?: (result: AgentResult) => AgentResult
  /** Puts secrets in the place of their names, at the last moment. Absent: names stay. */
  readonly fill?: Fill
  readonly logTo: string | number
  readonly logLevel?: string
  readonly tree?: SupervisorNode
  /** URL of another environment module (tests). */
  readonly environment?: string
  readonly childKinds?: Readonly<Record<string, string>>
  /** URL of another module with `jobs` (tests). */
  readonly jobs?: string
  /** A thread cannot be ended: the process must. */
  readonly stuck?: (thread: Thread) => void
}
const envelopeBytesMax = 64 << 20
const young = 4
export const limitsOf = (thread: Thread) => ({ maxYoungGenerationSizeMb: young, maxOldGenerationSizeMb: thread === 'console' ? 96 : 64 })

/** `told`: by `stop`; else the tree gave up, or something did not start. */
export interface Ended {
  readonly reason: Reason
  readonly startFailed: boolean
  readonly told: boolean
}

export class NodeHost {
  readonly log: Log
  /** When the root supervisor has started everything. */
  readonly started: Promise<void>
  /** When it is done: after `stop`, or because it gave up. */
  readonly ended: Promise<Ended>
  readonly #o: NodeOptions
  readonly #timers = new Timers(now)
  readonly #running = new Map<Thread, ThreadHandle & { kill(): void }>()
  readonly #runners: Runner[] = []
  readonly #placed: (path: string) => Thread | undefined
  readonly #liveness: Liveness
  readonly #desk: GuardDesk
  readonly #inspection: Inspection
  readonly #threads: Threads
  readonly #pool: Pool
  readonly #root: Runner
  #told = false
  #lease: string

  constructor(o: NodeOptions) {
    this.#o = o
    this.#lease = o.guard.hello.lease
    const top = o.tree ?? productTree
    this.#placed = placement(top)
    this.log = openLog({ boot: o.facts.boot, now, to: o.logTo, level: o.logLevel ?? 'info' })
    this.#liveness = new Liveness(now, this.#timers)
    this.#desk = new GuardDesk(o.guard, o.complete, (path, msg) => this.#tellPath(path, msg), o.read, o.fill)
    this.#inspection = new Inspection({
      running: () => [...this.#running.keys()],
      placed: this.#placed,
      runners: this.#runners,
      tell: (thread, msg) => this.#running.get(thread)?.tell(msg),
      timers: this.#timers,
      channels: () =>
        [...this.#running].map(([to, { channel }]) => ({ thread: 'main', to, waiting: channel.waiting, ...channel.counters })),
    })
    this.#threads = this.#launcher(top)
    this.#pool = new Pool(o.jobs)
    const started = defer<void>()
    const ended = defer<Ended>()
    this.started = started.promise
    this.ended = ended.promise
    this.#root = this.#runner(top, started.resolve, (why, startFailed) => {
      this.#liveness.close()
      this.#timers.close()
      this.#pool.close()
      this.say('root', verdict('end', 'runtime.ended', { reason: inWords(why) }, this.#told ? 'notice' : 'error'))
      ended.resolve({ reason: why, startFailed, told: this.#told })
    })
    this.#root.input({ type: 'start' })
  }

  /** What connectGuard is to be given. */
  get guardEvents(): Omit<GuardEvents, 'onGone' | 'onLease' | 'onLeave'> {
    return this.#desk.events
  }

  /** Orderly: threads stop right to left, then `ended`. */
  stop(why: Reason): void {
    this.#told = true
    this.#root.input({ type: 'shutdown', reason: why })
  }

  inspect(request: Inspect): Promise<unknown> {
    return this.#inspection.ask(request)
  }

  /** The guard was told to end: the console, which knows how, is asked to leave the cluster in order. */
  leavePlease(): void {
    const msg: LeavePlease = { type: 'leave-please' }
    this.#running.get('console')?.channel.post({ to: { path: 'console' }, from: { path: '' }, cls: 'control', bytes: pack(msg) })
  }

  /** What the guard says of its lease: log has to know whether it is armed, also when it starts anew. */
  leaseSaid(state: string): void {
    this.#lease = state
    this.say('root', verdict('lease', 'runtime.lease', { state }, /^(expired|ended)/.test(state) ? 'error' : 'notice'))
    this.#tellLease()
  }

  #tellLease(): void {
    const msg: LeaseState = { type: 'lease-state', armed: this.#lease.startsWith('armed') }
    this.#running.get('core')?.channel.post({ to: { path: 'log' }, from: { path: '' }, cls: 'control', bytes: pack(msg) })
  }

  /** Ends one thread as if it had crashed (tests, lab). */
  crash(thread: Thread): void {
    this.#running.get(thread)?.kill()
  }

  say(path: string, v: Verdict): void {
    this.#said({ path, verdict: v })
  }

  #said(what: Omit<Extract<FromThread, { type: 'say' }>, 'type'>): void {
    const msg = this.log.said(what)
    if (what.verdict.severity === 'debug') return
    this.#running.get('console')?.channel.post({ to: { path: 'console' }, from: { path: '' }, cls: 'bulk', bytes: pack(msg) })
  }

  #tellPath(path: string, msg: ToThread): void {
    const thread = this.#placed(path)
    if (thread) this.#running.get(thread)?.tell(msg)
  }

  #launcher(top: SupervisorNode): Threads {
    const o = this.#o
    return new Threads({
      now,
      timers: this.#timers,
      liveness: this.#liveness,
      startedMs: now(),
      assignment: {
        facts: o.facts,
        args: o.args,
        tree: top,
        environment: o.environment ?? new URL('./environment.js', import.meta.url).href,
        childKinds: o.childKinds ?? childKinds,
      },
      limits: limitsOf,
      say: (path, v) => this.say(path, v),
      envelope: (from, envelope) => this.#envelope(from, envelope),
      up: (thread) => void this.#running.set(thread.thread, thread),
      down: (thread, why) => this.#down(thread, why),
      stuck: (thread) => {
        this.say(thread, verdict('kill', 'runtime.thread-stuck', { thread, limitMs: terminateMsMax }, 'error'))
        if (o.stuck) o.stuck(thread)
        else process.kill(process.pid, 'SIGKILL')
      },
    })
  }

  #down(thread: ThreadHandle, why: Reason): void {
    if (this.#running.get(thread.thread) === thread) this.#running.delete(thread.thread)
    this.#inspection.lost(thread.thread)
    for (const other of this.#running.values()) other.tell({ type: 'thread-down', thread: thread.thread, reason: why })
  }

  #runner(node: SupervisorNode, ready: () => void, done: (why: Reason, failed: boolean) => void): Runner {
    const made: Runner = new Runner(node, {
      now,
      timers: this.#timers,
      launch: (spec, on) => this.#launch(spec as TreeNode, on),
      report: (v) => this.say(node.id, v),
      ready,
      done: (why, failed) => {
        this.#runners.splice(this.#runners.indexOf(made), 1)
        done(why, failed)
      },
    })
    this.#runners.push(made)
    return made
  }

  #launch(child: TreeNode, on: ChildEvents): Running {
    assert(child.type === 'supervisor', `${child.id} does not run in main`)
    if (child.thread) return this.#threads.launch({ ...child, thread: child.thread }, on)
    const inner = this.#runner(child, on.started, (why, failed) => (failed ? on.failed(why) : on.exited(why)))
    setImmediate(() => inner.input({ type: 'start' }))
    return { stop: () => inner.input({ type: 'shutdown', reason: reason('shutdown') }), kill: () => inner.kill() }
  }

  /** Everything between threads comes by here; only what is for main is unpacked. */
  #envelope(from: ThreadHandle, e: Envelope): void {
    const { node, path } = e.to
    const remote = node !== undefined && node !== this.#o.facts.boot.node
    if (path === hostPath && !remote) {
      const got = unpackMsg(e.bytes, envelopeBytesMax)
      assert(got.ok, `thread ${from.thread} sends what main can read`)
      return this.#fromThread(from, got.value as unknown as FromThread)
    }
    if (remote) return this.#remote(from, e)
    const forHost = path.startsWith(`${hostPath}:`)
    const thread = forHost ? (path.slice(hostPath.length + 1) as Thread) : this.#placed(path)
    if (thread) this.#running.get(thread)?.channel.post(forHost ? { ...e, to: { path: hostPath } } : e)
  }

  /** To the thread that has the sockets; what it gives back because it has none is lost, like any message while a network is down. */
  #remote(from: ThreadHandle, e: Envelope): void {
    const thread = e.cls === 'beat' ? 'beat' : 'core'
    if (thread !== from.thread) this.#running.get(thread)?.channel.post(e)
  }

  #fromThread(from: ThreadHandle, msg: FromThread): void {
    switch (msg.type) {
      case 'ready':
        from.ready()
        return from.thread === 'core' ? this.#tellLease() : undefined
      case 'ended':
        return from.ended(msg.reason, msg.startFailed)
      case 'say':
        return this.#said(msg)
      case 'run':
      case 'kill':
      case 'ack':
      case 'list':
      case 'raise':
      case 'note':
      case 'lease':
      case 'end-life':
        return this.#desk.order(msg)
      case 'peers':
        return this.#running.get('beat')?.tell(msg)
      case 'sheaf':
        return this.#o.guard.standIn(msg.beatMs, msg.sheaves)
      case 'priority':
        return void this.#prioritize(msg.tid)
      case 'job':
        return void this.#pool
          .run(msg.kind, msg.args, msg.limitMs)
          .then((outcome) => from.tell({ type: 'job-done', by: msg.by, id: msg.id, outcome }))
      case 'leave':
        this.#o.guard.leave(msg.how)
        return this.stop(reason('shutdown', `told to ${msg.how}`))
      case 'inspect':
        return void this.#answer(from, msg.id, msg.request)
      case 'inspected':
        return this.#inspection.answered(from.thread, msg.id, msg.ok, msg.value)
      case 'lab-link':
        for (const thread of this.#running.values()) thread.tell(msg)
        return
      case 'watch':
      case 'watch-back':
      case 'watched-down':
        return // these are addressed to a thread, never to main
      default:
        return unreachable(msg)
    }
  }

  async #answer(from: ThreadHandle, id: number, request: Inspect): Promise<void> {
    try {
      from.tell({ type: 'inspected', id, ok: true, value: await this.#inspection.ask(request) })
    } catch (error) {
      from.tell({ type: 'inspected', id, ok: false, value: (error as Error).message })
    }
  }

  async #prioritize(tid: number): Promise<void> {
    const { ok, detail } = await this.#o.guard.prioritize(tid).catch((error: Error) => ({ ok: false, detail: error.message }))
    this.say('beat', verdict('prioritize', 'runtime.priority', { detail }))
    this.#running.get('beat')?.tell({ type: 'real-time', rt: ok && detail.startsWith('real-time') })
  }
}

function defer<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let settle: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: (value) => settle(value) }
}
