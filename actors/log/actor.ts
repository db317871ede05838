/**
 * The replicated decision log: Raft as a pure reducer (Ongaro 2014), path `log`. It promises election safety, log matching, leader
 * completeness, equal state at equal index, and that no acknowledged decision is lost (S6-S10, S12). Told by `membership` (View), `quorum`
 * (Quorum), its peers (Raft messages) and anybody on this node (propose, transfer, solo). Tells `coordinator`, `fencer`, `resource`,
 * `console` (state, committed, leadership) and `membership`, `quorum` (members, solo-set). See README.md for the duties of the host.
 */
import { type Actor, type Boot, type BootId, type Effect, type Env, type NodeId, type Step, send, step } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { verdict } from '../../runtime/verdict.js'
import { fromTheDead, isCertified, nameOf } from './apply.js'
import {
  electionTick,
  keepBackup,
  onElectionDue,
  onLeadCheck,
  onNotLeader,
  onPreVote,
  onPreVoteReply,
  onPulled,
  onQuorum,
  onTimeoutNow,
  onView,
  onVote,
  onVoteReply,
} from './election.js'
import { adoptMembers, answer, farewellTick, onPersisted, tellMembers, tellPeers } from './entries.js'
import { onInstall } from './install.js'
import { onIntroduce } from './introduce.js'
import { considerLease, onLeaseAsk, onLeaseCheck, onLeaseHeld, onLeaseState, onLeaseTold } from './lease.js'
import { considerTieBreak } from './members.js'
import type { LogIn, Raft } from './messages.js'
import { onForward, onForwarded, onPropose, proposeTick, resubmit } from './propose.js'
import { onPull } from './pull.js'
import { announceLeadership, begin, finish, isVoter, type LogState, sayThat, subscribers, tickWithin, type Work } from './raft.js'
import { considerSynced, listenLeftMs, onRecall, onRecalled, recallTick } from './recall.js'
import { abdicate, countVotes, onAppend, onAppendReply, onInstallReply, replicateTick } from './replicate.js'
import { recoverState } from './snapshot.js'
import { onTransfer } from './transfer.js'
import { diskTick, onDiskBack, onStoreFailed } from './trouble.js'
import { considerBoth, onSolo, tellSolo } from './twonode.js'
import { considerWitness, onWitnessTold } from './witness.js'

export const actor: Actor<LogState, LogIn> = {
  kind: 'log',
  mailbox: { limit: 4096, full: 'fault' },
  init,
  receive,
}

function init(boot: Boot, env: Env): Step<LogState> {
  const { state, effects } = recoverState(boot, env)
  if (state.stopped) return step(state, effects)
  const w = begin(state, env)
  adoptMembers(w) // of the rows that follow the snapshot
  tellPeers(w)
  tellMembers(w, ['membership', 'quorum'])
  tellSolo(w)
  keepBackup(w)
  tickWithin(w, listenLeftMs(w))
  for (const path of ['membership', 'quorum']) w.out.push(send({ path }, { type: 'hello' }))
  for (const path of subscribers) greet(w, path)
  const done = finish(w)
  return step(done.state, [...effects, ...done.effects])
}

function tellQuorum(w: Work): void {
  tellMembers(w, ['quorum'])
  w.s.toldSolo = undefined
  tellSolo(w)
}

/** What a subscriber lives on, whole. */
function greet(w: Work, path: string): void {
  w.out.push(send({ path }, { type: 'state', state: w.s.cluster } as { type: 'state' }), send({ path }, w.s.told))
}

function receive(state: LogState, msg: LogIn, env: Env): Step<LogState> {
  if (state.stopped) return step(state)
  if (fromTheDead(state.cluster, env)) return step(state, told(env))
  const w = begin(state, env)
  handle(w, msg)
  if (!w.s.stopped) settle(w, state)
  const done = finish(w)
  return step(done.state, done.effects)
}

/** Whoever was certified dead and lives may not know it: it is told, so that it ends what runs there. */
function told({ from, fromIncarnation, self }: Env): readonly Effect[] {
  if (from.node === undefined || fromIncarnation === undefined) return []
  return [send({ node: from.node, path: self.path }, { type: 'certified', boot: fromIncarnation.boot } as Raft)]
}

