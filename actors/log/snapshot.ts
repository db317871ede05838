/** Start from what the disk gave back. A log read back is believed up to the first row that does not follow the one before it. */
import { type Boot, type Effect, type Env, type Index, type NodeId, say, type Term } from '../../runtime/actor.js'
import type { Instant } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { genesis } from './apply.js'
import { decodeHard, decodeRows, decodeSnapshot, encodeSnapshot, type Hard, type Row } from './codec.js'
import { applyRow } from './entries.js'
import { noLeases } from './lease.js'
import type { Member } from './messages.js'
import { type Draft, type LogState, lastIndex } from './raft.js'
import { unsynced } from './recall.js'

/** What the host gives log as `boot.args`. An empty member list: this node is about to join, everything comes from the leader. */
export interface LogArgs {
  readonly genesis: readonly Member[]
  readonly name: string
  /** Whom joining.json names, while there is one. */
  readonly joining?: readonly NodeId[]
  /** The machine's hardware watchdog resets it when nobody has petted it for so long; absent: there is none that counts as evidence. */
  readonly watchdogMs?: number
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
  claim: undefined,
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
    startedMs: env.now as Instant,
    unsynced,
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
    incoming: undefined,
    pulling: undefined,
    full: false,
    commit: index,
    cluster: base.state,
    recent: base.recent,
    members: base.state.members,
    logEpoch: base.state.epoch,
    logSolo: base.state.solo,
    tieBreak: base.state.tieBreak,
    witness: base.state.witness,
    asking: undefined,
    ended: false,
    leases: noLeases((boot.args as LogArgs).watchdogMs, boot.incarnation.counter),
    elsewhere: undefined,
    membersMs: env.now as Instant,
    joining: (boot.args as LogArgs).joining ?? [],
    introduced: undefined,
    farewell: undefined,
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
