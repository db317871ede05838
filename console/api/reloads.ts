/**
 * Which resources would take changed parameters over while they run, where a new configuration would otherwise restart them. Foresight only: it asks
 * the agents of this node for their meta-data; whoever runs the resource asks its own when it comes to it (actors/resource/reload.ts).
 */
import { agentInfo } from '../../agents/catalogue.js'
import { type HostFacts, reloadableOf } from '../../agents/contract.js'
import { type ConfigDoc, changedParams } from '../../runtime/config/document.js'
import { verdict } from '../../runtime/verdict.js'
import { handsOff } from './foresight.js'
import type { Model } from './model.js'
import { sentence } from './sentences.js'
import { seenRunning } from './status.js'
import type { ReloadView } from './views.js'

/** In the order of the document. What somebody runs with yet other parameters is not foreseen: it may have to be restarted. */
export async function reloadsOf(model: Model, doc: ConfigDoc, facts: HostFacts | undefined): Promise<readonly ReloadView[]> {
  const old = model.state?.config
  if (!old || !facts) return []
  const found = doc.resources.map(async (r): Promise<readonly ReloadView[]> => {
    const before = old.resources.find((o) => o.name === r.name)
    const params = before?.agent === r.agent ? changedParams(before, r) : []
    const seen = seenRunning(model, r.name)
    const well = seen.every(
      ({ row }) => row.token > 0 && row.outdated === undefined && (row.state === 'running' || row.state === 'promoted'),
    )
    if (params.length === 0 || seen.length === 0 || !well) return []
    const info = await agentInfo(r.agent, facts)
    const takes = 'severity' in info ? [] : reloadableOf(info)
    if (!params.every((name) => takes.includes(name))) return []
    return seen.flatMap(({ node }) => {
      if (handsOff(doc, r, node)) return []
      const because = sentence(verdict('reload', 'console.reloads', { resource: r.name, node, params: params.join(', ') }))
      return [{ resource: r.name, node, params, because }]
    })
  })
  return (await Promise.all(found)).flat()
}
