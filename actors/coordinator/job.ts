/**
 * The planner's work as a job of kind `plan` (runtime/pool.ts): the same pure functions in another thread, for what would hold the asker up too long.
 * A single plan is none of it: packing its input costs as much as planning.
 */
import { type MatrixCell, matrix } from './matrix.js'
import type { PlanInput } from './model.js'

/** `matrix`: who takes over after every single and double loss. */
export interface PlanJob {
  readonly what: 'matrix'
  readonly input: PlanInput
}

export const job = (args: unknown): readonly MatrixCell[] => matrix((args as PlanJob).input)
