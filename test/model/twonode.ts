/**
 * Two voters with messages: the rules T1-T5 (design 8.3) as Raft for two with a solo epoch (actors/log/twonode.ts). Sending and delivering are
 * separate steps: a message may be lost, late, overtaken, or come after its sender's death, and each direction has a fate of its own, so cuts,
 * one-way cuts and long delays are all among the orders that are tried. Suspicion is free: anybody may stand or fence at any time.
 *
 * What the product decides is asked of the product: who may decide alone (soloRefusal), which sets decide (decides, soloOf, epochOf), whose log
 * is ahead (upToDate), what a leader appends first (firstEntry), and what entries mean (apply: lives, epochs, certificates).
 * Left out: PreVote and the log's repair by probing (they only decide how soon), snapshots, changes of the member list.
 */
import { apply, genesis, isCertified } from '../../actors/log/apply.js'
import type { Row } from '../../actors/log/codec.js'
import type { Certificate, Entry, Member } from '../../actors/log/messages.js'
import { decides, epochOf, type LogState, mayLead, soloOf, upToDate, type Work } from '../../actors/log/raft.js'
import type { ClusterState } from '../../actors/log/state.js'
import { firstEntry, soloRefusal } from '../../actors/log/twonode.js'
import { type BootId, bootId, index, type NodeId, nodeId, term } from '../../runtime/ids.js'
import { verdict } from '../../runtime/verdict.js'
import { bounded, type Model, Names, put, type To } from './explore.js'
import { type Bounds, fresh, type Message, type Node, pack, type State, unpack } from './twostate.js'

/** none: all rules hold. The others each break one. */
export const broken = [
  'none',
  'T1 both disks',
  'T2 certificate by time-out',
  'T2 certificate of any life',
  'T3 admission',
  'T4 durable epoch',
  'T5 copy first',
  'only its owner leads a solo epoch',
  'ends solo too late',
  'own disk not waited for',
] as const
export type Broken = (typeof broken)[number]

/** What a log says, by the product's own state machine. */
interface Meaning {
  readonly rows: readonly Row[]
  /** The state after so many entries. */
  readonly states: readonly ClusterState[]
  readonly logEpoch: number
  readonly logSolo: readonly NodeId[] | undefined
  readonly witness: string | undefined
}

export const names = ['A', 'B'] as const
export const ids = [nodeId('A'), nodeId('B')] as const
export const members: readonly Member[] = ids.map((node) => ({ node, name: node, votes: 1, links: [] }))
export const bootOf = (n: number, life: number): BootId => bootId(`${names[n]}${life}`)
const lifeOf = (boot: string | undefined): number => Number(boot?.slice(1) ?? 0)
export const because = verdict('model', 'log.leads')

/** Both admitted, nothing decided since. */
const start = ids.reduce(
  (s, node, n) => apply(s, { index: index(s.index + 1), term: term(0), entry: { type: 'admit', node, boot: bootOf(n, 1) } }).state,
  genesis(members, 'model'),
)

export class TwoNode implements Model {
  constructor(
    readonly without: Broken,
    readonly bounds: Bounds,
  ) {}
  readonly entries = new Names<{ readonly term: number; readonly entry: Entry }>()
  readonly messages = new Names<Message>()
  readonly #meanings = new Map<string, Meaning>()

  meaning(log: string): Meaning {
    const known = this.#meanings.get(log)
    if (known) return known
    const before = log === '' ? undefined : this.meaning(log.slice(0, -1))
    const made = before
      ? this.further(before, this.entries.of(log.slice(-1)))
      : { rows: [], states: [start], logEpoch: 0, logSolo: undefined, witness: undefined }
    this.#meanings.set(log, made)
    return made
  }
  further(m: Meaning, { term: t, entry }: { readonly term: number; readonly entry: Entry }): Meaning {
    const cluster = m.states.at(-1) as ClusterState
    const at = index(cluster.index + 1)
    const row = { index: at, term: term(t), prev: cluster.term, id: '', entry, bytes: new Uint8Array() }
    const set =
      entry.type === 'members'
        ? { logEpoch: entry.epoch, logSolo: entry.solo, witness: entry.witness }
        : { logEpoch: m.logEpoch, logSolo: m.logSolo, witness: m.witness }
    return { rows: [...m.rows, row], states: [...m.states, apply(cluster, { index: at, term: term(t), entry }).state], ...set }
  }

