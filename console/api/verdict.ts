/**
 * The verdict line: the one sentence that somebody half awake reads first (subject, state, consequence, next step), and all other problems
 * after it, worst first. What this node cannot know it does not claim: a resource of a silent node is unknown, not down.
 */
import type { TextKey } from '../../runtime/text/index.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { heldBackBy } from './held-back.js'
import type { Model } from './model.js'
import { sentence } from './sentences.js'
import type { NodeView, ResourceView, StatusView } from './views.js'

type State = StatusView['verdict']['state']
interface Problem {
  readonly bad: Exclude<State, 'ok'>
  readonly v: Verdict
}
/** What the parts of the verdict look at. */
export interface Scene {
  readonly model: Model
  readonly nodes: readonly NodeView[]
  readonly resources: readonly ResourceView[]
  readonly spare: number
  /** Since when `key` has been `value`, ms. */
  readonly since: (key: string, value: string) => number
}

const well = ['online', 'standby', 'maintenance']
const away: Readonly<Record<string, TextKey>> = {
  fenced: 'console.node-fenced',
  fencing: 'console.node-fencing',
  silent: 'console.node-silent',
  pending: 'console.node-pending',
  unknown: 'console.node-unknown',
  left: 'console.node-left',
  'manager-down': 'console.node-manager-down',
}

export function verdictLine(scene: Scene): StatusView['verdict'] {
  const problems = problemsOf(scene)
  const worst = problems.find((p) => p.bad === 'danger') ?? problems[0]
  const v = worst?.v ?? ok(scene)
  const state = worst?.bad ?? 'ok'
  const sinceMs = scene.since('verdict', `${state} ${v.key} ${v.args['node'] ?? ''} ${v.args['resource'] ?? ''} ${v.args['link'] ?? ''}`)
  return { state, sinceMs, sentence: sentence(v), problems: problems.map((p) => sentence(p.v)) }
}

/** One unit (a group or a lone resource) is named; many are counted. */
function ok(scene: Scene): Verdict {
  const args = counts(scene)
  const one = onlyUnit(scene)
  return one ? verdict('serve', 'console.ok-one', { ...args, resource: one.name, node: one.node }) : verdict('serve', 'console.ok', args)
}

/** The one group or resource that there is, and where all of it runs. */
function onlyUnit({ resources }: Scene): { readonly name: string; readonly node: string } | undefined {
  const [first] = resources
  if (!first || first.node === null) return undefined
  const name = first.group ?? first.name
  return resources.every((r) => (r.group ?? r.name) === name && r.node === first.node) ? { name, node: first.node } : undefined
}

const counts = ({ nodes, resources, spare }: Scene): Record<string, number> => ({
  running: resources.filter((r) => r.node !== null).length,
  resources: resources.length,
  online: nodes.filter((n) => well.includes(n.state)).length,
  nodes: nodes.length,
  spare,
})

function problemsOf(scene: Scene): Problem[] {
  const { model } = scene
  const q = model.quorum
  if (!model.state || !q) return [{ bad: 'danger', v: verdict('wait', 'console.starting', {}, 'warning') }]
  const { votes, votesTotal, votesNeeded } = q
  const lead: Problem[] = !q.quorate
    ? [{ bad: 'danger', v: verdict('refuse', 'console.no-quorum', { votes, votesTotal, votesNeeded }, 'safety') }]
    : model.leadership?.leader === undefined
      ? [{ bad: 'attention', v: verdict('elect', 'console.no-leader', {}, 'warning') }]
      : []
  return [...lead, ...(q.quorate ? downs(scene) : []), ...nodesAway(scene), ...failures(scene), ...linksAway(scene), ...settings(scene)]
}

/** Resources that should run and are not seen to. */
function downs({ model, resources }: Scene): Problem[] {
  const doc = model.state?.config
  return resources.flatMap((r): Problem[] => {
    if (r.targetRole !== 'Started' || r.node !== null) return []
    if (r.mayRunOn !== null)
      return [{ bad: 'danger', v: verdict('wait', 'console.resource-unknown', { resource: r.name, node: r.mayRunOn }, 'error') }]
    const busy = r.cells.find((c) => c.pending && ['start', 'promote'].includes(c.pending.action))
    if (busy) return [{ bad: 'danger', v: verdict('start', 'console.resource-starting', { resource: r.name, node: busy.node }, 'warning') }]
    const other = doc && heldBackBy(doc, r.name)
    if (other !== undefined)
      return [{ bad: 'attention', v: verdict('wait', 'console.resource-held-back', { resource: r.name, other }, 'warning') }]
    return [{ bad: 'danger', v: verdict('recover', 'console.resource-down', { resource: r.name }, 'error') }]
  })
}

function nodesAway(scene: Scene): Problem[] {
  return scene.nodes.filter((n) => !well.includes(n.state)).map((n) => ({ bad: 'attention', v: nodeAway(scene, n) }))
}

/** Without quorum what runs elsewhere is not known, so nothing is counted. */
function nodeAway(scene: Scene, n: NodeView): Verdict {
  const args = { ...counts(scene), node: n.name, state: n.state }
  if (!scene.model.quorum?.quorate)
    return verdict('wait', n.state === 'fenced' ? 'console.node-off' : 'console.node-unheard', args, 'warning')
  const one = onlyUnit(scene)
  if (n.state === 'fenced' && one)
    return verdict('wait', 'console.node-fenced-one', { ...args, resource: one.name, home: one.node }, 'warning')
  return verdict('wait', away[n.state] ?? 'console.node-away', args, 'warning')
}

function failures({ resources }: Scene): Problem[] {
  return resources.flatMap((r) =>
    r.cells.flatMap((c): Problem[] => {
      if (!c.lastFailure || c.failCount === 0) return []
      const reason = c.lastFailure.exitReason || `rc ${c.lastFailure.rc}`
      const args = { resource: r.name, failCount: c.failCount, node: c.node, reason }
      return [{ bad: 'attention', v: verdict('note', 'console.resource-failed', args, 'warning') }]
    }),
  )
}

/** A link that is silent to peers that are heard on another: one sentence a link. */
function linksAway({ model }: Scene): Problem[] {
  const alive = (model.view?.peers ?? []).filter((p) => p.state === 'alive' || p.state === 'suspect')
  const links = [...new Set(alive.flatMap((p) => p.links.filter((l) => l.state === 'silent').map((l) => l.link)))].sort((a, b) => a - b)
  return links.map((link) => {
    const hit = alive.filter((p) => p.links.some((l) => l.link === link && l.state === 'silent'))
    const up = Math.min(...hit.map((p) => p.links.filter((l) => l.state === 'up').length))
    const node = hit
      .map((p) => p.name)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .join(', ')
    return { bad: 'attention', v: verdict('note', 'console.link-down', { link, node, up, links: hit[0]?.links.length ?? 0 }, 'warning') }
  })
}

function settings({ model, nodes }: Scene): Problem[] {
  const config = model.state?.config
  if (!config) return []
  const out: Problem[] = []
  if (nodes.length > 1 && (!config.properties.fencingEnabled || config.fencing.length === 0))
    out.push({ bad: 'attention', v: verdict('warn', 'console.no-fencing', {}, 'warning') })
  if (config.properties.maintenanceMode) out.push({ bad: 'attention', v: verdict('hold', 'console.maintenance', {}, 'notice') })
  return out
}
