/**
 * What must hold after every event of a log harness: S6 one leader a term, S7 and S10 nothing committed is missing at a later leader,
 * S8 and S9 the same entry and state at the same index, S12 terms and votes never go back, and house rule 2. The first violation throws.
 */
import { digest } from '../../../actors/log/apply.js'
import { decodeHard } from '../../../actors/log/codec.js'
import type { Raft } from '../../../actors/log/messages.js'
import { type LogState, rowAt } from '../../../actors/log/raft.js'
import type { NodeId } from '../../../runtime/actor.js'
import type { Node } from './harness.js'

export class Checkers {
  readonly #leaders = new Map<number, NodeId>()
  readonly #committed = new Map<number, { term: number; bytes: string; byTerm: number }>()
  readonly #digests = new Map<number, string>()
  readonly #checked = new WeakMap<readonly unknown[], number>()
  readonly #lastState = new Map<NodeId, unknown>()
  readonly #votes = new Map<string, NodeId>()
  readonly #terms = new Map<NodeId, number>()

  /** House rule 2: what is said of votes, terms and entries is on the speaker's disk already. */
  spoken(node: Node, m: Raft): void {
    if (m.type !== 'vote' && m.type !== 'vote-reply' && m.type !== 'append' && m.type !== 'append-reply' && m.type !== 'install') return
    const hard = node.disk.hard && decodeHard(node.disk.hard)
    const kept = hard?.ok ? hard.value : undefined
    if ((kept?.term ?? 0) < m.term)
      throw new Error(`persist before speak: ${node.id} says ${m.type} of term ${m.term}, disk has ${kept?.term}`)
    if (m.type === 'vote-reply' && m.granted && kept?.votedFor === undefined) throw new Error(`persist before speak: vote of ${node.id}`)
    const last = node.disk.wal.at(-1)?.index ?? node.disk.snapshot?.index ?? 0
    if (m.type === 'append-reply' && m.ok && m.matchIndex > last)
      throw new Error(`persist before speak: ${node.id} acks ${m.matchIndex}, disk has ${last}`)
  }

  /** The node's disk went back: its terms may do so too. */
  restored(node: Node): void {
    this.#terms.delete(node.id)
  }

  /** S6 one leader a term, S7/S10 what was committed stays, S9 equal state at equal index, S12 terms and votes never go back. */
  check(node: Node): void {
    const s = node.state
    if (!s || !node.up) return
    if (s.role === 'leader') {
      const other = this.#leaders.get(s.hard.term)
      if (other !== undefined && other !== node.id) throw new Error(`S6: ${other} and ${node.id} lead term ${s.hard.term}`)
      if (other === undefined) {
        this.#leaders.set(s.hard.term, node.id)
        for (const [index, c] of this.#committed) {
          if (c.byTerm > s.hard.term || index <= s.snapshot.index) continue
          if (rowAt(s, index)?.term !== c.term) throw new Error(`S7: ${node.id} leads term ${s.hard.term} without committed entry ${index}`)
        }
      }
    }
    if (s.hard.votedFor !== undefined) {
      const key = `${node.id}/${s.hard.term}`
      const voted = this.#votes.get(key)
      const durable = s.roundDurable >= s.hardRound
      if (durable && voted !== undefined && voted !== s.hard.votedFor) throw new Error(`S12: ${node.id} voted twice in term ${s.hard.term}`)
      if (durable) this.#votes.set(key, s.hard.votedFor)
    }
    const term = this.#terms.get(node.id) ?? 0
    if (s.roundDurable >= s.hardRound) {
      if (s.hard.term < term) throw new Error(`S12: ${node.id} went back from term ${term} to ${s.hard.term}`)
      this.#terms.set(node.id, s.hard.term)
    }
    this.#checkCommitted(node, s)
  }

  #checkCommitted(node: Node, s: LogState): void {
    for (let i = s.commit; i > Math.max(s.snapshot.index, this.#checked.get(s.rows) ?? 0); i--) {
      const row = rowAt(s, i)
      if (!row) throw new Error(`${node.id} committed ${i} without holding it`)
      const known = this.#committed.get(i)
      const bytes = Buffer.from(row.bytes).toString('base64')
      if (!known) this.#committed.set(i, { term: row.term, bytes, byTerm: s.hard.term })
      else if (known.term !== row.term || known.bytes !== bytes)
        throw new Error(`S9: entry ${i} of ${node.id} differs from what was committed`)
      else break
    }
    this.#checked.set(s.rows, s.commit)
    if (this.#lastState.get(node.id) === s.cluster) return
    this.#lastState.set(node.id, s.cluster)
    const mine = digest(s.cluster)
    const theirs = this.#digests.get(s.cluster.index)
    if (theirs === undefined) this.#digests.set(s.cluster.index, mine)
    else if (theirs !== mine) throw new Error(`S9: state of ${node.id} at ${s.cluster.index} differs`)
  }
}
