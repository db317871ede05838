/** The event stream over real sockets: resuming here and on another node, reset with a snapshot, slow readers, limits of readers. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listenersMax } from '../../console/api/events.js'
import { verdict } from '../../runtime/verdict.js'
import { becomes, Reader } from './client.js'
import { ApiNode, World } from './node.js'

const t = suite<{ a: ApiNode; b: ApiNode; readers: Reader[] }>('api events')
t.before.each(async (c) => {
  const world = new World()
  c.a = await new ApiNode(world, 'n1').start()
  c.b = await new ApiNode(world, 'n2').start()
  c.readers = []
  for (const n of [c.a, c.b]) await becomes(async () => (await n.call('/status')).json.resources?.length === 2)
})
t.after.each(async (c) => {
  for (const r of c.readers) r.close()
  await c.a.end()
  await c.b.end()
})

const said = (n: number) => verdict('note', 'console.resource-as-planned', { resource: `r${n}`, node: 'n1' })
/** A decision is said on every node under the same id. */
const decide = (nodes: readonly ApiNode[], n: number): void => {
  for (const node of nodes) node.say(said(n), `${n}.0`)
}
const read = (c: { readers: Reader[] }, node: ApiNode, cursor?: string): Reader => {
  const reader = new Reader({ port: node.port }, cursor === undefined ? {} : { 'last-event-id': cursor })
  c.readers.push(reader)
  return reader
}
const ids = (r: Reader): string[] => r.of('event').map((b) => b.data.id)

t('a new reader gets the status and what happened lately, then everything as it happens', async (c) => {
  decide([c.a], 5)
  const r = read(c, c.a)
  assert.ok(await becomes(() => r.of('status').length > 0 && ids(r).length === 1))
  assert.is(r.of('status')[0]?.data.kind, 'Status')
  decide([c.a], 6)
  c.a.say(said(7))
  assert.ok(await becomes(() => ids(r).length === 3))
  const event = r.of('event')[1]?.data
  assert.equal([event.id, event.node, event.sentence.text.en], ['6.0', 'n1', 'r6 runs on n1'])
  const before = r.of('status').length
  c.a.view('n3', 'silent')
  assert.ok(await becomes(() => r.of('status').length > before))
  assert.is(r.of('status').at(-1)?.data.nodes[2].state, 'silent')
})

t('a reader resumes on the same node after the last event that it had, without a hole and without a repetition', async (c) => {
  const r = read(c, c.a)
  decide([c.a], 5)
  c.a.say(said(1))
  assert.ok(await becomes(() => ids(r).length === 2))
  const cursor = r.of('event').at(-1)?.id
  assert.ok(cursor)
  r.close()
  decide([c.a], 6)
  c.a.say(said(2))
  const again = read(c, c.a, cursor)
  assert.ok(await becomes(() => ids(again).length === 2 && again.of('status').length > 0))
  assert.is(again.of('event')[0]?.data.id, '6.0')
  assert.is(again.of('reset').length, 0)
})

t('[S8] a reader whose node died resumes on another node at the decision that both know', async (c) => {
  const r = read(c, c.a)
  decide([c.a, c.b], 5)
  c.a.say(said(1))
  c.b.say(said(2))
  assert.ok(await becomes(() => ids(r).length === 2))
  const cursor = r.of('event').at(-1)?.id ?? ''
  decide([c.a, c.b], 6)
  const there = read(c, c.b, cursor)
  assert.ok(await becomes(() => ids(there).includes('6.0')))
  assert.not.ok(ids(there).includes('5.0'))
  assert.is(there.of('reset').length, 0)
  assert.ok(await becomes(() => there.of('status').length > 0))
})

t('a cursor that this node cannot serve gives reset, a snapshot and what it has', async (c) => {
  decide([c.a], 9)
  const r = read(c, c.a, '3.0~n9:life:4')
  assert.ok(await becomes(() => r.of('reset').length === 1 && r.of('status').length > 0 && ids(r).length === 1))
  assert.is(r.blocks[0]?.event, 'reset')
  const page = (await c.a.tcp(`/events?since=${encodeURIComponent('3.0~n9:life:4')}`)).json
  assert.equal([page.reset, page.events.length], [true, 1])
  const next = (await c.a.tcp(`/events?since=${encodeURIComponent(page.cursor)}`)).json
  assert.equal([next.reset, next.events.length], [false, 0])
})

t('a cursor of many events ago is still served whole', async (c) => {
  decide([c.a], 1)
  const cursor = (await c.a.tcp('/events')).json.cursor
  for (let i = 2; i < 1500; i++) decide([c.a], i)
  const r = read(c, c.a, cursor)
  assert.ok(await becomes(() => ids(r).at(-1) === '1499.0'))
  assert.equal(ids(r).length, 1498)
})

t('a cursor that is no cursor is refused with one sentence', async (c) => {
  for (const since of ['nonsense', 'x'.repeat(300), '1.0~2~3']) {
    const got = await c.a.tcp(`/events?since=${since}`)
    assert.equal([got.status, got.json.code], [400, 'invalid'], since)
    assert.match(got.json.problems[0], /^since: .*\.$/)
  }
})

t('a reader that does not read is cut off; the others notice nothing, and it can come back with its cursor', async (c) => {
  const slow = read(c, c.a)
  const quick = read(c, c.a)
  assert.ok(await becomes(() => slow.of('status').length > 0 && quick.of('status').length > 0))
  slow.pause()
  const long = 'x'.repeat(4000)
  const all = 3500
  for (let n = 0; n < all; n += 50) {
    for (let i = 0; i < 50; i++) c.a.say(verdict('note', 'console.resource-as-planned', { resource: long, node: `n${n + i}` }))
    assert.ok(await becomes(() => ids(quick).length === n + 50), 'the quick one has all')
  }
  slow.resume()
  assert.ok(await becomes(() => slow.ended))
  const had = slow.of('event').at(-1)
  assert.ok(had && ids(slow).length < all, 'it missed some')
  const again = read(c, c.a, had.id)
  assert.ok(await becomes(() => again.of('reset').length === 1 && ids(again).at(-1) === ids(quick).at(-1)))
  assert.is((await c.a.tcp('/status')).status, 200)
})

t('readers beyond the limit are refused with a sentence and another node to ask; one that leaves makes room', async (c) => {
  const many = Array.from({ length: listenersMax }, () => read(c, c.a))
  assert.ok(await becomes(() => many.every((r) => r.of('status').length > 0), 20_000))
  const over = await c.a.tcp('/events', { headers: { accept: 'text/event-stream' } })
  assert.equal([over.status, over.json.code], [503, 'too-many-readers'])
  assert.is(over.headers['retry-after'], '1')
  assert.match(over.json.todo.en, /another node/)
  many[0]?.close()
  assert.ok(
    await becomes(async () => {
      const r = read(c, c.a)
      await becomes(() => r.status !== 0)
      if (r.status !== 200) r.close()
      return r.status === 200
    }),
  )
})

t.run()
