/**
 * A simulated cluster: machines, network, power switch, virtual time and one seed. The same seed gives the same event hash (S21).
 * Checkers run after every event; what they find is kept with its virtual time.
 */
import { createHash, type Hash } from 'node:crypto'
import { Flag } from '../../actors/heartbeat-link/messages.js'
import type { WitnessAsk } from '../../actors/witness/messages.js'
import type { Address, AgentOp, AgentResult, DiskResult, Effect, Env, Msg, NodeId, Step, Timing, Token } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { type Random, seeded } from '../../runtime/random.js'
import type { Verdict } from '../../runtime/verdict.js'
import { pack, unpack } from '../../runtime/wire/codec.js'
import { actorsOf, heals, jobs, pathsInOrder, persists, threadOf } from './actors.js'
import { EventHeap, type Scheduled } from './heap.js'
import { Lane } from './lane.js'
import { Machine } from './machine.js'
import { Marks } from './marks.js'
import { SimNet } from './net.js'
import { SimPower } from './power.js'
import { type DiskEffect, SharedDisks } from './shared-disk.js'
import { SimStreams } from './streams.js'
import { SimWitness } from './witness.js'

export interface WorldOptions {
  readonly seed: string
  readonly nodes: number
  readonly links?: number
  readonly timing: Timing
  /** Disks that all machines share. */
  readonly disks?: number
  /** Called for every delivery (a trace). */
  readonly trace?: (line: string) => void
  /** Called before and after every effect of every actor: ends the machine or its kyhad there, and says so (crash points). */
  readonly dies?: (machine: Machine, when: 'before' | 'after', effect: Effect) => boolean
}

export interface Violation {
  readonly atMs: number
  readonly invariant: string
  readonly because: string
}

const cluster = clusterId('00000000-0000-4000-8000-000000000001')
/** So many events at one moment are a circle; whatever it is, nothing happens in such a world any more. */
const stuckMax = 100_000

export class World {
  readonly heap = new EventHeap()
  readonly net: SimNet
  readonly machines: Machine[] = []
  readonly violations: Violation[] = []
  /** True for an invariant that nobody can hold any more, since somebody lied. */
  readonly excuses: ((invariant: string) => boolean)[] = []
  readonly verdicts: { atMs: number; node: string; path: string; verdict: Verdict }[] = []
  /** What reached each machine's console, newest of each type. */
  readonly shown = new Map<string, Map<string, Msg>>()
  /** Called after every message to one of these actors with its machine; push to `violations` through `violate`. */
  readonly checks: { readonly path: 'log' | 'quorum'; readonly look: (machine: Machine) => void }[] = []
  /** Called when a guard lets a run in, before it has any effect. */
  readonly runs: ((machine: Machine, op: AgentOp, token: Token) => void)[] = []
  /** Called when a power switch is told something and will do it. */
  readonly switches: ((target: Machine, action: string) => void)[] = []
  /** Called when a power switch has answered. */
  readonly switched: ((target: Machine, action: string, rc: number) => void)[] = []
  /** Called when a guard tells its kyhad how a run ended. */
  readonly results: ((machine: Machine, result: AgentResult) => void)[] = []
  /** Called when a machine gives a stream a message for another node's actor `path`. */
  readonly departs: ((machine: Machine, to: NodeId, path: string, msg: Msg) => void)[] = []
  /** Called after an actor has taken a message of another node's life (`env.fromIncarnation`). */
  readonly steps: ((machine: Machine, path: string, env: Env, msg: Msg, before: unknown, step: Step<unknown>) => void)[] = []
  readonly says: ((machine: Machine, path: string, verdict: Verdict) => void)[] = []
  readonly shows: ((machine: Machine, msg: Msg) => void)[] = []
  readonly marks = new Marks()
  random: Random
  readonly dies?: WorldOptions['dies']
  readonly witnessed: SimWitness
  shared: SharedDisks
  readonly pdu: SimPower
  /** What the operators want in the end; a fault of theirs is mended by setting it again. */
  standing: ConfigDoc | undefined
  /** How often everything was mended: a fault that goes on by itself ends with it. */
  mends = 0
  events = 0
  readonly timing: Timing
  readonly #options: WorldOptions
  readonly #hash: Hash = createHash('sha256')
  /**
   * Every message is encoded and decoded by the product's codec: one run of eight. Not what a link is told: a beat has a layout of its own
   * (runtime/wire/datagram.ts), and all else stays within its thread.
   */
  readonly throughCodec: boolean
  readonly #byNode = new Map<NodeId, Machine>()
  readonly #lanes: Lane[] = []
  readonly #streams = new SimStreams(this)
  #now = 0
  /** Events at the present moment. */
  #stuck = 0
  /** Reached by the present event: machine and actor. */
  #touched: (readonly [Machine, string])[] = []
  #mixed = 0x811c9dc5
  readonly #numbers = new Map<string, number>()

