/**
 * Two voters (design 8.3, rules T1 to T5): both are needed. One alone decides only by a durable solo set, which the log makes from a
 * certificate for the other's life; quorum never guesses it. Any two quorate sets contain both voters, or the whole solo set. A tie-break
 * voter counts for nothing here: it would decide alone, without knowing whether the other lives.
 */
import type { NodeId } from '../../runtime/actor.js'
import { majority, type Predicate, type Voter, weight } from './votes.js'

/** Every voter is needed. */
export function both(voters: readonly Voter[]): Predicate {
  const needed = voters.filter((v) => v.votes > 0)
  const total = needed.reduce((sum, v) => sum + v.votes, 0)
  return {
    mode: 'two-node',
    votesTotal: total,
    votesNeeded: total,
    holds: (set) => needed.length > 0 && needed.every((v) => set.has(v.node)),
    describe: () => `both of ${needed.map((v) => v.node).join(' and ')}`,
  }
}

/** The whole durable solo set is needed, and nobody else. A set without a voter is never quorate. */
export function solo(voters: readonly Voter[], soloSet: readonly NodeId[]): Predicate {
  const needed = [...soloSet].sort()
  const votes = weight(voters, new Set(needed))
  return {
    mode: 'solo',
    votesTotal: voters.reduce((sum, v) => sum + v.votes, 0),
    votesNeeded: votes,
    holds: (set) => votes > 0 && needed.every((n) => set.has(n)),
    describe: () => `the solo set ${needed.join(' and ')}`,
  }
}

/** The predicate of these members: majority, perhaps with a tie-break voter; or with exactly two voters both, or their solo set. */
export function predicateOf(voters: readonly Voter[], soloSet?: readonly NodeId[], tieBreak?: NodeId): Predicate {
  if (voters.filter((v) => v.votes > 0).length !== 2) return majority(voters, tieBreak)
  return soloSet && soloSet.length > 0 ? solo(voters, soloSet) : both(voters)
}
