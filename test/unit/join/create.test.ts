/** `cluster create`: what it writes is what kyhad reads, and nothing that exists is touched. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCluster } from '../../../console/join/create.js'
import { caKeyFile, makeDirs, nodeFile, type Places, readNode } from '../../../console/join/layout.js'
import { isRefusal, parseLinks } from '../../../console/join/names.js'
import { checkIdentity } from '../../../runtime/wire/identity.js'
import { readKeys } from '../../../runtime/wire/keys.js'
import { Bench, keyOf, wishes, word } from './bench.js'

const t = suite<{ bench: Bench }>('join create')
t.before.each((c) => {
  c.bench = new Bench()
})
t.after.each((c) => c.bench.end())

const make = (places: Places, more: object = {}) =>
  createCluster({
    cluster: 'shop',
    node: 'n1',
    links: [
      { address: '127.0.0.1', port: 5407 },
      { address: '127.0.1.1', port: 5500 },
    ],
    places,
    wishes,
    force: false,
    nowMs: Date.now(),
    ...more,
  })

t('[C9] node.json is one that kyhad reads, with this node as the only member', async ({ bench }) => {
  const places = bench.places('n1')
  const made = await make(places, { wishes: { apiPort: 7480, fenceDirs: ['/opt/fence'] } })
  assert.is(word(made), 'taken')
  const node = await readNode(places.dir)
  if (isRefusal(node)) return assert.unreachable(JSON.stringify(node.because))
  assert.is(node.cluster.name, 'shop')
  assert.equal(node.genesis, [{ node: node.node.id, name: 'n1', votes: 1, links: node.links }])
  assert.equal(node.api, { socket: join(places.runDir, 'api.sock'), tcp: { host: '127.0.0.1', port: 7480 } })
  assert.equal(node.agents.fence, ['/opt/fence'])
  const [ca, cert, key] = [node.tls.ca, node.tls.cert, node.tls.key].map((f) => readFileSync(f, 'utf8')) as [string, string, string]
  assert.is(word(checkIdentity({ ca, cert, key }, node.node.id, Date.now())), 'taken')
  assert.not.ok(isRefusal(readKeys(node.keyFile)))
  for (const secret of [node.tls.key, node.keyFile, caKeyFile(places.dir)]) assert.is(statSync(secret).mode & 0o777, 0o600, secret)
})

t('a second create refuses and leaves every byte as it was', async ({ bench }) => {
  const places = bench.places('n1')
  await make(places)
  const before = readFileSync(nodeFile(places.dir), 'utf8')
  const again = await make(places, { cluster: 'other' })
  assert.is(word(again), 'exists')
  assert.is(readFileSync(nodeFile(places.dir), 'utf8'), before)
})

t('the state of another cluster is not adopted', async ({ bench }) => {
  const places = bench.places('n1')
  makeDirs(places)
  writeFileSync(join(places.stateDir, 'wal-1'), 'old')
  assert.is(keyOf(await make(places)), 'cli.state-exists')
})

t('--dry-run makes nothing', async ({ bench }) => {
  assert.is(word(await make(bench.places('n1'), { dryRun: true })), 'taken')
  assert.equal(readdirSync(bench.dir), [])
})

t('an address that this machine lacks is refused, and with --force only said', async ({ bench }) => {
  const links = [{ address: '203.0.113.7', port: 5407 }]
  assert.is(keyOf(await make(bench.places('a'), { links })), 'cli.link-not-here')
  const forced = await make(bench.places('b'), { links, force: true })
  assert.equal(isRefusal(forced) ? [] : forced.warnings.map((w) => w.key), ['cli.link-not-here'])
})

t('names that cannot be keys are refused before anything is written', async ({ bench }) => {
  for (const node of ['', '-a', 'a b', '__proto__', 'constructor', 'x'.repeat(64), 'n1/..', 'n\u00e91'])
    assert.is(keyOf(await make(bench.places('a'), { node })), 'cli.bad-name', node)
  assert.equal(readdirSync(bench.dir), [])
})

t('links are read with and without ports, in both families', () => {
  assert.equal(parseLinks('10.0.0.1, 10.1.0.1:6000,fd00::1,[fd00::2],[fd00:0:0::3]:6001'), [
    { address: '10.0.0.1', port: 5407 },
    { address: '10.1.0.1', port: 6000 },
    { address: 'fd00::1', port: 5407 },
    { address: 'fd00::2', port: 5407 },
    { address: 'fd00::3', port: 6001 },
  ])
})

t('bad link text gets its own sentence', () => {
  const cases: Record<string, string> = {
    '': 'cli.link-text',
    'host.example': 'cli.link-text',
    '10.0.0.1,': 'cli.link-text',
    '10.0.0.256': 'cli.link-text',
    '10.0.0.1:': 'cli.link-text',
    'fe80::1%eth0': 'cli.link-text',
    '[10.0.0.1]:7': 'cli.link-text',
    '10.0.0.1:0': 'cli.link-port',
    '10.0.0.1:65535': 'cli.link-port',
    '10.0.0.1,10.0.0.1:6000': 'cli.link-twice',
    '0.0.0.0': 'cli.link-nobody',
    '::': 'cli.link-nobody',
    '224.0.0.1': 'cli.link-nobody',
    'ff02::1': 'cli.link-nobody',
    '10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8': 'cli.link-count',
  }
  for (const [text, key] of Object.entries(cases)) assert.is(keyOf(parseLinks(text)), key, text)
})

t('a node.json that is none is one sentence', async ({ bench }) => {
  const places = bench.places('n1')
  makeDirs(places)
  assert.is(keyOf(await readNode(places.dir)), 'cli.no-node')
  writeFileSync(nodeFile(places.dir), '{"cluster": 1')
  assert.is(keyOf(await readNode(places.dir)), 'cli.node-file')
})

t.run()
