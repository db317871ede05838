/**
 * The planner's work as a job of kind `plan` (runtime/pool.ts): the same pure functions in another thread, for what would hold the asker up too long.
 */
import { type MatrixCell, matrix } from './matrix.js'
import type { PlanView } from './messages.js'
import type { PlanInput } from './model.js'
import { plan, viewOf } from './plan.js'

/** `view`: what would be planned, as a PlanView with this id. `matrix`: who takes over after every single and double loss. */
export type PlanJob =
  | { readonly what: 'view'; readonly id: string; readonly input: PlanInput }
  | { readonly what: 'matrix'; readonly input: PlanInput }

export function job(args: unknown): PlanView | readonly MatrixCell[] {
  const asked = args as PlanJob
  return asked.what === 'matrix' ? matrix(asked.input) : viewOf(plan(asked.input), asked.id)
}
