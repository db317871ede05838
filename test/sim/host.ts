/**
 * The simulator's host: one life of kyhad's actors on one thread, in virtual time. It carries out the same effects as runtime/host under the same
 * duties (runtime/actor.ts) and is held to the same cases (test/contract/host.sim.test.ts). Supervision in short: an actor that dies is started anew
 * alone where the tree says so (`heals`), with its children if it owns some; else, or at the eleventh time, this life of kyhad ends.
 */
import type { Address, AgentResult, Boot, Down, Effect, Env, Incarnation, JobResult, Msg, Step, StoreFailed } from '../../runtime/actor.js'
import { type Job, packJob, unpackJob } from '../../runtime/host/job.js'
import { Watches } from '../../runtime/host/watch.js'
import { refusal, threadsMax, waitingMax } from '../../runtime/pool.js'
import type { Random } from '../../runtime/random.js'
import { type Reason, reason } from '../../runtime/supervisor.js'
import { instant } from '../../runtime/time.js'
import { type Refusal, verdict } from '../../runtime/verdict.js'
import type { SimDisk } from './disk.js'
import type { SimGuard } from './guard.js'
import type { Scheduled } from './heap.js'
import type { AnyActor, MachineSpec, MachineWorld } from './machine.js'

interface Slot {
  readonly actor: AnyActor
  readonly kind: string
  readonly path: string
  readonly args: unknown
  readonly life: number
  readonly random: Random
  readonly timers: Map<string, Timer>
  readonly parent: string | undefined
  /** Its address for other nodes and, without the node, for this one. */
  readonly self: Address
  readonly here: Address
  state: unknown
  alive: boolean
}
/** One key of an actor: kept with its event while the actor lives, set anew each time. */
interface Timer {
  readonly key: string
  msg: Msg
  event: Scheduled
}
type Of<K extends Effect['do']> = Extract<Effect, { do: K }>

/** What the machine is to its kyhad. */
export interface SimHostMeans {
  readonly spec: MachineSpec
  readonly world: Omit<MachineWorld, 'delivered' | 'depart' | 'said' | 'bug' | 'show' | 'power' | 'standIn' | 'began' | 'ended' | 'stepped'>
  readonly disk: SimDisk
  readonly incarnation: Incarnation
  /** Start of the names of its random streams and of its issuers: no other life has the same. */
  readonly name: string
  readonly random: Random
  readonly guard: () => SimGuard | undefined
  diskExtraMs(): number
  depart(to: Address, sender: Address, msg: Msg, link: number | undefined): void
  delivered(path: string, from: Address, msg: Msg): Msg
  said(path: string, effect: Of<'say'>): void
  bug(path: string, error: unknown): void
  stepped?(path: string, env: Env, msg: Msg, before: unknown, step: Step<unknown>): void
  show(msg: Msg): void
  witness?(ask: Msg, answer: (told: Msg) => void): void
  /** Crash points: true when kyhad does not live to carry this effect out, or to do anything after it. */
  dies?(when: 'before' | 'after', effect: Effect): boolean
  /** The tree gives up: kyhad ends. */
  gaveUp(): void
}
const restartsMax = 10
/** What a message inside a node takes, ms. */
const hopMs = 0.02
/** Sender of what the host itself says: timers, results. */
const host: Address = { path: '' }

export class SimHost {
  readonly #slots = new Map<string, Slot>()
  readonly #watches: Watches
  /** While kyhad stands still, what has come for it. */
  #paused: (() => void)[] | undefined
  #diskFreeMs = 0
  #held: (() => void)[] | undefined
  #refuses = false
  #lives = 0
  #restarts = 0
  #jobs = 0
  over = false

