/** Clones with `notify`: who is told what, before and after, and what waits for it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Noticed, Row } from '../../../actors/coordinator/messages.js'
import { plan } from '../../../actors/coordinator/plan.js'
import type { OpId } from '../../../runtime/ids.js'
import { Lab } from './harness.js'
import { fencing, noViolation, three } from './shop.js'
import { boot, inputFor, node, type Spec } from './world.js'

const t = suite('coordinator: notify')

const db = (words = '', notify = 'true'): string[] => [
  "resources: [{name: db, agent: 'kyha:a'}, {name: vip, agent: 'kyha:b'}]",
  `clones: [{name: db-clone, resource: db, notify: ${notify}${words}}]`,
  'location: [{resource: db-clone, role: Promoted, node: n2, score: 100}]',
  'colocation: [{resource: vip, with: db-clone, with-role: Promoted}]',
  'order: [{first: db-clone, first-action: promote, then: vip}]',
]
const promotable = [...db(', promoted: 1'), fencing(three)]

/** Operations and decisions since `mark`; what is told at once in order of the nodes. */
const acts = (lab: Lab, mark = 0): string[] => lab.since(mark).filter((e) => / (?:db|vip)@n\d$/.test(e) && !e.startsWith('decide'))
const settled = (lab: Lab, where: string): void => {
  const promoted = lab.names.filter((n) => lab.host(n).on && lab.host(n).rows.get(lab.id('db'))?.state === 'promoted')
  assert.equal([promoted, lab.where('vip')], [[where], [where]])
  for (const n of lab.names) assert.is(lab.host(n).rows.get(lab.id('db'))?.untold, undefined, `${n} has something that nobody was told of`)
}
function runs(config: readonly string[] = promotable): Lab {
  const lab = new Lab(three, config)
  lab.lead('n1')
  lab.run(3000)
  return lab
}
/** Each of `later` comes after each of `earlier`. */
function order(events: readonly string[], ...steps: readonly (readonly string[])[]): void {
  let from = -1
  for (const step of steps) {
    const at = step.map((e) => events.indexOf(e, from + 1))
    for (const [i, e] of step.entries()) assert.ok((at[i] ?? -1) > from, `${e} in its turn in ${events.join(', ')}`)
    from = Math.max(...at)
  }
}

t('started, told, promoted, told, and only then what stands on it', () => {
  const lab = runs()
  const all = three.map((n) => `@${n}`)
  const say = (what: string): string[] => all.map((n) => `${what} db${n}`)
  order(acts(lab), say('start'), say('post-start'), say('pre-promote'), ['promote db@n2'], say('post-promote'), ['start vip@n2'])
  assert.is(acts(lab).filter((e) => e.startsWith('pre-start')).length, 0, 'nobody was there to be told before')
  assert.is(acts(lab).length, 3 + 3 + 3 + 1 + 3 + 1, 'each once')
  settled(lab, 'n2')
  noViolation(lab)
})

t('a clone without the word is told nothing', () => {
  const lab = runs([...db(', promoted: 1', 'false'), fencing(three)])
  assert.equal(acts(lab), ['start db@n1', 'start db@n2', 'start db@n3', 'promote db@n2', 'start vip@n2'])
})

t('a promotion passes on: demoted, told, stopped, told, promoted', () => {
  const lab = runs()
  const mark = lab.events.length
  const config = [...promotable, 'nodes: {n2: {standby: true}}']
  lab.commit({
    type: 'config',
    doc: new Lab(three, config).state.config,
    by: 'ann',
    because: { do: 'x', key: 'log.config', args: {}, severity: 'info' },
  })
  lab.run(3000)
  const events = acts(lab, mark)
  order(
    events,
    ['stop vip@n2'],
    ['pre-demote db@n1', 'pre-demote db@n2', 'pre-demote db@n3'],
    ['demote db@n2'],
    ['post-demote db@n1', 'post-demote db@n2', 'post-demote db@n3'],
  )
  order(
    events,
    ['post-demote db@n2'],
    ['pre-stop db@n1', 'pre-stop db@n2', 'pre-stop db@n3'],
    ['stop db@n2'],
    ['post-stop db@n1', 'post-stop db@n3'],
  )
  order(
    events,
    ['post-demote db@n2'],
    ['pre-promote db@n1', 'pre-promote db@n3'],
    ['promote db@n1'],
    ['post-promote db@n1', 'post-promote db@n3'],
    ['start vip@n1'],
  )
  settled(lab, 'n1')
  noViolation(lab)
})

