/** Who decides, as design 8.2 and 8.3 have it, written a second time so that a checker does not believe the product's own (actors/quorum). */
import type { NodeId } from '../../../runtime/actor.js'

interface Voter {
  readonly node: NodeId
  readonly votes: number
}

/** A durable solo set decides as a whole; else two voters both; else more than half of the votes, or half with the tie-break voter. */
export function decides(
  members: readonly Voter[],
  solo: readonly NodeId[] | undefined,
  tieBreak: NodeId | undefined,
  set: readonly NodeId[],
): boolean {
  const voters = members.filter((m) => m.votes > 0)
  if (voters.length === 0) return false
  if (voters.length === 2) return (solo ?? voters.map((v) => v.node)).every((n) => set.includes(n))
  const sum = (list: readonly Voter[]): number => list.reduce((n, v) => n + v.votes, 0)
  const there = 2 * sum(voters.filter((v) => set.includes(v.node)))
  return there > sum(voters) || (there === sum(voters) && tieBreak !== undefined && set.includes(tieBreak))
}
