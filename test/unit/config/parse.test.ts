/** What an operator may write, and the sentence for everything else. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { INFINITY } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import { sentence } from '../../../runtime/config/problem.js'
import { EXAMPLE } from './example.js'

const t = suite('config: parse')

const doc = (text: string) => {
  const parsed = parseConfig(text)
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map((p) => sentence('en', p)).join('\n'))
  return parsed.ok ? parsed : (assert.unreachable() as never)
}
const head = 'apiVersion: kyha/v1\nname: shop\n'
const base = `${head}nodes: {n1: {}, n2: {}}
resources:
  - {name: a, agent: kyha:http}
  - {name: b, agent: kyha:http}
  - {name: c, agent: kyha:http}
`
const keys = (text: string): string[] => {
  const parsed = parseConfig(text)
  return parsed.ok ? [] : parsed.problems.map((p) => p.because.key)
}
/** The only problem of a text, in English. */
const only = (text: string): string => {
  const parsed = parseConfig(text)
  assert.ok(!parsed.ok, 'it was accepted')
  if (parsed.ok) return ''
  const said = parsed.problems.map((p) => sentence('en', p))
  assert.is(said.length, 1, said.join('\n'))
  return said[0] ?? ''
}

t('the example of the manual gives the whole document', () => {
  const { doc: got, warnings } = doc(EXAMPLE)
  assert.equal(got.properties, {
    noQuorumPolicy: 'stop',
    fencingEnabled: true,
    fencingAction: 'off',
    maintenanceMode: false,
    stickiness: 1,
    symmetric: true,
    stopAll: false,
    startupFencingMs: 20_000,
    startFailureIsFatal: true,
  })
  assert.equal(got.nodes['n1'], { standby: false, maintenance: false, attributes: { rack: 'a' } })
  assert.equal(got.resources[0], {
    name: 'vip',
    agent: 'ocf:heartbeat:IPaddr2',
    params: { ip: '10.0.0.100', cidr_netmask: '24' },
    meta: {
      targetRole: 'Started',
      managed: true,
      maintenance: false,
      stickiness: 100,
      priority: 0,
      migrationThreshold: 3,
      failureCounting: 'consecutive',
      failureTimeoutMs: 60_000,
      multipleActive: 'stop_start',
      reap: true,
    },
    ops: {
      start: { intervalMs: 0, timeoutMs: 20_000, onFail: 'restart', depth: 0 },
      stop: { intervalMs: 0, timeoutMs: 20_000, onFail: 'fence', depth: 0 },
      monitors: [{ intervalMs: 10_000, timeoutMs: 20_000, onFail: 'restart', depth: 0 }],
    },
  })
  assert.equal(got.groups, [{ name: 'web', members: ['vip', 'nginx'], targetRole: 'Started' }])
  assert.equal(got.locations, [
    { id: 'location-web', resource: 'web', levels: ['n1', 'n2', 'n3'] },
    { id: 'keep-off', resource: 'vip', node: 'n3', score: -INFINITY },
  ])
  assert.equal(got.colocations, [{ id: 'colocation-a-b', resource: 'a', with: 'b', score: INFINITY }])
  // biome-ignore lint/suspicious/noThenProperty: a word of the document
  assert.equal(got.orders, [{ id: 'order-a-b', first: 'a', then: 'b', kind: 'Mandatory', symmetrical: true }])
  assert.equal(got.fencing[0], {
    name: 'lab',
    agent: 'fence_lab',
    params: { socket_dir: '/x' },
    hosts: { n1: 'n1', n2: 'n2', n3: 'n3' },
    level: 1,
    timeoutMs: 20_000,
    delayMs: 0,
  })
  assert.equal(
    warnings.map((w) => w.because.key),
    ['config.no-monitor'],
  )
})

t('JSON is understood too, and values keep their spelling', () => {
  const { doc: got } = doc(
    JSON.stringify({ apiVersion: 'kyha/v1', name: 'x', resources: [{ name: 'a', agent: 'kyha:http', params: { port: 8080 } }] }),
  )
  assert.equal(got.resources[0]?.params, { port: '8080' })
  const { doc: mode } = doc(`${head}resources: [{name: a, agent: kyha:http, params: {mode: 0640, x: 1e3, y: yes, z: "0x1F", e: ''}}]`)
  assert.equal(mode.resources[0]?.params, { mode: '0640', x: '1e3', y: 'yes', z: '0x1F', e: '' })
})

