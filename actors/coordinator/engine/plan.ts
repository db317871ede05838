/** Scene to plan, pure: the same scene gives the same plan, byte for byte. The README has the walk. */

import { type Verdict, verdict } from '../../../runtime/verdict.js'
import { createAll } from './actions/collective.js'
import { action } from './actions/create.js'
import { checkDefinitions } from './actions/definition.js'
import { fenceNodes } from './actions/fencing.js'
import { forget } from './actions/forget.js'
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
import { notifyClones } from './notify/notify.js'
import { initialRows, type Row } from './outcome/rows.js'
import { type Executed, executed, finalRows, sequence } from './outcome/simulate.js'
import { type Summary, summaries } from './outcome/summary.js'
import { checkScene } from './resolve/check.js'
import { implied, resolveColocations } from './resolve/colocations.js'
import { easeMore } from './resolve/health.js'
import { resolveLocations } from './resolve/locations.js'
import { resolveOptions } from './resolve/options.js'
import { resolveTickets } from './resolve/tickets.js'
import { buildTree } from './resolve/tree.js'
import type { ResourceSpec, Scene } from './scene.js'
import { Role } from './score.js'
import { readHistories } from './state/history.js'
import { buildHosts, memberStates } from './state/hosts.js'
import { haveDevices } from './state/outcome.js'
import { type Action, type Part, type Res, World } from './world.js'

export interface Planned {
  readonly initial: readonly Row[]
  readonly final: readonly Row[]
  readonly actions: readonly Summary[]
  readonly executed: readonly Executed[]
  readonly ledger: readonly Part[]
  readonly notes: readonly Verdict[] // what is wrong with the configuration; the plan was made without it
}

/** The plan, or why a configuration is beyond what can be planned in bounded time and memory. */
export function planOrRefuse(scene: Scene): Planned | { readonly refused: Verdict } {
  const candidates = sizeOf(scene) * (scene.nodes.length + 1)
  if (candidates > candidatesMax)
    return { refused: verdict('refuse', 'engine.too-large', { resources: sizeOf(scene), nodes: scene.nodes.length, max: candidatesMax }) }
  try {
    return planScene(scene)
  } catch (e) {
    if (!(e instanceof RangeError)) throw e // a chain of constraints longer than the stack
    return { refused: verdict('refuse', 'engine.too-deep', { constraints: scene.constraints.length }) }
  }
}
const candidatesMax = 2_000_000
const sizeOf = ({ resources }: Scene): number => {
  const of = (r: ResourceSpec): number => 1 + r.children.reduce((n, c) => n + of(c), 0)
  return resources.reduce((n, r) => n + of(r), 0)
}

/** Throws a RangeError where constraints form chains longer than the stack: `planOrRefuse` is for what others wrote. */
export function planScene(scene: Scene): Planned {
  const { w, initial } = think(scene)
  const list = sequence(w)
  return {
    initial,
    final: finalRows(w, list),
    actions: summaries(w),
    executed: executed(list),
    ledger: w.ledger,
    notes: [...defenceless(w), ...checkScene(scene), ...w.notes],
  }
}

/** Fencing is asked for and there is nothing to fence with: what stands still for that reason is worth a word. */
const defenceless = (w: World): Verdict[] =>
  w.options.fencing && !haveDevices(w) && w.scene.resources.length > 0 ? [verdict('note', 'engine.no-devices', {}, 'warning')] : []

/** Everything up to the graph whose orderings are settled. */
export function think(given: Scene): { readonly w: World; readonly initial: readonly Row[] } {
  const placed = settled(given)
  act(placed.w)
  return placed
}

/** Where everything belongs, without a word on how to get there. */
export const assigned = (scene: Scene): World => settled(scene).w

function settled(given: Scene): { readonly w: World; readonly initial: readonly Row[] } {
  const scene = canonical(given)
  const eased = new Set<string>()
  let placed = place(scene, eased)
  while (easeMore(placed.w, eased)) placed = place(scene, eased)
  return placed
}

/** Stages 0 to 4: what is where, and where it shall be. */
function place(scene: Scene, eased: ReadonlySet<string>): { readonly w: World; readonly initial: readonly Row[] } {
  const w = new World(scene, eased)
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
  return { w, initial }
}

/** Stages 5 to 7: how to get there. */
function act(w: World): void {
  createStops(w)
  checkDefinitions(w)
  forget(w)
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
  notifyClones(w)
}

/** Nodes and constraints are sets: their order means nothing. That of resources and of the status does: it breaks ties. */
function canonical(scene: Scene): Scene {
  const by = <T>(list: readonly T[], key: (x: T) => string): T[] =>
    [...list].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  return {
    ...scene,
    nodes: by(scene.nodes, (n) => n.name),
    constraints: by(scene.constraints, (c) => c.id),
  }
}

/** An ordering whose first end does not exist: a stand-in that nobody carries out, unless the state already holds. */
function standIn(w: World, res: Res, task: string): Action | undefined {
  const role = Math.max(...[...w.primitives([res])].map((r) => r.role))
  if ((task === 'stop' && role <= Role.stopped) || (task === 'demote' && role === Role.unpromoted)) return undefined
  if (!['start', 'stop', 'promote', 'demote'].includes(task)) return undefined
  return action(w, { key: `${res.id}_${task}_0`, task, res, optional: true, pseudo: false })
}