  /** Node n as the product's functions know one. */
  product(s: State, n: number): LogState {
    const me = s.nodes[n] as Node
    const { rows, states, logEpoch, logSolo, witness } = this.meaning(me.log)
    const soloSet = me.solo ? [ids[n]] : undefined
    const certificate = me.proof ? proofOf(n, me.proof) : undefined
    return {
      self: ids[n],
      life: { boot: bootOf(n, me.life), counter: 1 },
      full: false,
      hard: { term: term(me.term), votedFor: undefined, epoch: me.epoch, soloSet, certificate, commit: start.index },
      snapshot: { index: start.index, term: start.term, bytes: new Uint8Array() },
      rows,
      cluster: states[me.commit],
      members,
      logEpoch,
      logSolo,
      tieBreak: undefined,
      witness,
    } as unknown as LogState
  }
  alone(s: State, n: number): boolean {
    return decides(this.product(s, n), [ids[n] as NodeId])
  }

  /** What is on its way without those that can change nothing any more. */
  trim(s: State): string {
    const waits = (char: string): boolean => {
      const m = this.messages.of(char)
      const me = s.nodes[1 - m.from] as Node
      const certified = this.meaning(me.log).states[me.commit] as ClusterState
      if (isCertified(certified, ids[m.from] as NodeId, bootOf(m.from, m.life))) return false
      if (m.term !== me.term) return m.term > me.term
      if (m.kind === 'voted') return me.up === 1 && me.role === 1
      if (m.kind === 'ask' || m.kind === 'told') return false
      if (m.kind === 'held') return me.up === 1 && me.role === 2 && m.length > me.match
      return me.role !== 2 && (m.kind === 'append' || me.vote === 0 || me.vote === m.from + 1)
    }
    return [...s.net].filter(waits).join('')
  }
  seal(s: State): string {
    s.net = this.trim(s)
    return pack(s)
  }

  /** Puts a message on its way; a full network loses any of those that it holds, or this one. */
  send(s: State, message: Message, step: string, to: To): void {
    const char = this.messages.char(Object.values(message).join(), () => message)
    for (const [lost, net] of put(this.trim(s), char, this.bounds.messages)) {
      s.net = net
      to(step + lost, this.seal(s))
    }
  }

  append(s: State, n: number, entry: Entry): void {
    const me = s.nodes[n] as Node
    me.log += this.entries.char(JSON.stringify([me.term, entry]), () => ({ term: me.term, entry }))
  }

  /** What a deciding set holds on disk is committed, if it is of this term. */
  count(s: State, n: number): void {
    const me = s.nodes[n] as Node
    if (me.role !== 2) return
    const own = this.without === 'own disk not waited for' ? me.log.length : me.kept
    const view = this.product(s, n)
    const returned = epochOf(view) > 0 && !soloOf(view)
    const match = this.without === 'T5 copy first' && returned ? me.log.length : me.match
    for (const upto of [Math.max(own, match), Math.min(own, match)]) {
      const holders = ids.filter((_, i) => (i === n ? own : match) >= upto)
      const enough = decides(view, holders) || (this.without === 'T1 both disks' && own >= upto)
      if (!enough || upto <= me.commit || this.entries.of(me.log[upto - 1] as string).term !== me.term) continue
      me.commit = upto
      const committed = me.log.slice(0, upto)
      if (committed.startsWith(s.done)) {
        s.done = committed
        s.doneTerm = me.term
      }
      return
    }
  }

  lead(s: State, n: number): boolean {
    const me = s.nodes[n] as Node
    if (me.log.length >= this.bounds.entries) return false
    me.role = 2
    me.match = 0
    this.append(s, n, firstEntry({ s: this.product(s, n) } as Work))
    return true
  }

  world(s: string, n: number, to: To): void {
    const state = unpack(s)
    const me = state.nodes[n] as Node
    if (!me.up && me.life < this.bounds.lives) {
      Object.assign(me, { up: 1, life: me.life + 1 })
      return to(`boot ${names[n]}`, this.seal(state))
    }
    if (!me.up) return
    if (me.kept < me.log.length) {
      const x = unpack(s)
      const it = x.nodes[n] as Node
      it.kept = it.log.length
      this.count(x, n)
      to(`${names[n]}'s disk holds all`, this.seal(x))
    }
    if (state.crashes >= this.bounds.crashes) return
    for (const up of [0, 1]) {
      const x = unpack(s)
      x.crashes++
      this.end(x.nodes[n] as Node, up)
      to(up ? `${names[n]}'s manager restarts` : `${names[n]} loses power`, this.seal(x))
    }
  }
  end(me: Node, up: number): void {
    const log = me.log.slice(0, me.kept)
    const solo = this.without === 'T4 durable epoch' ? 0 : me.solo
    Object.assign(me, { up, log, solo, role: 0, match: 0, held: 0, commit: Math.min(me.commit, me.kept) })
  }