t('a fenced node: the others are told that its instance was demoted and stopped, then of the promotion, and nothing is said before', () => {
  const lab = runs()
  const mark = lab.events.length
  lab.host('n2').on = false
  for (const other of ['n1', 'n3']) lab.hear(other, 'n2', 'silent')
  lab.run(5000)
  const both = (what: string): string[] => [`${what} db@n1`, `${what} db@n3`]
  const events = acts(lab, mark)
  assert.equal(
    events.map((e) => e.replace(/@n[13]/, '@')),
    [...both('post-demote'), ...both('post-stop'), ...both('pre-promote'), 'promote db@n1', ...both('post-promote'), 'start vip@n1'].map(
      (e) => e.replace(/@n[13]/, '@'),
    ),
  )
  order(events, both('post-demote'), both('post-stop'), both('pre-promote'), ['promote db@n1'], both('post-promote'), ['start vip@n1'])
  settled(lab, 'n1')
  lab.run(60_000)
  assert.is(acts(lab, mark).length, events.length, 'once')
})

t('a notification that fails, or is never answered by a node that falls silent, does not hold anything up', () => {
  const lab = new Lab(three, promotable)
  lab.agent = (o) => (o.action === 'notify' ? 124 : 0)
  lab.lead('n1')
  lab.run(5000)
  settled(lab, 'n2')
  const silent = new Lab(three, promotable)
  silent.loses = (o, at) => o.action === 'notify' && at === 'n3' && o.notify?.['notify_operation'] === 'promote'
  silent.lead('n1')
  silent.run(5000)
  assert.not.ok(acts(silent).includes('promote db@n2'), 'n3 is asked as long as it is well')
  silent.hear('n1', 'n3', 'suspect')
  silent.run(3000)
  assert.ok(acts(silent).includes('promote db@n2'))
  assert.not.ok(acts(silent).includes('post-promote db@n3'), 'nor is a node in doubt told anything')
})

t('a lost notification is sent again, and carried out once', () => {
  const lab = new Lab(three, promotable)
  let lost = 0
  lab.loses = (o) => o.action === 'notify' && lost++ < 4
  lab.lead('n1')
  lab.run(10_000)
  settled(lab, 'n2')
  assert.is(acts(lab).filter((e) => e === 'post-start db@n1').length, 1)
})

t('a new leader announces again, and tells of what ended without a leader', () => {
  const lab = runs([...db(', promoted: 1'), fencing(three)])
  const mark = lab.events.length
  lab.opMs = 500
  lab.row('n3', 'db', { state: 'failed', failCount: 1, lastFailure: { action: 'monitor', rc: 7, exitReason: '', agoMs: 0, class: 'soft' } })
  lab.run(700)
  assert.ok(acts(lab, mark).includes('stop db@n3'))
  lab.host('n1').on = false
  lab.hear('n2', 'n1', 'manager-down')
  lab.run(1000)
  assert.is(lab.host('n3').rows.get(lab.id('db'))?.untold?.action, 'stop', 'it stopped, and nobody was there to tell it')
  const later = lab.events.length
  lab.hear('n2', 'n1', 'suspect')
  lab.lead('n2')
  lab.run(5000)
  order(acts(lab, later), ['post-stop db@n2'], ['pre-start db@n2'], ['start db@n3'], ['post-start db@n2', 'post-start db@n3'])
})

t('notifications count in what may be under way', () => {
  const lab = new Lab(three, ['properties: {batch-limit: 1}', ...promotable])
  let under = 0
  let most = 0
  lab.loses = () => {
    most = Math.max(most, ++under)
    return false
  }
  lab.agent = () => {
    under--
    return 0
  }
  lab.lead('n1')
  lab.run(10_000)
  settled(lab, 'n2')
  assert.is(most, 1)
})

t('what fails while it is told of is recovered without waiting for that', () => {
  const lab = new Lab(three, promotable)
  lab.loses = (o, at) => o.notify?.['notify_type'] === 'post' && o.notify['notify_operation'] === 'start' && at === 'n1'
  lab.lead('n1')
  lab.run(2000)
  lab.row('n3', 'db', { state: 'failed', failCount: 1, lastFailure: { action: 'monitor', rc: 7, exitReason: '', agoMs: 0, class: 'soft' } })
  lab.loses = () => false
  lab.run(5000)
  settled(lab, 'n2')
})

t('a node that is back in a newer life, and was not fenced: what ran there has ended, and the others are told', () => {
  const nodes = { n1: 'alive', n2: 'rebooted', n3: 'alive' } as const
  const [notices] = plan(inputFor({ config: promotable, nodes, running: { db: 'n1 n2* n3', vip: 'n2' } })).notices
  assert.equal(
    notices?.due.map((d) => [d.action, d.id]),
    [['stop', 'n2-life1']],
  )
  assert.equal([notices?.lists['notify_stop_uname'], notices?.lists['notify_active_uname']], ['n2', 'n1 n2 n3'])
})

t('an answer that is ahead of its row: nothing goes on before the others were told', () => {
  const lab = new Lab(three, promotable)
  lab.rowsLateMs = 15
  lab.lead('n1')
  lab.run(5000)
  order(
    acts(lab),
    ['start db@n2'],
    ['post-start db@n2'],
    ['pre-promote db@n2'],
    ['promote db@n2'],
    ['post-promote db@n2'],
    ['start vip@n2'],
  )
  settled(lab, 'n2')
})

