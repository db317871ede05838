/** Event cursors: what comes after one, on this node and on another; a cursor that cannot be served is said to be so. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Events, eventsMax } from '../../../console/api/events.js'
import type { EventView } from '../../../console/api/views.js'

const t = suite('console events')

const sentence = { do: 'x', key: 'x', args: {}, severity: 'info', text: { en: 'x', zh: 'x' } } as const
const event = (id: string): EventView => ({ id, at: '2026-01-01T00:00:00.000Z', node: 'n1', actor: 'log', speaker: 'log', sentence })
const ids = (list: readonly EventView[] | undefined): string[] | undefined => list?.map((e) => e.id)

t('a cursor gives what came after it', () => {
  const e = new Events()
  e.add(event('5.0'))
  e.add(event('n1:b:1'))
  const cursor = e.cursor()
  e.add(event('n1:b:2'))
  e.add(event('6.0'))
  assert.equal(ids(e.since(cursor)), ['n1:b:2', '6.0'])
})
t('a cursor of another node resumes at the decision that both know', () => {
  const e = new Events()
  for (const id of ['5.0', 'n2:b:1', '6.0', 'n2:b:2']) e.add(event(id))
  assert.equal(ids(e.since('5.0~n1:b:77')), ['n2:b:1', '6.0', 'n2:b:2'])
})
t('a cursor that nothing here knows cannot be served', () => {
  const e = new Events()
  e.add(event('6.0'))
  assert.is(e.since('1.0~n1:b:1'), undefined)
})
t('the ring is bounded: an old cursor falls out', () => {
  const e = new Events()
  e.add(event('1.0'))
  const cursor = e.cursor()
  for (let i = 0; i < eventsMax; i++) e.add(event(`n1:b:${i}`))
  assert.is(e.all().length, eventsMax)
  assert.is(e.since(cursor), undefined)
})

t('a decision that is said again is the same event', () => {
  const e = new Events()
  for (const id of ['5.0', '6.0', '5.0', '6.0']) e.add(event(id))
  assert.equal(ids(e.all()), ['5.0', '6.0'])
})

t.run()
