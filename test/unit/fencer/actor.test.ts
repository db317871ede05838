/** The fencer: levels, what counts as a confirmation, retries, cancels. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { actor } from '../../../actors/fencer/actor.js'
import type { FencerIn } from '../../../actors/fencer/messages.js'
import { fenceOp } from '../../../actors/fencer/topology.js'
import { apply } from '../../../actors/log/apply.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { AgentResult, Effect } from '../../../runtime/actor.js'
import { index, opId, resourceId, term, token } from '../../../runtime/ids.js'
import { add, boot, node } from '../coordinator/world.js'
import { Bench, because, dummy, two } from './bench.js'

const t = suite('fencer')

t('the lowest level is asked first, on stdin, secrets left to the host', () => {
  const [op] = new Bench().order().ops
  assert.is(op?.argv.join(' '), 'fence_ipmilan')
  assert.equal(op?.stdin?.trim().split('\n'), ['ip=10.0.0.2', 'passwd=@secret:ipmi', 'nodename=n2', 'port=n2', 'plug=n2', 'action=off'])
  assert.is(op?.resource, 'fence/ipmi')
  assert.is(op?.timeoutMs, 5000)
})

t('exit code 0 of off confirms', () => {
  const b = new Bench().order().end({})
  assert.is(b.result?.confirmed, true)
  assert.is(b.result?.device, 'ipmi')
  assert.equal(b.fencer.tasks, {})
  assert.is(b.fencer.history.length, 1)
})

for (const over of [{ rc: 1 }, { rc: 2 }, { end: 'timeout' }, { end: 'signalled' }, { end: 'refused' }, { end: 'spawn-failed' }] as const) {
  t(`${JSON.stringify(over)} confirms nothing (S5)`, () => {
    const b = new Bench().order().end(over)
    assert.is(b.result, undefined)
    assert.equal(b.ops[0]?.resource, 'fence/pdu-a', 'the next level is asked')
  })
}

t('all devices of a level are needed', () => {
  const b = new Bench().order().end({ rc: 1 })
  b.end({})
  assert.is(b.result, undefined)
  assert.is(b.ops[0]?.resource, 'fence/pdu-b')
  assert.match(b.ops[0]?.stdin ?? '', /port=7\n/)
  b.end({ rc: 1 })
  assert.is(b.result?.confirmed, false, 'one of two is not enough')
  assert.match(b.result?.detail ?? '', /ipmi.*pdu-b/)
})

t('a failed round is answered and tried again with growing waits, new op ids', () => {
  const b = new Bench([dummy, 'fencing: [{name: pdu, agent: fence_apc, hosts: {n2: "4"}}]']).order()
  const waits: number[] = []
  const ids = new Set<string>()
  for (let n = 0; n < 7; n++) {
    ids.add(b.fencer.tasks[node('n2')]?.op ?? '')
    b.end({ end: 'timeout' })
    assert.is(b.result?.confirmed, false)
    const due = b.out.find((e) => e.do === 'timer' && e.key.startsWith('next'))
    waits.push(due?.do === 'timer' ? due.atMs - b.now : -1)
    b.give({ type: 'next', node: node('n2') })
  }
  assert.equal(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  assert.is(ids.size, 7)
})

t('verify: after off the device has to report off as well', () => {
  const b = new Bench([dummy, 'fencing: [{name: pdu, agent: fence_apc, params: {verify: "true"}, hosts: {n2: "4"}}]']).order()
  b.end({})
  assert.is(b.result, undefined)
  assert.match(b.ops[0]?.stdin ?? '', /action=status\n$/)
  assert.not.match(b.ops[0]?.stdin ?? '', /verify/)
  assert.is(
    new Bench([dummy, 'fencing: [{name: pdu, agent: fence_apc, params: {verify: "true"}, hosts: {n2: "4"}}]'])
      .order()
      .end({})
      .end({ rc: 0 }).result?.confirmed,
    false,
  )
  b.end({ rc: 2 })
  assert.is(b.result?.confirmed, true)
})

t('nothing is run before the log shows the intent here', () => {
  const b = new Bench(two, false)
  const later = { type: 'fence-intent', node: node('n2'), boot: boot('n2'), because } as const
  b.give({ type: 'fence', intent: index(b.state.index + 1), node: node('n2'), boot: boot('n2') })
  assert.equal(b.ops, [])
  const entry = { index: index(b.state.index + 1), term: term(1), entry: later }
  b.give({ type: 'committed', entry })
  assert.is(b.ops.length, 1)
  assert.ok(apply(b.state, entry).refused === undefined)
})

t('an order for another life, or without an intent, runs nothing', () => {
  const b = new Bench()
  b.give({ type: 'fence', intent: b.state.index, node: node('n2'), boot: boot('n2', 9) })
  assert.equal(b.ops, [])
  b.give({ type: 'fence', intent: index(b.state.index - 1), node: node('n2'), boot: boot('n2') })
  assert.equal(b.ops, [])
})

t('a life that is over, or a cancel, ends the retries', () => {
  const b = new Bench().order()
  b.give({
    type: 'committed',
    entry: { index: index(b.state.index + 1), term: term(1), entry: { type: 'admit', node: node('n2'), boot: boot('n2', 2) } },
  })
  assert.equal(b.fencer.tasks, {})
  const c = new Bench().order().give({ type: 'fence-cancel', node: node('n2'), boot: boot('n2') })
  assert.equal(c.fencer.tasks, {})
})

t('no device for the node: not confirmed, with a sentence', () => {
  const b = new Bench([dummy]).order()
  assert.is(b.result?.confirmed, false)
  assert.match(b.result?.detail ?? '', /no fence device lists n2/)
})

t('fencing-action reboot: turned on after it was confirmed off, never before', () => {
  const b = new Bench(['properties: {fencing-action: reboot}', ...two]).order()
  b.end({ rc: 1 }).end({})
  assert.not.ok(b.ops.some((op) => op.action === 'on'))
  b.end({})
  assert.is(b.result?.confirmed, true)
  assert.equal(
    b.ops.map((op) => [op.action, op.resource]),
    [
      ['on', 'fence/pdu-a'],
      ['on', 'fence/pdu-b'],
    ],
  )
})

t('the guard says nothing: unconfirmed', () => {
  const b = new Bench([dummy, 'fencing: [{name: pdu, agent: fence_apc, hosts: {n2: "4"}}]']).order()
  const due = b.out.find((e) => e.do === 'timer' && e.key.startsWith('overdue'))
  if (due?.do !== 'timer') throw new Error('no limit is set')
  b.give(due.msg as FencerIn)
  assert.is(b.result?.confirmed, false)
})

t('a parameter with a line break never reaches an agent', () => {
  const device = {
    name: 'pdu',
    agent: 'fence_apc',
    params: { ip: '1.2.3.4\naction=status' },
    hosts: { n2: '4' },
    level: 1,
    timeoutMs: 1000,
    delayMs: 0,
  }
  assert.ok('problem' in fenceOp(device, 'n2', 'off', 'x'))
  assert.not.ok('problem' in fenceOp({ ...device, params: { ip: '1.2.3.4' } }, 'n2', 'off', 'x'))
})

t('an answered order is answered again, without another run', () => {
  const b = new Bench().order().end({})
  b.order()
  assert.equal(b.ops, [])
  assert.is(b.result?.confirmed, true)
})

t('history is bounded, finished runs of an earlier life are acknowledged and not believed', () => {
  const b = new Bench([dummy, 'fencing: [{name: pdu, agent: fence_apc, hosts: {n2: "4"}}]']).order()
  for (let n = 0; n < 70; n++) b.end({ rc: 1 }).give({ type: 'next', node: node('n2') })
  assert.is(b.fencer.history.length, 64)
  const past = {
    type: 'agent-result',
    id: opId('fence.1.old.pdu.1'),
    resource: resourceId('fence/pdu'),
    action: 'off',
    end: 'exited',
    rc: 0,
    detail: '',
    stdout: '',
    stderr: '',
    durationMs: 1,
  } as const
  b.give({ type: 'agent-inventory', resources: [{ resource: resourceId('fence/pdu'), token: token(0), pids: 0, finished: [past] }] })
  assert.is(b.result, undefined)
  assert.ok(b.out.some((e) => e.do === 'agent-ack' && e.id === past.id))
})

const says = (b: Bench): readonly string[] => b.out.flatMap((e) => (e.do === 'say' ? [e.verdict.key as string] : []))

t('the same order again while it is being carried out starts nothing, and the newest asker is answered', () => {
  const b = new Bench().order()
  const op = b.fencer.tasks[node('n2')]?.op
  const again = actor.receive(
    b.fencer,
    { type: 'fence', intent: b.state.index, node: node('n2'), boot: boot('n2') },
    { ...b.env, from: { node: node('n3'), path: 'coordinator' } },
  )
  assert.equal(again.effects, [])
  b.fencer = again.state
  assert.is(b.fencer.tasks[node('n2')]?.op, op)
  b.end({})
  const answer = b.out.find((e) => e.do === 'send' && e.msg.type === 'fence-result')
  assert.equal(answer?.do === 'send' && answer.to, { node: node('n3'), path: 'coordinator' })
})

t('a cancel for another life of the node changes nothing', () => {
  const b = new Bench().order()
  b.give({ type: 'fence-cancel', node: node('n2'), boot: boot('another') })
  assert.ok(b.fencer.tasks[node('n2')])
  b.give({ type: 'fence-cancel', node: node('n2'), boot: boot('n2') })
  assert.equal(b.fencer.tasks, {})
})

t('a hole in what the log tells: the whole state is asked for, and nothing is done on a guess', () => {
  const b = new Bench().order()
  const { index: at, term: now } = b.state
  const entry = { type: 'fence-intent', node: node('n3'), boot: boot('n3'), because } as const
  const before = b.fencer
  b.give({ type: 'committed', entry: { index: index(at + 2), term: now, entry } })
  assert.equal(b.out, [{ do: 'send', to: { path: 'log' }, msg: { type: 'hello' }, class: 'control' }])
  assert.is(b.fencer, before)
  b.give({ type: 'committed', entry: { index: at, term: now, entry } })
  assert.equal([b.out, b.fencer === before], [[], true], 'an entry that is known already is nothing new')
  b.give({ type: 'state', state: { ...b.state, index: index(at - 1) } })
  assert.is(b.fencer, before, 'nor is an older state')
})

t('a device that cannot be asked counts as one that failed, and says why', () => {
  const ipmi = `fencing: [{name: ipmi, agent: fence_ipmilan, params: {ip: "a\\nb"}, hosts: {n2: ""}}]`
  const b = new Bench([dummy, ipmi]).order()
  assert.equal(b.ops, [])
  assert.is(b.result?.confirmed, false)
  assert.match(b.result?.detail ?? '', /ip of ipmi holds a line break/)
})

t('after a reboot fence, an `on` that fails is said; one that works is not; neither is taken for a confirmation', () => {
  const b = new Bench([...two, 'properties: {fencing-action: reboot}']).order().end({})
  const [on] = b.ops
  assert.is(on?.action, 'on')
  const ended = (over: Partial<AgentResult>): AgentResult => ({
    type: 'agent-result',
    id: opId(on?.id ?? ''),
    resource: resourceId('fence/ipmi'),
    action: 'on',
    end: 'exited',
    rc: 0,
    detail: '',
    stdout: '',
    stderr: '',
    durationMs: 1,
    ...over,
  })
  b.give(ended({}))
  assert.equal([says(b), b.result], [[], undefined])
  b.give(ended({ rc: 1, stderr: 'no route\n' }))
  assert.equal([says(b), b.result], [['fencer.not-on'], undefined])
  b.give(ended({ end: 'timeout', action: 'off' }))
  assert.equal([says(b), b.result], [[], undefined], 'of an off that nobody waits for nothing is said')
  b.give({ ...ended({}), resource: resourceId('web') })
  assert.equal(b.out, [], 'a result that is no fence’s is not acknowledged here')
})

t('a device that is taken out of the configuration while it runs confirms nothing', () => {
  const b = new Bench().order()
  b.give({ type: 'state', state: { ...b.state, config: { ...b.state.config, fencing: [] } } })
  b.end({})
  assert.is(b.result?.confirmed, false)
  assert.match(b.result?.detail ?? '', /a removed device: off ended with exit code 0/)
})

t('a life that left, or whose intent is another one, is not fenced', () => {
  for (const change of [{ state: 'left' }, { since: index(1) }] as const) {
    const b = new Bench()
    const life = b.state.lives[node('n2')]
    const lives = { ...b.state.lives, [node('n2')]: { ...life, ...change } }
    b.give({ type: 'state', state: { ...b.state, lives } as ClusterState }).order()
    assert.equal([b.ops, b.fencer.tasks], [[], {}], JSON.stringify(change))
  }
})

const self = [dummy, 'fencing: [{name: self, agent: fence_watchdog, lease: 3s, hosts: {n2: ""}}]']
const leased = { type: 'leased', node: node('n2'), boot: boot('n2'), leaseMs: 3_000, watchdogMs: 4_000, armed: true } as const
/** n2 has a lease, and is to be fenced. */
function outlived(): Bench {
  const b = new Bench(self, false)
  b.state = add(add(b.state, leased), { type: 'fence-intent', node: node('n2'), boot: boot('n2'), because })
  return b.give({ type: 'state', state: b.state })
}

