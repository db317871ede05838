/**
 * Proposals (S10): asked of any node, appended by the ready leader, answered where they were asked once applied there. A proposal is
 * repeated to whoever leads until its answer or `answerMsMax`; its id makes that safe. Refusal is final: it comes only from a ready leader
 * whose log lacks the id, and then no earlier copy can be committed any more. Without an answer the outcome is `unknown`, never a failure.
 */
import { type Address, type Index, type NodeId, send } from '../../runtime/actor.js'
import { after, elapsed } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { apply, nameOf } from './apply.js'
import { encodeRow, entryBytesMax } from './codec.js'
import { proposedOf } from './entries.js'
import { admitMembers, completed, mustWait } from './members.js'
import type { Certificate, Propose, Proposed, Raft } from './messages.js'
import { type Draft, lastIndex, peerOf, rowAt, tell, tickWithin, type Waiting, type Work } from './raft.js'
import { append } from './replicate.js'
import { misshapen } from './shape.js'
import type { ClusterState } from './state.js'
import { onSolo, soloRefusal } from './twonode.js'

export const answerMsMax = 5000
export const waitingMax = 256
export const repliesMax = 8
/** Entries that wait for their commit at the leader. */
export const uncommittedMax = 256
const repeatMs = 200

type Refused = { readonly refused: NonNullable<Proposed['refused']>; readonly because: Verdict }
type Taken = 'taken' | Proposed | Refused

const refuse = (refused: Refused['refused'], key: Verdict['key'], args: Verdict['args'] = {}): Refused => ({
  refused,
  because: verdict('refuse', key, args, 'warning'),
})

export function onPropose(w: Work, from: Address, m: Propose): void {
  const { s } = w
  const reply = (p: Proposed): void => void w.out.push(send({ path: from.path }, p))
  const recent = s.recent.find((r) => r.id === m.id)
  if (recent) return reply(proposedOf(recent))
  const same = s.waiting.find((p) => p.propose.id === m.id)
  if (same) {
    if (same.replyTo.includes(from.path) || same.replyTo.length >= repliesMax) return
    return replace(w, same, { ...same, replyTo: [...same.replyTo, from.path] })
  }
  const no = refusalHere(s, m)
  if (no && !goesAlone(w, m, no)) return reply({ type: 'proposed', id: m.id, ok: false, ...no })
  const waiting: Waiting = {
    propose: m,
    replyTo: [from.path],
    dueMs: after(w.env.now, answerMsMax),
    sentTo: undefined,
    sentMs: w.env.now,
  }
  s.waiting = [...s.waiting, waiting]
  submit(w, waiting)
  tickWithin(w, repeatMs)
}

export const idCharsMax = 256
const text = (id: unknown): boolean => typeof id === 'string' && id.length > 0 && id.length <= idCharsMax

/** Two voters, and no device has confirmed that the other one is off: the operator's word is a certificate as well (T2), and its owner decides alone. */
function goesAlone(w: Work, m: Propose, { because }: Refused): boolean {
  const { entry } = m
  if (because.key !== 'log.no-quorum' || entry.type !== 'operator-ack' || ackOfTheLiving(w.s, m)) return false
  const { node, boot, by } = entry
  const certificate: Certificate = { node, boot, how: 'operator', by, intent: 0 as Index, detail: 'operator-ack' }
  if (soloRefusal(w.s, { type: 'solo', certificate })) return false
  onSolo(w, { type: 'solo', certificate })
  return true
}

/** What this node can refuse without asking the leader. */
function refusalHere(s: Draft, m: Propose): Refused | undefined {
  const flaw = text(m.id) ? misshapen(m.entry) : 'id'
  if (flaw !== undefined) return refuse('invalid', 'log.propose-misshapen', { type: String(m.entry?.type), field: flaw ?? 'type' })
  // Before it is forwarded: a message between nodes carries 1 MiB at most.
  const tooLarge = oversize(encodeRow(lastIndex(s), s.hard.term, s.hard.term, m.id, m.entry).bytes.length)
  if (tooLarge) return tooLarge
  if (s.waiting.length >= waitingMax) return refuse('no-quorum', 'log.busy', { limit: waitingMax })
  if (s.full) return refuse('no-quorum', 'log.disk-full')
  const q = s.quorum
  if (q && !q.quorate) return refuse('no-quorum', 'log.no-quorum', { votes: q.votes, needed: q.votesNeeded })
  if (s.leader === undefined) return refuse('no-leader', 'log.no-leader', { term: s.hard.term })
  return undefined
}

const oversize = (bytes: number): Refused | undefined =>
  bytes > entryBytesMax ? refuse('invalid', 'log.entry-too-large', { bytes, limit: entryBytesMax }) : undefined

/** Gives a proposal to whoever leads now. */
function submit(w: Work, p: Waiting): void {
  const { s } = w
  if (s.leader === undefined) return
  replace(w, p, { ...p, sentTo: s.leader, sentMs: w.env.now })
  if (s.leader !== s.self) return tell(w, s.leader, { type: 'forward', propose: p.propose })
  if (!isReady(s)) return
  const taken = take(w, p.propose)
  if (taken !== 'taken')
    finishWaiting(w, p.propose.id, 'refused' in taken ? { type: 'proposed', id: p.propose.id, ok: false, ...taken } : taken)
}

const isReady = (s: Draft): boolean => s.role === 'leader' && s.cluster.term === s.hard.term

