/**
 * The real log actors of two or three nodes under an adversary instead of a clock: at each step one of all the things that could happen next happens. Any
 * message of those on their way is delivered, repeated or lost; a write arrives; any node's next timer fires (each node has a clock of its own); anybody
 * is called alive or silent; power goes, managers restart, a machine is fenced and the certificate comes when it likes. The same freedom as the
 * models have, drawn at random, with nothing abstracted: what a model says of the rules is looked for in the code.
 */
import { actor } from '../../actors/log/actor.js'
import type { Certificate, Entry, LogIn, Member } from '../../actors/log/messages.js'
import { decides, type LogState, soloOf } from '../../actors/log/raft.js'
import type { PeerState } from '../../actors/membership/messages.js'
import { predicateOf } from '../../actors/quorum/twonode.js'
import { weight } from '../../actors/quorum/votes.js'
import type { Address, BootId, Effect, Incarnation, Msg, NodeId, StoreOp } from '../../runtime/actor.js'
import { bootId, clusterId, index, nodeId } from '../../runtime/ids.js'
import { type Random, seeded } from '../../runtime/random.js'
import { instant } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import { Checkers } from '../unit/log/checkers.js'
import { emptyDisk, keep, recoveredFrom } from '../unit/log/disk.js'
import { timing } from '../unit/log/harness.js'

interface Machine {
  readonly id: NodeId
  readonly random: Random
  state: LogState | undefined
  disk: ReturnType<typeof emptyDisk>
  up: boolean
  boot: number
  counter: number
  nowMs: number
  viewNo: number
  writing: { readonly op: StoreOp; readonly then: readonly Effect[] }[]
  timers: Map<string, { readonly atMs: number; readonly msg: Msg }>
  /** Messages to itself, in order. */
  own: Msg[]
  sees: Map<NodeId, { state: PeerState['state']; incarnation: Incarnation }>
  /** Certificates that its fencer was given and has not told yet. */
  certificates: Certificate[]
}
interface Way {
  readonly from: Machine
  readonly to: Machine
  readonly msg: Msg
  readonly incarnation: Incarnation
}
const kinds = [
  'deliver',
  'repeat',
  'lose',
  'write',
  'timer',
  'view',
  'look',
  'restart',
  'power',
  'boot',
  'fence',
  'solo',
  'propose',
  'admit',
  'transfer',
] as const
type Kind = (typeof kinds)[number]
/** How likely each is; every history draws its own around these. */
const usual: Readonly<Record<Kind, number>> = {
  deliver: 40,
  repeat: 3,
  lose: 8,
  write: 40,
  timer: 20,
  view: 4,
  look: 20,
  restart: 1,
  power: 2,
  boot: 8,
  fence: 5,
  solo: 12,
  propose: 2,
  admit: 6,
  transfer: 3,
}
const onTheWayMax = 40

export class Adversary {
  readonly machines: readonly Machine[]
  /** What happened, newest last. */
  readonly steps: string[] = []
  /** Histories that never get there show nothing. */
  readonly reached = { leaders: 0, solos: 0, both: 0 }
  readonly #random: Random
  readonly #checkers = new Checkers()
  readonly #members: readonly Member[]
  #net: Way[] = []
  #ids = 0

