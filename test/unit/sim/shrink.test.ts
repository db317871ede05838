/** A history is made short by leaving steps out; what a step does hangs on the seed and its own number alone. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Run, runSeed } from '../../sim/scenario.js'
import { shrink } from '../../sim/shrink.js'

const t = suite('sim: shrink')
const faultsOf = (run: Run): string[] => run.faults.filter((f) => f.includes(': ')).map((f) => f.slice(f.indexOf(' ') + 1))

t('a step does the same whatever is left out before it', () => {
  const whole = runSeed('7', 3, { rounds: 1 })
  assert.ok(whole.steps.length > 2)
  const last = whole.steps.at(-1) as number
  const short = runSeed('7', 3, { rounds: 1, only: [last] })
  assert.equal(short.steps, [last])
  assert.equal(faultsOf(short).at(-1)?.split(':')[0], faultsOf(whole).at(-1)?.split(':')[0])
})

t('what remains violates the same invariant, and nothing of it can be left out', () => {
  const run = runSeed('7', 3, { rounds: 1 })
  const claimed: Run = { ...run, violations: [{ atMs: 0, invariant: 'none', because: '' }] }
  const nothing = shrink('7', 3, { rounds: 1 }, claimed)
  assert.equal(nothing.only, run.steps, 'no shorter history violates it, so every step stays')
  assert.is(nothing.trials, run.steps.length, 'each was tried once')
})

t.run()
