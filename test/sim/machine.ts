/** One simulated machine: power, disk, guard, and one life of kyhad after the other (host.ts). */
import type {
  Actor,
  Address,
  AgentOp,
  AgentResult,
  Boot,
  BootId,
  Effect,
  Env,
  Incarnation,
  Msg,
  NodeId,
  ResourceId,
  Step,
  Timing,
  Token,
} from '../../runtime/actor.js'

import type { Job } from '../../runtime/host/job.js'
import type { Random } from '../../runtime/random.js'
import type { Verdict } from '../../runtime/verdict.js'
import { SimDisk } from './disk.js'
import { SimGuard } from './guard.js'
import type { Scheduled } from './heap.js'
import { SimHost } from './host.js'

// biome-ignore lint/suspicious/noExplicitAny: the registry holds actors of every state and message type
export type AnyActor = Actor<any, any>

/** What a machine needs of its world. */
export interface MachineWorld {
  nowMs(): number
  after(ms: number, run: () => void): Scheduled
  /** Sets an event anew, to `ms` from now; gives the event that stands for it from now on. */
  again(event: Scheduled, ms: number): Scheduled
  /** A message leaves this machine. `link`: a datagram over that link, or over every link when -1; undefined: a stream. */
  depart(from: Machine, to: Address, sender: Address, msg: Msg, link: number | undefined): void
  power(plug: string, action: string, done: (rc: number) => void): void
  said(machine: Machine, path: string, verdict: Verdict): void
  /** Every delivery, for the event hash and the trace. */
  delivered(machine: Machine, path: string, from: Address, msg: Msg): Msg
  /** An actor threw: a bug, never part of a simulated fault. */
  bug(machine: Machine, path: string, error: unknown): void
  /** The guard sends one stand-in beat to every peer on every link. */
  standIn(machine: Machine): void
  /** The guard let a run of an agent in. */
  began(machine: Machine, op: AgentOp, token: Token): void
  /** Crash points: ends this machine or its kyhad and answers true when this effect is the one. */
  readonly dies?: ((machine: Machine, when: 'before' | 'after', effect: Effect) => boolean) | undefined
  /** The guard tells kyhad how a run ended. */
  ended(machine: Machine, result: AgentResult): void
  /** An actor has taken a message of another node's life. */
  stepped(machine: Machine, path: string, env: Env, msg: Msg, before: unknown, step: Step<unknown>): void
  /** Carries an ask to the witness and its answer back. */
  readonly witness?: (machine: Machine, ask: Msg, answer: (told: Msg) => void) => void
  /** Messages to `console`, which is no actor. */
  show(machine: Machine, msg: Msg): void
}

export interface MachineSpec {
  readonly node: NodeId
  readonly name: string
  readonly cluster: Boot['cluster']
  readonly timing: Timing
  readonly actors: ReadonlyMap<string, AnyActor>
  /** Paths of the static children in start order. */
  readonly order: readonly string[]
  readonly args: (kind: string) => unknown
  /** Paths that are given what the disk kept. */
  readonly persists: (path: string) => boolean
  /** Static paths that start anew alone when they die; with any other the whole kyhad does. */
  readonly heals: (path: string) => boolean
  readonly jobs: ReadonlyMap<string, Job>
  /** How a job of a kind goes, where a test wants to say so. */
  readonly jobFate?: (kind: string) => 'ends' | 'late' | 'crashed'
}

/** As native/guard/manager.c has them: silent so long: stand-in beats; so long: killed; then started again after this. */
const silentMs = 100
const stalledMs = 1_000
const restartMs = 250

export class Machine {
  readonly spec: MachineSpec
  readonly disk = new SimDisk()
  readonly #world: MachineWorld
  readonly #random: Random
  readonly #tokens = new Map<ResourceId, Token>()
  #life = 0
  #counter = 0
  #incarnation: Incarnation
  #diskExtraMs = 0
  #host: SimHost | undefined
  guard: SimGuard | undefined
  powered = false

