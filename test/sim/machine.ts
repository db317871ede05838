/**
 * One simulated machine: power, disk, guard, and the actors of kyhad on one thread. This is the simulator's host: it carries out the same
 * effects as runtime/host, under the same six duties (runtime/actor.ts).
 */
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
  Timing,
  Token,
} from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'
import { instant } from '../../runtime/time.js'
import type { Verdict } from '../../runtime/verdict.js'
import { SimDisk } from './disk.js'
import { SimGuard } from './guard.js'
import type { Scheduled } from './heap.js'

// biome-ignore lint/suspicious/noExplicitAny: the registry holds actors of every state and message type
export type AnyActor = Actor<any, any>

/** What a machine needs of its world. */
export interface MachineWorld {
  nowMs(): number
  after(ms: number, run: () => void): Scheduled
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
}

interface Slot {
  readonly actor: AnyActor
  readonly path: string
  readonly random: Random
  readonly timers: Map<string, Scheduled>
  readonly parent: string | undefined
  state: unknown
  alive: boolean
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
  readonly #slots = new Map<string, Slot>()
  #life = 0
  #counter = 0
  #paused: (() => void)[] | undefined
  guard: SimGuard | undefined
  powered = false
  /** kyhad runs (a powered machine without it still runs its resources). */
  managed = false

  constructor(spec: MachineSpec, world: MachineWorld, random: Random) {
    this.spec = spec
    this.#world = world
    this.#random = random
  }

  get name(): string {
    return this.spec.name
  }

