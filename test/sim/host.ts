/**
 * The simulator's host: one life of kyhad's actors on one thread, in virtual time. It carries out the same effects as runtime/host under the same
 * duties (runtime/actor.ts) and is held to the same cases (test/contract/host.sim.test.ts). Supervision in short: an actor that dies is started anew
 * alone where the tree says so (`heals`), with its children if it owns some; else, or at the eleventh time, this life of kyhad ends.
 */
import type { Address, AgentResult, Boot, DiskResult, Down, Effect, Env, Incarnation, Msg, Step, StoreFailed } from '../../runtime/actor.js'
import { Watches } from '../../runtime/host/watch.js'
import { type Reason, reason } from '../../runtime/supervisor.js'
import { instant } from '../../runtime/time.js'
import { utcOf } from './clock.js'
import type { Outcome } from './disk.js'
import type { Of, SimHostMeans, Slot, Timer } from './means.js'
import { SimPool } from './pool.js'
import { noServant } from './shared-disk.js'
import { Still } from './still.js'
import { Writes } from './writes.js'

const restartsMax = 10
/** As the root of runtime/tree.ts has it, and what a new thread takes to come up, ms. */
const threadsEndMax = 4
const threadMs = 150
/** What a message inside a node takes, ms. */
const hopMs = 0.02
/** Sender of what the host itself says: timers, results. */
const host: Address = { path: '' }

export class SimHost {
  readonly #slots = new Map<string, Slot>()
  readonly #watches: Watches
  readonly #pool: SimPool
  readonly #still: Still
  readonly #writes = new Writes()
  #held: (() => void)[] | undefined
  #refuses = false
  /** How late timers are, at most, ms (F11, F48). */
  lagMs = 0
  #lives = 0
  #restarts = 0
  over = false

