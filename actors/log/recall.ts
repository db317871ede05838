/**
 * A disk that went back in time (F61: a restored backup, a lost disk): its node acknowledged entries and gave votes that it does not know
 * any more, and may not help to elect somebody who lacks them. No node can find that out alone, so each start is treated as if it had
 * happened. Until a leader has synced it in this life, a node
 *  - asks every voter that it hears what that one holds, and neither votes nor stands before all have answered;
 *  - votes only for a log that is as far as every answer (term, index and epoch), and stands only with such a log;
 *  - votes only in terms later than those that the others were in when they first answered: earlier ones may have had its vote.
 * It is synced when its disk holds what the leader has committed, an entry of that leader's term among it, and all that the leader
 * counts it for. The argument is in README.md.
 */
import type { NodeId, Term } from '../../runtime/actor.js'
import { elapsed } from '../../runtime/time.js'
import type { View } from '../membership/messages.js'
import { considerCampaign, loseLeader, repeatMs } from './election.js'
import { introduce } from './introduce.js'
import type { Raft } from './messages.js'
import { pull } from './pull.js'
import {
  enterTerm,
  epochOf,
  type LogState,
  lastIndex,
  lastTerm,
  moreUpToDate,
  peerOf,
  tell,
  termAt,
  tickWithin,
  voters,
  type Work,
} from './raft.js'
import { broadcast } from './replicate.js'

type Recalled = Extract<Raft, { type: 'recalled' }>
/** How far a log is. */
export type Position = Pick<Recalled, 'lastTerm' | 'lastIndex' | 'epoch'>

/** What this start has learned of the others; `terms`: where each was when it first answered. */
export interface Unsynced {
  readonly heard: Readonly<Record<NodeId, Position>>
  readonly terms: Readonly<Record<NodeId, Term>>
  /** What the leader of `term` wants on disk here before this node is as good as any other. */
  readonly goal: { readonly term: Term; readonly index: number } | undefined
}
export const unsynced: Unsynced = { heard: {}, terms: {}, goal: undefined }

const hears = (s: LogState, node: NodeId): boolean => {
  const state = peerOf(s, node)?.state
  return state !== undefined && state !== 'never-seen' && state !== 'silent'
}
/** Other voters whose answer counts, and is not here yet. */
const owing = (s: LogState, heard: Unsynced['heard']): readonly NodeId[] =>
  voters(s).flatMap(({ node }) => (node !== s.self && hears(s, node) && !heard[node] ? [node] : []))

/** Who is there is known only after a limit: a node that just started has heard nobody yet. */
export const listenLeftMs = (w: Work): number => w.s.timing.limitMsMax - elapsed(w.s.startedMs, w.env.now)

const isBehind = (a: Position, b: Position): boolean =>
  a.epoch < b.epoch || a.lastTerm < b.lastTerm || (a.lastTerm === b.lastTerm && a.lastIndex < b.lastIndex)

/** May this node help `candidate` (or stand itself) with a log of `at` in `term`, for all that it can know? */
export function fit(w: Work, candidate: NodeId, at: Position, term: Term): boolean {
  const { unsynced: u } = w.s
  if (!u) return true
  const heard = { ...u.heard, [candidate]: at }
  if (voters(w.s).some((m) => m.node !== w.s.self) && listenLeftMs(w) > 0) return false
  if (owing(w.s, heard).length > 0 || Object.values(u.heard).some((p) => isBehind(at, p))) return false
  return Object.entries(u.terms).every(([node, first]) => node === candidate || term > first)
}

export const mayStand = (w: Work): boolean =>
  fit(w, w.s.self, { lastTerm: lastTerm(w.s), lastIndex: lastIndex(w.s), epoch: epochOf(w.s) }, (w.s.hard.term + 1) as Term)

/** Who is heard has changed: answers of those who are gone count no more, and what the rest hold may be another by now. */
export function recallView(w: Work, before: View | undefined): void {
  const u = w.s.unsynced
  if (!u) return
  const lifeOf = (view: View | undefined, node: string): string => JSON.stringify(view?.peers.find((p) => p.node === node)?.incarnation)
  const changed = (node: string): boolean => !hears(w.s, node as NodeId) || lifeOf(before, node) !== lifeOf(w.s.view, node)
  if (Object.keys(u.heard).some(changed)) w.s.unsynced = { ...u, heard: {} }
  ask(w)
}

function ask(w: Work): void {
  const { s } = w
  const open = s.unsynced ? owing(s, s.unsynced.heard) : []
  for (const node of open) tell(w, node, { type: 'recall', term: s.hard.term })
  if (open.length > 0) tickWithin(w, repeatMs)
}

/** The part of a tick: ask again; after a limit of listening, stand. */
export function recallTick(w: Work): void {
  if (!w.s.unsynced || w.s.role === 'leader') return
  ask(w)
  const left = listenLeftMs(w)
  if (left > 0) tickWithin(w, left)
  else considerCampaign(w)
}

export function onRecall(w: Work, node: NodeId, term: Term): void {
  const { s } = w
  if (s.role === 'leader')
    broadcast(w, [node]) // it does not know who leads
  else introduce(w, node)
  // Nobody asks in the term that it leads: it has resigned, or its log began anew under a kyhad that went on.
  if (node === s.leader && term === s.hard.term) {
    loseLeader(w)
    considerCampaign(w)
  }
  // What the disk holds: the rest was not acknowledged, and may be lost with this life. A snapshot on its way to the disk is committed.
  const kept = termAt(s, s.durable)
  const at = kept === undefined ? { lastIndex: lastIndex(s), lastTerm: lastTerm(s) } : { lastIndex: s.durable, lastTerm: kept }
  tell(w, node, { type: 'recalled', term: s.hard.term, ...at, epoch: epochOf(s) })
}

export function onRecalled(w: Work, node: NodeId, m: Recalled): void {
  const { s } = w
  const u = s.unsynced
  if (u) {
    const { lastTerm, lastIndex, epoch } = m
    const terms = u.terms[node] === undefined ? { ...u.terms, [node]: m.term } : u.terms
    s.unsynced = { ...u, terms, heard: { ...u.heard, [node]: { lastTerm, lastIndex, epoch } } }
  }
  if (m.term > s.hard.term) enterTerm(w, m.term)
  catchUp(w)
  considerCampaign(w)
}

/** Without a leader: fetch the log of whoever is ahead, since this node helps nobody before it is as far (pull before campaign, design 8.4). */
export function catchUp(w: Work): void {
  const { s } = w
  if (!s.unsynced || s.leader !== undefined) return
  const ahead = Object.entries(s.unsynced.heard).find(([, p]) => moreUpToDate(p, s))
  if (ahead) pull(w, ahead[0] as NodeId)
}

/** What the leader said is needed, with an append of its term. */
export function setGoal(w: Work, m: Extract<Raft, { type: 'append' }>): void {
  const u = w.s.unsynced
  if (u) w.s.unsynced = { ...u, goal: { term: m.term, index: Math.max(m.commit, m.holds) } }
}

export function considerSynced(w: Work): void {
  const { s } = w
  const goal = s.unsynced?.goal
  if (!goal || goal.term !== s.hard.term || s.durable < goal.index || s.durable < s.commit) return
  if (s.cluster.term === goal.term) s.unsynced = undefined
}
