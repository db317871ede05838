/** The host's cases about a thread that stood still: mail comes before timers that are late. Part of host.cases.ts. */
import * as assert from 'uvu/assert'
import type { Effect, Msg } from '../../runtime/actor.js'
import { after } from '../../runtime/time.js'
import { births, fail, got, type HostUnderTest, note, notes, order, type Story } from './host.cases.js'

/** To the first of `paths`, which passes it on to the next, and so on: the last one does `effects`. */
const passOn = ([path, ...rest]: readonly string[], ...effects: readonly Effect[]): Effect => ({
  do: 'send',
  to: { path: path ?? '' },
  msg: order(...(rest.length > 0 ? [passOn(rest, ...effects)] : effects)),
  class: 'control',
})
/** A message that contains itself: whoever is given it passes it on, for ever. */
function endless(to: string): Msg {
  const effects: Effect[] = []
  const msg = { ...order(), effects }
  effects.push({ do: 'send', to: { path: to }, msg, class: 'control' })
  return msg
}

export function standingCases(story: Story): void {
  const at = (h: HostUnderTest, key: string, ms: number, n: number): Effect => ({
    do: 'timer',
    key,
    atMs: after(h.now(), ms),
    msg: { type: 'due', n } as Msg,
  })
  const told = (h: HostUnderTest): readonly string[] => got(h, 'a').map((m) => `${m.msg.type} ${m.msg.n}`)

  story('late timers: who stood still first hears what came meanwhile, and what others of its thread say upon that', async (h) => {
    h.send('a', order(at(h, 'x', 110, 1), at(h, 'y', 100, 2), note(0)))
    await h.until('they are set', () => notes(h).includes(0))
    await h.stall(160, () => h.send('b', order(note(3, 'a'), passOn(['resource', 'b', 'resource', 'b'], note(4, 'a')))))
    await h.until('all is told', () => got(h, 'a').length === 4)
    assert.equal(told(h), ['note 3', 'note 4', 'due 2', 'due 1'])
  })

  story('late timers: one that is set anew or cancelled by what came meanwhile does not fire, nor does that of a dead actor', async (h) => {
    h.send('a', order(at(h, 'x', 100, 1), at(h, 'y', 101, 2), at(h, 'z', 102, 3), note(0)))
    h.send('resource', order(at(h, 'x', 100, 4), note(1)))
    await h.until('they are set', () => notes(h).length === 2)
    await h.stall(160, () => {
      h.send('b', order(passOn(['resource', 'a'], { do: 'cancel', key: 'x' }, at(h, 'y', 300, 5))))
      h.send('resource', fail)
    })
    await h.until('the others are due', () => got(h, 'a').length === 2)
    await h.until('it is born again', () => births(h, 'resource') === 2)
    await h.settle()
    assert.equal(told(h), ['due 3', 'due 5'])
    assert.equal(got(h, 'resource'), [])
  })

  story('late timers: actors that tell each other something without end do not keep them away', async (h) => {
    h.send('a', order(at(h, 'x', 100, 1), note(0)))
    await h.until('it is set', () => notes(h).includes(0))
    await h.stall(160, () => h.send('b', endless('resource')))
    await h.until('it is due', () => told(h).includes('due 1'))
  })
}
