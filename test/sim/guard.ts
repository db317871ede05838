/**
 * The simulated guard and machine: which resources really run here (ground truth), tokens, agent runs with durations, results kept until
 * acknowledged. Outlives kyhad, dies with the machine's power; tokens are durable. Held to the cases of the real one (test/contract/guard.sim.test.ts).
 */
import type { AgentOp, AgentResult, OpId, ResourceId, Token } from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'
import { type Conduct, type GuardWorld, killedByOrder, type Mishap, paramsOf, type Running, reloadable, takenOver } from './guard-world.js'

interface Flight {
  readonly op: AgentOp
  readonly issuer: string
  ended: boolean
}
/** As native/guard/guard.h has them. */
const finishedMax = 256
const flyingMax = 64
const isWhole = (op: AgentOp): boolean => op.action === 'start' || op.action === 'stop'

export class SimGuard {
  readonly active = new Map<ResourceId, Running>()
  readonly #tokens: Map<ResourceId, Token>
  readonly #notes = new Map<ResourceId, string>()
  readonly #flights = new Map<OpId, Flight>()
  readonly #lying = new Set<Flight>()
  readonly #hung = new Set<Flight>()
  readonly #finished = new Map<OpId, AgentResult>()
  readonly #world: GuardWorld
  readonly #random: Random
  /** By action. */
  readonly next = new Map<string, Mishap>()
  /** Resources whose services left their containment (F20): no kill reaches them. */
  readonly escaped = new Set<ResourceId>()
  /** Resources whose agent said that they stopped, and they did not (F19). */
  readonly lied = new Set<ResourceId>()
  /** Each run takes so much longer, ms. */
  extraMs = 0
  /** A stop has failed in this life: the machine may have to end. */
  stopFailed = false
  #pid = 100
  /** Until then resources may run; undefined: not armed. Expired when it is past. */
  #leaseUntil: number | undefined
  /** This life was certified dead. */
  ended = false
  dead = false

  constructor(world: GuardWorld, random: Random, durableTokens: Map<ResourceId, Token>) {
    this.#world = world
    this.#random = random
    this.#tokens = durableTokens
  }

