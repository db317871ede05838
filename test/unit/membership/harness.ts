/**
 * Links, membership and quorum of several nodes in one virtual-time loop: their effects (timers, sends, children) against a small network with
 * loss, delay, cuts and held bursts, and threads that can stall, die and come back. A log is not run: members are handed out by the harness.
 */
import { actor as link } from '../../../actors/heartbeat-link/actor.js'
import { Flag } from '../../../actors/heartbeat-link/messages.js'
import { actor as membership } from '../../../actors/membership/actor.js'
import type { PeerState, View } from '../../../actors/membership/messages.js'
import { actor as quorum } from '../../../actors/quorum/actor.js'
import type { Quorum } from '../../../actors/quorum/messages.js'
import type { Actor, Address, Boot, Effect, Incarnation, Msg, NodeId, Timing, Verdict } from '../../../runtime/actor.js'
import { bootId, clusterId, nodeId } from '../../../runtime/ids.js'
import { type Random, seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { EventHeap, type Scheduled } from '../../sim/heap.js'

export const timing: Timing = {
  beatMs: 50,
  limitMsFloor: 200,
  limitMsMax: 600,
  confirmMsMax: 25,
  electionMsMin: 1000,
  electionMsMax: 2000,
  managerGraceMs: 3000,
  rankMs: 15,
  fenceDelayMs: 125,
}

// biome-ignore lint/suspicious/noExplicitAny: actors of every state and message type
type AnyActor = Actor<any, any>
const kinds: ReadonlyMap<string, AnyActor> = new Map<string, AnyActor>([
  ['heartbeat-link', link],
  ['membership', membership],
  ['quorum', quorum],
])

interface Slot {
  readonly actor: AnyActor
  readonly timers: Map<string, Scheduled>
  state: unknown
}
interface Node {
  readonly name: string
  readonly id: NodeId
  readonly slots: Map<string, Slot>
  boots: number
  counter: number
  /** kyhad runs; `standIn`: its guard beats instead. */
  alive: boolean
  standIn: boolean
  /** The thread is blocked: timers and datagrams wait, each in its own queue. */
  stalled: { readonly sinceMs: number; readonly timers: (() => void)[]; readonly datagrams: (() => void)[] } | undefined
}

export interface Seen {
  readonly atMs: number
  readonly node: string
  readonly verdict: Verdict
}

export interface Options {
  readonly nodes: number
  readonly links?: number
  readonly seed?: string
  readonly loss?: number
  /** Delay of a datagram sent now, ms. */
  readonly delayMs?: (random: Random) => number
  readonly timing?: Timing
  /** The guard beats for a thread that stalled for longer than 100 ms. */
  readonly guard?: boolean
}
const LIVENESS_MS = 100

export class Harness {
  readonly heap = new EventHeap()
  readonly nodes: Node[]
  readonly said: Seen[] = []
  readonly views = new Map<string, View[]>()
  readonly quorums = new Map<string, Quorum[]>()
  readonly random: Random
  /** Beats of a link direction `a>b/n` are dropped. */
  readonly cuts = new Set<string>()
  /** Beats of a link direction are held until this virtual time. */
  readonly holds = new Map<string, number>()
  datagrams = 0
  readonly #options: Required<Options>
  readonly #seqs = new Map<string, number>()
  readonly #seen = new Map<string, { incarnation: Incarnation; seq: number }>()
  #now = 1_000_000

  constructor(options: Options) {
    this.#options = { links: 2, seed: 'harness', loss: 0, delayMs: (r) => 0.1 + r.next() * 0.4, timing, guard: false, ...options }
    this.random = seeded(this.#options.seed)
    this.nodes = Array.from({ length: options.nodes }, (_, i) => ({
      name: `n${i + 1}`,
      id: nodeId(`node-${i + 1}`),
      slots: new Map(),
      boots: 0,
      counter: 0,
      alive: false,
      standIn: false,
      stalled: undefined,
    }))
    for (const n of this.nodes) this.boot(n.name)
  }

  get now(): number {
    return this.#now
  }
  node(name: string): Node {
    const found = this.nodes.find((n) => n.name === name)
    if (!found) throw new Error(`no node ${name}`)
    return found
  }
  incarnation(n: Node): Incarnation {
    return { boot: bootId(`${n.name}boot${n.boots}`), counter: n.counter }
  }

  run(ms: number, until?: () => boolean): boolean {
    const end = this.#now + ms
    for (;;) {
      if (until?.()) return true
      const next = this.heap.pop(end)
      if (!next) {
        this.#now = end
        return until?.() ?? true
      }
      this.#now = next.atMs
      next.run()
    }
  }
  after(ms: number, run: () => void): void {
    this.heap.add(this.#now + ms, run)
  }

  /** What `name` last told its log of `peer`. */
  peer(name: string, peer: string): PeerState | undefined {
    return this.view(name)?.peers.find((p) => p.name === peer)
  }
  view(name: string): View | undefined {
    return this.views.get(name)?.at(-1)
  }
  quorum(name: string): Quorum | undefined {
    return this.quorums.get(name)?.at(-1)
  }
  stateOf(name: string, path: string): unknown {
    return this.node(name).slots.get(path)?.state
  }
  keys(node: string, sinceMs = 0): string[] {
    return this.said.filter((s) => s.node === node && s.atMs >= sinceMs).map((s) => s.verdict.key)
  }

  /** A new life of the machine. */
  boot(name: string): void {
    const n = this.node(name)
    n.boots++
    n.counter = 0
    this.startManager(name)
  }
  startManager(name: string): void {
    const n = this.node(name)
    n.counter++
    n.alive = true
    n.standIn = false
    this.#start(n, 'membership', 'membership', undefined)
    this.#start(n, 'quorum', 'quorum', undefined)
    this.members(name)
  }
  /** The whole machine is gone at once. */
  kill(name: string): void {
    const n = this.node(name)
    n.alive = false
    n.standIn = false
    this.#drop(n)
  }
  /** kyhad is gone; the guard beats for it until `startManager` or `stopStandIn`. */
  killManager(name: string): void {
    const n = this.node(name)
    n.alive = false
    n.standIn = true
    this.#drop(n)
    this.#standInBeat(n, n.counter)
  }
  stopStandIn(name: string): void {
    this.node(name).standIn = false
  }
  /** Blocks the thread of `name`; on waking, timers run before datagrams, and the host's Stall comes between. */
  stall(name: string, ms: number): void {
    const n = this.node(name)
    if (!n.alive || n.stalled) return
    const stalled = { sinceMs: this.#now, timers: [], datagrams: [] }
    n.stalled = stalled
    const life = `${n.boots}/${n.counter}`
    if (this.#options.guard) this.after(LIVENESS_MS, () => this.#stallBeat(n, stalled))
    this.after(ms, () => {
      const waiting = n.stalled
      n.stalled = undefined
      if (!waiting || !n.alive || life !== `${n.boots}/${n.counter}`) return
      for (const run of waiting.timers) run()
      this.deliver(n, 'membership', { path: '' }, { type: 'stall', lateMs: Math.trunc(ms) } as Msg)
      for (const run of waiting.datagrams) run()
    })
  }
  /** Drops (or lets pass again) datagrams from `a` to `b` on `link`, or on all links; one way. */
  cut(a: string, b: string, on = true, link?: number): void {
    for (let l = 0; l < this.#options.links; l++) {
      if (link !== undefined && l !== link) continue
      if (on) this.cuts.add(`${a}>${b}/${l}`)
      else this.cuts.delete(`${a}>${b}/${l}`)
    }
  }
  cutBoth(a: string, b: string, on = true, link?: number): void {
    this.cut(a, b, on, link)
    this.cut(b, a, on, link)
  }
  members(name: string, list: readonly Node[] = this.nodes): void {
    const members = list.map((m) => ({ node: m.id, name: m.name, votes: 1, links: this.#options.links }))
    for (const path of ['membership', 'quorum']) this.tell(name, path, { type: 'members', members } as Msg)
  }
  /** A message of the same node. */
  tell(name: string, path: string, msg: Msg): void {
    this.deliver(this.node(name), path, { node: this.node(name).id, path: 'log' }, msg)
  }

  deliver(n: Node, path: string, from: Address, msg: Msg, incarnation?: Incarnation): void {
    const slot = n.slots.get(path)
    if (!n.alive || !slot) return
    const env = {
      now: instant(this.#now),
      random: this.random,
      self: { node: n.id, path },
      from,
      ...(incarnation ? { fromIncarnation: incarnation } : {}),
    }
    const step = slot.actor.receive(slot.state, msg, env)
    slot.state = step.state
    for (const e of step.effects) this.#perform(n, slot, path, e)
  }

  #start(n: Node, kind: string, path: string, args: unknown): void {
    const actor = kinds.get(kind)
    if (!actor) throw new Error(`no actor ${kind}`)
    const slot: Slot = { actor, timers: new Map(), state: undefined }
    n.slots.set(path, slot)
    const boot: Boot = {
      cluster: clusterId('c'),
      node: n.id,
      name: n.name,
      incarnation: this.incarnation(n),
      timing: this.#options.timing,
      ...(args === undefined ? {} : { args }),
    }
    const env = { now: instant(this.#now), random: this.random, self: { node: n.id, path }, from: { path: '' } }
    const step = actor.init(boot, env)
    slot.state = step.state
    for (const e of step.effects) this.#perform(n, slot, path, e)
  }

  #drop(n: Node): void {
    for (const path of [...n.slots.keys()]) this.#stop(n, path)
    n.stalled = undefined
  }
  #stop(n: Node, path: string): void {
    for (const t of n.slots.get(path)?.timers.values() ?? []) t.cancelled = true
    n.slots.delete(path)
  }

  #perform(n: Node, slot: Slot, path: string, e: Effect): void {
    if (e.do === 'say') this.said.push({ atMs: this.#now, node: n.name, verdict: e.verdict })
    else if (e.do === 'send') this.#send(n, path, e)
    else if (e.do === 'child') {
      if (e.op === 'start') this.#start(n, e.kind, e.path, e.args)
      else this.#stop(n, e.path)
    } else if (e.do === 'timer' || e.do === 'cancel') {
      const old = slot.timers.get(e.key)
      if (old) old.cancelled = true
      slot.timers.delete(e.key)
      if (e.do === 'timer') slot.timers.set(e.key, this.#timer(n, slot, path, e))
    }
  }

  #timer(n: Node, slot: Slot, path: string, e: Extract<Effect, { do: 'timer' }>): Scheduled {
    const run = (): void => {
      if (n.slots.get(path) !== slot || slot.timers.get(e.key) !== mine) return
      if (n.stalled) return void n.stalled.timers.push(run)
      slot.timers.delete(e.key)
      this.deliver(n, path, { path: '' }, e.msg)
    }
    const mine = this.heap.add(Math.max(this.#now, e.atMs), run)
    return mine
  }

  #send(n: Node, path: string, e: Extract<Effect, { do: 'send' }>): void {
    const { to, msg } = e
    if (to.node === undefined || to.node === n.id) {
      const keep = <T extends Msg>(map: Map<string, T[]>): void => void map.set(n.name, [...(map.get(n.name) ?? []).slice(-200), msg as T])
      if (to.path === 'log' && msg.type === 'view') keep(this.views)
      if (to.path === 'log' && msg.type === 'quorum') keep(this.quorums)
      this.heap.add(this.#now + 0.02, () => this.deliver(n, to.path, { node: n.id, path }, msg))
      return
    }
    const target = this.nodes.find((t) => t.id === to.node)
    if (!target) return
    for (let l = 0; l < this.#options.links; l++) if (e.link === undefined || e.link === l) this.#datagram(n, target, l, to.path, path, msg)
  }

  #standInBeat(n: Node, counter: number): void {
    if (!n.standIn || n.counter !== counter) return
    this.#standInFrames(n)
    this.after(this.#options.timing.beatMs, () => this.#standInBeat(n, counter))
  }
  /** The guard's beats for a manager that is stalled. */
  #stallBeat(n: Node, stalled: Node['stalled']): void {
    if (!n.alive || n.stalled !== stalled) return
    this.#standInFrames(n)
    this.after(this.#options.timing.beatMs, () => this.#stallBeat(n, stalled))
  }
  #standInFrames(n: Node): void {
    const beat = { type: 'beat', flags: Flag.kyhadDown, watcher: 0 }
    for (const t of this.nodes) if (t !== n) for (let l = 0; l < this.#options.links; l++) this.#datagram(n, t, l, '', '', beat)
  }

  /** The wire: numbers, echo, freshness. */
  #datagram(n: Node, target: Node, l: number, toPath: string, path: string, msg: Msg): void {
    this.datagrams++
    const way = `${n.name}>${target.name}/${l}`
    const own = this.incarnation(n)
    const tag = (i: Incarnation): string => `${i.boot}/${i.counter}`
    const seq = (this.#seqs.get(`${way} ${tag(own)}`) ?? 0) + 1
    this.#seqs.set(`${way} ${tag(own)}`, seq)
    const heard = this.#seen.get(`${target.name}>${n.name}/${l} ${tag(own)}`)
    if (this.cuts.has(way) || this.random.chance(this.#options.loss)) return
    const arrive = (): void => {
      if (!target.alive) return
      if (target.stalled) return void target.stalled.datagrams.push(arrive)
      const mine = this.incarnation(target)
      const fresh = heard !== undefined && tag(heard.incarnation) === tag(mine)
      const seenKey = `${way} ${tag(mine)}`
      const seen = this.#seen.get(seenKey)
      if (!seen || tag(seen.incarnation) !== tag(own) || seen.seq < seq) this.#seen.set(seenKey, { incarnation: own, seq })
      const from = { node: n.id, path }
      if (msg.type !== 'beat') return this.deliver(target, toPath, from, msg, own)
      const { flags, watcher } = msg as Msg & { flags: number; watcher: number }
      const echo = fresh ? heard.seq : -1
      const rxMs = instant(this.#now)
      const body = { type: 'heard', seq, echo, fresh, flags, watcher, incarnation: own, rxMs } as Msg
      this.deliver(target, `link/${n.id}/${l}`, from, body, own)
    }
    const held = Math.max(0, (this.holds.get(way) ?? 0) - this.#now)
    this.heap.add(this.#now + held + this.#options.delayMs(this.random), arrive)
  }
}
