/** Scene to plan, pure: the same scene gives the same plan, byte for byte. The README has the walk. */
import { applyScores } from './assign/apply.js'
import { assignAll } from './assign/assign.js'
import { initialRows, type Row, rows } from './outcome/rows.js'
import { implied, resolveColocations } from './resolve/colocations.js'
import { resolveLocations } from './resolve/locations.js'
import { resolveOptions } from './resolve/options.js'
import { buildTree } from './resolve/tree.js'
import { resolveTickets } from './resolve/tickets.js'
import type { Scene } from './scene.js'
import { readHistories } from './state/history.js'
import { buildHosts, memberStates } from './state/hosts.js'
import { type Part, World } from './world.js'

export interface Planned {
  readonly initial: readonly Row[]
  readonly final: readonly Row[]
  readonly actions: readonly Summary[]
  readonly executed: readonly Executed[]
  readonly ledger: readonly Part[]
}
export interface Summary {
  readonly action: string
  readonly resource?: string
  readonly op?: string
  readonly node?: string
  readonly from?: string | null
  readonly to?: string | null
  readonly role?: string
  readonly next_role?: string
  readonly blocked?: boolean
  readonly reason?: string
}
export interface Executed {
  readonly op: string
  readonly resource?: string
  readonly node?: string
  readonly interval?: number
  readonly pseudo?: boolean
}

export function planScene(scene: Scene): Planned {
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
  return { initial, final: rows(w, (r) => (r.assigned ? [r.assigned] : []), (r) => r.nextRole), actions: [], executed: [], ledger: w.ledger }
}
