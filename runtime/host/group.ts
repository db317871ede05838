/**
 * All that runs in one thread: its supervisors, its actors, and the effects that stay in the thread. What leaves the thread goes through `Outside`,
 * so that a group runs in a worker (worker.ts) as well as in a test. Carries the six duties of runtime/actor.ts.
 */
import type { Address, DiskResult, Down, Effect, Instant, Msg, SendClass } from '../actor.js'
import { assert } from '../assert.js'
import type { Store } from '../ports.js'
import { seeded } from '../random.js'
import { type ChildSpec, type Reason, reason } from '../supervisor.js'
import { type Recorder, writeFlight } from '../trace/recorder.js'
import { type ActorNode, placement, tree as productTree, type SupervisorNode, type Thread, type TreeNode } from '../tree.js'
import { type Verdict, verdict } from '../verdict.js'
import type { Timers } from './clock.js'
import { performer } from './effects.js'
import type { Facts } from './facts.js'
import { type Cell, type Letter, Loop, newCell } from './loop.js'
import type { Asker, FromThread } from './messages.js'
import type { AnyActor } from './registry.js'
import { type ChildEvents, Runner, type Running } from './spawn.js'
import { Watches } from './watch.js'

/** The ways out of a group. */
export interface Outside {
  /** A message for an actor of another thread or node. `link`: a datagram over that link only. */
  send(from: Address, to: Address, msg: Msg, cls: SendClass, link?: number): void
  /** To main itself. */
  host(msg: FromThread): void
  /** Opens the store anew for an actor that persists. */
  openStore?(): Promise<Store>
  /** Starts a service; it reports its own end. */
  launchService?(node: ActorNode, on: ChildEvents): Running
  /** To a service of this thread, after this turn; false when there is none of that path. */
  toService?(path: string, letter: Letter): boolean
  /** Asks a disk's servant; `done` is called once, in time. */
  disk?(effect: Extract<Effect, { do: 'disk' }>, done: (answer: Pick<DiskResult, 'ok' | 'bytes' | 'error'>) => void): void
  /** The members' addresses changed. */
  peers(peers: Extract<Effect, { do: 'peers' }>['peers']): void
}

export interface GroupOptions {
  readonly thread: Thread
  readonly tree?: SupervisorNode
  readonly top: SupervisorNode
  readonly facts: Facts
  /** Given to `init` as boot.args, by path; dynamic children get theirs with the effect. */
  readonly args: Readonly<Record<string, unknown>>
  /** Every kind that can start here. */
  readonly actors: ReadonlyMap<string, AnyActor>
  /** Number of the thread's start, so that lives are unique for the process. */
  readonly spawn: number
  readonly now: () => Instant
  readonly timers: Timers
  readonly recorder: Recorder
  readonly outside: Outside
  ready(): void
  done(why: Reason, startFailed: boolean): void
}

/** What a dynamic child's spec carries: its kind and arguments. */
export interface Dynamic {
  readonly kind: string
  readonly args: unknown
}
const livesPerSpawn = 1_000_000

export class Group {
  readonly loop: Loop
  readonly timers: Timers
  readonly watches: Watches
  readonly runners: Runner[] = []
  readonly #o: GroupOptions
  readonly #top: Runner
  readonly #placed: (path: string) => Thread | undefined
  readonly #ends = new Map<Cell, (why: Reason) => void>()
  readonly #stores = new Map<Cell, Store>()
  readonly #dynamic = new Map<string, Runner>()
  readonly #perform: (cell: Cell, effect: Effect) => void
  #closing: Promise<void> = Promise.resolve()
  #life: number

