/** Rows: S13, S14, L6. What membership makes of deaths, cuts, stalls, restarts and rumours, across several nodes in virtual time. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { View } from '../../../actors/membership/messages.js'
import type { Msg } from '../../../runtime/actor.js'
import { bootId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import { Harness, type Options } from './harness.js'

const t = suite('membership/detection')

function formed(options: Options): Harness {
  const h = new Harness(options)
  h.run(2000)
  for (const n of h.nodes) for (const p of h.view(n.name)?.peers ?? []) assert.is(p.state, 'alive', `${n.name} sees ${p.name}`)
  return h
}
const stateKeys = (h: Harness, node: string, sinceMs: number): string[] => h.keys(node, sinceMs).filter((k) => k !== 'membership.one-way')

t('before anybody is heard, peers are unknown, not dead, and nothing is quorate', () => {
  const h = new Harness({ nodes: 3 })
  for (const n of ['n2', 'n3']) h.kill(n)
  h.run(5000)
  assert.equal(
    h.view('n1')?.peers.map((p) => p.state),
    ['never-seen', 'never-seen'],
  )
  assert.is(h.quorum('n1')?.quorate, false)
  assert.equal(stateKeys(h, 'n1', 0), ['quorum.majority-no'])
})

t('a killed node is suspected, then confirmed, by every other node, with numbers', () => {
  const h = formed({ nodes: 3 })
  const from = h.now
  h.kill('n1')
  h.run(1000)
  for (const n of ['n2', 'n3']) {
    assert.is(h.peer(n, 'n1')?.state, 'silent')
    assert.equal(stateKeys(h, n, from), ['membership.suspect', 'membership.silent'])
    const silent = h.said.find((s) => s.node === n && s.verdict.key === 'membership.silent')?.verdict
    assert.ok(silent)
    assert.ok(Number(silent.args['silentMs']) >= Number(silent.args['limitMs']), 'silent for longer than its limit')
    for (const lang of ['en', 'zh'] as const) assert.not.match(render(lang, silent.key, silent.args), /[{}]/)
    assert.equal(
      h.peer(n, 'n1')?.links.map((l) => l.state),
      ['silent', 'silent'],
    )
    assert.is(h.quorum(n)?.quorate, true)
    assert.equal(h.quorum(n)?.present, ['node-2', 'node-3'])
  }
})

t('two nodes: the survivor is not quorate and says why', () => {
  const h = formed({ nodes: 2 })
  assert.is(h.quorum('n2')?.quorate, true)
  h.kill('n1')
  h.run(1000)
  const q = h.quorum('n2')
  assert.equal([q?.quorate, q?.mode, q?.votes, q?.votesNeeded], [false, 'two-node', 1, 2])
  assert.match(render('en', q?.because.key ?? '', q?.because.args), /n1 is missing/)
  h.tell('n2', 'quorum', { type: 'solo-set', set: ['node-2'] } as Msg)
  h.run(10)
  assert.equal([h.quorum('n2')?.quorate, h.quorum('n2')?.mode], [true, 'solo'])
})

t('one link cut only degrades: nobody is suspected', () => {
  const h = formed({ nodes: 3 })
  const from = h.now
  h.cutBoth('n1', 'n2', true, 0)
  h.run(5000)
  assert.is(h.peer('n1', 'n2')?.state, 'alive')
  assert.equal(h.keys('n1', from), [])
  const link = (n: string): string | undefined => {
    const s = h.stateOf(n, `link/node-${n === 'n1' ? 2 : 1}/0`) as { state: string }
    return s.state
  }
  assert.equal([link('n1'), link('n2')], ['silent', 'silent'])
  h.cutBoth('n1', 'n2', false, 0)
  h.run(1000)
  assert.equal([link('n1'), link('n2')], ['up', 'up'])
})

t('a one-way link is seen on both ends and said once', () => {
  const h = formed({ nodes: 2 })
  h.cut('n1', 'n2', true, 1)
  h.run(3000)
  const at = (n: string, peer: string): { state: string; heardByPeer: boolean } =>
    h.stateOf(n, `link/${peer}/1`) as { state: string; heardByPeer: boolean }
  assert.equal([at('n1', 'node-2').state, at('n1', 'node-2').heardByPeer], ['up', false])
  assert.is(at('n2', 'node-1').state, 'silent')
  assert.equal(h.keys('n1').filter((k) => k === 'membership.one-way').length, 1)
  assert.is(h.peer('n2', 'n1')?.state, 'alive')
})

t('a node cut from one other is held as suspect while the third hears it, and comes back', () => {
  const h = formed({ nodes: 3 })
  h.cutBoth('n1', 'n2')
  h.run(10_000)
  assert.is(h.peer('n1', 'n2')?.state, 'suspect')
  assert.is(h.peer('n1', 'n2')?.because?.key, 'membership.vouched')
  assert.is(h.peer('n3', 'n1')?.state, 'alive')
  assert.is(h.quorum('n1')?.votes, 3)
  h.cutBoth('n1', 'n2', false)
  assert.ok(
    h.run(2000, () => h.peer('n1', 'n2')?.state === 'alive' && h.peer('n2', 'n1')?.state === 'alive'),
    'L6: back within 2 s',
  )
})

t('the vouching third dies too: then the silence is confirmed', () => {
  const h = formed({ nodes: 3 })
  h.cutBoth('n1', 'n2')
  h.run(2000)
  h.kill('n3')
  h.run(2000)
  assert.equal(
    h.view('n1')?.peers.map((p) => p.state),
    ['silent', 'silent'],
  )
  assert.is(h.quorum('n1')?.quorate, false)
})

t('a stall of its own thread accuses nobody, and raises self-doubt', () => {
  for (const ms of [90, 150, 250, 800, 10_000]) {
    const h = formed({ nodes: 3, seed: `stall${ms}` })
    const from = h.now
    h.stall('n1', ms)
    h.run(ms + 30)
    const doubt = (h.stateOf('n1', 'membership') as { health: { score: number } }).health.score
    assert.is(doubt >= (ms >= 250 ? 2 : ms >= 150 ? 1 : 0), true, `${ms}: ${doubt}`)
    h.run(3000)
    assert.equal(
      h.said.filter((s) => s.node === 'n1' && s.atMs >= from && ['confirm', 'suspect', 'degrade'].includes(s.verdict.do)),
      [],
      `stall of ${ms} ms`,
    )
  }
})

t('a node that doubts itself holds a silent peer as suspect, and confirms once it is well', () => {
  const h = formed({ nodes: 2 })
  h.tell('n1', 'membership', { type: 'stall', lateMs: 800 } as Msg)
  h.run(5)
  h.kill('n2')
  h.run(1200)
  assert.is.not(h.peer('n1', 'n2')?.state, 'silent')
  h.run(12_000)
  assert.is(h.peer('n1', 'n2')?.state, 'silent')
})

t('manager crash: stand-in beats hold the node for the grace, and its return is no new life of the machine', () => {
  const h = formed({ nodes: 3 })
  const from = h.now
  h.killManager('n1')
  h.run(600)
  assert.is(h.peer('n2', 'n1')?.state, 'manager-down')
  assert.is(h.quorum('n2')?.votes, 3)
  h.startManager('n1')
  h.run(1000)
  const p = h.peer('n2', 'n1')
  assert.equal([p?.state, p?.incarnation?.boot, p?.incarnation?.counter], ['alive', 'n1boot1', 2])
  assert.equal(stateKeys(h, 'n2', from), ['membership.manager-down', 'membership.new-manager', 'membership.manager-back'])
})

t('a manager that does not come back is confirmed after the grace, although its guard beats', () => {
  const h = formed({ nodes: 3 })
  const from = h.now
  h.killManager('n1')
  h.run(2900)
  assert.is(h.peer('n2', 'n1')?.state, 'manager-down')
  h.run(500)
  assert.is(h.peer('n2', 'n1')?.state, 'silent')
  const keys = stateKeys(h, 'n2', from).filter((k) => k !== 'membership.grace-over')
  assert.equal(keys, ['membership.manager-down', 'membership.manager-lost'])
  h.run(60_000)
  assert.is(h.peer('n2', 'n1')?.state, 'silent', 'no second grace without a proof of life')
})

t('the fourth manager crash within 60 s gets no grace', () => {
  const h = formed({ nodes: 3 })
  const states: (string | undefined)[] = []
  for (let i = 0; i < 4; i++) {
    h.killManager('n1')
    h.run(1000)
    states.push(h.peer('n2', 'n1')?.state)
    h.startManager('n1')
    h.run(4000)
  }
  assert.equal(states, ['manager-down', 'manager-down', 'manager-down', 'silent'])
})

t('a machine that reboots faster than detection is seen as a new life', () => {
  const h = formed({ nodes: 3 })
  const from = h.now
  h.kill('n1')
  h.run(20)
  h.boot('n1')
  h.run(1000)
  const p = h.peer('n2', 'n1')
  assert.equal([p?.state, p?.incarnation?.boot], ['alive', 'n1boot2'])
  assert.ok(h.keys('n2', from).includes('membership.new-life'))
})

t('[S14] datagrams and rumours of an old life change nothing', () => {
  const h = formed({ nodes: 3 })
  h.kill('n1')
  h.run(1000)
  h.boot('n1')
  h.run(1000)
  const n2 = h.node('n2')
  const n1 = h.node('n1')
  const old = { boot: bootId('n1boot1'), counter: 9 }
  const before = JSON.stringify([h.stateOf('n2', 'link/node-1/0'), h.stateOf('n2', 'membership')])
  const base = { type: 'heard', seq: 9e6, echo: 9e6, fresh: true, flags: 4, watcher: 0, incarnation: old, rxMs: Math.trunc(h.now) }
  h.deliver(n2, 'link/node-1/0', { node: n1.id, path: '' }, base as Msg, old)
  const accuse = { type: 'accuse', peer: 'node-3', boot: 'n3boot1', silentMs: 900 }
  h.deliver(n2, 'membership', { node: n1.id, path: 'membership' }, accuse as Msg, old)
  h.deliver(n2, 'membership', { node: n1.id, path: 'membership' }, accuse as Msg)
  h.deliver(n2, 'membership', { node: 'stranger', path: 'membership' } as never, accuse as Msg, { boot: bootId('x'), counter: 1 })
  h.deliver(n2, 'membership', { node: n1.id, path: 'membership' }, { type: 'members', members: [] } as Msg, h.incarnation(n1))
  h.deliver(n2, 'quorum', { node: n1.id, path: 'quorum' }, { type: 'solo-set', set: ['node-1'] } as Msg, h.incarnation(n1))
  assert.is(JSON.stringify([h.stateOf('n2', 'link/node-1/0'), h.stateOf('n2', 'membership')]), before)
  assert.equal((h.stateOf('n2', 'quorum') as { soloSet: string[] }).soloSet, [])
})

t('a false accusation is answered by a vouch: the accused stays alive', () => {
  const h = formed({ nodes: 3 })
  const [n1, n2, n3] = ['n1', 'n2', 'n3'].map((n) => h.node(n))
  assert.ok(n1 && n2 && n3)
  const accuse = { type: 'accuse', peer: n3.id, boot: 'n3boot1', silentMs: 300 } as Msg
  for (let i = 0; i < 50; i++) {
    h.deliver(n2, 'membership', { node: n1.id, path: 'membership' }, accuse, h.incarnation(n1))
    h.run(20)
  }
  assert.is(h.peer('n2', 'n3')?.state, 'alive')
  h.deliver(n2, 'membership', { node: n1.id, path: 'membership' }, { ...accuse, peer: n2.id } as Msg, h.incarnation(n1))
  assert.ok((h.stateOf('n2', 'membership') as { health: { score: number } }).health.score > 0, 'the accused doubts itself')
})

t('a last gasp is suspicion at once and never a confirmation by itself', () => {
  const h = formed({ nodes: 3 })
  const from = h.now
  h.tell('n2', 'membership', { type: 'last-gasp', peer: 'node-1' } as Msg)
  h.run(0.01)
  assert.is(h.peer('n2', 'n1')?.state, 'suspect')
  h.run(500)
  assert.is(h.peer('n2', 'n1')?.state, 'alive')
  assert.equal(stateKeys(h, 'n2', from), ['membership.last-gasp', 'membership.back'])
})

t('a node that flaps is held down longer each time', () => {
  const h = formed({ nodes: 2, links: 1 })
  const waits: number[] = []
  for (let i = 0; i < 4; i++) {
    h.cutBoth('n1', 'n2')
    h.run(3000)
    assert.is(h.peer('n1', 'n2')?.state, 'silent')
    h.cutBoth('n1', 'n2', false)
    const from = h.now
    assert.ok(h.run(20_000, () => h.peer('n1', 'n2')?.state === 'alive'))
    waits.push(Math.floor((h.now - from) / 1000))
  }
  assert.equal(waits, [0, 1, 2, 4])
})

t('a manager that begins anew while its node is held down: the node is held down again, and says so', () => {
  const h = formed({ nodes: 2, links: 1 })
  for (let i = 0; i < 5; i++) {
    h.cutBoth('n1', 'n2')
    h.run(3000)
    h.cutBoth('n1', 'n2', false)
    assert.ok(h.run(i < 4 ? 20_000 : 500, () => h.peer('n1', 'n2')?.state === (i < 4 ? 'alive' : 'suspect')))
  }
  assert.is(h.peer('n1', 'n2')?.because?.key, 'membership.hold-down')
  h.killManager('n2')
  h.run(600)
  assert.is(h.peer('n1', 'n2')?.state, 'manager-down')
  h.startManager('n2')
  h.run(1000)
  const { state, because } = h.peer('n1', 'n2') ?? {}
  assert.equal([state, because?.key], ['suspect', 'membership.hold-down'])
  assert.ok(Number(because?.args['waitMs']) > 0)
})

t('a leaving node is shown as leaving, then silent', () => {
  const h = formed({ nodes: 3 })
  h.tell('n1', 'membership', { type: 'leave' } as Msg)
  h.run(200)
  assert.is(h.peer('n2', 'n1')?.state, 'leaving')
  h.kill('n1')
  h.run(1000)
  assert.is(h.peer('n2', 'n1')?.state, 'silent')
})

t('view numbers grow by one with each change and stand still without', () => {
  const h = formed({ nodes: 3, loss: 0.05 })
  const first = h.view('n2')?.viewNo
  h.run(20_000)
  assert.is(h.view('n2')?.viewNo, first, 'nothing changed')
  h.kill('n1')
  h.run(1000)
  h.boot('n1')
  h.run(3000)
  const numbers = (h.views.get('n2') as View[]).map((v) => v.viewNo)
  assert.equal(
    numbers,
    numbers.map((_, i) => (numbers[0] ?? 0) + i),
  )
})

t('a member that leaves the list loses its links; one that joins gets them', () => {
  const h = formed({ nodes: 3 })
  h.members('n1', [h.node('n1'), h.node('n2')])
  assert.equal(
    [...h.node('n1').slots.keys()].filter((k) => k.startsWith('link/')),
    ['link/node-2/0', 'link/node-2/1'],
  )
  assert.equal(
    h.view('n1')?.peers.map((p) => p.name),
    ['n2'],
  )
  h.members('n1')
  h.run(1000)
  assert.is(h.peer('n1', 'n3')?.state, 'alive')
  h.members('n1', [h.node('n2'), h.node('n3')])
  assert.is(h.quorum('n1')?.quorate, false)
  assert.is(h.quorum('n1')?.because.key, 'quorum.not-member')
})

t('whoever says hello is told the view and the quorum', () => {
  const h = formed({ nodes: 2 })
  const before = h.views.get('n1')?.length ?? 0
  const quorums = h.quorums.get('n1')?.length ?? 0
  h.tell('n1', 'membership', { type: 'hello' })
  h.tell('n1', 'quorum', { type: 'hello' })
  assert.is(h.views.get('n1')?.length, before + 1)
  assert.is(h.quorums.get('n1')?.length, quorums + 1)
})

t.run()