/** A member says that this life was certified dead (or the own log does): nothing of it may run any more, and it decides nothing. */
function onCertified(w: Work, boot: BootId): void {
  const { s } = w
  if (boot !== s.life.boot || s.ended) return
  s.ended = true
  sayThat(w, verdict('resign', 'log.self-certified', { node: nameOf(s.cluster, s.self) }, 'error'))
  w.out.push({ do: 'end-life' })
  if (s.role === 'leader') abdicate(w)
}

/** What follows from any change: leadership is told, waiting proposals go to a new leader. */
function settle(w: Work, before: LogState): void {
  const { s } = w
  if (isCertified(s.cluster, s.self, s.life.boot)) onCertified(w, s.life.boot)
  // A leader without a vote leads only until that is committed (Ongaro 2014, 4.2.2).
  const voteless = !s.cluster.members.some((m) => m.node === s.self && m.votes > 0)
  if (s.role === 'leader' && voteless && !isVoter(s, s.self)) abdicate(w)
  considerSynced(w)
  considerBoth(w)
  considerTieBreak(w)
  considerWitness(w)
  considerLease(w)
  tellSolo(w)
  keepBackup(w)
  const was = before.told
  announceLeadership(w)
  if (s.told !== was && (s.told.leader !== was.leader || s.told.ready !== was.ready || s.told.term !== was.term)) resubmit(w)
}

function handle(w: Work, msg: LogIn): void {
  const { from } = w.env
  switch (msg.type) {
    case 'propose':
      return onPropose(w, from, msg)
    case 'transfer':
      return onTransfer(w, msg)
    case 'solo':
      return onSolo(w, msg)
    case 'witness-told':
      return onWitnessTold(w, msg)
    case 'lease-state':
      return onLeaseState(w, msg.armed)
    case 'hello':
      if (from.path === 'membership') return tellMembers(w, ['membership'])
      if (from.path === 'quorum') return tellQuorum(w)
      return greet(w, from.path)
    case 'view':
      return onView(w, msg)
    case 'quorum':
      return onQuorum(w, msg)
    case 'store-failed':
      return onStoreFailed(w, msg)
    case 'persisted':
      onPersisted(w, msg.round)
      onDiskBack(w)
      return countVotes(w)
    case 'election-due':
      return onElectionDue(w)
    case 'tick':
      w.s.tickAtMs = undefined
      electionTick(w)
      recallTick(w)
      replicateTick(w)
      proposeTick(w)
      farewellTick(w)
      return diskTick(w)
    default:
      return fromPeer(w, from.node ?? w.s.self, msg)
  }
}

/** Messages of the protocol; their sender is the authenticated node, or this node itself for its own vote. */
function fromPeer(w: Work, node: NodeId, msg: Raft): void {
  switch (msg.type) {
    case 'pre-vote':
      return onPreVote(w, node, msg)
    case 'pre-vote-reply':
      return onPreVoteReply(w, node, msg)
    case 'vote':
      return onVote(w, node, msg)
    case 'vote-reply':
      return onVoteReply(w, node, msg)
    case 'append':
      return onAppend(w, node, msg)
    case 'append-reply':
      return onAppendReply(w, node, msg)
    case 'recall':
      return onRecall(w, node, msg.term)
    case 'recalled':
      return onRecalled(w, node, msg)
    case 'introduce':
      return onIntroduce(w, msg)
    case 'pull':
      return onPull(w, node, msg)
    case 'pulled':
      return onPulled(w, node, msg)
    case 'install':
      onInstall(w, node, msg)
      for (const p of w.s.waiting) answer(w, p.propose.id)
      return
    case 'install-reply':
      return onInstallReply(w, node, msg)
    case 'not-leader':
      return onNotLeader(w, node, msg)
    case 'lead-check':
      return onLeadCheck(w, node)
    case 'timeout-now':
      return onTimeoutNow(w, node, msg)
    case 'lease-ask':
      return onLeaseAsk(w, node, msg)
    case 'lease-told':
      return onLeaseTold(w, msg)
    case 'lease-check':
      return onLeaseCheck(w, node, msg)
    case 'lease-held':
      return onLeaseHeld(w, node, msg)
    case 'certified':
      return onCertified(w, msg.boot)
    case 'forward':
      return onForward(w, node, msg)
    case 'forwarded':
      return onForwarded(w, node, msg)
    default:
      return unreachable(msg)
  }
}
