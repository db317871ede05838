/**
 * The simulator repeats itself: one seed, one history (S21), whatever ran before it in the process, and in another process as well. One run of eight
 * sends every message through the product's codec.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Msg } from '../../../runtime/actor.js'
import { timing } from '../../sim/cluster.js'
import type { Machine } from '../../sim/machine.js'
import { runSeed } from '../../sim/scenario.js'
import { World } from '../../sim/world.js'

const t = suite('sim: determinism')

const main = fileURLToPath(new URL('../../sim/main.js', import.meta.url))
/** Long rests take their time and draw nothing: two nodes are enough for them. */
const roundsOf = (nodes: number): { rounds?: number } => (nodes === 2 ? {} : { rounds: 1 })
const line = (seed: number, nodes: number): string => {
  const { hash, events } = runSeed(String(seed), nodes, roundsOf(nodes))
  return `${seed} ${hash} ${events}`
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

for (const [nodes, count] of [
  [3, 12],
  [2, 8],
  [5, 2],
] as const) {
  t(`[S21] ${nodes} nodes: the same seed gives the same events to the last bit, in any order, in this process and in another`, () => {
    const first = upTo(count).map((seed) => line(seed, nodes))
    const backwards = upTo(count)
      .reverse()
      .map((seed) => line(seed, nodes))
    assert.equal(backwards.reverse(), first)
    const args = [main, '--hash', '--seeds', `1..${count}`, '--nodes', `${nodes}`, ...(nodes === 2 ? [] : ['--rounds', '1'])]
    assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n'), first)
    assert.is(new Set(first.map((l) => l.split(' ')[1])).size, count, 'different seeds give different histories')
  })
}

t('the number of nodes is part of the history', () => {
  assert.is.not(runSeed('1', 2).hash, runSeed('1', 3).hash)
})

t('one run of eight sends every message through the codec: there each message arrives as another object with the same content', () => {
  const worlds = upTo(800).map((n) => new World({ seed: `codec ${n}`, nodes: 2, timing }))
  const share = worlds.filter((w) => w.throughCodec).length / worlds.length
  assert.ok(share > 0.1 && share < 0.15, `${share} of the runs`)
  const msg = { type: 'note', bytes: new Uint8Array([1, 2]), text: 'x', list: [1, null] } as Msg
  for (const w of worlds.slice(0, 40)) {
    const got = w.delivered(w.machines[0] as Machine, 'log', { path: '' }, msg)
    assert.is(got !== msg, w.throughCodec)
    assert.equal({ ...got, bytes: [...(got as typeof msg & { bytes: Uint8Array }).bytes] }, { ...msg, bytes: [1, 2] })
  }
})

t('a run through the codec is its own history, and hashes every byte', () => {
  const codec = upTo(40).find((n) => new World({ seed: String(n), nodes: 3, timing }).throughCodec)
  assert.is(runSeed(String(codec), 3, { rounds: 1 }).throughCodec, true)
  const world = new World({ seed: String(codec), nodes: 3, timing })
  const before = world.hash()
  world.delivered(world.machines[0] as Machine, 'log', { path: '' }, { type: 'note', n: 1 } as Msg)
  const other = new World({ seed: String(codec), nodes: 3, timing })
  other.delivered(other.machines[0] as Machine, 'log', { path: '' }, { type: 'note', n: 2 } as Msg)
  assert.is.not(world.hash(), before)
  assert.is.not(world.hash(), other.hash())
})

t.run()
