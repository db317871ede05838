/** Rows: S13. The quorum actor: what members and view say together, told once per change with a reason. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { PeerState, View } from '../../../actors/membership/messages.js'
import { actor, type QuorumState } from '../../../actors/quorum/actor.js'
import type { Quorum, QuorumIn } from '../../../actors/quorum/messages.js'
import type { Boot, Effect, Env } from '../../../runtime/actor.js'
import { clusterId, nodeId } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { render } from '../../../runtime/text/index.js'
import { instant } from '../../../runtime/time.js'
import { timing } from '../membership/harness.js'

const t = suite('quorum/actor')
const self = nodeId('a')
const env = (from?: string): Env => ({
  now: instant(5),
  random: seeded('q'),
  self: { node: self, path: 'quorum' },
  from: from ? { node: nodeId(from), path: 'log' } : { path: '' },
})
const boot = { cluster: clusterId('c'), node: self, name: 'A', incarnation: { boot: 'b', counter: 1 }, timing } as unknown as Boot

const members = (votes: Record<string, number>): QuorumIn => ({
  type: 'members',
  members: Object.entries(votes).map(([n, v]) => ({ node: nodeId(n), name: n.toUpperCase(), votes: v, links: 1 })),
})
const view = (states: Record<string, PeerState['state']>): View => ({
  type: 'view',
  viewNo: 1,
  self,
  peers: Object.entries(states).map(([n, state]) => ({ node: nodeId(n), name: n.toUpperCase(), state, links: [] })),
  selfDoubt: 0,
})
/** Runs messages; gives the state and everything that was sent to `log`. */
function after(...msgs: QuorumIn[]): { state: QuorumState; told: Quorum[]; effects: Effect[] } {
  return from({ ...actor.init(boot, env()).state, fresh: false }, msgs)
}
function from(start: QuorumState, msgs: readonly QuorumIn[]): { state: QuorumState; told: Quorum[]; effects: Effect[] } {
  let state = start
  const effects: Effect[] = []
  for (const m of msgs) {
    const s = actor.receive(state, m, env('a'))
    state = s.state
    effects.push(...s.effects)
  }
  const told = effects.flatMap((e) => (e.do === 'send' && e.to.path === 'log' && e.msg.type === 'quorum' ? [e.msg as Quorum] : []))
  return { state, told, effects }
}
const last = (...msgs: QuorumIn[]): Quorum | undefined => after(...msgs).told.at(-1)

t('asks membership and log at its start', () => {
  const { effects } = actor.init(boot, env())
  assert.equal(
    effects.map((e) => (e.do === 'send' ? `${e.to.path} ${e.msg.type}` : e.do)),
    ['membership hello', 'log hello', 'timer'],
  )
})

t('without members nothing is quorate, whoever is seen', () => {
  const q = last(view({ b: 'alive', c: 'alive' }))
  assert.equal([q?.quorate, q?.because.key], [false, 'quorum.no-members'])
})

t('who counts: alive, suspect, manager-down and leaving; not silent, not never-seen', () => {
  const of = (state: PeerState['state']): boolean | undefined =>
    last(members({ a: 1, b: 1, c: 1 }), view({ b: state, c: 'silent' }))?.quorate
  assert.equal((['alive', 'suspect', 'manager-down', 'leaving', 'silent', 'never-seen'] as const).map(of), [
    true,
    true,
    true,
    true,
    false,
    false,
  ])
})

t('a sentence in both languages with every number, in every mode and answer', () => {
  const cases: QuorumIn[][] = [
    [view({ b: 'alive' })],
    [members({ b: 1, c: 1 }), view({ b: 'alive', c: 'alive' })],
    [members({ a: 1 })],
    [members({ a: 0, b: 1 }), view({ b: 'silent' })],
    [members({ a: 1, b: 1 }), view({ b: 'alive' })],
    [members({ a: 1, b: 1 }), view({ b: 'silent' })],
    [members({ a: 1, b: 1 }), view({ b: 'silent' }), { type: 'solo-set', set: [self] }],
    [members({ a: 1, b: 1 }), view({ b: 'silent' }), { type: 'solo-set', set: [nodeId('b')] }],
    [members({ a: 1, b: 1, c: 1 }), view({ b: 'alive', c: 'silent' })],
    [members({ a: 1, b: 1, c: 1 }), view({ b: 'silent', c: 'silent' })],
  ]
  const seen = new Set<string>()
  for (const msgs of cases) {
    const q = last(...msgs)
    assert.ok(q)
    seen.add(q.because.key)
    for (const lang of ['en', 'zh'] as const) assert.not.match(render(lang, q.because.key, q.because.args), /[{}]/)
  }
  assert.is(seen.size, cases.length, 'each case has its own sentence')
})

t('four equal nodes split in halves: neither half is quorate', () => {
  const q = last(members({ a: 1, b: 1, c: 1, d: 1 }), view({ b: 'alive', c: 'silent', d: 'silent' }))
  assert.equal([q?.quorate, q?.votes, q?.votesNeeded, q?.votesTotal], [false, 2, 3, 4])
  assert.match(render('en', q?.because.key ?? '', q?.because.args), /2 of 4 votes present, 3 needed; missing: C, D/)
})

t('a node that is no member is never quorate', () => {
  const q = last(members({ b: 1, c: 1, d: 1 }), view({ b: 'alive', c: 'alive', d: 'alive' }))
  assert.equal([q?.quorate, q?.because.key], [false, 'quorum.not-member'])
})

