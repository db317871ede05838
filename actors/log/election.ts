/**
 * Who leads (S6, S12; Ongaro 2014, chapters 3 and 9.6). Election is driven by detection: a View in which the leader is silent starts a
 * PreVote after rank x rankMs; the random timer is a back-up only. A voter refuses a PreVote while its own View holds the leader alive,
 * and then asks the leader whether it still leads; it grants late if the leader turns silent. There is no Raft heartbeat: a leader that was
 * not heard for a back-up period is asked as well, so that nobody believes for ever in one that only beats.
 * Pull before campaign (design 8.4): a refuser that knows more hands its log over, so the only quorum-connected node can win.
 */
import { cancel, type Incarnation, type NodeId, send, timer } from '../../runtime/actor.js'
import { after, elapsed } from '../../runtime/time.js'
import { verdict } from '../../runtime/verdict.js'
import type { View } from '../membership/messages.js'
import type { Quorum } from '../quorum/messages.js'
import { isCertified, nameOf } from './apply.js'
import { askAround, introduce, isGuest } from './introduce.js'
import type { Raft } from './messages.js'
import { pull, onPulled as takeIn } from './pull.js'
import {
  becomeFollower,
  decides,
  electors,
  enterTerm,
  epochOf,
  isElector,
  isVoter,
  type LogState,
  lastIndex,
  lastTerm,
  mayLead,
  moreUpToDate,
  type PreVote,
  peerOf,
  sayThat,
  tell,
  tickWithin,
  upToDate,
  voters,
  type Work,
} from './raft.js'
import { catchUp, fit, mayStand, recallView } from './recall.js'
import { abdicate, broadcast, reprobe, startLeading } from './replicate.js'

type Of<T extends Raft['type']> = Extract<Raft, { type: T }>

/** Unanswered requests are repeated after this. */
export const repeatMs = 200

/** States in which a peer's log, as far as this node can tell, leads no more. */
const gone = new Set<string>(['silent', 'manager-down', 'leaving'])

const sameLife = (a: Incarnation | undefined, b: Incarnation | undefined): boolean => a?.boot === b?.boot && a?.counter === b?.counter

/** Why a PreVote is refused whatever the candidate's log is: this node leads, or holds the leader alive. */
function leaderHolds(s: LogState, candidate: NodeId): boolean {
  if (s.leader === undefined || s.leader === candidate) return false
  return s.leader === s.self || peerOf(s, s.leader)?.state === 'alive'
}

const mayCampaign = (w: Work, { s } = w): boolean =>
  s.role !== 'leader' &&
  isVoter(s, s.self) &&
  mayLead(s, s.self) &&
  s.quorum?.quorate === true &&
  !s.full &&
  s.leader === undefined &&
  !isCertified(s.cluster, s.self, s.life.boot) &&
  mayStand(w)

/** 0 for the lowest id among the voters that are present. */
function rank(s: LogState): number {
  const here = (n: NodeId): boolean => n === s.self || peerOf(s, n)?.state === 'alive' || peerOf(s, n)?.state === 'suspect'
  const present = voters(s).flatMap((m) => (here(m.node) ? [m.node] : []))
  return Math.max(0, present.sort().indexOf(s.self))
}

/** Campaign in `ms`, unless something sooner is set. */
function campaignIn(w: Work, ms: number): void {
  const at = after(w.env.now, Math.max(ms, elapsed(w.env.now, w.s.yieldUntilMs)))
  if (w.s.electionAtMs !== undefined && elapsed(w.s.electionAtMs, at) >= 0) return
  w.s.electionAtMs = at
  w.out.push(timer('election', at, { type: 'election-due' }))
}
const backup = (w: Work): number => {
  const { electionMsMin, electionMsMax } = w.s.timing
  return electionMsMin + w.env.random.int(Math.max(1, electionMsMax - electionMsMin))
}
function dropElection(w: Work): void {
  if (w.s.electionAtMs === undefined) return
  w.s.electionAtMs = undefined
  w.out.push(cancel('election'))
}
/** Let somebody else try first. */
function yieldFor(w: Work, ms: number): void {
  w.s.yieldUntilMs = after(w.env.now, ms)
  if (w.s.electionAtMs === undefined) return
  dropElection(w)
  campaignIn(w, ms + rank(w.s) * w.s.timing.rankMs)
}

/** After anything that may have taken the leader away. */
export function considerCampaign(w: Work): void {
  if (mayCampaign(w) && w.s.role === 'follower') campaignIn(w, rank(w.s) * w.s.timing.rankMs)
}

export function onView(w: Work, view: View): void {
  const before = w.s.view
  w.s.view = view
  for (const peer of view.peers) {
    const was = before?.peers.find((p) => p.node === peer.node)
    const reborn = !sameLife(peer.incarnation, was?.incarnation)
    const back = peer.state === 'alive' && was?.state !== 'alive'
    if (w.s.role === 'leader' && (back || reborn)) reprobe(w, peer.node, reborn && was?.incarnation !== undefined)
    // The leader's kyhad was started anew: whatever it is now, it leads no more.
    const anew = reborn && was?.incarnation !== undefined && !sameLife(peer.incarnation, w.s.leaderLife)
    if (peer.node === w.s.leader && (anew || gone.has(peer.state))) loseLeader(w)
  }
  recallView(w, before)
  for (const [node, m] of Object.entries(w.s.doubted)) onPreVote(w, node as NodeId, m)
  considerCampaign(w)
}

