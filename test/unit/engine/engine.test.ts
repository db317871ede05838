/** The engine on small clusters of our own making, through the reader: placement, order, failure, fencing, and the conformance tool itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planScene } from '../../../actors/coordinator/engine/plan.js'
import { advance, fields, parseTime } from '../../../actors/coordinator/engine/resolve/calendar.js'
import { md5 } from '../../../actors/coordinator/engine/resolve/md5.js'
import { readCib } from '../../../console/cib/read.js'
import { limits } from '../../../console/cib/xml.js'
import { run } from '../../conformance/main.js'
import { cib, dummy, meta, op, option, plan, ran, type Setting, words } from './help.js'

const t = suite('engine')

t('two free resources go to two nodes, by name; what runs stays', () => {
  assert.equal(words(plan({ resources: dummy('x') + dummy('y') })), ['start x ->a', 'start y ->b'])
  assert.equal(words(plan({ resources: dummy('x'), states: { b: { history: ran('x') } } })), [])
})

t('a colocated dependent follows its primary, and says so in order', () => {
  const p = plan({
    resources: dummy('x') + dummy('y'),
    constraints: `<rsc_colocation id="c" rsc="y" with-rsc="x" score="INFINITY"/><rsc_location id="l" rsc="x" node="b" score="10"/>
      <rsc_order id="o1" first="x" then="y"/>`,
  })
  assert.equal(words(p), ['start x ->b', 'start y ->b'])
  const starts = p.executed.filter((e) => e.op === 'start').map((e) => e.resource)
  assert.equal(starts, ['x', 'y'])
  assert.ok(p.ledger.some((l) => l.resource === 'x' && l.node === 'b' && l.source === 'l' && l.score === 10))
})

t('a failed member is recovered and those after it are restarted', () => {
  const failed = op('x', 'start') + op('x', 'monitor', { rc: 7, call: 2, ms: 10_000 })
  const p = plan({
    resources: `<group id="g">${dummy('x', '<operations><op id="m" name="monitor" interval="10s"/></operations>')}${dummy('y')}</group>`,
    states: { a: { history: ran('x', failed) + ran('y') } },
  })
  assert.equal(words(p), ['recover x a>a', 'restart y a>a'])
})

t('a node that is gone is fenced before its resource starts elsewhere; without a device nothing is touched', () => {
  const gone = { a: { attributes: 'in_ccm="false" crmd="offline" join="down" expected="member"', history: ran('x') } }
  const fenced = plan({ options: '', resources: `${dummy('x')}<primitive id="f" class="stonith" type="fence_x"/>`, states: gone })
  assert.equal(words(fenced), ['fence a ->-', 'move x a>b', 'start f ->b'])
  const ops = fenced.executed.filter((e) => !e.pseudo).map((e) => e.op)
  assert.ok(ops.indexOf('fence-reboot') < ops.lastIndexOf('start'))
  assert.equal(words(plan({ options: '', resources: dummy('x'), states: gone })), [])
})

t('promotable: the better promotion score wins; target-role Stopped stops', () => {
  const master = (id: string, score: number): string =>
    `<transient_attributes id="${id}"><instance_attributes id="t${id}"><nvpair id="t${id}1" name="master-x" value="${score}"/></instance_attributes></transient_attributes>`
  const clone = `<clone id="c"><meta_attributes id="cm"><nvpair id="cm1" name="promotable" value="true"/></meta_attributes>${dummy('x')}</clone>`
  const xml = cib({ resources: clone, states: { a: { history: ran('x') }, b: { history: ran('x') } } })
    .replace('<lrm id="a">', `${master('a', 5)}<lrm id="a">`)
    .replace('<lrm id="b">', `${master('b', 9)}<lrm id="b">`)
  const read = readCib(xml, 1_800_000_000)
  if ('refused' in read) throw new Error(read.refused.key)
  assert.equal(words(planScene(read.scene)), ['promote x b>b'])
  const stop = plan({ resources: dummy('x', meta('x', 'target-role', 'Stopped')), states: { a: { history: ran('x') } } })
  assert.equal(words(stop), ['stop x a>-'])
})

t('a clone with a better node free keeps its instances at home; the new one takes the better node', () => {
  const p = plan({
    resources: `<clone id="c">${dummy('x')}</clone>`,
    nodes: ['a', 'b', 'c'],
    constraints: '<rsc_location id="l" rsc="c" node="a" score="100"/>',
    states: { b: { history: ran('x') }, c: { history: ran('x') } },
  })
  assert.equal(words(p), ['start x ->a'])
})

t('a live migration: both halves, then the stop; a dependent that stays is not disturbed', () => {
  const p = plan({
    resources: dummy('vm', meta('vm', 'allow-migrate', 'true')) + dummy('web'),
    constraints: '<rsc_location id="l" rsc="vm" node="b" score="100"/><rsc_order id="o" first="vm" then="web"/>',
    states: { a: { history: ran('vm') + ran('web') } },
  })
  assert.equal(words(p), ['migrate vm a>b'])
  const ops = p.executed.filter((e) => !e.pseudo && e.resource === 'vm' && e.op !== 'monitor').map((e) => e.op)
  assert.equal(ops, ['migrate_to', 'migrate_from', 'stop'])
})

t('a ticket that was lost stops what needs it; a failed stop without fencing blocks', () => {
  const lost = plan({
    resources: dummy('x'),
    constraints: '<rsc_ticket id="t" rsc="x" ticket="site" loss-policy="stop"/>',
    states: { a: { history: ran('x') } },
  })
  assert.equal(words(lost), ['stop x a>-'])
  const stuck = plan({
    resources: dummy('x'),
    states: { a: { history: ran('x', op('x', 'start') + op('x', 'stop', { rc: 1, call: 2 })) } },
  })
  assert.equal(words(stuck), [])
})

t('utilization: what does not fit does not start; without quorum nothing does', () => {
  const need = (n: number): string => `<utilization id="u${n}"><nvpair id="u${n}1" name="cpu" value="${n}"/></utilization>`
  const has = (name: string): string =>
    `<node id="${name}" uname="${name}"><utilization id="n${name}"><nvpair id="n${name}1" name="cpu" value="2"/></utilization></node>`
  const s: Setting = {
    options: option('stonith-enabled', 'false') + option('placement-strategy', 'balanced'),
    resources: dummy('x', need(2)) + dummy('y', need(1)) + dummy('z', need(3)),
  }
  const read = readCib(cib(s).replace('<node id="a" uname="a"></node>', has('a')).replace('<node id="b" uname="b"></node>', has('b')), 0)
  if ('refused' in read) throw new Error(read.refused.key)
  assert.equal(words(planScene(read.scene)), ['start x ->a', 'start y ->b'])
  const without = readCib(cib({ resources: dummy('x') }).replace('have-quorum="1"', 'have-quorum="0"'), 0)
  if ('refused' in without) throw new Error(without.refused.key)
  assert.equal(words(planScene(without.scene)), ['start x ->a blocked'])
})

t('dates in rules: years of 53 weeks, days of the year, durations', () => {
  assert.is(parseTime('2005-020T12:30'), 1_106_224_200)
  assert.is(parseTime('2009-W53-5'), parseTime('2010-01-01'))
  assert.is(fields(parseTime('2010-01-01') ?? 0).weeks, 53)
  assert.is(advance(parseTime('2024-01-31') ?? 0, { months: '1' }), parseTime('2024-02-29'))
  assert.is(parseTime('soon'), undefined)
})

t('the plan is the same for the same scene, and says nothing twice', () => {
  const s: Setting = { resources: dummy('x') + dummy('y') + dummy('z'), nodes: ['a', 'b', 'c'] }
  assert.equal(JSON.stringify(plan(s)), JSON.stringify(plan(s)))
})

t('hostile and unknown XML: refused with the line, or named', () => {
  const refused = (text: string): string => {
    const r = readCib(text, 0)
    return 'refused' in r ? r.refused.key : 'read'
  }
  assert.is(refused('<!DOCTYPE cib [<!ENTITY a "b">]><cib/>'), 'cib.doctype')
  assert.is(refused('<cib>&a;</cib>'), 'cib.not-xml')
  assert.is(refused('<cib><a></cib>'), 'cib.not-xml')
  assert.is(refused(`<cib>${'<a>'.repeat(limits.depth + 1)}`), 'cib.too-deep')
  assert.is(refused('<html/>'), 'cib.not-a-cib')
  const read = readCib(cib({ resources: '<widget id="w"/>' }), 0)
  assert.equal('refused' in read ? [] : read.unknown, ['resources/widget'])
})

t('digests are those of the field', () => {
  assert.is(md5(' <parameters/>\n'), 'f2317cad3d54cec5d7d7aa7d0bf35cf8')
  assert.is(md5('The quick brown fox jumps over the lazy dog'), '9e107d9d372bb6826bd81d3542a419d6')
})

t('the conformance tool tells a right answer from a wrong one', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-conformance-'))
  try {
    writeFileSync(join(dir, 'one.xml'), cib({ resources: dummy('x') }))
    const line = (name: string, node: string): string =>
      JSON.stringify({
        name,
        group: 'own',
        expected: {
          initial: [{ resource: 'x', role: 'Stopped', node: null }],
          final: [{ resource: 'x', role: 'Started', node }],
          actions: [{ action: 'start', resource: 'x', from: null, to: node }],
          executed: [],
        },
      })
    writeFileSync(join(dir, 'two.xml'), cib({ resources: dummy('x') }))
    writeFileSync(join(dir, 'o.jsonl'), [line('one', 'a'), line('two', 'b'), line('absent', 'a')].join('\n'))
    assert.equal(
      run(dir, join(dir, 'o.jsonl')).map((r) => [r.name, r.passed]),
      [
        ['one', true],
        ['two', false],
      ],
    )
  } finally {
    rmSync(dir, { recursive: true })
  }
})

t.run()