  constructor(seed: string, count: number) {
    this.#random = seeded(seed)
    this.#members = Array.from({ length: count }, (_, i) => ({
      node: nodeId(`n${i + 1}`),
      name: `n${i + 1}`,
      votes: 1,
      links: [{ address: `10.0.0.${i + 1}`, port: 5405 }],
    }))
    this.machines = this.#members.map(({ node }) => ({
      id: node,
      random: seeded(`${seed}/${node}`),
      state: undefined,
      disk: emptyDisk(),
      up: false,
      boot: 0,
      counter: 0,
      nowMs: 1,
      viewNo: 0,
      writing: [],
      timers: new Map(),
      own: [],
      sees: new Map(),
      certificates: [],
    }))
    for (const m of this.machines) this.#boot(m)
  }

  /** A history: together, and then bursts of both kinds, short and long. */
  run(rounds: number): void {
    this.calm(400, () => this.together())
    for (let n = 0; n < rounds; n++) {
      this.wild(20 + this.#random.int(60))
      this.calm(this.#random.int(150), () => this.together())
    }
  }

  /** `count` steps, each whatever the adversary likes. */
  wild(count: number): void {
    const weights = kinds.map((kind) => usual[kind] * (this.#random.chance(0.15) ? 0 : 2 ** (this.#random.int(5) - 2)))
    const total = weights.reduce((a, b) => a + b, 0)
    for (let n = 0; n < count; n++) {
      const at = this.#random.next() * total
      let sum = 0
      const kind = kinds[
        weights.findIndex((w) => {
          sum += w
          return at < sum
        })
      ] as Kind
      this.#do(kind, this.#pick(this.machines) as Machine)
    }
  }

  /** Everybody is up and heard, everything arrives in order: until `done`, or for so many steps. */
  calm(steps: number, done: () => boolean): void {
    for (const m of this.machines) if (!m.up) this.#boot(m)
    for (let n = 0; n < steps && !done(); n++) {
      if (n % 20 === 0) for (const m of this.machines) for (const p of this.machines) if (p !== m) this.#see(m, p, 'alive')
      const way = this.#net.shift()
      const busy = this.machines.find((m) => m.writing.length > 0)
      if (busy) this.#written(busy)
      if (way) this.#deliver(way)
      if (busy || way) continue
      for (const m of this.machines) this.#admitAll(m)
      const next = this.machines.filter((m) => m.timers.size > 0).sort((a, b) => dueIn(a) - dueIn(b))[0]
      if (next && this.#net.length === 0 && this.machines.every((m) => m.writing.length === 0)) this.#fire(next)
    }
  }

  /** Every machine holds every machine's present life admitted. */
  together(): boolean {
    const good = (s: LogState | undefined): boolean =>
      s !== undefined &&
      soloOf(s) === undefined &&
      this.machines.every((p) => s.cluster.lives[p.id]?.boot === bootOf(p) && s.cluster.lives[p.id]?.state === 'admitted')
    return this.machines.every((m) => good(m.state))
  }

  #do(kind: Kind, m: Machine): void {
    const peer = this.#pick(this.machines.filter((p) => p !== m)) as Machine
    const way = this.#pick(this.#net)
    switch (kind) {
      case 'deliver':
      case 'lose':
        if (!way) return
        this.#net = this.#net.filter((w) => w !== way)
        return kind === 'lose' ? this.#note(`lost: ${shown(way)}`) : this.#deliver(way)
      case 'repeat':
        return way && this.#deliver(way)
      case 'write':
        return this.#written(m)
      case 'timer':
        return this.#fire(m)
      case 'view':
        return this.#see(m, peer, this.#pick(['silent', 'suspect', 'manager-down', 'alive'] as const) as PeerState['state'])
      case 'look':
        return this.#see(m, peer, peer.up ? 'alive' : 'silent')
      case 'restart':
        if (!m.up) return // a machine that was off comes back as another life
        this.#end(m, 'its manager restarts')
        return this.#start(m)
      case 'power':
        return this.#end(m, 'loses power')
      case 'boot':
        return m.up ? undefined : this.#boot(m)
      case 'fence':
        return this.#fence(m, peer)
      case 'solo': {
        const certificate = m.certificates.shift()
        return certificate && this.#tell(m, { path: 'coordinator' }, { type: 'solo', certificate } as LogIn)
      }
      case 'propose':
        return this.#propose(m, { type: 'cleanup', resource: `r${this.#ids % 8}`, by: 'test' })
      case 'admit':
        return this.#admitAll(m)
      case 'transfer':
        return this.#tell(m, { path: 'coordinator' }, { type: 'transfer' } as LogIn)
    }
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.int(Math.max(1, list.length))]
  }
  #note(step: string): void {
    this.steps.push(step)
    if (this.steps.length > 400) this.steps.shift()
  }

  #boot(m: Machine): void {
    m.boot++
    m.nowMs = 1 // another boot, another clock
    this.#start(m)
  }
  #start(m: Machine): void {
    Object.assign(m, { up: true, counter: m.counter + 1, own: [], writing: [], timers: new Map(), sees: new Map() })
    this.#note(`${m.id} starts as ${bootOf(m)}:${m.counter}`)
    const boot = {
      cluster: clusterId('00000000-0000-4000-8000-000000000001'),
      node: m.id,
      name: m.id,
      incarnation: lifeOf(m),
      timing,
      recovered: recoveredFrom(m.disk),
      args: { genesis: this.#members, name: 'test' },
    }
    this.#step(m, actor.init(boot, this.#env(m, { path: '' })))
    this.#quorum(m)
  }
  /** Of the writes on their way a random prefix arrived. */
  #end(m: Machine, why: string): void {
    if (!m.up) return
    this.#note(`${m.id} ${why}`)
    for (const { op } of m.writing.slice(0, this.#random.int(m.writing.length + 1))) keep(m.disk, op)
    Object.assign(m, { up: false, state: undefined, writing: [], own: [], certificates: [] })
  }

  /** The switch's word is true; the certificate comes later, or never. */
  #fence(m: Machine, peer: Machine): void {
    const life = m.state?.cluster.lives[peer.id]
    if (!m.up || this.machines.length !== 2 || !life) return
    this.#end(peer, `is fenced by ${m.id}`)
    m.certificates.push({ node: peer.id, boot: life.boot, how: 'device', by: 'switch', intent: index(0), detail: 'off' })
  }

  #propose(m: Machine, entry: Entry): void {
    this.#tell(m, { path: 'console' }, { type: 'propose', id: `p${this.#ids++}`, entry } as LogIn)
  }
  /** What the coordinator beside a leader does: it admits the lives that it sees. */
  #admitAll(m: Machine): void {
    if (m.state?.role !== 'leader' || !m.state.told.ready) return
    for (const p of this.machines) {
      const seen = p === m ? lifeOf(m) : m.sees.get(p.id)?.state === 'alive' ? m.sees.get(p.id)?.incarnation : undefined
      const life = m.state?.cluster.lives[p.id]
      if (seen && (life?.boot !== seen.boot || life.state !== 'admitted')) this.#propose(m, { type: 'admit', node: p.id, boot: seen.boot })
    }
  }

  #see(m: Machine, peer: Machine, state: PeerState['state']): void {
    if (!m.up) return
    const was = m.sees.get(peer.id)
    if (!was && state !== 'alive') return
    // Who is dead may be called alive for a while yet, as the life that was seen last.
    const incarnation = state === 'alive' && peer.up ? lifeOf(peer) : was?.incarnation
    if (!incarnation || (was?.state === state && was.incarnation.counter === incarnation.counter)) return
    m.sees.set(peer.id, { state, incarnation })
    this.#note(`${m.id} sees ${peer.id} ${state}`)
    const peers = this.machines.flatMap((p) => {
      const seen = m.sees.get(p.id)
      return p === m
        ? []
        : [
            {
              node: p.id,
              name: p.id,
              state: seen?.state ?? ('never-seen' as const),
              links: [],
              ...(seen ? { incarnation: seen.incarnation } : {}),
            },
          ]
    })
    this.#tell(m, { path: 'membership' }, { type: 'view', viewNo: ++m.viewNo, self: m.id, peers, selfDoubt: 0 })
    this.#quorum(m)
  }
  #quorum(m: Machine): void {
    const s = m.state
    if (!m.up || !s) return
    const present = this.machines
      .filter((p) => p === m || !['silent', 'never-seen', undefined].includes(m.sees.get(p.id)?.state))
      .map((p) => p.id)
    const rule = predicateOf(s.members, soloOf(s), s.tieBreak)
    const counts = { votes: weight(s.members, new Set(present)), votesTotal: rule.votesTotal, votesNeeded: rule.votesNeeded }
    const quorate = rule.holds(new Set(present))
    this.#tell(
      m,
      { path: 'quorum' },
      { type: 'quorum', quorate, ...counts, mode: rule.mode, present, because: verdict('quorum', 'log.leads', {}) },
    )
  }

  #deliver(way: Way): void {
    this.#note(shown(way))
    this.#tell(way.to, { node: way.from.id, path: 'log' }, way.msg as LogIn, way.incarnation)
  }
  #fire(m: Machine): void {
    const [key, timer] = [...m.timers].sort((a, b) => a[1].atMs - b[1].atMs)[0] ?? []
    if (!m.up || key === undefined || !timer) return
    m.timers.delete(key)
    m.nowMs = Math.max(m.nowMs, timer.atMs)
    this.#note(`${m.id}'s timer ${key}`)
    this.#tell(m, { path: '' }, timer.msg as LogIn)
  }
  #written(m: Machine): void {
    const write = m.writing.shift()
    if (!write) return
    keep(m.disk, write.op)
    this.#note(`${m.id}'s ${write.op.slot} is on disk`)
    for (const e of write.then) this.#perform(m, e)
    this.#drain(m)
  }

  #tell(m: Machine, from: Address, msg: LogIn, incarnation?: Incarnation): void {
    if (!m.up || !m.state) return
    this.#step(m, actor.receive(m.state, msg, this.#env(m, from, incarnation)))
    this.#drain(m)
  }
  #drain(m: Machine): void {
    for (let msg = m.own.shift(); msg && m.up; msg = m.own.shift()) this.#tell(m, { path: 'log' }, msg as LogIn)
  }
  #env(m: Machine, from: Address, incarnation?: Incarnation) {
    const env = { now: instant(m.nowMs), random: m.random, self: { node: m.id, path: 'log' }, from }
    return incarnation ? { ...env, fromIncarnation: incarnation } : env
  }

  #step(m: Machine, { state, effects }: { readonly state: LogState; readonly effects: readonly Effect[] }): void {
    const led = m.state?.role === 'leader'
    const solo = m.state && soloOf(m.state)
    m.state = state
    for (const e of effects) this.#perform(m, e)
    if (!m.up) return
    if (state.role === 'leader' && !led) this.reached.leaders++
    if (soloOf(state) && !solo) this.reached.solos++
    if (!soloOf(state) && solo && led) this.reached.both++
    this.#checkers.check(m as never)
    const alone = this.machines.filter((x) => x.up && x.state?.role === 'leader' && decides(x.state, [x.id]))
    if (alone.length > 1) throw new Error(`${alone.map((x) => x.id).join(' and ')} decide alone`)
  }
  #perform(m: Machine, e: Effect): void {
    if (e.do === 'send') this.#send(m, e.to, e.msg)
    else if (e.do === 'timer') m.timers.set(e.key, { atMs: e.atMs, msg: e.msg })
    else if (e.do === 'cancel') m.timers.delete(e.key)
    else if (e.do === 'persist') m.writing.push(e)
    else if (e.do === 'stop') this.#end(m, `stops: ${e.reason}`)
  }
  #send(m: Machine, to: Address, msg: Msg): void {
    if (to.node === undefined || to.node === m.id) {
      if (to.path === 'log') m.own.push(msg)
      return
    }
    const target = this.machines.find((p) => p.id === to.node)
    if (!target) return
    this.#checkers.spoken(m as never, msg as never)
    this.#net.push({ from: m, to: target, msg, incarnation: lifeOf(m) })
    if (this.#net.length > onTheWayMax) this.#net.splice(this.#random.int(this.#net.length), 1)
  }
}

const bootOf = (m: Machine): BootId => bootId(`${m.id}-b${m.boot}`)
const lifeOf = (m: Machine): Incarnation => ({ boot: bootOf(m), counter: m.counter })
const dueIn = (m: Machine): number => Math.min(...[...m.timers.values()].map((t) => t.atMs - m.nowMs))
const shown = (w: Way): string =>
  `${w.from.id} -> ${w.to.id} ${JSON.stringify(w.msg, (key, value) => (key === 'entries' ? value.length : value)).slice(0, 140)}`
