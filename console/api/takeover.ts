/**
 * Who takes over (requirement A3): for every single and double loss, where each resource would be. The coordinator works it out in the pool; here
 * it gets names, sentences, and what the vote predicate says of the rest: without quorum nobody takes anything over.
 */
import type { Matrix } from '../../actors/coordinator/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import type { Quorum } from '../../actors/quorum/messages.js'
import { predicateOf } from '../../actors/quorum/twonode.js'
import { weight } from '../../actors/quorum/votes.js'
import type { NodeId } from '../../runtime/actor.js'
import { verdict } from '../../runtime/verdict.js'
import { sentence } from './sentences.js'
import { nameOf } from './status.js'
import type { Freshness, TakeoverView } from './views.js'

export function takeoverView(
  fresh: Freshness & { readonly kind: 'Takeover' },
  state: ClusterState,
  quorum: Quorum | undefined,
  cells: NonNullable<Matrix['cells']>,
): TakeoverView {
  const name = (n: NodeId): string => nameOf(state, n) ?? n
  const rows = cells.map(({ lost, moves }) => {
    const left = (quorum?.present ?? []).filter((n) => !lost.includes(n))
    const because = quorumGone(state, lost.map(name), left, lost)
    return {
      lost: lost.map(name),
      quorate: because === null,
      because,
      moves: because
        ? []
        : moves.map((m) => ({
            resource: m.name,
            from: m.from === undefined ? null : name(m.from),
            to: m.to === undefined ? null : name(m.to),
            because: sentence(m.because),
          })),
    }
  })
  return { ...fresh, nodes: state.members.map((m) => m.name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })), rows }
}

/** Of two voters the one that is left goes on alone: the other counts as proven off here. */
function quorumGone(
  state: ClusterState,
  names: readonly string[],
  left: readonly NodeId[],
  lost: readonly NodeId[],
): TakeoverView['rows'][number]['because'] {
  const rule = predicateOf(state.members, state.solo, state.tieBreak)
  const set = new Set(left)
  const voters = state.members.filter((m) => m.votes > 0)
  const alone = voters.length === 2 && !state.solo && voters.filter((v) => !lost.includes(v.node)).length === 1
  if (rule.holds(set) || (alone && voters.some((v) => set.has(v.node)))) return null
  const args = { nodes: names.join(', '), votes: weight(state.members, set), votesTotal: rule.votesTotal, votesNeeded: rule.votesNeeded }
  return sentence(verdict('refuse', 'console.loss-no-quorum', args, 'warning'))
}