export function onQuorum(w: Work, quorum: Quorum): void {
  const { s } = w
  s.quorum = quorum
  if (s.role === 'leader' && !quorum.quorate) {
    sayThat(w, verdict('resign', 'log.resigned', { term: s.hard.term, votes: quorum.votes, needed: quorum.votesNeeded }, 'warning'))
    abdicate(w)
  } else considerCampaign(w)
}

export function onElectionDue(w: Work): void {
  const { s } = w
  s.electionAtMs = undefined
  if (s.role === 'follower' && elapsed(s.heardMs, w.env.now) >= s.timing.electionMsMin) askLeader(w)
  catchUp(w)
  if (!mayCampaign(w)) {
    if (s.role === 'follower' && s.leader === undefined) askAround(w)
    return
  }
  if (elapsed(w.env.now, s.yieldUntilMs) > 0) return campaignIn(w, 0)
  preCampaign(w)
}

/** The back-up timer runs on every member that does not lead. */
export function keepBackup(w: Work): void {
  const { s } = w
  if (s.role === 'leader') dropElection(w)
  else if (s.electionAtMs === undefined && (isVoter(s, s.self) || isGuest(s))) campaignIn(w, backup(w))
}

export function loseLeader(w: Work): void {
  if (w.s.role === 'leader') return
  w.s.leader = undefined
  w.s.leaderLife = undefined
  w.s.askedMs = undefined
}

function preCampaign(w: Work): void {
  const { s } = w
  dropElection(w)
  s.role = 'pre-candidate'
  s.campaignMs = w.env.now
  s.votes = [s.self]
  if (decides(s, s.votes)) return campaign(w)
  askPreVotes(w)
  campaignIn(w, backup(w))
  tickWithin(w, repeatMs)
}

/** Who has not answered yes yet. */
const asked = (s: LogState): readonly NodeId[] => electors(s).filter((n) => n !== s.self && isElector(s, n) && !s.votes.includes(n))

function askPreVotes(w: Work): void {
  const { s } = w
  const term = (s.hard.term + 1) as typeof s.hard.term
  for (const node of asked(s)) {
    tell(w, node, { type: 'pre-vote', term, lastIndex: lastIndex(s), lastTerm: lastTerm(s), epoch: epochOf(s) })
  }
}

export function onPreVote(w: Work, node: NodeId, m: PreVote): void {
  const { s } = w
  const { [node]: _, ...rest } = s.doubted
  s.doubted = rest
  const worthy = m.term > s.hard.term && m.epoch >= epochOf(s) && mayLead(s, node) && upToDate(m, s)
  const yields = s.votedMs !== undefined && elapsed(s.votedMs, w.env.now) < repeatMs && s.hard.votedFor !== node && s.leader === undefined
  const held = leaderHolds(s, node)
  const granted = worthy && !held && !yields && !precedes(w, node) && fit(w, node, m, m.term)
  if (s.role === 'leader') broadcast(w, [node]) // it does not know who leads
  if (worthy && held && s.leader !== s.self) {
    s.doubted = { ...s.doubted, [node]: m }
    askLeader(w)
    introduce(w, node)
  }
  if (granted && s.role === 'pre-candidate') becomeFollower(w, undefined)
  if (granted && s.role === 'follower') yieldFor(w, repeatMs / 2)
  const term = granted ? m.term : s.hard.term
  tell(w, node, { type: 'pre-vote-reply', term, granted, lastIndex: lastIndex(s), lastTerm: lastTerm(s) })
}

/** Two campaigns at once would split the votes: for a short while the lower id goes first. */
const precedes = (w: Work, node: NodeId): boolean =>
  w.s.role === 'pre-candidate' && w.s.self < node && elapsed(w.s.campaignMs, w.env.now) < repeatMs

export function onPreVoteReply(w: Work, node: NodeId, m: Of<'pre-vote-reply'>): void {
  const { s } = w
  if (s.role !== 'pre-candidate' || !isElector(s, node)) return
  if (m.granted) {
    if (m.term !== s.hard.term + 1) return
    if (!s.votes.includes(node)) s.votes = [...s.votes, node]
    if (decides(s, s.votes)) campaign(w)
    return
  }
  const behind = m.term > s.hard.term
  if (behind) enterTerm(w, m.term)
  if (moreUpToDate(m, s)) pull(w, node)
  else if (behind) considerCampaign(w)
}

/** The real vote, in the next term; its requests and the own vote wait for the hard state. */
export function campaign(w: Work): void {
  const { s } = w
  s.hard = { ...s.hard, term: (s.hard.term + 1) as typeof s.hard.term, votedFor: s.self }
  w.hardDirty = true
  becomeFollower(w, undefined)
  s.role = 'candidate'
  s.against = []
  s.doubted = {}
  askVotes(w)
  w.thenHard.push(send({ path: w.env.self.path }, { type: 'vote-reply', term: s.hard.term, granted: true } as Of<'vote-reply'>))
  dropElection(w)
  campaignIn(w, backup(w))
  tickWithin(w, repeatMs)
}

