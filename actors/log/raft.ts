/**
 * The state of one node's log, and what all pages of this folder share: terms, the vote predicate, and the two-step way out of a
 * step. Pages change a draft and collect effects in it; `finish` orders them so that nothing is spoken before it is durable (house rule 2):
 *   1. local sends, timers, sentences at once;
 *   2. `speak` (to other nodes) at once if the hard state on disk is the one in memory, else inside `then` of writing it;
 *   3. new log rows in one write, whose `then` is a note to self; what is owed for them (append-replies, own vote for commit) follows it.
 * At most one log or snapshot write is on its way: a write that fails (disk full) can then leave no hole behind it. Rows that come
 * meanwhile go together in the next write, as the store would have grouped them anyway.
 */
import type { Effect, Env, Incarnation, Index, Msg, NodeId, StoreOp, Term, Timing } from '../../runtime/actor.js'
import { persist, say, send, timer } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { View } from '../membership/messages.js'
import type { Quorum } from '../quorum/messages.js'
import { predicateOf } from '../quorum/twonode.js'
import { encodeHard, type Hard, type Recent, type Row } from './codec.js'
import type { Incoming } from './install.js'
import type { Leases } from './lease.js'
import type { Leadership, Member, Propose, Raft } from './messages.js'
import type { Pulling } from './pull.js'
import type { Unsynced } from './recall.js'
import type { Progress } from './replicate.js'
import type { ClusterState } from './state.js'
import type { Asking } from './witness.js'

/** A proposal made on this node that is not answered yet. */
export interface Waiting {
  readonly propose: Propose
  readonly replyTo: readonly string[]
  readonly dueMs: Instant
  /** Leader that it was last given to; undefined = none yet. Only that one's refusal counts. */
  readonly sentTo: NodeId | undefined
  readonly sentMs: Instant
}

/** The leader of `term` is told that the log up to `upto` is on disk, once it is. */
export interface Owed {
  readonly node: NodeId
  readonly term: Term
  readonly round: number
  readonly upto: Index
}

export type PreVote = Extract<Raft, { type: 'pre-vote' }>

export interface LogState {
  readonly self: NodeId
  readonly life: Incarnation
  readonly timing: Timing
  readonly stopped: boolean
  readonly startedMs: Instant
  /** Since this start no leader has synced this node: its disk may have gone back in time. */
  readonly unsynced: Unsynced | undefined

  readonly hard: Hard
  readonly snapshot: { readonly index: Index; readonly term: Term; readonly bytes: Uint8Array }
  /** Entries after the snapshot, without a hole. */
  readonly rows: readonly Row[]
  /** Highest own index that is known to be on disk; up to `asked` a write was asked for. */
  readonly durable: Index
  readonly asked: Index
  readonly snapshotSaved: Index
  /** Writes are numbered. The one log or snapshot write on its way; `hardRound` is the newest hard state asked for. */
  readonly writing: { readonly round: number; readonly upto: Index; readonly slot: 'wal' | 'snapshot' } | undefined
  readonly round: number
  readonly roundDurable: number
  readonly hardRound: number
  /** Append-replies that wait for the disk. */
  readonly owed: readonly Owed[]
  /** Chunks of a snapshot that the leader sends. */
  readonly incoming: Incoming | undefined
  /** Parts of a log that another one hands over. */
  readonly pulling: Pulling | undefined
  /** ENOSPC: nothing is appended until a write succeeds again. */
  readonly full: boolean