t('a watchdog is no evidence for a life that has no lease', () => {
  const b = new Bench(self).order()
  assert.equal(b.ops, [])
  assert.is(b.result?.confirmed, false)
  assert.match(b.result?.detail ?? '', /no lease/)
})

t(
  'a life with a lease is certain to be over after the lease and twice the watchdog, not before, and until then it may be called back',
  () => {
    const b = outlived().order()
    assert.equal([b.ops.length, b.result?.confirmed, b.result?.waits], [0, false, true])
    const timer = b.out.find((e) => e.do === 'timer')
    assert.is.not(timer, undefined)
    const due = timer as Extract<Effect, { do: 'timer' }>
    assert.ok(due.atMs - b.now >= 3_000 * 1.02 + 2 * 4_000 + 1_000, 'L(1 + 2 drift) + Tp + 2 Tw')
    b.now = due.atMs
    b.give(due.msg as FencerIn)
    assert.equal([b.result?.confirmed, b.result?.device], [true, 'self'])
  },
)

t('a node that ends itself is waited for no longer once it is called back', () => {
  const b = outlived().order()
  const due = b.out.find((e) => e.do === 'timer') as Extract<Effect, { do: 'timer' }>
  b.give({ type: 'fence-cancel', node: node('n2'), boot: boot('n2') })
  b.now = due.atMs
  b.give(due.msg as FencerIn)
  assert.is(b.result, undefined)
})

t('with two voters a watchdog is no evidence', () => {
  const b = outlived()
  b.state = { ...b.state, members: b.state.members.slice(0, 2) }
  b.give({ type: 'state', state: { ...b.state, index: index(b.state.index + 1) } }).order()
  assert.is(b.result?.confirmed ?? false, false)
  assert.not.ok(b.result?.waits)
})

t.run()