/** The ready leader appends a proposal, or says why not. */
function take(w: Work, given: Propose): Taken {
  const { s } = w
  const recent = s.recent.find((r) => r.id === given.id)
  if (recent) return proposedOf(recent)
  for (let i = s.cluster.index + 1; i <= lastIndex(s); i++) if (rowAt(s, i)?.id === given.id) return 'taken'
  const flaw = misshapen(given.entry)
  if (flaw !== undefined) return refuse('invalid', 'log.propose-misshapen', { type: String(given.entry?.type), field: flaw })
  const m = given.entry.type === 'members' ? { ...given, entry: completed(s, given.entry) } : given
  if (s.full) return refuse('no-quorum', 'log.disk-full')
  if (lastIndex(s) - s.commit >= uncommittedMax) return refuse('no-quorum', 'log.busy', { limit: uncommittedMax })
  if (m.ifIndex !== undefined && m.ifIndex !== lastIndex(s))
    return refuse('stale-revision', 'log.stale', { wanted: m.ifIndex, is: lastIndex(s) })
  const ahead = speculate(s)
  if (m.ifConfigIndex !== undefined && m.ifConfigIndex !== ahead.configIndex)
    return refuse('stale-revision', 'log.stale', { wanted: m.ifConfigIndex, is: ahead.configIndex })
  const index = (lastIndex(s) + 1) as typeof s.commit
  const tooLarge = oversize(encodeRow(index, s.hard.term, s.hard.term, m.id, m.entry).bytes.length)
  if (tooLarge) return tooLarge
  const waits = m.entry.type === 'members' ? mustWait(w, m.entry) : undefined
  if (waits) return waits
  const { refused } = apply(ahead, { index, term: s.hard.term, entry: m.entry })
  if (refused) return { refused: 'invalid', because: refused }
  const alive = ackOfTheLiving(s, m)
  if (alive) return alive
  const members = m.entry.type === 'members' ? admitMembers(w, m.entry) : 'go'
  if (typeof members !== 'string') return members
  if (members === 'go') append(w, m.id, m.entry)
  return 'taken'
}

/** An operator who vouches for the death of a machine that beats has the wrong one in mind. */
function ackOfTheLiving(s: Draft, { entry }: Propose): Refused | undefined {
  if (entry.type !== 'operator-ack') return undefined
  const peer = peerOf(s, entry.node)
  const beats = entry.node === s.self || (peer?.state === 'alive' && peer.incarnation?.boot === entry.boot)
  return beats ? refuse('invalid', 'log.ack-alive', { node: nameOf(s.cluster, entry.node), boot: entry.boot }) : undefined
}

/** The state that the whole log leads to, once committed. */
function speculate(s: Draft): ClusterState {
  let state = s.cluster
  for (let i = s.cluster.index + 1; i <= lastIndex(s); i++) {
    const row = rowAt(s, i)
    if (row) state = apply(state, { index: row.index, term: row.term, entry: row.entry }).state
  }
  return state
}

export function onForward(w: Work, node: NodeId, m: Extract<Raft, { type: 'forward' }>): void {
  const { s } = w
  if (s.role !== 'leader') return tell(w, node, { type: 'not-leader', term: s.hard.term })
  if (!isReady(s)) {
    if (s.held.length < waitingMax) s.held = [...s.held, { node, propose: m.propose }] // else the sender asks again
    return
  }
  const taken = take(w, m.propose)
  if (taken === 'taken') return
  const proposed: Proposed =
    'refused' in taken && !('type' in taken) ? { type: 'proposed', id: m.propose.id, ok: false, ...taken } : (taken as Proposed)
  tell(w, node, { type: 'forwarded', proposed })
}

/** Refused, or known as applied: the latter is answered when it is applied here too. */
export function onForwarded(w: Work, node: NodeId, m: Extract<Raft, { type: 'forwarded' }>): void {
  const waiting = w.s.waiting.find((p) => p.propose.id === m.proposed.id)
  if (!waiting || waiting.sentTo !== node) return
  if (m.proposed.index === undefined || m.proposed.index <= w.s.cluster.index) finishWaiting(w, m.proposed.id, m.proposed)
}

/** The leader changed, or became ready: give it what waits. */
export function resubmit(w: Work): void {
  const { s } = w
  const held = s.held
  if (isReady(s)) {
    s.held = []
    for (const h of held) onForward(w, h.node, { type: 'forward', propose: h.propose })
  }
  for (const p of s.waiting) submit(w, p)
}

export function proposeTick(w: Work): void {
  const { s } = w
  for (const p of s.waiting) {
    if (elapsed(p.dueMs, w.env.now) >= 0) {
      const because = verdict('unknown', 'log.outcome-unknown', { afterMs: answerMsMax }, 'warning')
      finishWaiting(w, p.propose.id, { type: 'proposed', id: p.propose.id, ok: false, refused: 'unknown', because })
    } else if (elapsed(p.sentMs, w.env.now) >= repeatMs) submit(w, p)
  }
  if (s.waiting.length > 0) tickWithin(w, repeatMs)
}

function replace(w: Work, old: Waiting, now: Waiting): void {
  w.s.waiting = w.s.waiting.map((p) => (p.propose.id === old.propose.id ? now : p))
}

function finishWaiting(w: Work, id: string, answer: Proposed): void {
  const waiting = w.s.waiting.find((p) => p.propose.id === id)
  w.s.waiting = w.s.waiting.filter((p) => p !== waiting)
  for (const path of waiting?.replyTo ?? []) w.out.push(send({ path }, answer))
}
