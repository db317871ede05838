/** A bounded swarm: faults, repair, and every invariant of test/sim/checkers after every event. `npm run sim -- --seeds A..B` does more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flagsOf, type Mode } from '../../sim/mode.js'
import { type RunOptions, runSeed } from '../../sim/scenario.js'

const t = suite('sim: swarm')

/** Seeds that once found bugs (test/RECORD.md); by now they tell other histories, with the default timing, hurt and mended once. */
const kept: Readonly<Record<number, readonly number[]>> = { 2: [92, 101], 3: [39, 78, 98, 160, 241], 5: [] }

function clean(nodes: number, count: number, mode: Mode = 'plain'): void {
  const look = (seed: number, options: RunOptions, words: string): void => {
    const [first] = runSeed(String(seed), nodes, { ...options, mode }).violations
    const again = `node test/sim/main.js --seed ${seed} ${flagsOf(mode, nodes)}${words} --trace`
    assert.is(first, undefined, first && `${first.invariant} at ${first.atMs} ms: ${first.because}; see it with ${again}`)
  }
  for (let seed = 1; seed <= count; seed++) look(seed, {}, '')
  for (const seed of kept[nodes] ?? []) look(seed, { timing: 'default', rounds: 1 }, ' --timing default --rounds 1')
}

t('three nodes: faults drawn from 60 seeds break no invariant', () => clean(3, 60))
t('two nodes: faults drawn from 30 seeds break no invariant', () => clean(2, 30))
t('two nodes and shared disks: faults drawn from 30 seeds break no invariant', () => clean(2, 30, 'disk'))
t('five nodes: faults drawn from 10 seeds break no invariant', () => clean(5, 10))

t.run()
