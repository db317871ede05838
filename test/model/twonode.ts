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
import { type Model, Names, put, type To } from './explore.js'

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

export interface Bounds {
  readonly terms: number
  readonly entries: number
  readonly writes: number
  /** Power-offs without a fence, and restarts of the manager, together. */
  readonly crashes: number
  /** Lives of each machine. */
  readonly lives: number
  /** Messages on their way at a time. */
  readonly messages: number
}

interface Node {
  up: number
  life: number
  // Durable, besides the log up to `kept`.
  term: number
  vote: number // 0 = nobody, 1 = A, 2 = B
  epoch: number
  solo: number
  /** The peer's life in the certificate that the solo set rests on; 0 = none. */
  proof: number
  log: string
  kept: number
  // Gone with the manager.
  role: number // 0 follows, 1 stands, 2 leads
  match: number
  commit: number
  /** A certificate in hand for that life of the peer; 0 = none. */
  held: number
}
interface State {
  readonly nodes: readonly [Node, Node]
  net: string
  /** The longest log that anybody has called committed, and the term of who did. */
  done: string
  doneTerm: number
  crashes: number
  writes: number
}
type Message =
  | {
      readonly kind: 'vote'
      readonly from: number
      readonly life: number
      readonly term: number
      readonly log: string
      readonly epoch: number
    }
  | { readonly kind: 'voted'; readonly from: number; readonly life: number; readonly term: number }
  | {
      readonly kind: 'append'
      readonly from: number
      readonly life: number
      readonly term: number
      readonly log: string
      readonly commit: number
    }
  | { readonly kind: 'held'; readonly from: number; readonly life: number; readonly term: number; readonly length: number }

/** What a log says, by the product's own state machine. */
interface Meaning {
  readonly rows: readonly Row[]
  /** The state after so many entries. */
  readonly states: readonly ClusterState[]
  readonly logEpoch: number
  readonly logSolo: readonly NodeId[] | undefined
}

const names = ['A', 'B'] as const
const ids = [nodeId('A'), nodeId('B')] as const
const members: readonly Member[] = ids.map((node) => ({ node, name: node, votes: 1, links: [] }))
const bootOf = (n: number, life: number): BootId => bootId(`${names[n]}${life}`)
const lifeOf = (boot: string | undefined): number => Number(boot?.slice(1) ?? 0)
const because = verdict('model', 'log.leads')

/** Both admitted, nothing decided since. */
const start = ids.reduce(
  (s, node, n) => apply(s, { index: index(s.index + 1), term: term(0), entry: { type: 'admit', node, boot: bootOf(n, 1) } }).state,
  genesis(members, 'model'),
)

