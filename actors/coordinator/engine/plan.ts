/** Scene to plan, pure: the same scene gives the same plan, byte for byte. The README has the walk. */
import { initialRows, type Row } from './outcome/rows.js'
import { resolveOptions } from './resolve/options.js'
import { buildTree } from './resolve/tree.js'
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
  return { initial, final: [], actions: [], executed: [], ledger: w.ledger }
}