  takeover(s: string, n: number, to: To): void {
    const p = 1 - n
    const state = unpack(s)
    const me = state.nodes[n] as Node
    const view = this.product(state, n)
    const life = this.meaning(me.log).states.at(-1)?.lives[ids[p] as NodeId]
    if (!me.held && life?.state === 'admitted' && !soloOf(view)?.includes(ids[n] as NodeId)) {
      const x = unpack(s)
      ;(x.nodes[n] as Node).held = lifeOf(life.boot)
      if (this.without !== 'T2 certificate by time-out') this.end(x.nodes[p] as Node, 0)
      to(`${names[n]} fences ${names[p]}`, this.seal(x))
    }
    if (me.held) this.solo(unpack(s), n, view, to)
    const leads = mayLead(view, ids[n] as NodeId) || this.without === 'only its owner leads a solo epoch'
    const stands = leads && me.role !== 2 && me.term < this.bounds.terms && !isCertified(view.cluster, ids[n] as NodeId, bootOf(n, me.life))
    if (stands) this.stand(unpack(s), n, to)
  }

  solo(s: State, n: number, view: LogState, to: To): void {
    const me = s.nodes[n] as Node
    const no = soloRefusal(view, { type: 'solo', certificate: proofOf(n, me.held) })?.key
    const ignored =
      (this.without === 'T3 admission' && no === 'log.solo-not-admitted') ||
      (this.without === 'T2 certificate of any life' && no === 'log.solo-wrong-life')
    if (no !== undefined && !ignored) return
    if (this.without === 'T4 durable epoch') {
      Object.assign(me, { solo: 1, held: 0, term: Math.max(1, me.term) })
      me.role = 2
      return to(`${names[n]} decides alone in the old epoch`, this.seal(s))
    }
    if (me.term >= this.bounds.terms) return
    Object.assign(me, { epoch: epochOf(view) + 1, solo: 1, proof: me.held, held: 0, term: me.term + 1, vote: n + 1 })
    if (this.lead(s, n)) to(`${names[n]} opens a solo epoch`, this.seal(s))
  }

  stand(s: State, n: number, to: To): void {
    const me = s.nodes[n] as Node
    Object.assign(me, { term: me.term + 1, vote: n + 1, role: 1, match: 0 })
    if (this.alone(s, n)) {
      if (this.lead(s, n)) to(`${names[n]} leads alone in term ${me.term}`, this.seal(s))
      return
    }
    const epoch = epochOf(this.product(s, n))
    this.send(s, { kind: 'vote', from: n, life: me.life, term: me.term, log: me.log, epoch }, `${names[n]} stands in term ${me.term}`, to)
  }

  leading(s: string, n: number, to: To): void {
    const state = unpack(s)
    const me = state.nodes[n] as Node
    const { log, term: t, life, commit } = me
    this.send(state, { kind: 'append', from: n, life, term: t, log, commit }, `${names[n]} sends its log`, to)
    const cluster = this.meaning(log).states[commit]
    if (log.length >= this.bounds.entries || (cluster?.term !== t && this.without !== 'T4 durable epoch')) return
    const propose = (what: string, entry: Entry, then: (x: State, me: Node) => void = () => undefined): void => {
      const x = unpack(s)
      this.append(x, n, entry)
      then(x, x.nodes[n] as Node)
      to(`${names[n]} ${what}`, this.seal(x))
    }
    if (state.writes < this.bounds.writes)
      propose('writes', { type: 'cleanup', resource: `w${state.writes + 1}`, by: '' }, (x) => {
        x.writes++
      })
    const known = this.meaning(log).states.at(-1) as ClusterState
    for (const q of [0, 1]) {
      const it = state.nodes[q] as Node
      const boot = bootOf(q, it.life)
      const old = known.lives[ids[q] as NodeId]
      if (it.up && old?.boot !== boot && !isCertified(known, ids[q] as NodeId, boot))
        propose(`admits ${boot}`, { type: 'admit', node: ids[q] as NodeId, boot })
    }
    this.both(state, n, propose)
  }

  /** T5. The hard state stops claiming a solo set before the entry leaves. */
  both(s: State, n: number, propose: (what: string, entry: Entry, then: (x: State, me: Node) => void) => void): void {
    const me = s.nodes[n] as Node
    const peer = s.nodes[1 - n] as Node
    const view = this.product(s, n)
    const life = view.cluster.lives[ids[1 - n] as NodeId]
    const whole = me.match === me.log.length && me.commit === me.log.length
    const present = life?.state === 'admitted' && life.boot === bootOf(1 - n, peer.life) && peer.up
    if (!soloOf(view) || !present || !whole) return
    const epoch = epochOf(view) + 1
    const witness = view.witness === undefined ? {} : { witness: view.witness }
    propose('opens the epoch of both', { type: 'members', members, epoch, ...witness, because }, (_, it) => {
      if (this.without !== 'ends solo too late') Object.assign(it, { epoch, solo: 0, proof: 0 })
    })
  }

