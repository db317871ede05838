/** The answer to "why is it there, why not here": the coordinator's own reading of its ledger, with the sentences in both languages. */
import { explain } from '../../actors/coordinator/ledger.js'
import type { PlanView } from '../../actors/coordinator/messages.js'
import { sentence } from './sentences.js'
import type { ExplainView, Freshness } from './views.js'

export function explainView(
  fresh: Freshness & { readonly kind: 'Explain' },
  plan: PlanView,
  name: string,
  on?: string,
): ExplainView | undefined {
  const answer = explain(plan, name, on)
  if (!answer) return undefined
  const rows = answer.table.map((r) => ({
    node: r.name,
    total: r.score,
    chosen: r.chosen,
    ...(r.promoted && { promoted: r.promoted }),
    contributions: r.parts.map((c) => ({ score: c.score, source: c.source, sentence: sentence(c.because) })),
  }))
  return { ...fresh, resource: name, sentence: sentence(answer.because), rows }
}
