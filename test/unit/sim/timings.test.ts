/** Drawn timings: the product's own check takes each of them, their heartbeats span the range, and the seed alone decides. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseNodeConfig } from '../../../runtime/config/node.js'
import { TIMING } from '../../../runtime/config/timing.js'
import { timingOf } from '../../sim/timings.js'

const t = suite('sim: timings')
const drawn = Array.from({ length: 1000 }, (_, n) => timingOf(String(n), 'drawn'))
const others = drawn.filter((timing) => timing !== TIMING)

/** Problems that the product finds in a timing. */
function problems(timing: object): readonly unknown[] {
  const read = parseNodeConfig(JSON.stringify({ timing }))
  return read.ok ? [] : read.problems.filter((p) => p.because.key.startsWith('config.timing') || p.path.startsWith('timing'))
}

t('each drawn timing is one that the configuration check takes, which does refuse others', () => {
  for (const timing of others) assert.equal(problems(timing), [], JSON.stringify(timing))
  assert.ok(problems({ ...TIMING, limitMsFloor: 4 * TIMING.beatMs - 1 }).length > 0)
})

t('half of the seeds have the default timing, the others heartbeats from 25 to 1000 ms', () => {
  assert.ok(others.length > 440 && others.length < 560, `${others.length} of 1000`)
  const beats = others.map((timing) => timing.beatMs)
  assert.ok(Math.min(...beats) < 27 && Math.max(...beats) > 950, `${Math.min(...beats)} to ${Math.max(...beats)}`)
  assert.is(timingOf('7', 'default'), TIMING)
  assert.equal(timingOf('7', 'drawn'), timingOf('7', 'drawn'))
})

t.run()