  deliver(s: string, char: string, to: To): void {
    const m = this.messages.of(char)
    const n = 1 - m.from
    const state = unpack(s)
    const me = state.nodes[n] as Node
    state.net = state.net.replace(char, '')
    const inert =
      !me.up || isCertified(this.meaning(me.log).states[me.commit] as ClusterState, ids[m.from] as NodeId, bootOf(m.from, m.life))
    if (inert || m.term < me.term) return
    if (m.term > me.term) Object.assign(me, { term: m.term, vote: 0, role: 0, match: 0 })
    const what = `${names[n]} hears ${names[m.from]}'s ${m.kind}`
    if (m.kind === 'vote') this.onVote(state, n, m, what, to)
    else if (m.kind === 'append') this.onAppend(state, n, m, what, to)
    else if (m.kind === 'voted') {
      if (me.role === 1 && this.lead(state, n)) to(`${what} and leads term ${me.term}`, this.seal(state))
    } else if (m.kind === 'held' && me.role === 2 && m.length > me.match) {
      me.match = m.length
      this.count(state, n)
      to(what, this.seal(state))
    }
  }
  onVote(s: State, n: number, m: Extract<Message, { kind: 'vote' }>, what: string, to: To): void {
    const me = s.nodes[n] as Node
    const view = this.product(s, n)
    const at = this.meaning(m.log).states.at(-1) as ClusterState
    const free = me.vote === 0 || me.vote === m.from + 1
    const owner = mayLead(view, ids[m.from] as NodeId) || this.without === 'only its owner leads a solo epoch'
    const granted = owner && free && me.role !== 2 && m.epoch >= epochOf(view) && upToDate({ lastTerm: at.term, lastIndex: at.index }, view)
    if (!granted) return to(`${what}, and refuses`, this.seal(s))
    me.vote = m.from + 1
    this.send(s, { kind: 'voted', from: n, life: me.life, term: me.term }, `${what}, and grants it`, to)
  }
  onAppend(s: State, n: number, m: Extract<Message, { kind: 'append' }>, what: string, to: To): void {
    const me = s.nodes[n] as Node
    if (me.role === 2) return // two leaders in one term: `accident` sees it
    me.role = 0
    if (!me.log.startsWith(m.log)) {
      if (!m.log.startsWith(me.log.slice(0, me.commit))) return // the product refuses, and says so
      me.log = m.log
      me.kept = m.log.length
    }
    me.commit = Math.max(me.commit, Math.min(m.commit, m.log.length))
    this.send(s, { kind: 'held', from: n, life: me.life, term: me.term, length: Math.min(m.log.length, me.kept) }, what, to)
  }

  get name(): string {
    return `two nodes, ${bounded(this.bounds)}, ${this.without === 'none' ? 'all rules' : `without ${this.without}`}`
  }
  get first(): string {
    return pack({ nodes: [fresh(), fresh()], net: '', done: '', doneTerm: 0, crashes: 0, writes: 0, held: 0 })
  }
  next(s: string, to: To): void {
    for (const char of unpack(s).net) this.deliver(s, char, to)
    for (const n of [0, 1]) {
      this.world(s, n, to)
      const me = unpack(s).nodes[n] as Node
      if (!me.up) continue
      this.takeover(s, n, to)
      if (me.role === 2) this.leading(s, n, to)
    }
  }
  accident(packed: string): string | undefined {
    const s = unpack(packed)
    const [a, b] = s.nodes
    if (a.up && b.up && a.role === 2 && b.role === 2 && a.term === b.term) return 'two leaders in one term'
    for (const n of [0, 1]) {
      const me = s.nodes[n] as Node
      if (!s.done.startsWith(me.log.slice(0, me.commit))) return 'two histories are committed'
      if (!me.up || me.role !== 2) continue
      if (me.term > s.doneTerm && !me.log.startsWith(s.done)) return `${names[n]} leads without what was acknowledged`
      if (this.alone(s, n) && this.actsOn(s, 1 - n, n)) return `${names[n]} decides alone while ${names[1 - n]} still acts`
    }
    return undefined
  }

  /** p's present life believes itself admitted, and knows nothing of the epoch in which n decides alone. */
  actsOn(s: State, p: number, n: number): boolean {
    const it = s.nodes[p] as Node
    const life = this.meaning(it.log).states[it.commit]?.lives[ids[p] as NodeId]
    const admitted = life?.boot === bootOf(p, it.life) && life.state === 'admitted'
    return it.up === 1 && admitted && epochOf(this.product(s, p)) < epochOf(this.product(s, n))
  }
}

export const twoNode = (without: Broken, bounds: Bounds): Model => new TwoNode(without, bounds)

const proofOf = (n: number, life: number): Certificate => ({
  node: ids[1 - n] as NodeId,
  boot: bootOf(1 - n, life),
  how: 'device',
  by: '',
  intent: index(0),
  detail: '',
})