  constructor(options: WorldOptions) {
    this.#options = options
    this.timing = options.timing
    if (options.dies) this.dies = options.dies
    this.random = seeded(options.seed)
    this.witnessed = new SimWitness('witness', this.random.split('witness'))
    this.net = new SimNet(options.links ?? 2, this.random.split('net'), () => this.#now)
    this.pdu = new SimPower(this, this.random.split('power'))
    this.throughCodec = this.random.split('codec').int(8) === 0
    const members = Array.from({ length: options.nodes }, (_, i) => ({
      node: nodeId(`node-${i + 1}`),
      name: `n${i + 1}`,
      votes: 1,
      links: Array.from({ length: this.net.links }, (_, l) => ({ address: `10.${l}.0.${i + 1}`, port: 5405 })),
    }))
    const nodes = members.map((m) => m.node)
    this.shared = new SharedDisks(options.disks ?? 0, { cluster, nodes }, this, this.random.split('shared disks'))
    const given: Readonly<Record<string, unknown>> = {
      log: { genesis: members, name: 'sim' },
      ...(options.disks ? { 'disk-heartbeat': { disks: this.shared.disks.map((d) => ({ name: d.name })) } } : {}),
    }
    const actors = actorsOf()
    for (const m of members) {
      const spec = {
        node: m.node,
        name: m.name,
        cluster,
        timing: options.timing,
        actors,
        order: pathsInOrder,
        args: (kind: string) => given[kind],
        persists,
        heals,
        threadOf,
        jobs,
      }
      const machine = new Machine(spec, this, this.random.split(m.name), this.machines.length)
      this.machines.push(machine)
      this.#byNode.set(m.node, machine)
      this.shown.set(m.name, new Map())
    }
  }

  machine(name: string): Machine {
    const found = this.machines.find((m) => m.name === name)
    if (!found) throw new Error(`no machine ${name}`)
    return found
  }

  byNode(node: NodeId): Machine | undefined {
    return this.#byNode.get(node)
  }

  /** Runs until virtual time `ms` from now has passed, or `until` holds. */
  run(ms: number, until?: () => boolean): boolean {
    const end = this.#now + ms
    while (this.#now < end) {
      if (until?.()) return true
      const next = this.#stuck > stuckMax ? undefined : this.heap.pop(end)
      if (!next) {
        this.#now = end
        break
      }
      this.#stuck = next.atMs > this.#now ? 0 : this.#stuck + 1
      if (this.#stuck > stuckMax) this.violate('L10', `more than ${stuckMax} events at ${this.#now} ms: time does not go on`)
      this.#now = next.atMs
      next.run()
      this.events++
      if (this.#touched.length > 0) this.#look()
    }
    return until?.() ?? true
  }

  /** Of every delivery: when, where, from whom, what; in runs through the codec of every byte as well. */
  hash(): string {
    return this.#hash.copy().update(String(this.#mixed)).digest('hex')
  }

  #mix(n: number): void {
    this.#mixed = Math.imul(this.#mixed ^ (n | 0), 0x01000193) ^ (this.#mixed >>> 15)
  }

  /** Names are mixed as numbers, given in the order in which they first come. */
  #numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.#numbers.size + 1)
    this.#hash.update(`${name}\n`)
    return this.#numbers.size
  }

  #look(): void {
    const touched = this.#touched
    this.#touched = []
    for (const [machine, path] of touched) for (const check of this.checks) if (check.path === path) check.look(machine)
  }

  /** What `run` draws comes from `random`: so it draws the same whatever was drawn before. */
  drawing<T>(random: Random, run: () => T): T {
    const usual = this.random
    this.random = random
    try {
      return run()
    } finally {
      this.random = usual
    }
  }

