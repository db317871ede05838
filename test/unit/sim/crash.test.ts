/** Crash points, a sample of them: wherever kyhad or its machine ends, nothing breaks and the cluster serves again. `npm run sim -- --crash-points` takes all. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { crashAt, crashPoints } from '../../sim/crashpoints.js'

const t = suite('sim: crash points')

for (const [nodes, step, mode, members] of [
  [3, 61, 'plain', false],
  [2, 47, 'plain', false],
  [2, 53, 'witness', false],
  [2, 59, 'disk', false],
  [3, 97, 'plain', true],
  [2, 61, 'plain', true],
  [2, 67, 'witness', true],
] as const) {
  t(
    `${nodes} nodes, mode ${mode}, ${members ? 'members' : 'services'} that come and go: kyhad or power ends before or after every ${step}th effect of a history, and no invariant breaks`,
    () => {
      let points = 0
      for (const { point, effect, violations } of crashPoints('crash', nodes, { step, mode, members })) {
        points++
        const [first] = violations
        assert.is(first, undefined, first && `${JSON.stringify(point)} at ${effect}: ${first.invariant}: ${first.because}`)
        assert.is.not(effect, '', `point ${point.n} was reached`)
      }
      assert.ok(points > 12, `${points} points`)
    },
  )
}

t('the history is long enough to be worth it, and the same each time', () => {
  const { effects } = crashAt('crash', 3)
  assert.is(crashAt('crash', 3).effects, effects)
  assert.ok(effects > 200, `${effects} effects`)
})

t.run()
