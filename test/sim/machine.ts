/** One simulated machine: power, disk, guard, and one life of kyhad after the other (host.ts). */

import type { Address, BootId, Effect, Incarnation, Msg, NodeId, ResourceId, Token } from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'
import { SimClock } from './clock.js'
import { SimDisk } from './disk.js'
import { SimGuard } from './guard.js'
import { SimHost } from './host.js'
import { type Joining, SimPeers } from './peers.js'
import { noServant } from './shared-disk.js'
import type { MachineSpec, MachineWorld } from './spec.js'

/** As native/guard/manager.c has them: silent so long: stand-in beats; so long: killed; then started again after this. */
const silentMs = 100
const stalledMs = 1_000
const restartMs = 250
/** Without kyhad for longer, it pets the watchdog no more. */
const graceMs = 3_000
/** It covers for kyhad and starts it again so often in a minute; then whoever looks after the guard has to. */
const outagesMax = 3
const outagesMs = 60_000
const withoutMs = 10_000
/** From a reset until the guard runs again. */
const resetMs = 3_000

export class Machine {
  #spec: MachineSpec
  /** It has the files of a node. A machine without them is no part of any cluster. */
  installed: boolean
  /** Until it has its votes. */
  joining: Joining | undefined
  /** Of the present or last life of kyhad. */
  peers = new SimPeers(() => [])
  /** Those that the guard beats for its kyhad to. */
  guardPeers: readonly NodeId[] = []
  readonly disk = new SimDisk()
  readonly #world: MachineWorld
  readonly #random: Random
  readonly #tokens = new Map<ResourceId, Token>()
  #life = 0
  #counter = 0
  #incarnation: Incarnation
  #diskExtraMs = 0
  #diskHangs = false
  /** Everything here waits, guard and kyhad, or the guard alone. */
  #frozen: (() => void)[] | undefined
  #guardHeld: (() => void)[] | undefined
  #outages: number[] = []
  /** What a start of kyhad takes beyond the usual (F13). */
  startExtraMs = 0
  /** When the present life of kyhad began, in the world's time. */
  startedMs = 0
  /** kyhad dies right before or after the next effect of a kind (F14). */
  trap: { readonly effect: Effect['do']; readonly when: 'before' | 'after' } | undefined
  readonly clock: SimClock
  #host: SimHost | undefined
  guard: SimGuard | undefined
  powered = false

  /** `number`: its place among the machines of the world. */
  constructor(
    spec: MachineSpec,
    world: MachineWorld,
    random: Random,
    readonly number = 0,
    /** It was there when the cluster was created. */
    public founder = true,
  ) {
    this.#spec = spec
    this.installed = founder
    this.#incarnation = this.#born()
    this.#world = world
    this.#random = random
    this.clock = new SimClock(world, random.split('clock').int(2 ** 31))
  }

  get spec(): MachineSpec {
    return this.#spec
  }
  get name(): string {
    return this.#spec.name
  }

  /** Everything of kyha is removed from it: it is off, its disk is empty. */
  wipe(): void {
    this.powerOff()
    this.installed = false
    this.founder = false
    this.joining = undefined
    this.#tokens.clear()
    this.disk.renew()
  }

  /** `kyha join` ended well: it has the files of a new node, with an identity that nobody had before. */
  install(spec: Pick<MachineSpec, 'node' | 'args'>, joining: Joining): void {
    this.wipe()
    this.#spec = { ...this.#spec, ...spec }
    this.joining = joining
    this.installed = true
  }

  /** One object for each life of kyhad: lives can be told apart by identity. */
  get incarnation(): Incarnation {
    return this.#incarnation
  }

  /** kyhad runs (a powered machine without it still runs its resources). */
  get managed(): boolean {
    return this.#host !== undefined
  }
  /** The present life of kyhad. */
  get host(): SimHost | undefined {
    return this.#host
  }

  /** State of an actor as it stands, for checkers. */
  stateOf(path: string): unknown {
    return this.#host?.stateOf(path)
  }

