/** Director and children together, in virtual time: orders, rows, quorum loss, changes of configuration. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Rows } from '../../../actors/coordinator/messages.js'
import type { Msg } from '../../../runtime/actor.js'
import { bootId, index, opId, term, token } from '../../../runtime/ids.js'
import { Bench, boot, configOf, doc, me, meta, op, peer } from './bench.js'

const t = suite('resource director')
const because = { do: 'x', key: 'resource.started', args: {}, severity: 'info' } as const

t('[C2] every configured resource is probed once at start and shown as stopped', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  assert.equal(b.actions('a'), ['monitor'])
  assert.is(b.runs[0]?.env['OCF_RESKEY_CRM_meta_interval'], '0')
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('b')?.state, 'stopped')
})

t('a granted start raises the token first, runs, is answered, and the row shows running under the token', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  const tok = b.up('a')
  assert.equal(b.actions('a'), ['monitor', 'start'])
  assert.equal(b.raised, [tok])
  assert.is(b.results().length, 1)
  assert.ok(b.results()[0]?.ok)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.token, tok)
  assert.is(b.row('a')?.took.start, 5)
})

t('S2: a start without grant, with another token, of another life or released is refused and never run', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.order('a', 'start', { token: token(9) })
  b.run(1)
  assert.match(b.results()[0]?.exitReason ?? '', 'no grant')
  const tok = b.grant('a')
  b.order('a', 'start', { token: token(tok + 1) })
  b.run(1)
  assert.match(b.results()[1]?.exitReason ?? '', `the order has token ${tok + 1}, the log has ${tok}`)
  b.order('a', 'start', { boot: bootId('c'.repeat(32)) })
  assert.is(b.results().length, 2, 'an order for another life is ignored, not answered')
  const resource = b.id('a')
  const releases = [{ resource, node: b.cluster.grants[resource]?.node ?? peer, boot, token: tok, how: 'stopped' as const, op: opId('x') }]
  b.commit({ type: 'decision', certificates: [], releases, grants: [], because })
  b.order('a', 'start', { token: tok })
  b.run(1)
  assert.match(b.results()[2]?.exitReason ?? '', 'released')
  b.run(1_000)
  assert.equal(b.actions('a'), ['monitor'])
})

t('S2: a grant of another node, or of an earlier life of this one, starts nothing here', () => {
  for (const owner of [{ boot: bootId('a'.repeat(32)) }, { node: peer }]) {
    const b = new Bench(configOf([doc('a')]))
    const resource = b.id('a')
    const grant = { resource, node: me, boot, token: token(2), released: false, ...owner }
    b.cluster = { ...b.cluster, grants: { [resource]: grant } }
    b.boot()
    b.order('a', 'start', { token: token(2) })
    b.run(100)
    assert.match(b.results()[0]?.exitReason ?? '', 'belongs to another node or an earlier life')
    assert.equal(b.actions('a'), ['monitor'])
  }
})

t('nothing is run for a resource before the guard said what it holds', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.restart()
  b.runs.length = 0
  b.listMs = 500
  b.boot()
  b.order('a', 'stop')
  b.run(200)
  assert.equal(b.actions('a'), [])
  b.run(2_000)
  assert.equal(b.actions('a'), ['stop', 'monitor'])
  assert.is(b.row('a')?.state, 'stopped')
})

t('rows of many changes at once go out together', () => {
  const names = Array.from({ length: 50 }, (_, i) => `r${i}`)
  const b = new Bench(configOf(names.map((n) => doc(n)))).boot()
  for (const name of names) b.grant(name)
  const before = b.sent.length
  for (const name of names) b.order(name, 'start')
  b.run(1_000)
  const sent = b.sent.slice(before).filter((s) => s.msg.type === 'rows' && s.to.node === peer)
  assert.ok(sent.filter((s) => s.to.path === 'coordinator').length <= 6)
  assert.ok(sent.filter((s) => s.to.path === 'console').length <= 3)
  for (const name of names) assert.is(b.row(name)?.state, 'running')
})

t('an order waits for its minIndex, and at most 1,024 wait', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  const at = b.cluster.index
  b.order('a', 'start', { minIndex: index(at + 1), token: token(at + 1) })
  b.run(100)
  assert.equal(b.actions('a'), ['monitor'])
  b.grant('a')
  b.run(100)
  assert.equal(b.actions('a'), ['monitor', 'start'])
  for (let i = 0; i < 1_025; i++) b.order('a', 'stop', { op: opId(`9.9.${i}`), minIndex: index(at + 100) })
  assert.is(b.results().filter((r) => /1024 orders wait/.test(r.exitReason)).length, 1)
})

t('S18: the same op id runs once and gives the same answer again', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.grant('a')
  const order = b.order('a', 'start')
  b.deliver('resource', order, { node: peer, path: 'coordinator' })
  b.run(100)
  b.deliver('resource', order, { node: peer, path: 'coordinator' })
  b.run(100)
  assert.is(b.actions('a').filter((x) => x === 'start').length, 1)
  assert.is(b.results().length, 2)
  assert.equal(b.results()[0], b.results()[1])
})

t('rows carry a gapless sequence per stream, and a whole on request', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.order('a', 'stop')
  b.run(1_000)
  for (const path of ['coordinator', 'console']) {
    const seqs = b.sent.filter((s) => s.msg.type === 'rows' && s.to.node === peer && s.to.path === path).map((s) => (s.msg as Rows).seq)
    assert.equal(
      seqs,
      seqs.map((_, i) => i + 1),
    )
    assert.ok(seqs.length > 1)
  }
  const before = b.sent.length
  b.deliver('resource', { type: 'rows-please' }, { node: peer, path: 'coordinator' })
  const whole = b.sent[before]?.msg as Rows
  assert.ok(whole.whole)
  assert.equal(
    whole.rows.map((r) => r.state),
    ['stopped'],
  )
})

t('S17: quorum lost with policy stop: what started last stops first, one after the other, without an order', () => {
  const docs = ['vip', 'fs', 'web'].map((n) => doc(n))
  const b = new Bench(configOf(docs, [{ name: 'g', members: ['vip', 'fs', 'web'], targetRole: 'Started' }])).boot()
  for (const name of ['vip', 'fs', 'web']) b.up(name)
  b.runs.length = 0
  b.quorum(false)
  b.run(1_000)
  const stops = b.runs.filter((r) => r.action === 'stop').map((r) => r.env['OCF_RESOURCE_INSTANCE'])
  assert.equal(stops, ['web', 'fs', 'vip'])
  assert.is(b.active.size, 0)
  b.order('web', 'start')
  b.run(100)
  assert.match(b.results().at(-1)?.exitReason ?? '', 'no quorum')
})

t('S17: an order constraint between groups holds the lower one up until the upper one stopped', () => {
  const docs = ['db', 'app'].map((n) => doc(n))
  // biome-ignore lint/suspicious/noThenProperty: the configuration's own word
  const orders = [{ id: 'o', first: 'db', then: 'app', kind: 'Mandatory' as const, symmetrical: true }]
  const b = new Bench(configOf(docs, [], { orders })).boot()
  b.up('db')
  b.up('app')
  b.answers = (o) => (o.action === 'stop' ? { ms: 300 } : undefined)
  b.quorum(false)
  b.run(200)
  assert.equal([b.row('app')?.state, b.row('db')?.state], ['stopping', 'running'])
  b.run(1_000)
  assert.equal([b.row('app')?.state, b.row('db')?.state], ['stopped', 'stopped'])
})

t('quorum lost with policy freeze: what runs goes on, nothing starts', () => {
  const config = configOf([doc('a'), doc('b')])
  const b = new Bench({ ...config, properties: { ...config.properties, noQuorumPolicy: 'freeze' } }).boot()
  b.up('a')
  b.grant('b')
  b.quorum(false)
  b.order('b', 'start')
  b.run(5_000)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('b')?.state, 'stopped')
})

t('two nodes that miss each other: what runs goes on whatever the policy says, nothing starts; a solo peer ends that', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  b.up('a')
  b.grant('b')
  b.quorum(false, 'two-node')
  b.order('b', 'start')
  b.run(5_000)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('b')?.state, 'stopped')
  b.quorum(false, 'solo')
  b.run(5_000)
  assert.is(b.row('a')?.state, 'stopped')
})

t('the side that wins the race of two: what it runs was never touched, and then the rest starts', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  b.up('a')
  const pid = b.actions('a').length
  b.quorum(false, 'two-node')
  b.run(5_000)
  b.quorum(true, 'solo')
  b.up('b')
  assert.is(b.row('a')?.state, 'running')
  assert.equal(
    b
      .actions('a')
      .slice(pid)
      .filter((x) => x !== 'monitor'),
    [],
  )
  assert.is(b.row('b')?.state, 'running')
})

t('quorum lost during a start: the start is ended and the resource stopped', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 10_000 } : undefined)
  b.grant('a')
  const order = b.order('a', 'start')
  b.run(100)
  b.quorum(false)
  b.run(100)
  assert.equal(b.killed, [order.op])
  assert.equal(b.actions('a'), ['monitor', 'start', 'stop'])
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.failCount, 0)
})

t('a resource that leaves the configuration is stopped first, shown until its grant is released, then forgotten', () => {
  const b = new Bench(configOf([doc('a'), doc('b')])).boot()
  const tok = b.up('a')
  const resource = b.id('a')
  b.commit({ type: 'config', doc: configOf([doc('b')]), by: 'test', because })
  b.run(1_000)
  assert.equal(b.actions('a').at(-1), 'stop')
  assert.is(b.active.size, 0)
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(b.row('a')?.retired, true)
  const releases = [{ resource, node: me, boot, token: tok, how: 'stopped' as const, op: opId('x') }]
  b.commit({ type: 'decision', certificates: [], releases, grants: [], because })
  b.run(1_000)
  const last = b.sent.findLast((s) => s.msg.type === 'rows' && s.to.path === 'coordinator')?.msg as Rows
  assert.ok(last.whole)
  assert.is(last.rows.length, 1)
})

t('changed parameters of a running resource: the old ones stop it, the new ones start it', () => {
  const b = new Bench(configOf([doc('a', { params: { ip: '192.0.2.1' } })])).boot()
  b.up('a')
  b.commit({ type: 'config', doc: configOf([doc('a', { params: { ip: '192.0.2.2' } })]), by: 'test', because })
  b.run(100)
  assert.is(b.row('a')?.state, 'failed')
  assert.is(b.row('a')?.failCount, 0)
  b.order('a', 'stop')
  b.run(100)
  b.order('a', 'start')
  b.run(100)
  const ips = b.runs.filter((r) => r.action !== 'monitor').map((r) => `${r.action} ${r.env['OCF_RESKEY_ip']}`)
  assert.equal(ips, ['start 192.0.2.1', 'meta-data 192.0.2.1', 'stop 192.0.2.1', 'start 192.0.2.2'])
})

t('parameters that change while it starts: it is not shown as running with the old ones', () => {
  const b = new Bench(configOf([doc('a', { params: { ip: '192.0.2.1' } })])).boot()
  b.answers = (o) => (o.action === 'start' ? { ms: 1_000 } : undefined)
  b.grant('a')
  b.order('a', 'start')
  b.run(100)
  b.commit({ type: 'config', doc: configOf([doc('a', { params: { ip: '192.0.2.2' } })]), by: 'test', because })
  b.run(2_000)
  assert.is(b.row('a')?.state, 'failed')
  b.order('a', 'stop')
  b.run(100)
  assert.is(b.runs.at(-1)?.env['OCF_RESKEY_ip'], '192.0.2.1')
})

const typo = (): Bench => {
  const b = new Bench(configOf([doc('a', { agent: 'kyha:nosuch' })])).boot()
  b.answers = (o) => (o.argv[0] === 'kyha:nosuch' ? { end: 'refused', detail: 'agent nosuch does not exist', ms: 50 } : undefined)
  return b
}
const corrected = (b: Bench, more: Partial<ReturnType<typeof doc>> = {}): void => {
  b.commit({ type: 'config', doc: configOf([doc('a', { agent: 'kyha:http', ...more })]), by: 'test', because })
  b.run(500)
}

t('failures of another agent or other parameters are void once the definition changes', () => {
  const b = typo()
  b.up('a')
  b.run(500)
  assert.is(b.row('a')?.lastFailure?.class, 'hard')
  corrected(b)
  assert.equal([b.row('a')?.state, b.row('a')?.failCount, b.row('a')?.lastFailure], ['stopped', 0, undefined])
  b.answers = (o) => (o.action === 'start' ? { rc: 6 } : undefined)
  b.up('a')
  assert.equal([b.row('a')?.failCount, b.row('a')?.lastFailure?.class], [1, 'fatal'])
  corrected(b, { meta: { ...meta, migrationThreshold: 7 } })
  assert.equal([b.row('a')?.failCount, b.row('a')?.lastFailure?.class], [1, 'fatal'], 'another threshold voids nothing')
  corrected(b, { params: { port: '80' } })
  assert.equal([b.row('a')?.failCount, b.row('a')?.lastFailure], [0, undefined])
})

t('a stop that the guard refuses is done where the start was refused, too: nothing ran, and nobody asks again and again', () => {
  const b = typo()
  b.up('a')
  b.run(500)
  b.order('a', 'stop')
  b.run(500)
  assert.equal([b.results().at(-1)?.action, b.results().at(-1)?.ok, b.row('a')?.state], ['stop', true, 'stopped'])
  const c = new Bench(configOf([doc('a')])).boot()
  c.up('a')
  c.answers = () => ({ end: 'refused', detail: 'agent a does not exist' })
  c.order('a', 'stop')
  c.run(500)
  assert.is(c.results().at(-1)?.ok, false, 'where it was started a refused stop proves nothing')
})

t('an operation under the old definition that fails after the change counts for nothing', () => {
  const b = typo()
  b.commit({ type: 'config', doc: configOf([doc('a', { agent: 'kyha:nosuch', params: { port: '1' } })]), by: 'test', because })
  b.run(10)
  assert.is(b.inFlight.size, 1, 'its probe is under way')
  corrected(b)
  assert.equal([b.row('a')?.state, b.row('a')?.failCount, b.row('a')?.lastFailure], ['stopped', 0, undefined])
  const c = new Bench(configOf([doc('a', { params: { port: '1' } })])).boot()
  c.answers = (o) => (o.action === 'start' ? { rc: 6, ms: 1_000 } : undefined)
  c.up('a')
  c.commit({ type: 'config', doc: configOf([doc('a', { params: { port: '2' } })]), by: 'test', because })
  c.run(2_000)
  assert.equal([c.row('a')?.state, c.row('a')?.failCount, c.row('a')?.lastFailure], ['failed', 0, undefined])
})

t('maintenance: no monitor runs in it; its end probes', () => {
  const b = new Bench(configOf([doc('a')])).boot()
  b.up('a')
  b.commit({ type: 'config', doc: configOf([doc('a', { meta: { ...meta, maintenance: true } })]), by: 'test', because })
  b.runs.length = 0
  b.active.clear()
  b.run(60_000)
  assert.equal(b.actions('a'), [])
  b.commit({ type: 'config', doc: configOf([doc('a')]), by: 'test', because })
  b.run(100)
  assert.equal(b.actions('a'), ['monitor'])
  assert.is(b.row('a')?.state, 'failed')
})

t('hostile parameters reach the agent as environment only, unchanged; impossible ones never reach the guard', () => {
  const evil = '$(touch /tmp/x); `id` \'"\n && rm -rf /'
  const b = new Bench(
    configOf([
      doc('a', { params: { fake: evil } }),
      doc('b', { params: { x: 'nul\0' }, ops: { start: op(1), stop: op(0), monitors: [] } }),
    ]),
  ).boot()
  const run = b.runs.find((r) => r.resource === b.id('a'))
  assert.equal(run?.argv, ['kyha:Dummy', 'monitor'])
  assert.is(run?.env['OCF_RESKEY_fake'], evil)
  assert.equal(b.actions('b'), [])
  assert.is(b.row('b')?.state, 'failed')
  assert.match(b.row('b')?.lastFailure?.exitReason ?? '', 'NUL')
  assert.is(b.row('b')?.lastFailure?.class, 'fatal')
})

t('a start of a leader that was deposed is refused, wherever it waited', () => {
  const b = new Bench(configOf([doc('a'), doc('c')])).boot()
  b.grant('a')
  b.grant('c')
  const refusedOf = (n: number): string => b.results()[n]?.exitReason ?? ''
  // Queued until the log is here: meanwhile another leader gives an order.
  b.order('a', 'start', { term: term(3), minIndex: index(b.cluster.index + 1) })
  b.order('c', 'monitor', { term: term(4) })
  b.run(100)
  const before = b.results().length
  b.grant('c')
  b.run(100)
  assert.is(b.results().length, before + 1)
  assert.match(refusedOf(before), 'term 3')
  assert.equal(b.actions('a'), ['monitor'])
  // What the log says of a leader counts as well.
  b.deliver('resource', { type: 'leadership', term: term(9), ready: false } as Msg, { path: 'log' })
  b.order('a', 'start', { term: term(8) })
  b.run(1)
  assert.match(refusedOf(before + 1), 'term 8')
  b.order('a', 'start', { term: term(9) })
  b.run(100)
  assert.is(b.row('a')?.state, 'running')
})

t.run()