t('several monitors, roles and depths', () => {
  const { doc: got } = doc(
    `${head}resources:
  - {name: a, agent: "systemd:nginx.service", ops: {monitor: [{interval: 500ms}, {interval: 1min, depth: 10, on-fail: standby}]}}
`,
  )
  assert.equal(
    got.resources[0]?.ops.monitors.map((m) => [m.intervalMs, m.depth, m.onFail]),
    [
      [500, 0, 'restart'],
      [60_000, 10, 'standby'],
    ],
  )
})

t('an unknown key names the nearest known one, or all', () => {
  assert.is(only(`${head}propertys: {}`), 'Line 3: "propertys" is not known here; did you mean "properties"?')
  assert.is(
    only(`${head}properties:\n  noQuorumPolicy: stop`),
    'Line 4: "noQuorumPolicy" is not known here; did you mean "no-quorum-policy"?',
  )
  assert.match(only(`${base}groups: [{name: g, members: [a], zzz: 1}]`), '"zzz" is not known here; possible are name, members, meta')
})

t('all problems are told at once, by line', () => {
  const parsed = parseConfig(
    `apiVersion: kyha/v2
name: "bad name"
properties:
  fencing-enabled: maybe
  startup-fencing-delay: 5 fortnights
resources:
  - name: a
    agent: /bin/sh
    meta: {priority: high, migration-threshold: -1}
`,
  )
  assert.not.ok(parsed.ok)
  if (parsed.ok) return
  assert.equal(
    parsed.problems.map((p) => [p.line, p.because.key]),
    [
      [1, 'config.api-version'],
      [2, 'config.bad-name'],
      [4, 'config.want-boolean'],
      [5, 'config.want-duration'],
      [8, 'config.bad-agent'],
      [9, 'config.want-score'],
      [9, 'config.out-of-range'],
    ],
  )
  assert.ok(parsed.problems.every((p) => sentence('en', p).startsWith(`Line ${p.line}: `)))
  assert.ok(parsed.problems.every((p) => sentence('zh', p).startsWith(`第 ${p.line} 行`)))
})

t('at most 50 problems are told, and then how many more there are', () => {
  const parsed = parseConfig(`${head}resources:\n${'  - {name: a b, agent: x}\n'.repeat(40)}`)
  assert.not.ok(parsed.ok)
  if (parsed.ok) return
  assert.is(parsed.problems.length, 51)
  assert.equal(parsed.problems.at(-1)?.because.args['count'], 30)
})

t('what must be there is asked for with an example', () => {
  assert.equal(keys(''), ['config.empty', 'config.missing', 'config.missing'])
  assert.equal(keys('[]'), ['config.want-map', 'config.missing', 'config.missing'])
  assert.match(only('apiVersion: kyha/v1'), 'for example name: shop')
  assert.match(only(`${head}resources: [{name: a}]`), 'agent: ocf:heartbeat:IPaddr2')
  assert.match(only(`${base}fencing: [{name: f, agent: fence_x}]`), 'hosts')
})

t('numbers, durations and words out of their range', () => {
  const resource = (rest: string): string => only(`${head}resources: [{name: a, agent: kyha:http, ${rest}}]`)
  assert.match(resource('ops: {monitor: {interval: 5ms}}'), 'between 100ms and 168h')
  assert.match(resource('ops: {start: {timeout: 25h}}'), 'between 100ms and 24h')
  assert.match(resource('ops: {start: {interval: 5s}}'), '"interval" is not known here')
  assert.match(resource('meta: {target-role: Running}'), 'one of Started, Stopped')
  assert.match(resource('meta: {failure-timeout: soon}'), 'such as 500ms')
  assert.match(resource('ops: {monitor: [{interval: 10s}, {interval: PT10S}]}'), 'two monitors')
  assert.match(only(`${base}fencing: [{name: f, agent: fence_x, hosts: {n1: a, n2: b}, level: 10}]`), 'between 1 and 9')
  assert.is(
    doc(`${head}resources: [{name: a, agent: kyha:http, meta: {migration-threshold: 0}}]`).doc.resources[0]?.meta.migrationThreshold,
    INFINITY,
  )
})

t('names that do not exist, and the nearest one that does', () => {
  assert.match(only(`${base}location: [{resource: a, levels: [n1, n22]}]`), 'no node "n22"; did you mean "n2"?')
  assert.match(only(`${base}location: [{resource: nope, levels: [n1]}]`), 'no resource, group or clone "nope"')
  assert.match(only(`${base}order: [{first: a, then: zebra}]`), 'no resource, group or clone "zebra"')
  assert.match(only(`${base}colocation: [{resource: a, with: zebra}]`), 'no resource, group or clone "zebra"')
  assert.match(only(`${base}groups: [{name: g, members: [a, zebra]}]`), 'no resource, group or clone "zebra"')
  assert.match(only(`${base}fencing: [{name: f, agent: fence_x, hosts: {n1: 1, n2: 2, other: 3}}]`), 'no node "other"')
  assert.ok(parseConfig(`${base}location: [{resource: a, levels: [n7]}]`, ['n7']).ok)
})