  /** `number`: its place among the machines of the world. */
  constructor(
    spec: MachineSpec,
    world: MachineWorld,
    random: Random,
    readonly number = 0,
  ) {
    this.spec = spec
    this.#incarnation = this.#born()
    this.#world = world
    this.#random = random
  }

  get name(): string {
    return this.spec.name
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
    if (this.powered) return
    this.powered = true
    this.#life++
    this.#counter = 0
    const life = this.#life
    const world = this.#world
    const here = (run: () => void) => (): void => {
      if (this.powered && this.#life === life) run()
    }
    this.guard = new SimGuard(
      {
        now: () => world.nowMs(),
        after: (ms, run) => void world.after(ms, here(run)),
        power: (plug, action, done) => world.power(plug, action, (rc) => here(() => done(rc))()),
        began: (op, token) => world.began(this, op, token),
        result: (result, issuer) => {
          world.ended(this, result)
          this.#host?.agentResult(result, issuer)
        },
        death: (resource, pid) => this.deliver('resource', { path: '' }, { type: 'agent-death', resource, pid, left: 0 } as Msg),
      },
      this.#random.split(`guard${life}`),
      this.#tokens,
    )
    this.startKyhad()
  }

  /** Everything volatile is gone at once, nobody is told. */
  powerOff(): void {
    if (!this.powered) return
    this.#dropActors()
    this.disk.cut(this.#random)
    if (this.guard) this.guard.dead = true
    this.guard = undefined
    this.powered = false
  }

  /** kyhad dies; the guard lives and starts it again. */
  crashKyhad(): void {
    if (!this.powered || !this.managed) return
    this.#dropActors()
    this.disk.cut(this.#random)
    const life = this.#life
    this.#standIn(life, this.#counter, Math.floor(this.spec.timing.managerGraceMs / this.spec.timing.beatMs))
    this.#world.after(restartMs, () => {
      if (this.powered && this.#life === life && !this.managed) this.startKyhad()
    })
  }

  /** The guard's stand-in beats while kyhad is down or gives no sign of life. */
  #standIn(life: number, counter: number, left: number): void {
    const back = this.#host !== undefined && !this.#host.isPaused
    if (left <= 0 || !this.powered || this.#life !== life || this.#counter !== counter || back) return
    this.#world.standIn(this)
    this.#world.after(this.spec.timing.beatMs, () => this.#standIn(life, counter, left - 1))
  }

  /** SIGSTOP of kyhad: messages and timers wait. The guard beats for it, and kills it after a second. */
  pause(): void {
    const host = this.#host
    if (!host || host.isPaused) return
    host.pause()
    const n = ++this.#pauses
    const still = (): boolean => this.#host === host && host.isPaused && this.#pauses === n
    const [life, counter] = [this.#life, this.#counter]
    this.#world.after(silentMs, () => {
      if (still()) this.#standIn(life, counter, Math.floor(this.spec.timing.managerGraceMs / this.spec.timing.beatMs))
    })
    this.#world.after(stalledMs, () => {
      if (still()) this.crashKyhad()
    })
  }
  #pauses = 0
  /** SIGCONT. */
  resume(): void {
    this.#host?.resume()
  }

  /** Each write takes so much longer. */
  slowDisk(ms: number): void {
    this.#diskExtraMs = ms
  }

  #born(): Incarnation {
    return { boot: `${this.spec.name}-boot-${this.#life}` as BootId, counter: this.#counter }
  }

  startKyhad(): void {
    this.#counter++
    this.#incarnation = this.#born()
    const world = this.#world
    const host: SimHost = new SimHost({
      spec: this.spec,
      world,
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
      witness: (ask, answer) => world.witness?.(this, ask, answer),
      ...(world.dies ? { dies: (when, effect) => world.dies?.(this, when, effect) ?? false } : {}),
      gaveUp: () => {
        if (this.#host === host) this.crashKyhad()
      },
    })
    this.#host = host
    host.start()
  }

  deliver(path: string, from: Address, msg: Msg, incarnation?: Incarnation): void {
    this.#host?.deliver(path, from, msg, incarnation)
  }

  #dropActors(): void {
    this.#host?.end()
    this.#host = undefined
  }
}
