/** What the API refuses before a route sees it: other sites, too large a body, what only the unix socket may ask; limits of connections. */
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { becomes } from './client.js'
import { ApiNode, World } from './node.js'

const t = suite<{ node: ApiNode; world: World }>('api guard')
t.before.each(async (c) => {
  c.world = new World()
  c.node = await new ApiNode(c.world, 'n1', { lab: {} }).start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.length === 2)
})
t.after.each((c) => c.node.end())

t('a Host or Origin that is not this console is refused, on every path', async ({ node, world }) => {
  const before = world.state
  const foreign: Record<string, string>[] = [
    { host: 'evil.example' },
    { host: 'evil.example:8080' },
    { host: '127.0.0.1.evil.example' },
    { host: `127.0.0.1:${node.port}`, origin: 'http://evil.example' },
    { host: `127.0.0.1:${node.port}`, origin: 'null' },
    { host: `127.0.0.1:${node.port}`, origin: `http://127.0.0.1:${node.port + 1}` },
  ]
  for (const headers of foreign) {
    for (const [path, method] of [
      ['/status', 'GET'],
      ['/cluster/maintenance', 'POST'],
      ['/nothing', 'GET'],
    ] as const) {
      const got = await node.tcp(path, { method, headers })
      assert.equal([got.status, got.json.code], [403, 'foreign'], `${path} ${JSON.stringify(headers)} ${got.text}`)
    }
    assert.is((await node.tcp('/', { bare: true, headers })).status, 403)
  }
  assert.is(world.state, before)
  for (const host of ['127.0.0.1', 'localhost', '[::1]'])
    assert.is((await node.tcp('/status', { headers: { host: `${host}:${node.port}`, origin: `http://${host}:${node.port}` } })).status, 200)
  assert.is((await node.call('/status', { headers: { host: 'anything' } })).status, 200, 'the unix socket has no Host to forge')
})

t('a form of another site cannot change anything: a body must be what it is said to be', async ({ node, world }) => {
  const before = world.state
  const form = { 'content-type': 'text/plain' }
  const got = await node.tcp('/resources/shop/move', { method: 'POST', body: '{"node":"n2"}', headers: form })
  assert.equal([got.status, got.json.code], [400, 'invalid'])
  assert.match(got.json.problems[0], /Content-Type.*application\/json/)
  assert.is(world.state, before)
})

t('a body over the limit is 413, told or found out', async ({ node, world }) => {
  const before = world.state
  const body = 'x'.repeat((1 << 20) + 1)
  const told = await node.tcp('/config', { method: 'PUT', body })
  assert.equal([told.status, told.json.code], [413, 'too-large'])
  assert.match(told.json.message.en, /1048576 bytes/)
  const chunked = await node.tcp('/config', { method: 'PUT', body, headers: { 'transfer-encoding': 'chunked' } })
  assert.equal([chunked.status, chunked.json.code], [413, 'too-large'])
  assert.is(world.state, before)
})

const local: readonly [method: string, path: string][] = [
  ['GET', '/runtime/actors'],
  ['GET', '/runtime/actor/state?path=log'],
  ['GET', '/runtime/actor/trace?path=log'],
  ['GET', '/runtime/supervisor?path=core'],
  ['POST', '/runtime/actor/restart?path=log'],
  ['POST', '/join/codes'],
  ['GET', '/join/codes'],
  ['DELETE', '/join/codes'],
  ['POST', '/node/leave'],
  ['POST', '/lab/link'],
]
for (const [method, path] of local) {
  t(`${method} ${path} is answered on the unix socket only`, async ({ node }) => {
    const json = path === '/lab/link' ? { link: 0, cut: true } : {}
    const far = await node.tcp(path, { method, ...(method === 'POST' ? { json } : {}) })
    assert.equal([far.status, far.json.code], [403, 'local-only'])
    assert.is(node.cuts.length, 0)
    const near = await node.call(path, { method, ...(method === 'POST' ? { json } : {}) })
    assert.not.equal(near.json.code, 'local-only')
  })
}