t('a location says levels, or node and score', () => {
  for (const form of [
    '{resource: a}',
    '{resource: a, levels: [n1], node: n1, score: 1}',
    '{resource: a, node: n1}',
    '{resource: a, levels: [n1], score: 2}',
  ]) {
    assert.match(only(`${base}location: [${form}]`), 'either levels')
  }
  assert.match(only(`${base}location: [{resource: a, levels: [n1, n2, n1]}]`), 'twice in levels')
})

t('groups: no group inside, no resource in two, no name twice', () => {
  assert.match(only(`${base}groups: [{name: g, members: [a]}, {name: h, members: [g, b]}]`), 'groups hold resources only')
  assert.match(only(`${base}groups: [{name: g, members: [a, b]}, {name: h, members: [c, a]}]`), 'a is a member of h and of g')
  assert.match(only(`${base}groups: [{name: g, members: [a, a]}]`), 'names a twice')
  assert.match(only(`${base}groups: [{name: a, members: [b]}]`), 'the name "a" is used twice')
  assert.match(only(`${base}groups: [{name: g, members: []}]`), 'is empty')
  assert.match(only(`${head}nodes:\n  n1: {}\n  n1: {}`), 'Line 5: the key "n1" stands twice')
})

t('orders and colocations that go round are shown as the circle', () => {
  assert.match(only(`${base}order: [{first: a, then: b}, {first: b, then: c}, {first: c, then: a}]`), 'a -> b -> c -> a')
  assert.match(only(`${base}colocation: [{resource: a, with: b}, {resource: b, with: a}]`), 'a -> b -> a')
  assert.match(only(`${base}groups: [{name: g, members: [a, b]}]\norder: [{first: b, then: a}]`), 'a -> b -> a')
  assert.ok(parseConfig(`${base}order: [{first: a, then: b}, {first: b, then: a, kind: Serialize}]`).ok)
  assert.ok(parseConfig(`${base}order: [{first: a, then: b}, {first: a, then: c}, {first: b, then: c}]`).ok)
})

t('A with B and A not with B contradict each other', () => {
  assert.match(only(`${base}colocation:\n  - {resource: a, with: b}\n  - {resource: b, with: a, score: -INFINITY}`), 'contradicts line 9')
  assert.match(
    only(`${base}groups: [{name: g, members: [a, b]}]\ncolocation: [{resource: a, with: b, score: -INFINITY}]`),
    'contradicts line 8',
  )
  assert.match(only(`${base}order: [{first: a, then: a}]`), 'on both sides')
})

t('ids are made stably, next to ids that are given', () => {
  const { doc: got } = doc(
    `${base}location:
  - {resource: a, node: n1, score: 1}
  - {resource: a, node: n1, score: 2}
  - {id: location-a-n1, resource: a, node: n2, score: 1}
`,
  )
  assert.equal(
    got.locations.map((one) => one.id),
    ['location-a-n1-2', 'location-a-n1-3', 'location-a-n1'],
  )
  assert.match(only(`${base}order: [{id: x, first: a, then: b}, {id: x, first: b, then: c}]`), 'the name "x" is used twice')
})

t('what is legal but unsafe is a warning', () => {
  const warned = (text: string): string[] =>
    doc(text)
      .warnings.map((w) => w.because.key)
      .filter((key) => key !== 'config.no-monitor')
  assert.equal(warned(head), ['config.no-device'])
  assert.equal(warned(`${head}properties: {fencing-enabled: no, no-quorum-policy: ignore}`), [
    'config.fencing-off',
    'config.quorum-ignored',
  ])
  assert.equal(warned(`${head}nodes: {n1: , n2: }\nfencing: [{name: f, agent: fence_x, hosts: {n1: p1}}]`), ['config.node-without-device'])
  assert.equal(warned(`${head}properties: {fencing-enabled: no}\nresources: [{name: a, agent: kyha:http, ops: {monitor: []}}]`), [
    'config.monitor-off',
    'config.fencing-off',
  ])
  assert.match(
    only(`${head}properties: {fencing-enabled: no}\nresources: [{name: a, agent: kyha:http, ops: {stop: {on-fail: fence}}}]`),
    'fencing-enabled is false',
  )
})

