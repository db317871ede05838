/** A kyhad is hurt so that heartbeats or the process itself must end for a while: the guard beats for it, and the service is never touched. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stories, until } from './host.faulty.js'

const t = suite('host: faults that end kyhad')
const story = await stories(t)

story('a killed beat thread: everything starts anew; the guard beats in between, real beats have the last word', async (n) => {
  for (let i = 0; i < 4; i++) await n.beating('1') // by then the guard has its frames
  const from = n.beats.length
  n.tell({ crash: 'beat' })
  await until(
    () => `the guard beats; ${n.said.slice(-2000)}`,
    () => n.beats.slice(from).includes('1 down'),
  )
  // On a machine that is busy for a second the guard loses patience and starts the next kyhad; either way the beats come back.
  await until(
    () => `real beats; ${n.said.slice(-2000)}`,
    () => !n.beats.slice(-5).some((b) => b.endsWith('down')),
  )
  assert.match(n.said, /beat ended \(killed\); root restarts it \(rest_for_one\)/)
})

story(
  'a thread that is stuck in a blocking read cannot be ended: kyhad kills itself, the guard beats for it and starts the next',
  async (n) => {
    const fifo = join(n.dir, 'fifo')
    execFileSync('mkfifo', [fifo])
    const from = n.beats.length
    n.do('fencer', { crime: 'block', file: fifo })
    await until(
      () => `the next kyhad; ${n.said.slice(-2000)}`,
      () => n.lives.length === 2,
    )
    await n.life(2)
    await n.beating('2')
    assert.match(n.said, /Thread work made no progress/)
    assert.match(n.said, /Thread work cannot be ended within \d+ ms/)
    const seen = n.beats.slice(from)
    const last = seen.lastIndexOf('1')
    assert.ok(seen.slice(0, last).filter((b) => b === '1').length >= 5, 'real beats went on while the thread was stuck')
    assert.ok(seen.slice(last + 1).includes('1 down'), 'then the guard beat for it')
    assert.is(seen.at(-1), '2')
  },
)

story(
  'a storm of restarts: thread after thread, then kyhad ends with 70 and the guard starts it again; beats of the guard meanwhile',
  async (n) => {
    const from = n.beats.length
    for (let i = 1, lives = await n.livesNow(); i <= 5; i++) {
      n.do('quorum', { fail: `time ${i}` })
      if (i === 5) break
      await n.console(i + 1)
      lives = await n.reborn(lives, 'quorum')
    }
    await until(
      () => `the next kyhad; ${n.said.slice(-2000)}`,
      () => n.lives.length === 2,
    )
    await n.life(2)
    await n.beating('2')
    assert.match(n.said, /root allows 4/)
    assert.match(n.said, /kyhad \(pid \d+\) ended with code 70/)
    assert.ok(n.beats.slice(from).includes('1 down'))
    assert.is(n.beats.at(-1), '2')
  },
)

t.run()
