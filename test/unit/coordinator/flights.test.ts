/** Orders and proposals that are on their way: what may not be done meanwhile, and what is asked for again. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Rows } from '../../../actors/coordinator/messages.js'
import { verdict } from '../../../runtime/verdict.js'
import { Lab } from './harness.js'
import { done, fencing, noViolation, shop, shopRuns, three } from './shop.js'
import { node, rowFor } from './world.js'

const t = suite('coordinator: on their way')

t('while it is not known whether a right is taken away, nothing starts under it', () => {
  const lab = shopRuns()
  const wish = { id: 'm1', kind: 'move', resource: 'shop', node: node('n3'), forMs: 60_000, by: 'ann' } as const
  const mark = lab.events.length
  lab.commit({ type: 'intent', ...wish })
  lab.held = []
  lab.run(200)
  assert.equal(done(lab, mark), ['intent', 'stop web@n2', 'stop vip@n2'])
  lab.commit({ type: 'intent-end', id: 'm1', because: verdict('end', 'coordinator.intent-end') })
  lab.run(20_000)
  assert.equal(
    done(lab, mark),
    ['intent', 'stop web@n2', 'stop vip@n2', 'intent-end'],
    'vip belongs on n2 again, but its right may be gone any time',
  )
  lab.decideHeld()
  lab.run(5000)
  noViolation(lab)
  assert.is(lab.where('vip').length, 1)
  assert.is(lab.where('web').length, 1)
})

t('nothing is stopped while what stands on it is starting', () => {
  const lab = shopRuns()
  const web = lab.state.ids['web']
  lab.crash('web', 1)
  lab.loses = (order) => order.action === 'start' && order.resource === web
  lab.run(200)
  const mark = lab.events.length
  lab.crash('vip', 1)
  lab.run(300)
  assert.not.ok(done(lab, mark).includes('stop vip@n2'), 'web may be starting on it')
  lab.loses = () => false
  lab.run(5000)
  noViolation(lab)
  assert.equal([lab.where('vip'), lab.where('web')], [['n2'], ['n2']])
})

t('a stop that is under way is not called back: what stands on it waits', () => {
  const lab = shopRuns()
  const wish = { id: 'm1', kind: 'move', resource: 'shop', node: node('n3'), forMs: 60_000, by: 'ann' } as const
  const mark = lab.events.length
  lab.loses = (order) => order.action === 'stop' && order.resource === lab.state.ids['vip']
  lab.commit({ type: 'intent', ...wish })
  lab.run(200)
  assert.equal(done(lab, mark), ['intent', 'stop web@n2'])
  lab.commit({ type: 'intent-end', id: 'm1', because: verdict('end', 'coordinator.intent-end') })
  lab.run(300)
  assert.equal(done(lab, mark), ['intent', 'stop web@n2', 'intent-end'], 'web is not started beside a vip that may stop any moment')
  lab.loses = () => false
  lab.run(5000)
  noViolation(lab)
  assert.equal([lab.where('vip'), lab.where('web')], [['n2'], ['n2']])
})

t('a start that is under way is not called back: what stands on it waits, also when a row says meanwhile that it runs', () => {
  const lab = shopRuns()
  const vip = lab.state.ids['vip']
  const mark = lab.events.length
  lab.loses = (order) => order.action === 'start' && order.resource === vip
  lab.crash('vip', 1)
  lab.run(200)
  assert.equal(done(lab, mark), ['stop web@n2', 'stop vip@n2'])
  const right = vip && lab.state.grants[vip]
  lab.row('n2', 'vip', { state: 'running', ...(right && { token: right.token }) })
  lab.run(300)
  assert.equal(done(lab, mark), ['stop web@n2', 'stop vip@n2'], 'web is not started beside a vip that may be started anew any moment')
  lab.loses = () => false
  lab.run(5000)
  noViolation(lab)
  const seen = done(lab, mark)
  assert.ok(seen.indexOf('start vip@n2') < seen.indexOf('start web@n2') && seen.includes('start vip@n2'), seen.join(', '))
  assert.equal([lab.where('vip'), lab.where('web')], [['n2'], ['n2']])
})

t('what also ran on a node that is fenced starts under a right of before only when the log holds the certificate', () => {
  const lab = shopRuns()
  const vip = lab.state.ids['vip']
  lab.loses = (order, at) => order.action === 'stop' && order.resource === vip && at === 'n3'
  lab.row('n3', 'vip', { state: 'running' })
  lab.run(300)
  const mark = lab.events.length
  lab.proposeMs = 50
  lab.hear('n2', 'n3', 'silent')
  lab.hear('n1', 'n3', 'silent')
  lab.run(5000)
  const seen = done(lab, mark)
  assert.ok(seen.includes('start vip@n2'), seen.join(', '))
  assert.ok(seen.indexOf('decide cert n3') < seen.indexOf('start vip@n2') && seen.includes('decide cert n3'), seen.join(', '))
  noViolation(lab)
})

/** A stop fails on the leader itself, and the first order to end it, to another node's fencer, gets lost. */
function leaderCondemned(): { readonly lab: Lab; readonly mark: number } {
  const lab = new Lab(three, [...shop, fencing(three)])
  lab.lead('n2')
  lab.run(3000)
  lab.agent = (order, at) => (order.action === 'stop' && at === 'n2' ? 1 : 0)
  lab.fencerLoses = 1
  const mark = lab.events.length
  lab.crash('web', 1)
  return { lab, mark }
}

