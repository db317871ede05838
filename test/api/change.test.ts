/** Every change of the API over a real socket: previewed, guarded, asked twice, refused with one sentence, and never called done when it is not known. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Sentence } from '../../console/api/views.js'
import { verdict } from '../../runtime/verdict.js'
import { type Answer, type Ask, becomes } from './client.js'
import { ApiNode, config, id, life, World } from './node.js'

const t = suite<{ node: ApiNode; world: World }>('api changes')
t.before.each(async (c) => {
  c.world = new World()
  c.node = await new ApiNode(c.world, 'n1', { lab: {} }).start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.length === 2)
})
t.after.each((c) => c.node.end())

const yaml = (...more: string[]): string => ['apiVersion: kyha/v1', 'name: test', ...config, ...more].join('\n')
const texts = (change: { warnings: Sentence[] }): string => change.warnings.map((w) => w.text.en).join()
/** Every change route, with a request that is good. */
const changes: readonly [path: string, ask: Ask][] = [
  ['/config', { method: 'PUT', body: yaml('nodes: {n2: {standby: true}}') }],
  ['/resources/web', { method: 'DELETE' }],
  ['/resources/web/start', { method: 'POST' }],
  ['/resources/shop/stop', { method: 'POST' }],
  ['/resources/web/manage', { method: 'POST' }],
  ['/resources/web/unmanage', { method: 'POST' }],
  ['/resources/shop/move', { method: 'POST', json: { node: 'n2' } }],
  ['/resources/shop/ban', { method: 'POST', json: { node: 'n1', forMs: 60_000 } }],
  ['/resources/web/cleanup', { method: 'POST', json: { node: 'n1' } }],
  ['/nodes/n2/standby', { method: 'POST' }],
  ['/nodes/n2/online', { method: 'POST' }],
  ['/nodes/n2/maintenance', { method: 'POST' }],
  ['/nodes/n2/ready', { method: 'POST' }],
  ['/nodes/n3', { method: 'DELETE' }],
  ['/quorum/device', { method: 'PUT', json: { name: 'q1', address: '10.9.0.9', port: 5409, fingerprint: 'ab'.repeat(32) } }],
  ['/cluster/maintenance', { method: 'POST' }],
  ['/cluster/ready', { method: 'POST' }],
]
const error = (a: Answer, status: number, code: string): void => {
  assert.equal([a.status, a.json?.kind, a.json?.code], [status, 'Error', code], a.text)
  assert.match(a.json.message.en, /^[^\n]+\.$/)
  assert.ok(a.json.message.zh.length > 3)
  if (status === 503) assert.is(a.headers['retry-after'], '1')
}

for (const [path, ask] of changes) {
  const name = `${ask.method} ${path}`
  t(`${name} is done when it is applied here`, async ({ node, world }) => {
    const before = world.state.index
    const { status, json, text } = await node.tcp(path, ask)
    assert.is(status, 200, text)
    assert.equal([json.kind, json.done, json.node], ['Change', true, 'n1'])
    assert.ok(json.applied > before && json.applied === world.state.index)
    assert.ok(json.operation.length >= 8 && Array.isArray(json.diff))
  })
  t(`${name} with dryRun changes nothing`, async ({ node, world }) => {
    const before = world.state
    const { status, json, text } = await node.tcp(`${path}?dryRun=true`, ask)
    assert.is(status, 200, text)
    assert.equal([json.kind, json.done, json.applied], ['Change', false, null])
    assert.equal(json.warnings, [])
    assert.is(world.state, before)
  })
  t(`${name} with a stale If-Match is 412 and changes nothing`, async ({ node, world }) => {
    const before = world.state
    error(await node.tcp(path, { ...ask, headers: { 'if-match': '"1"' } }), 412, 'stale-revision')
    error(await node.tcp(`${path}?dryRun`, { ...ask, headers: { 'if-match': '1' } }), 412, 'stale-revision')
    assert.is(world.state, before)
    const good = await node.tcp(path, { ...ask, headers: { 'if-match': `"${before.configIndex}"` } })
    assert.is(good.status, 200, good.text)
  })
  t(`${name} asked again with its Idempotency-Key is made once and answered alike, on another node too`, async ({ node, world }) => {
    const headers = { 'idempotency-key': 'once-and-only', 'if-match': `${world.state.configIndex}` }
    const first = await node.tcp(path, { ...ask, headers })
    assert.is(first.status, 200, first.text)
    const after = world.state
    const again = await node.tcp(path, { ...ask, headers })
    assert.is(world.state, after)
    assert.equal(again.json, { ...first.json, replayed: true })
    const other = await new ApiNode(world, 'n2').start()
    try {
      await becomes(async () => (await other.call('/status')).json.nodes?.length > 0)
      const there = await other.tcp(path, { ...ask, headers })
      assert.is(world.state, after)
      assert.equal([there.status, there.json.done, there.json.replayed], [200, true, true], there.text)
      assert.is(there.json.applied, first.json.applied)
    } finally {
      await other.end()
    }
  })
  t(`${name} without leader or quorum is 503, and a lost answer 504 with the operation`, async ({ node, world }) => {
    const before = world.state
    for (const refused of ['no-leader', 'no-quorum'] as const) {
      world.log = refused
      error(await node.tcp(path, ask), 503, refused)
    }
    world.log = 'unknown'
    const lost = await node.tcp(path, { ...ask, headers: { 'idempotency-key': 'lost-answer' } })
    error(lost, 504, 'unknown-outcome')
    assert.is(lost.json.operation, 'lost-answer')
    assert.match(lost.json.todo.en, /lost-answer/)
    const own = await node.tcp(path, ask)
    assert.ok(own.json.operation.length >= 8)
    world.log = 'good'
    assert.is(world.state, before)
    const done = await node.tcp(path, { ...ask, headers: { 'idempotency-key': own.json.operation } })
    assert.is(done.status, 200, done.text)
  })
}

