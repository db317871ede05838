/** What a new configuration would do that its plan does not say: stops of resources that leave it, agents that are not here, protection that ends. */
import { accessSync, constants } from 'node:fs'
import { type AgentDirs, resolveArgv0 } from '../../agents/contract.js'
import { type ConfigDoc, leaseMsOf, type ResourceDoc } from '../../runtime/config/document.js'
import type { TextKey } from '../../runtime/text/index.js'
import { type Args, verdict } from '../../runtime/verdict.js'
import type { Model } from './model.js'
import { sentence } from './sentences.js'
import { holderUnseen, seenRunning } from './status.js'
import type { ActionView, Sentence } from './views.js'

const warn = (key: TextKey, args: Args = {}): Sentence => sentence(verdict('warn', key, args, 'warning'))

/** Resources that leave the configuration: their nodes stop them, unless nobody may touch them. Last in the document, first to stop. */
export function removals(
  model: Model,
  doc: ConfigDoc,
): { readonly actions: readonly ActionView[]; readonly warnings: readonly Sentence[] } {
  const old = model.state?.config
  const actions: ActionView[] = []
  const warnings: Sentence[] = []
  for (const r of [...(old?.resources ?? [])].reverse()) {
    if (!old || doc.resources.some((other) => other.name === r.name)) continue
    for (const { node, row } of seenRunning(model, r.name)) {
      const args = { resource: r.name, node }
      if (handsOff(old, r, node)) warnings.push(warn('console.delete-leaves', args))
      else {
        const because = sentence(verdict('stop', 'console.delete-stops', args))
        const id = `${row.resource}:delete:${node}`
        actions.push({ resource: r.name, node, action: 'stop', after: [], id, expectMs: row.took.stop ?? -1, because })
      }
    }
    const silent = holderUnseen(model, r.name)
    if (silent !== undefined) warnings.push(warn('console.delete-unseen', { resource: r.name, node: silent }))
  }
  return { actions, warnings }
}

export const handsOff = (doc: ConfigDoc, r: ResourceDoc, node: string): boolean =>
  !r.meta.managed || r.meta.maintenance || doc.properties.maintenanceMode || doc.nodes[node]?.maintenance === true

/** What whoever replaces the configuration should know before. `dirs`: where agents lie on this node; other nodes are not looked at. */
export function configWarnings(
  model: Model,
  doc: ConfigDoc,
  members: readonly string[],
  dirs: AgentDirs | undefined,
  self: string,
): readonly Sentence[] {
  const old = model.state?.config
  const strangers = Object.keys(doc.nodes).filter((n) => !members.includes(n))
  const out = strangers.map((node) => warn('console.node-stranger', { node, members: members.join(', ') }))
  if (old && old.name !== doc.name) out.push(warn('console.renames', { from: old.name, to: doc.name }))
  const protects = (d: ConfigDoc): boolean => d.properties.fencingEnabled && d.fencing.length > 0
  if (old && protects(old) && !protects(doc)) out.push(warn('console.fencing-ends'))
  if (dirs === undefined) return out
  for (const [key, list] of [
    ['console.agent-missing', doc.resources],
    ['console.fence-agent-missing', doc.fencing.filter((d) => leaseMsOf(d) === undefined)],
  ] as const)
    for (const { name, agent } of list) {
      const path = resolveArgv0(agent, dirs)
      if (path !== undefined && !runs(path)) out.push(warn(key, { name, agent, path, node: self }))
    }
  return out
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // not there, or nothing that can be run
  }
}
