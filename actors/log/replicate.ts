/**
 * The leader's copying and the follower's taking (S7, S8; Ongaro 2014, 3.5 and 3.6). Appends carry a round number and every append is
 * answered with it; what stays unanswered is asked for again, at most `flightMax` batches of `batchBytesMax` are on their way to a peer.
 * A follower acknowledges only what its disk holds. Only entries of the own term are committed by counting.
 */
import type { Incarnation, Index, NodeId, Term } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import { elapsed, type Instant } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import { isCertified, nameOf } from './apply.js'
import { decodeRows, encodeRow, type Row } from './codec.js'
import { chained, commitTo, extend, owe } from './entries.js'
import { chunk, type Outgoing } from './install.js'
import type { Entry, Raft, WireEntry } from './messages.js'
import {
  becomeFollower,
  decides,
  electors,
  enterTerm,
  type LogState,
  lastIndex,
  lastTerm,
  others,
  peerOf,
  rowAt,
  sayThat,
  stop,
  tell,
  termAt,
  tickWithin,
  type Work,
} from './raft.js'
import { setGoal } from './recall.js'
import { endSolo, firstEntry } from './twonode.js'

type Of<T extends Raft['type']> = Extract<Raft, { type: T }>

/** What the leader knows of one peer's log. */
export interface Progress {
  /** The peer's disk holds the log up to here. */
  readonly match: Index
  /** The most that it acknowledged to this leader, whatever life of it that was. */
  readonly best: Index
  readonly next: Index
  /** Its log is not known: one append at a time until one is accepted. */
  readonly probing: boolean
  readonly flight: readonly { readonly round: number; readonly last: Index }[]
  readonly round: number // last sent
  readonly acked: number // last answered
  /** When it last acknowledged entries. */
  readonly ackedMs: Instant | undefined
  readonly commit: Index // last told
  readonly sentMs: Instant
  readonly waitMs: number // before asking again
  /** The life of the peer's manager that `match` was heard from. */
  readonly life: Incarnation | undefined
  /** A snapshot is on its way to it. */
  readonly install: Outgoing | undefined
}

/** What one append carries: so many entries, and so many bytes of them (one entry at least, whatever its size). */
export const batchEntriesMax = 512
export const batchBytesMax = 256 * 1024
export const flightMax = 4
export const retryMsMin = 200
export const retryMsMax = 2000

export function startLeading(w: Work): void {
  const { s } = w
  s.role = 'leader'
  s.leader = s.self
  s.leaderLife = s.life
  s.askedMs = undefined
  s.votes = []
  s.doubted = {}
  s.unsynced = undefined
  const fresh: Progress = {
    match: 0 as Index,
    best: 0 as Index,
    next: (lastIndex(s) + 1) as Index,
    probing: true,
    flight: [],
    round: 0,
    acked: 0,
    ackedMs: undefined,
    commit: 0 as Index,
    sentMs: w.env.now,
    waitMs: retryMsMin,
    install: undefined,
    life: undefined,
  }
  s.progress = Object.fromEntries(others(s).map((n) => [n, fresh]))
  append(w, '', firstEntry(w))
}

/** Gives up leadership without a successor in sight; tells the others, whose detectors still find this node alive. */
export function abdicate(w: Work): void {
  const { s } = w
  for (const node of others(s)) tell(w, node, { type: 'not-leader', term: s.hard.term })
  becomeFollower(w, undefined)
}

/** The leader appends one entry of its term and sends it on. */
export function append(w: Work, id: string, entry: Entry): Row {
  const { s } = w
  assert(s.role === 'leader', 'only a leader appends')
  const row = encodeRow((lastIndex(s) + 1) as Index, s.hard.term, lastTerm(s), id, entry)
  endSolo(w, entry)
  extend(w, [row])
  for (const node of others(s)) if (!s.progress[node]) setProgress(w, node, { next: row.index, probing: true })
  broadcast(w, others(s))
  return row
}