  readonly commit: Index
  readonly cluster: ClusterState // its index = last applied
  readonly recent: readonly Recent[]
  /** Member list in force: the newest in the log, committed or not (Ongaro 2014, 4.1). */
  readonly members: readonly Member[]
  /** Epoch and solo set that go with it. */
  readonly logEpoch: number
  readonly logSolo: readonly NodeId[] | undefined
  /** Voter that makes exactly half of the votes enough. */
  readonly tieBreak: NodeId | undefined
  /** Newest in the log, committed or not; what it says counts once it is committed (witness.ts). */
  readonly witness: string | undefined
  readonly asking: Asking | undefined
  readonly leases: Leases
  /** This life was certified dead. */
  readonly ended: boolean
  /** The witness has given this epoch to the other one; until that is over, or the rule of this witness. */
  readonly elsewhere: { readonly node: NodeId; readonly epoch: number; readonly witness: string } | undefined
  /** When the member list in force last changed here: a tie-break waits until changes have come to rest. */
  readonly membersMs: Instant
  /** Whom joining.json names: this node has joined, and has not had a vote yet. */
  readonly joining: readonly NodeId[]
  /** The leader, a stranger to the lists here, as a member has introduced it. */
  readonly introduced: Member | undefined
  /** Nodes that a committed list no longer names: they are told so, for a moment. */
  readonly farewell: { readonly nodes: readonly Member[]; readonly untilMs: Instant } | undefined

  readonly role: 'follower' | 'pre-candidate' | 'candidate' | 'leader'
  readonly leader: NodeId | undefined
  readonly leaderLife: Incarnation | undefined
  readonly heardMs: Instant // last append of the leader
  /** When the leader was asked whether it still leads, and has not answered. */
  readonly askedMs: Instant | undefined
  readonly votes: readonly NodeId[]
  readonly against: readonly NodeId[]
  readonly campaignMs: Instant // start of the last pre-vote round
  /** After helping another candidate: own campaigns wait until then, and after a real vote others' pre-votes are refused for a while. */
  readonly yieldUntilMs: Instant
  readonly votedMs: Instant | undefined
  readonly electionAtMs: Instant | undefined
  /** Pre-votes refused only because the leader seemed alive; granted late if it turns out silent. */
  readonly doubted: Readonly<Record<NodeId, PreVote>>

  readonly progress: Readonly<Record<NodeId, Progress>>
  readonly waiting: readonly Waiting[]
  /** Forwarded to this leader before it was ready. */
  readonly held: readonly { readonly node: NodeId; readonly propose: Propose }[]

  readonly view: View | undefined
  readonly quorum: Quorum | undefined
  readonly told: Leadership
  readonly toldSolo: readonly NodeId[] | undefined
  readonly tickAtMs: Instant | undefined
}

/** A step's working copy. Only this step's pages see it; nested values are replaced, never changed. */
export type Draft = { -readonly [K in keyof LogState]: LogState[K] }
export interface Work {
  readonly s: Draft
  readonly env: Env
  readonly out: Effect[]
  readonly speak: Effect[]
  readonly thenHard: Effect[]
  hardDirty: boolean
  /** The disk was full: try once whether it still is. */
  tryDisk: boolean
}

export const begin = (state: LogState, env: Env): Work => ({
  s: { ...state },
  env,
  out: [],
  speak: [],
  thenHard: [],
  hardDirty: false,
  tryDisk: false,
})

/** Orders the effects of a step, see the header. */
export function finish(w: Work): { readonly state: LogState; readonly effects: readonly Effect[] } {
  const { s } = w
  const effects: Effect[] = [...w.out]
  const self = { path: w.env.self.path }
  const hardLags = s.roundDurable < s.hardRound
  if (w.hardDirty || (hardLags && w.speak.length > 0)) {
    s.hardRound = ++s.round
    const note = send(self, { type: 'persisted', round: s.round } as Msg)
    effects.push(
      persist({ slot: 'hard', bytes: encodeHard({ ...s.hard, commit: Math.min(s.commit, s.durable) as Index }) }, [
        ...w.speak,
        ...w.thenHard,
        note,
      ]),
    )
  } else {
    assert(w.thenHard.length === 0, 'something waits for a hard state that is not written')
    effects.push(...w.speak)
  }
  const write = nextWrite(w)
  if (write) {
    s.writing = { round: ++s.round, upto: write.upto, slot: write.op.slot }
    effects.push(persist(write.op, [send(self, { type: 'persisted', round: s.round } as Msg)]))
  }
  return { state: s, effects }
}

