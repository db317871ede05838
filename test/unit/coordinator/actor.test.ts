/** The coordinator at work in virtual time: order, evidence and restraint. Each test fails when its rule is taken away. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Lab, timing } from './harness.js'
import { done, fencing, noViolation, shop, shopRuns, three } from './shop.js'
import { boot, node } from './world.js'

const t = suite('coordinator: actor')

const lose = (lab: Lab, name: string): void => {
  lab.off(name)
  for (const other of lab.names) if (other !== name) lab.hear(other, name, 'silent')
}

t('[C5] a cold start: admissions, one decision for the group, starts in order', () => {
  const lab = shopRuns()
  noViolation(lab)
  assert.equal(done(lab).slice(1), ['admit n1', 'admit n2', 'admit n3', 'decide grant vip@n2 grant web@n2', 'start vip@n2', 'start web@n2'])
})

t('[A8] [E3] [C5] power-off of the owner: intent, fence, one decision, ordered starts', () => {
  const lab = shopRuns()
  const mark = lab.events.length
  lose(lab, 'n2')
  lab.run(2000)
  noViolation(lab)
  assert.equal(done(lab, mark), [
    'n2 is off',
    'fence-intent n2',
    'device off n2',
    'decide cert n2 grant vip@n3 grant web@n3',
    'start vip@n3',
    'start web@n3',
  ])
  assert.ok(lab.since(mark).includes('says coordinator.failover-timing'))
})

for (const end of [
  { end: 'timeout' },
  { end: 'exited', rc: 1 },
  { end: 'exited', rc: 2 },
  { end: 'refused' },
  { end: 'signalled' },
] as const) {
  t(`a fence that ends with ${JSON.stringify(end)} never certifies and nothing is taken over (S5)`, () => {
    const lab = shopRuns()
    const mark = lab.events.length
    lab.device = () => ({ ms: 40, ...end })
    lose(lab, 'n2')
    lab.run(20_000)
    const events = done(lab, mark)
    assert.not.ok(events.some((e) => e.startsWith('decide') || e.startsWith('start')))
    assert.ok(events.filter((e) => e === 'device off n2').length > 2, 'it is tried again')
    lab.device = () => ({ rc: 0, end: 'exited', ms: 40 })
    lab.run(40_000)
    assert.equal(lab.where('web'), ['n3'])
    noViolation(lab)
  })
}

t('[C2] [E5] a crash restarts in place, the third moves the whole group', () => {
  const lab = shopRuns()
  for (const count of [1, 2]) {
    const mark = lab.events.length
    lab.crash('web', count)
    lab.run(1000)
    assert.equal(done(lab, mark), ['stop web@n2', 'start web@n2'])
  }
  const mark = lab.events.length
  lab.crash('web', 3)
  lab.run(1000)
  assert.equal(done(lab, mark), [
    'stop web@n2',
    'stop vip@n2',
    'decide release vip@n2 release web@n2 grant vip@n3 grant web@n3',
    'start vip@n3',
    'start web@n3',
  ])
  noViolation(lab)
})

t('[C15] a cleaned up resource may go back', () => {
  const lab = shopRuns()
  lab.crash('web', 3)
  lab.run(1000)
  assert.equal(lab.where('web'), ['n3'])
  lab.row('n2', 'web', { failCount: 0, lastFailure: { action: 'none', rc: 0, exitReason: '', agoMs: 0, class: 'soft' } })
  lab.run(1000)
  assert.equal(lab.where('web'), ['n2'])
})

t('a planned move with an expiry leaves nothing behind', () => {
  const lab = shopRuns()
  const mark = lab.events.length
  lab.commit({ type: 'intent', id: 'w1', kind: 'move', resource: 'shop', node: node('n1'), forMs: 5000, by: 'ann' })
  lab.run(1000)
  assert.equal(lab.where('web'), ['n1'])
  const before = lab.state.config
  lab.run(10_000)
  assert.equal(lab.state.intents, [])
  assert.is(lab.state.config, before)
  assert.equal(lab.where('web'), ['n2'])
  assert.ok(done(lab, mark).indexOf('intent-end') > 0)
  noViolation(lab)
})

t('standby drains the node and nothing else moves', () => {
  const lab = shopRuns()
  const doc = lab.state.config
  const mark = lab.events.length
  lab.commit({
    type: 'config',
    doc: { ...doc, nodes: { ...doc.nodes, n2: { standby: true, maintenance: false, attributes: {} } } },
    by: 'ann',
    because: { do: 'x', key: 'coordinator.stop-all', args: {}, severity: 'info' },
  })
  lab.run(1000)
  assert.equal(done(lab, mark), [
    'config',
    'stop web@n2',
    'stop vip@n2',
    'decide release vip@n2 release web@n2 grant vip@n3 grant web@n3',
    'start vip@n3',
    'start web@n3',
  ])
})

t('a node that leaves is emptied first, then it has left', () => {
  const lab = shopRuns()
  const mark = lab.events.length
  lab.hear('n1', 'n2', 'leaving')
  lab.run(1000)
  const events = done(lab, mark)
  assert.ok(events.indexOf('leave n2') > events.findIndex((e) => e.startsWith('decide release vip@n2 release web@n2')))
  assert.equal(lab.where('web'), ['n3'])
})

t('the side without quorum does nothing at all (S13)', () => {
  const lab = shopRuns()
  lab.quorum('n1', false)
  lab.hear('n1', 'n2', 'silent')
  lab.hear('n1', 'n3', 'silent')
  const mark = lab.events.length
  lab.run(30_000)
  assert.equal(done(lab, mark), [])
})

t('a follower does nothing at all', () => {
  const lab = shopRuns()
  const mark = lab.events.length
  lab.hear('n3', 'n2', 'silent')
  lab.run(10_000)
  assert.equal(done(lab, mark), [])
})

t('who has just got quorum back fences nobody for as long as a beat may take (L4)', () => {
  const lab = shopRuns()
  lab.quorum('n1', false)
  lab.hear('n1', 'n2', 'silent')
  lab.run(1000)
  const mark = lab.events.length
  lab.quorum('n1', true)
  lab.run(100)
  lab.hear('n1', 'n2', 'alive')
  lab.run(5000)
  assert.equal(done(lab, mark), ['noop'], 'what was on its way before is asked for, no more')
})

t('a new leader in the middle of a start does not start it twice (S18)', () => {
  const lab = new Lab(three, [...shop, fencing(three)])
  lab.opMs = 500
  lab.lead('n1')
  while (!lab.events.includes('start vip@n2')) lab.run(20)
  lab.lead('n3')
  lab.run(3000)
  assert.equal(
    lab.events.filter((e) => e.startsWith('start')),
    ['start vip@n2', 'start web@n2'],
  )
  noViolation(lab)
})

t('a lost order is sent again with the same op id, and runs once', () => {
  const lab = new Lab(three, [...shop, fencing(three)])
  const ops: string[] = []
  lab.loses = (order) => {
    ops.push(order.op)
    return ops.length <= 2
  }
  lab.lead('n1')
  lab.run(8000)
  assert.is(new Set(ops.slice(0, 3)).size, 1)
  assert.equal(lab.where('web'), ['n2'])
  assert.is(lab.events.filter((e) => e === 'start vip@n2').length, 1)
})

t('a stop that fails is fenced, then the group starts elsewhere', () => {
  const lab = shopRuns()
  lab.agent = (order, at) => (order.action === 'stop' && at === 'n2' ? 1 : 0)
  const mark = lab.events.length
  lab.crash('web', 1)
  lab.run(1000)
  for (const other of ['n1', 'n3']) lab.hear(other, 'n2', 'silent')
  lab.run(1000)
  assert.equal(done(lab, mark), [
    'stop web@n2',
    'fence-intent n2',
    'device off n2',
    'n2 is off',
    'decide cert n2 grant vip@n3 grant web@n3',
    'start vip@n3',
    'start web@n3',
  ])
})

t('a failed fence of a node that is heard again: it is admitted again, nothing moved', () => {
  const lab = shopRuns()
  lab.device = () => ({ end: 'timeout', ms: 1000 })
  lab.hear('n1', 'n2', 'silent')
  const mark = lab.events.length
  lab.run(500)
  lab.hear('n1', 'n2', 'alive')
  lab.run(30_000)
  assert.equal(done(lab, mark), ['fence-intent n2', 'device off n2', 'admit n2'])
  assert.equal(lab.where('web'), ['n2'])
})

t('without a device nothing is taken over, and the operator is told what to do, once', () => {
  const lab = shopRuns(three, shop)
  const mark = lab.events.length
  lose(lab, 'n2')
  lab.run(30_000)
  assert.equal(done(lab, mark), ['n2 is off'])
  assert.is(lab.since(mark).filter((e) => e === 'says coordinator.no-device').length, 1)
  lab.commit({ type: 'operator-ack', node: node('n2'), boot: boot('n2'), by: 'ann' })
  lab.run(3000)
  assert.equal(lab.where('web'), ['n3'])
  noViolation(lab)
})

t('two nodes: the survivor fences first, then asks to lead alone; unconfirmed it never asks', () => {
  for (const rc of [0, 1]) {
    const lab = new Lab(['n1', 'n2'], [...shop.slice(0, 2), fencing(['n1', 'n2'])])
    lab.lead('n1')
    lab.run(3000)
    lab.device = () => ({ rc, end: 'exited', ms: 40 })
    const mark = lab.events.length
    lab.off('n2')
    lab.hear('n1', 'n2', 'silent')
    lab.quorum('n1', false)
    lab.run(900)
    assert.equal(done(lab, mark), ['n2 is off', 'device off n2', ...(rc === 0 ? ['n1 asks for solo'] : [])])
  }
})

t('two nodes cut apart: the side that runs more is first, the other yields', () => {
  const lab = new Lab(['n1', 'n2'], [...shop.slice(0, 2), 'location: [{resource: shop, node: n2, score: 100}]', fencing(['n1', 'n2'])])
  lab.lead('n1')
  lab.run(3000)
  assert.equal(lab.where('web'), ['n2'])
  const mark = lab.events.length
  for (const [a, b] of [
    ['n1', 'n2'],
    ['n2', 'n1'],
  ] as const) {
    lab.hear(a, b, 'silent')
    lab.quorum(a, false)
  }
  lab.run(900)
  assert.equal(done(lab, mark), ['device off n1', 'n1 is off', 'n2 asks for solo'])
})

t('two nodes: only the side that should lose waits, for fenceDelayMs; the one that runs more fences at once', () => {
  for (const [dies, waits] of [
    ['n1', false],
    ['n2', true],
  ] as const) {
    const lab = new Lab(['n1', 'n2'], [...shop.slice(0, 2), 'location: [{resource: shop, node: n2, score: 100}]', fencing(['n1', 'n2'])])
    lab.lead('n1')
    lab.run(3000)
    assert.equal(lab.where('web'), ['n2'])
    const left = dies === 'n1' ? 'n2' : 'n1'
    const mark = lab.events.length
    lab.off(dies)
    lab.hear(left, dies, 'silent')
    lab.quorum(left, false)
    lab.run(timing.fenceDelayMs - 1)
    assert.is(done(lab, mark).includes(`device off ${dies}`), !waits, `${left} is left`)
    lab.run(timing.rankMs + 100)
    assert.ok(done(lab, mark).includes(`device off ${dies}`))
  }
})

t('two nodes: a life that was not admitted fences nobody (T3)', () => {
  const lab = new Lab(['n1', 'n2'], [...shop.slice(0, 2), fencing(['n1', 'n2'])])
  const mark = lab.events.length
  lab.hear('n1', 'n2', 'silent')
  lab.quorum('n1', false)
  lab.run(5000)
  assert.equal(done(lab, mark), [])
})

t('an owner that comes back in a new life is admitted, its probe releases, it starts anew', () => {
  const lab = shopRuns()
  const h = lab.host('n2')
  h.states.clear()
  h.life = boot('n2', 2)
  const mark = lab.events.length
  h.seq = 0
  lab.begin('n2')
  for (const other of ['n1', 'n3']) lab.hear(other, 'n2', 'alive')
  lab.run(3000)
  noViolation(lab)
  assert.equal(done(lab, mark)[0], 'admit n2')
  assert.match(done(lab, mark)[1] ?? '', /release vip@n2 release web@n2 grant/)
  assert.equal(lab.where('web'), ['n2'])
})

t.run()
