/**
 * The log in memory: what is appended, cut and applied (S8, S9). An index at or below `commit` is never cut. A row counts as durable only
 * when the write that carried it is, and only if it was not replaced since. The member list in force is the newest in the log.
 */
import { type Index, type Msg, send } from '../../runtime/actor.js'
import { assert, present } from '../../runtime/assert.js'
import { after, elapsed } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { apply, nameIn, nameOf } from './apply.js'
import { encodeSnapshot, type Recent, type Row } from './codec.js'
import type { Committed, Entry, LogEntry, Member, Proposed } from './messages.js'
import {
  type Draft,
  isVoter,
  type LogState,
  lastIndex,
  type Owed,
  receivers,
  rowAt,
  subscribers,
  tell,
  termAt,
  tickWithin,
  votersIn,
  type Work,
} from './raft.js'
import { isPromotion } from './right.js'
import type { ClusterState } from './state.js'

/** Proposal ids whose answers are remembered. */
export const recentMax = 512
/** A snapshot is taken when this many entries follow the last one. */
export const snapshotEvery = 1000
/** Or when they are so many bytes. */
export const snapshotAtBytes = 16 * 1024 * 1024
/** While the last snapshot is on its way to a peer, the next one waits so many times longer: the peer then finds the log that follows it. */
export const patience = 4
export const owedMax = 64
/** How long a removed node is told that it is one. */
export const farewellMs = 1000

/** `fresh` follows the log that stands before its first row. */
export function chained(s: LogState, fresh: readonly Row[]): boolean {
  let prev = fresh[0] && termAt(s, fresh[0].index - 1)
  let index = fresh[0]?.index
  for (const row of fresh) {
    if (row.prev !== prev || row.index !== index || row.term < row.prev) return false
    prev = row.term
    index = (index + 1) as Index
  }
  return true
}

/** Appends `fresh`, replacing whatever stood from its first index on. */
export function extend(w: Work, fresh: readonly Row[]): void {
  const { s } = w
  const first = present(fresh[0], 'rows to append').index
  assert(first > s.commit, 'a committed entry is never replaced')
  assert(first <= lastIndex(s) + 1, 'the log has no hole')
  const before = (first - 1) as Index
  s.rows = [...s.rows.slice(0, before - s.snapshot.index), ...fresh]
  s.durable = Math.min(s.durable, before) as Index
  s.asked = Math.min(s.asked, before) as Index
  if (s.writing) s.writing = { ...s.writing, upto: Math.min(s.writing.upto, before) as Index }
  s.owed = s.owed.filter((o) => o.upto <= before)
  adoptMembers(w)
}

/** A write of this number is on disk: what was owed for it is said. */
export function onPersisted(w: Work, round: number): void {
  const { s } = w
  if (round === s.hardRound) s.roundDurable = round
  if (round !== s.writing?.round) return
  if (s.writing.slot === 'snapshot') s.snapshotSaved = s.snapshot.index
  s.durable = Math.max(s.durable, s.writing.upto) as Index
  s.writing = undefined
  for (const { node, term, round, upto } of s.owed) {
    if (upto > s.durable || term !== s.hard.term) continue
    tell(w, node, { type: 'append-reply', term, ok: true, matchIndex: upto, hintIndex: upto, round })
  }
  s.owed = s.owed.filter((o) => o.upto > s.durable)
}

/** Owes the leader an answer for everything up to `upto`; beyond `owedMax` the oldest is dropped, the leader asks again. */
export function owe(w: Work, owed: Owed): void {
  w.s.owed = [...w.s.owed, owed].slice(-owedMax)
}

/** Takes the newest member list in the log as the one in force, and tells those who live on it when it changed. */
export function adoptMembers(w: Work): void {
  const { s } = w
  let members: readonly Member[] = s.cluster.members
  let { tieBreak, witness } = s.cluster
  s.logEpoch = s.cluster.epoch
  s.logSolo = s.cluster.solo
  for (let i = lastIndex(s); i > s.cluster.index; i--) {
    const entry = rowAt(s, i)?.entry
    if (entry?.type !== 'members') continue
    members = entry.members
    tieBreak = entry.tieBreak
    witness = entry.witness
    s.logEpoch = entry.epoch
    s.logSolo = entry.solo
    break
  }
  const known = members === s.members || JSON.stringify(members) === JSON.stringify(s.members)
  if (known && tieBreak === s.tieBreak && witness === s.witness) return
  s.members = members
  s.tieBreak = tieBreak
  s.witness = witness
  s.membersMs = w.env.now
  s.introduced = undefined
  if (isVoter(s, s.self)) s.joining = []
  tellMembers(w, ['membership', 'quorum'])
  tellPeers(w)
}