t('a log that never answers is unknown after 5 s, and what came of it is found out with the key', async ({ node, world }) => {
  world.log = 'lost'
  const lost = await node.tcp('/resources/web', { method: 'DELETE', headers: { 'idempotency-key': 'silence-1' } })
  error(lost, 504, 'unknown-outcome')
  world.log = 'good'
  const again = await node.tcp('/resources/web', { method: 'DELETE', headers: { 'idempotency-key': 'silence-1' } })
  assert.equal([again.status, again.json.done], [200, true])
})

t('dryRun says what would happen: diff, steps with their durations, interruption', async ({ node }) => {
  const { json } = await node.tcp('/resources/shop/stop?dryRun=true', { method: 'POST' })
  assert.equal(
    json.actions.map((a: { action: string; resource: string; node: string; expectMs: number }) => [
      a.action,
      a.resource,
      a.node,
      a.expectMs,
    ]),
    [
      ['stop', 'web', 'n1', 20],
      ['stop', 'data', 'n1', 20],
    ],
  )
  assert.equal(json.diff, [{ path: 'groups.shop.meta.target-role', from: 'default', to: 'Stopped' }])
  assert.equal(
    json.interruption.map((i: { resource: string; ms: number }) => [i.resource, i.ms]),
    [
      ['web', 20],
      ['data', 20],
    ],
  )
  for (const a of json.actions) for (const lang of ['en', 'zh']) assert.ok(a.because.text[lang].length > 3)
})

t('dryRun of other parameters: reloaded where the agent can, as it says, else restarted; only names are told', async ({ node }) => {
  const shown = async (params: string, meta = ''): Promise<Answer['json']> => {
    const body = yaml().replace('meta: {', `params: {${params}}, meta: {${meta}`)
    return (await node.tcp('/config?dryRun', { method: 'PUT', body })).json
  }
  const stops = (json: Answer['json']): string[] =>
    json.actions.flatMap((a: { action: string; resource: string }) => (a.action === 'stop' ? [a.resource] : []))
  const taken = await shown('fake: hush-hush, op_sleep: "0.1"')
  assert.equal([taken.actions, taken.interruption], [[], []])
  const { because, ...reload } = taken.reloads[0]
  assert.equal([taken.reloads.length, reload], [1, { resource: 'web', node: 'n1', params: ['fake', 'op_sleep'] }])
  assert.match(because.text.en, /^web takes fake, op_sleep over while it runs on n1, without an interruption/)
  assert.match(because.text.zh, /web 将在 n1 上重新加载 fake, op_sleep/)
  assert.not.match(because.text.en + because.text.zh, /hush/)
  const both = await shown('fake: other, state: /run/web')
  assert.equal([stops(both), both.reloads], [['web'], []])
  assert.is(both.interruption.length, 1)
  const stopped = await shown('fake: other', 'target-role: Stopped, ')
  assert.equal([stops(stopped), stopped.reloads], [['web'], []])
  const held = await shown('fake: other', 'is-managed: false, ')
  assert.equal([held.actions, held.reloads], [[], []])
})

