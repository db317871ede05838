/**
 * A history that violates an invariant, made short: its steps are left out one after the other, as long as the same invariant is violated without them.
 * What remains is replayed with `--seed S --only A,B,C`, and kept as a story (`history seed=S only=A,B,C`, story/words.ts).
 */
import { type Run, type RunOptions, runSeed } from './scenario.js'

export interface Shrunk {
  /** Numbers of the steps that remain. */
  readonly only: readonly number[]
  readonly run: Run
  readonly trials: number
}

const trialsMax = 120

/** `run` violated something. Later steps go first: what comes after a violation cannot have caused it. */
export function shrink(seed: string, nodes: number, options: RunOptions, run: Run): Shrunk {
  const invariant = run.violations[0]?.invariant
  let best: Shrunk = { only: run.steps, run, trials: 0 }
  let trials = 0
  for (let again = true; again && trials < trialsMax; ) {
    again = false
    for (const step of [...best.only].reverse()) {
      if (trials >= trialsMax || best.only.length <= 1) break
      trials++
      const only = best.only.filter((n) => n !== step)
      const tried = runSeed(seed, nodes, { ...options, only, trace: undefined })
      if (tried.violations[0]?.invariant !== invariant) continue
      best = { only: tried.steps, run: tried, trials }
      again = true
    }
  }
  return { ...best, trials }
}
