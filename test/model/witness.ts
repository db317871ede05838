/**
 * Two data nodes and a witness with messages (design 8.3, after the extended Raft of etcd-io/raft #133). The witness stores a term, its vote, and of
 * the last log that it vouched for: term, subterm and owner. A leader whose peer is away changes the replication set (a new subterm, an
 * entry of its own), tells the witness once, and commits from then on alone. The witness is a storage object: it never dies, but what goes to
 * and from it is lost, late and overtaken like everything else. The product has no witness yet; only the order of logs is asked of it (upToDate).
 */
import { upToDate } from '../../actors/log/raft.js'
import { bounded, type Model, Names, put, type To } from './explore.js'
import { Logs } from './logs.js'

/** `vote only`: it knows no log positions, as a quorum device without metadata.  `no subterm`: it compares terms alone. */
export const broken = ['none', 'vote only', 'no subterm', 'tells it afterwards'] as const
export type Broken = (typeof broken)[number]

export interface Bounds {
  readonly terms: number
  readonly entries: number
  readonly writes: number
  readonly crashes: number
  /** Changes of the replication set in a term. */
  readonly subterms: number
  readonly messages: number
}

interface Node {
  up: number
  term: number
  vote: number // 1 = A, 2 = B
  log: string
  role: number // 0 follows, 1 stands, 2 leads
  match: number
  /** Changes of the set so far in this term; an odd number: oneself and the witness. */
  sub: number
  /** The witness has confirmed this subterm; 0 = none. */
  noted: number
}
interface Witness {
  term: number
  vote: number
  lastTerm: number
  lastSub: number
  owner: number // 0 = both, 1 = A, 2 = B
}
interface State {
  readonly nodes: readonly [Node, Node]
  readonly w: Witness
  net: string
  done: string
  doneTerm: number
  crashes: number
  writes: number
}
/** `to` 2 is the witness. */
interface Message {
  readonly kind: 'vote' | 'voted' | 'append' | 'held' | 'note' | 'noted'
  readonly from: number
  readonly to: number
  readonly term: number
  readonly log: string
  readonly sub: number
}
interface Made {
  readonly term: number
  readonly sub: number
  /** 0 = a change of the set. */
  readonly write: number
}

const names = ['A', 'B', 'the witness'] as const
const WITNESS = 2

class WithWitness implements Model {
  constructor(
    readonly without: Broken,
    readonly bounds: Bounds,
  ) {}
  readonly #messages = new Names<Message>()
  readonly #entries = new Names<Made>()
  readonly #logs = new Logs((char) => this.#entries.of(char).term)

  last(log: string): Made {
    return log === '' ? { term: 0, sub: 0, write: 0 } : this.#entries.of(log.slice(-1))
  }
  append(me: Node, write: number): void {
    const made = { term: me.term, sub: me.sub, write }
    me.log += this.#entries.char(JSON.stringify(made), () => made)
  }

  /** What is on its way without those that can change nothing any more. */
  trim(s: State): string {
    return [...s.net]
      .filter((char) => {
        const m = this.#messages.of(char)
        if (m.to === WITNESS)
          return m.term > s.w.term || (m.term === s.w.term && (m.kind === 'note' || s.w.vote === 0 || s.w.vote === m.from + 1))
        const me = s.nodes[m.to] as Node
        if (m.term !== me.term) return m.term > me.term
        if (m.kind === 'voted') return me.role === 1
        if (m.kind === 'held') return me.role === 2 && m.log.length > me.match
        if (m.kind === 'noted') return me.role === 2 && m.sub > me.noted
        return me.role !== 2 && (m.kind === 'append' || me.vote === 0 || me.vote === m.from + 1)
      })
      .join('')
  }
  seal(s: State): string {
    s.net = this.trim(s)
    return pack(s)
  }

  send(s: State, m: Message, step: string, to: To): void {
    const char = this.#messages.char(m.kind + m.from + m.to + m.term + m.sub + m.log, () => m)
    for (const [lost, net] of put(this.trim(s), char, this.bounds.messages)) {
      s.net = net
      to(step + lost, this.seal(s))
    }
  }

  /** Would the witness help `n`, whose log is `log`, to lead? */
  vouches(w: Witness, n: number, log: string): boolean {
    if (this.without === 'vote only') return true
    const at = this.last(log)
    if (at.term !== w.lastTerm) return at.term > w.lastTerm
    if (this.without === 'no subterm') return true
    if (at.sub !== w.lastSub) return at.sub > w.lastSub
    return w.owner === 0 || w.owner === n + 1
  }

