/**
 * Start from what the disk gave back, and install of a leader's snapshot on a node whose log is too far behind (Ongaro 2014, chapter 5).
 * A log read back is believed up to the first row that does not follow the one before it.
 */
import { type Boot, type Effect, type Env, type Index, type Msg, say, send, type Term } from '../../runtime/actor.js'
import type { Instant } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { genesis, nameOf } from './apply.js'
import { decodeHard, decodeRows, decodeSnapshot, encodeSnapshot, type Hard, type Row } from './codec.js'
import { adoptMembers, applyRow, owe } from './entries.js'
import type { Member, Raft } from './messages.js'
import { type Draft, type LogState, lastIndex, sayThat, stop, subscribers, tell, termAt, type Work } from './raft.js'
import { followLeader } from './replicate.js'

/** What the host gives log as `boot.args`. An empty member list: this node is about to join, everything comes from the leader. */
export interface LogArgs {
  readonly genesis: readonly Member[]
  readonly name: string
}

export interface Start {
  readonly state: LogState
  readonly effects: readonly Effect[]
}

const blankHard: Hard = {
  term: 0 as Term,
  votedFor: undefined,
  epoch: 0,
  soloSet: undefined,
  certificate: undefined,
  commit: 0 as Index,
}

export function recoverState(boot: Boot, env: Env): Start {
  const args = boot.args as LogArgs
  const { recovered } = boot
  const effects: Effect[] = (recovered?.notes ?? []).map(say)
  const first = genesis(args.genesis, args.name)
  const made = { index: first.index, term: first.term, bytes: encodeSnapshot({ state: first, recent: [] }) }
  const snapshot = recovered?.snapshot ?? made
  const hard = recovered?.hard ? decodeHard(recovered.hard) : { ok: true as const, value: blankHard }
  const base = decodeSnapshot(snapshot.bytes)
  const rows = decodeRows(recovered?.entries ?? [])
  const bad: Verdict | undefined = !hard.ok ? hard.because : !base.ok ? base.because : !rows.ok ? rows.because : undefined
  if (!hard.ok || !base.ok || !rows.ok) {
    const state = blank(boot, env, blankHard, { ...made, state: first, recent: [] })
    effects.push(say(bad as Verdict), { do: 'stop', reason: (bad as Verdict).key })
    return { state: { ...state, stopped: true }, effects }
  }
  const state = blank(boot, env, hard.value, { ...snapshot, ...base.value })
  state.rows = believed(rows.value, snapshot)
  if (state.rows.length < rows.value.length)
    effects.push(
      say(verdict('truncate', 'log.chain-broken', { index: lastIndex(state), dropped: rows.value.length - state.rows.length }, 'warning')),
    )
  state.durable = lastIndex(state)
  state.asked = state.durable
  // A new cluster's starting point is saved as a snapshot, so that the log on disk always begins right after one.
  state.snapshotSaved = (recovered?.snapshot?.index ?? 0) as Index
  state.commit = Math.max(snapshot.index, Math.min(hard.value.commit, lastIndex(state))) as Index
  while (state.cluster.index < state.commit) applyRow(state, state.rows[state.cluster.index - snapshot.index] as Row)
  return { state, effects }
}

/** Rows up to the first one that does not follow the one before it. */
function believed(rows: readonly Row[], snapshot: { readonly index: Index; readonly term: Term }): readonly Row[] {
  let { index, term } = snapshot
  const end = rows.findIndex((r) => {
    const follows = r.index === index + 1 && r.prev === term && r.term >= term
    index = r.index
    term = r.term
    return !follows
  })
  return end < 0 ? rows : rows.slice(0, end)
}

type Base = LogState['snapshot'] & { readonly state: LogState['cluster']; readonly recent: LogState['recent'] }
function blank(boot: Boot, env: Env, hard: Hard, base: Base): Draft {
  const { index, term, bytes } = base
  return {
    self: boot.node,
    life: boot.incarnation,
    timing: boot.timing,
    stopped: false,
    hard,
    snapshot: { index, term, bytes },
    rows: [],
    durable: index,
    asked: index,
    snapshotSaved: index,
    writing: undefined,
    round: 0,
    roundDurable: 0,
    hardRound: 0,
    owed: [],
    full: false,
    commit: index,
    cluster: base.state,
    recent: base.recent,
    members: base.state.members,
    logEpoch: base.state.epoch,
    logSolo: base.state.solo,
    role: 'follower',
    leader: undefined,
    leaderLife: undefined,
    heardMs: env.now as Instant,
    askedMs: undefined,
    votes: [],
    against: [],
    campaignMs: env.now as Instant,
    yieldUntilMs: env.now as Instant,
    votedMs: undefined,
    electionAtMs: undefined,
    doubted: {},
    progress: {},
    waiting: [],
    held: [],
    view: undefined,
    quorum: undefined,
    told: { type: 'leadership', term: hard.term, ready: false },
    toldSolo: undefined,
    tickAtMs: undefined,
  }
}

/** The leader's snapshot replaces what this node applied; a log that agrees with its end keeps what follows. */
export function onInstall(w: Work, node: Work['s']['self'], m: Extract<Raft, { type: 'install' }>): void {
  const { s } = w
  if (!followLeader(w, node, m.term, m.round)) return
  if (m.index <= s.commit) {
    if (m.index > s.durable) return
    const reply = { type: 'append-reply', term: s.hard.term, ok: true, round: m.round } as const
    return tell(w, node, { ...reply, matchIndex: m.index, hintIndex: m.index })
  }
  if (s.full) return
  const got = decodeSnapshot(m.bytes)
  if (!got.ok) return stop(w, got.because)
  const keeps = termAt(s, m.index) === m.indexTerm
  s.rows = keeps ? s.rows.slice(m.index - s.snapshot.index) : []
  s.durable = keeps ? s.durable : (0 as Index)
  s.asked = Math.max(s.durable, m.index) as Index
  s.writing = undefined // its note, when it comes, says nothing about the new log
  s.owed = []
  s.snapshot = { index: m.index, term: m.indexTerm, bytes: m.bytes }
  s.commit = m.index
  s.cluster = got.value.state
  s.recent = got.value.recent
  owe(w, { node, term: s.hard.term, round: m.round, upto: m.index })
  adoptMembers(w)
  for (const path of subscribers) w.out.push(send({ path }, { type: 'state', state: s.cluster } as Msg))
  sayThat(w, verdict('install', 'log.installed', { index: m.index, node: nameOf(s.cluster, node) }, 'notice'))
}
