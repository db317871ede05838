/** Every read of the API over a real socket: its shape, whose view it is, and one clear sentence for what does not exist. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { verdict } from '../../runtime/verdict.js'
import { docOf } from '../unit/coordinator/world.js'
import { becomes } from './client.js'
import { ApiNode, config, id, life, names, World } from './node.js'

const t = suite<{ node: ApiNode; world: World }>('api reads')
t.before.each(async (c) => {
  c.world = new World()
  c.node = await new ApiNode(c.world, 'n1', { lab: { probe: 'http://127.0.0.10:8080/' } }).start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.every((r: { node: unknown }) => r.node === 'n1') ?? false)
})
t.after.each((c) => c.node.end())

/** Fields that stand on every answer. */
function fresh(body: Record<string, unknown>, kind: string): void {
  assert.is(body['apiVersion'], 'kyha/v1')
  assert.is(body['kind'], kind)
  assert.is(body['node'], 'n1')
  assert.is(body['quorate'], true)
  assert.ok(Number.isInteger(body['index']) && Number.isInteger(body['ageMs']))
}

t('status: verdict, quorum, nodes, resources, links, fencing, machine', async ({ node }) => {
  const { status, json } = await node.tcp('/status')
  assert.is(status, 200)
  fresh(json, 'Status')
  assert.is(json.verdict.state, 'ok')
  assert.match(json.verdict.sentence.text.zh, /^shop 运行在 n1/)
  assert.equal([json.quorum.votes, json.quorum.votesTotal, json.quorum.votesNeeded], [3, 3, 2])
  assert.is(json.leader, 'n1')
  assert.equal(
    json.nodes.map((n: { name: string; state: string }) => [n.name, n.state]),
    [
      ['n1', 'online'],
      ['n2', 'online'],
      ['n3', 'online'],
    ],
  )
  const web = json.resources.find((r: { name: string }) => r.name === 'web')
  assert.equal([web.role, web.node, web.group, web.cells.length, web.cells[1].level], ['Started', 'n1', 'shop', 3, 2])
  assert.is(json.links.length, 4)
  assert.equal(json.links[0], { link: 0, peer: 'n2', state: 'up', rttMs: { p50: 0.2, p99: 0.9 }, lossPct: 0, silentMs: 20 })
  assert.equal(json.fencing.devices[0].nodes, ['n1', 'n2', 'n3'])
  assert.is(json.probe, 'http://127.0.0.10:8080/')
})

t('disk heartbeat and health monitor speak for themselves', async ({ node }) => {
  const { json } = await node.tcp('/status')
  assert.match(json.machine.diskHeartbeat, /^disk heartbeat disabled: not configured/)
  assert.match(json.machine.healthMonitor, /^health monitor disabled: not configured/)
  assert.match(json.optional.diskHeartbeat.text.zh, /没有配置/)
})

t('with unequal votes, what can be lost counts nodes', async () => {
  const node = await new ApiNode(new World({ n1: 3 }), 'n1').start()
  try {
    await becomes(async () => (await node.call('/status')).json.quorum.votes === 5)
    const { json } = await node.tcp('/status')
    assert.equal([json.quorum.votes, json.quorum.votesNeeded, json.quorum.spare], [5, 3, 0])
    assert.match(json.verdict.sentence.text.en, /can lose 0 more/)
  } finally {
    await node.end()
  }
})

const parts: Record<string, [kind: string, has: string]> = {
  '/nodes': ['Nodes', 'nodes'],
  '/nodes/n2': ['Node', 'node'],
  '/resources': ['Resources', 'resources'],
  '/resources/web': ['Resource', 'config'],
  '/resources/web/explain': ['Explain', 'rows'],
  '/resources/web/explain?on=n2': ['Explain', 'rows'],
  '/links': ['Links', 'links'],
  '/quorum': ['Quorum', 'quorum'],
  '/fence': ['Fence', 'devices'],
  '/plan': ['Plan', 'actions'],
  '/relations/matrix': ['Takeover', 'rows'],
  '/config': ['Config', 'yaml'],
  '/events': ['Events', 'events'],
}
for (const [path, [kind, has]] of Object.entries(parts)) {
  t(`GET ${path} is a ${kind} with ${has}`, async ({ node }) => {
    const { status, json } = await node.tcp(path)
    assert.is(status, 200, JSON.stringify(json))
    fresh(json, kind)
    assert.ok(has in json, Object.keys(json).join())
  })
}

