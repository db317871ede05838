/** Export of kyha's document to a CIB: the XML reads back as the same, whatever stands in it; what Pacemaker does not know is named. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { levelScore } from '../../../actors/coordinator/ledger.js'
import { exportCib } from '../../../console/cib/export/export.js'
import { importCib } from '../../../console/cib/import/import.js'
import { noteText } from '../../../console/cib/import/notes.js'
import { readCib } from '../../../console/cib/read.js'
import { element, escaped, writeXml } from '../../../console/cib/write.js'
import { type Element, parseXml } from '../../../console/cib/xml.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import { program, when } from '../../needs.js'
import { EXAMPLE, EXAMPLE_CLONES } from '../config/example.js'

const t = suite('cib: export')

const parsed = (value: object | string): ConfigDoc => {
  const got = parseConfig(typeof value === 'string' ? value : JSON.stringify({ apiVersion: 'kyha/v1', name: 'shop', ...value }))
  return got.ok ? got.doc : (assert.unreachable(JSON.stringify(got.problems)) as never)
}
const flat = (e: Element): Element[] => [e, ...e.children.flatMap(flat)]
const elements = (xml: string): Element[] => {
  const got = parseXml(xml)
  return 'refused' in got ? (assert.unreachable(got.refused.key) as never) : flat(got.root)
}
const back = (xml: string) => {
  const got = importCib(xml)
  return 'refused' in got ? (assert.unreachable(got.refused.key) as never) : got
}
const why = (doc: ConfigDoc): string[] => {
  const { notes } = exportCib(doc)
  for (const n of notes) for (const lang of ['en', 'zh'] as const) assert.not.match(noteText(lang, n), /\{(?!safety)\w+\}/)
  return notes.map((n) => [n.kind, n.id, n.what, n.why].filter((w) => w !== '').join(' '))
}

t('every sign in an attribute is read back as it was; what XML cannot hold is left out', () => {
  const rows: [string, string][] = [
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['"', '&quot;'],
    ["'", '&apos;'],
    ['\t', '&#9;'],
    ['\n', '&#10;'],
    ['\r', '&#13;'],
    ['\x7f', '&#127;'],
    ['\x85', '&#133;'],
    ['\u2028', '&#8232;'],
    ['中 ü 😀', '中 ü 😀'],
    [']]>', ']]&gt;'],
    ['&amp;', '&amp;amp;'],
  ]
  for (const [sign, text] of rows) {
    assert.is(escaped(sign), text)
    assert.is(elements(writeXml(element('a', { b: sign })))[0]?.at.b, sign)
  }
  for (const sign of ['\0', '\x08', '\x0b', '\x1f', '\ufffe', '\uffff', '\ud800', '\udc00']) assert.is(escaped(`a${sign}b`), 'ab')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      const kept = elements(writeXml(element('a', {}, [element('b', { c: text, d: undefined })])))[1]?.at
      // biome-ignore lint/suspicious/noControlCharactersInRegex: signs that XML cannot hold
      assert.equal({ ...kept }, { c: text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '') })
    }),
    { numRuns: 300, seed: 9 },
  )
})

t('a document in the words of the CIB: ids are there once, and the engine reads it', () => {
  for (const text of [EXAMPLE, EXAMPLE_CLONES]) {
    const { xml } = exportCib(parsed(text))
    const ids = elements(xml).flatMap((e) => (e.name === 'node' || e.at.id === undefined ? [] : [e.at.id]))
    assert.is(new Set(ids).size, ids.length)
    const read = readCib(xml, 0)
    assert.ok(!('refused' in read))
    if (!('refused' in read)) assert.equal(read.notes, [])
  }
})

when(t, program('crm_verify'))('Pacemaker’s own check takes it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kyha-verify-'))
  const clones = EXAMPLE_CLONES.replace('properties:\n', 'properties:\n  fencing-enabled: false\n')
  for (const text of [EXAMPLE, clones]) {
    writeFileSync(join(dir, 'cib.xml'), exportCib(parsed(text)).xml)
    const { stderr } = spawnSync('crm_verify', ['-V', '-x', join(dir, 'cib.xml')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin`, LC_ALL: 'C' },
    })
    // It warns of nodes that it has not seen.
    assert.not.match(stderr, /error|not valid/i)
  }
  rmSync(dir, { recursive: true })
})

t('levels become locations with the scores of the planner', () => {
  const doc = parsed({
    nodes: { a: {}, b: {} },
    resources: [{ name: 'x', agent: 'kyha:http' }],
    location: [{ resource: 'x', levels: ['b', 'a'] }],
  })
  const found = elements(exportCib(doc).xml).filter((e) => e.name === 'rsc_location')
  assert.equal(
    found.map(({ at }) => [at.rsc, at.node, at.score]),
    [
      ['x', 'b', String(levelScore(0))],
      ['x', 'a', String(levelScore(1))],
    ],
  )
  assert.equal(why(doc), ['note x cib.to-own-agent', 'note location-x cib.to-levels'])
})

t('what Pacemaker does not know is named', () => {
  const res = (more: object) => ({ nodes: { a: {} }, resources: [{ name: 'x', agent: 'ocf:p:x', ...more }] })
  const fence = (more: object) => ({ nodes: { a: {} }, fencing: [{ name: 'f', agent: 'fence_x', hosts: { a: '' }, ...more }] })
  const rows: [object, string[]][] = [
    [res({}), []],
    [res({ meta: { 'migration-threshold': 3 } }), ['partly x failure-counting: consecutive cib.to-counting']],
    [res({ meta: { 'migration-threshold': 3, 'failure-counting': 'window' } }), []],
    [res({ ops: { monitor: [], stop: { 'on-fail': 'stop' } } }), ['partly x on-fail: stop cib.to-stop-stop']],
    [res({ meta: { reap: false } }), ['partly x reap cib.to-reap']],
    [res({ ops: { monitor: [{ interval: '5s', role: 'Promoted' }, { interval: '5s' }] } }), ['note x cib.to-same-interval']],
    [{ ...res({}), pools: [{ name: 'p', resources: ['x'], standby: ['a'] }] }, ['left p cib.to-pool']],
    [{ quorum: { 'tie-break': 'lowest' } }, ['left cib.to-quorum']],
    [{ properties: { 'startup-fencing-delay': '5s' } }, ['left startup-fencing-delay cib.to-startup-delay']],
    [{ properties: { 'node-health': { strategy: 'only-green' } } }, ['note node-health cib.to-health-safe']],
    [{ properties: { 'node-health': { strategy: 'only-green', safety: false } } }, []],
    [fence({}), []],
    [fence({ agent: 'fence_watchdog' }), ['left f cib.to-watchdog']],
    [fence({ params: { password: '@secret:x' } }), ['partly f password cib.to-secret-reference']],
    [res({ params: { password: '@secret:x', user: 'root' } }), ['partly x password cib.to-secret-reference']],
    [{ nodes: { a: {} }, resources: [{ name: '9', agent: 'ocf:p:x' }] }, ['note 9 cib.to-id']],
    [
      {
        ...res({}),
        resources: ['x', 'y'].map((name) => ({ name, agent: 'ocf:p:x' })),
        // biome-ignore lint/suspicious/noThenProperty: a word of the document
        order: [{ id: 'o', first: 'x', then: 'y', kind: 'Serialize', symmetrical: true }],
      },
      ['partly o symmetrical cib.to-serialize'],
    ],
  ]
  for (const [value, notes] of rows) assert.equal(why(parsed(value)), notes, JSON.stringify(value))
})

const value = fc.string({ maxLength: 12 }).filter((s) => [...s].every((ch) => ch >= ' ' && ch !== '\x7f') && !/^(?:lrm:|@secret)/.test(s))
const some = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arb, { nil: undefined })
const score = fc.constantFrom(0, 1, -5, 'INFINITY', '-INFINITY', 77)
const time = fc.constantFrom('100ms', '7s', '1234ms', '1min', '2h')
const onFail = fc.constantFrom('ignore', 'restart', 'block', 'stop', 'standby')
const role = fc.constantFrom('Promoted', 'Unpromoted')
const params = fc.dictionary(fc.constantFrom('ip', 'mode', 'a.b', '_x'), value)
const capacity = some(fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.nat(1000), { minKeys: 1 }))
const meta = fc.record({
  'target-role': some(fc.constant('Stopped')),
  'is-managed': some(fc.boolean()),
  maintenance: some(fc.boolean()),
  'resource-stickiness': some(score),
  priority: some(score),
  'migration-threshold': some(fc.integer({ min: 1, max: 9 })),
  'failure-counting': some(fc.constantFrom('window', 'consecutive')),
  'failure-timeout': some(time),
  'multiple-active': some(fc.constantFrom('stop_only', 'block')),
  reap: some(fc.boolean()),
  critical: some(fc.boolean()),
})
const op = some(fc.record({ timeout: some(time), 'on-fail': some(onFail) }))
const monitor = fc.record({ interval: time, timeout: some(time), 'on-fail': some(onFail), depth: some(fc.nat(20)), role: some(role) })
const stop = some(fc.record({ timeout: some(time), 'on-fail': some(fc.constantFrom('ignore', 'restart', 'block', 'standby')) }))
const notify = some(fc.record({ timeout: some(time) }))
const ops = fc.record({ start: op, stop, notify, monitor: fc.uniqueArray(monitor, { maxLength: 3, selector: (m) => m.interval }) })
const condition = fc.oneof(
  fc.record({ attribute: fc.constantFrom('#uname', 'rack'), op: fc.constantFrom('defined', 'not_defined') }),
  fc.record({
    attribute: fc.constant('rack'),
    op: fc.constantFrom('lt', 'gte', 'eq', 'ne'),
    value,
    type: some(fc.constantFrom('version')),
  }),
  fc.record({
    attribute: fc.constant('load'),
    op: fc.constant('gt'),
    value: fc.constantFrom('1', '-7'),
    type: fc.constantFrom('integer', 'number'),
  }),
  fc.record({ date: fc.constant('lt'), end: fc.constantFrom('2026', '2026-12-24', '2026-W52') }),
  fc.record({ date: fc.constant('in_range'), start: fc.constant('2026-12-24'), end: fc.constant('2027-01-01 12:00:00Z') }),
  fc.record({ date: fc.constant('date_spec'), spec: fc.constantFrom({ hours: '9-16' }, { weekdays: '1-5', months: '3-' }) }),
)
const rule = fc
  .tuple(fc.constantFrom('any', 'all'), fc.array(condition, { minLength: 1, maxLength: 3 }), some(condition))
  .map(([word, list, inner]) => ({ [word]: inner ? [...list, { any: [inner] }] : list }))
const documents = fc.record({
  properties: fc.record({
    'no-quorum-policy': some(fc.constantFrom('freeze', 'ignore')),
    'fencing-enabled': fc.boolean(),
    'fencing-action': some(fc.constantFrom('off', 'reboot')),
    'maintenance-mode': some(fc.boolean()),
    'resource-stickiness': some(score),
    'symmetric-cluster': some(fc.boolean()),
    'stop-all-resources': some(fc.boolean()),
    'start-failure-is-fatal': some(fc.boolean()),
    'placement-strategy': some(fc.constantFrom('balanced', 'utilization')),
    'node-health': some(
      fc.record({ strategy: fc.constant('progressive'), red: some(score), base: some(score), safety: some(fc.boolean()) }),
    ),
  }),
  node: fc.record({ standby: some(fc.boolean()), maintenance: some(fc.boolean()), attributes: params, utilization: capacity }),
  resources: fc.array(fc.record({ params, meta, ops, utilization: capacity }), { minLength: 5, maxLength: 5 }),
  stopped: fc.boolean(),
  clone: fc.record({
    promoted: some(fc.constantFrom(1, 2)),
    max: some(fc.constantFrom(2, 3)),
    min: some(fc.constant(1)),
    ordered: some(fc.boolean()),
    interleave: some(fc.boolean()),
    notify: some(fc.boolean()),
  }),
  target: some(fc.constant('Stopped')),
  location: fc.array(fc.oneof(fc.record({ rule, score }), fc.record({ node: fc.constantFrom('n1', 'n2'), score })), { maxLength: 3 }),
  colocation: fc.record({ score: some(score), 'node-attribute': some(fc.constant('rack')), influence: some(fc.boolean()) }),
  order: fc.record({ kind: some(fc.constantFrom('Optional', 'Serialize')), 'require-all': some(fc.boolean()) }),
  ...{ symmetrical: some(fc.boolean()), role: some(role), first: some(fc.constant('promote')) },
  plugs: fc.constantFrom({ n1: '', n2: '' }, { n1: 'a;b', n2: 'c:1 2\\' }, { n2: 'n2' }),
  levels: fc.constantFrom([1, 1], [1, 2], [2, 1]),
  ...{ timeout: time, delay: some(fc.constantFrom('1s', '2s')), device: params },
})

t('yaml to CIB and back is the same, for all that both know', () => {
  fc.assert(
    fc.property(documents, (s) => {
      const promotable = s.clone.promoted !== undefined
      const names = ['a', 'b', 'c', 'd', 'k']
      const doc = parsed({
        properties: s.properties,
        nodes: { n1: s.node, n2: {} },
        resources: s.resources.map((r, i) => ({
          name: names[i],
          agent: i === 0 ? 'kyha:http' : i === 1 ? 'systemd:x@1' : 'ocf:p:t',
          ...r,
        })),
        groups: [{ name: 'g', members: ['b', 'c'], ...(s.stopped ? { meta: { 'target-role': 'Stopped' } } : {}) }],
        clones: [{ name: 'kk', resource: 'k', ...s.clone, ...(s.target ? { meta: { 'target-role': s.target } } : {}) }],
        location: [
          ...s.location.map((l) => ({ resource: 'g', ...l })),
          { pattern: '^a|"<', node: 'n1', score: 3 },
          { resource: 'kk', node: 'n2', score: 4, role: promotable ? s.role : undefined },
        ],
        colocation: [{ resource: 'a', with: 'kk', 'with-role': promotable ? s.role : undefined, ...s.colocation }],
        order: [
          {
            first: 'kk',
            'first-action': promotable ? s.first : undefined,
            // biome-ignore lint/suspicious/noThenProperty: a word of the document
            then: 'a',
            ...s.order,
            ...(s.order.kind === 'Serialize' ? {} : { symmetrical: s.symmetrical }),
          },
        ],
        fencing: s.levels.map((level, i) => ({
          name: `f${i}`,
          agent: 'fence_x',
          params: s.device,
          hosts: s.plugs,
          level,
          timeout: i === 0 ? '20s' : '1min',
          delay: s.delay,
        })),
      })
      const { xml } = exportCib(doc)
      const got = back(xml)
      assert.is(got.yaml, printDoc(doc))
      assert.equal(
        got.notes.filter((n) => n.kind !== 'note'),
        [],
      )
    }),
    { numRuns: 150, seed: 11 },
  )
})

t('the examples come back as they were, but for what Pacemaker has no word for', () => {
  const doc = parsed(EXAMPLE)
  const again = back(exportCib(doc).xml)
  assert.equal(
    { ...again.doc, locations: [], resources: again.doc.resources.map((r) => r.name) },
    (({ quorum: _, ...rest }) => ({ ...rest, locations: [], resources: doc.resources.map((r) => r.name) }))(doc),
  )
})

t.run()