const setProgress = (w: Work, node: NodeId, change: Partial<Progress>): Progress => {
  const old = w.s.progress[node]
  const blank = {
    match: 0 as Index,
    best: 0 as Index,
    life: undefined,
    next: 1 as Index,
    probing: true,
    flight: [],
    round: 0,
    acked: 0,
    ackedMs: undefined,
    commit: 0 as Index,
    install: undefined,
  }
  const now: Progress = { ...(old ?? { ...blank, sentMs: w.env.now, waitMs: retryMsMin }), ...change }
  w.s.progress = { ...w.s.progress, [node]: now }
  return now
}

/** Sends to each of `nodes` what it may need now; an empty append where there is nothing else. */
export function broadcast(w: Work, nodes: readonly NodeId[]): void {
  for (const node of nodes) if (!pump(w, node)) sendAppend(w, node, [])
}

/** Sends what `node` lacks, within its bounds. False when nothing was sent. */
function pump(w: Work, node: NodeId): boolean {
  const { s } = w
  let sent = false
  for (;;) {
    const p = s.progress[node]
    if (!p || (p.probing && p.acked < p.round) || p.flight.length >= flightMax) return sent || p !== undefined
    const entries = slice(s, p.next)
    const news = entries.length > 0 || p.commit < s.commit || p.next <= s.snapshot.index
    if (!news) return sent
    sendAppend(w, node, entries)
    sent = true
    if (s.progress[node]?.probing || p.next <= s.snapshot.index) return true
  }
}

function sendAppend(w: Work, node: NodeId, entries: readonly WireEntry[]): void {
  const { s } = w
  const p = s.progress[node]
  if (!p) return
  const round = p.round + 1
  const prevIndex = (p.next - 1) as Index
  const prevTerm = termAt(s, prevIndex)
  const base = { round, sentMs: w.env.now, commit: s.commit }
  if (prevTerm === undefined) {
    const { msg, install } = chunk(s, p.install, round)
    setProgress(w, node, { ...base, probing: true, flight: [], install })
    tell(w, node, msg)
  } else {
    const last = entries.at(-1)?.index
    const flight = last === undefined ? p.flight : [...p.flight, { round, last }]
    setProgress(w, node, { ...base, flight, next: last === undefined ? p.next : ((last + 1) as Index) })
    tell(w, node, { type: 'append', term: s.hard.term, prevIndex, prevTerm, entries, commit: s.commit, holds: p.match, round })
  }
  tickWithin(w, retryMsMin)
}

/** Entries from `from` on, as many as one message holds (one at least). */
export function slice(s: LogState, from: number): readonly WireEntry[] {
  const out: WireEntry[] = []
  let bytes = 0
  for (let i = from; i <= lastIndex(s); i++) {
    const row = rowAt(s, i)
    if (!row) return []
    bytes += row.bytes.length
    if (out.length >= batchEntriesMax || (out.length > 0 && bytes > batchBytesMax)) break
    out.push({ index: row.index, term: row.term, bytes: row.bytes })
  }
  return out
}

/** The peer came back, or as another life: find out anew what it holds. */
export function reprobe(w: Work, node: NodeId, otherLife: boolean): void {
  const p = w.s.progress[node]
  if (!p) return
  const match = otherLife ? (0 as Index) : p.match
  const life = otherLife ? peerOf(w.s, node)?.incarnation : p.life
  setProgress(w, node, { match, life, next: (lastIndex(w.s) + 1) as Index, probing: true, flight: [], acked: p.round, waitMs: retryMsMin })
  sendAppend(w, node, [])
}