t('what is set for a node that is no member is a warning', async ({ node }) => {
  const { status, json } = await node.tcp('/config?dryRun', { method: 'PUT', body: yaml('nodes: {n9: {standby: true}}') })
  assert.is(status, 200)
  assert.match(texts(json), /n9 is no member.*n1, n2, n3/)
})

t('dryRun of a delete says that what runs is stopped first, and for how long it is away', async ({ node, world }) => {
  const shown = async (): Promise<Answer['json']> => (await node.tcp('/resources/web?dryRun', { method: 'DELETE' })).json
  const json = await shown()
  const stops = json.actions.filter((a: { action: string }) => a.action === 'stop')
  assert.equal(
    stops.map((a: { resource: string; node: string; expectMs: number }) => [a.resource, a.node, a.expectMs]),
    [['web', 'n1', 20]],
  )
  assert.match(stops[0].because.text.en, /^web leaves the configuration: n1 stops it first$/)
  assert.equal(json.interruption, [{ resource: 'web', ms: 20 }])
  await node.tcp('/resources/web/unmanage', { method: 'POST' })
  const left = await shown()
  assert.equal([left.actions.length, left.interruption], [0, []])
  assert.match(texts(left), /web is not managed.* goes on running on n1/)
  const other = await new ApiNode(world, 'n2').start()
  try {
    await becomes(async () => (await other.call('/role/web')).json.node === 'n1')
    other.view('n1', 'silent')
    const unseen = await other.tcp('/resources/web?dryRun', { method: 'DELETE' })
    assert.match(texts(unseen.json), /web may still run on n1, which is not heard/)
  } finally {
    await other.end()
  }
})

t('a configuration warns of agents that are not here, of protection that ends, and of another name', async ({ node }) => {
  const warnings = async (body: string): Promise<string[]> =>
    (await node.tcp('/config?dryRun', { method: 'PUT', body })).json.warnings.map((w: Sentence) => w.text.en)
  assert.equal(await warnings(yaml()), [])
  const agent = await warnings(yaml().replace('name: web, agent: "kyha:Dummy"', 'name: web, agent: "kyha:nosuch"'))
  assert.is(agent.length, 1)
  assert.match(agent[0] ?? '', /^The agent kyha:nosuch of resource web does not exist on n1 \(looked for .*\/nosuch\); /)
  assert.match((await warnings(yaml().replace('agent: fence_lab', 'agent: fence_nosuch'))).join(), /fence_nosuch of fence device lab/)
  for (const open of [yaml().replace(/^fencing: .*$/m, ''), yaml().replace('fencing-enabled: true', 'fencing-enabled: false')])
    assert.match((await warnings(open)).join(), /^fencing: protection ends\. /)
  const params = 'params: {fake: "@secret:db", state: "@secret:a b", passwd: x@secret:db}'
  const secret = yaml().replace('{name: web, agent: "kyha:Dummy"', `{name: web, agent: "kyha:Dummy", ${params}`)
  const missing = await warnings(secret)
  assert.match(missing.join(), /parameter state of web begins with @secret: and names no secret/)
  assert.match(missing.join(), /this node, n1, has no secret db, which is named by web\.fake: run `kyha secret set db`/)
  assert.is(missing.length, 2)
  writeFileSync(join(node.dir, 'tls', 'secrets.json'), '{"version":1,"secrets":{"db":{"value":"canary","since":""}}}', { mode: 0o600 })
  assert.equal((await warnings(secret)).length, 1)
  chmodSync(join(node.dir, 'tls', 'secrets.json'), 0o644)
  assert.match((await warnings(secret)).join(), /this node, n1, cannot give secrets to web\.fake: .*open to others than its owner/)
  assert.match((await warnings(yaml().replace('name: test', 'name: other'))).join(), /^name: the cluster test is renamed to other; /)
})

