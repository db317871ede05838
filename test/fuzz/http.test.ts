/**
 * Requests of any kind to the API as kyhad runs it, over its TCP port: bodies, paths, queries and headers that are nearly right or nothing at all. Every answer
 * is a known one: done, or refused with a sentence in both languages; never an internal error, and nothing changes without a 200.
 */
import { connect } from 'node:net'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Answer, type Ask, becomes } from '../api/client.js'
import { ApiNode, config, World } from '../api/node.js'
import { checkLater, runsOf } from './help.js'

const t = suite<{ node: ApiNode; world: World }>('fuzz: http')
t.before(async (c) => {
  c.world = new World()
  c.node = await new ApiNode(c.world, 'n1', { lab: {} }).start()
  await becomes(async () => (await c.node.call('/status')).json.resources?.length === 2)
})
t.after((c) => c.node.end())

const yaml = ['apiVersion: kyha/v1', 'name: test', ...config].join('\n')
const codes = [200, 304, 400, 403, 404, 405, 409, 412, 413, 415, 503, 504]

function judge(a: Answer, what: string): void {
  assert.ok(codes.includes(a.status), `${what}: ${a.status} ${a.text.slice(0, 300)}`)
  if (a.status < 400 || a.json === undefined) return
  assert.is(a.json.kind, 'Error', what)
  for (const lang of ['en', 'zh']) {
    assert.ok(a.json.message[lang].length > 3 && !a.json.message[lang].includes('\n'), `${what}: ${a.text.slice(0, 300)}`)
    assert.not.match(a.json.message[lang], /\{\w+\}/)
  }
  assert.not.match(a.text, /\n\s+at |node_modules|TypeError/, what)
}

const segment = fc.constantFrom(
  'nodes',
  'n1',
  'n2',
  'n9',
  'resources',
  'web',
  'shop',
  'data',
  'config',
  'cluster',
  'fence',
  'events',
  'explain',
  'relations',
  'matrix',
  'start',
  'stop',
  'move',
  'ban',
  'cleanup',
  'standby',
  'maintenance',
  'actors',
  'log',
  'membership',
  'trace',
  'state',
  'restart',
  'join',
  'codes',
  'lab',
  'status',
  'plan',
  'confirm',
  '..',
  '%2e%2e',
  '%00',
  '__proto__',
  'constructor',
  '%ff',
  'a'.repeat(300),
  '%E4%B8%AD',
)
const path = fc.array(segment, { maxLength: 4 }).map((all) => `/${all.join('/')}`)
const query = fc
  .array(
    fc.constantFrom(
      'dryRun',
      'dryRun=true',
      'dryRun=x',
      'since=x',
      'limit=-1',
      'limit=1e99',
      'format=yaml',
      'node=n1',
      'lang=zh',
      '__proto__=1',
      '%',
      '=',
      'a=b&a=c',
    ),
    { maxLength: 3 },
  )
  .map((all) => (all.length > 0 ? `?${all.join('&')}` : ''))
const leaf = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, 'n1', 'n2', 60_000, -1, 2 ** 53, 'web'),
)
const json = fc.oneof(
  fc
    .dictionary(
      fc.constantFrom('node', 'forMs', 'boot', 'name', 'votes', 'minutes', '__proto__', 'resource', 'x'),
      fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
      { maxKeys: 5 },
    )
    .map((v) => JSON.stringify(v)),
  fc.json({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 5000 }).map((n) => '['.repeat(n)),
)
const body = fc.oneof(
  json,
  fc.uint8Array({ maxLength: 300 }),
  fc.constant(undefined),
  fc.nat(yaml.length).map((n) => yaml.slice(0, n)),
  fc.tuple(fc.nat(yaml.length), fc.string({ maxLength: 6 })).map(([at, x]) => yaml.slice(0, at) + x + yaml.slice(at + 3)),
)
const header = fc.constantFrom(
  ['content-type', 'application/json'],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=latin1'],
  ['if-match', '"1"'],
  ['if-match', '*'],
  ['if-match', 'W/"x"'],
  ['idempotency-key', 'k'.repeat(300)],
  ['idempotency-key', '../../x'],
  ['origin', 'http://evil.example'],
  ['host', 'evil.example'],
  ['accept', 'text/html'],
  ['last-event-id', 'x:y:z'],
  ['content-encoding', 'gzip'],
)

t('any request to any path', async ({ node, world }) => {
  const met = new Map<number, number>()
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS')
  await checkLater(
    1500,
    fc.asyncProperty(method, path, query, body, fc.array(header, { maxLength: 3 }), async (verb, where, more, content, headers) => {
      if (/^\/events/.test(where) && verb === 'GET') return // a stream has no end: test/api/events.test.ts
      const before = world.state
      const ask: Ask = { method: verb, headers: Object.fromEntries(headers), ...(content === undefined ? {} : { body: content as string }) }
      const a = await node.tcp(`${where}${more}`, ask)
      judge(a, `${verb} ${where}${more} ${String(content).slice(0, 80)}`)
      if (a.status !== 200 || more.includes('dryRun'))
        assert.ok(a.status === 200 || world.state === before, 'what is refused changes nothing')
      met.set(a.status, (met.get(a.status) ?? 0) + 1)
    }),
  )
  assert.ok(
    [200, 400, 404].every((code) => (met.get(code) ?? 0) > 0),
    JSON.stringify([...met]),
  )
})

t('configurations that are nearly right are taken or refused with their problems', async ({ node, world }) => {
  const change = fc.tuple(
    fc.nat(yaml.length),
    fc.nat(8),
    fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('{', '}', '[', '\n', ': ', '- ', '"', '&a', '*a', '<<: ', '!!js x', '\0')),
  )
  let refused = 0
  await checkLater(
    300,
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      let text = yaml
      for (const [at, gone, put] of changes) text = text.slice(0, at) + put + text.slice(at + gone)
      const before = world.state
      const a = await node.tcp('/config?dryRun', { method: 'PUT', body: text })
      judge(a, text)
      assert.is(world.state, before)
      if (a.status === 400) refused++
    }),
  )
  assert.ok(refused > 0)
})

/** Raw bytes to the port: the connection is answered or closed; the next request is served as if nothing had been. */
const raw = (port: number, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', () => undefined).on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.setTimeout(2000, () => socket.destroy())
  })

t('bytes that are no HTTP, cut and mangled requests', async ({ node }) => {
  const whole = Buffer.from(
    `POST /api/v1/resources/web/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
  )
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(whole.length).map((n) => whole.subarray(0, n)),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => whole.map((x, i) => (i === at ? byte : x))),
    fc.constant(Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n'), Buffer.from('X: y\r\n'.repeat(5000))])),
  )
  await checkLater(
    Math.min(runsOf(150), 2000),
    fc.asyncProperty(piece, (bytes) => raw(node.port, bytes)),
  )
  assert.is((await node.call('/status')).status, 200)
})

t.run()
