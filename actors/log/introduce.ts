/**
 * Who was away, or has just joined, may know none of those who lead by now: they are strangers to it, and it takes no streams of them. As long as
 * nobody leads it and it can elect nobody, it asks those whom it knows; a member that knows the leader introduces it, with its addresses, and the
 * leader brings the log. One leader at a time; the next member list that is taken in ends it. That the introduced one leads is believed of its own
 * appends only, by their term, as of anybody.
 */
import type { NodeId } from '../../runtime/actor.js'
import { tellPeers } from './entries.js'
import type { Raft } from './messages.js'
import { isVoter, type LogState, others, receivers, tell, type Work } from './raft.js'

/** Those whom this node may ask: whom its log names, and whom joining.json named when it had none. */
const known = (s: LogState): readonly NodeId[] => [...new Set([...others(s), ...s.joining])]

/** A member without a vote, or one that is not named yet in what it has of the log: it never stands, so nobody tells it who leads while nothing happens. */
export const isGuest = (s: LogState): boolean =>
  s.members.some((m) => m.node === s.self && m.votes === 0) || (s.joining.length > 0 && !isVoter(s, s.self))

/** Nobody leads this node, and it does not stand. */
export function askAround(w: Work): void {
  for (const node of known(w.s)) tell(w, node, { type: 'recall', term: w.s.hard.term })
}

/** `node` seems to know no leader. */
export function introduce(w: Work, node: NodeId): void {
  const { s } = w
  const leader = s.leader === s.self || s.leader === node ? undefined : s.members.find((m) => m.node === s.leader)
  if (leader) tell(w, node, { type: 'introduce', leader })
}

export function onIntroduce(w: Work, { leader }: Extract<Raft, { type: 'introduce' }>): void {
  const { s } = w
  if (s.leader !== undefined || leader.node === s.self || receivers(s).some((m) => m.node === leader.node)) return
  if (JSON.stringify(s.introduced) === JSON.stringify(leader)) return
  s.introduced = leader
  tellPeers(w)
}
