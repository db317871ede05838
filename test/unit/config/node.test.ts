/** A node's own settings: defaults, refusals, unsafe timing. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type NodeConfig, parseNodeConfig, readNodeConfig } from '../../../runtime/config/node.js'
import { sentence } from '../../../runtime/config/problem.js'
import { TIMING } from '../../../runtime/config/timing.js'
import { fenceDir } from '../../../runtime/paths.js'

const t = suite('config: node')

const links = [
  { address: '10.0.0.1', port: 5407 },
  { address: 'fd00::1', port: 5407 },
]
const peer = [
  { address: '10.0.0.2', port: 5407 },
  { address: 'fd00::2', port: 5407 },
]
const whole = {
  cluster: { id: 'c-1', name: 'shop' },
  node: { id: 'id-1', name: 'n1' },
  genesis: [
    { node: 'id-1', name: 'n1', votes: 1, links },
    { node: 'id-2', name: 'n2', links: peer },
  ],
  links,
}
const given = (change: object): string => JSON.stringify({ ...whole, ...change }, null, 2)
const config = (text: string): NodeConfig => {
  const read = parseNodeConfig(text)
  assert.ok(read.ok, JSON.stringify(read))
  return read.ok ? read.config : (assert.unreachable() as never)
}
const said = (text: string): string => {
  const read = parseNodeConfig(text)
  assert.not.ok(read.ok)
  return read.ok ? '' : read.problems.map((p) => sentence('en', p)).join('\n')
}

t('what is not said has its default', () => {
  const got = config(given({}))
  assert.equal(got.timing, TIMING)
  assert.is(got.genesis[1]?.votes, 1)
  assert.is(got.stateDir, '/var/lib/kyha')
  assert.equal(got.api, { socket: '/run/kyha/api.sock' })
  assert.is(got.agents.ocfRoot, '/usr/lib/ocf')
  assert.equal(got.agents.fence, ['/usr/sbin', fenceDir])
  assert.is(got.logLevel, 'info')
  assert.is(config(given({ links: [{ address: '10.0.0.9' }], genesis: [] })).links[0]?.port, 5407)
})

t('what is said counts', () => {
  const got = config(
    given({
      runDir: '/tmp/x/',
      api: { tcp: { port: 7480 } },
      timing: { beatMs: 40 },
      agents: { fence: ['/opt/fence'] },
      logLevel: 'debug',
    }),
  )
  assert.equal(got.api, { socket: '/tmp/x/api.sock', tcp: { host: '127.0.0.1', port: 7480 } })
  assert.equal(got.timing, { ...TIMING, beatMs: 40 })
  assert.equal(got.agents.fence, ['/opt/fence'])
})

t('what is missing, unknown or misshapen is told with its line', () => {
  assert.match(said('{}'), '"cluster" is missing')
  assert.match(said(given({ staetDir: '/x' })), 'did you mean "stateDir"')
  assert.match(said(given({ stateDir: 'x' })), 'absolute path')
  assert.match(said(given({ stateDir: '/x/../y' })), 'absolute path')
  assert.match(said(given({ links: [{ address: 'n1.example' }], genesis: [] })), 'not an IPv4 or IPv6 address')
  assert.match(said(given({ links: [], genesis: [] })), 'is empty')
  assert.match(said(given({ links: [links[0], links[0]], genesis: [] })), 'used twice')
  assert.match(said(given({ links: Array(8).fill(links[0]), genesis: [] })), '8 entries')
  assert.match(said(given({ logLevel: 'loud' })), 'one of trace')
  assert.match(said('{"cluster": '), 'not valid YAML or JSON')
})

t('genesis is one list that holds this node', () => {
  assert.match(said(given({ node: { id: 'id-9', name: 'n1' } })), 'does not list this node')
  assert.match(said(given({ links: [{ address: '10.0.0.7' }, { address: '10.1.0.7' }] })), 'differ from links')
  assert.match(
    said(given({ genesis: [whole.genesis[0], { ...whole.genesis[1], links: [peer[0]] }] })),
    'n2 has 1 links, but this node has 2',
  )
  assert.match(said(given({ genesis: [whole.genesis[0], { ...whole.genesis[1], name: 'n1' }] })), 'used twice')
  assert.match(said(given({ genesis: [whole.genesis[0], { ...whole.genesis[1], links }] })), 'is used twice, so links')
  assert.match(said(given({ genesis: whole.genesis.map((m) => ({ ...m, votes: 0 })) })), 'no member of genesis has a vote')
})

t('an unsafe timing is refused with the figures', () => {
  const timing = (change: object): string => said(given({ timing: change }))
  assert.match(timing({ beatMs: 60 }), 'limitMsFloor is 200 with beatMs 60, but must be at least 4 beats (240 ms)')
  assert.match(timing({ limitMsMax: 150 }), 'below limitMsFloor 200')
  assert.match(timing({ fenceDelayMs: 120 }), 'must be at least 125 ms')
  assert.match(timing({ confirmMsMax: 300 }), 'confirming would take longer')
  assert.match(timing({ electionMsMin: 600, electionMsMax: 2000 }), 'above limitMsMax + confirmMsMax (625 ms)')
  assert.match(timing({ electionMsMax: 1400 }), '1.5 times electionMsMin (1500 ms)')
  assert.match(timing({ managerGraceMs: 1500 }), 'at least 1600 ms')
  assert.match(timing({ beatMs: 5 }), 'between 10 and 1000')
  assert.match(timing({ beatMs: 50.5 }), 'whole number')
})

t('the file is read; one that is not there is told with what to do', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kyha-node-'))
  try {
    const file = join(dir, 'node.json')
    const missing = await readNodeConfig(file)
    assert.ok(!missing.ok && missing.refused === 'unreadable')
    if (!missing.ok && missing.problems[0]) assert.match(sentence('en', missing.problems[0]), 'kyha cluster create')
    await writeFile(file, given({}))
    assert.ok((await readNodeConfig(file)).ok)
  } finally {
    await rm(dir, { recursive: true })
  }
})

t.run()
