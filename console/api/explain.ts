/** The answer to "why is it there, why not here": the plan's reason ledger as one sentence and a table, node by node. */
import type { PlanView } from '../../actors/coordinator/messages.js'
import { verdict } from '../../runtime/verdict.js'
import type { Model } from './model.js'
import { sentence } from './sentences.js'
import type { ExplainView, Freshness } from './views.js'

export function explainView(
  model: Model,
  fresh: Freshness & { readonly kind: 'Explain' },
  plan: PlanView,
  name: string,
  on?: string,
): ExplainView {
  const id = model.state?.ids[name]
  const placed = plan.placement.find((p) => p.resource === id)
  const because = placed?.because ?? verdict('place', 'console.resource-stopped', { resource: name })
  const rows = (model.state?.members ?? [])
    .filter((m) => on === undefined || m.name === on)
    .map((m) => {
      const own = plan.ledger.filter((c) => c.resource === id && c.node === m.node)
      const total = Math.max(
        -1_000_000,
        Math.min(
          1_000_000,
          own.reduce((n, c) => n + c.score, 0),
        ),
      )
      const forbidden = own.some((c) => c.score <= -1_000_000)
      const contributions = own.map((c) => ({ score: c.score, source: c.source, sentence: sentence(c.because) }))
      return { node: m.name, total: forbidden ? -1_000_000 : total, chosen: placed?.node === m.node, contributions }
    })
  return { ...fresh, resource: name, sentence: sentence(because), rows }
}
