/** Configurations that nobody should write: each gets a plan and sentences that name the ids, or one refusal; none hangs, none crashes. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planOrRefuse, planScene } from '../../../actors/coordinator/engine/plan.js'
import type { Scene } from '../../../actors/coordinator/engine/scene.js'
import { readCib } from '../../../console/cib/read.js'
import { seeded } from '../../../runtime/random.js'
import { render } from '../../../runtime/text/index.js'
import { absent, cib, dummy, meta, metas, NOW, pair, ran, type Setting, words } from './help.js'

const t = suite('engine: robust')

function scene(s: Setting): Scene {
  const read = readCib(cib(s), NOW)
  if ('refused' in read) throw new Error(read.refused.key)
  return read.scene
}
/** The notes on a configuration, as sentences without holes. */
function notes(s: Setting): string[] {
  const p = planOrRefuse(scene(s))
  const list = 'refused' in p ? [p.refused] : p.notes
  return list.map((n) => {
    for (const lang of ['en', 'zh'] as const) assert.not.match(render(lang, n.key, n.args), /\{\w+\}/)
    return `${n.key} ${Object.values(n.args).join(' ')}`
  })
}

t('names that lead nowhere, ids that stand twice, templates that are not there', () => {
  assert.equal(notes({ resources: dummy('x') }), [])
  const stray = '<rsc_colocation id="k" rsc="x" with-rsc="ghost" score="INFINITY"/><rsc_location id="l" rsc="nobody" node="a" score="1"/>'
  assert.equal(notes({ resources: dummy('x'), constraints: stray }), ['engine.dangling k ghost', 'engine.dangling l nobody'])
  assert.equal(notes({ resources: `${dummy('x')}<group id="g">${dummy('x')}</group>` }), ['engine.duplicate-id x'])
  assert.equal(notes({ resources: '<primitive id="x" template="t"/>' }), ['engine.no-template x t'])
})

t('constraints that contradict each other', () => {
  const both = '<rsc_location id="k" rsc="x" node="a" score="INFINITY"/><rsc_location id="l" rsc="x" node="a" score="-INFINITY"/>'
  assert.equal(notes({ resources: dummy('x'), constraints: both }), ['engine.contradiction k l'])
  const apart =
    '<rsc_colocation id="k" rsc="x" with-rsc="y" score="INFINITY"/><rsc_colocation id="l" rsc="x" with-rsc="y" score="-INFINITY"/>'
  assert.equal(notes({ resources: dummy('x') + dummy('y'), constraints: apart }), ['engine.contradiction k l'])
  assert.equal(notes({ resources: dummy('x'), constraints: both.replace('"INFINITY"', '"5"') }), [])
})

t('orders in a circle are named; what they order does not start, everything else does', () => {
  const circle = '<rsc_order id="k" first="x" then="y"/><rsc_order id="l" first="y" then="z"/><rsc_order id="m" first="z" then="x"/>'
  const s = { resources: dummy('x') + dummy('y') + dummy('z') + dummy('free'), constraints: circle }
  assert.equal(notes(s), ['engine.circle k, l, m'])
  assert.ok(
    planScene(scene(s)).executed.some((e) => e.op === 'start' && e.resource === 'free'),
    'free starts',
  )
  assert.equal(notes({ ...s, constraints: circle.replace('then="x"', 'then="x" kind="Optional"') }), [])
})

t('colocations, containers and tags in a circle end', () => {
  const ring =
    '<rsc_colocation id="k" rsc="x" with-rsc="y" score="INFINITY"/><rsc_colocation id="l" rsc="y" with-rsc="x" score="INFINITY"/>'
  assert.equal(words(planScene(scene({ resources: dummy('x') + dummy('y'), constraints: ring }))).length, 2)
  const boxes = dummy('x', meta('x', 'container', 'y')) + dummy('y', meta('y', 'container', 'x'))
  assert.equal(words(planScene(scene({ resources: boxes }))).length, 2)
  const tags = (n: number): string => `<tag id="t${n}">${'0123456789'.replace(/./g, (i) => `<obj_ref id="t${i}"/>`)}<obj_ref id="x"/></tag>`
  const more = `<tags>${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(tags).join('')}</tags>`
  const p = planScene(scene({ resources: dummy('x'), more, constraints: '<rsc_location id="l" rsc="t0" node="b" score="9"/>' }))
  assert.equal(words(p), ['start x ->b'])
})

