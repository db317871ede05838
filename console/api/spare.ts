/** How much more can be lost: pure, over the vote predicate of actors/quorum. */
import { predicateOf } from '../../actors/quorum/twonode.js'
import type { Predicate, Voter } from '../../actors/quorum/votes.js'
import type { NodeId } from '../../runtime/actor.js'

/**
 * The largest k so that whichever k of the present nodes are lost, the rest is still quorate; 0 when it is not quorate now.
 * The worst loss is the heaviest nodes, or one that the predicate names (a tie-break, a solo set) and then the heaviest: each is tried.
 */
export function spare(voters: readonly Voter[], present: readonly NodeId[], rule: Predicate): number {
  const there = voters.filter((v) => present.includes(v.node)).sort((a, b) => b.votes - a.votes)
  if (!rule.holds(new Set(there.map((v) => v.node)))) return 0
  const broken = there.map((first) => {
    const losses = [first, ...there.filter((v) => v !== first)]
    return losses.findIndex((_, i) => !rule.holds(new Set(losses.slice(i + 1).map((v) => v.node))))
  })
  return Math.min(...broken.filter((i) => i >= 0))
}

/** With the members' own predicate. */
export const spareOf = (members: readonly Voter[], present: readonly NodeId[], soloSet?: readonly NodeId[], tieBreak?: NodeId): number =>
  spare(members, present, predicateOf(members, soloSet, tieBreak))
