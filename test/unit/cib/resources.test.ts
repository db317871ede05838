/** Import of properties, nodes, resources and operations: one row an element, what becomes of it and what is said. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { importCib } from '../../../console/cib/import/import.js'
import { dummy, metas, option, pair, unfenced } from '../engine/help.js'
import { imported, importText } from './help.js'

const t = suite('cib: import of resources')

const agent = 'ocf:test:Dummy'
const bare = { name: 'x', agent, ops: { monitor: [] } }
const one = (inside: string, more: Record<string, string> = {}) => imported({ resources: dummy('x', inside), ...more })
const x = (got: ReturnType<typeof imported>): Record<string, unknown> => (got.doc.resources as Record<string, unknown>[])[0] ?? {}
const op = (at: string, inside = ''): string => `<operations><op id="o" ${at}>${inside}</op></operations>`

t('a bare resource has no monitor of its own, and Pacemaker’s defaults are said where kyha’s are others', () => {
  const got = one('')
  assert.equal(got.notes, [])
  assert.equal(got.doc, {
    apiVersion: 'kyha/v1',
    name: 'shop',
    properties: { 'fencing-enabled': false, 'fencing-action': 'reboot', 'resource-stickiness': 0 },
    nodes: { a: {}, b: {} },
    resources: [bare],
  })
})

t('properties', () => {
  const of = (...options: [string, string][]) => imported({ resources: '', options: options.map(([k, v]) => option(k, v)).join('') })
  const rows: [[string, string], string, unknown, string[]][] = [
    [['no-quorum-policy', 'freeze'], 'no-quorum-policy', 'freeze', []],
    [['no-quorum-policy', 'suicide'], 'no-quorum-policy', undefined, ['left property no-quorum-policy cib.no-quorum-policy']],
    [['stonith-enabled', 'false'], 'fencing-enabled', false, []],
    [['fencing-enabled', 'no'], 'fencing-enabled', false, []],
    [['stonith-action', 'off'], 'fencing-action', undefined, []],
    [['stonith-action', 'poweroff'], 'fencing-action', undefined, []],
    [['maintenance-mode', 'TRUE'], 'maintenance-mode', true, []],
    [['symmetric-cluster', '0'], 'symmetric-cluster', false, []],
    [['stop-all-resources', 'y'], 'stop-all-resources', true, []],
    [['start-failure-is-fatal', 'false'], 'start-failure-is-fatal', false, []],
    [['placement-strategy', 'balanced'], 'placement-strategy', 'balanced', []],
    [['placement-strategy', 'best'], 'placement-strategy', undefined, ['left property placement-strategy config.want-one-of']],
    [['default-resource-stickiness', '7'], 'resource-stickiness', 7, []],
    [['batch-limit', '5'], 'batch-limit', undefined, ['note crm_config cib.machinery']],
    [['startup-fencing', 'true'], 'startup-fencing', undefined, []],
    [['startup-fencing', 'false'], 'startup-fencing', undefined, ['left property startup-fencing cib.property']],
    [['stonith-watchdog-timeout', '10s'], 'x', undefined, ['left property stonith-watchdog-timeout cib.watchdog-timeout']],
    [['made-up', '1'], 'made-up', undefined, ['left property made-up cib.property']],
    [['dc-version', '2.1'], 'dc-version', undefined, []],
    [
      ['node-health-strategy', 'only-green'],
      'node-health',
      { strategy: 'only-green' },
      ['note property node-health-strategy cib.health-safety'],
    ],
  ]
  for (const [given, word, value, notes] of rows) {
    const got = of(given)
    assert.equal([(got.doc.properties as Record<string, unknown>)[word], got.notes], [value, notes], given.join('='))
  }
  const health = of(
    ['node-health-strategy', 'progressive'],
    ['node-health-red', '-5'],
    ['node-health-base', '3'],
    ['node-health-safety', 'no'],
  )
  assert.equal((health.doc.properties as Record<string, unknown>)['node-health'], {
    strategy: 'progressive',
    red: -5,
    base: 3,
    safety: false,
  })
})

t('the cluster’s name: the option, the property, or a note', () => {
  const xml = (options: string): string =>
    `<cib><configuration><crm_config><cluster_property_set id="s">${options}</cluster_property_set></crm_config></configuration></cib>`
  const name = (options: string, given?: string) => {
    const got = importCib(xml(options), given)
    return 'refused' in got ? got : [got.doc.name, ...got.notes.map((n) => n.why)]
  }
  assert.equal(name(option('cluster-name', 'own'), 'shop'), ['shop'])
  assert.equal(name(option('cluster-name', 'own')), ['own'])
  assert.equal(name(''), ['cluster', 'cib.nameless'])
  assert.equal(name(option('cluster-name', 'my own')), ['cluster', 'config.bad-name'])
})

t('nodes', () => {
  const more = '<node id="9" uname="far" type="remote"/>'
  const got = importText(
    `<cib><configuration><nodes><node id="1" uname="a"><instance_attributes id="i">${pair('standby', 'on')}${pair('maintenance', 'true')}${pair('rack', 'r1')}
     ${pair('9x', '1')}</instance_attributes><utilization id="u">${pair('cpu', '4')}${pair('mem', 'lots')}</utilization></node>${more}</nodes></configuration></cib>`,
  )
  assert.equal(got.doc.nodes, { a: { standby: true, maintenance: true, attributes: { rack: 'r1' }, utilization: { cpu: 4 } } })
  assert.equal(got.notes, ['partly node a 9x config.bad-name', 'left node far cib.node-type', 'partly node a mem config.want-integer'])
})

t('parameters, meta attributes, utilization; defaults of the cluster reach every resource', () => {
  const params = `<instance_attributes id="i">${pair('ip', '10.0.0.1')}${pair('pw', 'lrm://')}</instance_attributes>`
  const meta = {
    'target-role': 'Stopped',
    'is-managed': 'false',
    priority: '5',
    'migration-threshold': '3',
    'failure-timeout': 'PT1M',
    critical: 'no',
  }
  const got = one(
    `${params}${metas('x', { ...meta, 'allow-migrate': 'true', odd: '1' })}<utilization id="u">${pair('cpu', '2')}</utilization>`,
  )
  assert.equal(x(got), {
    ...bare,
    params: { ip: '10.0.0.1' },
    meta: {
      'target-role': 'Stopped',
      'is-managed': false,
      priority: 5,
      'migration-threshold': 3,
      'failure-counting': 'window',
      'failure-timeout': '1min',
      critical: false,
    },
    utilization: { cpu: 2 },
  })
  assert.equal(got.notes, [
    'partly primitive x odd cib.meta',
    'partly primitive x allow-migrate cib.allow-migrate',
    'partly primitive x pw cib.secret',
  ])
  const defaults = `<rsc_defaults><meta_attributes id="rd">${pair('resource-stickiness', '100')}${pair('migration-threshold', '2')}</meta_attributes></rsc_defaults>
    <op_defaults><meta_attributes id="od">${pair('timeout', '45s')}</meta_attributes></op_defaults>`
  const with_ = one('', { more: defaults })
  assert.is((with_.doc.properties as Record<string, unknown>)['resource-stickiness'], 100)
  assert.equal(x(with_), {
    ...bare,
    meta: { 'migration-threshold': 2, 'failure-counting': 'window' },
    ops: { start: { timeout: '45s' }, stop: { timeout: '45s' }, monitor: [] },
  })
  const told = imported({ resources: `<clone id="c">${metas('c', { notify: 'true' })}${dummy('x')}</clone>`, more: defaults })
  assert.equal(x(told)['ops'], { start: { timeout: '45s' }, stop: { timeout: '45s' }, notify: { timeout: '45s' }, monitor: [] })
  const rule = '<rule id="r" score="1"><date_expression id="d" operation="gt" start="2026-01-01"/></rule>'
  const conditional = one(`<meta_attributes id="m">${rule}${pair('priority', '1')}</meta_attributes>`)
  assert.equal([x(conditional), conditional.notes], [bare, ['partly primitive x m cib.conditional-values']])
})

t('operations', () => {
  const level = (n: number): string => `<instance_attributes id="oi">${pair('OCF_CHECK_LEVEL', String(n))}</instance_attributes>`
  const rows: [string, unknown, string[]][] = [
    [op('name="monitor" interval="10s"'), { monitor: { interval: '10s' } }, []],
    [
      op('name="monitor" interval="5" timeout="30" on-fail="block"', level(10)),
      { monitor: { interval: '5s', timeout: '30s', 'on-fail': 'block', depth: 10 } },
      [],
    ],
    [op('name="monitor" interval="10s" role="Slave"'), { monitor: { interval: '10s', role: 'Unpromoted' } }, []],
    [op('name="monitor" interval="10s" role="Stopped"'), { monitor: [] }, ['left op o cib.monitor-role']],
    [op('name="monitor" interval="10s" enabled="false"'), { monitor: [] }, []],
    [op('name="start" interval="0" timeout="0"'), { monitor: [] }, ['partly op o timeout cib.no-time']],
    [op('name="monitor" interval="0" timeout="9s"'), { monitor: [] }, ['note primitive x cib.uncalled']],
    [
      op('name="start" interval="0" timeout="2min" on-fail="standby"'),
      { start: { timeout: '2min', 'on-fail': 'standby' }, monitor: [] },
      [],
    ],
    // Fencing is off: fence means stop, and for a stop what it is without a word.
    [op('name="start" interval="0" on-fail="fence"'), { start: { 'on-fail': 'stop' }, monitor: [] }, []],
    [op('name="stop" interval="0" on-fail="fence"'), { monitor: [] }, []],
    [op('name="monitor" interval="10s" on-fail="demote"'), { monitor: { interval: '10s' } }, ['partly op o on-fail cib.on-fail']],
    [
      op('name="monitor" interval="10s" start-delay="5s"'),
      { monitor: { interval: '10s' } },
      ['partly op o start-delay cib.operation-word'],
    ],
    [op('name="notify" interval="0" timeout="60s"'), { notify: { timeout: '1min' }, monitor: [] }, []],
    [op('name="notify" interval="0" timeout="20s" on-fail="ignore"'), { monitor: [] }, []],
    [
      op('name="notify" interval="0" timeout="9s" on-fail="block"'),
      { notify: { timeout: '9s' }, monitor: [] },
      ['partly op o on-fail cib.notify-on-fail'],
    ],
    [op('name="migrate_to" interval="0" timeout="5s"'), { monitor: [] }, ['note primitive x cib.uncalled']],
    [op('name="backup" interval="1h"'), { monitor: [] }, ['left op o cib.operation']],
    [
      op('name="stop" interval="0" timeout="25h"'),
      { stop: { timeout: '24h' }, monitor: [] },
      ['changed primitive x ops.stop.timeout config.out-of-range'],
    ],
  ]
  for (const [xml, ops, notes] of rows) {
    const got = one(xml)
    assert.equal([x(got).ops, got.notes], [ops, notes], xml)
  }
})

t('templates are opened, own words win', () => {
  const template = `<template id="T" class="ocf" provider="test" type="Dummy"><instance_attributes id="ti">${pair('a', '1')}${pair('b', '1')}</instance_attributes>
    <operations><op id="to" name="monitor" interval="10s" timeout="7s"/></operations></template>`
  const got = imported({
    resources: `${template}<primitive id="x" template="T"><instance_attributes id="xi">${pair('b', '2')}</instance_attributes></primitive><primitive id="y" template="none"/>`,
  })
  assert.equal(x(got), { name: 'x', agent, params: { a: '1', b: '2' }, ops: { monitor: { interval: '10s', timeout: '7s' } } })
  assert.equal(got.notes, ['left primitive y cib.no-template'])
})

t('groups and clones', () => {
  const group = (inside: string, id = 'g'): string => `<group id="${id}">${inside}</group>`
  const clone = (inside: string, values: Record<string, string | number>, name = 'clone'): string =>
    `<${name} id="c">${metas('c', values)}${inside}</${name}>`
  const rows: [string, Record<string, unknown>, string[]][] = [
    [group(dummy('x') + dummy('y')), { groups: [{ name: 'g', members: ['x', 'y'] }] }, []],
    [
      group(metas('g', { 'target-role': 'Stopped' }) + dummy('x')),
      { groups: [{ name: 'g', members: ['x'], meta: { 'target-role': 'Stopped' } }] },
      [],
    ],
    [
      group(dummy('x') + '<primitive id="y" class="lsb" type="old"/>'),
      { groups: [{ name: 'g', members: ['x'] }] },
      ['left primitive y cib.agent-class'],
    ],
    [clone(dummy('x'), {}), { clones: [{ name: 'c', resource: 'x', interleave: false }] }, []],
    [
      clone(dummy('x'), { 'clone-max': 3, 'clone-min': 2, ordered: 'true', interleave: 'true', notify: 'true' }),
      { clones: [{ name: 'c', resource: 'x', max: 3, min: 2, ordered: true, notify: true }] },
      [],
    ],
    [
      clone(dummy('x'), { promotable: 'true', 'promoted-max': 2 }),
      { clones: [{ name: 'c', resource: 'x', promoted: 2, interleave: false }] },
      [],
    ],
    [
      clone(dummy('x'), { 'master-max': 1, 'target-role': 'Slave' }, 'master'),
      { clones: [{ name: 'c', resource: 'x', promoted: 1, interleave: false, meta: { 'target-role': 'Unpromoted' } }] },
      [],
    ],
    [
      clone(group(dummy('x')), {}),
      { groups: [{ name: 'g', members: ['x'] }], clones: [{ name: 'c', resource: 'g', interleave: false }] },
      [],
    ],
    [clone(group(dummy('x')), { promotable: 'true' }), { resources: undefined }, ['left clone c cib.promoted-group']],
    [clone(dummy('x'), { 'globally-unique': 'true' }), { resources: undefined, clones: undefined }, ['left clone c cib.clone-unique']],
    [clone(dummy('x'), { 'clone-max': 0 }), { resources: undefined }, ['left clone c cib.clone-none']],
  ]
  for (const [resources, parts, notes] of rows) {
    const got = imported({ resources })
    assert.equal(Object.fromEntries(Object.keys(parts).map((k) => [k, got.doc[k]])), parts, resources)
    assert.equal(got.notes, notes, resources)
  }
  // What is cloned holds on to its place a little, unless something is said.
  assert.equal(x(imported({ resources: clone(dummy('x'), {}) })).meta, { 'resource-stickiness': 1 })
})

t('what has no counterpart at all is named', () => {
  const got = imported({
    resources: `<primitive id="s" class="service" type="web"/><primitive id="r" class="ocf" provider="pacemaker" type="remote"/>
      <bundle id="b"><podman image="i"/>${dummy('in')}</bundle>${dummy('vm', metas('vm', { 'remote-node': 'inner' }))}
      <primitive id="u" class="systemd" type="nginx"/><primitive id="k" class="ocf" provider="kyha" type="http"/>`,
    more: `<tags><tag id="tg"><obj_ref id="u"/></tag></tags><acls><acl_role id="ar"/></acls><alerts><alert id="al" path="/x"/></alerts><gadgets/>`,
    options: unfenced,
  })
  assert.equal(got.notes, [
    'left primitive s cib.agent-class',
    'left primitive r cib.remote',
    'left bundle b cib.bundle',
    'partly primitive vm remote-node cib.guest',
    'left acl_role ar cib.acl',
    'left alert al cib.alert',
    'left tag tg cib.tag',
    'left configuration/gadgets cib.unknown-element',
  ])
  assert.equal(
    (got.doc.resources as { agent: string }[]).map((r) => r.agent),
    [agent, 'systemd:nginx', 'kyha:http'],
  )
  assert.match(got.texts[0] ?? '', /^primitive s was left out: agents of class service \(service:web\) are not run here; use /)
})

t('a name that cannot be one takes along what hangs on it', () => {
  const got = imported({
    resources: `<clone id="c">${dummy('ü')}</clone>${dummy('x')}`,
    constraints: '<rsc_order id="o" first="c" then="x"/>',
  })
  assert.equal(got.doc.resources, [bare])
  assert.equal(got.notes, ['left primitive ü config.bad-name', 'left clone c cib.empty', 'left rsc_order o cib.names-missing'])
})

t.run()