  constructor(private readonly m: SimHostMeans) {
    this.#watches = new Watches({
      thread: 'work',
      life: (path) => this.#slots.get(path)?.life,
      threadOf: () => 'work',
      tell: () => undefined, // all watchers are in this one thread
      down: (by, path, why) => {
        const msg: Down = { type: 'down', path, how: why.how, detail: why.detail }
        this.#soon(by.path, by.life, () => this.deliver(by.path, host, msg))
      },
      endLinked: (by, path, why) => {
        const slot = this.#slots.get(by.path)
        const how = why.how === 'shutdown' ? 'shutdown' : 'error'
        if (slot?.life === by.life) this.#died(slot, reason(how, `linked to ${path}, which ended: ${why.how}`))
      },
    })
  }

  start(): void {
    for (const path of this.m.spec.order) this.#start(path, path, undefined, this.m.spec.args(path))
  }

  end(): void {
    this.over = true
    this.#paused = undefined
    for (const path of [...this.#slots.keys()]) this.#stop(path)
  }

  stateOf(path: string): unknown {
    return this.#slots.get(path)?.state
  }

  get isPaused(): boolean {
    return this.#paused !== undefined
  }
  /** SIGSTOP: messages and timers wait. */
  pause(): void {
    this.#paused ??= []
  }
  resume(): void {
    const waiting = this.#paused ?? []
    this.#paused = undefined
    for (const run of waiting) run()
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
    if (this.#paused) {
      if (this.#paused.length < 20_000) this.#paused.push(() => this.deliver(path, from, msg, incarnation))
      return
    }
    if (path === 'console') return this.m.show(msg)
    if (path === 'witness') return this.m.witness?.(msg, (told) => this.deliver('log', { path: 'witness' }, told))
    const slot = this.#slots.get(path)
    if (!slot) return
    this.#receive(slot, from, this.m.delivered(path, from, msg), incarnation)
  }

  /** To the life that ordered it; else to whoever looks after what nobody asked for (duty 5). */
  agentResult(result: AgentResult, issuer: string): void {
    const slot = [...this.#slots.values()].find((s) => this.#issuer(s) === issuer)
    this.deliver(slot?.path ?? (result.resource.startsWith('fence/') ? 'fencer' : 'resource'), host, result)
  }

  #issuer(slot: Slot): string {
    return `${this.m.name}/${slot.path}/${slot.life}`
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
      state: undefined,
      alive: true,
    }
    this.#slots.set(path, slot)
    const boot: Boot = {
      cluster: spec.cluster,
      node: spec.node,
      name: spec.name,
      incarnation: this.m.incarnation,
      timing: spec.timing,
      ...(spec.persists(path) ? { recovered: disk.recover() } : {}),
      ...(args === undefined ? {} : { args }),
    }
    const env: Env = { now: instant(this.m.world.nowMs()), random: slot.random, self: slot.self, from: host }
    try {
      this.#carryOut(slot, actor.init(boot, env))
    } catch (error) {
      this.#threw(slot, error)
    }
  }

  #receive(slot: Slot, from: Address, msg: Msg, fromIncarnation: Incarnation | undefined): void {
    const [{ random, self, state }, now] = [slot, instant(this.m.world.nowMs())]
    const env: Env = fromIncarnation ? { now, random, self, from, fromIncarnation } : { now, random, self, from }
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
    if (!heals || this.#restarts > restartsMax) return this.m.gaveUp()
    this.#stop(slot.path, why)
    // As closing a store does: what is on its way becomes durable before the next life reads it.
    if (this.m.spec.persists(slot.path)) while (this.m.disk.settle());
    this.m.world.after(hopMs, () => {
      if (!this.over) this.#start(slot.path, slot.kind, slot.parent, slot.args)
    })
  }

  #stop(path: string, why: Reason = reason('shutdown')): void {
    const slot = this.#slots.get(path)
    if (!slot) return
    slot.alive = false
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
    this.m.world.after(ms, () => {
      if (!slot.alive) return
      if (this.#paused) this.#paused.push(() => slot.alive && run())
      else run()
    })
  }

  #mayPerform(slot: Slot, effect: Effect): void {
    if (!this.m.dies) return this.#perform(slot, effect)
    if (this.m.dies('before', effect)) return
    this.#perform(slot, effect)
    this.m.dies('after', effect)
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
        return this.m.guard()?.run(effect.op, effect.token, this.#issuer(slot))
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
      case 'lease':
        return this.m.guard()?.lease(effect.renewMs, effect.sentMs)
      case 'child':
        if (effect.op === 'start') this.#start(effect.path, effect.kind, slot.path, effect.args)
        else this.#stop(effect.path)
        return
      case 'say':
        return this.m.said(slot.path, effect)
      case 'stop':
        return this.#died(slot, reason('normal', effect.reason))
      case 'job':
        return this.#job(slot, effect)
      case 'monitor':
      case 'link':
        return this.#watches.watch({ path: slot.path, life: slot.life }, effect.path, effect.do === 'link')
      case 'demonitor':
      case 'unlink':
        return this.#watches.unwatch({ path: slot.path, life: slot.life }, effect.path, effect.do === 'unlink')
      case 'peers':
        return // every simulated machine can reach every other
    }
  }

  #timer(slot: Slot, { key, atMs, msg }: Of<'timer'>): void {
    const { world } = this.m
    const known = slot.timers.get(key)
    if (!known) {
      const event = world.after(atMs - world.nowMs(), () => this.#fire(slot, timer, timer.event.order))
      const timer: Timer = { key, msg, event }
      slot.timers.set(key, timer)
      return
    }
    known.msg = msg
    known.event = world.again(known.event, atMs - world.nowMs())
  }

  /** `setting`: a timer that waits while kyhad stands still is void once it was set anew or cancelled (duty 4). */
  #fire(slot: Slot, timer: Timer, setting: number): void {
    if (!slot.alive || timer.event.order !== setting || timer.event.cancelled) return
    if (this.#paused) this.#paused.push(() => this.#fire(slot, timer, setting))
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
    this.m.world.after(hopMs, () => this.deliver(to.path, slot.here, msg))
  }

  /** Writes become durable in order; `then` runs after its own. */
  #persist(slot: Slot, effect: Of<'persist'>): void {
    const { world, disk, random } = this.m
    disk.begin(effect.op)
    this.#diskFreeMs = Math.max(this.#diskFreeMs, world.nowMs()) + 0.1 + random.next() * 0.4 + this.m.diskExtraMs()
    const durable = (): void => {
      if (this.over || !slot.alive) return
      if (this.#held) return void this.#held.push(durable)
      if (this.#refuses) {
        disk.refuse()
        const failed: StoreFailed = { type: 'store-failed', slot: effect.op.slot, full: true, error: 'no space is left' }
        return this.deliver(slot.path, host, failed)
      }
      disk.settle()
      for (const e of effect.then) if (slot.alive) this.#mayPerform(slot, e)
    }
    world.after(this.#diskFreeMs - world.nowMs(), durable)
  }

  /** The pool of runtime/pool.ts: the job runs at once, its answer comes later; one of 16 is late, one of 32 loses its thread. */
  #job(slot: Slot, effect: Of<'job'>): void {
    const { id, kind, timeoutMs } = effect
    const random = this.m.random.split(`${this.#issuer(slot)}/job/${id}`)
    const args = packJob(effect.args)
    const isFull = this.#jobs >= threadsMax + waitingMax
    const fate = isFull
      ? 'full'
      : (this.m.spec.jobFate?.(kind) ?? (random.int(32) === 0 ? 'crashed' : random.int(16) === 0 ? 'late' : 'ends'))
    const ms = fate === 'full' ? 0 : fate === 'late' ? timeoutMs : Math.min(timeoutMs, 1 + random.next() * 30)
    const limits = { kind, limit: waitingMax, limitMs: timeoutMs, error: 'the thread ended' }
    const answer = fate === 'ends' ? this.#work(kind, args) : { ok: false, value: refusalOf(refusal(fate, limits)) }
    if (!isFull) this.#jobs++
    this.m.world.after(ms, () => {
      if (!isFull) this.#jobs--
    })
    this.#later(slot, ms, () => this.deliver(slot.path, host, { type: 'job-result', id, ...answer } as JobResult))
  }

  #work(kind: string, args: Uint8Array): { readonly ok: boolean; readonly value: unknown } {
    const job: Job | undefined = this.m.spec.jobs.get(kind)
    if (!job) return { ok: false, value: { refused: 'unknown', because: verdict('refuse', 'runtime.job-unknown', { kind }, 'warning') } }
    try {
      return { ok: true, value: unpackJob(packJob(job(unpackJob(args)))) }
    } catch (error) {
      const because = verdict('fail', 'runtime.job-failed', { kind, error: String(error) }, 'warning')
      return { ok: false, value: { refused: 'failed', because } }
    }
  }
}

const refusalOf = (outcome: Refusal): Refusal => ({ refused: outcome.refused, because: outcome.because })
