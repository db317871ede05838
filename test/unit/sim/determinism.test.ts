/** The simulator repeats itself: one seed, one history (S21). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runSeed } from '../../sim/scenario.js'

const t = suite('sim: determinism')

const seeds = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']

t('[S21] the same seed gives the same events, to the last bit of the hash', () => {
  for (const seed of seeds.slice(0, 4)) {
    const [a, b] = [runSeed(seed, 3), runSeed(seed, 3)]
    assert.is(a.hash, b.hash, `seed ${seed}`)
    assert.is(a.events, b.events)
    assert.equal(a.faults, b.faults)
  }
})

t('different seeds give different histories', () => {
  const hashes = seeds.map((seed) => runSeed(seed, 2).hash)
  assert.is(new Set(hashes).size, seeds.length)
})

t('the number of nodes is part of the history', () => {
  assert.is.not(runSeed('1', 2).hash, runSeed('1', 3).hash)
})

t('some runs send every message through the codec, some do not', () => {
  const shares = Array.from({ length: 40 }, (_, n) => runSeed(`codec ${n}`, 2, undefined, 1).throughCodec)
  assert.ok(shares.includes(true), 'no run of 40 went through the codec')
  assert.ok(shares.includes(false), 'all runs went through the codec')
})

t.run()