  raise(resource: ResourceId, token: Token): void {
    if (token > (this.#tokens.get(resource) ?? 0)) this.#tokens.set(resource, token)
  }

  note(resource: ResourceId, note: string): void {
    if (note === '') this.#notes.delete(resource)
    else this.#notes.set(resource, note)
  }

  run(op: AgentOp, token: Token, issuer: string): void {
    const done = this.#finished.get(op.id)
    if (done) return this.#world.result(done, issuer)
    if (this.#flights.has(op.id)) return
    const refuse = (detail: string): void => this.#world.result(this.#result(op, 'refused', undefined, detail, 0), issuer)
    const busy = [...this.#flights.values()].find((f) => !f.ended && f.op.kind === 'resource' && f.op.resource === op.resource)
    if (op.kind === 'resource' && busy) return refuse(`busy: ${busy.op.action} ${busy.op.id} is in flight for ${op.resource}`)
    if (this.#flights.size >= flyingMax) return refuse(`busy: ${flyingMax} operations are in flight`)
    if (this.#finished.size >= finishedMax) return refuse(`${finishedMax} finished operations wait for their acknowledgement`)
    if (op.changes) {
      if (this.ended || this.expired) return refuse('the lease of this node expired')
      const highest = this.#tokens.get(op.resource) ?? 0
      if (token < highest) return refuse(`token ${token} is below ${highest}, the highest this node has accepted for ${op.resource}`)
      this.raise(op.resource, token)
    }
    this.#world.began(op, token)
    const flight: Flight = { op, issuer, ended: false }
    this.#flights.set(op.id, flight)
    const mishap = this.next.get(op.action)
    this.next.delete(op.action)
    if (mishap === 'not-born') return this.#finish(flight, this.#result(op, 'spawn-failed', undefined, 'fork: no memory', 0))
    const conduct = this.#world.conduct?.(op)
    if (op.kind === 'fence' && !conduct) return mishap ? this.#fail(flight, mishap) : this.#fence(flight)
    const { ms, serves } = conduct ?? this.#usual(op)
    if (serves && mishap !== 'lies') this.active.set(op.resource, { token, pid: this.#pid++, promoted: false, params: paramsOf(op) })
    if (op.action === 'promote' && mishap !== 'lies') this.#role(op.resource, true)
    if (mishap) return this.#fail(flight, mishap)
    if (ms > op.timeoutMs) this.#world.after(op.timeoutMs, () => this.#cutShort(flight, 'timeout', `not finished after ${op.timeoutMs} ms`))
    else this.#world.after(ms, () => this.#end(flight, conduct ? this.#reap(op, conduct.rc) : this.#act(op), ms))
  }

  #fail(flight: Flight, mishap: Mishap): void {
    const { op } = flight
    const { ms } = this.#usual(op)
    if (mishap === 'hangs' || mishap === 'stuck') {
      if (mishap === 'stuck') this.escaped.add(op.resource)
      this.#hung.add(flight)
      this.#world.after(op.timeoutMs, () => this.#cutShort(flight, 'timeout', `not finished after ${op.timeoutMs} ms`))
      return
    }
    if (mishap === 'lies') this.#lying.add(flight)
    this.#world.after(ms, () => {
      if (flight.ended || this.dead) return
      const gives = op.action === 'stop' || op.action === 'demote'
      if (mishap === 'lies' && gives && !this.#lying.delete(flight)) return this.#end(flight, this.#act(op), ms)
      if (mishap === 'lies' && gives && this.active.has(op.resource)) this.lied.add(op.resource)
      if (mishap === 'fails' && op.action === 'start') this.active.delete(op.resource)
      if (mishap === 'fails' && op.action === 'promote') this.#role(op.resource, false)
      if (mishap === 'crashes') this.#finish(flight, this.#result(op, 'signalled', undefined, 'SIGSEGV', ms))
      else this.#end(flight, mishap === 'lies' ? 0 : 1, ms)
    })
  }

  /** From the begin of a promotion on, whatever comes of it, until a demotion is done. */
  #role(resource: ResourceId, promoted: boolean): boolean {
    const running = this.active.get(resource)
    if (running) running.promoted = promoted
    return running !== undefined
  }

  /** A promoted service falls back by itself. */
  demotes(resource: ResourceId): void {
    this.#role(resource, false)
  }

  /** Some run hangs. */
  get hangs(): boolean {
    return [...this.#hung].some((f) => !f.ended)
  }

  /** Agents go wrong no longer; those that hang go on, and a stop on its way is done before it says so. */
  mend(): void {
    this.next.clear()
    this.#lying.clear()
    this.escaped.clear()
    this.extraMs = 0
    if (this.starving) this.#killAll() // it never stops trying
    for (const flight of this.#hung) if (!flight.ended && !this.dead) this.#end(flight, this.#act(flight.op), 0)
    this.#hung.clear()
  }

  /** The guard dies and is there again: what was in flight is unknown, a start that was killed has left nothing behind. */
  restart(): void {
    for (const flight of [...this.#flights.values()]) {
      if (flight.op.action === 'start' && !this.escaped.has(flight.op.resource)) this.active.delete(flight.op.resource)
      flight.ended = true
      this.#flights.delete(flight.op.id)
      this.#finished.set(flight.op.id, this.#result(flight.op, 'signalled', undefined, 'unknown: the guard died meanwhile', 0))
    }
  }

  kill(id: OpId): void {
    const flight = this.#flights.get(id)
    if (flight) this.#cutShort(flight, 'signalled', killedByOrder)
  }

  /** A start or stop that is ended before its time takes everything of its resource with it. */
  #cutShort(flight: Flight, end: 'timeout' | 'signalled', detail: string): void {
    if (flight.ended || this.dead) return
    const { op } = flight
    if (isWhole(op) && !this.escaped.has(op.resource)) this.active.delete(op.resource)
    this.#finish(flight, this.#result(op, end, undefined, detail, end === 'timeout' ? op.timeoutMs : 0))
  }

  /** Runs in flight of a resource. */
  flying(resource: ResourceId): readonly AgentOp[] {
    return [...this.#flights.values()].filter((f) => !f.ended && f.op.resource === resource).map((f) => f.op)
  }

  #bootMs(): number {
    return this.#world.bootMs?.() ?? this.#world.now()
  }
  get armed(): boolean {
    return this.#leaseUntil !== undefined && !this.expired
  }
  /** Nobody pets the watchdog. */
  get starving(): boolean {
    return this.ended || (this.expired && this.active.size > 0)
  }
  /** A lease was armed, and is over. */
  get expired(): boolean {
    return this.overMs >= 0
  }
  /** For how long it is over; negative: it is not. */
  get overMs(): number {
    return this.#leaseUntil === undefined ? Number.NEGATIVE_INFINITY : this.#bootMs() - this.#leaseUntil
  }

  /** As the guard does it, but killing takes no time here. `sentMs` is by the clock of kyhad, which stands still in a suspend. */
  lease(renewMs: number, sentMs: number): void {
    if (this.ended) return
    if (renewMs === 0) {
      this.#leaseUntil = undefined
      this.#world.leased?.(false)
      return
    }
    if (this.expired && this.active.size > 0) return
    const now = this.#bootMs()
    if (sentMs <= this.#gapMs) return // of before a suspend
    const until = Math.max(now + renewMs - (this.#world.now() - sentMs), this.#leaseUntil ?? 0)
    if (until <= now) return
    const was = this.armed
    this.#leaseUntil = until
    if (!was) this.#world.leased?.(true)
    if (!this.#looks) this.#lookIn(until - now)
  }
  #looks = false
  /** When the last suspend ended, by kyhad's clock. */
  #gapMs = Number.NEGATIVE_INFINITY

  #lookIn(ms: number): void {
    this.#looks = true
    this.#world.after(ms, () => {
      this.#looks = false
      if (this.dead || this.#leaseUntil === undefined) return
      if (this.expired) this.#expire()
      else this.#lookIn(this.#leaseUntil - this.#bootMs())
    })
  }

  /** After any pause, before anything else shows outside (S15). */
  recheck(suspended: boolean): void {
    if (suspended) this.#gapMs = this.#world.now()
    if (this.expired && this.#looks) this.#expire()
  }

  /** This life was certified dead: nothing of it may run, or change anything, any more. */
  endLife(): void {
    if (this.ended) return
    this.ended = true
    this.#killAll()
    this.#world.starves?.(true)
  }

  #expire(): void {
    this.#killAll()
    this.#world.leased?.(false)
    this.#world.starves?.(this.active.size > 0)
  }

  /** What has left its containment no kill reaches. */
  #killAll(): void {
    for (const flight of [...this.#flights.values()])
      this.#finish(flight, this.#result(flight.op, 'signalled', undefined, 'killed, since the lease expired', 0))
    for (const resource of [...this.active.keys()].sort()) if (!this.escaped.has(resource)) this.crash(resource)
  }

  ack(id: OpId): void {
    this.#finished.delete(id)
  }

  /** The service of a resource dies by itself. */
  crash(resource: ResourceId): void {
    const running = this.active.get(resource)
    if (!running) return
    this.active.delete(resource)
    this.escaped.delete(resource)
    this.#world.death(resource, running.pid)
  }

  inventory(): readonly {
    resource: ResourceId
    token: Token
    pids: number
    inFlight?: { id: OpId; action: string }
    finished: AgentResult[]
    note?: string
  }[] {
    const names = new Set<ResourceId>([...this.#tokens.keys(), ...this.active.keys()])
    for (const f of this.#flights.values()) names.add(f.op.resource)
    return [...names].sort().map((resource) => {
      const flight = [...this.#flights.values()].find((f) => !f.ended && f.op.resource === resource)
      const note = this.#notes.get(resource)
      return {
        resource,
        token: this.#tokens.get(resource) ?? (0 as Token),
        pids: this.active.has(resource) ? 1 : 0,
        ...(flight ? { inFlight: { id: flight.op.id, action: flight.op.action } } : {}),
        ...(note === undefined ? {} : { note }),
        finished: [...this.#finished.values()].filter((r) => r.resource === resource),
      }
    })
  }

  #usual(op: AgentOp): Pick<Conduct, 'ms' | 'serves'> {
    const ms = this.extraMs + (op.action === 'monitor' ? 2 + this.#random.next() * 8 : 10 + this.#random.next() * 60)
    return { ms, serves: op.action === 'start' }
  }

  /** What a stop left behind is killed, unless the agent opted out. */
  #reap(op: AgentOp, rc: number): number {
    if (op.action === 'stop' && op.reap && rc === 0) this.active.delete(op.resource)
    return rc
  }

  #act(op: AgentOp): number {
    const runs = this.active.has(op.resource)
    switch (op.action) {
      case 'start':
        return runs ? 0 : 1
      case 'stop':
        this.active.delete(op.resource)
        this.escaped.delete(op.resource)
        this.lied.delete(op.resource)
        return 0
      case 'promote':
        return this.#role(op.resource, true) ? 0 : 7
      case 'demote':
        this.lied.delete(op.resource)
        return this.#role(op.resource, false) ? 0 : 7
      case 'monitor':
        return runs ? (this.active.get(op.resource)?.promoted ? 8 : 0) : 7
      case 'notify':
        return runs ? 0 : 1
      case 'meta-data':
        return 0
      case 'reload-agent':
        return this.#reload(op)
      default:
        return 3
    }
  }

  #reload(op: AgentOp): number {
    const running = this.active.get(op.resource)
    if (running) running.params = takenOver(running.params, op)
    return running ? 0 : 7
  }

  #fence(flight: Flight): void {
    const line = (key: string): string | undefined => flight.op.stdin?.match(new RegExp(`^${key}=(.*)$`, 'm'))?.[1]
    const plug = line('plug') ?? line('port') ?? line('nodename') ?? ''
    let answered = false
    this.#world.power(plug, line('action') ?? flight.op.action, (rc) => {
      answered = true
      this.#end(flight, rc, 45)
    })
    this.#world.after(flight.op.timeoutMs, () => {
      if (!answered) this.#finish(flight, this.#result(flight.op, 'timeout', undefined, 'no answer', flight.op.timeoutMs))
    })
  }

  #end(flight: Flight, rc: number, ms: number): void {
    this.#finish(flight, this.#result(flight.op, 'exited', rc, '', ms))
  }

  #finish(flight: Flight, result: AgentResult): void {
    if (flight.ended || this.dead) return
    flight.ended = true
    this.#flights.delete(flight.op.id)
    this.#finished.set(flight.op.id, result)
    this.stopFailed ||= result.action === 'stop' && result.rc !== 0
    this.#world.result(result, flight.issuer)
  }

  #result(op: AgentOp, end: AgentResult['end'], rc: number | undefined, detail: string, ms: number): AgentResult {
    return {
      type: 'agent-result',
      id: op.id,
      resource: op.resource,
      action: op.action,
      ...(rc === undefined ? {} : { rc }),
      end,
      detail,
      stdout: '',
      stderr: '',
      durationMs: Math.round(ms),
      ...(op.action === 'meta-data' && rc === 0 ? { reloadable: [reloadable] } : {}),
    }
  }
}