t('explain gives one row a node, each with its contributions and sentences in both languages', async ({ node }) => {
  const { json } = await node.tcp('/resources/web/explain')
  assert.is(json.rows.length, 3)
  assert.equal(json.rows.filter((r: { chosen: boolean }) => r.chosen).length, 1)
  assert.ok(json.rows[0].contributions.length > 0)
  for (const lang of ['en', 'zh']) assert.ok(json.sentence.text[lang].length > 5)
})

t('config: its ETag is the revision, and what it prints can be applied again', async ({ node }) => {
  const { json, headers } = await node.tcp('/config')
  assert.is(headers.etag, `"${json.revision}"`)
  const again = await node.tcp('/config?dryRun=true', { method: 'PUT', body: json.yaml })
  assert.is(again.status, 200, again.text)
  assert.equal(again.json.diff, [])
})

t('what does not exist is 404 with one sentence in both languages and what there is', async ({ node }) => {
  const asked = ['/nodes/n9', '/resources/nope', '/resources/nope/explain', '/resources/web/explain?on=n9', '/role/nope']
  for (const path of asked) {
    const { status, json } = await node.tcp(path)
    assert.is(status, 404, path)
    assert.equal([json.kind, json.code], ['Error', 'not-found'])
    assert.match(json.message.en, /^There is no (node|resource) named (n9|nope)\.$/)
    assert.match(json.message.zh, /没有名为/)
    assert.match(json.todo.en, /^Known: .*(n1|web)/, path)
  }
  const away = await node.tcp('/nothing')
  assert.equal([away.status, away.json.code], [404, 'no-route'])
})

t('a query that is too long is refused with one sentence', async ({ node }) => {
  const { status, json } = await node.tcp(`/resources/web/explain?on=${'x'.repeat(100)}`)
  assert.is(status, 400)
  assert.is(json.code, 'invalid')
  assert.match(json.problems[0], /^on: /)
})

t('role is 200 where the resource runs and 503 elsewhere, for load balancers', async ({ node, world }) => {
  const here = await node.tcp('/role/web')
  assert.equal([here.status, here.json.role, here.json.node], [200, 'Started', 'n1'])
  const other = await new ApiNode(world, 'n2').start()
  try {
    await becomes(async () => (await other.call('/role/web')).json.node === 'n1')
    assert.is((await other.tcp('/role/web')).status, 503)
  } finally {
    await other.end()
  }
})

t('healthz says that the thread lives, readyz that the view is quorate', async ({ node }) => {
  assert.is((await node.tcp('/healthz', { bare: true })).status, 200)
  assert.is((await node.tcp('/readyz', { bare: true })).status, 200)
  node.quorum(false, ['n1'])
  assert.is((await node.tcp('/readyz', { bare: true })).status, 503)
  assert.is((await node.tcp('/healthz', { bare: true })).status, 200)
})

t('a node without a view is starting: reads say so, and nothing is called wrong', async () => {
  const node = await new ApiNode(new World(), 'n1', { settled: false }).start()
  try {
    const { json } = await node.tcp('/status')
    assert.is(json.verdict.sentence.key, 'console.starting')
    for (const path of ['/config', '/resources/web/explain', '/nodes/n1', '/resources/web', '/role/web']) {
      const answer = await node.tcp(path)
      assert.equal([path, answer.status, answer.json.code], [path, 503, 'starting'])
      assert.is(answer.headers['retry-after'], '1')
    }
  } finally {
    await node.end()
  }
})