export function tellMembers(w: Work, paths: readonly string[]): void {
  const members = w.s.members.map(({ node, name, votes, links }) => ({ node, name, votes, links: links.length }))
  const { tieBreak, witness } = w.s
  const rule = { ...(tieBreak ? { tieBreak } : {}), ...(witness ? { witness } : {}) }
  for (const path of paths) w.out.push(send({ path }, { type: 'members', members, ...rule } as Msg))
}
export function tellPeers(w: Work): void {
  const { introduced } = w.s
  const peers = [...receivers(w.s), ...(introduced ? [introduced] : [])].map(({ node, links }) => ({ node, links }))
  w.out.push({ do: 'peers', peers })
}

/** A list that is committed has taken nodes out: the log goes to them a moment longer, so that they learn it. */
function bidFarewell(w: Work, before: readonly Member[]): void {
  const { s } = w
  const out = before.filter((m) => m.node !== s.self && !s.cluster.members.some((x) => x.node === m.node))
  if (out.length === 0) return
  s.farewell = { nodes: [...(s.farewell?.nodes ?? []), ...out], untilMs: after(w.env.now, farewellMs) }
  tickWithin(w, farewellMs)
}

export function farewellTick(w: Work): void {
  const { s } = w
  if (!s.farewell) return
  const left = elapsed(w.env.now, s.farewell.untilMs)
  if (left > 0) return tickWithin(w, left)
  s.farewell = undefined
  tellPeers(w)
}

/** Moves `commit` to `upto` and applies, answers and announces what became committed. */
export function commitTo(w: Work, upto: Index): void {
  const { s } = w
  assert(upto <= lastIndex(s), 'only what the log holds is committed')
  if (upto <= s.commit) return
  s.commit = upto
  while (s.cluster.index < s.commit) {
    const row = present(rowAt(s, s.cluster.index + 1), 'an entry to apply')
    const before = s.cluster
    const { entry, refused, duplicate } = applyRow(s, row)
    if (before.members !== s.cluster.members) {
      bidFarewell(w, before.members)
      // That a rule is committed is remembered over a reboot (`decides`, witness.ts).
      const same = votersIn(before.members).join() === votersIn(s.cluster.members).join()
      if (!same || before.witness !== s.cluster.witness) w.hardDirty = true
    }
    // Of two, one may have to go on alone right after it began anew, and only whoever knows itself to be admitted may (T3).
    if (entry.entry.type === 'admit') w.hardDirty = true
    const told: Committed = { type: 'committed', entry, ...(s.cluster.index < s.commit ? { more: true } : {}) }
    for (const path of subscribers) w.out.push(send({ path }, told))
    if (!duplicate) sayDecision(w, before, entry, refused)
    answer(w, row.id)
  }
  adoptMembers(w)
  considerSnapshot(w)
}

/** Applies one row to the state; a proposal id that was applied before makes it a noop, for every subscriber alike. */
export function applyRow(s: Draft, row: Row): { entry: LogEntry; refused?: Verdict; duplicate: boolean } {
  assert(row.index === s.cluster.index + 1, 'entries are applied in order')
  const duplicate = row.id !== '' && s.recent.some((r) => r.id === row.id)
  const entry: LogEntry = { index: row.index, term: row.term, entry: duplicate ? { type: 'noop' } : row.entry }
  const { state, refused } = apply(s.cluster, entry)
  s.cluster = state
  if (row.id !== '' && !duplicate) s.recent = [...s.recent, recentOf(row, refused)].slice(-recentMax)
  return { entry, duplicate, ...(refused ? { refused } : {}) }
}
const recentOf = (row: Row, refused: Verdict | undefined): Recent => ({ id: row.id, index: row.index, ...(refused ? { refused } : {}) })

