/** `kyha events`: names instead of ids, eight digits of a life, and a last line with which to go on. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ClusterState } from '../../../actors/log/state.js'
import { Events } from '../../../console/api/events.js'
import { People } from '../../../console/api/people.js'
import { sentence } from '../../../console/api/sentences.js'
import { type Verdict, verdict } from '../../../runtime/verdict.js'
import { ApiBench, id, kyha, member, widest } from './bench.js'

const life = '3f2a9c0155aa4409e4aa20db0c0fbeef'
const t = suite<{ api: ApiBench; events: Events; people: People }>('cli events')
t.before.each(async (c) => {
  c.events = new Events()
  c.people = new People({ state: undefined }, [member(1), member(2)])
  c.api = await new ApiBench().start(undefined, { events: c.events })
})
t.after.each((c) => c.api.end())

const say = (c: { events: Events; people: People }, eventId: string, path: string, v: Verdict): void =>
  c.events.add({
    id: eventId,
    at: '2026-01-01T00:00:00.000Z',
    node: 'n1',
    actor: path,
    speaker: c.people.text(path),
    sentence: sentence(v, c.people.args(v.args)),
  })
const follows = verdict('follow', 'log.follows', { node: id(2), term: 1 })

t('people read names and eight digits of a life; whoever reads JSON gets the ids', async (c) => {
  say(c, '5.0', 'log', verdict('admit', 'log.admitted', { node: 'n2', boot: life }))
  say(c, `${id(1)}:${life}:1.7`, `link/${id(2)}/0`, follows)
  const { out } = await kyha(c.api.socket, ['events'])
  assert.match(out, /n1 log: n2 is admitted \(life 3f2a9c01\)\n/)
  assert.match(out, /n1 link\/n2\/0: follows n2 in term 1\n/)
  assert.not.match(out, /[0-9a-f]{9}|00000000-0000/)
  const { events } = JSON.parse((await kyha(c.api.socket, ['events', '-o', 'json'])).out)
  assert.equal([events[0].sentence.args.boot, events[1].sentence.args.node], [life, id(2)])
  assert.equal([events[1].id, events[1].actor], [`${id(1)}:${life}:1.7`, `link/${id(2)}/0`])
  assert.is(events[1].sentence.text.zh, '在第 1 任期跟随 n2')
})

t('a resource’s own actor is called by the resource’s name', () => {
  const state = { members: [], ids: { web: 'r6.1' } } as unknown as ClusterState
  const people = new People({ state })
  assert.equal(
    ['resource/r6.1', 'resource/r7.1', 'resource', 'child resource/r6.1 ended'].map((p) => people.text(p)),
    ['resource/web', 'resource/r7.1', 'resource', 'child resource/web ended'],
  )
})

t('the last line is the command that goes on from here, in 80 columns, and it does', async (c) => {
  say(c, '5.0', 'log', follows)
  say(c, `${id(1)}:${life}:1.7`, 'log', follows)
  const first = (await kyha(c.api.socket, ['events'])).out
  assert.match(first, /\nnext: kyha events --since 5\.0~n1:3f2a9c01:1\.7\n$/)
  assert.ok(widest(first) <= 80)
  const cursor = first.trim().split(' ').at(-1) ?? ''
  const nothing = await kyha(c.api.socket, ['events', '--since', cursor])
  assert.equal([nothing.code, nothing.out], [0, `(none)\nnext: kyha events --since ${cursor}\n`])
  say(c, '6.0', 'log', verdict('lead', 'log.leads', { term: 2, index: 6 }))
  const more = (await kyha(c.api.socket, ['events', '--since', cursor])).out
  assert.match(more, /^\S+ n1 log: this node leads term 2; .*\nnext: kyha events --since 6\.0~n1:3f2a9c01:1\.7\n$/s)
  const full = JSON.parse((await kyha(c.api.socket, ['-o', 'json', 'events', '--since', cursor])).out)
  assert.equal([full.cursor, full.reset], [`6.0~${id(1)}:${life}:1.7`, false])
})

t('a cursor that is not known here says so beside all events', async (c) => {
  say(c, '5.0', 'log', follows)
  const { out, err, code } = await kyha(c.api.socket, ['events', '--since', '1.0~n1:3f2a9c01:1.1'])
  assert.is(code, 0)
  assert.match(out, /follows n2/)
  assert.match(err, /^This node does not have that cursor any more/)
})

t.run()