  constructor(private readonly m: SimHostMeans) {
    this.#still = new Still(m.spec.threadOf)
    this.#pool = new SimPool(m.spec, m.world, m.random)
    this.#watches = new Watches({
      thread: 'work',
      life: (path) => this.#slots.get(path)?.life,
      threadOf: () => 'work',
      tell: () => undefined, // all watchers are in this one thread
      down: (by, path, why) => {
        this.#soon(by.path, by.life, () => this.deliver(by.path, host, { type: 'down', path, how: why.how, detail: why.detail } as Down))
      },
      endLinked: (by, path, why) => {
        const slot = this.#slots.get(by.path)
        const how = why.how === 'shutdown' ? 'shutdown' : 'error'
        if (slot?.life === by.life) this.#died(slot, reason(how, `linked to ${path}, which ended: ${why.how}`))
      },
    })
  }

  start(): void {
    for (const path of this.m.spec.order) if (!this.over) this.#start(path, path, undefined, this.m.spec.args(path))
  }

  end(): void {
    this.over = true
    this.#still.drop()
    for (const path of [...this.#slots.keys()]) this.#stop(path)
  }

  stateOf(path: string): unknown {
    return this.#slots.get(path)?.state
  }

  get isPaused(): boolean {
    return this.#still.isPaused
  }
  /** SIGSTOP: messages and timers wait. */
  pause(): void {
    this.#still.pause()
  }
  resume(): void {
    this.#still.resume()
  }

  /** Writes stay on their way until `releaseDisk`; `full`: they are refused then (ENOSPC). */
  holdDisk(): void {
    this.#held ??= []
  }
  releaseDisk(full = false): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.#refuses = full
    for (const run of held) run()
    this.#refuses = false
  }

  deliver(path: string, from: Address, msg: Msg, incarnation?: Incarnation): void {
    if (this.over) return
    if (this.#still.isPaused) return this.#still.keep(() => this.deliver(path, from, msg, incarnation))
    const slot = this.#slots.get(path)
    if (!slot && path === 'witness') return this.m.witness?.(msg, (told) => this.deliver('log', { path: 'witness' }, told))
    if (!slot) return path === 'console' ? this.m.show(msg) : undefined
    const waits = this.#still.of(path)
    if (waits) return void waits.mail.push(() => this.deliver(path, from, msg, incarnation))
    this.#receive(slot, from, this.m.delivered(slot.path, from, msg), incarnation)
  }

  /** A thread runs in circles: what it is told waits. */
  stick(thread: string): void {
    this.#still.stick(thread)
  }
  unstick(thread: string): void {
    this.#still.unstick(thread)
  }

  /** A thread ends, and all its actors: it and those after it in the tree start anew; too often: kyhad ends. A lost one closes no store. */
  endThread(thread: string, why: Reason): void {
    this.#still.drop(thread)
    const { order, threadOf } = this.m.spec
    const from = order.findIndex((path) => threadOf(path) === thread)
    const paths = order.slice(from)
    if (from <= 0 || ++this.#threads > threadsEndMax) return this.m.gaveUp() // with the beat thread everything ends
    for (const path of [...paths].reverse()) this.#stop(path, why)
    this.#restarts++
    if (paths.some(this.m.spec.persists)) this.m.disk[why.how === 'lost' ? 'cut' : 'close'](this.m.random)
    this.m.world.after(threadMs, () => {
      for (const path of paths) if (!this.over) this.#start(path, path, undefined, this.m.spec.args(path))
    })
  }
  #threads = 0
  /** When an actor last ended in this life, by the machine's clock. */
  renewedMs = Number.NEGATIVE_INFINITY

  /** An actor throws (F6). */
  fail(path: string): void {
    const slot = this.#slots.get(path)
    if (slot) this.#died(slot, reason('error', 'told to'))
  }
  get paths(): readonly string[] {
    return [...this.#slots.keys()]
  }

  /** To the life that ordered it; else to whoever looks after what nobody asked for (duty 5). */
  agentResult(result: AgentResult, issuer: string): void {
    const slot = [...this.#slots.values()].find((s) => s.issuer === issuer)
    this.deliver(slot?.path ?? (result.resource.startsWith('fence/') ? 'fencer' : 'resource'), host, result)
  }

  #start(path: string, kind: string, parent: string | undefined, args: unknown): void {
    const { spec, disk } = this.m
    const actor = spec.actors.get(kind)
    if (!actor) return this.m.bug(path, new Error(`no actor of kind ${kind}`))
    if (this.#slots.has(path)) return
    const life = ++this.#lives
    const again = this.#restarts > 0 ? `/${life}` : ''
    const slot: Slot = {
      actor,
      kind,
      path,
      args,
      life,
      random: this.m.random.split(`${this.m.name}/${path}${again}`),
      timers: new Map(),
      parent,
      self: { node: spec.node, path },
      here: { path },
      issuer: `${this.m.name}/${path}/${life}`,
      state: undefined,
      alive: true,
    }
    let recovered: Boot['recovered']
    try {
      recovered = spec.persists(path) ? disk.recover() : undefined
    } catch {
      return this.m.gaveUp() // its supervisor tries again until root gives up; nothing else is up meanwhile
    }
    this.#slots.set(path, slot)
    const boot: Boot = {
      cluster: spec.cluster,
      node: spec.node,
      name: spec.name,
      incarnation: this.m.incarnation,
      timing: spec.timing,
      ...(recovered ? { recovered } : {}),
      ...(args === undefined ? {} : { args }),
    }
    try {
      this.#carryOut(slot, actor.init(boot, this.#env(slot, host)))
    } catch (error) {
      this.#threw(slot, error)
    }
    if (path === 'log') this.m.logStarted?.()
  }

  #env({ random, self }: Slot, from: Address, fromIncarnation?: Incarnation): Env {
    const now = instant(this.m.world.nowMs())
    return { now, utcS: utcOf(now), random, self, from, ...(fromIncarnation && { fromIncarnation }) }
  }

  #receive(slot: Slot, from: Address, msg: Msg, fromIncarnation: Incarnation | undefined): void {
    const { state } = slot
    const env = this.#env(slot, from, fromIncarnation)
    try {
      const step = slot.actor.receive(state, msg, env)
      if (fromIncarnation) this.m.stepped?.(slot.path, env, msg, state, step)
      this.#carryOut(slot, step)
    } catch (error) {
      this.#threw(slot, error)
    }
  }

  #carryOut(slot: Slot, step: Step<unknown>): void {
    slot.state = step.state
    for (const effect of step.effects) if (slot.alive) this.#mayPerform(slot, effect)
  }

  #threw(slot: Slot, error: unknown): void {
    this.m.bug(slot.path, error)
    this.#died(slot, reason('error', error instanceof Error ? error.message : String(error)))
  }

  /** An actor of this life ended by itself. */
  #died(slot: Slot, why: Reason): void {
    if (!slot.alive || this.over) return
    this.#restarts++
    const heals = slot.parent !== undefined || this.m.spec.heals(slot.path)
    if (this.#restarts > restartsMax) return this.m.gaveUp()
    if (!heals) return this.endThread(this.m.spec.threadOf(slot.path), why)
    this.#stop(slot.path, why)
    if (this.m.spec.persists(slot.path)) this.m.disk.close(this.m.random)
    this.m.world.after(hopMs, () => {
      if (!this.over) this.#start(slot.path, slot.kind, slot.parent, slot.args)
    })
  }

  #stop(path: string, why: Reason = reason('shutdown')): void {
    const slot = this.#slots.get(path)
    if (!slot) return
    slot.alive = false
    this.renewedMs = this.m.world.nowMs()
    for (const t of slot.timers.values()) t.event.cancelled = true
    this.#slots.delete(path)
    for (const child of [...this.#slots.values()]) if (child.parent === path) this.#stop(child.path)
    if (!this.over) this.#watches.ended({ path, life: slot.life }, why)
  }

  /** For a life of an actor, after a hop. */
  #soon(path: string, life: number, run: () => void): void {
    this.m.world.after(hopMs, () => {
      if (this.#slots.get(path)?.life === life) run()
    })
  }

  #later(slot: Slot, ms: number, run: () => void): void {
    this.m.world.after(ms, () => this.#when(slot, run))
  }

  /** Now, or as soon as the process and the thread go on. */
  #when(slot: Slot, run: () => void): void {
    if (!slot.alive) return
    const waits = this.#still.of(slot.path)
    if (waits) waits.mail.push(() => this.#when(slot, run))
    else run()
  }

  /** True while what comes for an actor has to wait: its process or its thread stands still. */
  standsStill(path: string): boolean {
    return this.#still.of(path) !== undefined
  }

  #mayPerform(slot: Slot, effect: Effect): void {
    const dies = this.m.dies?.()
    if (dies?.('before', effect)) return
    this.#perform(slot, effect)
    dies?.('after', effect)
  }

  #perform(slot: Slot, effect: Effect): void {
    switch (effect.do) {
      case 'send':
        return this.#send(slot, effect)
      case 'timer':
        return this.#timer(slot, effect)
      case 'cancel':
        return this.#cancel(slot, effect.key)
      case 'persist':
        return this.#persist(slot, effect)
      case 'agent':
        return this.m.guard()?.run(effect.op, effect.token, slot.issuer)
      case 'agent-kill':
        return this.m.guard()?.kill(effect.id)
      case 'agent-ack':
        return this.m.guard()?.ack(effect.id)
      case 'agent-list':
        this.#later(slot, 0.3, () => {
          const now = this.m.guard()
          if (now) this.deliver(slot.path, host, { type: 'agent-inventory', resources: now.inventory() } as Msg)
        })
        return
      case 'token':
        return this.m.guard()?.raise(effect.resource, effect.token)
      case 'note':
        return this.m.guard()?.note(effect.resource, effect.note)
      case 'lease':
        return this.m.guard()?.lease(effect.renewMs, effect.sentMs)
      case 'end-life':
        return this.m.guard()?.endLife()
      case 'disk':
        return this.#disk(slot, effect)
      case 'child':
        if (effect.op === 'start') this.#start(effect.path, effect.kind, slot.path, effect.args)
        else this.#stop(effect.path)
        return
      case 'say':
        return this.m.said(slot.path, effect)
      case 'stop':
        return this.#died(slot, reason('normal', effect.reason))
      case 'job':
        return this.#pool.ask(effect, slot.issuer, (ms, result) => this.#later(slot, ms, () => this.deliver(slot.path, host, result)))
      case 'monitor':
      case 'link':
        return this.#watches.watch({ path: slot.path, life: slot.life }, effect.path, effect.do === 'link')
      case 'demonitor':
      case 'unlink':
        return this.#watches.unwatch({ path: slot.path, life: slot.life }, effect.path, effect.do === 'unlink')
      case 'peers':
        return this.m.peers?.(effect.peers)
    }
  }

  #timer(slot: Slot, { key, atMs, msg }: Of<'timer'>): void {
    const { world } = this.m
    const ms = atMs - world.nowMs() + (this.lagMs && this.m.random.next() * this.lagMs)
    const known = slot.timers.get(key)
    if (!known) {
      const event = world.after(ms, () => this.#fire(slot, timer, timer.event.order))
      const timer: Timer = { key, msg, event, atMs }
      slot.timers.set(key, timer)
      return
    }
    known.msg = msg
    known.atMs = atMs
    known.event = world.again(known.event, ms)
  }

  /** `setting`: a timer that waits while kyhad stands still is void once it was set anew or cancelled (duty 4). */
  #fire(slot: Slot, timer: Timer, setting: number): void {
    if (!slot.alive || timer.event.order !== setting || timer.event.cancelled) return
    const waits = this.#still.of(slot.path)
    if (waits) return void waits.late.push(() => this.#fire(slot, timer, setting))
    const leftMs = timer.atMs - this.m.world.nowMs()
    // The clock stood meanwhile, or goes slower now: a timer is never early.
    if (leftMs > 0) timer.event = this.m.world.again(timer.event, leftMs)
    else this.deliver(slot.path, host, timer.msg)
  }

  #cancel(slot: Slot, key: string): void {
    const timer = slot.timers.get(key)
    if (timer) timer.event.cancelled = true
  }

  #send(slot: Slot, effect: Of<'send'>): void {
    const { to, msg } = effect
    if (to.node !== undefined && to.node !== this.m.spec.node)
      return this.m.depart(to, slot.self, msg, effect.class === 'beat' ? (effect.link ?? -1) : undefined)
    const arrives = (): void => this.deliver(to.path, slot.here, msg)
    if (!this.#still.tells(slot.path, to.path, arrives)) this.m.world.after(hopMs, arrives)
  }

  #disk(slot: Slot, effect: Of<'disk'>): void {
    const answer = (r: DiskResult): void => this.#later(slot, hopMs, () => this.deliver(slot.path, host, r))
    this.m.shared ? this.m.shared(effect, answer) : answer(noServant(effect))
  }

  /** Writes become durable in order; `then` runs after its own. */
  #persist(slot: Slot, effect: Of<'persist'>): void {
    const { world, disk, random } = this.m
    disk.begin(effect.op)
    const endsMs = this.#writes.endsMs(effect.op.slot, world.nowMs(), 0.1 + random.next() * 0.4 + this.m.diskExtraMs())
    const durable = (): void => {
      if (this.over || !slot.alive) return
      if (this.#held) return void this.#held.push(durable)
      const end: Outcome = this.#refuses ? 'full' : disk.finish(random)
      if (this.#refuses) disk.refuse()
      this.#when(slot, () => this.#written(slot, effect, end))
    }
    world.after(endsMs - world.nowMs(), durable)
  }

  #written(slot: Slot, { op, then }: Of<'persist'>, end: Outcome): void {
    if (end === 'durable') {
      for (const e of then) if (slot.alive) this.#mayPerform(slot, e)
      return
    }
    const error = end === 'full' ? 'no space is left' : 'EIO'
    const failed: StoreFailed = { type: 'store-failed', slot: op.slot, full: end === 'full', error }
    this.deliver(slot.path, host, failed)
  }
}