export function twoNode(without: Broken, bounds: Bounds): Model {
  const entries = new Names<{ readonly term: number; readonly entry: Entry }>()
  const messages = new Names<Message>()
  const meanings = new Map<string, Meaning>()

  function meaning(log: string): Meaning {
    const known = meanings.get(log)
    if (known) return known
    const before = log === '' ? undefined : meaning(log.slice(0, -1))
    const made = before ? further(before, entries.of(log.slice(-1))) : { rows: [], states: [start], logEpoch: 0, logSolo: undefined }
    meanings.set(log, made)
    return made
  }
  function further(m: Meaning, { term: t, entry }: { readonly term: number; readonly entry: Entry }): Meaning {
    const cluster = m.states.at(-1) as ClusterState
    const at = index(cluster.index + 1)
    const row = { index: at, term: term(t), prev: cluster.term, id: '', entry, bytes: new Uint8Array() }
    const set = entry.type === 'members' ? { logEpoch: entry.epoch, logSolo: entry.solo } : { logEpoch: m.logEpoch, logSolo: m.logSolo }
    return { rows: [...m.rows, row], states: [...m.states, apply(cluster, { index: at, term: term(t), entry }).state], ...set }
  }

  /** Node n as the product's functions know one. */
  function product(s: State, n: number): LogState {
    const me = s.nodes[n] as Node
    const { rows, states, logEpoch, logSolo } = meaning(me.log)
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
    } as unknown as LogState
  }
  const alone = (s: State, n: number): boolean => decides(product(s, n), [ids[n] as NodeId])

  /** What is on its way without those that can change nothing any more. */
  function trim(s: State): string {
    const waits = (char: string): boolean => {
      const m = messages.of(char)
      const me = s.nodes[1 - m.from] as Node
      const certified = meaning(me.log).states[me.commit] as ClusterState
      if (isCertified(certified, ids[m.from] as NodeId, bootOf(m.from, m.life))) return false
      if (m.term !== me.term) return m.term > me.term
      if (m.kind === 'voted') return me.up === 1 && me.role === 1
      if (m.kind === 'held') return me.up === 1 && me.role === 2 && m.length > me.match
      return me.role !== 2 && (m.kind === 'append' || me.vote === 0 || me.vote === m.from + 1)
    }
    return [...s.net].filter(waits).join('')
  }
  function seal(s: State): string {
    s.net = trim(s)
    return pack(s)
  }

  /** Puts a message on its way; a full network loses any of those that it holds, or this one. */
  function send(s: State, message: Message, step: string, to: To): void {
    const char = messages.char(Object.values(message).join(), () => message)
    for (const [lost, net] of put(trim(s), char, bounds.messages)) {
      s.net = net
      to(step + lost, seal(s))
    }
  }

  function append(s: State, n: number, entry: Entry): void {
    const me = s.nodes[n] as Node
    me.log += entries.char(JSON.stringify([me.term, entry]), () => ({ term: me.term, entry }))
  }

  /** What a deciding set holds on disk is committed, if it is of this term. */
  function count(s: State, n: number): void {
    const me = s.nodes[n] as Node
    if (me.role !== 2) return
    const own = without === 'own disk not waited for' ? me.log.length : me.kept
    const view = product(s, n)
    const returned = epochOf(view) > 0 && !soloOf(view)
    const match = without === 'T5 copy first' && returned ? me.log.length : me.match
    for (const upto of [Math.max(own, match), Math.min(own, match)]) {
      const holders = ids.filter((_, i) => (i === n ? own : match) >= upto)
      const enough = decides(view, holders) || (without === 'T1 both disks' && own >= upto)
      if (!enough || upto <= me.commit || entries.of(me.log[upto - 1] as string).term !== me.term) continue
      me.commit = upto
      const committed = me.log.slice(0, upto)
      if (committed.startsWith(s.done)) {
        s.done = committed
        s.doneTerm = me.term
      }
      return
    }
  }

  function lead(s: State, n: number): boolean {
    const me = s.nodes[n] as Node
    if (me.log.length >= bounds.entries) return false
    me.role = 2
    me.match = 0
    append(s, n, firstEntry({ s: product(s, n) } as Work))
    return true
  }

  function world(s: string, n: number, to: To): void {
    const state = unpack(s)
    const me = state.nodes[n] as Node
    if (!me.up && me.life < bounds.lives) {
      Object.assign(me, { up: 1, life: me.life + 1 })
      return to(`boot ${names[n]}`, seal(state))
    }
    if (!me.up) return
    if (me.kept < me.log.length) {
      const x = unpack(s)
      const it = x.nodes[n] as Node
      it.kept = it.log.length
      count(x, n)
      to(`${names[n]}'s disk holds all`, seal(x))
    }
    if (state.crashes >= bounds.crashes) return
    for (const up of [0, 1]) {
      const x = unpack(s)
      x.crashes++
      end(x.nodes[n] as Node, up)
      to(up ? `${names[n]}'s manager restarts` : `${names[n]} loses power`, seal(x))
    }
  }
  function end(me: Node, up: number): void {
    const log = me.log.slice(0, me.kept)
    const solo = without === 'T4 durable epoch' ? 0 : me.solo
    Object.assign(me, { up, log, solo, role: 0, match: 0, held: 0, commit: Math.min(me.commit, me.kept) })
  }

  function takeover(s: string, n: number, to: To): void {
    const p = 1 - n
    const state = unpack(s)
    const me = state.nodes[n] as Node
    const view = product(state, n)
    const life = meaning(me.log).states.at(-1)?.lives[ids[p] as NodeId]
    if (!me.held && life?.state === 'admitted' && !soloOf(view)?.includes(ids[n] as NodeId)) {
      const x = unpack(s)
      ;(x.nodes[n] as Node).held = lifeOf(life.boot)
      if (without !== 'T2 certificate by time-out') end(x.nodes[p] as Node, 0)
      to(`${names[n]} fences ${names[p]}`, seal(x))
    }
    if (me.held) solo(unpack(s), n, view, to)
    const leads = mayLead(view, ids[n] as NodeId) || without === 'only its owner leads a solo epoch'
    const stands = leads && me.role !== 2 && me.term < bounds.terms && !isCertified(view.cluster, ids[n] as NodeId, bootOf(n, me.life))
    if (stands) stand(unpack(s), n, to)
  }

  function solo(s: State, n: number, view: LogState, to: To): void {
    const me = s.nodes[n] as Node
    const no = soloRefusal(view, { type: 'solo', certificate: proofOf(n, me.held) })?.key
    const ignored =
      (without === 'T3 admission' && no === 'log.solo-not-admitted') ||
      (without === 'T2 certificate of any life' && no === 'log.solo-wrong-life')
    if (no !== undefined && !ignored) return
    if (without === 'T4 durable epoch') {
      Object.assign(me, { solo: 1, held: 0, term: Math.max(1, me.term) })
      me.role = 2
      return to(`${names[n]} decides alone in the old epoch`, seal(s))
    }
    if (me.term >= bounds.terms) return
    Object.assign(me, { epoch: epochOf(view) + 1, solo: 1, proof: me.held, held: 0, term: me.term + 1, vote: n + 1 })
    if (lead(s, n)) to(`${names[n]} opens a solo epoch`, seal(s))
  }

  function stand(s: State, n: number, to: To): void {
    const me = s.nodes[n] as Node
    Object.assign(me, { term: me.term + 1, vote: n + 1, role: 1, match: 0 })
    if (alone(s, n)) {
      if (lead(s, n)) to(`${names[n]} leads alone in term ${me.term}`, seal(s))
      return
    }
    const epoch = epochOf(product(s, n))
    send(s, { kind: 'vote', from: n, life: me.life, term: me.term, log: me.log, epoch }, `${names[n]} stands in term ${me.term}`, to)
  }

  function leading(s: string, n: number, to: To): void {
    const state = unpack(s)
    const me = state.nodes[n] as Node
    const { log, term: t, life, commit } = me
    send(state, { kind: 'append', from: n, life, term: t, log, commit }, `${names[n]} sends its log`, to)
    const cluster = meaning(log).states[commit]
    if (log.length >= bounds.entries || (cluster?.term !== t && without !== 'T4 durable epoch')) return
    const propose = (what: string, entry: Entry, then: (x: State, me: Node) => void = () => undefined): void => {
      const x = unpack(s)
      append(x, n, entry)
      then(x, x.nodes[n] as Node)
      to(`${names[n]} ${what}`, seal(x))
    }
    if (state.writes < bounds.writes)
      propose('writes', { type: 'cleanup', resource: `w${state.writes + 1}`, by: '' }, (x) => {
        x.writes++
      })
    const known = meaning(log).states.at(-1) as ClusterState
    for (const q of [0, 1]) {
      const it = state.nodes[q] as Node
      const boot = bootOf(q, it.life)
      const old = known.lives[ids[q] as NodeId]
      if (it.up && old?.boot !== boot && !isCertified(known, ids[q] as NodeId, boot))
        propose(`admits ${boot}`, { type: 'admit', node: ids[q] as NodeId, boot })
    }
    both(state, n, propose)
  }

  /** T5. The hard state stops claiming a solo set before the entry leaves. */
  function both(s: State, n: number, propose: (what: string, entry: Entry, then: (x: State, me: Node) => void) => void): void {
    const me = s.nodes[n] as Node
    const peer = s.nodes[1 - n] as Node
    const view = product(s, n)
    const life = view.cluster.lives[ids[1 - n] as NodeId]
    const whole = me.match === me.log.length && me.commit === me.log.length
    const present = life?.state === 'admitted' && life.boot === bootOf(1 - n, peer.life) && peer.up
    if (!soloOf(view) || !present || !whole) return
    const epoch = epochOf(view) + 1
    propose('opens the epoch of both', { type: 'members', members, epoch, because }, (_, it) => {
      if (without !== 'ends solo too late') Object.assign(it, { epoch, solo: 0, proof: 0 })
    })
  }

  function deliver(s: string, char: string, to: To): void {
    const m = messages.of(char)
    const n = 1 - m.from
    const state = unpack(s)
    const me = state.nodes[n] as Node
    state.net = state.net.replace(char, '')
    const inert = !me.up || isCertified(meaning(me.log).states[me.commit] as ClusterState, ids[m.from] as NodeId, bootOf(m.from, m.life))
    if (inert || m.term < me.term) return
    if (m.term > me.term) Object.assign(me, { term: m.term, vote: 0, role: 0, match: 0 })
    const what = `${names[n]} hears ${names[m.from]}'s ${m.kind}`
    if (m.kind === 'vote') onVote(state, n, m, what, to)
    else if (m.kind === 'append') onAppend(state, n, m, what, to)
    else if (m.kind === 'voted') {
      if (me.role === 1 && lead(state, n)) to(`${what} and leads term ${me.term}`, seal(state))
    } else if (me.role === 2 && m.length > me.match) {
      me.match = m.length
      count(state, n)
      to(what, seal(state))
    }
  }
  function onVote(s: State, n: number, m: Extract<Message, { kind: 'vote' }>, what: string, to: To): void {
    const me = s.nodes[n] as Node
    const view = product(s, n)
    const at = meaning(m.log).states.at(-1) as ClusterState
    const free = me.vote === 0 || me.vote === m.from + 1
    const owner = mayLead(view, ids[m.from] as NodeId) || without === 'only its owner leads a solo epoch'
    const granted = owner && free && me.role !== 2 && m.epoch >= epochOf(view) && upToDate({ lastTerm: at.term, lastIndex: at.index }, view)
    if (!granted) return to(`${what}, and refuses`, seal(s))
    me.vote = m.from + 1
    send(s, { kind: 'voted', from: n, life: me.life, term: me.term }, `${what}, and grants it`, to)
  }
  function onAppend(s: State, n: number, m: Extract<Message, { kind: 'append' }>, what: string, to: To): void {
    const me = s.nodes[n] as Node
    if (me.role === 2) return // two leaders in one term: `accident` sees it
    me.role = 0
    if (!me.log.startsWith(m.log)) {
      if (!m.log.startsWith(me.log.slice(0, me.commit))) return // the product refuses, and says so
      me.log = m.log
      me.kept = m.log.length
    }
    me.commit = Math.max(me.commit, Math.min(m.commit, m.log.length))
    send(s, { kind: 'held', from: n, life: me.life, term: me.term, length: Math.min(m.log.length, me.kept) }, what, to)
  }

  return {
    name: `two nodes, ${without === 'none' ? 'all rules' : `without ${without}`}`,
    first: pack({ nodes: [fresh(), fresh()], net: '', done: '', doneTerm: 0, crashes: 0, writes: 0 }),
    next(s, to) {
      for (const char of unpack(s).net) deliver(s, char, to)
      for (const n of [0, 1]) {
        world(s, n, to)
        const me = unpack(s).nodes[n] as Node
        if (!me.up) continue
        takeover(s, n, to)
        if (me.role === 2) leading(s, n, to)
      }
    },
    accident(packed) {
      const s = unpack(packed)
      const [a, b] = s.nodes
      if (a.up && b.up && a.role === 2 && b.role === 2 && a.term === b.term) return 'two leaders in one term'
      for (const n of [0, 1]) {
        const me = s.nodes[n] as Node
        if (!s.done.startsWith(me.log.slice(0, me.commit))) return 'two histories are committed'
        if (!me.up || me.role !== 2) continue
        if (me.term > s.doneTerm && !me.log.startsWith(s.done)) return `${names[n]} leads without what was acknowledged`
        if (alone(s, n) && actsOn(s, 1 - n, n)) return `${names[n]} decides alone while ${names[1 - n]} still acts`
      }
      return undefined
    },
  }

  /** p's present life believes itself admitted, and knows nothing of the epoch in which n decides alone. */
  function actsOn(s: State, p: number, n: number): boolean {
    const it = s.nodes[p] as Node
    const life = meaning(it.log).states[it.commit]?.lives[ids[p] as NodeId]
    const admitted = life?.boot === bootOf(p, it.life) && life.state === 'admitted'
    return it.up === 1 && admitted && epochOf(product(s, p)) < epochOf(product(s, n))
  }
}