t('a planner that does not answer is a warning in the preview', async ({ node, world }) => {
  world.planner = 'silent'
  const { json } = await node.tcp('/resources/shop/stop?dryRun', { method: 'POST' })
  assert.is(json.warnings.length, 1)
  assert.is(json.done, false)
})

t('one key for two different changes is refused, and the second is not made', async ({ node, world }) => {
  const headers = { 'idempotency-key': 'two-changes' }
  assert.is((await node.tcp('/nodes/n2/standby', { method: 'POST', headers })).status, 200)
  const after = world.state
  error(await node.tcp('/nodes/n3/standby', { method: 'POST', headers }), 409, 'key-reused')
  assert.is(world.state, after)
})

t('two requests with one key at the same time are one change', async ({ node, world }) => {
  const headers = { 'idempotency-key': 'at-the-same-time' }
  const before = world.state.index
  const both = await Promise.all([1, 2].map(() => node.tcp('/nodes/n2/standby', { method: 'POST', headers })))
  assert.equal(
    both.map((a) => a.status),
    [200, 200],
  )
  assert.is(world.state.index, before + 1)
})

t('clear ends a move; without one it is 404', async ({ node, world }) => {
  error(await node.tcp('/resources/shop/clear', { method: 'POST' }), 404, 'not-found')
  await node.tcp('/resources/shop/move', { method: 'POST', json: { node: 'n2' } })
  assert.is(world.state.intents.length, 1)
  const headers = { 'idempotency-key': 'clear-once' }
  const first = await node.tcp('/resources/shop/clear', { method: 'POST', headers })
  assert.is(world.state.intents.length, 0)
  const again = await node.tcp('/resources/shop/clear', { method: 'POST', headers })
  assert.equal([again.status, again.json.applied], [200, first.json.applied])
})

t('create by PUT: a new resource stands in the diff and the log', async ({ node, world }) => {
  const body = yaml().replace('groups:', '  - {name: cache, agent: "kyha:Dummy"}\ngroups:')
  const { status, json } = await node.tcp('/config', { method: 'PUT', body, headers: { 'if-match': `${world.state.configIndex}` } })
  assert.is(status, 200)
  assert.ok(
    json.diff.some((d: { path: string }) => d.path.includes('cache')),
    JSON.stringify(json.diff),
  )
  assert.ok(world.state.ids['cache'])
  const asJson = await node.tcp('/config?dryRun', { method: 'PUT', json: { apiVersion: 'kyha/v1', name: 'shop' } })
  assert.is(asJson.status, 200, asJson.text)
})

t('fence confirm names the life, of a machine that is silent', async ({ node, world }) => {
  const confirm = (name: string, boot: string, more: Partial<Ask> = {}): Promise<Answer> =>
    node.tcp(`/fence/${name}/confirm`, { method: 'POST', json: { boot }, ...more })
  error(await confirm('n9', 'x'), 404, 'not-found')
  error(await confirm('n2', 'another-life'), 409, 'unsafe')
  error(await confirm('n2', life('n2')), 409, 'unsafe')
  error(await confirm('n1', life('n1')), 409, 'unsafe')
  node.view('n2', 'silent')
  const { status, json } = await confirm('n2', life('n2'))
  assert.equal([status, json.done], [200, true])
  assert.is(world.state.lives[id('n2')]?.state, 'fenced')
})