t('an agent name never leaves its directory, and a name is never one of JavaScript', () => {
  for (const agent of [
    'ocf:heartbeat:../../bin/sh',
    'ocf:../x:y',
    'kyha:a/b',
    'systemd:../x',
    'systemd:a..b',
    'ocf:heartbeat',
    'nginx',
    'kyha:',
  ]) {
    assert.equal(keys(`${head}resources: [{name: a, agent: "${agent}"}]`), ['config.bad-agent'], agent)
  }
  for (const name of ['__proto__', 'constructor', 'toString', 'a b', '-a', 'a/b', 'ä', 'x'.repeat(64)]) {
    assert.equal(keys(`${head}nodes: {"${name}": {}}`), ['config.bad-name'], name)
    assert.equal(keys(`${head}resources: [{name: a, agent: kyha:http, params: {"${name}": 1}}]`), ['config.bad-name'], name)
  }
  assert.equal(keys(`${head}resources: [{name: a, agent: kyha:http, params: {x: "a\\0b"}}]`), ['config.control-character'])
})

t('a tie-break names a node or `lowest`, and never goes with two nodes', () => {
  const parse = (tie: string, members: string[]) => parseConfig(`{apiVersion: kyha/v1, name: x, quorum: {tie-break: ${tie}}}`, members)
  for (const tie of ['n1', 'lowest']) {
    const got = parse(tie, ['n1', 'n2', 'n3', 'n4'])
    assert.ok(got.ok)
    assert.equal(got.doc.quorum, { tieBreak: tie })
    const two = parse(tie, ['n1', 'n2'])
    assert.is(two.ok ? '' : two.problems[0]?.because.key, 'config.tie-break-two')
  }
  const wrong = parse('n9', ['n1', 'n2', 'n3'])
  assert.is(wrong.ok ? '' : wrong.problems[0]?.because.key, 'config.unknown-node-near')
})

t('[C24] a witness is the quorum device that the document describes, or the shared disks; what else it may be is said', () => {
  const print = 'ab'.repeat(32)
  const device = `device: {name: q1, address: 10.9.0.9, fingerprint: ${print}}`
  const parse = (quorum: string, members = ['n1', 'n2']) => parseConfig(`{apiVersion: kyha/v1, name: x, quorum: {${quorum}}}`, members)
  const why = (quorum: string): string => {
    const got = parse(quorum)
    return got.ok ? '' : (got.problems[0]?.because.key ?? '')
  }
  const good = parse(`witness: q1, ${device}`)
  assert.ok(good.ok)
  assert.equal(good.doc.quorum, { witness: 'q1', device: { name: 'q1', address: '10.9.0.9', port: 5409, fingerprint: print } })
  assert.equal(parseConfig(printDoc(good.doc), ['n1', 'n2']), good, 'printed and read again it is the same')
  assert.equal(parse('witness: disks').ok, true)
  assert.equal(parse(device).ok, true, 'enrolled and not used')
  assert.is(why('witness: q2'), 'config.witness-unknown')
  assert.is(why(`witness: q2, ${device}`), 'config.witness-unknown')
  assert.is(why(device.replace('q1', 'disks')), 'config.device-name')
  assert.is(why(device.replace('10.9.0.9', 'q1.example')), 'config.device-address')
  assert.is(why(device.replace(print, print.slice(1))), 'config.fingerprint')
  assert.is(why('device: {name: q1}'), 'config.missing')
  const many = parse(`witness: q1, ${device}`, ['n1', 'n2', 'n3'])
  assert.ok(many.ok && many.warnings.some((w) => w.because.key === 'config.witness-many'))
})

t('fence_watchdog has a lease and asks no device; no other device has one', () => {
  const self = (more: string) => `${base}fencing: [{name: self, agent: fence_watchdog, hosts: {n1: '', n2: ''}${more}}]\n`
  assert.is(doc(self('')).doc.fencing[0]?.leaseMs, 5_000)
  const given = doc(self(', lease: 3s'))
  assert.is(given.doc.fencing[0]?.leaseMs, 3_000)
  assert.equal(doc(printDoc(given.doc)).doc, given.doc)
  assert.match(only(self(', params: {ip: 10.0.0.1}')), /takes no params/)
  assert.match(
    only(`${base}fencing: [{name: ipmi, agent: fence_ipmilan, hosts: {n1: ''}, lease: 3s}]\n`),
    /lease is for the device fence_watchdog/,
  )
})

t.run()