t('others are told once per change; the sentence is said only when the answer changes', () => {
  const v = view({ b: 'alive', c: 'alive' })
  const { told, effects } = after(
    members({ a: 1, b: 1, c: 1 }),
    v,
    { ...v, viewNo: 2 },
    view({ b: 'suspect', c: 'alive' }),
    view({ b: 'silent', c: 'alive' }),
  )
  assert.equal(
    told.map((q) => [q.quorate, q.votes]),
    [
      [false, 1],
      [true, 3],
      [true, 2],
    ],
  )
  assert.is(effects.filter((e) => e.do === 'say').length, 2)
  assert.equal(
    effects.slice(0, 4).map((e) => (e.do === 'send' ? e.to.path : e.do)),
    ['log', 'coordinator', 'resource', 'console'],
  )
})

t('another node cannot tell it anything', () => {
  const { state } = after(members({ a: 1, b: 1, c: 1 }))
  const s = actor.receive(state, members({ a: 9 }), env('b'))
  assert.is(s.state, state)
  assert.equal(s.effects, [])
})

t('half of the votes is enough with the tie-break voter, and the sentence names it', () => {
  const list = { ...members({ a: 1, b: 1, c: 1, d: 1 }), tieBreak: nodeId('b') } as QuorumIn
  const q = last(list, view({ b: 'alive', c: 'silent', d: 'silent' }))
  assert.is(q?.quorate, true)
  assert.is(q?.tieBreak, 'b')
  assert.match(render('en', q?.because.key as never, q?.because.args ?? {}), '3 needed, or 2 with B')
  const other = last(list, view({ b: 'silent', c: 'alive', d: 'silent' }))
  assert.is(other?.quorate, false)
  assert.is(other?.because.key, 'quorum.tie-no')
  // With two voters both are needed, whatever is said.
  const two = last({ ...members({ a: 1, b: 1 }), tieBreak: nodeId('a') } as QuorumIn, view({ b: 'silent' }))
  assert.is(two?.quorate, false)
  assert.is(two?.tieBreak, undefined)
})

t('who says hello when it has listened and nothing is known is told that nothing is quorate, and nobody else is', () => {
  const state = { ...actor.init(boot, env()).state, fresh: false }
  const { effects } = actor.receive(state, { type: 'hello' }, { ...env(), from: { path: 'resource' } })
  assert.is(effects.length, 1)
  const [e] = effects
  assert.ok(e?.do === 'send' && e.to.path === 'resource')
  assert.equal(e?.do === 'send' && [(e.msg as Quorum).quorate, (e.msg as Quorum).because.key], [false, 'quorum.no-members'])
})

t('the order in which members are listed is no part of the answer', () => {
  const forwards = last(members({ a: 1, b: 1, c: 1 }), view({ b: 'alive', c: 'silent' }))
  const backwards = last(members({ c: 1, b: 1, a: 1 }), view({ c: 'silent', b: 'alive' }))
  assert.equal(forwards, backwards)
})

t('another node’s word about members, view or quorum changes nothing', () => {
  const { state } = after(members({ a: 1, b: 1, c: 1 }), view({ b: 'alive', c: 'alive' }))
  for (const m of [members({ a: 1 }), view({}), { type: 'hello' }] as QuorumIn[]) {
    const got = actor.receive(state, m, env('b'))
    assert.equal([got.state === state, got.effects], [true, []])
  }
})

t('a message that it does not know is a bug, never ignored', () => {
  const { state } = actor.init(boot, env())
  assert.throws(() => actor.receive(state, { type: 'no-such' } as unknown as QuorumIn, env('a')), /unreachable.*no-such/)
})

t('a fresh quorum says yes at once, and no only after it has listened for a limit', () => {
  const start = actor.init(boot, env())
  assert.ok(start.effects.some((e) => e.do === 'timer' && e.atMs === 5 + timing.limitMsMax))
  const list = members({ a: 1, b: 1, c: 1 })
  const nobody = from(start.state, [list, view({ b: 'never-seen', c: 'never-seen' })])
  assert.is(nobody.told.length, 0)
  const asked = actor.receive(nobody.state, { type: 'hello' }, env('a'))
  assert.is(asked.effects.length, 0, 'nor to one that asks')
  const heard = from(nobody.state, [view({ b: 'alive', c: 'never-seen' })])
  assert.is(heard.told.at(-1)?.quorate, true)
  assert.is(
    from(heard.state, [view({ b: 'silent', c: 'never-seen' })]).told.at(-1)?.quorate,
    false,
    'what was seen and is gone counts at once',
  )
  assert.is(from(nobody.state, [{ type: 'listened' }]).told.at(-1)?.quorate, false)
})

t('a membership that started anew has seen nobody yet: what its former life saw counts for a limit more', () => {
  const nth = (viewNo: number, states: Record<string, PeerState['state']>): View => ({ ...view(states), viewNo })
  const before = after(members({ a: 1, b: 1, c: 1 }), nth(7, { b: 'alive', c: 'silent' }))
  assert.is(before.told.at(-1)?.quorate, true)
  const anew = from(before.state, [nth(1, { b: 'never-seen', c: 'never-seen' })])
  assert.is(anew.told.length, 0)
  assert.ok(anew.effects.some((e) => e.do === 'timer' && e.atMs === 5 + timing.limitMsMax))
  assert.is(from(anew.state, [{ type: 'view-listened' }]).told.at(-1)?.quorate, false)
  assert.is(from(anew.state, [nth(2, { b: 'silent', c: 'never-seen' })]).told.at(-1)?.quorate, false, 'a confirmed silence counts at once')
  const back = from(anew.state, [nth(2, { b: 'alive', c: 'never-seen' }), { type: 'view-listened' }])
  assert.is(back.told.length, 0, 'nothing has changed')
})

t.run()