  act(text: string, n: number, to: To): void {
    const s = unpack(text)
    const me = s.nodes[n] as Node
    if (!me.up) {
      me.up = 1
      return to(`boot ${names[n]}`, this.seal(s))
    }
    if (s.crashes < this.bounds.crashes) {
      const x = unpack(text)
      x.crashes++
      Object.assign(x.nodes[n] as Node, { up: 0, role: 0, match: 0, sub: 0, noted: 0 })
      to(`${names[n]} loses power`, this.seal(x))
    }
    if (me.role === 2) return this.leading(text, n, to)
    if (me.term >= this.bounds.terms) return
    // Whom the request is not sent to does not answer: one of the two is enough.
    for (const p of [1 - n, WITNESS]) {
      const x = unpack(text)
      const it = x.nodes[n] as Node
      Object.assign(it, { term: it.term + 1, vote: n + 1, role: 1, match: 0, sub: 0, noted: 0 })
      this.send(
        x,
        { kind: 'vote', from: n, to: p, term: it.term, log: it.log, sub: 0 },
        `${names[n]} stands in term ${it.term} before ${names[p]}`,
        to,
      )
    }
  }

  leading(text: string, n: number, to: To): void {
    const s = unpack(text)
    const me = s.nodes[n] as Node
    this.send(unpack(text), { kind: 'append', from: n, to: 1 - n, term: me.term, log: me.log, sub: 0 }, `${names[n]} sends its log`, to)
    if (me.log.length < this.bounds.entries) {
      if (s.writes < this.bounds.writes) {
        const x = unpack(text)
        this.append(x.nodes[n] as Node, ++x.writes)
        this.count(x, n)
        to(`${names[n]} writes #${x.writes}`, this.seal(x))
      }
      if (me.sub < this.bounds.subterms) {
        const x = unpack(text)
        const it = x.nodes[n] as Node
        it.sub++
        this.append(it, 0)
        if (this.without === 'tells it afterwards' && it.sub % 2 === 1) it.noted = it.sub
        this.count(x, n)
        to(`${names[n]} goes on with ${it.sub % 2 ? 'the witness' : 'its peer'}`, this.seal(x))
      }
    }
    const at = this.last(me.log)
    if (me.sub % 2 === 1 && at.term === me.term && at.sub === me.sub)
      this.send(
        s,
        { kind: 'note', from: n, to: WITNESS, term: me.term, log: '', sub: me.sub },
        `${names[n]} tells the witness of subterm ${me.sub}`,
        to,
      )
  }

