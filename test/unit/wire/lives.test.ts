/** Rows: S14, S19. Which life of a peer counts, and what a recording of an earlier one can do (nothing). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bootId, type Incarnation } from '../../../runtime/ids.js'
import { type Instant, instant } from '../../../runtime/time.js'
import { bootPrefix, type Echo, flagStandIn, type Header, noEcho } from '../../../runtime/wire/frame.js'
import { openLives } from '../../../runtime/wire/lives.js'
import { a, life } from './help.js'

const t = suite('wire/lives')
const self = life('a', 3)
const at: Instant = instant(1000)
const echo = (seq: number, counter = 3): Echo => ({ boot: bootPrefix(self.boot), counter, seq })
const head = (incarnation = life('1'), seq = 1, echoed = noEcho, more: Partial<Header> = {}): Header => ({
  sender: a,
  incarnation,
  echo: echoed,
  flags: 0,
  seq,
  link: 0,
  watcher: 0,
  bodyBytes: 0,
  ...more,
})

t('unproven until it echoes this very incarnation', () => {
  const lives = openLives(self)
  assert.is(lives.judge(head(life('1'), 1), [5], at), 'unproven')
  assert.is(lives.judge(head(life('1'), 2, echo(5, 2)), [5], at), 'unproven', 'our earlier counter')
  assert.is(lives.judge(head(life('1'), 3, echo(6)), [5], at), 'unproven', 'a seq that we have not sent')
  assert.is(lives.judge(head(life('1'), 4, { ...echo(5), boot: bootPrefix(life('b').boot) }), [5], at), 'unproven', 'our earlier boot')
  assert.is(lives.judge(head(life('1'), 5, echo(5)), [5], at), 'fresh')
  assert.is(lives.judge(head(life('1'), 5, echo(5)), [5], at), 'replayed')
})

t('a lower counter of the same boot is stale, a higher one starts anew', () => {
  const lives = openLives(self)
  assert.is(lives.judge(head(life('1', 2), 50, echo(1)), [1], at), 'fresh')
  assert.is(lives.judge(head(life('1', 3), 1, echo(1)), [1], at), 'fresh')
  assert.is(lives.judge(head(life('1', 2), 51, echo(1)), [1], at), 'replayed')
  assert.equal(lives.echo(0, 1, at), { boot: bootPrefix(life('1').boot), counter: 3, seq: 1 })
})

t('a new boot takes over by proof; the old one is gone for good', () => {
  const lives = openLives(self)
  lives.judge(head(life('1'), 9, echo(10)), [10], at)
  assert.is(lives.judge(head(life('2'), 1), [20], at), 'candidate')
  assert.is(lives.judge(head(life('2'), 2, echo(10)), [20], at), 'candidate', 'an echo from before the present boot was proven')
  assert.is(lives.judge(head(life('2'), 3, echo(11)), [20], at), 'fresh')
  assert.is(lives.judge(head(life('1'), 10, echo(20)), [20], at), 'replayed')
  assert.is(lives.judge(head(life('1', 9), 1, echo(20)), [20], at), 'replayed', 'with any counter')
})

t('a recording cannot win, even when the list of gone boots has forgotten it', () => {
  const lives = openLives(self)
  const boots = (i: number): Incarnation => ({ boot: bootId(i.toString(16).padStart(32, '0')), counter: 1 })
  let sent = 0
  for (let i = 0; i < 40; i++) {
    sent += 10
    assert.is(lives.judge(head(boots(i), 1, echo(sent)), [sent], at), 'fresh')
  }
  assert.is(lives.judge(head(boots(0), 2, echo(15)), [sent], at), 'candidate')
})

t('present and candidate are both told their echo, until the candidate falls silent', () => {
  const lives = openLives(self)
  lives.judge(head(life('1'), 4, echo(1)), [1], at)
  lives.judge(head(life('2'), 8), [1], at)
  const told = (ms: number): string[] =>
    [0, 1, 2, 3].map((seq) => `${lives.echo(0, seq, instant(ms)).boot[0]}:${lives.echo(0, seq, instant(ms)).seq}`)
  assert.equal(told(1000), ['1:4', '2:8', '1:4', '2:8'])
  assert.equal(told(3000), ['1:4', '1:4', '1:4', '1:4'])
  assert.equal(lives.echo(1, 0, at).seq, -1, 'nothing heard on that link')
})

t('stand-in frames have numbers of their own', () => {
  const lives = openLives(self)
  lives.judge(head(life('1'), 5000, echo(1)), [1], at)
  assert.is(lives.judge(head(life('1'), 1, echo(1), { flags: flagStandIn }), [1], at), 'fresh')
  assert.is(lives.judge(head(life('1'), 1, echo(1), { flags: flagStandIn }), [1], at), 'replayed')
  assert.is(lives.echo(0, 1, at).seq, 5000)
})

t.run()
