/** The pure parts: environment of an operation, failure history, stop order, exit reasons. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { expiresAt, failed, forget, healthy, noHistory } from '../../../actors/resource/history.js'
import { exitReason, printable } from '../../../actors/resource/ocf.js'
import { agentOp, boundedMs, paramProblem, parseAgent } from '../../../actors/resource/ops.js'
import { stoppable } from '../../../actors/resource/order.js'
import { opId, resourceId } from '../../../runtime/ids.js'
import { instant } from '../../../runtime/time.js'
import { configOf, doc, meta, op } from './bench.js'

const t = suite('resource parts')
const request = { id: opId('1.2.3'), resource: resourceId('r1'), node: 'n1', token: 7 }

t('[C3] the environment of a stock OCF agent is complete', () => {
  const made = agentOp({
    ...request,
    doc: doc('vip', { agent: 'ocf:heartbeat:IPaddr2', params: { ip: '192.0.2.1' } }),
    action: 'monitor',
    op: op(5_000, { intervalMs: 10_000, depth: 10 }),
  })
  if ('problem' in made) throw new Error(made.problem)
  assert.equal(made.argv, ['ocf:heartbeat:IPaddr2', 'monitor'])
  assert.equal(made.env, {
    OCF_RA_VERSION_MAJOR: '1',
    OCF_RA_VERSION_MINOR: '1',
    OCF_RESOURCE_INSTANCE: 'vip',
    OCF_RESOURCE_TYPE: 'IPaddr2',
    OCF_RESOURCE_PROVIDER: 'heartbeat',
    OCF_CHECK_LEVEL: '10',
    OCF_RESKEY_crm_feature_set: '3.16.1',
    OCF_RESKEY_CRM_meta_name: 'monitor',
    OCF_RESKEY_CRM_meta_timeout: '5000',
    OCF_RESKEY_CRM_meta_interval: '10000',
    OCF_RESKEY_CRM_meta_on_node: 'n1',
    OCF_RESKEY_CRM_meta_on_node_uuid: 'n1',
    KYHA_TOKEN: '7',
    OCF_RESKEY_ip: '192.0.2.1',
  })
  assert.is(made.changes, false)
  assert.is(made.reap, false)
})

t('only start, promote and demote change; only a stop reaps, unless the resource opts out', () => {
  const of = (action: string, reap = true): string => {
    const made = agentOp({ ...request, doc: doc('a', { meta: { ...meta, reap } }), action, op: op(1_000) })
    return 'problem' in made ? made.problem : `${made.changes} ${made.reap}`
  }
  assert.equal(
    ['start', 'promote', 'demote', 'stop', 'monitor'].map((a) => of(a)),
    ['true false', 'true false', 'true false', 'false true', 'false false'],
  )
  assert.is(of('stop', false), 'false false')
})

t('a systemd unit runs through kyha:systemd; names that no agent can have are refused', () => {
  assert.equal(parseAgent('systemd:nginx@1.service'), {
    program: 'kyha:systemd',
    provider: 'kyha',
    type: 'systemd',
    unit: 'nginx@1.service',
  })
  for (const bad of [
    '',
    'ocf:x',
    'ocf:heartbeat:../../etc/passwd',
    'ocf:.hidden:x',
    'kyha:.lib.sh',
    'kyha:../x',
    '/bin/sh',
    'systemd:-x',
    'kyha:a b',
    'lsb:x\n',
  ]) {
    assert.is(parseAgent(bad), undefined, bad)
  }
})

t('parameter names and values that are no environment are refused with a sentence', () => {
  assert.is(paramProblem({ a: 'x\ny', 'b-c': '' }), undefined)
  assert.match(paramProblem({ 'PATH=x': '' }) ?? '', 'characters other than')
  assert.match(paramProblem({ a: 'x'.repeat(20_000) }) ?? '', '20000 characters')
  assert.match(paramProblem({ a: '\0' }) ?? '', 'NUL')
  assert.match(paramProblem(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`p${i}`, '']))) ?? '', '300 parameters')
})

t('time limits are bounded', () => {
  assert.equal(
    [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1, 1e15, 1500.7].map(boundedMs),
    [20_000, 20_000, 20_000, 20_000, 100, 86_400_000, 1_500],
  )
})

const at = (ms: number) => ({ action: 'monitor', rc: 1, exitReason: '', class: 'soft' as const, of: 0, atMs: instant(ms) })

t('[C2] consecutive: the row lives on until healthy long enough, or until its time is over', () => {
  const rules = { failureCounting: 'consecutive' as const, failureTimeoutMs: 10_000 }
  const h = failed(failed(noHistory, at(0), true), at(8_000), true)
  assert.is(forget(h, rules, instant(17_999)).counted.length, 2)
  assert.is(forget(h, rules, instant(18_000)).counted.length, 0)
  assert.is(healthy(h, rules, instant(17_999)).counted.length, 2)
  assert.is(healthy(h, rules, instant(18_000)).counted.length, 0)
  assert.is(expiresAt(h, { ...rules, failureTimeoutMs: 0 }), undefined)
  assert.is(healthy(h, { ...rules, failureTimeoutMs: 0 }, instant(67_999)).counted.length, 2)
  assert.is(healthy(h, { ...rules, failureTimeoutMs: 0 }, instant(68_000)).counted.length, 0)
})

t('window: each failure has its own age; success changes nothing', () => {
  const rules = { failureCounting: 'window' as const, failureTimeoutMs: 10_000 }
  const h = failed(failed(noHistory, at(0), true), at(8_000), true)
  assert.is(expiresAt(h, rules), 10_000)
  assert.is(healthy(h, rules, instant(9_999)).counted.length, 2)
  assert.is(forget(h, rules, instant(10_000)).counted.length, 1)
  assert.is(forget(h, rules, instant(18_000)).counted.length, 0)
})

t('the count saturates at 256', () => {
  let h = noHistory
  for (let i = 0; i < 300; i++) h = failed(h, at(i), true)
  assert.is(h.counted.length, 256)
})

t('a circle of orders still stops: the one configured last goes first', () => {
  const orders = [
    // biome-ignore lint/suspicious/noThenProperty: the configuration's own word
    { id: 'x', first: 'a', then: 'b', kind: 'Mandatory' as const, symmetrical: true },
    // biome-ignore lint/suspicious/noThenProperty: the configuration's own word
    { id: 'y', first: 'b', then: 'a', kind: 'Mandatory' as const, symmetrical: true },
  ]
  assert.equal(stoppable(configOf([doc('a'), doc('b')], [], { orders }), ['a', 'b']), ['b'])
  // biome-ignore lint/suspicious/noThenProperty: the configuration's own word
  const asymmetric = [{ id: 'x', first: 'a', then: 'b', kind: 'Mandatory' as const, symmetrical: false }]
  assert.equal(stoppable(configOf([doc('a'), doc('b')], [], { orders: asymmetric }), ['a', 'b']), ['a', 'b'])
})

t('the exit reason is the last marked line, else what the guard says, else the last line', () => {
  assert.is(exitReason({ end: 'exited', detail: '', stderr: 'ocf-exit-reason:one\nocf-exit-reason: two \nx\n' }), 'two')
  assert.is(exitReason({ end: 'timeout', detail: 'ended after 5 ms', stderr: 'x\n' }), 'ended after 5 ms')
  assert.is(exitReason({ end: 'exited', detail: '', stderr: 'a\n  b \n\n' }), 'b')
  assert.is(printable('a\u0000\u001b[31mb\u2066c'), 'a [31mb c')
})

t.run()
