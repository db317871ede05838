/**
 * Pull before campaign (design 8.4): a node that nobody can elect since its log is behind fetches the log of one that is ahead. It adopts nothing
 * that is not strictly more up to date than its own log, by Raft's own order; that cannot drop a committed entry (design 8.5). A tail that is longer
 * than a message comes in parts, from the commit on: parts that alone are no better are held in memory until one is.
 */
import type { Index, NodeId } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import { decodeRows, type Row } from './codec.js'
import { chained, extend } from './entries.js'
import type { Raft } from './messages.js'
import { type LogState, lastIndex, lastTerm, moreUpToDate, stop, tell, termAt, type Work } from './raft.js'
import { slice } from './replicate.js'

type Pulled = Extract<Raft, { type: 'pulled' }>

/** What one node has handed over: rows from the first one on that this log lacks, and where the next part begins. */
export interface Pulling {
  readonly node: NodeId
  readonly next: Index
  readonly rows: readonly Row[]
}

/** Asks for all that lies behind the commit; what was handed over before is asked for again. */
export const pull = (w: Work, node: NodeId): void => more(w, { node, next: (w.s.commit + 1) as Index, rows: [] })

function more(w: Work, pulling: Pulling): void {
  w.s.pulling = pulling
  tell(w, pulling.node, { type: 'pull', fromIndex: pulling.next })
}

export function onPull(w: Work, node: NodeId, m: Extract<Raft, { type: 'pull' }>): void {
  const { s } = w
  const prevIndex = (m.fromIndex - 1) as Index
  const prevTerm = termAt(s, prevIndex)
  if (prevTerm === undefined) return // older than the snapshot: this node campaigns itself
  const entries = slice(s, m.fromIndex)
  tell(w, node, { type: 'pulled', prevIndex, prevTerm, entries, lastIndex: lastIndex(s), lastTerm: lastTerm(s) })
}

/** Takes in one part, and asks for the next; true: this log is further now. */
export function onPulled(w: Work, node: NodeId, m: Pulled): boolean {
  const { s } = w
  const { pulling } = s
  const end = m.entries.at(-1)
  if (s.role === 'leader' || s.full || !end || pulling?.node !== node || pulling.next !== m.prevIndex + 1) return false
  if (!follows(s, pulling, m)) return false
  const got = decodeRows(m.entries)
  if (!got.ok) {
    stop(w, got.because)
    return false
  }
  const rows = lacking(s, [...pulling.rows, ...got.value])
  const better = moreUpToDate({ lastTerm: end.term, lastIndex: end.index }, s)
  if (better) {
    assert(rows.length > 0, 'a more up-to-date log brings something new')
    if (!chained(s, rows)) return false
    extend(w, rows)
  }
  if (end.index < m.lastIndex) more(w, { node, next: (end.index + 1) as Index, rows: better ? [] : rows })
  else s.pulling = undefined
  return better
}

/** Does this part go on where the one before ended, and nothing of both is committed here meanwhile? */
function follows(s: LogState, { rows }: Pulling, m: Pulled): boolean {
  const last = rows.at(-1)
  if (last) return last.term === m.prevTerm && (rows[0]?.index ?? 0) > s.commit
  return m.prevIndex >= s.commit && termAt(s, m.prevIndex) === m.prevTerm
}

function lacking(s: LogState, rows: readonly Row[]): readonly Row[] {
  const from = rows.findIndex((r) => termAt(s, r.index) !== r.term)
  return from < 0 ? [] : rows.slice(from)
}