/** The log or snapshot write that is due, if none is on its way. */
function nextWrite(w: Work): { readonly op: WalOrSnapshot; readonly upto: Index } | undefined {
  const { s } = w
  if (s.writing || s.stopped || (s.full && !w.tryDisk)) return undefined
  const { index, term, bytes } = s.snapshot
  if (index > s.snapshotSaved) return { op: { slot: 'snapshot', index, term, bytes }, upto: index }
  const upto = lastIndex(s)
  if (upto <= s.asked) return undefined
  const records = s.rows.slice(s.asked - index).map((r) => ({ index: r.index, term: r.term, bytes: r.bytes }))
  s.asked = upto
  return { op: { slot: 'wal', records }, upto }
}
type WalOrSnapshot = Exclude<StoreOp, { slot: 'hard' }>

export const tell = (w: Work, node: NodeId, msg: Raft): void => void w.speak.push(send({ node, path: w.env.self.path }, msg))
export const sayThat = (w: Work, v: Verdict): void => void w.out.push(say(v))

export const lastIndex = (s: LogState): Index => s.rows.at(-1)?.index ?? s.snapshot.index
export const lastTerm = (s: LogState): Term => s.rows.at(-1)?.term ?? s.snapshot.term
export const rowAt = (s: LogState, index: number): Row | undefined => s.rows[index - s.snapshot.index - 1]
/** Term of the entry at `index`; undefined below the snapshot and beyond the end. */
export const termAt = (s: LogState, index: number): Term | undefined =>
  index === s.snapshot.index ? s.snapshot.term : index < s.snapshot.index ? undefined : rowAt(s, index)?.term

export const voters = (s: LogState): readonly Member[] => s.members.filter((m) => m.votes > 0)
export const isVoter = (s: LogState, node: NodeId): boolean => s.members.some((m) => m.node === node && m.votes > 0)
/** All that the log is copied to: members in force, those who are not out until that is committed, and those who are just told so. */
export const receivers = (s: LogState): readonly Member[] => {
  const all = [...s.members, ...s.cluster.members, ...(s.farewell?.nodes ?? [])]
  return all.filter((m, i) => m.node !== s.self && all.findIndex((x) => x.node === m.node) === i)
}
export const others = (s: LogState): readonly NodeId[] => receivers(s).map((m) => m.node)

/** The vote predicate in force (actors/quorum/votes.ts, design 8.2), also by the rule of two that ends; a durable solo set stands before all (T4). */
export function decides(s: LogState, set: readonly NodeId[]): boolean {
  const solo = soloOf(s)
  if (solo) return solo.every((n) => set.includes(n))
  return predicateOf(s.members, undefined, s.tieBreak).holds(new Set(set)) && endingTwo(s).every((n) => set.includes(n))
}
/**
 * Of two voters one may go on alone by a certificate (T2), unknown to the other one. So a list that makes them more or fewer decides nothing, not even
 * who leads, without both of them (or the one who decides alone), until it is committed: then both disks hold it, and the rule of two is over for both.
 */
function endingTwo(s: LogState): readonly NodeId[] {
  const open: { readonly members: readonly Member[]; readonly solo?: readonly NodeId[] }[] = [s.cluster]
  for (let i = s.commit + 1; i <= lastIndex(s); i++) {
    const entry = rowAt(s, i)?.entry
    if (entry?.type === 'members') open.push(entry)
  }
  // A list is taken when the one before it is committed, so only the last step may be open, also where a start has forgotten how far that is.
  const [before, now] = open.slice(-2)
  if (!before || !now) return []
  const two = votersIn(before.members)
  const same = votersIn(now.members).join() === two.join()
  return two.length !== 2 || same ? [] : (before.solo ?? two)
}
/** Nodes of a list that have votes, in order. */
export const votersIn = (list: readonly Member[]): readonly NodeId[] => list.flatMap((m) => (m.votes > 0 ? [m.node] : [])).sort()
/** Whose word counts: members in force, and those who are not out until that is committed. */
export const electors = (s: LogState): readonly NodeId[] => {
  const two = endingTwo(s)
  const nodes = s.members.map((m) => m.node)
  return [...nodes, ...two.filter((n) => !nodes.includes(n))]
}
export const isElector = (s: LogState, node: NodeId): boolean => isVoter(s, node) || endingTwo(s).includes(node)

