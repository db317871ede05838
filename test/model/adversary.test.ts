/**
 * Rows: S6, S7, S8, S9, S10, S12. Random histories of the real log actors under an adversary (adversary.ts). KYHA_SEED=n KYHA_SEEDS=1 repeats one and prints its
 * last steps; KYHA_SEEDS=100000 is for a night. (Without rule T3 about one history in a
 * hundred fails; what takes fifteen steps in a model is rarer here by far, which is why there are models.)
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Adversary } from './adversary.js'

const t = suite('model: adversary')
const first = Number(process.env['KYHA_SEED'] ?? 1)
const seeds = Number(process.env['KYHA_SEEDS'] ?? 150)

for (const nodes of [2, 3]) {
  t(`${nodes} nodes: no order of events loses a decision or makes two leaders`, () => {
    const sum = { leaders: 0, solos: 0, both: 0 }
    for (let seed = first; seed < first + seeds; seed++) {
      const world = new Adversary(`adversary-${nodes}-${seed}`, nodes)
      try {
        world.run(10)
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).stack}\n${world.steps.slice(-80).join('\n')}`)
      }
      for (const what of ['leaders', 'solos', 'both'] as const) sum[what] += world.reached[what]
    }
    process.stdout.write(
      `# figure adversary, ${nodes} nodes: ${seeds} histories, ${sum.leaders} elections, ${sum.solos} solo epochs begun or learned, ${sum.both} ended\n`,
    )
    assert.ok(sum.leaders > seeds, 'leaders are elected')
    if (nodes === 2 && seeds >= 100) assert.ok(sum.solos > seeds / 4 && sum.both > 0, JSON.stringify(sum))
  })
}

t.run()