  get incarnation(): Incarnation {
    return { boot: `${this.spec.name}-boot-${this.#life}` as BootId, counter: this.#counter }
  }

  /** State of an actor as it stands, for checkers. */
  stateOf(path: string): unknown {
    return this.#slots.get(path)?.state
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
        result: (result, issuer) => this.#agentMessage(result, issuer),
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
    this.#paused = undefined
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
    const back = this.managed && !this.#paused
    if (left <= 0 || !this.powered || this.#life !== life || this.#counter !== counter || back) return
    this.#world.standIn(this)
    this.#world.after(this.spec.timing.beatMs, () => this.#standIn(life, counter, left - 1))
  }

  /** SIGSTOP of kyhad: messages and timers wait. The guard beats for it, and kills it after a second. */
  pause(): void {
    if (this.#paused || !this.managed) return
    const mine: (() => void)[] = []
    this.#paused = mine
    const [life, counter] = [this.#life, this.#counter]
    this.#world.after(silentMs, () => {
      if (this.#paused === mine) this.#standIn(life, counter, Math.floor(this.spec.timing.managerGraceMs / this.spec.timing.beatMs))
    })
    this.#world.after(stalledMs, () => {
      if (this.#paused === mine) this.crashKyhad()
    })
  }
  /** SIGCONT. */
  resume(): void {
    const waiting = this.#paused ?? []
    this.#paused = undefined
    for (const run of waiting) run()
  }

  /** Each write takes so much longer. */
  slowDisk(ms: number): void {
    this.#diskExtraMs = ms
  }

  startKyhad(): void {
    this.#counter++
    this.managed = true
    for (const path of this.spec.order) this.#start(path, path, undefined, this.spec.args(path))
  }

  deliver(path: string, from: Address, msg: Msg, incarnation?: Incarnation): void {
    if (!this.managed) return
    if (this.#paused) {
      if (this.#paused.length < 20_000) this.#paused.push(() => this.deliver(path, from, msg, incarnation))
      return
    }
    if (path === 'console') return this.#world.show(this, msg)
    const slot = this.#slots.get(path)
    if (!slot) return
    const seen = this.#world.delivered(this, path, from, msg)
    this.#step(slot, from, incarnation, (env) => slot.actor.receive(slot.state, seen, env))
  }

  #start(path: string, kind: string, parent: string | undefined, args: unknown): void {
    const actor = this.spec.actors.get(kind)
    if (!actor) return this.#world.bug(this, path, new Error(`no actor of kind ${kind}`))
    if (this.#slots.has(path)) return
    const slot: Slot = {
      actor,
      path,
      random: this.#random.split(`${this.#life}/${this.#counter}/${path}`),
      timers: new Map(),
      parent,
      state: undefined,
      alive: true,
    }
    this.#slots.set(path, slot)
    const boot: Boot = {
      cluster: this.spec.cluster,
      node: this.spec.node,
      name: this.spec.name,
      incarnation: this.incarnation,
      timing: this.spec.timing,
      ...(kind === 'log' ? { recovered: this.disk.recover() } : {}),
      ...(args === undefined ? {} : { args }),
    }
    this.#step(slot, { path: '' }, undefined, (env) => actor.init(boot, env))
  }

  #step(
    slot: Slot,
    from: Address,
    incarnation: Incarnation | undefined,
    run: (env: Env) => { state: unknown; effects: readonly Effect[] },
  ): void {
    const env: Env = {
      now: instant(this.#world.nowMs()),
      random: slot.random,
      self: { node: this.spec.node, path: slot.path },
      from,
      ...(incarnation ? { fromIncarnation: incarnation } : {}),
    }
    try {
      const step = run(env)
      slot.state = step.state
      for (const effect of step.effects) this.#perform(slot, effect)
    } catch (error) {
      this.#world.bug(this, slot.path, error)
      this.crashKyhad()
    }
  }

  #later(slot: Slot, ms: number, run: () => void): Scheduled {
    return this.#world.after(ms, () => {
      if (!slot.alive) return
      if (this.#paused) this.#paused.push(() => slot.alive && run())
      else run()
    })
  }

  #perform(slot: Slot, effect: Effect): void {
    const guard = this.guard
    switch (effect.do) {
      case 'send':
        return this.#send(slot, effect)
      case 'timer': {
        const old = slot.timers.get(effect.key)
        if (old) old.cancelled = true
        const ms = Math.max(0, effect.atMs - this.#world.nowMs())
        slot.timers.set(
          effect.key,
          this.#later(slot, ms, () => {
            slot.timers.delete(effect.key)
            this.deliver(slot.path, { path: '' }, effect.msg)
          }),
        )
        return
      }
      case 'cancel': {
        const old = slot.timers.get(effect.key)
        if (old) old.cancelled = true
        slot.timers.delete(effect.key)
        return
      }
      case 'persist':
        return this.#persist(slot, effect)
      case 'agent':
        return guard?.run(effect.op, effect.token, slot.path)
      case 'agent-kill':
        return guard?.kill(effect.id)
      case 'agent-ack':
        return guard?.ack(effect.id)
      case 'agent-list':
        this.#later(slot, 0.3, () => {
          if (guard) this.deliver(slot.path, { path: '' }, { type: 'agent-inventory', resources: guard.inventory() } as Msg)
        })
        return
      case 'token':
        return guard?.raise(effect.resource, effect.token)
      case 'lease':
        return guard?.lease(effect.renewMs, effect.sentMs)
      case 'child':
        if (effect.op === 'start') this.#start(effect.path, effect.kind, slot.path, effect.args)
        else this.#stop(effect.path)
        return
      case 'say':
        return this.#world.said(this, slot.path, effect.verdict)
      case 'stop':
        return this.crashKyhad()
      default:
        return // peers, job: nothing to do here
    }
  }

  #send(slot: Slot, effect: Extract<Effect, { do: 'send' }>): void {
    const { to, msg } = effect
    const sender: Address = { node: this.spec.node, path: slot.path }
    if (to.node !== undefined && to.node !== this.spec.node) {
      const link = effect.class === 'beat' ? (effect.link ?? -1) : undefined
      return this.#world.depart(this, to, sender, msg, link)
    }
    const life = this.#counter
    this.#world.after(0.02, () => {
      if (this.#counter === life) this.deliver(to.path, { path: slot.path }, msg)
    })
  }

  /** Writes become durable in order; `then` runs after its own. */
  #persist(slot: Slot, effect: Extract<Effect, { do: 'persist' }>): void {
    const [life, counter] = [this.#life, this.#counter]
    this.disk.begin(effect.op)
    this.#diskFreeMs = Math.max(this.#diskFreeMs, this.#world.nowMs()) + 0.1 + this.#random.next() * 0.4 + this.#diskExtraMs
    this.#world.after(this.#diskFreeMs - this.#world.nowMs(), () => {
      if (this.#life !== life || this.#counter !== counter || !this.managed) return
      this.disk.settle()
      if (slot.alive) for (const e of effect.then) this.#perform(slot, e)
    })
  }
  #diskFreeMs = 0
  #diskExtraMs = 0

  #agentMessage(result: AgentResult, issuer: string): void {
    const fallback = result.resource.startsWith('fence/') ? 'fencer' : 'resource'
    this.deliver(this.#slots.has(issuer) ? issuer : fallback, { path: '' }, result)
  }

  #stop(path: string): void {
    const slot = this.#slots.get(path)
    if (!slot) return
    slot.alive = false
    for (const t of slot.timers.values()) t.cancelled = true
    this.#slots.delete(path)
    for (const child of [...this.#slots.values()]) if (child.parent === path) this.#stop(child.path)
  }

  #dropActors(): void {
    for (const path of [...this.#slots.keys()]) this.#stop(path)
    this.managed = false
    this.#paused = undefined
    this.#diskFreeMs = 0
  }
}
