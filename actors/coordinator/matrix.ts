/**
 * Who takes over: for every single and every double loss of nodes, where each resource would be (requirement A3). Pure; lost nodes count as
 * proven off. Called by the console.
 */
import type { NodeId, ResourceId } from '../../runtime/actor.js'
import type { Verdict } from '../../runtime/verdict.js'
import { isBound } from '../log/right.js'
import { before, type PlanInput } from './model.js'
import { plan } from './plan.js'

export interface Takeover {
  readonly resource: ResourceId
  readonly name: string
  readonly from?: NodeId
  /** Absent: it would run nowhere, `because` says why. */
  readonly to?: NodeId
  readonly because: Verdict
}
export interface MatrixCell {
  readonly lost: readonly NodeId[]
  /** Resources whose place changes, in configuration order. */
  readonly moves: readonly Takeover[]
}

/** At most 32 nodes: 32 single and 496 double losses. */
export function matrix(input: PlanInput): readonly MatrixCell[] {
  const now = new Map(plan(input).placement.map((p) => [p.right, p.node]))
  const nodes = [...input.state.members].sort((a, b) => before(a.name, b.name)).map((m) => m.node)
  const singles = nodes.map((n) => [n])
  const doubles = nodes.flatMap((a, i) => nodes.slice(i + 1).map((b) => [a, b]))
  return [...singles, ...doubles].map((lost) => {
    const placement = plan({ ...input, lost }).placement
    const moves = placement.flatMap((p): Takeover[] => {
      const from = now.get(p.right)
      // That a clone has one instance less is nothing that moves.
      if (from === p.node || (isBound(p.right) && p.node === undefined)) return []
      return [{ resource: p.resource, name: p.name, ...(from && { from }), ...(p.node && { to: p.node }), because: p.because }]
    })
    return { lost, moves }
  })
}