  powerOn(): void {
    if (this.powered || !this.installed) return
    this.powered = true
    this.#life++
    this.#counter = 0
    const world = this.#world
    this.guard = new SimGuard(
      {
        now: () => this.clock.nowMs(),
        after: (ms, run) => this.#here(ms, run, true),
        bootMs: () => this.clock.bootMs,
        leased: (armed) => {
          if (!armed) world.lapsedMs = world.nowMs()
          this.#tellLease(armed)
        },
        starves: (starving) => starving && this.#bites(() => this.guard?.starving === true),
        power: (plug, action, done) => world.power(plug, action, (rc) => this.#here(0, () => done(rc), true)),
        began: (op, token) => world.began(this, op, token),
        result: (result, issuer) => {
          world.ended(this, result)
          this.#host?.agentResult(result, issuer)
        },
        death: (resource, pid) => this.deliver('resource', { path: '' }, { type: 'agent-death', resource, pid, left: 0 } as Msg),
      },
      this.#random.split(`guard${this.#life}`),
      this.#tokens,
    )
    this.startKyhad()
  }

  #tellLease(armed: boolean): void {
    this.deliver('log', { path: '' }, { type: 'lease-state', armed } as Msg)
  }

  /** The watchdog is petted no longer: in its time it resets the machine, if nobody pets it then either. It has a clock of its own. */
  #bites(still: () => boolean): void {
    const { watchdogMs } = this.spec
    const life = this.#life
    if (watchdogMs === undefined) return
    this.#world.after(watchdogMs, () => {
      if (!this.powered || this.#life !== life || !still()) return
      this.#world.reset?.(this)
      this.powerOff()
      this.#world.after(resetMs, () => this.powerOn())
    })
  }

  /** In this life of the machine; while it (or its guard) stands still, it waits. */
  #here(ms: number, run: () => void, isGuards = false): void {
    const life = this.#life
    const now = (): void => {
      if (!this.powered || this.#life !== life) return
      const waits = this.#frozen ?? (isGuards ? this.#guardHeld : undefined)
      if (waits) waits.push(now)
      else run()
    }
    this.clock.after(ms, now)
  }

  /** Everything volatile is gone at once, nobody is told. */
  powerOff(): void {
    if (!this.powered) return
    this.#dropActors()
    this.disk.cut(this.#random)
    this.#world.lostPower?.(this)
    if (this.guard) this.guard.dead = true
    this.guard = undefined
    this.powered = false
    this.#frozen = undefined
    this.#guardHeld = undefined
    this.#outages = []
    this.clock.rate ||= 1
  }

  /** The machine stands still: suspended (its clock stops) or paused from outside (it may go on). Nothing beats for it. */
  freeze(clockStops: boolean): void {
    if (!this.powered) return
    this.#frozen ??= []
    const frozen = this.#frozen
    this.#host?.pause()
    if (!clockStops) return this.#bites(() => this.#frozen === frozen)
    this.clock.rate = 0
  }
  thaw(): void {
    const waiting = this.#frozen
    if (!waiting) return
    this.#frozen = undefined
    const suspended = this.clock.rate === 0
    this.clock.rate ||= 1
    this.guard?.recheck(suspended)
    for (const run of waiting) run()
    this.resume()
  }
  get isGuardHeld(): boolean {
    return this.#guardHeld !== undefined
  }
  get isFrozen(): boolean {
    return this.#frozen !== undefined
  }

  /** SIGSTOP and SIGCONT of the guard: agents, their results and stand-in beats wait (F3). */
  holdGuard(): void {
    if (!this.powered) return
    this.#guardHeld ??= []
    const held = this.#guardHeld
    this.#bites(() => this.#guardHeld === held)
  }
  releaseGuard(): void {
    const waiting = this.#guardHeld ?? []
    this.#guardHeld = undefined
    this.guard?.recheck(false)
    for (const run of waiting) run()
  }

  /** The guard dies, kyhad with it; services stay, what was in flight is unknown, the next guard finds all that (F4). */
  crashGuard(): void {
    if (!this.powered) return
    this.#guardHeld = undefined
    this.guard?.restart()
    if (this.managed) this.#ends(restartMs, false)
  }

  /** kyhad dies; the guard lives and starts it again. */
  crashKyhad(): void {
    if (!this.powered || !this.managed) return
    const now = this.#world.nowMs()
    this.#outages = [...this.#outages.filter((atMs) => now - atMs < outagesMs), now]
    const covered = this.#outages.length <= outagesMax
    this.#ends((covered ? restartMs : withoutMs) + this.startExtraMs, covered)
  }

  #trapped(when: 'before' | 'after', effect: Effect): boolean {
    if (this.trap?.effect !== effect.do || this.trap.when !== when) return false
    this.trap = undefined
    this.crashKyhad()
    return true
  }

  #ends(startsInMs: number, covered: boolean): void {
    this.#dropActors()
    this.disk.cut(this.#random)
    if (covered) this.#standIn(this.#counter, this.#beatsOfGrace())
    else this.#here(graceMs, () => !this.managed && this.#bites(() => !this.managed), true)
    this.#here(startsInMs, () => {
      if (!this.managed) this.startKyhad()
    })
  }

  #beatsOfGrace(): number {
    return Math.floor(this.spec.timing.managerGraceMs / this.spec.timing.beatMs)
  }

  /** The guard's stand-in beats while kyhad is down or gives no sign of life. */
  #standIn(counter: number, left: number): void {
    const back = this.#host !== undefined && !this.#host.isPaused
    if (left <= 0 || this.#counter !== counter || back) return
    this.#world.standIn(this)
    this.#here(this.spec.timing.beatMs, () => this.#standIn(counter, left - 1), true)
  }

  /** SIGSTOP of kyhad: messages and timers wait. The guard beats for it, and kills it after a second. */
  pause(): void {
    const host = this.#host
    if (!host || host.isPaused) return
    host.pause()
    const n = ++this.#pauses
    const still = (): boolean => this.#host === host && host.isPaused && this.#pauses === n
    const counter = this.#counter
    this.#here(silentMs, () => still() && this.#standIn(counter, this.#beatsOfGrace()), true)
    this.#here(stalledMs, () => still() && this.crashKyhad(), true)
  }
  #pauses = 0
  /** SIGCONT. */
  resume(): void {
    if (!this.#frozen) this.#host?.resume()
  }

  /** Each write takes so much longer. */
  slowDisk(ms: number): void {
    this.#diskExtraMs = ms
  }
  /** Writes hang until told otherwise (F62). */
  hangDisk(hangs: boolean): void {
    this.#diskHangs = hangs
    if (hangs) this.#host?.holdDisk()
    else this.#host?.releaseDisk()
  }

  #born(): Incarnation {
    return { boot: `${this.spec.name}-boot-${this.#life}` as BootId, counter: this.#counter }
  }

  startKyhad(): void {
    if (!this.powered) return
    this.#counter++
    this.#incarnation = this.#born()
    const world = this.#world
    this.startedMs = world.nowMs()
    const dies = (when: 'before' | 'after', effect: Effect): boolean => world.dies?.(this, when, effect) || this.#trapped(when, effect)
    const host: SimHost = new SimHost({
      spec: this.spec,
      world: this.clock,
      disk: this.disk,
      incarnation: this.incarnation,
      name: `${this.#life}/${this.#counter}`,
      random: this.#random,
      guard: () => this.guard,
      diskExtraMs: () => this.#diskExtraMs,
      depart: (to, sender, msg, link) => world.depart(this, to, sender, msg, link),
      delivered: (path, from, msg) => world.delivered(this, path, from, msg),
      said: (path, effect) => world.said(this, path, effect.verdict),
      bug: (path, error) => world.bug(this, path, error),
      stepped: (path, env, msg, before, step) => world.stepped(this, path, env, msg, before, step),
      show: (msg) => world.show(this, msg),
      peers: (list) => (this.guardPeers = this.peers.set(list)),
      witness: (ask, answer) => world.witness?.(this, ask, answer),
      dies: () => (world.dies || this.trap ? dies : undefined),
      shared: (effect, answer) => (world.disk ? world.disk(this, effect, answer) : answer(noServant(effect))),
      logStarted: () =>
        this.#here(1, () => {
          if (this.guard?.armed) this.#tellLease(true)
        }),
      gaveUp: () => {
        if (this.#host === host) this.crashKyhad()
      },
    })
    this.#host = host
    this.peers = new SimPeers(() => this.joining?.members ?? [])
    if (this.#diskHangs) host.holdDisk()
    host.start()
    world.started?.(this)
  }

  deliver(path: string, from: Address, msg: Msg, incarnation?: Incarnation): void {
    this.#host?.deliver(path, from, msg, incarnation)
  }

  #dropActors(): void {
    this.#host?.end()
    this.#host = undefined
  }
}
