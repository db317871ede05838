/**
 * The vote predicate (design 8.2):  Q(S) = 2 w(S) > W  or  (2 w(S) = W and t in S), t = the tie-break voter if there is one.
 * Any two sets that satisfy it share a voter: two strict majorities overlap, and two exact halves share t (S11).
 */
import type { NodeId } from '../../runtime/actor.js'

export interface Voter {
  readonly node: NodeId
  /** A whole number, 0 = observer. */
  readonly votes: number
}

/** One mode's predicate over sets of nodes, and its words for people. */
export interface Predicate {
  readonly mode: 'majority' | 'two-node' | 'solo' | 'single'
  readonly votesTotal: number
  readonly votesNeeded: number
  holds(set: ReadonlySet<NodeId>): boolean
  describe(): string
}

export const weight = (voters: readonly Voter[], set: ReadonlySet<NodeId>): number =>
  voters.reduce((sum, v) => sum + (set.has(v.node) ? v.votes : 0), 0)

/** Strict weighted majority; with `tieBreak` (a voter), exactly half is enough where it takes part. */
export function majority(voters: readonly Voter[], tieBreak?: NodeId): Predicate {
  const total = voters.reduce((sum, v) => sum + v.votes, 0)
  const breaks = voters.some((v) => v.node === tieBreak && v.votes > 0)
  return {
    mode: voters.filter((v) => v.votes > 0).length === 1 ? 'single' : 'majority',
    votesTotal: total,
    votesNeeded: Math.floor(total / 2) + 1,
    holds(set) {
      const double = 2 * weight(voters, set)
      return double > total || (total > 0 && double === total && breaks && tieBreak !== undefined && set.has(tieBreak))
    },
    describe: () => `more than ${total / 2} of ${total} votes${breaks ? `, or exactly half with ${tieBreak}` : ''}`,
  }
}
