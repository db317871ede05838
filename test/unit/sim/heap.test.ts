/** The event queue against a plain sorted list: order, cancelling, events that are put off or brought forward, and events beyond the end of a run. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seeded } from '../../../runtime/random.js'
import { timing } from '../../sim/cluster.js'
import { EventHeap, type Scheduled } from '../../sim/heap.js'
import { World } from '../../sim/world.js'

const t = suite('sim: event queue')

t('what happens is what a sorted list would say, whatever is added, cancelled, put off and brought forward', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(`heap ${seed}`)
    const heap = new EventHeap()
    const list: { atMs: number; order: number; name: number }[] = []
    const events: (Scheduled | undefined)[] = []
    const happened: number[] = []
    let order = 0
    const leave = (name: number): void => {
      const at = list.findIndex((e) => e.name === name)
      if (at >= 0) list.splice(at, 1)
    }
    for (let n = 0; n < 200; n++) {
      const atMs = random.int(20)
      const old = events[random.int(events.length || 1)]
      const name = events.indexOf(old)
      const what = random.int(5)
      if (what < 2 || !old) {
        const mine = events.length
        events.push(heap.add(atMs, () => happened.push(mine)))
        list.push({ atMs, order: order++, name: mine })
      } else if (what === 2) {
        old.cancelled = true
        leave(name)
      } else if (what === 3) {
        events[name] = heap.again(old, atMs)
        leave(name)
        list.push({ atMs, order: order++, name })
      } else {
        const expected = list.filter((e) => e.atMs <= atMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        const got = heap.pop(atMs)
        got?.run()
        assert.is(got?.atMs, expected?.atMs, `seed ${seed}`)
        if (expected) assert.is(happened.at(-1), expected.name, `seed ${seed}`)
        if (expected) leave(expected.name)
      }
    }
    while (heap.pop());
    assert.is(heap.size, 0)
  }
})

t('an event beyond the end of a run can still be cancelled', () => {
  const world = new World({ seed: 'x', nodes: 2, timing })
  let happened = false
  const event = world.after(10, () => {
    happened = true
  })
  world.run(5)
  assert.is(world.nowMs(), 5)
  event.cancelled = true
  world.run(20)
  assert.not.ok(happened)
})

t('a history that stands still is a violation, and comes to its end', () => {
  const world = new World({ seed: 'x', nodes: 2, timing })
  const again = (): void => void world.after(0, again)
  world.after(5, again)
  world.run(10)
  assert.is(world.nowMs(), 10)
  assert.is(world.violations[0]?.invariant, 'L10')
  world.run(1_000)
  assert.is(world.violations.length, 1)
})

t.run()
