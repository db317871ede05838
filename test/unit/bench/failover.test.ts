/** What the failover bench reads out of a story's timeline. Row: A8. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { detectMsOf, managerMsOf } from '../../../bench/failover.js'

const t = suite('bench/failover')
const faultAt = '2026-01-01T00:00:10.000Z'
const timeline = [
  '2026-01-01T00:00:02.000Z n2 membership: n1 silent 150 ms on 2 of 2 links',
  '2026-01-01T00:00:03.000Z n2 coordinator: failover of n1: fault seen, 9 ms until proven off, 99 ms until the first start was sent',
  '2026-01-01T00:00:10.131Z n3 membership: n1 silent 125 ms on 2 of 2 links',
  '2026-01-01T00:00:10.140Z n2 membership: n1 silent 128 ms on 2 of 2 links',
  '2026-01-01T00:00:10.300Z n2 coordinator: failover of n1: fault seen, 40 ms until proven off, 47 ms until the first start was sent',
  '2026-01-01T00:00:10.500Z n2 coordinator: nginx: 145 ms from the last stop result to the start on n2',
]

t('[A8] detection is the first word after the fault, manager time what was said after it', () => {
  assert.is(detectMsOf({ faultAt, timeline }, / membership: n1 silent \d+ ms/), 131)
  assert.is(managerMsOf({ faultAt, timeline }), 47)
})

t('nothing said is no figure', () => {
  assert.is(detectMsOf({ faultAt, timeline: [] }, /silent/), undefined)
  assert.is(detectMsOf({ faultAt: null, timeline }, /silent/), undefined)
  assert.is(managerMsOf({ faultAt: null, timeline }), undefined)
})

t.run()
