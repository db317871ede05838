/** An instance of a clone and its promoted role on one node: each under its own right, and what the agent is told of the clone. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { instanceRight, promotedRight } from '../../../actors/log/right.js'
import type { CloneDoc, ConfigDoc, ResourceDoc } from '../../../runtime/config/document.js'
import { bootId, token } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'
import { Bench, configOf, doc, me, op, peer } from './bench.js'

const t = suite('resource: clones')
const because = verdict('config', 'log.config', {})

const clone: CloneDoc = {
  name: 'a-clone',
  resource: 'a',
  ordered: false,
  interleave: true,
  notify: false,
  promoted: 1,
  targetRole: 'Started',
}
const bench = (): Bench => new Bench(configOf([doc('a')], [], { clones: [clone] })).boot()
const run = (b: Bench) => instanceRight(b.id('a'), me)
const role = (b: Bench) => promotedRight(b.id('a'), 0)

t('an instance starts under its own right, and its agent is told that it is one', () => {
  const b = bench()
  const token = b.grant('a', false, run(b))
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.token, token)
  const start = b.runs.find((r) => r.action === 'start')
  assert.equal(
    ['clone', 'clone_max', 'promotable', 'promoted_max'].map((k) => start?.env[`OCF_RESKEY_CRM_meta_${k}`]),
    ['0', '2', 'true', '1'],
  )
})

t('a promotion that waits for a monitor which finds that its instance has died is refused, and never begins (S17)', () => {
  const b = bench()
  const token = b.grant('a', false, run(b))
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  const promoted = b.grant('a', false, role(b))
  b.answers = (o) => (o.action === 'monitor' ? { ms: 50 } : undefined)
  b.active.clear()
  b.death('a')
  b.run(10)
  const late = b.order('a', 'promote', { right: role(b), token: promoted })
  b.run(500)
  assert.match(b.results().find((r) => r.op === late.op)?.exitReason ?? '', /only what runs can be promoted/)
  assert.equal(b.actions('a').includes('promote'), false)
})

t('a promotion needs the right to the promoted role, and something that runs', () => {
  const b = bench()
  const token = b.grant('a', false, run(b))
  const early = b.grant('a', false, role(b))
  b.order('a', 'promote', { right: role(b), token: early })
  b.run(20)
  assert.match(b.results().at(-1)?.exitReason ?? '', /does not run here/)
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  b.order('a', 'promote', { right: run(b), token })
  b.run(20)
  assert.match(b.results().at(-1)?.exitReason ?? '', /is not one to its promoted role/)
  b.order('a', 'start', { right: role(b), token: early })
  b.run(20)
  assert.match(b.results().at(-1)?.exitReason ?? '', /is not one to run it/)
  b.order('a', 'promote', { right: role(b), token: early })
  b.run(100)
  assert.is(b.row('a')?.state, 'promoted')
  assert.is(b.row('a')?.token, token, 'to the guard the role is one with the instance')
  b.order('a', 'demote', { right: role(b), token: early })
  b.run(100)
  assert.is(b.row('a')?.state, 'running')
  assert.equal(
    b.actions('a').filter((a) => a !== 'monitor'),
    ['start', 'promote', 'demote'],
  )
  assert.equal(b.wrongs, [])
})

t('after a stop it starts again under its old right, whatever has been promoted in between', () => {
  const b = bench()
  const token = b.grant('a', false, run(b))
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  b.order('a', 'promote', { right: role(b), token: b.grant('a', false, role(b)) })
  b.run(100)
  b.order('a', 'stop', { right: run(b), token })
  b.run(100)
  assert.is(b.row('a')?.state, 'stopped')
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  assert.is(b.row('a')?.state, 'running')
})

t('a promotion that waits is void when the right to it goes', () => {
  const b = bench()
  const token = b.grant('a', false, run(b))
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  const right = b.grant('a', false, role(b))
  b.answers = (op) => (op.action === 'monitor' ? { ms: 300 } : undefined)
  b.death('a')
  b.run(20)
  b.order('a', 'promote', { right: role(b), token: right })
  b.run(20)
  b.grant('a', false, role(b))
  b.run(2_000)
  assert.not.ok(b.actions('a').includes('promote'))
  assert.match(b.results().at(-1)?.exitReason ?? '', /was replaced while it waited/)
  assert.is(b.row('a')?.state, 'running')
})

t('what follows the promoted role starts only where that is now, however old its order is', () => {
  const colocations = [{ id: 'c', resource: 'b', with: 'a-clone', score: 1_000_000, withRole: 'Promoted' as const }]
  // biome-ignore lint/suspicious/noThenProperty: a word of the document
  const orders = [{ id: 'o', first: 'a-clone', firstAction: 'promote' as const, then: 'b', kind: 'Mandatory' as const, symmetrical: true }]
  const b = new Bench(configOf([doc('a'), doc('b')], [], { clones: [clone], colocations, orders })).boot()
  const token = b.grant('a', false, run(b))
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  const follows = b.grant('b')
  b.order('b', 'start', { token: follows })
  b.run(50)
  assert.match(b.results().at(-1)?.exitReason ?? '', /comes before it, is not known to run here/)
  b.order('a', 'promote', { right: role(b), token: b.grant('a', false, role(b)) })
  b.run(100)
  b.order('b', 'start', { token: follows })
  b.run(100)
  assert.is(b.row('b')?.state, 'running')
})

/** One resource that follows all instances of a clone, wherever it is placed. */
function follower(more: { readonly requireAll?: false }, over: Partial<ConfigDoc['resources'][number]> = {}): Bench {
  // biome-ignore lint/suspicious/noThenProperty: a word of the document
  const orders = [{ id: 'o', first: 'a-clone', then: 'b', kind: 'Mandatory' as const, symmetrical: true, ...more }]
  const { promoted: _, ...plain } = clone
  const b = new Bench(configOf([doc('a', over), doc('b')], [], { clones: [plain], orders })).boot()
  b.grant('b')
  return b
}
const refusal = /^a, which comes before it, is not known to run here/