  constructor(o: GroupOptions) {
    this.#o = o
    this.#life = o.spawn * livesPerSpawn
    this.timers = o.timers
    this.#placed = placement(o.tree ?? productTree)
    this.loop = new Loop({
      now: o.now,
      recorder: o.recorder,
      perform: (cell, effect) => this.#perform(cell, effect),
      threw: (cell, error) => this.#threw(cell, error),
      overflowed: (cell) => this.#overflowed(cell),
    })
    this.watches = new Watches({
      thread: o.thread,
      life: (path) => this.loop.cell(path)?.life,
      threadOf: this.#placed,
      tell: (to, msg) => o.outside.send({ path: '' }, { path: `host:${this.#placed(to) ?? ''}` }, msg, 'control'),
      down: (by, path, why) => {
        const cell = this.loop.cell(by.path)
        const msg: Down = { type: 'down', path, how: why.how, detail: why.detail }
        if (cell?.life === by.life) this.loop.urgent(cell, { from: { path: '' }, msg })
      },
      endLinked: (by, path, why) => {
        const cell = this.loop.cell(by.path)
        const how = why.how === 'shutdown' ? 'shutdown' : 'error' // as in OTP: whoever is linked ends for the same reason
        if (cell?.life === by.life || by.life === 0)
          this.end(by.path, reason(how, `linked to ${path}, which ended: ${why.how} ${why.detail}`))
      },
    })
    this.#perform = performer({
      thread: o.thread,
      node: o.facts.boot.node,
      now: o.now,
      threadOf: this.#placed,
      loop: this.loop,
      timers: this.timers,
      watches: this.watches,
      outside: o.outside,
      storeOf: (cell) => this.#stores.get(cell),
      children: (owner) => this.#dynamic.get(owner),
      end: (cell, why) => void this.end(cell.path, why),
    })
    this.#top = this.#runner(o.top, o.ready, o.done)
  }

  start(): void {
    this.#top.input({ type: 'start' })
  }
  stop(why: Reason): void {
    this.#top.input({ type: 'shutdown', reason: why })
  }

  /** A message for an actor of this thread. */
  deliver(path: string, letter: Letter, cls: SendClass): void {
    this.loop.deliver(path, letter, cls)
  }

  /** A host-made answer: for the life that asked; else for `orElse`, unless that is empty. */
  answer(by: Asker | null, orElse: string, msg: Msg): void {
    const asked = by !== null && this.loop.cell(by.path)?.life === by.life
    const path = asked ? by.path : orElse
    if (path !== '') this.deliver(path, { from: { path: '' }, msg }, 'control')
  }

  /** Ends an actor from outside, as if it had died so. False when it does not run. */
  end(path: string, why: Reason): boolean {
    const cell = this.loop.cell(path)
    if (!cell) return false
    this.loop.close(cell)
    this.#ended(cell, why)
    return true
  }

  #runner(node: SupervisorNode, ready: () => void, done: (why: Reason, startFailed: boolean) => void): Runner {
    const runner: Runner = new Runner(node, {
      now: this.#o.now,
      timers: this.timers,
      launch: (spec, on) => this.#launch(spec, on),
      report: (v) => this.#say(node.id, v),
      ready,
      done: (why, failed) => {
        this.runners.splice(this.runners.indexOf(runner), 1)
        if (node.owner !== undefined && this.#dynamic.get(node.owner) === runner) this.#dynamic.delete(node.owner)
        done(why, failed)
      },
    })
    this.runners.push(runner)
    if (node.owner !== undefined) this.#dynamic.set(node.owner, runner)
    return runner
  }

  #launch(spec: ChildSpec, on: ChildEvents): Running {
    const node = spec as TreeNode | ChildSpec
    if (!('type' in node)) return this.#launchActor(spec.id, spec.what as Dynamic, on)
    if (node.type === 'actor') {
      if (node.service && this.#o.outside.launchService) return this.#o.outside.launchService(node, on)
      const what: Dynamic = { kind: node.kind, args: this.#o.args[node.id] }
      return node.persists ? this.#launchWithStore(node, what, on) : this.#launchActor(node.id, what, on)
    }
    const runner = this.#runner(
      node,
      () => on.started(),
      (why, failed) => (failed ? on.failed(why) : on.exited(why)),
    )
    const running = { stop: () => runner.input({ type: 'shutdown', reason: reason('shutdown') }), kill: () => runner.kill() }
    setImmediate(() => runner.input({ type: 'start' }))
    return running
  }

  #launchActor(path: string, what: Dynamic, on: ChildEvents, store?: Store): Running {
    const actor = this.#o.actors.get(what.kind)
    if (!actor) {
      setImmediate(() => on.failed(reason('error', `no actor of kind ${what.kind}`)))
      return { stop: () => undefined, kill: () => undefined }
    }
    const { boot } = this.#o.facts
    const life = ++this.#life
    const random = seeded(`${boot.node}/${boot.incarnation.boot}/${boot.incarnation.counter}/${path}/${life}`)
    const cell = newCell({ path, kind: what.kind, life, actor, random, node: boot.node })
    let isUp = false
    this.#ends.set(cell, (why) => (isUp ? on.exited(why) : on.failed(why)))
    if (store) this.#stores.set(cell, store)
    const recovered = store ? { recovered: store.recovered } : {}
    const args = what.args === undefined ? {} : { args: what.args }
    if (this.loop.open(cell, { ...boot, ...recovered, ...args })) {
      isUp = true
      on.started()
    }
    const over = (why: Reason) => (): void => {
      if (!cell.alive) return
      this.loop.close(cell)
      this.#ended(cell, why)
    }
    return { stop: over(reason('shutdown')), kill: over(reason('killed')) }
  }

  /** Opens the store, after the one before it was closed, then starts the actor. */
  #launchWithStore(node: ActorNode, what: Dynamic, on: ChildEvents): Running {
    let running: Running | undefined
    let cancelled: Reason | undefined
    const open = async (): Promise<void> => {
      await this.#closing
      if (cancelled) return on.failed(cancelled)
      assert(this.#o.outside.openStore, `${node.id} persists, but this thread has no store`)
      const store = await this.#o.outside.openStore()
      if (!cancelled) {
        running = this.#launchActor(node.id, what, on, store)
        return
      }
      await store.close()
      on.failed(cancelled)
    }
    void open().catch((error: Error) => on.failed(reason('error', error.message)))
    const end = (how: 'stop' | 'kill') => (): void => {
      if (running) running[how]()
      else cancelled = reason(how === 'stop' ? 'shutdown' : 'killed')
    }
    return { stop: end('stop'), kill: end('kill') }
  }

  #threw(cell: Cell, error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const short = text.slice(0, 300)
    const lines = this.#o.recorder.lines()
    try {
      const stack = error instanceof Error ? (error.stack ?? '') : ''
      const crash = {
        node: this.#o.facts.boot.name,
        thread: this.#o.thread,
        path: cell.path,
        kind: cell.kind,
        last: cell.last,
        error: text,
        stack,
      }
      const file = writeFlight(this.#o.facts.node.stateDir, new Date(), crash, lines)
      this.#say(cell.path, verdict('bug', 'runtime.flight', { path: cell.path, error: short, events: lines.length, file }, 'error'))
    } catch (why) {
      const args = { path: cell.path, error: short, why: (why as Error).message }
      this.#say(cell.path, verdict('bug', 'runtime.flight-lost', args, 'error'))
    }
    this.#ended(cell, reason('error', short))
  }

  #overflowed(cell: Cell): void {
    const { limit } = cell.mailbox
    this.#say(cell.path, verdict('fault', 'runtime.overflow', { path: cell.path, limit }, 'error'))
    this.loop.close(cell)
    this.#ended(cell, reason('error', `its mailbox overflowed (${limit})`))
  }

  #ended(cell: Cell, why: Reason): void {
    const store = this.#stores.get(cell)
    if (store) {
      this.#stores.delete(cell)
      this.#closing = store.close().catch((error: Error) => {
        const args = { supervisor: cell.path, child: 'store', reason: error.message }
        this.#say(cell.path, verdict('close', 'runtime.stop-failed', args, 'warning'))
      })
    }
    const tell = this.#ends.get(cell)
    this.#ends.delete(cell)
    this.watches.ended({ path: cell.path, life: cell.life }, why)
    tell?.(why)
  }

  #say(path: string, v: Verdict): void {
    this.#o.outside.host({ type: 'say', path, verdict: v })
  }
}