function askVotes(w: Work): void {
  const { s } = w
  for (const node of asked(s)) {
    tell(w, node, { type: 'vote', term: s.hard.term, lastIndex: lastIndex(s), lastTerm: lastTerm(s), epoch: epochOf(s) })
  }
}

export function onVote(w: Work, node: NodeId, m: Of<'vote'>): void {
  const { s } = w
  if (m.term > s.hard.term) {
    if (s.role === 'leader') sayThat(w, verdict('follow', 'log.deposed', { term: m.term, node: nameOf(s.cluster, node) }, 'notice'))
    enterTerm(w, m.term)
  }
  const free = s.hard.votedFor === undefined || s.hard.votedFor === node
  const worthy = m.term === s.hard.term && m.epoch >= epochOf(s) && mayLead(s, node) && upToDate(m, s)
  const granted = worthy && free && s.role !== 'leader' && fit(w, node, m, m.term)
  if (granted && s.hard.votedFor === undefined) {
    s.hard = { ...s.hard, votedFor: node }
    w.hardDirty = true
  }
  if (granted) {
    s.votedMs = w.env.now
    yieldFor(w, repeatMs)
  }
  tell(w, node, { type: 'vote-reply', term: s.hard.term, granted })
  considerCampaign(w)
}

export function onVoteReply(w: Work, node: NodeId, m: Of<'vote-reply'>): void {
  const { s } = w
  if (m.term > s.hard.term) {
    enterTerm(w, m.term)
    return considerCampaign(w)
  }
  if (s.role !== 'candidate' || m.term !== s.hard.term || !isElector(s, node)) return
  if (!m.granted) return splitVote(w, node)
  if (!s.votes.includes(node)) s.votes = [...s.votes, node]
  if (!decides(s, s.votes)) return
  dropElection(w)
  startLeading(w)
}

/** The votes were split so that nobody wins this term: try again soon, the lowest id first. */
function splitVote(w: Work, node: NodeId): void {
  const { s } = w
  if (!s.against.includes(node)) s.against = [...s.against, node]
  const open = electors(s).filter((n) => !s.against.includes(n))
  if (decides(s, open)) return
  becomeFollower(w, undefined)
  dropElection(w)
  campaignIn(w, (2 * rank(s) + 1) * s.timing.rankMs)
}

/** Leader transfer: the leader itself asks; no PreVote, since everybody still holds it alive. */
export function onTimeoutNow(w: Work, node: NodeId, m: Of<'timeout-now'>): void {
  const { s } = w
  if (m.term === s.hard.term && s.leader === node && isVoter(s, s.self) && mayLead(s, s.self) && s.role === 'follower' && !s.full)
    campaign(w)
}

/** Do not believe for ever in a leader that only beats: ask it. No answer within electionMsMin counts as no. */
export function askLeader(w: Work): void {
  const { s } = w
  if (s.leader === undefined || s.leader === s.self) return
  tell(w, s.leader, { type: 'lead-check', term: s.hard.term })
  if (s.askedMs !== undefined) return
  s.askedMs = w.env.now
  tickWithin(w, s.timing.electionMsMin)
}

export function onLeadCheck(w: Work, node: NodeId): void {
  if (w.s.role === 'leader') broadcast(w, [node])
  else tell(w, node, { type: 'not-leader', term: w.s.hard.term })
}

export function onNotLeader(w: Work, node: NodeId, m: Of<'not-leader'>): void {
  if (w.s.leader !== node || m.term < w.s.hard.term) return
  if (m.term > w.s.hard.term) enterTerm(w, m.term)
  else loseLeader(w)
  for (const [other, pre] of Object.entries(w.s.doubted)) onPreVote(w, other as NodeId, pre)
  considerCampaign(w)
}

/** The election's part of a tick: repeat what has no answer; stop believing in a leader that does not answer. */
export function electionTick(w: Work): void {
  const { s } = w
  if (s.askedMs !== undefined) {
    const left = s.timing.electionMsMin - elapsed(s.askedMs, w.env.now)
    if (left > 0) tickWithin(w, left)
    else {
      loseLeader(w)
      for (const [node, m] of Object.entries(s.doubted)) onPreVote(w, node as NodeId, m)
      considerCampaign(w)
    }
  }
  if (s.role === 'pre-candidate') askPreVotes(w)
  else if (s.role === 'candidate') askVotes(w)
  else return
  tickWithin(w, repeatMs)
}

/** A log that was behind is further: that of a candidate goes on from there. */
export function onPulled(w: Work, node: NodeId, m: Of<'pulled'>): void {
  const { s } = w
  if (!takeIn(w, node, m)) return
  if (s.role !== 'follower') becomeFollower(w, s.leader)
  if (mayCampaign(w)) preCampaign(w)
  else if (!s.pulling) catchUp(w)
}