t('what follows a clone does not start where an instance has to run and does not, however old its order is (S17)', () => {
  const b = follower({})
  const token = b.grant('a', false, run(b))
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  b.quorum(false)
  b.run(200)
  b.quorum(true)
  // Its leader stood still, and has heard that b is stopped here, but not yet that the instance is, too.
  b.order('b', 'start')
  b.run(100)
  assert.match(b.results().at(-1)?.exitReason ?? '', refusal)
  assert.is(b.actions('b').includes('start'), false)
  b.order('a', 'start', { right: run(b), token })
  b.run(100)
  b.order('b', 'start')
  b.run(100)
  assert.is(b.row('b')?.state, 'running')
})

t('what follows a clone starts where no instance has to run: none has a right here, others are enough, or it is left alone', () => {
  const starts = (b: Bench): boolean => {
    b.order('b', 'start')
    b.run(100)
    return b.row('b')?.state === 'running'
  }
  assert.is(starts(follower({})), true)
  const enough = follower({ requireAll: false })
  enough.grant('a', false, run(enough))
  assert.is(starts(enough), false, 'the only instance that has a right')
  const there = bootId('c'.repeat(32))
  enough.commit({ type: 'admit', node: peer, boot: there })
  const grants = [{ resource: instanceRight(enough.id('a'), peer), node: peer, boot: there }]
  enough.commit({ type: 'decision', certificates: [], releases: [], grants, because })
  assert.is(starts(enough), true, 'one of two')
  const left = follower({}, { meta: { ...doc('a').meta, managed: false } })
  left.grant('a', false, run(left))
  assert.is(starts(left), true)
})

t(
  'a start that comes when what an order puts before it has stopped here is refused, also without a colocation or of a member (S17)',
  () => {
    // biome-ignore lint/suspicious/noThenProperty: a word of the document
    const orders = [{ id: 'o', first: 'a', then: 'c', kind: 'Mandatory' as const, symmetrical: true }]
    const groups = [{ name: 'g', members: ['b', 'c'], targetRole: 'Started' as const }]
    const b = new Bench(configOf([doc('a'), doc('b'), doc('c')], groups, { orders })).boot()
    b.up('b')
    b.grant('c')
    b.grant('a')
    b.order('c', 'start')
    b.run(100)
    assert.match(b.results().at(-1)?.exitReason ?? '', refusal)
    b.order('a', 'start')
    b.run(100)
    b.order('c', 'start')
    b.run(100)
    assert.is(b.row('c')?.state, 'running')
  },
)

