/**
 * Hostile CIBs: bytes changed anywhere, elements moved, doubled, dropped, attributes with other values. Each is read and planned, or refused with a
 * sentence, in bounded time; and what is planned is planned the same way again. Imported, it is a document that reads back, and goes out as a CIB again.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planOrRefuse } from '../../actors/coordinator/engine/plan.js'
import { exportCib } from '../../console/cib/export/export.js'
import { importCib } from '../../console/cib/import/import.js'
import { noteText } from '../../console/cib/import/notes.js'
import { readCib } from '../../console/cib/read.js'
import { type Element, limits, parseXml } from '../../console/cib/xml.js'
import { parseConfig } from '../../runtime/config/parse.js'
import { printDoc } from '../../runtime/config/print.js'
import { absent, cib, dummy, meta, metas, monitor, NOW, op, pair, ran } from '../unit/engine/help.js'
import { check, damage, damaged, sentences } from './help.js'

const t = suite('fuzz: cib')

/** One of nearly everything that a CIB can hold. */
const whole = cib({
  options: '',
  nodes: ['a', 'b', 'c'],
  nodeAttributes: { a: pair('zone', 'p'), b: pair('standby', 'on') },
  resources: `<primitive id="f" class="stonith" type="fence_x">${meta('f', 'provides', 'unfencing')}</primitive>
    <template id="t" class="ocf" provider="test" type="Dummy"/><primitive id="made" template="t"/>
    <group id="g">${dummy('x', monitor('x', 'on-fail="standby"'))}${dummy('y', metas('y', { 'migration-threshold': 2, 'failure-timeout': '60s' }))}</group>
    <clone id="c">${metas('c', { promotable: 'true', interleave: 'true', 'clone-max': 2 })}${dummy('z', monitor('z'))}</clone>
    <primitive id="far" class="ocf" provider="pacemaker" type="remote"/>${dummy('vm', metas('vm', { 'remote-node': 'inner', 'allow-migrate': 'true' }))}
    <bundle id="b"><podman image="i" replicas="2"/><network ip-range-start="10.0.0.1"/><storage><storage-mapping id="sm" source-dir="/s" target-dir="/t"/></storage>${dummy('in')}</bundle>`,
  constraints: `<rsc_location id="l1" rsc="g"><rule id="r1" score="10"><expression id="e1" attribute="zone" operation="eq" value="p"/>
      <date_expression id="d1" operation="in_range" start="2020-01-01"><duration id="du" years="20"/></date_expression></rule></rsc_location>
    <rsc_location id="l2" rsc-pattern="^(v|m)" node="c" score="5" resource-discovery="always"/>
    <rsc_colocation id="k1" rsc="vm" with-rsc="g" score="-100"/><rsc_colocation id="k2" score="INFINITY"><resource_set id="s1"><resource_ref id="made"/><resource_ref id="c"/></resource_set></rsc_colocation>
    <rsc_order id="o1" first="c" first-action="promote" then="g" then-action="start"/><rsc_order id="o2" first="g" then="vm" kind="Optional"/>
    <rsc_order id="o3"><resource_set id="s2" sequential="false" require-all="false"><resource_ref id="x"/><resource_ref id="made"/></resource_set><resource_set id="s3"><resource_ref id="b"/></resource_set></rsc_order>
    <rsc_ticket id="tk" rsc="made" ticket="T" loss-policy="demote"/>`,
  more: `<tags><tag id="tg"><obj_ref id="x"/><obj_ref id="vm"/></tag></tags><rsc_defaults><meta_attributes id="rd">${pair('resource-stickiness', '1')}</meta_attributes></rsc_defaults>`,
  states: {
    a: {
      history: ran('x') + ran('y') + ran('z', op('z', 'start') + op('z', 'promote', { call: 2 })) + ran('vm'),
      transient: pair('master-z', '5'),
    },
    b: { history: absent('x') + ran('z') + ran('gone'), transient: pair('fail-count-y#monitor_10000', '2') + pair('shutdown', '1') },
    c: { attributes: 'in_ccm="false" crmd="offline" join="down" expected="member"', history: ran('made', op('made', 'stop', { rc: 1 })) },
  },
  status: '<tickets><ticket_state id="T" granted="true"/></tickets>',
})

/** Imported to a document that reads back as itself, each thing left out with a whole sentence, and exported to what is read again; or refused. */
function imported(text: string): void {
  const got = importCib(text, 'shop')
  if ('refused' in got) return sentences(got.refused)
  const parsed = parseConfig(got.yaml)
  assert.ok(parsed.ok, got.yaml)
  if (parsed.ok) assert.is(printDoc(parsed.doc), got.yaml)
  for (const n of got.notes) for (const lang of ['en', 'zh'] as const) assert.ok(noteText(lang, n).length > 10)
  const { xml } = exportCib(got.doc)
  const again = importCib(xml)
  assert.ok(!('refused' in again), xml)
}

