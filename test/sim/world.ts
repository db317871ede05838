/**
 * A simulated cluster: machines, network, power switch, virtual time and one seed. The same seed gives the same event hash (S21).
 * Checkers run after every event; what they find is kept with its virtual time.
 */
import { createHash, type Hash } from 'node:crypto'
import { Flag } from '../../actors/heartbeat-link/messages.js'
import type { Member } from '../../actors/log/messages.js'
import type { WitnessAsk } from '../../actors/witness/messages.js'
import type { Address, AgentOp, AgentResult, DiskResult, Effect, Env, Msg, NodeId, Step, Timing, Token } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { type Random, seeded } from '../../runtime/random.js'
import type { Verdict } from '../../runtime/verdict.js'
import { pack, unpack } from '../../runtime/wire/codec.js'
import { actorsOf, heals, jobs, pathsInOrder, persists, threadOf } from './actors.js'
import { SimDatagrams } from './datagrams.js'
import { EventHeap, type Scheduled } from './heap.js'
import { Machine } from './machine.js'
import { Marks } from './marks.js'
import { SimNet } from './net.js'
import { SimPower } from './power.js'
import { Roster } from './roster.js'
import { type DiskEffect, SharedDisks } from './shared-disk.js'
import type { MachineSpec } from './spec.js'
import { SimStreams } from './streams.js'
import { SimWitness } from './witness.js'

export interface WorldOptions {
  readonly seed: string
  readonly nodes: number
  /** Further machines, which can join. */
  readonly spares?: number
  /** Nodes that the cluster is created with, all of them unless said otherwise; the rest joins. */
  readonly founders?: number
  readonly links?: number
  readonly timing: Timing
  /** Disks that all machines share. */
  readonly disks?: number
  /** Every machine has a hardware watchdog that resets it after so long. */
  readonly watchdogMs?: number | undefined
  /** Called for every delivery (a trace). */
  readonly trace?: (line: string) => void
  /** Called before and after every effect of every actor: ends the machine or its kyhad there, and says so (crash points). */
  readonly dies?: (machine: Machine, when: 'before' | 'after', effect: Effect) => boolean
}

const actors = actorsOf()

/** What runtime/main.ts gives the actors: the log the founders, if this node is one of them, else who took it in; the shared disks. */
export function argsOf(
  genesis: readonly Member[],
  { disks }: Pick<SharedDisks, 'disks'>,
  watchdogMs?: number,
  joining: readonly NodeId[] = [],
): (kind: string) => unknown {
  const given: Readonly<Record<string, unknown>> = {
    log: { genesis, name: 'sim', joining, ...(watchdogMs === undefined ? {} : { watchdogMs }) },
    ...(disks.length > 0 ? { 'disk-heartbeat': { disks: disks.map((d) => ({ name: d.name })) } } : {}),
  }
  return (kind) => given[kind]
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
  readonly excuses: ((invariant: string, because: string) => boolean)[] = []
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
  /** Who is to be a member, and the operators who see to it. */
  readonly roster: Roster
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
  readonly #datagrams = new SimDatagrams(this)
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
    this.witnessed = new SimWitness(SimWitness.called, this.random.split('witness'))
    this.net = new SimNet(options.links ?? 2, this.random.split('net'), () => this.#now)
    this.pdu = new SimPower(this, this.random.split('power'))
    this.throughCodec = this.random.split('codec').int(8) === 0
    const spares = options.spares ?? 0
    const all = Array.from({ length: options.nodes + spares }, (_, i) => this.#member(i))
    const founders = all.slice(0, options.founders ?? options.nodes)
    this.shared = new SharedDisks(options.disks ?? 0, { cluster, nodes: all.map((m) => m.node) }, this, this.random.split('shared disks'))
    for (const member of all) {
      const founds = founders.includes(member)
      const spec = this.#specOf(member, founds ? founders : [])
      this.machines.push(new Machine(spec, this, this.random.split(member.name), this.machines.length, founds))
      this.shown.set(member.name, new Map())
    }
    this.roster = new Roster(this, this.machines.slice(0, options.nodes))
  }

  #member(i: number): Member {
    const links = Array.from({ length: this.net.links }, (_, l) => ({ address: `10.${l}.0.${i + 1}`, port: 5405 }))
    return { node: nodeId(`node-${i + 1}`), name: `n${i + 1}`, votes: 1, links }
  }

  /** `genesis`: the founders, for one of them; nobody, for who joins. */
  #specOf({ node, name, links }: Member, genesis: readonly Member[]): MachineSpec {
    const { watchdogMs } = this.#options
    return {
      node,
      name,
      links,
      args: argsOf(genesis, this.shared, watchdogMs),
      cluster,
      timing: this.#options.timing,
      actors,
      order: pathsInOrder,
      persists,
      heals,
      threadOf,
      jobs,
      ...(watchdogMs === undefined ? {} : { watchdogMs }),
    }
  }

  machine(name: string): Machine {
    const found = this.machines.find((m) => m.name === name)
    if (!found) throw new Error(`no machine ${name}`)
    return found
  }

  /** The machine that has this identity now. */
  byNode(node: NodeId): Machine | undefined {
    const known = this.#byNode.get(node)
    if (known?.spec.node === node) return known
    const found = this.machines.find((m) => m.spec.node === node)
    if (found) this.#byNode.set(node, found)
    return found
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
    if (this.excuses.some((excuse) => excuse(invariant, because))) return
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
      if (!this.#reaches(from, target)) return
      for (const hook of this.departs) hook(from, target.spec.node, to.path, msg)
      return this.#streams.send(from, target, to, sender, msg)
    }
    if (!from.peers.beats(target.spec.node)) return
    for (let l = 0; l < this.net.links; l++) if (link === -1 || link === l) this.#datagrams.send(from, target, l, to, sender, msg)
  }

  /** `from` has `target` for a peer, under the addresses that it has. */
  #reaches(from: Machine, target: Machine): boolean {
    const links = from.peers.stream(target.spec.node)?.links
    if (links?.every((address, i) => address === target.spec.links[i]?.address) === false)
      this.violate('peers', `${from.name} takes ${target.name} to be at ${links.join(', ')}`)
    return links !== undefined
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

  /** When the lease of a machine last ran out. */
  lapsedMs = Number.NEGATIVE_INFINITY
  /** When a watchdog last reset a machine. */
  resetMs = Number.NEGATIVE_INFINITY
  reset(): void {
    this.resetMs = this.#now
    this.marks.sometimes('a watchdog reset its machine')
  }

  ended(machine: Machine, result: AgentResult): void {
    for (const hook of this.results) hook(machine, result)
  }

  show(machine: Machine, msg: Msg): void {
    for (const hook of this.shows) hook(machine, msg)
    this.shown.get(machine.name)?.set(msg.type, msg)
  }

  started(machine: Machine): void {
    this.roster.started(machine)
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
    for (const node of machine.guardPeers) {
      const target = this.byNode(node)
      if (!target) continue
      const sender = { node: machine.spec.node, path: '' }
      for (let l = 0; l < this.net.links; l++) this.#datagrams.send(machine, target, l, sender, sender, beat)
    }
  }
}