t('the leader itself is condemned: another fencer is asked, and asked again when the order gets lost', () => {
  const { lab, mark } = leaderCondemned()
  lab.run(1000)
  assert.equal(done(lab, mark), ['stop web@n2', 'fence-intent n2'])
  lab.run(1000)
  assert.equal(done(lab, mark), ['stop web@n2', 'fence-intent n2', 'device off n2', 'n2 is off'])
})

t('nobody knows whether the fencer of another node still has the order: cleaned up, it is asked, and the leader is let in again', () => {
  const { lab, mark } = leaderCondemned()
  lab.run(600)
  lab.agent = () => 0
  lab.row('n2', 'web', { state: 'stopped', failCount: 0 }) // cleaned up
  lab.run(3000)
  assert.equal(done(lab, mark).slice(0, 3), ['stop web@n2', 'fence-intent n2', 'admit n2'])
  assert.is(lab.state.lives[node('n2')]?.state, 'admitted')
  noViolation(lab)
})

/** The director on n2 had probed nothing yet when it began anew with a whole of its own, and all that is asked of it is lost. */
function begunAnew(): { readonly lab: Lab; readonly say: (seq: number, whole: boolean, ...known: readonly string[]) => void } {
  const lab = shopRuns()
  lab.deaf = true
  lab.row('n2', 'web', { state: 'unknown' })
  const host = lab.host('n2')
  const say = (seq: number, whole: boolean, ...known: readonly string[]): void => {
    const ids = whole ? [...host.rows.keys()] : known.map((r) => lab.id(r))
    const rows = ids.flatMap((id) => host.rows.get(id) ?? [])
    const msg: Rows = { type: 'rows', node: node('n2'), boot: host.life, seq, whole, rows }
    lab.give('n1', 'coordinator', { node: node('n2'), path: 'resource' }, msg)
  }
  return { lab, say }
}

/** What stopped is started again once a question is heard, however many were lost. */
function goesOnAsking(lab: Lab): void {
  lab.run(3000)
  assert.equal(lab.where('web'), [], 'every question was lost')
  lab.deaf = false
  lab.run(3000)
  assert.equal(lab.where('web'), ['n2'])
  noViolation(lab)
}

for (const [what, first] of [
  ['its whole was heard', true],
  ['its whole was lost', false],
] as const) {
  t(`a director began anew and ${what}: its rows are asked for until they come, also when its numbers have overtaken the old ones`, () => {
    const { lab, say } = begunAnew()
    const { seq } = lab.host('n2')
    if (first) say(seq - 2, true)
    lab.host('n2').rows.set(lab.id('web'), rowFor(lab.id('web'), { state: 'stopped' }))
    say(seq - 1, false, 'web')
    say(seq, false, 'vip')
    say(seq + 1, false, 'vip')
    lab.host('n2').seq = seq + 1
    goesOnAsking(lab)
  })
}

t('a hole in what a director tells: all rows are asked for until they come', () => {
  const { lab, say } = begunAnew()
  const { seq } = lab.host('n2')
  lab.host('n2').rows.set(lab.id('web'), rowFor(lab.id('web'), { state: 'stopped' }))
  say(seq + 2, false, 'vip')
  lab.host('n2').seq = seq + 2
  goesOnAsking(lab)
})

t('[issue 4] no more orders are under way than batch-limit says, and the most important ones are the first', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const config = [
    'properties: {batch-limit: 2}',
    `resources: [${names.map((r, i) => `{name: ${r}, agent: 'kyha:x', meta: {priority: ${i}}}`).join(', ')}]`,
  ]
  const lab = new Lab(three, config)
  const asked = new Set<string>()
  lab.loses = (order) => {
    asked.add(Object.keys(lab.state.ids).find((r) => lab.state.ids[r] === order.resource) ?? '')
    return true
  }
  lab.lead('n1')
  lab.run(3000)
  assert.equal([...asked].sort(), ['d', 'e'])
  lab.loses = () => false
  lab.run(3000)
  assert.equal(
    names.map((r) => lab.where(r).length),
    [1, 1, 1, 1, 1],
  )
})

t.run()