t('what was not told of yet is not over; what has failed since is', () => {
  const untold = (action: Noticed): Partial<Row> => ({ untold: { op: '1.1.1' as OpId, action } })
  const of = (rows: Spec['rows'], more: readonly string[] = []): string[] => {
    const nodes = { n1: 'alive', n2: 'alive', n3: 'alive' } as const
    const p = plan(inputFor({ config: [...promotable, ...more], nodes, running: { db: 'n1 n2* n3', vip: 'n2' }, ...(rows && { rows }) }))
    return p.actions.map((a) => `${a.id}${a.busy ? ' busy' : ''}`)
  }
  assert.equal(of({}), [])
  assert.equal(of({ 'db@n3': untold('start') }), ['start:db@n3 busy'])
  assert.equal(of({ 'db@n2': untold('promote') }), ['promote:db@n2 busy'])
  const failed: Partial<Row> = {
    state: 'failed',
    failCount: 1,
    lastFailure: { action: 'monitor', rc: 7, exitReason: '', agoMs: 0, class: 'soft' },
  }
  assert.equal(of({ 'db@n3': { ...failed, ...untold('start') } }), ['stop:db@n3', 'start:db@n3'])
  const standby = ['nodes: {n3: {standby: true}}']
  assert.equal(of({ 'db@n3': untold('demote') }, standby), ['stop:db@n3 busy'])
  assert.equal(of({}, standby), ['stop:db@n3'])
})

const lists = (spec: Partial<Spec>): Record<string, string> => {
  const full: Spec = { config: promotable, nodes: { n1: 'alive', n2: 'alive', n3: 'alive' }, ...spec }
  return { ...plan(inputFor(full)).notices[0]?.lists }
}

t('the lists are what was before, and what is done', () => {
  assert.equal(lists({ running: { db: 'n1 n2*', vip: 'n2' } }), {
    notify_start_resource: 'db:2',
    notify_start_uname: 'n3',
    notify_stop_resource: ' ',
    notify_stop_uname: ' ',
    notify_active_resource: 'db:0 db:1',
    notify_active_uname: 'n1 n2',
    notify_inactive_resource: 'db:2',
    notify_inactive_uname: 'n3',
    notify_promote_resource: ' ',
    notify_promote_uname: ' ',
    notify_demote_resource: ' ',
    notify_demote_uname: ' ',
    notify_promoted_resource: 'db:1',
    notify_promoted_uname: 'n2',
    notify_master_resource: 'db:1',
    notify_master_uname: 'n2',
    notify_unpromoted_resource: 'db:0',
    notify_unpromoted_uname: 'n1',
    notify_slave_resource: 'db:0',
    notify_slave_uname: 'n1',
  })
  const told = lists({
    running: { db: 'n1 n2* n3', vip: 'n2' },
    rows: { 'db@n3': { untold: { op: '1.1.1' as OpId, action: 'start' } } },
  })
  assert.equal([told['notify_start_uname'], told['notify_active_uname'], told['notify_inactive_uname']], ['n3', 'n1 n2', 'n3'])
  const promoted = lists({
    running: { db: 'n1 n2* n3', vip: 'n2' },
    rows: { 'db@n2': { untold: { op: '1.1.1' as OpId, action: 'promote' } } },
  })
  assert.equal([promoted['notify_promote_uname'], promoted['notify_master_uname'], promoted['notify_slave_uname']], ['n2', ' ', 'n1 n2 n3'])
  const plain = plan(inputFor({ config: [...db().slice(0, 2), fencing(three)], nodes: { n1: 'alive', n2: 'alive', n3: 'alive' } }))
  assert.not.ok(Object.keys(plain.notices[0]?.lists ?? {}).some((k) => /promote|master|slave|demote/.test(k)))
})

t('who is asked: what works, on nodes that are not in doubt; nobody of a clone that does not notify', () => {
  const of = (over: Partial<Spec>) =>
    plan(
      inputFor({ config: promotable, nodes: { n1: 'alive', n2: 'alive', n3: 'alive' }, running: { db: 'n1 n2* n3', vip: 'n2' }, ...over }),
    ).notices
  const nodes = (over: Partial<Spec>) => of(over)[0]?.audience.map((a) => a.node)
  assert.equal(nodes({}), three.map(node))
  assert.equal(nodes({ nodes: { n1: 'alive', n2: 'suspect', n3: 'leaving' } }), ['n1', 'n3'].map(node))
  assert.equal(nodes({ rows: { 'db@n3': { state: 'failed' } } }), ['n1', 'n2'].map(node))
  assert.equal(nodes({ rows: { 'db@n3': { state: 'failed', outdated: 1 } } }), three.map(node), 'it only has other parameters')
  assert.equal(nodes({ config: [...promotable, 'nodes: {n3: {maintenance: true}}'] }), ['n1', 'n2'].map(node))
  assert.equal(of({ config: [...db(', promoted: 1', 'false'), fencing(three)] }), [])
  assert.is(boot('n1'), 'n1-life1')
})

t.run()
