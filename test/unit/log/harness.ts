/**
 * Log actors in one virtual-time loop: a network that loses, delays, repeats and partitions, disks that lose what was not yet durable, an
 * oracle for View and Quorum. After every event the checkers of S6-S10 and S12 look at all nodes; the first violation throws.
 */
import { actor } from '../../../actors/log/actor.js'
import type { Entry, LogIn, Member, Proposed, Raft } from '../../../actors/log/messages.js'
import { type LogState, soloOf } from '../../../actors/log/raft.js'
import type { PeerState } from '../../../actors/membership/messages.js'
import { predicateOf } from '../../../actors/quorum/twonode.js'
import { weight } from '../../../actors/quorum/votes.js'
import type { Address, Boot, Effect, Env, Msg, NodeId, StoreOp, Timing } from '../../../runtime/actor.js'
import { bootId, clusterId, nodeId } from '../../../runtime/ids.js'
import { type Random, seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { verdict } from '../../../runtime/verdict.js'
import { Checkers } from './checkers.js'
import { type Disk, emptyDisk, keep, recoveredFrom } from './disk.js'

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

export interface Faults {
  lossPct: number
  repeatPct: number
  delayMs: number
}

interface Timer {
  readonly run: () => void
  cancelled: boolean
}

export class Node {
  state: LogState | undefined
  disk = emptyDisk()
  writing: { op: StoreOp; then: readonly Effect[]; life: number }[] = []
  timers = new Map<string, Timer>()
  up = false
  life = 0
  boot = 0
  freeMs = 0
  full = false
  /** Joins a cluster that stands already. */
  joins = false
  /** Whom joining.json names; whom the log wants to talk to. */
  joining: readonly NodeId[] = []
  peers: ReadonlySet<NodeId> = new Set()
  /** Switched off: its next start is another life of the machine. */
  powerOff = false
  random: Random
  inbox: { to: string; msg: Msg }[] = []
  viewNo = 0
  /** What this node last saw of each peer. */
  sees = new Map<NodeId, { state: PeerState['state']; life: string; boot: number; counter: number }>()
  constructor(
    readonly id: NodeId,
    seed: string,
  ) {
    this.random = seeded(seed)
  }
  get incarnation(): Boot['incarnation'] {
    return { boot: bootId(`${this.id}-b${this.boot}`), counter: this.life }
  }
}

export class Harness {
  nowMs = 0
  readonly nodes: Node[]
  readonly members: Member[]
  readonly random: Random
  readonly faults: Faults = { lossPct: 0, repeatPct: 0, delayMs: 1 }
  /** Ordered pairs `a>b` that are cut. */
  readonly cut = new Set<string>()
  detectMs = 100
  /** As the wire has it: nobody takes messages of who is no peer of it. */
  strangers = false
  readonly answers: { node: NodeId; atMs: number; answer: Proposed }[] = []
  readonly said: { node: NodeId; key: string; at?: { index: number; n: number } }[] = []
  trace: ((line: string) => void) | undefined
  events = 0
  readonly #checkers = new Checkers()
  #heap: { atMs: number; order: number; run: () => void }[] = []
  #order = 0

  constructor(
    readonly seed: string,
    count: number,
    votes: (i: number) => number = () => 1,
  ) {
    this.random = seeded(seed)
    this.members = Array.from({ length: count }, (_, i) => ({
      node: nodeId(`n${i + 1}`),
      name: `n${i + 1}`,
      votes: votes(i),
      links: [{ address: `10.0.0.${i + 1}`, port: 5405 }],
    }))
    this.nodes = this.members.map((m) => new Node(m.node, `${seed}/${m.node}`))
  }

  /** A machine that is no member yet. */
  addNode(name: string): Node {
    const node = new Node(nodeId(name), `${this.seed}/${name}`)
    node.joins = true
    this.nodes.push(node)
    return node
  }
  node(name: string): Node {
    const found = this.nodes.find((n) => n.id === name)
    if (!found) throw new Error(`no node ${name}`)
    return found
  }
  /** The node that leads and may decide, in the highest term. */
  leader(): Node | undefined {
    const ready = this.nodes.filter((n) => n.up && n.state?.role === 'leader' && n.state.told.ready)
    return ready.sort((a, b) => (b.state?.hard.term ?? 0) - (a.state?.hard.term ?? 0))[0]
  }

  after(ms: number, run: () => void): void {
    const item = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, run }
    let lo = 0
    let hi = this.#heap.length
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      const at = this.#heap[mid] as typeof item
      if (at.atMs < item.atMs || (at.atMs === item.atMs && at.order < item.order)) hi = mid
      else lo = mid + 1
    }
    this.#heap.splice(lo, 0, item) // latest first
  }

  /** Runs for `ms` of virtual time, or until `until` holds. */
  run(ms: number, until?: () => boolean): boolean {
    const end = this.nowMs + ms
    for (;;) {
      if (until?.()) return true
      const next = this.#heap.at(-1)
      if (!next || next.atMs > end) break
      this.#heap.pop()
      this.nowMs = next.atMs
      next.run()
      this.events++
    }
    this.nowMs = end
    return until?.() ?? true
  }

  start(node: Node, reboot = false): void {
    if (node.up) return
    node.up = true
    node.life++
    if (reboot || node.powerOff || node.boot === 0) node.boot++
    node.powerOff = false
    node.sees.clear()
    node.freeMs = this.nowMs
    const boot: Boot = {
      cluster: clusterId('00000000-0000-4000-8000-000000000001'),
      node: node.id,
      name: node.id,
      incarnation: node.incarnation,
      timing,
      recovered: recoveredFrom(node.disk),
      args: { genesis: node.joins ? [] : this.members, name: 'test', joining: node.joining },
    }
    this.#step(node, () => actor.init(boot, this.#env(node, { path: '' })))
    const { life } = node
    this.after(10, () => node.life === life && this.#tellView(node))
    this.lookAround()
  }
  startAll(): void {
    for (const n of this.nodes) this.start(n)
  }

  /** Everything that is not durable is lost; of the writes on their way a random prefix made it. */
  crash(node: Node): void {
    if (!node.up) return
    node.up = false
    const kept = this.random.int(node.writing.length + 1)
    for (const wr of node.writing.slice(0, kept)) keep(node.disk, wr.op)
    node.writing = []
    for (const t of node.timers.values()) t.cancelled = true
    node.timers.clear()
    node.state = undefined
    this.lookAround()
  }

  /** The disk of a node that is down becomes another: its terms may go back; votes that were given stay given. */
  restore(node: Node, disk: Disk): void {
    node.disk = disk
    this.#checkers.restored(node)
  }

  cutPair(a: string, b: string): void {
    this.cut.add(`${a}>${b}`).add(`${b}>${a}`)
    this.lookAround()
  }
  partition(...sides: string[][]): void {
    this.cut.clear()
    for (const side of sides)
      for (const other of sides) if (side !== other) for (const a of side) for (const b of other) this.cut.add(`${a}>${b}`)
    this.lookAround()
  }
  heal(): void {
    this.cut.clear()
    this.lookAround()
  }

  propose(node: Node, id: string, entry: Entry, extra: object = {}): void {
    this.after(0, () => this.deliver(node, { path: 'console' }, { type: 'propose', id, entry, ...extra } as LogIn))
  }
  answerTo(id: string): Proposed | undefined {
    return this.answers.find((a) => a.answer.id === id)?.answer
  }

  /** After a change of the world: each node's View and Quorum follow `detectMs` later (with spread), as their actors would tell. */
  lookAround(): void {
    for (const n of this.nodes) {
      if (!n.up) continue
      for (const p of this.nodes) if (p !== n) this.#look(n, p)
    }
  }

  #look(n: Node, p: Node): void {
    const life = n.life
    const hears = (): boolean => p.up && !this.cut.has(`${p.id}>${n.id}`) && !this.cut.has(`${n.id}>${p.id}`)
    const heard = hears()
    const delay = heard ? 20 + this.random.next() * 60 : this.detectMs + this.random.next() * 80
    this.after(delay, () => {
      if (!n.up || n.life !== life || hears() !== heard) return
      const was = n.sees.get(p.id)
      const seen = heard ? `${p.boot}:${p.life}` : (was?.life ?? '')
      const state = heard ? 'alive' : was ? 'silent' : 'never-seen'
      if (was?.state === state && was.life === seen) return
      n.sees.set(p.id, { state, life: seen, boot: heard ? p.boot : (was?.boot ?? 0), counter: heard ? p.life : (was?.counter ?? 0) })
      this.#tellView(n)
    })
  }

  #tellView(n: Node): void {
    const peers = this.nodes.flatMap((p) => {
      if (p === n) return []
      const seen = n.sees.get(p.id)
      const incarnation = seen && seen.counter > 0 ? { incarnation: { boot: bootId(`${p.id}-b${seen.boot}`), counter: seen.counter } } : {}
      return [{ node: p.id, name: p.id, state: seen?.state ?? ('never-seen' as const), links: [], ...incarnation }]
    })
    const present = this.nodes.filter((p) => p === n || n.sees.get(p.id)?.state === 'alive').map((p) => p.id)
    const members = n.state?.members ?? []
    const solo = n.state && soloOf(n.state)
    const rule = predicateOf(members, solo, n.state?.tieBreak)
    this.deliver(n, { path: 'membership' }, { type: 'view', viewNo: ++n.viewNo, self: n.id, peers, selfDoubt: 0 })
    this.deliver(
      n,
      { path: 'quorum' },
      {
        type: 'quorum',
        quorate: rule.holds(new Set(present)),
        votes: weight(members, new Set(present)),
        votesTotal: rule.votesTotal,
        votesNeeded: rule.votesNeeded,
        mode: rule.mode,
        present,
        because: verdict('quorum', 'log.leads', {}),
      },
    )
  }

  deliver(node: Node, from: Address, msg: LogIn, incarnation?: Boot['incarnation']): void {
    if (!node.up || !node.state) return
    const state = node.state
    this.trace?.(`${this.nowMs.toFixed(1)} ${node.id} <- ${from.node ?? ''}${from.path} ${JSON.stringify(msg).slice(0, 160)}`)
    this.#step(node, () => actor.receive(state, msg, this.#env(node, from, incarnation)))
  }

  #env(node: Node, from: Address, incarnation?: Boot['incarnation']): Env {
    const base = { now: instant(this.nowMs), random: node.random, self: { node: node.id, path: 'log' }, from }
    return incarnation ? { ...base, fromIncarnation: incarnation } : base
  }

  #step(node: Node, run: () => { state: LogState; effects: readonly Effect[] }): void {
    const { state, effects } = run()
    node.state = state
    for (const e of effects) this.#perform(node, e)
    this.#checkers.check(node)
  }

  #perform(node: Node, e: Effect): void {
    switch (e.do) {
      case 'send':
        return this.#send(node, e.to, e.msg)
      case 'timer': {
        const old = node.timers.get(e.key)
        if (old) old.cancelled = true
        const life = node.life
        const t: Timer = {
          cancelled: false,
          run: () => {
            if (t.cancelled || node.life !== life) return
            node.timers.delete(e.key)
            this.deliver(node, { path: '' }, e.msg as LogIn)
          },
        }
        node.timers.set(e.key, t)
        return this.after(e.atMs - this.nowMs, t.run)
      }
      case 'cancel': {
        const old = node.timers.get(e.key)
        if (old) old.cancelled = true
        node.timers.delete(e.key)
        return
      }
      case 'persist':
        return this.#persist(node, e.op, e.then)
      case 'say':
        this.said.push({ node: node.id, key: e.verdict.key, ...(e.at ? { at: e.at } : {}) })
        return
      case 'peers':
        node.peers = new Set([...e.peers.map((p) => p.node), ...node.joining])
        return
      case 'stop':
        return this.crash(node)
      default:
        return
    }
  }

  #send(node: Node, to: Address, msg: Msg): void {
    if (to.node === undefined || to.node === node.id) {
      const life = node.life
      if (to.path === 'log') return this.after(0, () => node.life === life && this.deliver(node, { path: 'log' }, msg as LogIn))
      node.inbox.push({ to: to.path, msg })
      if (node.inbox.length > 1000) node.inbox.shift()
      if (msg.type === 'solo-set' || (msg.type === 'members' && to.path === 'quorum'))
        this.after(0, () => node.state && this.#tellView(node))
      if (msg.type === 'proposed') this.answers.push({ node: node.id, atMs: this.nowMs, answer: msg as Proposed })
      return
    }
    const target = this.nodes.find((n) => n.id === to.node)
    if (!target) return
    this.#checkers.spoken(node, msg as Raft)
    if (this.strangers && !(node.peers.has(target.id) && target.peers.has(node.id))) return
    const { lossPct, repeatPct, delayMs } = this.faults
    const incarnation = node.incarnation
    const from = { node: node.id, path: 'log' }
    const copies = this.random.chance(lossPct / 100) ? 0 : this.random.chance(repeatPct / 100) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      this.after(0.2 + this.random.next() * delayMs, () => {
        if (!this.cut.has(`${node.id}>${target.id}`)) this.deliver(target, from, msg as LogIn, incarnation)
      })
    }
  }

  #persist(node: Node, op: StoreOp, then: readonly Effect[]): void {
    const write = { op, then, life: node.life }
    const life = node.life
    if (node.full && op.slot !== 'hard') {
      return this.after(
        0.3,
        () => node.life === life && this.deliver(node, { path: '' }, { type: 'store-failed', slot: op.slot, full: true, error: 'ENOSPC' }),
      )
    }
    node.writing.push(write)
    node.freeMs = Math.max(node.freeMs, this.nowMs) + 0.3 + this.random.next() * 2
    this.after(node.freeMs - this.nowMs, () => {
      if (!node.up || node.life !== life || node.writing[0] !== write) return
      node.writing.shift()
      keep(node.disk, op)
      for (const e of then) this.#perform(node, e)
    })
  }
}

/** A small decision that always holds. */
export const cleanup = (n: number): Entry => ({ type: 'cleanup', resource: `r${n}`, by: 'test' })
