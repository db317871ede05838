/** `kyha simulate`: a user's own configuration under faults, in plain words; the same seed the same answer; wrong words one sentence each. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { told } from '../../../console/cli/commands/simulate.js'
import { detect, width } from '../../../console/cli/terminal.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { verdict } from '../../../runtime/verdict.js'
import { catalogue } from '../../sim/faults/index.js'
import { type Foreseen, foresee, translated } from '../../sim/foresee.js'
import { ApiBench, kyha } from './bench.js'

const names = ['east', 'west', 'north']
const yaml = (nodes: readonly string[]): string => `apiVersion: kyha/v1
name: shop
properties: {fencing-enabled: true}
nodes: {${nodes[2]}: {attributes: {rack: b}}}
resources:
  - {name: db, agent: 'kyha:Dummy'}
  - {name: web, agent: 'ocf:heartbeat:nginx'}
  - {name: report, agent: 'kyha:Dummy', meta: {target-role: Stopped}}
groups: [{name: app, members: [db, web]}]
location: [{resource: app, levels: [${nodes.join(', ')}]}]
fencing:
${nodes.map((n) => `  - {name: bmc-${n}, agent: fence_ipmilan, params: {password: canary}, hosts: {${n}: ''}}`).join('\n')}
`
const docOf = (nodes: readonly string[]): ConfigDoc => {
  const parsed = parseConfig(yaml(nodes), nodes)
  assert.ok(parsed.ok)
  return (parsed as { doc: ConfigDoc }).doc
}

const t = suite<{ api: ApiBench; file: string }>('cli simulate')
t.before(async (c) => {
  c.api = await new ApiBench().start()
  c.file = join(c.api.dir, 'shop.yaml')
  writeFileSync(c.file, yaml(names))
})
t.after((c) => c.api.end())

t(
  '[issue 3] says of each resource how often, why and how long it was away, what was fenced and why; the same seed says the same',
  async ({ api, file }) => {
    const args = ['simulate', '--file', file, '--faults', 'power-off', '--hours', '4', '--seed', '1']
    const first = await kyha('/nope', args)
    assert.is(first.code, 0, first.err)
    assert.match(
      first.out,
      /^4 h of shop on east, north, west with seed 1: \d+ x a machine loses its power\.\n\nRESOURCE +AWAY +LONGEST +IN ALL +MOVES\n/,
    )
    assert.match(first.out, /\nweb\n {2}\d x taken over by another node, \d+ ms at most: a machine loses its power\n/)
    assert.match(first.out, /\nreport\n {2}is to be stopped\n/)
    assert.match(first.out, /\nNODE +FENCED +BECAUSE\n(east|north|west) +\d +\d x a machine loses its power\n/)
    assert.match(first.out, /\nNo rule of kyha was violated\.\n/)
    for (const line of first.out.split('\n')) assert.ok(width(line) <= 80, line)

    const json = JSON.parse((await kyha('/nope', [...args, '-o', 'json'])).out)
    assert.equal([json.apiVersion, json.kind, json.nodes], ['kyha/v1', 'Simulation', ['east', 'north', 'west']])
    const web = json.resources.find((r: { name: string }) => r.name === 'web')
    const row = first.out.match(/^web +(\d+) +\S+ \S+ +.* +(\d+)$/m)
    assert.equal([String(web.outages.length), String(web.moves)], [row?.[1], row?.[2]], 'the same history')
    assert.ok(web.outages.length > 0 && web.downMs >= web.longestMs && web.availability < 1)
    for (const o of web.outages)
      assert.ok(names.includes(o.from) && names.includes(o.to) && o.because.text.zh.length > 3, JSON.stringify(o))
    assert.not.match(JSON.stringify(json), /canary|\bn1\b/)
    assert.is(api.model.state?.config.resources.length, 0, 'no cluster was asked or touched')
  },
)

t('of a clone it says whether any instance ran, and where the promoted role was', async ({ api }) => {
  const file = join(api.dir, 'clones.yaml')
  writeFileSync(
    file,
    `apiVersion: kyha/v1
name: shop
resources:
  - {name: fs, agent: 'kyha:Dummy'}
  - {name: db, agent: 'kyha:Stateful'}
  - {name: idle, agent: 'kyha:Dummy'}
clones:
  - {name: fs-clone, resource: fs}
  - {name: db-clone, resource: db, promoted: 1}
  - {name: idle-clone, resource: idle, meta: {target-role: Stopped}}
fencing: [{name: bmc, agent: fence_ipmilan, hosts: {east: '', west: '', north: ''}}]
`,
  )
  const args = ['simulate', '--file', file, '--nodes', names.join(), '--faults', 'power-off', '--hours', '8', '--seed', '2']
  const got = await kyha('/nope', args)
  assert.is(got.code, 0, got.err)
  assert.match(got.out, /\nfs \(any instance\) +0 +- +- +0\n/, 'one machine of three was off: two instances went on')
  assert.match(got.out, /\ndb \(any instance\)\n {2}ran all the time where it was\n/)
  assert.match(got.out, /\ndb \(promoted\)\n {2}\d+ x taken over by another node, \d+ ms at most: a machine loses its power\n/)
  assert.match(got.out, /\nidle \(any instance\)\n {2}is to be stopped\n/)
  const { resources } = JSON.parse((await kyha('/nope', [...args, '-o', 'json'])).out)
  assert.equal(
    resources.map((r: { name: string; counts: string }) => `${r.name} ${r.counts}`),
    ['fs any', 'db any', 'db promoted', 'idle any'],
  )
  for (const r of resources.filter((x: { counts: string }) => x.counts === 'promoted'))
    for (const o of r.outages) assert.ok(o.why !== 'taken-over' || o.to !== o.from, JSON.stringify(o))
})

t('a pool names its standby nodes as the user does', () => {
  const parsed = parseConfig(
    `apiVersion: kyha/v1
name: shop
nodes: {east: {}, west: {}, north: {}}
resources: [{name: web, agent: 'kyha:Dummy'}]
pools: [{name: spare, resources: [web], standby: [north]}]
`,
    names,
  )
  assert.ok(parsed.ok, JSON.stringify(parsed))
  assert.equal(translated((parsed as { doc: ConfigDoc }).doc, names).pools?.[0]?.standby, ['n3'])
})

t('without a file it takes the configuration and the nodes of the running cluster, in Chinese as well', async ({ api }) => {
  const doc = docOf(['n1', 'n2', 'n3'])
  api.commit({ type: 'config', doc, by: 'test', because: verdict('config', 'log.config') })
  const args = ['simulate', '--faults', 'partition,disk-stall', '--hours', '1']
  const got = await kyha(api.socket, ['--lang', 'zh', ...args], { LC_ALL: 'C.UTF-8', TERM: 'xterm' })
  assert.equal([got.code, got.err], [0, ''])
  assert.match(got.out, /^shop 在 n1, n2, n3 上运行 1 小时，种子 1：.*\n\n资源 +中断 +最长 +合计 +迁移\n/s)
  assert.not.match(got.out, /\b(RESOURCE|NODE|taken|fenced|partition|power|rule)\b/)
  for (const line of got.out.split('\n')) assert.ok(width(line) <= 80, line)
})

t('what it cannot do is said in one sentence', async ({ file, api }) => {
  const wrong: readonly [args: readonly string[], code: number, says: RegExp][] = [
    [
      ['--faults', 'partiton'],
      64,
      /^There is no fault named partiton \(did you mean partition\?\): `kyha simulate\s+--faults help` lists them\.\n$/,
    ],
    [['--hours', '0'], 64, /Hours are a number above 0, at most 720\./],
    [['--seed', 'a b'], 64, /A seed is a number/],
    [['--file', '/nope'], 66, /^\/nope cannot be read/],
    [['--file', file, '--nodes', 'east'], 65, /^This is not valid:/],
  ]
  for (const [args, code, says] of wrong) {
    const got = await kyha('/nope', ['simulate', ...args])
    assert.equal([got.code, got.out], [code, ''], got.err)
    assert.match(got.err, says)
  }
  const empty = join(api.dir, 'empty.yaml')
  writeFileSync(empty, 'apiVersion: kyha/v1\nname: shop\n')
  assert.match((await kyha('/nope', ['simulate', '--file', empty])).err, /names no node: give the nodes with --nodes/)
  assert.match((await kyha('/nope', ['simulate', '--file', empty, '--nodes', 'a,b'])).err, /has no resources/)
  assert.is((await kyha('/nope', ['simulate'])).code, 102)
})

t('--faults help lists every fault with its words, and the simulator has each of them', async () => {
  const { out, code } = await kyha('/nope', ['simulate', '--faults', 'help'])
  assert.is(code, 0)
  assert.match(out, /^FAULT +WHAT\npower-off +a machine loses its power\n/)
  const { faults } = JSON.parse((await kyha('/nope', ['-o', 'json', 'simulate', '--faults', 'help'])).out)
  for (const f of faults)
    assert.ok(
      catalogue.some((c) => c.name === f.name),
      f.name,
    )
  assert.ok(faults.filter((f: { usual: boolean }) => f.usual).length >= 8)
})

t('a violated rule is called a bug of kyha, with the command that shows it again', () => {
  const seen: Foreseen = {
    faults: [],
    resources: [{ name: 'db', ran: true, outages: [{ atMs: 1, ms: 1500, from: 'east', fault: 'partition', why: 'gone' }], cleanups: 2 }],
    fences: [],
    unconfirmed: 3,
    violations: [{ atMs: 12, invariant: 'S1', because: 'two owners\n  of db' }],
    hours: 1,
    busyMs: 1000,
  }
  const terminal = detect({ LC_ALL: 'C' }, {})
  const text = told(
    terminal,
    { seed: '7', hours: 1 },
    { doc: docOf(names), nodes: names, votes: [1, 2, 1] },
    seen,
    'kyha simulate --seed 7',
  )
  assert.match(
    text,
    /violated its rule S1 at\s+12\s+ms\s+of\s+simulated\s+time:\s+two\s+owners\.\s+This\s+is\s+a\s+bug\s+of\s+kyha[\s\S]*\n {2}kyha simulate --seed 7\n/,
  )
  assert.not.match(text, /No rule of kyha/)
  assert.match(text, /did not run again until the end\n {2}2 x it ran again only after `kyha resource cleanup db`/)
  assert.match(text, /Fencing was tried 3 times without a confirmation/)
  assert.match(text, /your votes are 1, 2, 1/)
})

t('names, levels, fence devices and the tie-break are those of the simulated machines; everything else is left as it is', () => {
  const doc = { ...docOf(names), quorum: { tieBreak: 'west' } }
  const to = translated(doc, names)
  assert.equal(to.locations[0]?.levels, ['n1', 'n2', 'n3'])
  assert.equal(Object.keys(to.nodes), ['n3'])
  assert.equal(
    to.fencing.map((f) => [f.name, f.agent, f.hosts]),
    [
      ['bmc-east', 'fence_lab', { n1: 'n1' }],
      ['bmc-west', 'fence_lab', { n2: 'n2' }],
      ['bmc-north', 'fence_lab', { n3: 'n3' }],
    ],
  )
  assert.equal(to.quorum, { tieBreak: 'n2' })
  assert.equal([to.resources, to.groups, to.properties], [doc.resources, doc.groups, doc.properties])
})

t('a quorum device is the simulator’s witness and shared disks are its own', () => {
  const two = names.slice(0, 2)
  const device = { name: 'q1', address: '10.9.0.9', port: 5409, fingerprint: 'ab'.repeat(32) }
  for (const quorum of [{ witness: 'q1', device }, { witness: 'disks' }]) {
    const doc = { ...docOf(names), nodes: {}, quorum }
    assert.equal(translated(doc, two).quorum, { witness: quorum.witness === 'disks' ? 'disks' : 'witness' })
    const faults = catalogue.filter((f) => f.name === 'power-off')
    assert.is(faults.length, 1)
    const got = foresee({ seed: '1', doc, nodes: two, faults, hours: 2 })
    assert.equal(got.violations, [])
    assert.ok(got.resources.some((r) => r.name === 'db' && r.ran && r.outages.some((o) => o.why === 'taken-over')))
  }
})

t.run()
