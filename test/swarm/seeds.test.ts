/**
 * The swarm of each change: 2,000 histories over the four modes, hurt and mended once, every invariant of test/sim/checkers after every event; and each
 * seed that once found a bug (test/RECORD.md; by now they tell other histories). `npm run sim -- --seeds A..B` does more, with rests between.
 */
import { availableParallelism } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flagsOf, type Mode } from '../sim/mode.js'
import { runSeed } from '../sim/scenario.js'
import { swarm } from '../sim/swarm.js'

const t = suite('swarm')

const kept: Readonly<Record<number, readonly number[]>> = { 2: [92, 101], 3: [39, 78, 98, 160, 241] }

async function clean(nodes: number, count: number, mode: Mode = 'plain'): Promise<void> {
  const beganMs = performance.now()
  const seeds = { from: 1, to: count }
  const done = await swarm({ seeds, nodes, mode, jobs: availableParallelism(), timing: 'drawn', rounds: 1 })
  const seconds = Math.round((performance.now() - beganMs) / 1000)
  const what = `${done.hours} simulated hours, ${done.faults} faults, ${done.events} events`
  process.stdout.write(`# figure swarm ${flagsOf(mode, nodes)}: ${count} seeds in ${seconds} s, ${what}\n`)
  const words = done.violations.map((v) => `seed ${v.seed}: ${v.invariant}: ${v.because}`)
  assert.equal(words, [], `see one with: npm run sim -- --seed N ${flagsOf(mode, nodes)} --rounds 1 --trace`)
  assert.is(done.seeds, count)
}

t('three nodes: faults drawn from 850 seeds break no invariant', () => clean(3, 850))
t('five nodes: faults drawn from 50 seeds break no invariant', () => clean(5, 50))
t('two nodes: faults drawn from 400 seeds break no invariant', () => clean(2, 400))
t('two nodes and a witness: faults drawn from 350 seeds break no invariant', () => clean(2, 350, 'witness'))
t('two nodes and shared disks: faults drawn from 350 seeds break no invariant', () => clean(2, 350, 'disk'))

for (const [nodes, seeds] of Object.entries(kept))
  for (const seed of seeds)
    t(`seed ${seed} of ${nodes} nodes, which once found a bug`, () => {
      const [first] = runSeed(String(seed), Number(nodes), { timing: 'default', rounds: 1 }).violations
      assert.is(first, undefined, first && `${first.invariant} at ${first.atMs} ms: ${first.because}`)
    })

t.run()
