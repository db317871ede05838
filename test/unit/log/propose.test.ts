/** Proposals: who answers what, and that nothing is applied twice or called failed when it is not known (S10). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyConfig } from '../../../actors/log/apply.js'
import { encodeRow } from '../../../actors/log/codec.js'
import type { Entry, LogIn } from '../../../actors/log/messages.js'
import { bootId, index, term } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { cleanup, Harness, type Node } from './harness.js'

const t = suite('log: proposals')
const config: Entry = { type: 'config', doc: emptyConfig('x'), by: 't', because: verdict('config', 'log.config') }

function cluster(seed: string, count = 3): { h: Harness; leader: Node; follower: Node } {
  const h = new Harness(seed, count)
  h.startAll()
  assert.ok(h.run(5000, () => h.leader() !== undefined && h.nodes.every((n) => n.state?.told.ready)))
  h.run(300) // every node sees every other
  const leader = h.leader() as Node
  return { h, leader, follower: h.nodes.find((n) => n !== leader) as Node }
}

t('the same id twice, on any node, is applied once and answered alike', () => {
  const { h, leader, follower } = cluster('twice')
  h.propose(follower, 'a', { type: 'intent', id: 'i', kind: 'move', resource: 'r', node: leader.id, forMs: 1, by: 't' })
  h.run(500)
  const index = h.answerTo('a')?.index
  h.propose(leader, 'end', { type: 'intent-end', id: 'i', because: verdict('x', 'log.config') })
  h.run(500)
  for (const n of h.nodes) h.propose(n, 'a', { type: 'intent', id: 'i', kind: 'move', resource: 'r', node: leader.id, forMs: 1, by: 't' })
  h.run(500)
  const all = h.answers.filter((a) => a.answer.id === 'a')
  assert.is(all.length, 4)
  assert.ok(all.every((a) => a.answer.ok && a.answer.index === index))
  assert.equal(leader.state?.cluster.intents, [])
})

t('two copies of one id in the log are applied once, and the second is a noop for subscribers too', () => {
  const h = new Harness('copies', 3)
  const f = h.node('n2')
  h.start(f)
  const [first, second] = [2, 3].map((i) => encodeRow(index(i), term(1), term(i - 2), 'a', cleanup(1)))
  const entries = [first, second].map((r) => ({ index: r?.index, term: r?.term, bytes: r?.bytes }))
  const append = { type: 'append', term: 1, prevIndex: 1, prevTerm: 0, entries, commit: 3, round: 1 }
  h.deliver(f, { node: h.node('n1').id, path: 'log' }, append as unknown as LogIn, { boot: bootId('x'), counter: 1 })
  h.run(10)
  assert.is(f.state?.cluster.index, 3)
  assert.is(f.state?.cluster.cleanups['r1'], 2)
  const last = f.inbox.filter((m) => m.msg.type === 'committed').at(-1)?.msg as unknown as { entry: { entry: Entry } }
  assert.is(last.entry.entry.type, 'noop')
})

t('revisions are compared at the leader when it appends', () => {
  const { h, follower } = cluster('revision')
  h.propose(follower, 'c1', config, { ifConfigIndex: 1 })
  h.run(500)
  const now = h.answerTo('c1')?.index
  assert.is(h.answerTo('c1')?.ok, true)
  h.propose(follower, 'c2', config, { ifConfigIndex: 1 })
  h.propose(follower, 'i1', cleanup(1), { ifIndex: 1 })
  h.run(500)
  assert.is(h.answerTo('c2')?.refused, 'stale-revision')
  assert.is(h.answerTo('i1')?.refused, 'stale-revision')
  // Of two made for the same index only one wins.
  h.propose(follower, 'i2', cleanup(1), { ifIndex: now })
  h.propose(follower, 'i3', cleanup(2), { ifIndex: now })
  h.run(500)
  assert.equal([h.answerTo('i2')?.ok, h.answerTo('i3')?.ok].filter(Boolean).length, 1)
})

t('what the state machine would refuse is refused with its sentence and never stored', () => {
  const { h, leader, follower } = cluster('invalid')
  const before = leader.state?.cluster.index
  h.propose(follower, 'g', {
    type: 'decision',
    certificates: [],
    releases: [],
    grants: [{ resource: 'r' as never, node: leader.id, boot: leader.incarnation.boot }],
    because: verdict('grant', 'log.config'),
  })
  h.propose(follower, 'u', { type: 'surprise' } as unknown as Entry)
  h.propose(follower, 'big', { type: 'cleanup', resource: 'x'.repeat(600_000), by: 't' })
  h.run(500)
  assert.is(h.answerTo('g')?.because?.key, 'log.grant-unknown')
  assert.is(h.answerTo('u')?.because?.key, 'log.propose-misshapen')
  assert.is(h.answerTo('big')?.because?.key, 'log.entry-too-large')
  assert.is(leader.state?.cluster.index, before)
})

t('a proposal of the wrong shape is refused with the field that is wrong, and kills nobody', () => {
  const { h, leader, follower } = cluster('shape')
  const bad: [unknown, string][] = [
    [undefined, 'type'],
    [null, 'type'],
    [7, 'type'],
    [{ type: '__proto__' }, 'type'],
    [{ type: 'admit', node: 'n1' }, 'boot'],
    [{ type: 'decision', certificates: [], releases: [], grants: [{}], because: verdict('x', 'log.config') }, 'grants'],
    [{ type: 'decision', certificates: 3, releases: [], grants: [], because: verdict('x', 'log.config') }, 'certificates'],
    [{ type: 'config', doc: {}, by: 't', because: verdict('x', 'log.config') }, 'doc'],
    [
      { type: 'members', members: [{ node: 'n1', name: 'n1', votes: -1, links: [] }], epoch: 0, because: verdict('x', 'log.config') },
      'members',
    ],
  ]
  for (const [i, [entry, field]] of bad.entries()) {
    for (const n of [leader, follower]) {
      h.propose(n, `${n.id}${i}`, entry as Entry)
      h.run(20)
      assert.is(h.answerTo(`${n.id}${i}`)?.because?.args['field'], field)
    }
    h.deliver(
      leader,
      { node: follower.id, path: 'log' },
      { type: 'forward', propose: { type: 'propose', id: `f${i}`, entry: entry as Entry } },
    )
  }
  h.propose(leader, '', cleanup(1))
  h.run(20)
  assert.is(h.answerTo('')?.because?.args['field'], 'id')
  h.propose(follower, 'good', cleanup(1))
  h.run(200)
  assert.is(h.answerTo('good')?.ok, true)
})

t('without quorum, without a leader: refused with the reason', () => {
  const { h, leader, follower } = cluster('none')
  for (const n of h.nodes) if (n !== follower) h.crash(n)
  h.run(10)
  h.run(1000)
  h.propose(follower, 'q', cleanup(1))
  h.run(500)
  assert.is(h.answerTo('q')?.refused, 'no-quorum')
  assert.ok(leader)
  const b = cluster('no-leader', 5)
  b.h.crash(b.leader)
  assert.ok(b.h.run(1000, () => b.follower.state?.leader === undefined))
  b.h.propose(b.follower, 'l', cleanup(1))
  b.h.run(0)
  assert.is(b.h.answerTo('l')?.refused, 'no-leader')
})

t('a proposal whose leader dies is carried to the next one', () => {
  const { h, leader, follower } = cluster('carried')
  h.cutPair(leader.id, follower.id)
  h.propose(follower, 'p', cleanup(1))
  h.run(5)
  h.crash(leader)
  h.heal()
  h.run(3000)
  assert.is(h.answerTo('p')?.ok, true)
})

t('an outcome that cannot be learned is unknown, not failed', () => {
  const { h, leader } = cluster('unknown')
  h.propose(leader, 'p', cleanup(1))
  h.partition(
    [leader.id],
    h.nodes.filter((n) => n !== leader).map((n) => n.id),
  )
  h.run(6000)
  assert.is(h.answerTo('p')?.refused, 'unknown')
})

t('a full disk refuses and hands leadership on; with room again it catches up', () => {
  const { h, leader } = cluster('full')
  leader.full = true
  h.propose(leader, 'f1', cleanup(1))
  assert.ok(h.run(3000, () => h.leader() !== undefined && h.leader() !== leader))
  h.propose(leader, 'f2', cleanup(2))
  h.propose(h.leader() as Node, 'f3', cleanup(3))
  h.run(1000)
  assert.is(h.answerTo('f2')?.because?.key, 'log.disk-full')
  assert.is(h.answerTo('f3')?.ok, true)
  leader.full = false
  h.run(6000)
  assert.is(leader.state?.full, false)
  assert.is(leader.state?.durable, h.leader()?.state?.durable)
})

t('any other store failure ends the actor with a sentence', () => {
  const { h, follower } = cluster('lost')
  h.deliver(follower, { path: '' }, { type: 'store-failed', slot: 'wal', full: false, error: 'EIO' })
  assert.is(follower.up, false)
  assert.ok(h.said.some((s) => s.key === 'log.store-lost'))
})

t('subscribers get every entry in order without a hole, and the whole state when they ask', () => {
  const { h, leader } = cluster('stream')
  for (let i = 0; i < 20; i++) h.propose(leader, `p${i}`, cleanup(i))
  h.run(1000)
  for (const n of h.nodes) {
    const got = n.inbox.filter((m) => m.to === 'fencer' && (m.msg.type === 'state' || m.msg.type === 'committed'))
    let at = 0
    for (const { msg } of got) {
      const m = msg as unknown as { type: string; state?: { index: number }; entry?: { index: number } }
      if (m.type === 'committed') assert.is(m.entry?.index, at + 1)
      at = (m.state ?? m.entry)?.index ?? 0
    }
    assert.is(at, n.state?.cluster.index)
    h.deliver(n, { path: 'fencer' }, { type: 'hello' } as LogIn)
    assert.equal(
      n.inbox.slice(-2).map((m) => `${m.to} ${m.msg.type}`),
      ['fencer state', 'fencer leadership'],
    )
  }
})

t('a committed decision is said under the same id on every node', () => {
  const { h, leader } = cluster('said')
  h.propose(leader, 'p', cleanup(1))
  h.run(500)
  const said = h.said.filter((s) => s.key === 'log.cleanup')
  assert.is(said.length, 3)
  assert.is(new Set(said.map((s) => `${s.at?.index}.${s.at?.n}`)).size, 1)
})

t.run()
