/** One reader of the stream at its edges: what a status promises, a place that is forgotten, a socket that takes nothing. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Events, eventsMax } from '../../../console/api/events.js'
import { feed, type Source } from '../../../console/api/stream.js'
import type { EventView } from '../../../console/api/views.js'

const t = suite('console stream')
const sentence = { do: 'x', key: 'x', args: {}, severity: 'info', text: { en: 'x'.repeat(200), zh: 'x' } } as const
const event = (id: string): EventView => ({ id, at: '2026-01-01T00:00:00.000Z', node: 'n1', actor: 'log', speaker: 'log', sentence })

function world(): { events: Events; source: Source; change: () => void } {
  const events = new Events()
  const runs = new Set<() => void>()
  const onChange = (run: () => void): (() => void) => {
    runs.add(run)
    return () => void runs.delete(run)
  }
  return { events, source: { events, status: () => '{}', onChange }, change: () => runs.forEach((run) => void run()) }
}
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)

t('a status never promises events that were not sent', async () => {
  const { events, source, change } = world()
  const reader = (feed(source, 0, '') as ReadableStream<Uint8Array>).getReader()
  let got = ''
  for (let i = 1; i <= 1000; i++) events.add(event(`${i}.0`))
  change()
  let sent = ''
  while (!got.includes('1000.0~')) {
    got = text((await reader.read()).value)
    const id = /^id: (.*)$/m.exec(got)?.[1] ?? ''
    if (got.startsWith('event: status')) assert.is(id, sent, 'the cursor of what was sent before')
    else if (got.startsWith('event: event')) sent = id
  }
  await reader.cancel()
  assert.is(events.listeners, 0)
})

t('a reader whose place is forgotten is cut off and leaves no listener', async () => {
  const { events, source } = world()
  const stream = feed(source, 0, '') as ReadableStream<Uint8Array>
  for (let i = 1; i <= 2 * eventsMax; i++) events.add(event(`${i}.0`))
  assert.is(events.listeners, 0)
  const reader = stream.getReader()
  let failed = ''
  for (let end = false; !end && failed === ''; ) {
    const read = await reader.read().catch((e: Error) => ({ done: true, error: e.message }))
    if ('error' in read) failed = read.error
    end = read.done
  }
  assert.match(failed, /too slow/)
})

t('listeners are bounded, and a reader too many is told so', () => {
  const { events, source } = world()
  const ends = []
  while (!events.full) ends.push(events.listen(() => undefined))
  assert.is(feed(source, 0, ''), undefined)
  ends[0]?.()
  assert.is(events.full, false)
})

t.run()