t('what leaves the configuration under maintenance is stopped when that ends, also where both come in one entry', () => {
  const under = (on: boolean, ...names: string[]): ConfigDoc => {
    const config = configOf(names.map((n) => doc(n)))
    return { ...config, properties: { ...config.properties, maintenanceMode: on } }
  }
  for (const steps of [
    [under(true, 'a', 'b'), under(true, 'b'), under(false, 'b')],
    [under(true, 'a', 'b'), under(false, 'b')],
  ]) {
    const b = new Bench(configOf([doc('a'), doc('b')])).boot()
    b.up('a')
    for (const [i, config] of steps.entries()) {
      b.commit({ type: 'config', doc: config, by: 'test', because })
      b.run(200)
      assert.is(b.actions('a').includes('stop'), i === steps.length - 1)
    }
    assert.is(b.row('a')?.retired, true)
  }
})

const notifying: CloneDoc = { ...clone, notify: true }
const told = (b: Bench, type: string, action: string, lists: Record<string, string> = {}) =>
  b.order('a', 'notify', { notify: { notify_type: type, notify_operation: action, ...lists }, token: token(0) })
const notified = (b: Bench) => b.runs.filter((r) => r.action === 'notify')
/** The clone runs here, started by an order that told of the others. */
function notifies(more: Partial<ResourceDoc['ops']> = {}): Bench {
  const a = doc('a')
  const b = new Bench(configOf([{ ...a, ops: { ...a.ops, ...more } }], [], { clones: [notifying] })).boot()
  b.order('a', 'start', { right: run(b), token: b.grant('a', false, run(b)), notify: { notify_start_uname: 'node-1' } })
  b.run(100)
  return b
}

t('an agent is notified with what the order says, and nothing of it is shown or remembered afterwards', () => {
  const b = notifies({ notify: op(45_000) })
  assert.is(b.runs.find((r) => r.action === 'start')?.env['OCF_RESKEY_CRM_meta_notify_start_uname'], 'node-1')
  const row = JSON.stringify(b.row('a'))
  const rows = b.sent.filter((s) => s.msg.type === 'rows').length
  const monitors = (): number => b.actions('a').filter((one) => one === 'monitor').length
  const order = told(b, 'pre', 'promote', { notify_promote_uname: 'node-2', notify_slave_uname: ' ' })
  b.run(100)
  const [ran] = notified(b)
  const about = Object.entries(ran?.env ?? {}).filter(([k]) => k.startsWith('OCF_RESKEY_CRM_meta_notify'))
  assert.equal(
    about.map(([k, v]) => `${k.slice(20)}=${v}`),
    ['notify=true', 'notify_type=pre', 'notify_operation=promote', 'notify_promote_uname=node-2', 'notify_slave_uname= '],
  )
  assert.equal([ran?.timeoutMs, ran?.changes, ran?.env['OCF_RESKEY_CRM_meta_name']], [45_000, false, 'notify'])
  assert.equal(
    b
      .results()
      .filter((r) => r.op === order.op)
      .map((r) => r.ok),
    [true],
  )
  assert.is(JSON.stringify(b.row('a')), row)
  assert.is(b.sent.filter((s) => s.msg.type === 'rows').length, rows)
  const before = monitors()
  b.run(11_000)
  assert.ok(monitors() > before, 'it is watched as it was')
  b.order('a', 'monitor')
  b.run(100)
  const monitor = b.runs.findLast((r) => r.action === 'monitor')
  assert.not.ok(Object.keys(monitor?.env ?? {}).some((k) => k.includes('notify_')))
})

t('what ended well stands in the row until it is told of', () => {
  const b = notifies()
  assert.is(b.row('a')?.untold?.action, 'start')
  told(b, 'pre', 'start')
  told(b, 'post', 'stop')
  b.run(100)
  assert.is(b.row('a')?.untold?.action, 'start', 'it was told of something else')
  told(b, 'post', 'start')
  b.run(100)
  assert.is(b.row('a')?.untold, undefined)
  b.answers = (o) => (o.action === 'promote' ? { rc: 1 } : undefined)
  b.order('a', 'promote', { right: role(b), token: b.grant('a', false, role(b)) })
  b.run(100)
  assert.is(b.row('a')?.untold, undefined, 'a failure is no end')
  b.quorum(false)
  b.run(100)
  assert.equal([b.row('a')?.state, b.row('a')?.untold?.action], ['stopped', 'stop'], 'also of what nobody ordered')
  const plain = bench()
  plain.order('a', 'start', { right: run(plain), token: plain.grant('a', false, run(plain)) })
  plain.run(100)
  assert.is(plain.row('a')?.untold, undefined)
})

