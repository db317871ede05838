/**
 * The reason ledger: every contribution to a score with its source, and what is read from it. Arithmetic is the field's: INFINITY is
 * 1,000,000, minus infinity beats plus infinity, and a sum never leaves the range. `explain` needs nothing but a PlanView.
 * Called by place.ts (writes) and by the console (reads).
 */
import type { NodeId, ResourceId } from '../../runtime/actor.js'
import { INFINITY, type Score } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { instanceRight } from '../log/right.js'
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
  /** Of a clone: the node has a promoted role. */
  readonly promoted?: true
  readonly parts: readonly Contribution[]
}
export interface Explained {
  readonly because: Verdict
  readonly table: readonly ExplainRow[]
}

/**
 * Why `resource` (id or name, or a clone's name) is where the plan puts it; with `node` (id or name) why it is, or is not, on that one.
 * Undefined when the plan knows no such resource or node.
 */
export function explain(view: PlanView, resource: string, node?: string): Explained | undefined {
  const placed = view.placement.find((p) => p.resource === resource || p.name === resource || p.clone === resource)
  const asked = view.nodes.find((n) => n.node === node || n.name === node)
  if (!placed || (node !== undefined && !asked)) return undefined
  if (placed.clone !== undefined) return explainClone(view, placed, asked?.node)
  const all = table(view, placed)
  if (!asked) return { because: placed.because, table: all }
  const row = all.filter((r) => r.node === asked.node)
  return { because: row[0] ? onNode(placed, row[0], all) : placed.because, table: row }
}

/** Where the instances of one cloned resource belong and which has the promoted role; with `asked` what that node has of it, or why nothing. */
function explainClone(view: PlanView, { resource, clone = '' }: Placement, asked: NodeId | undefined): Explained {
  const mine = view.placement.filter((p) => p.resource === resource)
  const roles = mine.filter((p) => p.role === 'Promoted')
  const all = table(view, mine[0] as Placement).map((row): ExplainRow => {
    const here = (p: Placement): boolean => p.node === row.node
    return { ...row, chosen: mine.some(here), ...(roles.some(here) && { promoted: true as const }) }
  })
  const named = (rows: readonly ExplainRow[]): string => rows.map((r) => r.name).join(', ')
  const args = { clone, nodes: named(all.filter((r) => r.chosen)), promoted: named(all.filter((r) => r.promoted)) }
  const row = all.find((r) => r.node === asked)
  if (row) return { because: ofInstance(mine, row, args), table: [row] }
  const waits = mine.find((p) => p.because.do !== 'place')
  if (waits || args.nodes === '') return { because: (waits ?? (mine[0] as Placement)).because, table: all }
  if (roles.length === 0) return { because: verdict('place', 'coordinator.placed-clone', args), table: all }
  const quiet = roles.every((p) => p.because.key === 'coordinator.clone-unpromoted')
  const none = quiet ? 'coordinator.placed-clone-quiet' : 'coordinator.placed-clone-unpromoted'
  return { because: verdict('place', args.promoted === '' ? none : 'coordinator.placed-clone-promoted', args), table: all }
}

/** The promoted role before the instance that has it; what keeps either waiting is its sentence already. */
function ofInstance(mine: readonly Placement[], row: ExplainRow, args: { readonly clone: string; readonly promoted: string }): Verdict {
  const here = mine.filter((p) => p.node === row.node)
  const waits = here.find((p) => p.because.do !== 'place')
  const best = waits ?? here.find((p) => p.role === 'Promoted')
  if (best) return best.because
  const [instance] = here
  if (instance && args.promoted !== '') return verdict('place', 'coordinator.placed-beside', { ...args, node: row.name })
  const bar = row.parts.find((c) => c.score <= -INFINITY)
  const own = mine.find((p) => p.right === instanceRight(p.resource, row.node))
  return instance?.because ?? bar?.because ?? (own ?? (mine[0] as Placement)).because
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