const proofOf = (n: number, life: number): Certificate => ({
  node: ids[1 - n] as NodeId,
  boot: bootOf(1 - n, life),
  how: 'device',
  by: '',
  intent: index(0),
  detail: '',
})
const fresh = (): Node => ({
  up: 1,
  life: 1,
  term: 0,
  vote: 0,
  epoch: 0,
  solo: 0,
  proof: 0,
  log: '',
  kept: 0,
  role: 0,
  match: 0,
  commit: 0,
  held: 0,
})

/** Two characters of small numbers and the log a node, then what is on its way, what is done, and the budgets. */
function pack(s: State): string {
  const node = (n: Node): string =>
    String.fromCharCode(
      n.up + 2 * n.role + 8 * n.vote + 32 * n.solo + 64 * n.held + 512 * n.proof + 4096 * n.life,
      n.term + 8 * n.epoch + 64 * n.match + 512 * n.commit + 4096 * n.kept,
    ) + n.log
  return `${node(s.nodes[0])};${node(s.nodes[1])};${s.net};${s.done};${String.fromCharCode(s.doneTerm, s.crashes, s.writes)}`
}
function unpack(text: string): State {
  const ends: number[] = []
  for (let from = 2; ends.length < 4; from = (ends.at(-1) as number) + (ends.length === 1 ? 3 : 1)) ends.push(text.indexOf(';', from))
  const [a, b, net, done] = ends as [number, number, number, number]
  return {
    nodes: [nodeOf(text, 0, a), nodeOf(text, a + 1, b)],
    net: text.slice(b + 1, net),
    done: text.slice(net + 1, done),
    doneTerm: text.charCodeAt(done + 1),
    crashes: text.charCodeAt(done + 2),
    writes: text.charCodeAt(done + 3),
  }
}
function nodeOf(text: string, from: number, to: number): Node {
  const [x, y] = [text.charCodeAt(from), text.charCodeAt(from + 1)]
  return {
    up: x & 1,
    role: (x >> 1) & 3,
    vote: (x >> 3) & 3,
    solo: (x >> 5) & 1,
    held: (x >> 6) & 7,
    proof: (x >> 9) & 7,
    life: (x >> 12) & 7,
    term: y & 7,
    epoch: (y >> 3) & 7,
    match: (y >> 6) & 7,
    commit: (y >> 9) & 7,
    kept: (y >> 12) & 7,
    log: text.slice(from + 2, to),
  }
}