/** The leader's part of a tick: ask again where an answer is overdue, with growing waits. */
export function replicateTick(w: Work): void {
  const { s } = w
  if (s.role !== 'leader') return
  for (const node of others(s)) {
    const p = s.progress[node]
    if (!p || (p.acked >= p.round && p.match >= lastIndex(s))) continue
    const left = p.waitMs - elapsed(p.sentMs, w.env.now)
    if (left > 0) {
      tickWithin(w, left)
      continue
    }
    const next = (p.match > 0 ? p.match + 1 : p.next) as Index
    const waitMs = Math.min(p.waitMs * 2, retryMsMax)
    setProgress(w, node, { next, probing: true, flight: [], acked: p.round, waitMs })
    sendAppend(w, node, [])
    tickWithin(w, waitMs)
  }
}

export function onAppend(w: Work, node: NodeId, m: Of<'append'>): void {
  const { s } = w
  if (!followLeader(w, node, m.term, m.round)) return
  setGoal(w, m)
  const reply = (ok: boolean, matchIndex: number, hintIndex = 0): Of<'append-reply'> => ({
    type: 'append-reply',
    term: s.hard.term,
    ok,
    matchIndex: matchIndex as Index,
    hintIndex: hintIndex as Index,
    round: m.round,
  })
  const known = termAt(s, m.prevIndex)
  if (m.prevIndex > s.snapshot.index && known !== m.prevTerm) return tell(w, node, reply(false, lastIndex(s), hint(s, m.prevIndex)))
  const got = decodeRows(m.entries)
  if (!got.ok) return stop(w, got.because)
  const fresh = got.value.filter((r) => r.index > s.snapshot.index && termAt(s, r.index) !== r.term)
  const end = (m.entries.at(-1)?.index ?? m.prevIndex) as number
  if (fresh[0]) {
    if (s.full) return // the leader asks again; nothing is acknowledged that cannot be kept
    const rows = got.value.filter((r) => r.index >= (fresh[0] as Row).index)
    if (rows[0] && (rows[0].index <= s.commit || !chained(s, rows))) {
      const args = { node: nameOf(s.cluster, node), index: rows[0].index, commit: s.commit }
      return sayThat(w, verdict('refuse', 'log.append-conflicts', args, 'safety'))
    }
    extend(w, rows)
    owe(w, { node, term: s.hard.term, round: m.round, upto: end as Index })
  } else tell(w, node, reply(true, Math.min(end, s.durable)))
  commitTo(w, Math.min(m.commit, Math.max(end, s.commit)) as Index)
}

/** The sender leads this term or a later one: follow it. Refuses, and answers, the leader of an earlier term. */
export function followLeader(w: Work, node: NodeId, term: Term, round: number): boolean {
  const { s } = w
  if (term < s.hard.term) {
    const none = 0 as Index
    tell(w, node, { type: 'append-reply', term: s.hard.term, ok: false, matchIndex: none, hintIndex: none, round })
    return false
  }
  if (term > s.hard.term) enterTerm(w, term)
  assert(s.role !== 'leader', 'two leaders in one term')
  if (s.role !== 'follower' || s.leader !== node) {
    becomeFollower(w, node)
    sayThat(w, verdict('follow', 'log.follows', { node: nameOf(s.cluster, node), term: s.hard.term }))
  }
  s.leaderLife = w.env.fromIncarnation
  s.heardMs = w.env.now
  s.askedMs = undefined
  s.doubted = {}
  return true
}

/** Where the leader should look next: the end of this log, or before the term that does not agree; never below what is committed. */
function hint(s: LogState, prevIndex: Index): number {
  if (prevIndex > lastIndex(s)) return lastIndex(s)
  const wrong = termAt(s, prevIndex)
  let i = prevIndex as number
  while (i > s.commit && termAt(s, i) === wrong) i--
  return Math.max(i, s.commit)
}