/** The set that may decide alone: the hard state's word, unless the log knows a later epoch. */
export const soloOf = (s: LogState): readonly NodeId[] | undefined => (s.hard.epoch >= s.logEpoch ? s.hard.soloSet : s.logSolo)
/** In a solo epoch nobody but its owner leads: another one could end it while the owner's disk still says that it decides alone. */
export const mayLead = (s: LogState, node: NodeId): boolean => soloOf(s)?.includes(node) ?? true
export const epochOf = (s: LogState): number => Math.max(s.hard.epoch, s.logEpoch)

export const moreUpToDate = (a: { lastTerm: Term; lastIndex: Index }, s: LogState): boolean =>
  a.lastTerm !== lastTerm(s) ? a.lastTerm > lastTerm(s) : a.lastIndex > lastIndex(s)
/** `a` is at least as up to date as this log. */
export const upToDate = (a: { lastTerm: Term; lastIndex: Index }, s: LogState): boolean =>
  a.lastTerm !== lastTerm(s) ? a.lastTerm > lastTerm(s) : a.lastIndex >= lastIndex(s)

export const peerOf = (s: LogState, node: NodeId): View['peers'][number] | undefined => s.view?.peers.find((p) => p.node === node)

/** A later term was seen: follow it, with no vote and no leader yet. */
export function enterTerm(w: Work, term: Term): void {
  const { s } = w
  assert(term > s.hard.term, 'a term never goes back')
  s.hard = { ...s.hard, term, votedFor: undefined }
  w.hardDirty = true
  becomeFollower(w, undefined)
}

export function becomeFollower(w: Work, leader: NodeId | undefined): void {
  const { s } = w
  s.role = 'follower'
  s.votes = []
  s.progress = {}
  s.held = []
  if (s.leader === leader) return
  s.leader = leader
  s.leaderLife = undefined
  s.askedMs = undefined
}

/** Tells the four subscribers when (term, leader, ready) is another than last told; `ready`: an entry of this term is applied here. */
export function announceLeadership(w: Work): void {
  const { s } = w
  const ready = s.leader !== undefined && s.cluster.term === s.hard.term
  const now: Leadership = { type: 'leadership', term: s.hard.term, ...(s.leader ? { leader: s.leader } : {}), ready }
  if (now.term === s.told.term && now.leader === s.told.leader && now.ready === s.told.ready) return
  if (ready && s.leader === s.self) sayThat(w, verdict('lead', 'log.leads', { term: now.term, index: s.commit }, 'notice'))
  s.told = now
  for (const path of subscribers) w.out.push(send({ path }, now))
}
export const subscribers = ['coordinator', 'fencer', 'resource', 'console'] as const

/** Makes sure that `tick` comes within `ms`. */
export function tickWithin(w: Work, ms: number): void {
  const at = after(w.env.now, ms)
  if (w.s.tickAtMs !== undefined && elapsed(w.s.tickAtMs, at) >= 0) return
  w.s.tickAtMs = at
  w.out.push(timer('tick', at, { type: 'tick' }))
}

/** The world cannot be gone on with: say why and end; the supervisor starts this actor from disk again. */
export function stop(w: Work, because: Verdict): void {
  w.s.stopped = true
  sayThat(w, because)
  w.out.push({ do: 'stop', reason: because.key })
}