export const proposedOf = (r: Recent): Proposed => ({
  type: 'proposed',
  id: r.id,
  ok: r.refused === undefined,
  index: r.index,
  ...(r.refused ? { refused: 'invalid' as const, because: r.refused } : {}),
})

/** Answers those who wait for `id`, once it is applied here. */
export function answer(w: Work, id: string): void {
  const { s } = w
  const waiting = s.waiting.find((p) => p.propose.id === id)
  const recent = s.recent.find((r) => r.id === id)
  if (!waiting || !recent) return
  s.waiting = s.waiting.filter((p) => p !== waiting)
  for (const path of waiting.replyTo) w.out.push(send({ path }, proposedOf(recent)))
}

function considerSnapshot(w: Work): void {
  const { s } = w
  if (s.durable < s.cluster.index || s.writing?.slot === 'snapshot') return
  const times = Object.values(s.progress).some((p) => p.install) ? patience : 1
  const applied = s.rows.slice(0, s.cluster.index - s.snapshot.index)
  const bytesLogged = applied.reduce((sum, r) => sum + r.bytes.length, 0)
  if (applied.length < snapshotEvery * times && bytesLogged < snapshotAtBytes * times) return
  const { index, term } = s.cluster
  const bytes = encodeSnapshot({ state: s.cluster, recent: s.recent })
  s.rows = s.rows.slice(index - s.snapshot.index)
  s.snapshot = { index, term, bytes }
}

/** A committed decision is said under `index.n`, the same on every node. */
function sayDecision(w: Work, before: ClusterState, e: LogEntry, refused: Verdict | undefined): void {
  const verdicts = refused ? [refused] : describe(before, e.entry)
  for (const [n, v] of verdicts.entries()) w.out.push({ do: 'say', verdict: v, at: { index: e.index, n } })
}

function describe(s: ClusterState, e: Entry): readonly Verdict[] {
  const life = (node: Parameters<typeof nameOf>[1], boot: string): Verdict['args'] => ({ node: nameOf(s, node), boot })
  switch (e.type) {
    case 'noop':
      return []
    case 'members':
    case 'config':
    case 'intent-end':
      return [e.because]
    case 'version':
      return [verdict('version', 'log.version', { version: e.clusterVersion }, 'notice')]
    case 'admit':
      return [verdict('admit', 'log.admitted', life(e.node, e.boot), 'notice')]
    case 'leased':
      return e.armed
        ? [verdict('lease', 'log.leased', { ...life(e.node, e.boot), leaseMs: e.leaseMs, watchdogMs: e.watchdogMs }, 'notice')]
        : []
    case 'leave':
      return [verdict('leave', 'log.left', life(e.node, e.boot), 'notice')]
    case 'fence-intent':
      return [e.because, verdict('fence', 'log.fence-intent', life(e.node, e.boot), 'warning')]
    case 'decision':
      return [
        e.because,
        ...e.certificates.map((c) => verdict('certify', 'log.certified', { ...life(c.node, c.boot), by: c.by }, 'warning')),
        ...e.releases.map((r) => {
          const key = r.how === 'stopped' && isPromotion(r.resource) ? 'log.released-demoted' : (`log.released-${r.how}` as const)
          return verdict('release', key, { resource: nameIn(s, r.resource), node: nameOf(s, r.node), token: r.token })
        }),
        ...e.grants.map((g) => {
          const key = isPromotion(g.resource) ? 'log.granted-promotion' : 'log.granted'
          return verdict('grant', key, { resource: nameIn(s, g.resource), node: nameOf(s, g.node) }, 'notice')
        }),
      ]
    case 'intent':
      return [
        verdict(e.kind, `log.intent-${e.kind}`, { resource: e.resource, node: nameOf(s, e.node), by: e.by, forMs: e.forMs }, 'notice'),
      ]
    case 'cleanup':
      return [verdict('cleanup', 'log.cleanup', { resource: e.resource, by: e.by }, 'notice')]
    case 'operator-ack':
      return [verdict('certify', 'log.operator-ack', { ...life(e.node, e.boot), by: e.by }, 'warning')]
  }
}
