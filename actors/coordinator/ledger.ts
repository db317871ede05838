/**
 * The reason ledger: every contribution to a score with its source, and what is read from it. Arithmetic is the field's: INFINITY is
 * 1,000,000, minus infinity beats plus infinity, and a sum never leaves the range. `explain` needs nothing but a PlanView.
 * Called by place.ts (writes) and by the console (reads).
 */
import type { NodeId, ResourceId } from '../../runtime/actor.js'
import { INFINITY, type Score } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Contribution, Placement, PlanView } from './messages.js'

/** a + b in the field's arithmetic. */
export function add(a: Score, b: Score): Score {
  if (a <= -INFINITY || b <= -INFINITY) return -INFINITY
  if (a >= INFINITY || b >= INFINITY) return INFINITY
  return Math.min(INFINITY, Math.max(-INFINITY, a + b))
}

/** `score` times the share that `factor` (a colocation's score) is of INFINITY. */
export const share = (score: Score, factor: Score): Score => {
  if (Math.abs(factor) >= INFINITY) return factor > 0 ? score : -score
  return Math.trunc((score * factor) / INFINITY)
}

export const scoreText = (score: Score): string => (score >= INFINITY ? 'INFINITY' : score <= -INFINITY ? '-INFINITY' : String(score))

/** Score of level `k` (0 = Master Node, 1 = Slave 1 ...): strictly falling, 20000, 16000, 15000 ... as operators know them; never below 1. */
export function levelScore(k: number): Score {
  if (k <= 0) return 20_000
  if (k <= 12) return 17_000 - 1_000 * k
  return Math.max(1, 5_000 - 50 * (k - 12))
}

/** One node's line of the table. */
export interface ExplainRow {
  readonly node: NodeId
  readonly name: string
  readonly score: Score
  readonly chosen: boolean
  readonly parts: readonly Contribution[]
}
export interface Explained {
  readonly because: Verdict
  readonly table: readonly ExplainRow[]
}

/**
 * Why `resource` (id or name) is where the plan puts it; with `node` (id or name) why it is, or is not, on that one.
 * Undefined when the plan knows no such resource or node.
 */
export function explain(view: PlanView, resource: string, node?: string): Explained | undefined {
  const placed = view.placement.find((p) => p.resource === resource || p.name === resource)
  const asked = view.nodes.find((n) => n.node === node || n.name === node)
  if (!placed || (node !== undefined && !asked)) return undefined
  const all = table(view, placed)
  if (!asked) return { because: placed.because, table: all }
  const row = all.filter((r) => r.node === asked.node)
  return { because: row[0] ? onNode(placed, row[0], all) : placed.because, table: row }
}

function table(view: PlanView, placed: Placement): readonly ExplainRow[] {
  const mine = view.ledger.filter((c) => c.resource === placed.resource || (placed.group !== undefined && c.group === placed.group))
  return view.nodes.map(({ node, name }) => {
    const parts = mine.filter((c) => c.node === node)
    return { node, name, score: parts.reduce((sum, c) => add(sum, c.score), 0), chosen: placed.node === node, parts }
  })
}

function onNode(placed: Placement, row: ExplainRow, all: readonly ExplainRow[]): Verdict {
  const args = { resource: placed.name, node: row.name, score: scoreText(row.score) }
  if (row.chosen) return placed.because
  const bar = row.parts.find((c) => c.score <= -INFINITY)
  if (bar) return bar.because
  if (row.score < 0) return verdict('explain', 'coordinator.explain-negative', args)
  const best = all.find((r) => r.chosen)
  if (!best) return placed.because
  return verdict('explain', best.score === row.score ? 'coordinator.explain-tie' : 'coordinator.explain-lower', {
    ...args,
    best: best.name,
    bestScore: scoreText(best.score),
  })
}

/** Collects contributions in the order in which they were made. A score of 0 says nothing and is left out. */
export class Ledger {
  readonly entries: Contribution[] = []
  note(resource: ResourceId, group: string | undefined, node: NodeId, score: Score, source: string, because: Verdict): void {
    if (score !== 0)
      this.entries.push(
        group === undefined ? { resource, node, score, source, because } : { resource, node, score, source, because, group },
      )
  }
}
