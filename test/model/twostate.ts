/** The state of the two-node model (twonode.ts), and how it is packed into a string: equal states are equal strings. */

/** How far a search goes. */
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

/** One machine and what its manager knows. */
export interface Node {
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
  /** The epoch after which it asked a witness to decide alone, and was not answered, + 1; 0 = none. */
  claim: number
  // Gone with the manager.
  role: number // 0 follows, 1 stands, 2 leads
  match: number
  commit: number
  /** A certificate in hand for that life of the peer; 0 = none. */
  held: number
}
export interface State {
  readonly nodes: readonly [Node, Node]
  net: string
  /** The longest log that anybody has called committed, and the term of who did. */
  done: string
  doneTerm: number
  crashes: number
  writes: number
  /** What a witness holds: 0 = nothing, else 1 + 3 x epoch + owner (1 = A, 2 = B). */
  held: number
}
export type Message =
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
  /** To the witness, and its yes. */
  | {
      readonly kind: 'ask' | 'told'
      readonly from: number
      readonly life: number
      readonly term: number
      readonly what: Ask
      readonly epoch: number
    }
  | { readonly kind: 'held'; readonly from: number; readonly life: number; readonly term: number; readonly length: number }

export type Ask = 'enrol' | 'claim'

export const fresh = (): Node => ({
  up: 1,
  life: 1,
  term: 0,
  vote: 0,
  epoch: 0,
  solo: 0,
  proof: 0,
  log: '',
  kept: 0,
  claim: 0,
  role: 0,
  match: 0,
  commit: 0,
  held: 0,
})

/** Two characters of small numbers and the log a node, then what is on its way, what is done, and the budgets. */
export function pack(s: State): string {
  const node = (n: Node): string =>
    String.fromCharCode(
      n.up + 2 * n.role + 8 * n.vote + 32 * n.solo + 64 * n.held + 512 * n.proof + 4096 * n.life,
      n.term + 8 * n.epoch + 64 * n.match + 512 * n.commit + 4096 * n.kept,
    ) + n.log
  const claims = 8 * s.nodes[0].claim + 64 * s.nodes[1].claim
  return `${node(s.nodes[0])};${node(s.nodes[1])};${s.net};${s.done};${String.fromCharCode(s.doneTerm + claims, s.crashes, s.writes, s.held)}`
}
export function unpack(text: string): State {
  const ends: number[] = []
  for (let from = 2; ends.length < 4; from = (ends.at(-1) as number) + (ends.length === 1 ? 3 : 1)) ends.push(text.indexOf(';', from))
  const [a, b, net, done] = ends as [number, number, number, number]
  const end = text.charCodeAt(done + 1)
  return {
    nodes: [nodeOf(text, 0, a, (end >> 3) & 7), nodeOf(text, a + 1, b, end >> 6)],
    net: text.slice(b + 1, net),
    done: text.slice(net + 1, done),
    doneTerm: end & 7,
    crashes: text.charCodeAt(done + 2),
    writes: text.charCodeAt(done + 3),
    held: text.charCodeAt(done + 4),
  }
}
function nodeOf(text: string, from: number, to: number, claim: number): Node {
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
    claim,
    log: text.slice(from + 2, to),
  }
}
