/**
 * Pull before campaign (design 8.4) with messages: three voters, Raft's order of logs, elections with one helper. A node that does not lead may
 * take over a log that is strictly more up to date than its own, from whoever sends it, however late it comes. Leaders keep late acknowledgements.
 * Whose log is ahead is asked of the product (moreUpToDate, upToDate), which sets decide as well (predicateOf).
 */
import { moreUpToDate, upToDate } from '../../actors/log/raft.js'
import { predicateOf } from '../../actors/quorum/twonode.js'
import { nodeId } from '../../runtime/ids.js'
import { bounded, type Model, Names, put, type To } from './explore.js'
import { Logs } from './logs.js'

/** `any`: a log that is merely another is taken over, too.  `uncounted`: a leader counts an entry that one disk holds. */
export const broken = ['none', 'any other log', 'one disk is enough'] as const
export type Broken = (typeof broken)[number]

export interface Bounds {
  readonly terms: number
  readonly entries: number
  readonly messages: number
}

interface Node {
  term: number
  vote: number // 1 + the node that has it; 0 = nobody
  log: string // each entry is the character of its number and the term that made it
  role: number // 0 follows, 1 stands, 2 leads
  /** Two bits of each node's acknowledged length. */
  match: number
}
interface State {
  readonly nodes: readonly Node[]
  net: string
  /** The longest log that was acknowledged, and the term of the leader who did. */
  done: string
  doneTerm: number
}
interface Message {
  readonly kind: 'vote' | 'voted' | 'append' | 'held' | 'pulled'
  readonly from: number
  readonly to: number
  readonly term: number
  readonly log: string
}

const names = ['A', 'B', 'C'] as const
const ids = names.map((n) => nodeId(n))
const majority = predicateOf(ids.map((node) => ({ node, votes: 1 })))

class Pull implements Model {
  constructor(
    readonly without: Broken,
    readonly bounds: Bounds,
  ) {}
  readonly #messages = new Names<Message>()
  readonly #entries = new Names<number>()
  readonly #logs = new Logs((char) => this.#entries.of(char))