  /** Commits what the peer holds, or what the witness vouches for; the writes among it are acknowledged. */
  count(s: State, n: number): void {
    const me = s.nodes[n] as Node
    // What the witness knows of a subterm holds for all entries up to that subterm, whenever they are made.
    const alone = me.noted > 0 && me.sub % 2 === 1 && (me.noted === me.sub || this.without === 'vote only')
    for (let upto = me.log.length; upto > 0; upto--) {
      const committed = me.log.slice(0, upto)
      if (this.#entries.of(me.log[upto - 1] as string).term !== me.term || !(alone || me.match >= upto)) continue
      const writes = [...committed].findLastIndex((char) => this.#entries.of(char).write > 0) + 1
      if (writes <= s.done.length || !committed.startsWith(s.done)) return
      s.done = committed.slice(0, writes)
      s.doneTerm = me.term
      return
    }
  }

  atWitness(s: State, m: Message, what: string, to: To): void {
    const { w } = s
    if (m.term < w.term) return
    if (m.term > w.term) Object.assign(w, { term: m.term, vote: 0 })
    if (m.kind === 'vote') {
      if ((w.vote !== 0 && w.vote !== m.from + 1) || !this.vouches(w, m.from, m.log)) return to(`${what}, and refuses`, this.seal(s))
      w.vote = m.from + 1
      return this.send(s, { kind: 'voted', from: WITNESS, to: m.from, term: m.term, log: '', sub: 0 }, `${what}, and grants it`, to)
    }
    const newer = m.term > w.lastTerm || (m.term === w.lastTerm && m.sub > w.lastSub)
    if (newer) Object.assign(w, { lastTerm: m.term, lastSub: m.sub, owner: m.from + 1 })
    if (!newer && w.lastSub !== m.sub) return
    this.send(s, { kind: 'noted', from: WITNESS, to: m.from, term: m.term, log: '', sub: m.sub }, what, to)
  }

  deliver(text: string, char: string, to: To): void {
    const m = this.#messages.of(char)
    const s = unpack(text)
    s.net = s.net.replace(char, '')
    const what = `${names[m.to]} hears ${names[m.from]}'s ${m.kind}`
    if (m.to === WITNESS) return this.atWitness(s, m, what, to)
    const n = m.to
    const me = s.nodes[n] as Node
    if (!me.up || m.term < me.term) return
    if (m.term > me.term) Object.assign(me, { term: m.term, vote: 0, role: 0, match: 0, sub: 0, noted: 0 })
    if (m.kind === 'vote') {
      const at = this.#logs.end(m.log)
      const granted = (me.vote === 0 || me.vote === m.from + 1) && me.role !== 2 && upToDate(at, this.#logs.view(me.log))
      if (!granted) return to(`${what}, and refuses`, this.seal(s))
      me.vote = m.from + 1
      this.send(s, { kind: 'voted', from: n, to: m.from, term: me.term, log: '', sub: 0 }, `${what}, and grants it`, to)
    } else if (m.kind === 'voted') {
      if (me.role !== 1) return
      me.role = 2
      to(`${what} and leads term ${me.term}`, this.seal(s))
    } else if (m.kind === 'append') {
      if (me.role === 2) return
      me.role = 0
      if (!me.log.startsWith(m.log)) me.log = m.log
      this.send(s, { kind: 'held', from: n, to: m.from, term: me.term, log: m.log, sub: 0 }, what, to)
    } else if (me.role === 2) {
      if (m.kind === 'held') me.match = Math.max(me.match, m.log.length)
      else me.noted = Math.max(me.noted, m.sub)
      this.count(s, n)
      to(what, this.seal(s))
    }
  }

  get name(): string {
    return `witness, ${bounded(this.bounds)}, ${this.without === 'none' ? 'all rules' : this.without}`
  }
  readonly first = pack({
    nodes: [fresh(), fresh()],
    w: { term: 0, vote: 0, lastTerm: 0, lastSub: 0, owner: 0 },
    net: '',
    done: '',
    doneTerm: 0,
    crashes: 0,
    writes: 0,
  })
  next(text: string, to: To): void {
    for (const char of unpack(text).net) this.deliver(text, char, to)
    for (const n of [0, 1]) this.act(text, n, to)
  }
  accident(text: string): string | undefined {
    const s = unpack(text)
    const [a, b] = s.nodes
    if (a.up && b.up && a.role === 2 && b.role === 2 && a.term === b.term) return 'two leaders in one term'
    for (const n of [0, 1]) {
      const me = s.nodes[n] as Node
      if (me.up && me.role === 2 && me.term > s.doneTerm && !me.log.startsWith(s.done))
        return `${names[n]} leads without what was acknowledged`
    }
    return undefined
  }
}

export const witness = (without: Broken, bounds: Bounds): Model => new WithWitness(without, bounds)

const fresh = (): Node => ({ up: 1, term: 0, vote: 0, log: '', role: 0, match: 0, sub: 0, noted: 0 })

function pack(s: State): string {
  const node = (n: Node): string =>
    String.fromCharCode(n.up + 2 * n.role + 8 * n.vote + 32 * n.term + 256 * n.match, n.sub + 8 * n.noted) + n.log
  const { w } = s
  const kept = String.fromCharCode(w.term + 8 * w.vote + 32 * w.owner + 128 * w.lastTerm + 1024 * w.lastSub)
  return `${kept}${node(s.nodes[0])};${node(s.nodes[1])};${s.net};${s.done};${String.fromCharCode(s.doneTerm, s.crashes, s.writes)}`
}
function unpack(text: string): State {
  const k = text.charCodeAt(0)
  const a = text.indexOf(';', 3)
  const b = text.indexOf(';', a + 3)
  const net = text.indexOf(';', b + 1)
  const done = text.indexOf(';', net + 1)
  return {
    nodes: [nodeOf(text, 1, a), nodeOf(text, a + 1, b)],
    w: { term: k & 7, vote: (k >> 3) & 3, owner: (k >> 5) & 3, lastTerm: (k >> 7) & 7, lastSub: k >> 10 },
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
    term: (x >> 5) & 7,
    match: x >> 8,
    sub: y & 7,
    noted: y >> 3,
    log: text.slice(from + 2, to),
  }
}