  violate(invariant: string, because: string): void {
    if (this.excuses.some((excuse) => excuse(invariant))) return
    if (this.violations.length < 100) this.violations.push({ atMs: Math.round(this.#now), invariant, because })
  }

  // What machines need of the world (MachineWorld).
  nowMs(): number {
    return this.#now
  }
  after(ms: number, run: () => void): Scheduled {
    return this.heap.add(this.#now + Math.max(0, ms), run)
  }

  again(event: Scheduled, ms: number): Scheduled {
    return this.heap.again(event, this.#now + Math.max(0, ms))
  }

  depart(from: Machine, to: Address, sender: Address, msg: Msg, link: number | undefined): void {
    const target = to.node === undefined ? undefined : this.byNode(to.node)
    if (!target) return
    if (link === undefined) {
      for (const hook of this.departs) hook(from, target.spec.node, to.path, msg)
      return this.#streams.send(from, target, to, sender, msg)
    }
    for (let l = 0; l < this.net.links; l++) if (link === -1 || link === l) this.#datagram(from, target, l, to, sender, msg)
  }

  power(plug: string, action: string, done: (rc: number) => void): void {
    this.pdu.ask(plug, action, done)
  }

  said(machine: Machine, path: string, verdict: Verdict): void {
    this.verdicts.push({ atMs: this.#now, node: machine.name, path, verdict })
    if (this.verdicts.length > 50_000) this.verdicts.shift()
    this.marks.said(verdict.key)
    for (const hook of this.says) hook(machine, path, verdict)
    this.#options.trace?.(`${this.#now.toFixed(2)} ${machine.name} ${path} SAYS ${verdict.key} ${JSON.stringify(verdict.args)}`)
  }

  delivered(machine: Machine, path: string, from: Address, msg: Msg): Msg {
    if (path === 'log' || path === 'quorum') this.#touched.push([machine, path])
    this.#mix(Math.round(this.#now * 1000))
    this.#mix(machine.number)
    this.#mix(this.#numberOf(path))
    if (from.node !== undefined) this.#mix(this.#numberOf(from.node))
    this.#mix(this.#numberOf(msg.type))
    const { trace } = this.#options
    if (trace && msg.type !== 'heard' && msg.type !== 'tick')
      trace(`${this.#now.toFixed(2)} ${machine.name} ${path} <- ${from.node ?? ''}/${from.path} ${msg.type}`)
    if (!this.throughCodec || path.startsWith('link/')) return msg
    const bytes = pack(msg)
    this.#hash.update(bytes)
    const back = unpack(bytes)
    if (!back.ok) {
      this.violate('codec', `${msg.type} was refused by the codec: ${JSON.stringify(back)}`)
      return msg
    }
    return back.value as Msg
  }

  bug(machine: Machine, path: string, error: unknown): void {
    const text = error instanceof Error ? `${error.message}\n${error.stack?.split('\n').slice(1, 6).join('\n')}` : String(error)
    this.violate('bug', `${machine.name} ${path}: ${text}`)
  }

  began(machine: Machine, op: AgentOp, token: Token): void {
    this.#options.trace?.(`${this.#now.toFixed(2)} ${machine.name} guard RUNS ${op.action} ${op.resource} token ${token}`)
    for (const hook of this.runs) hook(machine, op, token)
  }

  stepped(machine: Machine, path: string, env: Env, msg: Msg, before: unknown, step: Step<unknown>): void {
    for (const hook of this.steps) hook(machine, path, env, msg, before, step)
  }

  ended(machine: Machine, result: AgentResult): void {
    for (const hook of this.results) hook(machine, result)
  }

  show(machine: Machine, msg: Msg): void {
    for (const hook of this.shows) hook(machine, msg)
    this.shown.get(machine.name)?.set(msg.type, msg)
  }

  witness(machine: Machine, ask: Msg, answer: (told: Msg) => void): void {
    this.witnessed.carry(machine.name, ask as WitnessAsk, (ms, run) => this.after(ms, run), answer)
  }

  disk(machine: Machine, effect: DiskEffect, answer: (result: DiskResult) => void): void {
    this.shared.carry(machine.name, effect, answer)
  }

  lostPower(machine: Machine): void {
    this.shared.lost(machine.name)
  }

  standIn(machine: Machine): void {
    const beat = { type: 'beat', flags: Flag.kyhadDown, watcher: 0 }
    for (const target of this.machines) {
      if (target === machine) continue
      const sender = { node: machine.spec.node, path: '' }
      for (let l = 0; l < this.net.links; l++) this.#datagram(machine, target, l, sender, sender, beat)
    }
  }

  /** What the wire layer does: sequence numbers, echo, freshness, one new life replaces the old. */
  #datagram(from: Machine, target: Machine, link: number, to: Address, sender: Address, msg: Msg): void {
    const own = from.incarnation
    const lane = this.#lane(from, target, link)
    const seq = lane.number(own)
    const heardOfTarget = lane.back.seenBy(own)
    const arrives = (): void => {
      if (!target.managed) return
      const mine = target.incarnation
      const fresh = heardOfTarget !== undefined && heardOfTarget.life === mine
      lane.heard(mine, own, seq)
      if (msg.type !== 'beat') return target.deliver(to.path, sender, msg, own)
      const { flags, watcher } = msg as Msg & { flags: number; watcher: number }
      const echo = fresh ? heardOfTarget.seq : -1
      const heard = { type: 'heard', seq, echo, fresh, flags, watcher, incarnation: own, rxMs: Math.trunc(target.clock.nowMs()) }
      target.deliver(lane.path, sender, heard, own)
    }
    for (let left = this.net.copies(lane.fault); left > 0; left--) this.after(this.net.delayMs(lane.fault), arrives)
  }

  #lane(from: Machine, target: Machine, link: number): Lane {
    const at = (from.number * this.machines.length + target.number) * this.net.links + link
    const known = this.#lanes[at]
    if (known) return known
    const there = new Lane(`link/${from.spec.node}/${link}`, this.net.fault(from.name, target.name, link))
    const back = new Lane(`link/${target.spec.node}/${link}`, this.net.fault(target.name, from.name, link))
    there.back = back
    back.back = there
    this.#lanes[at] = there
    this.#lanes[(target.number * this.machines.length + from.number) * this.net.links + link] = back
    return there
  }
}
