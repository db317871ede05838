/** Scene to plan, pure: the same scene gives the same plan, byte for byte. The README has the walk. */
import { createAll } from './actions/collective.js'
import { action } from './actions/create.js'
import { checkDefinitions } from './actions/definition.js'
import { fenceNodes } from './actions/fencing.js'
import { createProbes, orderProbes } from './actions/probes.js'
import { orderRemotes } from './actions/remotes.js'
import { orderUnfencing } from './actions/unfence.js'
import { createStops } from './actions/wanted.js'
import { applyScores } from './assign/apply.js'
import { assignAll } from './assign/assign.js'
import { resolveOrders } from './graph/constraints.js'
import { internal } from './graph/internal.js'
import { expand } from './graph/orderings.js'
import { propagate } from './graph/propagate.js'
import { initialRows, type Row } from './outcome/rows.js'
import { type Executed, executed, finalRows, sequence } from './outcome/simulate.js'
import { type Summary, summaries } from './outcome/summary.js'
import { implied, resolveColocations } from './resolve/colocations.js'
import { resolveLocations } from './resolve/locations.js'
import { resolveOptions } from './resolve/options.js'
import { resolveTickets } from './resolve/tickets.js'
import { buildTree } from './resolve/tree.js'
import type { Scene } from './scene.js'
import { Role } from './score.js'
import { readHistories } from './state/history.js'
import { buildHosts, memberStates } from './state/hosts.js'
import { type Action, type Part, type Res, World } from './world.js'

export interface Planned {
  readonly initial: readonly Row[]
  readonly final: readonly Row[]
  readonly actions: readonly Summary[]
  readonly executed: readonly Executed[]
  readonly ledger: readonly Part[]
}

export function planScene(scene: Scene): Planned {
  const { w, initial } = think(scene)
  const list = sequence(w)
  return { initial, final: finalRows(w, list), actions: summaries(w), executed: executed(list), ledger: w.ledger }
}

/** Everything up to the graph whose orderings are settled. */
export function think(scene: Scene): { readonly w: World; readonly initial: readonly Row[] } {
  const w = new World(scene)
  resolveOptions(w)
  buildHosts(w)
  buildTree(w)
  memberStates(w)
  readHistories(w)
  const initial = initialRows(w)
  resolveLocations(w)
  resolveColocations(w)
  implied(w)
  resolveTickets(w)
  applyScores(w)
  assignAll(w)
  createStops(w)
  checkDefinitions(w)
  createProbes(w)
  createAll(w)
  internal(w)
  resolveOrders(w)
  orderRemotes(w)
  orderUnfencing(w)
  fenceNodes(w)
  expand(w, (res, task) => standIn(w, res, task))
  orderProbes(w)
  propagate(w)
  return { w, initial }
}

/** An ordering whose first end does not exist: a stand-in that nobody carries out, unless the state already holds. */
function standIn(w: World, res: Res, task: string): Action | undefined {
  if (task === 'stop' && res.role <= Role.stopped) return undefined
  if (task === 'demote' && res.role !== Role.promoted) return undefined
  if (!['start', 'stop', 'promote', 'demote'].includes(task)) return undefined
  return action(w, { key: `${res.id}_${task}_0`, task, res, optional: true, pseudo: false })
}