t('a planner that does not answer is 503, not a wait without end', async ({ node, world }) => {
  world.planner = 'silent'
  for (const path of ['/plan', '/resources/web/explain']) {
    const answer = await node.tcp(path)
    assert.equal([answer.status, answer.json.code], [503, 'no-plan'])
    assert.is(answer.headers['retry-after'], '1')
  }
})

t('[A3] who takes over: the next level of each resource, and nobody without quorum', async ({ node }) => {
  const { json } = await node.tcp('/relations/matrix')
  const of = (...lost: string[]) => json.rows.find((r: { lost: string[] }) => r.lost.join() === lost.join())
  assert.equal(json.nodes, ['n1', 'n2', 'n3'])
  assert.is(json.rows.length, 6)
  assert.equal(
    of('n1').moves.map((m: { resource: string; from: string; to: string }) => [m.resource, m.from, m.to]),
    [
      ['data', 'n1', 'n2'],
      ['web', 'n1', 'n2'],
    ],
  )
  assert.equal([of('n2').quorate, of('n2').moves], [true, []])
  assert.equal([of('n1', 'n2').quorate, of('n1', 'n2').moves], [false, []])
  assert.match(of('n1', 'n2').because.text.en, /^without n1, n2 the rest has 1 of 3 votes and needs 2/)
})

t('a node that another does not hear is said to be silent, and what it said before is not believed', async ({ node }) => {
  node.say(verdict('suspect', 'console.still-speaks', { node: 'n2' }))
  node.view('n2', 'silent')
  const { json } = await node.tcp('/status')
  assert.is(json.nodes[1].state, 'silent')
  assert.is(json.resources[0].cells[1].state, 'unknown')
  assert.is(json.links.filter((l: { state: string }) => l.state === 'silent').length, 2)
  assert.is(json.verdict.state, 'attention')
})

t('what a silent node may still run is unknown, with the node: it is not stopped, and not counted as running', async ({ world }) => {
  const other = await new ApiNode(world, 'n2').start()
  const web = async (path = '/status') => (await other.tcp(path)).json.resources.find((r: { name: string }) => r.name === 'web')
  try {
    await becomes(async () => (await web())?.node === 'n1')
    other.view('n1', 'silent')
    const one = await web()
    assert.equal([one.role, one.node, one.mayRunOn], ['Unknown', null, 'n1'])
    assert.equal((await web('/nodes/n1'))?.role, 'Unknown')
    const { json } = await other.tcp('/status')
    assert.match(json.verdict.sentence.text.en, /^Nobody can say whether data runs: n1, which had it/)
    assert.is((await other.tcp('/role/web')).status, 503)
    world.commit({ type: 'fence-intent', node: id('n1'), boot: life('n1'), because: verdict('test', 'coordinator.stop-all') })
    assert.is((await web()).role, 'Unknown', 'an intent proves nothing')
    world.commit({ type: 'operator-ack', node: id('n1'), boot: life('n1'), by: 'test' })
    const proven = await web()
    assert.equal([proven.role, proven.node, proven.mayRunOn], ['Stopped', null, null])
  } finally {
    await other.end()
  }
})

t('without quorum what runs elsewhere is unknown, whether or not anybody was known to have it', async ({ world }) => {
  const doc = docOf([...config.slice(0, 2), '  - {name: free, agent: "kyha:Dummy"}', ...config.slice(2)], names)
  world.commit({ type: 'config', doc, by: 'test', because: verdict('test', 'coordinator.stop-all') })
  const other = await new ApiNode(world, 'n3').start()
  const web = async () => (await other.tcp('/status')).json.resources.find((r: { name: string }) => r.name === 'web')
  try {
    await becomes(async () => (await web())?.node === 'n1')
    for (const name of ['n1', 'n2']) other.view(name, 'silent')
    other.quorum(false, ['n3'])
    await becomes(async () => (await web()).role === 'Unknown')
    assert.is((await web()).mayRunOn, 'n1')
    const free = (await other.tcp('/resources/free')).json.resource
    assert.equal([free.role, free.node, free.mayRunOn], ['Unknown', null, null])
  } finally {
    await other.end()
  }
})

t.run()