t('numbers beyond reason are cut down, patterns beyond reason are left out', () => {
  const many = `<clone id="c">${metas('c', { 'clone-max': 2_000_000_000, 'clone-node-max': 2_000_000_000, 'globally-unique': 'true' })}${dummy('x')}</clone>`
  assert.equal(notes({ resources: many }), ['engine.too-many-instances c 2000000000 1000'])
  assert.equal(notes({ resources: '<bundle id="b"><podman image="i" replicas="99999999"/></bundle>' }), [
    'engine.too-many-instances b 99999999 1000',
  ])
  const evil = '<rsc_location id="l" rsc-pattern="^(a+)+$" node="a" score="1"/>'
  assert.equal(notes({ resources: dummy(`${'a'.repeat(40)}!`.replace('!', '-')), constraints: evil }), ['engine.bad-pattern l ^(a+)+$'])
  assert.equal(notes({ resources: dummy('x'), constraints: '<rsc_location id="l" rsc-pattern="(" node="a" score="1"/>' }), [
    'engine.bad-pattern l (',
  ])
})

t('what is too large or hangs together too far is refused; a shorter chain is planned', () => {
  const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `r${i}`)
  const chain = (n: number): Setting => ({
    resources: names(n)
      .map((r) => dummy(r))
      .join(''),
    constraints: names(n)
      .slice(1)
      .map((r, i) => `<rsc_colocation id="k${i}" rsc="${r}" with-rsc="r${i}" score="INFINITY"/>`)
      .join(''),
    nodes: ['a'],
  })
  assert.equal(notes(chain(20_000)), ['engine.too-deep 19999'])
  assert.is(planScene(scene(chain(200))).actions.length, 200)
  const big = { ...chain(3000), constraints: '', nodes: Array.from({ length: 1000 }, (_, i) => `n${i}`) }
  assert.equal(notes(big), ['engine.too-large 3000 1000 2000000'])
})

t('a configuration of nothing, and one of nonsense, have a plan of nothing', () => {
  const empty = readCib('<cib/>', NOW)
  if ('refused' in empty) throw new Error('refused')
  assert.equal(planScene(empty.scene).actions, [])
  const odd = '<clone id="c"/><group id="g"/><bundle id="b"/><primitive id=""/><clone id="d"><group id="h"/></clone>'
  assert.equal(
    planScene(scene({ resources: odd })).actions.filter((a) => a.action !== 'start'),
    [],
  )
})

t('the same plan, byte for byte, however nodes, constraints, tags, options and attributes are ordered', () => {
  const random = seeded('order')
  const shuffled = <T>(list: readonly T[]): T[] =>
    list
      .map((v) => [random.next(), v] as const)
      .sort((p, q) => p[0] - q[0])
      .map(([, v]) => v)
  const base = scene({
    resources: `<clone id="c">${dummy('x')}</clone><group id="g">${dummy('y')}${dummy('z')}</group>${dummy('v')}`,
    nodes: ['a', 'b', 'c', 'd'],
    nodeAttributes: { a: pair('zone', 'p') + pair('rack', '1'), b: pair('zone', 'q'), c: pair('zone', 'p') },
    constraints: `<rsc_location id="l1" rsc="g" node="c" score="20"/><rsc_location id="l2" rsc="v" node="b" score="20"/>
      <rsc_colocation id="k1" rsc="v" with-rsc="g" score="-5"/><rsc_colocation id="k2" rsc="g" with-rsc="c" score="INFINITY"/>
      <rsc_order id="o1" first="c" then="g"/><rsc_order id="o2" first="g" then="v" kind="Optional"/>`,
    more: '<tags><tag id="t1"><obj_ref id="v"/></tag><tag id="t2"><obj_ref id="y"/></tag></tags>',
    states: { a: { history: ran('x') + ran('y') + ran('z') }, b: { history: absent('x') }, c: { history: ran('v') } },
  })
  const once = JSON.stringify(planScene(base))
  assert.ok(planScene(base).actions.length > 3)
  for (let i = 0; i < 50; i++) {
    const other: Scene = {
      ...base,
      nodes: shuffled(base.nodes).map((n) => ({ ...n, attributes: n.attributes.map((s) => ({ ...s, values: shuffled(s.values) })) })),
      constraints: shuffled(base.constraints),
      tags: shuffled(base.tags),
      properties: base.properties.map((s) => ({ ...s, values: shuffled(s.values) })),
    }
    assert.is(JSON.stringify(planScene(other)), once)
  }
})

t.run()