t('the runtime’s inside: actors, state, trace, children; a path that nobody has is 404 with its sentence', async ({ node }) => {
  assert.is((await node.call('/runtime/actors')).json.answer[0].path, 'log')
  assert.is((await node.call('/runtime/supervisor?path=core')).json.answer[0].id, 'log')
  assert.is((await node.call('/runtime/actor/trace?path=log')).json.answer[0].type, 'tick')
  const none = await node.call('/runtime/actor/state?path=nowhere')
  assert.equal([none.status, none.json.code], [404, 'not-found'])
  const lost = await node.call('/runtime/actor/state')
  assert.equal([lost.status, lost.json.code], [400, 'invalid'])
  assert.match(lost.json.problems[0], /path/)
})

t('a lab fault names a link that may exist; without a lab there is none', async ({ node, world }) => {
  assert.is((await node.call('/lab/link', { method: 'POST', json: { link: 0, cut: true } })).status, 200)
  assert.equal(node.cuts, [{ type: 'lab-link', link: 0, cut: true }])
  for (const json of [{ link: 7, cut: true }, { link: 0 }, { link: '0', cut: true }, { link: 0.5, cut: true }])
    assert.is((await node.call('/lab/link', { method: 'POST', json })).status, 400)
  const plain = await new ApiNode(world, 'n2').start()
  try {
    assert.is((await plain.call('/lab/link', { method: 'POST', json: { link: 0, cut: true } })).status, 403)
  } finally {
    await plain.end()
  }
})

t('join codes: where the CA key is not, one sentence; a bad wish is invalid', async ({ node }) => {
  const none = await node.call('/join/codes', { method: 'POST', json: {} })
  assert.equal([none.status, none.json.code], [409, 'no-ca-key'])
  assert.equal((await node.call('/join/codes')).json.codes, [])
  for (const json of [{ votes: -1 }, { forMs: 1 }, { name: '' }, { name: 'x'.repeat(65) }]) {
    const got = await node.call('/join/codes', { method: 'POST', json })
    assert.equal([got.status, got.json.code], [400, 'invalid'], got.text)
  }
})

t('what the unix socket alone may ask is never answered from memory to others', async ({ node }) => {
  const headers = { 'idempotency-key': 'the-same-key' }
  await node.call('/runtime/actor/restart?path=log', { method: 'POST', headers })
  const far = await node.tcp('/runtime/actor/restart?path=log', { method: 'POST', headers })
  assert.equal([far.status, far.json.code], [403, 'local-only'])
})

t('a method that a path does not have is 404 with its sentence; HEAD is a GET without its body', async ({ node }) => {
  for (const method of ['PATCH', 'PUT', 'TRACE']) {
    const got = await node.tcp('/status', { method })
    assert.is(got.status, 404)
    assert.is(got.json.code, 'no-route')
  }
  assert.is((await node.tcp('/status', { method: 'HEAD' })).status, 200)
})

t('bytes that are no HTTP end that connection only', async ({ node }) => {
  const c = connect(node.port, '127.0.0.1', () => c.write('\u0000\u0001 nonsense\r\n\r\n'))
  c.on('error', () => undefined)
  c.resume()
  assert.ok(await becomes(() => c.destroyed || c.readableEnded))
  assert.is((await node.tcp('/status')).status, 200)
})

t('more connections than the limit are turned away, and others find room again', async ({ node }) => {
  const held = await Promise.all(
    Array.from(
      { length: 256 },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const c = connect(node.port, '127.0.0.1', () => resolve(c))
          c.on('error', () => undefined)
        }),
    ),
  )
  const refused = await node.tcp('/status').then(
    () => false,
    () => true,
  )
  assert.ok(refused, 'connection 257 is turned away')
  for (const c of held) c.destroy()
  assert.ok(
    await becomes(() =>
      node.tcp('/status').then(
        (a) => a.status === 200,
        () => false,
      ),
    ),
  )
})

t('every answer forbids guessing types and other sites’ frames', async ({ node }) => {
  for (const path of ['/status', '/nothing']) {
    const { headers } = await node.tcp(path)
    assert.is(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/)
  }
})

t.run()