t('an instance that is not active is not notified, but learns that the others know', () => {
  const b = notifies()
  b.order('a', 'stop', { right: run(b), token: token(0) })
  b.run(100)
  assert.is(b.row('a')?.untold?.action, 'stop')
  const order = told(b, 'post', 'stop')
  b.run(100)
  assert.equal(notified(b), [])
  assert.is(b.results().find((r) => r.op === order.op)?.ok, true)
  assert.is(b.row('a')?.untold, undefined)
})

t('a notification that fails is said and is no failure; an agent that knows none has done its part', () => {
  const b = notifies()
  for (const [answer, ok, said] of [
    [{ rc: 3 }, true, 0],
    [{ rc: 1, stderr: 'ocf-exit-reason:no peer' }, false, 1],
    [{ end: 'timeout' }, false, 2],
  ] as const) {
    b.answers = (o) => (o.action === 'notify' ? answer : undefined)
    const order = told(b, 'post', 'start')
    b.run(100)
    assert.is(b.results().find((r) => r.op === order.op)?.ok, ok)
    assert.is(b.keys().filter((k) => k === 'resource.notify-failed').length, said)
    assert.equal([b.row('a')?.state, b.row('a')?.failCount, b.row('a')?.untold], ['running', 0, undefined])
  }
})

t('a promotion that waits behind a notification is refused when a monitor has found meanwhile that nothing runs (S17)', () => {
  const b = notifies()
  const right = b.grant('a', false, role(b))
  b.answers = ({ action }) => (action === 'monitor' || action === 'notify' ? { ms: 50 } : undefined)
  b.active.delete(b.id('a'))
  b.death('a')
  told(b, 'pre', 'start')
  const order = b.order('a', 'promote', { right: role(b), token: right })
  b.run(75)
  assert.is(b.row('a')?.state, 'failed')
  assert.is(b.inFlight.get(b.id('a'))?.action, 'notify')
  b.run(100)
  assert.not.ok(b.actions('a').includes('promote'))
  const answer = b.results().find((r) => r.op === order.op)
  assert.is(answer?.ok, false)
  assert.match(answer?.exitReason ?? '', /^what it stands on was stopped, or failed, while it waited/)
  assert.is(b.row('a')?.failCount, 1, 'what was not tried has not failed')
})

t('a monitor that made way for a notification is run after it, and again each interval', () => {
  const monitored = doc('a').ops.monitors
  for (const [monitors, hinted] of [
    [monitored, false],
    [monitored, true],
    [[], true],
  ] as const) {
    const b = notifies({ monitors })
    const count = (): number => b.actions('a').filter((action) => action === 'monitor').length
    b.answers = ({ action }) => (action === 'monitor' ? { ms: 60_000 } : undefined)
    if (hinted) b.death('a')
    b.run(hinted ? 20 : 11_000)
    const before = count()
    told(b, 'pre', 'start')
    b.run(90)
    assert.is(b.killed.length, 0)
    b.answers = () => undefined
    b.run(30)
    assert.is(b.killed.length, 1)
    assert.equal(b.actions('a').slice(-3), ['monitor', 'notify', 'monitor'])
    b.run(35_000)
    assert.ok(count() >= before + (monitors.length > 0 ? 4 : 1), `${count() - before} more`)
    assert.equal([b.row('a')?.state, b.row('a')?.failCount], ['running', 0])
  }
})

t('kyhad that begins anew while an agent is notified asks how its resource is, and takes no answer to that for it', () => {
  const b = notifies()
  b.answers = (o) => (o.action === 'notify' ? { ms: 300 } : undefined)
  told(b, 'post', 'start')
  b.run(50)
  b.active.delete(b.id('a'))
  b.restart().boot()
  b.run(1000)
  assert.is(b.row('a')?.state, 'stopped', 'the notification ended well, and it does not run')
})

t.run()