  better(log: string, than: string): boolean {
    return this.without === 'any other log' ? log !== than : moreUpToDate(this.#logs.end(log), this.#logs.view(than))
  }

  /** What is on its way without those that can change nothing any more. */
  trim(s: State): string {
    return [...s.net]
      .filter((char) => {
        const m = this.#messages.of(char)
        const me = s.nodes[m.to] as Node
        if (m.kind === 'pulled') return this.better(m.log, me.log)
        if (m.term !== me.term) return m.term > me.term
        if (m.kind === 'voted') return me.role === 1
        if (m.kind === 'held') return me.role === 2 && m.log.length > ((me.match >> (2 * m.from)) & 3)
        return me.role !== 2 && (m.kind === 'append' || me.vote === 0 || me.vote === m.from + 1)
      })
      .join('')
  }

  seal(s: State): string {
    s.net = this.trim(s)
    return pack(s)
  }

  send(s: State, m: Message, step: string, to: To): void {
    const char = this.#messages.char(m.kind + m.from + m.to + m.term + m.log, () => m)
    for (const [lost, net] of put(this.trim(s), char, this.bounds.messages)) {
      s.net = net
      to(step + lost, this.seal(s))
    }
  }

  act(text: string, n: number, to: To): void {
    const s = unpack(text)
    const me = s.nodes[n] as Node
    const peers = [0, 1, 2].filter((p) => p !== n)
    // Nobody needs to have asked for it: an answer may be as late as it likes.
    for (const p of peers)
      if (this.better(me.log, (s.nodes[p] as Node).log))
        this.send(unpack(text), { kind: 'pulled', from: n, to: p, term: 0, log: me.log }, `${names[n]} hands ${names[p]} its log`, to)
    if (me.role === 2) {
      if (me.log.length < this.bounds.entries) {
        const x = unpack(text)
        const it = x.nodes[n] as Node
        it.log += this.#entries.char(`${it.log.length}:${it.term}`, () => it.term)
        this.count(x, n)
        to(`${names[n]} writes`, this.seal(x))
      }
      for (const p of peers)
        this.send(
          unpack(text),
          { kind: 'append', from: n, to: p, term: me.term, log: me.log },
          `${names[n]} sends its log to ${names[p]}`,
          to,
        )
      return
    }
    if (me.term >= this.bounds.terms) return
    // One request is enough: whom it is not sent to does not answer.
    for (const p of peers) {
      const x = unpack(text)
      Object.assign(x.nodes[n] as Node, { term: me.term + 1, vote: n + 1, role: 1, match: 0 })
      this.send(
        x,
        { kind: 'vote', from: n, to: p, term: me.term + 1, log: me.log },
        `${names[n]} stands in term ${me.term + 1} before ${names[p]}`,
        to,
      )
    }
  }

  count(s: State, n: number): void {
    const me = s.nodes[n] as Node
    for (let upto = me.log.length; upto > 0; upto--) {
      const holds = (p: number): boolean => (p === n ? me.log.length : (me.match >> (2 * p)) & 3) >= upto
      const set = new Set(ids.filter((_, p) => holds(p)))
      const enough = this.without === 'one disk is enough' || majority.holds(set)
      if (!enough || this.#entries.of(me.log[upto - 1] as string) !== me.term) continue
      const committed = me.log.slice(0, upto)
      if (!committed.startsWith(s.done) || committed === s.done) return
      s.done = committed
      s.doneTerm = me.term
      return
    }
  }

  deliver(text: string, char: string, to: To): void {
    const m = this.#messages.of(char)
    const s = unpack(text)
    const me = s.nodes[m.to] as Node
    s.net = s.net.replace(char, '')
    const what = `${names[m.to]} hears ${names[m.from]}'s ${m.kind}`
    if (m.kind === 'pulled') {
      if (me.role === 2 || !this.better(m.log, me.log)) return
      me.log = m.log
      me.role = 0
      return to(`${what} and takes it over`, this.seal(s))
    }
    if (m.term < me.term) return
    if (m.term > me.term) Object.assign(me, { term: m.term, vote: 0, role: 0, match: 0 })
    if (m.kind === 'vote') {
      const granted = (me.vote === 0 || me.vote === m.from + 1) && me.role !== 2 && upToDate(this.#logs.end(m.log), this.#logs.view(me.log))
      if (!granted) return to(`${what}, and refuses`, this.seal(s))
      me.vote = m.from + 1
      this.send(s, { kind: 'voted', from: m.to, to: m.from, term: me.term, log: '' }, `${what}, and grants it`, to)
    } else if (m.kind === 'voted') {
      if (me.role !== 1) return
      me.role = 2
      to(`${what} and leads term ${me.term}`, this.seal(s))
    } else if (m.kind === 'append') {
      if (me.role === 2) return
      me.role = 0
      if (!me.log.startsWith(m.log)) me.log = m.log
      this.send(s, { kind: 'held', from: m.to, to: m.from, term: me.term, log: m.log }, what, to)
    } else if (me.role === 2) {
      const at = 2 * m.from
      if (m.log.length <= ((me.match >> at) & 3)) return
      me.match = (me.match & ~(3 << at)) | (m.log.length << at)
      this.count(s, m.to)
      to(what, this.seal(s))
    }
  }

  get name(): string {
    return `pull before campaign, ${bounded(this.bounds)}, ${this.without === 'none' ? 'all rules' : this.without}`
  }
  readonly first = pack({ nodes: ids.map(() => ({ term: 0, vote: 0, log: '', role: 0, match: 0 })), net: '', done: '', doneTerm: 0 })
  next(text: string, to: To): void {
    for (const char of unpack(text).net) this.deliver(text, char, to)
    for (const n of [0, 1, 2]) this.act(text, n, to)
  }
  accident(text: string): string | undefined {
    const s = unpack(text)
    const leaders = s.nodes.filter((n) => n.role === 2)
    if (new Set(leaders.map((n) => n.term)).size < leaders.length) return 'two leaders in one term'
    for (const me of leaders)
      if (me.term > s.doneTerm && !me.log.startsWith(s.done)) return `${names[s.nodes.indexOf(me)]} leads without what was acknowledged`
    return undefined
  }
}

export const pull = (without: Broken, bounds: Bounds): Model => new Pull(without, bounds)

function pack(s: State): string {
  const node = (n: Node): string => String.fromCharCode(n.term + 8 * n.vote + 32 * n.role + 128 * n.match) + n.log
  return `${s.nodes.map(node).join(';')};${s.net};${s.done};${String.fromCharCode(s.doneTerm)}`
}
function unpack(text: string): State {
  const nodes: Node[] = []
  let at = 0
  for (let n = 0; n < 3; n++) {
    const stop = text.indexOf(';', at + 1)
    const x = text.charCodeAt(at)
    nodes.push({ term: x & 7, vote: (x >> 3) & 3, role: (x >> 5) & 3, match: x >> 7, log: text.slice(at + 1, stop) })
    at = stop + 1
  }
  const net = text.indexOf(';', at)
  const done = text.indexOf(';', net + 1)
  return { nodes, net: text.slice(at, net), done: text.slice(net + 1, done), doneTerm: text.charCodeAt(done + 1) }
}
