/** Import of constraints and fencing: one row an element, what becomes of it and what is said. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hostMap } from '../../../console/cib/import/fencing.js'
import { dummy, metas, option, pair } from '../engine/help.js'
import { imported } from './help.js'

const t = suite('cib: import of constraints')

const resources = `${dummy('x')}${dummy('y')}${dummy('z')}<clone id="c">${metas('c', { promotable: 'true' })}${dummy('p')}</clone><group id="g">${dummy('m')}</group>
  <template id="T" class="ocf" provider="test" type="Dummy"/><primitive id="t1" template="T"/><primitive id="t2" template="T"/>
  <primitive id="old" class="lsb" type="old"/>`
const more = '<tags><tag id="tg"><obj_ref id="x"/><obj_ref id="y"/></tag></tags>'
const noise = ['left primitive old cib.agent-class', 'left tag tg cib.tag']
type Row = [xml: string, parts: unknown, notes?: string[]]
const set = (members: string, at = ''): string =>
  `<resource_set id="s${members.replace(/ /g, '')}${at.length}" ${at}>${members
    .split(' ')
    .map((m) => `<resource_ref id="${m}"/>`)
    .join('')}</resource_set>`

function table(part: string, rows: readonly Row[]): void {
  for (const [constraints, parts, notes = []] of rows) {
    const got = imported({ resources, constraints, more })
    assert.equal(got.doc[part], parts, constraints)
    assert.equal(
      got.notes.filter((n) => !noise.includes(n)),
      notes,
      constraints,
    )
  }
}

t('locations', () => {
  const at = (more: string, inside = ''): string => `<rsc_location id="l" ${more}>${inside}</rsc_location>`
  const rule = (inside: string, more = 'score="5"'): string => `<rule id="r" ${more}>${inside}</rule>`
  const rack = '<expression id="e" attribute="rack" operation="eq" value="r1"/>'
  const one = (condition: object, word = 'all') => [{ id: 'l', resource: 'x', rule: { [word]: [condition] }, score: 5 }]
  table('location', [
    [at('rsc="x" node="a" score="100"'), [{ id: 'l', resource: 'x', node: 'a', score: 100 }]],
    [at('rsc="x" node="A" score="-INFINITY"'), [{ id: 'l', resource: 'x', node: 'a', score: '-INFINITY' }]],
    [at('rsc="c" node="a" score="1" role="Master"'), [{ id: 'l', resource: 'c', role: 'Promoted', node: 'a', score: 1 }]],
    [at('rsc="p" node="a" score="1"'), [{ id: 'l', resource: 'c', node: 'a', score: 1 }]],
    [at('rsc-pattern="^x" node="a" score="1"'), [{ id: 'l', pattern: '^x', node: 'a', score: 1 }]],
    [at('rsc-pattern="!x" node="a" score="1"'), undefined, ['left rsc_location l config.pattern-negated']],
    [at('rsc="x" node="b" score="1" role="Stopped"'), undefined, ['left rsc_location l cib.role']],
    [at('rsc="x" node="zz" score="1"'), undefined, ['left rsc_location l cib.names-node']],
    [at('rsc="old" node="a" score="1"'), undefined, ['left rsc_location l cib.names-missing']],
    [at('rsc="x" node="a" score="much"'), undefined, ['left rsc_location l cib.score']],
    [
      at('rsc="tg" node="a" score="1"'),
      [
        { id: 'l-x', resource: 'x', node: 'a', score: 1 },
        { id: 'l-y', resource: 'y', node: 'a', score: 1 },
      ],
    ],
    [at('node="a" score="1"', set('old z')), [{ id: 'l', resource: 'z', node: 'a', score: 1 }], ['left rsc_location l cib.names-missing']],
    [
      at('node="a" score="1"', set('x z')),
      [
        { id: 'l-x', resource: 'x', node: 'a', score: 1 },
        { id: 'l-z', resource: 'z', node: 'a', score: 1 },
      ],
    ],
    [
      at('rsc="x" node="a" score="1" resource-discovery="exclusive"'),
      [{ id: 'l', resource: 'x', node: 'a', score: 1 }],
      ['partly rsc_location l resource-discovery=exclusive cib.discovery-exclusive'],
    ],
    [at('rsc="x"', rule(rack)), one({ attribute: 'rack', op: 'eq', value: 'r1' })],
    [at('rsc="x"', rule(rack, 'score="5" boolean-op="or"')), one({ attribute: 'rack', op: 'eq', value: 'r1' }, 'any')],
    // By order Pacemaker compares numbers where kyha, without a word, compares texts.
    [
      at('rsc="x"', rule('<expression id="e" attribute="load" operation="lt" value="7"/>')),
      one({ attribute: 'load', op: 'lt', value: '7', type: 'number' }),
    ],
    [
      at('rsc="x"', rule('<expression id="e" attribute="load" operation="lt" value="7" value-source="param"/>')),
      undefined,
      ['left rule r cib.rule-value-source'],
    ],
    [at('rsc="x"', rule(rack, 'score-attribute="w"')), undefined, ['left rule r cib.score-attribute']],
    [at('rsc="x"', rule('')), one({ attribute: '#uname', op: 'defined' })],
    [
      at('rsc="x"', rule('<date_expression id="d" operation="in_range" start="2026-01-01"/>')),
      one({ date: 'in_range', start: '2026-01-01', end: '9999-12-31' }),
    ],
    [
      at(
        'rsc="x"',
        rule('<date_expression id="d" operation="in_range" start="2026-01-01"><duration id="u" months="1"/></date_expression>'),
      ),
      one({ date: 'in_range', start: '2026-01-01', end: '2026-02-01 00:00:00Z' }),
    ],
    [
      at('rsc="x"', rule('<date_expression id="d" operation="date_spec"><date_spec id="p" hours="9-16"/></date_expression>')),
      one({ date: 'date_spec', spec: { hours: '9-16' } }),
    ],
    [at('rsc="x"', rule('<date_expression id="d" operation="gt" start="noon"/>')), undefined, ['left rule r cib.rule-date']],
    [
      `<rsc_location id="l" rsc="x" node="a" score="1"><lifetime><rule id="r"/></lifetime></rsc_location>`,
      undefined,
      ['left rsc_location l cib.lifetime'],
    ],
    [
      '<rsc_location id="cli-ban-x-on-a" rsc="x" node="a" score="-INFINITY"/>',
      [{ id: 'cli-ban-x-on-a', resource: 'x', node: 'a', score: '-INFINITY' }],
      ['note rsc_location cli-ban-x-on-a cib.leftover'],
    ],
    ['<rsc_ticket id="k" rsc="x" ticket="T"/>', undefined, ['left rsc_ticket k cib.ticket']],
  ])
})

t('colocations', () => {
  const at = (more: string, inside = ''): string => `<rsc_colocation id="k" ${more}>${inside}</rsc_colocation>`
  const pairs = (score: number | undefined, ...list: string[]) =>
    list.map((text, i) => {
      const [resource, with_] = text.split(' ')
      return { id: list.length > 1 ? `k-${i + 1}` : 'k', resource, with: with_, ...(score === undefined ? {} : { score }) }
    })
  table('colocation', [
    [at('rsc="x" with-rsc="y" score="INFINITY"'), pairs(undefined, 'x y')],
    [
      at('rsc="x" with-rsc="c" with-rsc-role="Master" score="7" node-attribute="rack" influence="false"'),
      [{ ...pairs(7, 'x c')[0], 'with-role': 'Promoted', 'node-attribute': 'rack', influence: false }],
    ],
    [at('rsc="x" with-rsc="y" rsc-role="Promoted" score="1"'), undefined, ['left rsc_colocation k config.role-promotable']],
    [at('rsc="x" with-rsc="old" score="1"'), undefined, ['left rsc_colocation k cib.names-missing']],
    [at('score="INFINITY"', set('x y z')), pairs(undefined, 'y x', 'z y')],
    [at('score="INFINITY"', set('x y z', 'ordering="listed"')), pairs(undefined, 'x y', 'y z')],
    [at('score="-5"', set('x y z')), pairs(-5, 'y x', 'z x', 'z y')],
    [at('score="5"', set('x y', 'sequential="false"') + set('z m', 'sequential="false"')), pairs(5, 'x z', 'x m', 'y z', 'y m')],
    [at('score="5"', set('x y') + set('z m')), pairs(5, 'y x', 'm z', 'x m')],
    [at('score="5"', set('x', 'sequential="false"')), undefined, ['note rsc_colocation k cib.set-says-nothing']],
    [at('score="5"', set('x y old')), undefined, ['left rsc_colocation k cib.names-missing']],
    [at('rsc="z" with-rsc="T" score="5"'), pairs(5, 'z t1', 'z t2')],
    [at('rsc="T" with-rsc="tg" score="5"'), undefined, ['left rsc_colocation k cib.two-collections']],
  ])
})

t('orders', () => {
  const at = (more: string, inside = ''): string => `<rsc_order id="o" ${more}>${inside}</rsc_order>`
  const order = (text: string, more: object = {}, id = 'o') => {
    const [first, then] = text.split(' ')
    // biome-ignore lint/suspicious/noThenProperty: a word of the document
    return { id, first, then, ...more }
  }
  table('order', [
    [at('first="x" then="y"'), [order('x y')]],
    [at('first="x" then="y" score="0"'), [order('x y', { kind: 'Optional' })]],
    [at('first="x" then="y" kind="Serialize"'), [order('x y', { kind: 'Serialize' })]],
    [at('first="x" then="y" symmetrical="false"'), [order('x y', { symmetrical: false })]],
    [at('first="c" first-action="promote" then="y" then-action="start"'), [order('c y', { 'first-action': 'promote' })]],
    [at('first="c" then="y" require-all="false"'), [order('c y', { 'require-all': false })]],
    [at('first="x" then="y" require-all="false"'), [order('x y')]],
    [at('first="x" first-action="stop" then="y"'), undefined, ['left rsc_order o cib.order-action']],
    [at('', set('x y z')), [order('x y', {}, 'o-1'), order('y z', {}, 'o-2')]],
    [at('', set('x y', 'sequential="false"') + set('z')), [order('x z', {}, 'o-1'), order('y z', {}, 'o-2')]],
    [at('', set('x y', 'sequential="false" require-all="false"') + set('z')), undefined, ['left rsc_order o cib.require-any']],
    [
      at('kind="Serialize"', set('x y z', 'sequential="false"')),
      ['x y', 'x z', 'y z'].map((p, i) => order(p, { kind: 'Serialize' }, `o-${i + 1}`)),
    ],
    [at('first="x"'), undefined, ['left rsc_order o cib.incomplete']],
  ])
})

t('a colocation that a group contradicts', () => {
  const got = imported({
    resources: `<group id="g">${dummy('x')}${dummy('y')}</group>`,
    constraints: '<rsc_colocation id="k" rsc="y" with-rsc="x" score="-INFINITY"/>',
  })
  assert.equal(got.notes, ['left rsc_colocation k cib.contradiction'])
})

t('what the document’s checks refuse is left out with their sentence, all of a set or nothing', () => {
  const got = imported({
    resources,
    constraints: `<rsc_order id="o1" first="x" then="y"/><rsc_order id="o2">${set('y z x')}</rsc_order>`,
  })
  const left = (got.doc.order as { id: string }[]).map((o) => o.id).join()
  assert.ok(left === 'o1' || left === 'o2-1,o2-2', left)
  assert.match(got.texts.join('\n'), /rsc_order o\d was left out: /)
})

const device = (id: string, params: string, more = ''): string =>
  `<primitive id="${id}" class="stonith" type="fence_x"><instance_attributes id="${id}-i">${params}</instance_attributes>${more}</primitive>`
const list = (text: string): string => pair('pcmk_host_list', text)
const fenced = (resourcesXml: string, topology = '', constraints = '') =>
  imported({
    options: option('stonith-enabled', 'true'),
    resources: resourcesXml,
    constraints,
    more: topology && `<fencing-topology>${topology}</fencing-topology>`,
  })
const level = (target: string, index: number, devices: string): string =>
  `<fencing-level id="${target}${index}" target="${target}" index="${index}" devices="${devices}"/>`

t('fence devices: hosts, plugs, times', () => {
  const rows: [string, unknown, string[]][] = [
    [device('f', list('a b') + pair('ip', '1')), { params: { ip: '1' }, hosts: { a: '', b: '' } }, []],
    [device('f', pair('pcmk_host_map', 'a:1;b=2,3')), { hosts: { a: '1', b: '2,3' } }, []],
    [device('f', pair('pcmk_host_check', 'none')), { hosts: { a: '', b: '' } }, []],
    [device('f', list('a zz')), { hosts: { a: '' } }, ['partly primitive f zz cib.device-host']],
    [
      device('f', list('a') + pair('pcmk_off_timeout', '90') + pair('pcmk_delay_base', '5s')),
      { hosts: { a: '' }, timeout: '90s', delay: '5s' },
      [],
    ],
    [
      device('f', list('a') + pair('pcmk_delay_max', '5s') + pair('action', 'reboot')),
      { hosts: { a: '' } },
      ['partly primitive f pcmk_delay_max cib.device-word', 'partly primitive f action cib.device-action'],
    ],
    [
      device('f', list('a') + pair('pcmk_delay_base', 'a:5s;b:2s')),
      { hosts: { a: '' } },
      ['partly primitive f pcmk_delay_base cib.device-word'],
    ],
    [`<clone id="c">${device('f', list('a'))}</clone>`, { hosts: { a: '' } }, ['note clone c cib.device-within']],
    [device('f', ''), undefined, ['left primitive f cib.device-hosts']],
    [device('f', list('a'), metas('f', { 'target-role': 'Stopped' })), undefined, ['left primitive f cib.device-disabled']],
    [device('f', list('a')).replace('fence_x', 'external/x'), undefined, ['left primitive f cib.fence-agent']],
    [device('f', list('a') + pair('passwd', 'lrm://')), undefined, ['left primitive f cib.device-secret']],
  ]
  for (const [xml, want, notes] of rows) {
    const got = fenced(xml)
    const made = want === undefined ? undefined : [{ name: 'f', agent: 'fence_x', timeout: '1min', ...(want as object) }]
    assert.equal(got.doc.fencing, made, xml)
    assert.equal(got.notes, notes, xml)
  }
  const away = '<rsc_location id="l" rsc="f" node="a" score="-INFINITY"/><rsc_order id="o" first="f" then="x"/>'
  assert.equal(fenced(device('f', list('a')) + dummy('x'), '', away).notes, [
    'note rsc_location l cib.device-location',
    'left rsc_order o cib.names-device',
  ])
})

t('fence levels: any of several is one level each; a level that lacks a device is none', () => {
  const levels = (got: ReturnType<typeof imported>) =>
    (got.doc.fencing as { name: string; hosts: object; level?: number }[] | undefined)?.map((f) => [
      f.name,
      Object.keys(f.hosts).join(),
      f.level ?? 1,
    ])
  const [f, h] = [device('f', list('a b')), device('h', list('a'))]
  assert.equal(levels(fenced(f + h)), [
    ['f', 'a,b', 1],
    ['h', 'a', 2],
  ])
  assert.equal(levels(fenced(f + h, level('a', 1, 'f,h'))), [
    ['f', 'a,b', 1],
    ['h', 'a', 1],
  ])
  const two = fenced(f + h, level('a', 1, 'h') + level('a', 2, 'f'))
  assert.equal(levels(two), [
    ['f-level2', 'a', 2],
    ['f-level1', 'b', 1],
    ['h', 'a', 1],
  ])
  // h is not there: f alone would be taken for both.
  const broken = fenced(f, level('a', 1, 'f,h'))
  assert.equal([levels(broken), broken.notes], [[['f', 'b', 1]], ['left fencing-level a/1 cib.level-device']])
  const damaged = fenced(f + device('h', list('a') + pair('x', 'y'.repeat(5000))), level('a', 1, 'f,h'))
  assert.equal(levels(damaged), [['f', 'b', 1]])
  assert.equal(damaged.notes, ['left primitive h config.too-long', 'partly primitive f a cib.level-device'])
})

t('a host map with signs that are taken as they are', () => {
  assert.equal(hostMap('a:1;b=2 c:x\\;y\\ z; d:1:2'), [
    ['a', '1'],
    ['b', '2'],
    ['c', 'x;y z'],
    ['d', '1:2'],
  ])
  assert.equal(hostMap(';;a; :x'), [])
})

t.run()
