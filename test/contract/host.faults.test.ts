/**
 * A kyhad is hurt in every way that a thread can be: what starts anew is what the tree says, beats of this very kyhad go on, and the service is never
 * touched. What ends the process is in host.ends.test.ts.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Node, peer, stories } from './host.faulty.js'

const t = suite('host: faults of threads')
const story = await stories(t)
const stays = ['membership', 'disk-heartbeat', `link/${peer}/0`]
/** Real beats of this kyhad and of no other; a stand-in among them only says that main was late. */
const beatsOnly = (n: Node, from: number, counter: string): void =>
  assert.equal(
    n.beats.slice(from).filter((b) => b !== counter && b !== `${counter} down`),
    [],
  )

for (const [name, crime, said] of [
  ['an endless loop', 'spin', /Thread work made no progress for \d+ ms/],
  ['a full heap', 'hog', /ERR_WORKER_OUT_OF_MEMORY|Thread work made no progress/],
  ['a throw outside of an actor', 'stray', /thrown outside of an actor/],
  ['a rejection that nobody handles', 'reject', /rejected outside of an actor/],
] as const) {
  story(`${name} on the work thread: work and what comes after it start anew, beats go on, the service runs on`, async (n, before) => {
    const from = n.beats.length
    n.do('fencer', { crime })
    await n.beating('1')
    const after = await n.reborn(before, 'fencer', 'coordinator', 'resource')
    await n.beating('1')
    assert.match(n.said, said)
    for (const path of [...stays, 'quorum', 'log']) assert.is(after[path], before[path], path)
    beatsOnly(n, from, '1')
  })
}

for (const [name, what, error] of [
  ['a throw', { fail: 'told to' }, 'told to'],
  ['a stack overflow', { crime: 'recurse' }, 'Maximum call stack size exceeded'],
] as const) {
  story(`${name} in an actor: it alone starts anew`, async (n, before) => {
    const from = n.beats.length
    n.do('coordinator', what)
    const after = await n.reborn(before, 'coordinator')
    await n.beating('1')
    assert.match(n.said, `coordinator ended`)
    assert.match(n.said, error)
    assert.equal({ ...after, coordinator: 0 }, { ...before, coordinator: 0 })
    beatsOnly(n, from, '1')
  })
}

story('a killed core thread: core, work and console start anew, beats go on', async (n, before) => {
  const from = n.beats.length
  n.tell({ crash: 'core' })
  const after = await n.reborn(before, 'log', 'quorum', 'resource')
  await n.beating('1')
  for (const path of stays) assert.is(after[path], before[path], path)
  beatsOnly(n, from, '1')
})

t.run()