/** Read and planned, or refused with a sentence: gives which. Anything thrown fails. */
function judge(text: string): 'refused' | 'planned' {
  imported(text)
  const read = readCib(text, NOW)
  if ('refused' in read) {
    sentences(read.refused)
    return 'refused'
  }
  for (const n of read.notes) sentences(n)
  const p = planOrRefuse(read.scene)
  if ('refused' in p) {
    sentences(p.refused)
    return 'refused'
  }
  for (const n of p.notes) sentences(n)
  for (const row of p.final) assert.ok(typeof row.resource === 'string' && row.role.length > 0)
  assert.is(JSON.stringify(planOrRefuse(read.scene)), JSON.stringify(p))
  return 'planned'
}

t('the whole is planned, and does something', () => {
  assert.is(judge(whole), 'planned')
  const read = readCib(whole, NOW)
  assert.ok(!('refused' in read) && read.unknown.length === 0)
})

t('bytes changed anywhere', () => {
  const seen = { refused: 0, planned: 0 }
  check(
    300,
    fc.property(damage, (changes) => {
      seen[judge(damaged(Buffer.from(whole), changes).toString('utf8'))]++
    }),
  )
  assert.ok(seen.planned > 0 && seen.refused > 0, JSON.stringify(seen))
})

const escaped = (v: string): string => v.replace(/[&<>"\n]/g, (c) => `&#${c.charCodeAt(0)};`)
const print = (e: Element): string =>
  `<${e.name}${Object.entries(e.at)
    .map(([k, v]) => ` ${k}="${escaped(v)}"`)
    .join('')}>${e.children.map(print).join('')}</${e.name}>`
const flat = (e: Element): Element[] => [e, ...e.children.flatMap(flat)]

const values = [
  '',
  '0',
  '-1',
  'INFINITY',
  '-INFINITY',
  '99999999999',
  'true',
  'false',
  'NaN',
  'x',
  'y',
  'g',
  'c',
  'b',
  'a',
  'Promoted',
  'Stopped',
  'PT1H',
  '中',
  '__proto__',
  'constructor',
  'id',
  '*',
  '#uname',
  '2027-01-15',
  'block',
  'fence',
]
const step = fc.record({
  kind: fc.constantFrom('drop', 'twice', 'move', 'value', 'unset', 'steal', 'rename'),
  at: fc.nat(),
  to: fc.nat(),
  value: fc.constantFrom(...values),
})

/** One change of the tree. Elements are copied, so that no tree holds itself. */
function change(root: Element, s: { readonly kind: string; readonly at: number; readonly to: number; readonly value: string }): void {
  const parents = flat(root).filter((e) => e.children.length > 0)
  const parent = parents[s.at % parents.length]
  const i = parent ? s.at % parent.children.length : 0
  const child = parent?.children[i]
  if (!parent || !child) return
  const all = flat(root)
  const other = all[s.to % all.length] ?? root
  const at = child.at as Record<string, string>
  const names = Object.keys(at)
  const name = names[s.to % Math.max(1, names.length)] ?? 'id'
  if (s.kind === 'drop') parent.children.splice(i, 1)
  else if (s.kind === 'twice') parent.children.splice(i, 0, structuredClone(child))
  else if (s.kind === 'move' && !flat(child).includes(other)) other.children.push(...parent.children.splice(i, 1))
  else if (s.kind === 'value') at[name] = s.value
  else if (s.kind === 'unset') delete at[name]
  else if (s.kind === 'steal') Object.assign(at, other.at)
  else if (s.kind === 'rename') parent.children[i] = { ...child, name: other.name }
}

t('elements dropped, doubled, moved, renamed; attributes with other values, or those of somebody else', () => {
  const parsed = parseXml(whole)
  if ('refused' in parsed) throw new Error('refused')
  const seen = { refused: 0, planned: 0 }
  check(
    400,
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const root = structuredClone(parsed.root)
      for (const s of steps) change(root, s)
      seen[judge(print(root))]++
    }),
  )
  assert.ok(seen.planned > 0, JSON.stringify(seen))
})

t('too large, too deep, too many: refused before they cost anything', () => {
  const of = (text: string): string => {
    const [r, i] = [readCib(text, NOW), importCib(text)]
    assert.is('refused' in r ? r.refused.key : 'read', 'refused' in i ? i.refused.key : 'read')
    return 'refused' in r ? r.refused.key : 'read'
  }
  assert.is(of(`<cib a="${'x'.repeat(limits.bytes)}"/>`), 'cib.too-large')
  assert.is(of('<a>'.repeat(100_000)), 'cib.too-deep')
  assert.is(of(`<cib>${'<a/>'.repeat(limits.elements + 1)}</cib>`), 'cib.too-many')
})

t.run()
