/** A bounded swarm: faults, repair, and every invariant of test/sim/checkers after every event. `npm run sim -- --seeds A..B` does more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runSeed } from '../../sim/scenario.js'

const t = suite('sim: swarm')

/** Seeds that found bugs (test/RECORD.md), besides the first ones. */
const kept: Readonly<Record<number, readonly number[]>> = { 2: [24, 99, 131, 148, 228], 3: [78, 90, 202, 310, 383, 422], 5: [] }

function clean(nodes: number, count: number): void {
  const seeds = new Set([...Array.from({ length: count }, (_, n) => n + 1), ...(kept[nodes] ?? [])])
  for (const seed of seeds) {
    const [first] = runSeed(String(seed), nodes).violations
    const again = `node test/sim/main.js --seed ${seed} --nodes ${nodes} --trace`
    assert.is(first, undefined, first && `${first.invariant} at ${first.atMs} ms: ${first.because}; see it with ${again}`)
  }
}

t('three nodes: faults drawn from 60 seeds break no invariant', () => clean(3, 60))
t('two nodes: faults drawn from 30 seeds break no invariant', () => clean(2, 30))
t('five nodes: faults drawn from 10 seeds break no invariant', () => clean(5, 10))

t.run()
