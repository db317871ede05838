/** Location, colocation and order in all their forms, with sets, tags, templates, rules and references. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { absent, carried, dummy, meta, monitor, NOW, off, op, option, pair, plan, ran, type Setting, unfenced, words } from './help.js'

const t = suite('engine: constraints')

const x = (constraints: string, settings: Partial<Setting> = {}): string[] =>
  words(plan({ resources: dummy('x'), constraints, ...settings }))

t('location: a rule on node attributes, its score or the one that an attribute holds', () => {
  const nodeAttributes = { a: pair('zone', 'one') + pair('weight', '5'), b: pair('zone', 'two') + pair('weight', '50') }
  const rule = (inside: string, score = 'score="100"'): string =>
    `<rsc_location id="l" rsc="x"><rule id="r" ${score}>${inside}</rule></rsc_location>`
  const zone = (operation: string, value = ''): string =>
    `<expression id="e" attribute="zone" operation="${operation}" ${value && `value="${value}"`}/>`
  assert.equal(x(rule(zone('eq', 'two')), { nodeAttributes }), ['start x ->b'])
  assert.equal(x(rule(zone('ne', 'one')), { nodeAttributes }), ['start x ->b'])
  assert.equal(x(rule(zone('defined'), 'score-attribute="weight"'), { nodeAttributes }), ['start x ->b'])
  assert.equal(x(rule(zone('not_defined'), 'score="-INFINITY"'), { nodeAttributes: { b: nodeAttributes.b } }), ['start x ->b'])
  const number = '<expression id="e" attribute="weight" operation="gt" value="9" type="number"/>'
  assert.equal(x(rule(number), { nodeAttributes }), ['start x ->b'], '50 is more than 9 as a number')
  const both = (op_: string): string =>
    rule(zone('eq', 'two') + number.replace('value="9"', 'value="99"').replace('"e"', '"f"')).replace(
      '<rule ',
      `<rule boolean-op="${op_}" `,
    )
  assert.equal(x(both('and'), { nodeAttributes }), ['start x ->a'])
  assert.equal(x(both('or'), { nodeAttributes }), ['start x ->b'])
})

t('location: dates, durations and date specifications decide by the clock that was given', () => {
  const on = (inside: string): string[] =>
    x(
      `<rsc_location id="l" rsc="x"><rule id="r" score="100" boolean-op="and"><expression id="n" attribute="#uname" operation="eq" value="b"/>${inside}</rule></rsc_location>`,
    )
  assert.is(new Date(NOW * 1000).toISOString(), '2027-01-15T08:00:00.000Z')
  const date = (more: string, inside = ''): string => `<date_expression id="d" ${more}>${inside}</date_expression>`
  assert.equal(on(date('operation="gt" start="2027-01-15"')), ['start x ->b'])
  assert.equal(on(date('operation="lt" end="2027-01-15"')), ['start x ->a'])
  assert.equal(on(date('operation="in_range" start="2027-01-10" end="2027-01-20"')), ['start x ->b'])
  assert.equal(on(date('operation="in_range" start="2027-01-10"', '<duration id="du" days="3"/>')), ['start x ->a'])
  assert.equal(on(date('operation="in_range" start="2027-01-10"', '<duration id="du" weeks="1"/>')), ['start x ->b'])
  assert.equal(on(date('operation="date_spec"', '<date_spec id="ds" hours="8-16" weekdays="1-5"/>')), ['start x ->b'])
  assert.equal(on(date('operation="date_spec"', '<date_spec id="ds" hours="9-16"/>')), ['start x ->a'])
})

t('location: a pattern means every resource of such a name; discovery exclusive bars all other nodes', () => {
  const both = { resources: dummy('web-1') + dummy('db') }
  assert.equal(x('<rsc_location id="l" rsc-pattern="^web" node="b" score="50"/>', both).sort(), ['start db ->a', 'start web-1 ->b'])
  assert.equal(x('<rsc_location id="l" rsc="x" node="b" score="0" resource-discovery="exclusive"/>'), ['start x ->b'])
  const p = plan({
    resources: dummy('x'),
    constraints: '<rsc_location id="l" rsc="x" node="a" score="-INFINITY" resource-discovery="never"/>',
  })
  assert.equal(
    p.executed.filter((e) => e.op === 'monitor' && !e.interval).map((e) => e.node),
    ['b'],
  )
})

const xy = (constraints: string, settings: Partial<Setting> = {}): string[] =>
  x(constraints, { resources: dummy('x') + dummy('y'), ...settings })

t('colocation: mandatory, apart, preferred, by an attribute of nodes', () => {
  assert.equal(xy('<rsc_colocation id="c" rsc="y" with-rsc="x" score="INFINITY"/>'), ['start x ->a', 'start y ->a'])
  assert.equal(xy('<rsc_colocation id="c" rsc="y" with-rsc="x" score="-INFINITY"/>', { nodes: ['a'] }), ['start x ->a'])
  assert.equal(xy('<rsc_colocation id="c" rsc="y" with-rsc="x" score="5"/>'), ['start x ->a', 'start y ->a'])
  assert.equal(xy('<rsc_colocation id="c" rsc="y" with-rsc="x" score="-5"/>', { nodes: ['a'] }), ['start x ->a', 'start y ->a'])
  const nodeAttributes = { a: pair('site', 'p'), b: pair('site', 'q'), c: pair('site', 'p') }
  const site = '<rsc_colocation id="c" rsc="y" with-rsc="x" score="INFINITY" node-attribute="site"/>'
  assert.equal(xy(site, { nodes: ['a', 'b', 'c'], nodeAttributes }), ['start x ->a', 'start y ->c'])
})

t(
  'colocation: a dependent that cannot run where its primary is does not run; the primary goes where its dependent can, unless it has no influence',
  () => {
    const ban = '<rsc_location id="l" rsc="y" node="a" score="-INFINITY"/>'
    assert.equal(xy(`${ban}<rsc_colocation id="c" rsc="y" with-rsc="x" score="INFINITY"/>`), ['start x ->b', 'start y ->b'])
    const there = { a: { history: ran('x') + absent('y') }, b: { history: absent('x') + absent('y') } }
    assert.equal(xy(`${ban}<rsc_colocation id="c" rsc="y" with-rsc="x" score="INFINITY" influence="false"/>`, { states: there }), [])
    assert.equal(xy(`${ban}<rsc_colocation id="c" rsc="y" with-rsc="x" score="INFINITY"/>`, { states: there }), [
      'move x a>b',
      'start y ->b',
    ])
  },
)

const set = (id: string, members: readonly string[], more = ''): string =>
  `<resource_set id="${id}" ${more}>${members.map((m) => `<resource_ref id="${m}"/>`).join('')}</resource_set>`
const four = dummy('w') + dummy('x') + dummy('y') + dummy('z')

t('colocation sets: a chain where sequential, a fan where not', () => {
  const chain = `<rsc_colocation id="c" score="INFINITY">${set('s', ['w', 'x', 'y'])}</rsc_colocation>`
  const banned = '<rsc_location id="l" rsc="x" node="a" score="-INFINITY"/><rsc_location id="m" rsc="x" node="b" score="-INFINITY"/>'
  assert.equal(x(chain + banned, { resources: four }).sort(), ['start w ->a', 'start z ->b'], 'y goes with x, which cannot run')
  const fan = `<rsc_colocation id="c" score="INFINITY">${set('s', ['x', 'y'], 'sequential="false"')}${set('r', ['w'])}</rsc_colocation>`
  assert.equal(x(fan + banned, { resources: four }).sort(), ['start w ->a', 'start y ->a', 'start z ->b'])
})

t('order: mandatory waits and stops along; optional only sorts; asymmetric only at the start', () => {
  const down = { states: { a: { history: ran('x') + ran('y') }, b: { history: absent('x') + absent('y') } } }
  const stopped = dummy('x', meta('x', 'target-role', 'Stopped')) + dummy('y')
  const first = (more: string): string => `<rsc_order id="o" first="x" then="y" ${more}/>`
  assert.equal(x(first(''), { ...down, resources: stopped }), ['stop x a>-', 'stop y a>-'])
  assert.equal(x(first('kind="Optional"'), { ...down, resources: stopped }), ['stop x a>-'])
  assert.equal(x(first(''), { resources: stopped }), ['start y ->a blocked'])
  assert.equal(x(first('kind="Optional"'), { resources: stopped }), ['start y ->a'])
  assert.equal(x(first('symmetrical="false"'), { ...down, resources: stopped }), ['stop x a>-'])
  const p = plan({
    resources: dummy('y') + dummy('x'),
    constraints: first(''),
    nodes: ['a'],
    ...{ states: { a: { history: absent('x') + absent('y') } } },
  })
  assert.equal(carried(p), ['start x a', 'start y a'])
  const back = plan({
    options: unfenced + option('stop-all-resources', 'true'),
    resources: dummy('x') + dummy('y'),
    constraints: first(''),
    ...down,
  })
  assert.equal(carried(back), ['stop y a', 'stop x a'])
})

t('order: one thing may stop before another starts', () => {
  const p = plan({
    resources: dummy('x', meta('x', 'target-role', 'Stopped')) + dummy('y'),
    constraints: '<rsc_order id="o" first="x" first-action="stop" then="y" then-action="start"/>',
    states: { a: { history: ran('x') + absent('y') }, b: { history: absent('x') + absent('y') } },
  })
  assert.equal(carried(p)[0], 'stop x a')
  assert.equal(words(p).sort(), ['start y ->a', 'stop x a>-'])
})

t('order sets: require-all=false is content with one of them', () => {
  const either = (requireAll: string): string[] =>
    x(`<rsc_order id="o">${set('s', ['w', 'x'], `sequential="false" require-all="${requireAll}"`)}${set('r', ['y'])}</rsc_order>`, {
      resources: dummy('w', meta('w', 'target-role', 'Stopped')) + dummy('x') + dummy('y'),
    }).sort()
  assert.equal(either('false'), ['start x ->a', 'start y ->b'])
  assert.equal(either('true'), ['start x ->a', 'start y ->b blocked'])
})

t('order: after a clone means after all of it; require-all=false after any of it', () => {
  const after = (more: string): string[] =>
    x(`<rsc_order id="o" first="c" then="y" ${more}/>`, {
      resources: `<clone id="c">${dummy('x')}</clone>${dummy('y')}`,
      states: { a: { history: absent('x') + absent('y') }, b: { attributes: off } },
    })
  assert.equal(after(''), ['start x ->a', 'start y ->a'])
  assert.equal(after('require-all="false"'), ['start x ->a', 'start y ->a'])
})

t('a failure restarts what is ordered after it', () => {
  const states = {
    a: { history: ran('x', op('x', 'start') + op('x', 'monitor', { rc: 7, call: 2, ms: 10_000 })) + ran('y') },
    b: { history: absent('x') + absent('y') },
  }
  const resources = dummy('x', monitor('x')) + dummy('y', meta('y', 'resource-stickiness', '1'))
  assert.equal(x('<rsc_order id="o" first="x" then="y"/>', { resources, states }), ['recover x a>a', 'restart y a>a'])
  assert.equal(x('<rsc_order id="o" first="x" then="y" kind="Optional"/>', { resources, states }), ['recover x a>a'])
})

t('templates lend what is not said; a constraint on a template or a tag means all that it stands for', () => {
  const template = `<template id="t" class="ocf" provider="test" type="Dummy">${meta('t', 'target-role', 'Stopped')}</template>`
  const made = (id: string, inside = ''): string => `<primitive id="${id}" template="t">${inside}</primitive>`
  assert.equal(x('', { resources: template + made('p') + made('q', meta('q', 'target-role', 'Started')) }), ['start q ->a'])
  const plain = '<template id="t" class="ocf" provider="test" type="Dummy"/>'
  const on = (name: string): string => `<rsc_location id="l" rsc="${name}" node="b" score="INFINITY"/>`
  assert.equal(x(on('t'), { resources: plain + made('p') + made('q') }), ['start p ->b', 'start q ->b'])
  const more = '<tags><tag id="g"><obj_ref id="x"/><obj_ref id="y"/></tag></tags>'
  assert.equal(xy(on('g'), { more }), ['start x ->b', 'start y ->b'])
})

t('references: a rule and a value set may stand elsewhere', () => {
  const rule = '<rule id="r" score="100"><expression id="e" attribute="#uname" operation="eq" value="b"/></rule>'
  const both = `<rsc_location id="l" rsc="x">${rule}</rsc_location><rsc_location id="m" rsc="y"><rule id-ref="r"/></rsc_location>`
  assert.equal(xy(both), ['start x ->b', 'start y ->b'])
  const shared = dummy('x', meta('x', 'target-role', 'Stopped')) + dummy('y', '<meta_attributes id-ref="m-x-target-role"/>')
  assert.equal(x('', { resources: shared }), [])
})

t('defaults: of resources and of operations, with rules for some of them', () => {
  const defaults = (inside: string): string => `<rsc_defaults><meta_attributes id="rd">${inside}</meta_attributes></rsc_defaults>`
  const only = (type: string): string =>
    `<rule id="r" score="1"><rsc_expression id="e" class="ocf" type="${type}"/></rule>${pair('target-role', 'Stopped')}`
  assert.equal(x('', { more: defaults(only('Dummy')) }), [])
  assert.equal(x('', { more: defaults(only('Other')) }), ['start x ->a'])
  const states = {
    a: { history: ran('x', op('x', 'start') + op('x', 'monitor', { rc: 1, call: 2, ms: 10_000 })) },
    b: { history: absent('x') },
  }
  const ops = (interval: string): string =>
    `<op_defaults><meta_attributes id="od"><rule id="r" score="1"><op_expression id="e" name="monitor" interval="${interval}"/></rule>${pair('on-fail', 'ignore')}</meta_attributes></op_defaults>`
  const resources = dummy('x', monitor('x'))
  assert.equal(x('', { more: ops('10s'), resources, states }), [])
  assert.equal(x('', { more: ops('20s'), resources, states }), ['recover x a>a'])
})

t.run()