const wrong: readonly [path: string, ask: Ask, status: number, problem: RegExp][] = [
  ['/config', { method: 'PUT', body: 'a: [' }, 400, /line 1|YAML/],
  ['/config', { method: 'PUT', body: '' }, 400, /\w+/],
  ['/config', { method: 'PUT', body: yaml('properties: {fencing-enabled: maybe}') }, 400, /\w+/],
  ['/config', { method: 'PUT', body: yaml().replace('n3]}', 'n9]}') }, 400, /n9/],
  ['/config', { method: 'PUT', body: '\u0000\ufffd' }, 400, /\w+/],
  ['/resources/shop/move', { method: 'POST' }, 400, /node/],
  ['/resources/shop/move', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }, 400, /JSON/],
  ['/resources/shop/move', { method: 'POST', json: { node: 7 } }, 400, /node/],
  ['/resources/shop/move', { method: 'POST', json: { node: 'n2', forMs: 0 } }, 400, /forMs/],
  ['/resources/shop/move', { method: 'POST', json: { node: 'n9' } }, 404, /./],
  ['/resources/nope/move', { method: 'POST', json: { node: 'n2' } }, 404, /./],
  ['/resources/nope/stop', { method: 'POST' }, 404, /./],
  ['/resources/nope/cleanup', { method: 'POST', json: {} }, 404, /./],
  ['/resources/web/cleanup', { method: 'POST', json: { node: 'n9' } }, 404, /./],
  ['/resources/web/dance', { method: 'POST' }, 404, /./],
  ['/resources/nope', { method: 'DELETE' }, 404, /./],
  ['/nodes/n9/standby', { method: 'POST' }, 404, /./],
  ['/nodes/n9', { method: 'DELETE' }, 404, /./],
  ['/nodes/n1', { method: 'DELETE' }, 409, /./],
  ['/fence/n2/confirm', { method: 'POST', json: {} }, 400, /boot/],
  ['/fence/n2/confirm', { method: 'POST', json: { boot: '../x' } }, 400, /boot/],
  ['/nodes/n2/standby', { method: 'POST', headers: { 'if-match': 'latest' } }, 400, /If-Match.*latest/],
  ['/nodes/n2/standby', { method: 'POST', headers: { 'idempotency-key': 'short' } }, 400, /Idempotency-Key/],
  ['/nodes/n2/standby?dryRun=maybe', { method: 'POST' }, 400, /dryRun/],
]
for (const [path, ask, status, problem] of wrong) {
  t(
    `${ask.method} ${path} ${JSON.stringify(ask.json ?? ask.headers ?? ask.body?.slice(0, 30) ?? '')} is ${status}`,
    async ({ node, world }) => {
      const before = world.state
      const got = await node.tcp(path, ask)
      assert.is(got.status, status, got.text)
      assert.is(got.json.kind, 'Error', got.text)
      assert.match(got.json.message.en, /\.$/)
      if (status === 400) {
        assert.ok(got.json.problems.length > 0, got.text)
        assert.match(got.json.problems.join(' '), problem)
        for (const p of got.json.problems) assert.match(p, /^[^\n]{10,300}[.?]$/, 'one clear sentence')
      }
      assert.is(world.state, before)
    },
  )
}

t('what the log refuses as invalid is said in its own words', async ({ node, world }) => {
  world.commit({ type: 'fence-intent', node: id('n2'), boot: life('n2'), because: verdict('test', 'coordinator.stop-all') })
  const got = await node.tcp('/nodes/n2', { method: 'DELETE' })
  assert.is(got.status, 409, got.text)
  assert.match(got.json.message.en, /n2/)
})

t('[C24] a quorum device is written as the witness; a second one is refused; none leaves nothing behind', async ({ node }) => {
  const device = { name: 'q1', address: '10.9.0.9', port: 5409, fingerprint: 'ab'.repeat(32) }
  const put = (json: object): Promise<Answer> => node.call('/quorum/device', { method: 'PUT', json })
  assert.is((await put(device)).status, 200)
  assert.equal((await node.call('/config')).json.doc.quorum, { witness: 'q1', device })
  const { witness, device: shown } = (await node.call('/status')).json.quorum
  assert.equal([witness.name, witness.kind, witness.connected, witness.answeredAgoMs], ['q1', 'device', false, null])
  assert.equal(shown, device)
  assert.is((await put({ ...device, address: '10.9.0.10' })).status, 200, 'it moved')
  error(await put({ ...device, name: 'q2' }), 409, 'unsafe')
  error(await put({ ...device, fingerprint: 'cd'.repeat(32) }), 409, 'unsafe')
  error(await put({ ...device, address: 'q1.example' }), 400, 'invalid')
  error(await put({ ...device, name: 'disks' }), 400, 'invalid')
  assert.is((await node.call('/quorum/device', { method: 'DELETE' })).status, 200)
  assert.is((await node.call('/config')).json.doc.quorum, undefined)
})

t('what was deleted can be cleaned up as long as its node has the right to it', async ({ node, world }) => {
  assert.is((await node.tcp('/resources/web', { method: 'DELETE' })).status, 200)
  assert.is((await node.tcp('/resources/web/cleanup', { method: 'POST', json: {} })).status, 200)
  assert.ok('web' in world.state.cleanups)
})

t.run()