/** Progress of a peer as far as its present life has told it; undefined when an earlier life speaks. */
function ofThisLife(w: Work, node: NodeId): Progress | undefined {
  const { s, env } = w
  const p = s.progress[node]
  const life = env.fromIncarnation
  if (!p || !life || (p.life?.boot === life.boot && p.life.counter === life.counter)) return p
  // Who has lost its disk before anything of the log was on it knows nobody, and so is heard as nobody: it comes after a life that is certified dead.
  const present = p.life && !isCertified(s.cluster, node, p.life.boot) && peerOf(s, node)?.incarnation?.boot === p.life.boot
  const isOld = p.life?.boot === life.boot ? life.counter < p.life.counter : present
  if (isOld) return undefined
  // Another disk may stand behind the same name: what the life before it acknowledged counts no more.
  return setProgress(w, node, p.life ? { life, match: 0 as Index, probing: true, flight: [] } : { life })
}

export function onAppendReply(w: Work, node: NodeId, m: Of<'append-reply'>): void {
  const { s } = w
  if (m.term > s.hard.term) {
    if (s.role === 'leader') sayThat(w, verdict('follow', 'log.deposed', { term: m.term, node: nameOf(s.cluster, node) }, 'notice'))
    return enterTerm(w, m.term)
  }
  const p = ofThisLife(w, node)
  if (s.role !== 'leader' || m.term < s.hard.term || !p) return
  const acked = Math.max(p.acked, m.round)
  if (m.ok) {
    assert(m.matchIndex <= lastIndex(s), 'a follower cannot hold more than it was sent')
    const match = Math.max(p.match, m.matchIndex) as Index
    const flight = p.flight.filter((f) => f.last > match && f.round > m.round)
    setProgress(w, node, {
      match,
      best: Math.max(p.best, match) as Index,
      next: Math.max(p.next, match + 1) as Index,
      probing: false,
      flight,
      acked,
      ackedMs: w.env.now,
      waitMs: retryMsMin,
      install: undefined,
    })
    countVotes(w)
  } else {
    if (m.round < p.round) return // answers an earlier probe
    // A log shorter than what it had acknowledged: its disk went back in time (F61). Count it no further than it is.
    const { best } = p
    const wentBack = m.matchIndex < best
    if (wentBack) sayThat(w, verdict('sync', 'log.went-back', { node: nameOf(s.cluster, node), best, holds: m.matchIndex }, 'error'))
    const match = Math.min(p.match, m.hintIndex) as Index
    const next = Math.max(1, Math.min(p.next - 1, m.hintIndex + 1)) as Index
    setProgress(w, node, { match, best: wentBack ? m.matchIndex : best, next, probing: true, flight: [], acked })
  }
  pump(w, node)
}

/** The peer says how much of the snapshot it holds: go on from there. */
export function onInstallReply(w: Work, node: NodeId, m: Of<'install-reply'>): void {
  const { s } = w
  if (m.term > s.hard.term) return enterTerm(w, m.term)
  const p = s.progress[node]
  const known = p?.install
  if (s.role !== 'leader' || m.term < s.hard.term || !p || m.round < p.round) return
  if (known?.index !== m.index || known.crc32c !== m.crc32c || m.offset > s.snapshot.bytes.length) return
  const waitMs = m.offset > known.offset ? retryMsMin : p.waitMs
  setProgress(w, node, { acked: m.round, install: { ...known, offset: m.offset }, waitMs })
  pump(w, node)
}

/** Commits what a deciding set holds on disk, if it is of this term (Raft figure 8); then tells everybody. */
export function countVotes(w: Work): void {
  const { s } = w
  if (s.role !== 'leader') return
  const holds = (n: NodeId): number => (n === s.self ? s.durable : (s.progress[n]?.match ?? 0))
  const nodes = electors(s)
  const reached = [...new Set(nodes.map(holds))].sort((a, b) => b - a)
  const upto = reached.find((i) =>
    decides(
      s,
      nodes.filter((n) => holds(n) >= i),
    ),
  )
  if (upto === undefined || upto <= s.commit || termAt(s, upto) !== s.hard.term) return
  commitTo(w, upto as Index)
  for (const node of others(s)) pump(w, node)
}
