/** Rows: S19. The window takes each number once, in any order, 1,024 wide: compared with a plain set over random orders. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '../../../runtime/random.js'
import { replayWindow, windowSize } from '../../../runtime/wire/replay.js'

const t = suite('wire/replay')

t('each number once, in any order', () => {
  const w = replayWindow()
  for (const n of [1, 3, 2, 1024, 1023]) assert.ok(w.take(n), `${n}`)
  for (const n of [1, 2, 3, 1023, 1024, 0, -1]) assert.not.ok(w.take(n), `${n} again`)
  assert.is(w.highest, 1024)
})

t('the edges of the window', () => {
  const w = replayWindow()
  w.take(5000)
  assert.not.ok(w.take(5000 - windowSize))
  assert.ok(w.take(5001 - windowSize))
  assert.ok(w.take(2 ** 40), 'a far jump')
  assert.not.ok(w.take(5001))
  assert.ok(w.take(2 ** 40 - 1023))
  assert.not.ok(w.take(2 ** 40 - 1024))
})

t('agrees with a plain set of numbers', () => {
  const random = seeded('replay')
  for (let run = 0; run < 20; run++) {
    const w = replayWindow()
    const taken = new Set<number>()
    let highest = 0
    for (let i = 0; i < 3000; i++) {
      const n = Math.max(1, highest + random.int(random.chance(0.02) ? 3000 : 40) - random.int(random.chance(0.1) ? 1500 : 20))
      const expected = !taken.has(n) && n > highest - windowSize
      assert.is(w.take(n), expected, `run ${run}, number ${n}, highest ${highest}`)
      if (expected) taken.add(n)
      highest = Math.max(highest, expected ? n : 0)
    }
  }
})

t.run()
