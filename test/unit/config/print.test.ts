/** The printed document reads back as the same; a diff speaks its words. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyDoc } from '../../../runtime/config/defaults.js'
import { diffDocs } from '../../../runtime/config/diff.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import { EXAMPLE } from './example.js'

const t = suite('config: print and diff')

const parsed = (text: string): ConfigDoc => {
  const result = parseConfig(text)
  assert.ok(result.ok, JSON.stringify(result))
  return result.ok ? result.doc : (assert.unreachable() as never)
}

t('an empty document says its name only, and reads back', () => {
  assert.is(printDoc(emptyDoc('shop')), 'apiVersion: kyha/v1\nname: shop\n')
  assert.equal(parsed(printDoc(emptyDoc('shop'))), emptyDoc('shop'))
})

t('the example reads back as the same, without what is default', () => {
  const doc = parsed(EXAMPLE)
  const text = printDoc(doc)
  assert.equal(parsed(text), doc)
  assert.not.match(text, 'properties')
  assert.not.match(text, 'symmetrical')
  assert.match(text, 'quorum:\n  tie-break: n1')
  assert.match(text, 'interval: 10s')
})

const name = fc.constantFrom('n1', 'n2', 'web', 'x-1', 'on', 'null', '12', '1e3', 'yes', 'Z_z.z')
const value = fc.string({ maxLength: 12 }).filter((s) => [...s].every((char) => char >= ' ' && char !== '\x7f'))
const params = fc.dictionary(fc.constantFrom('ip', 'mode', 'a.b', '_x'), value)
const ms = fc.constantFrom(100, 500, 1000, 1234, 60_000, 3_600_000)
const score = fc.constantFrom('0', '1', '-5', 'INFINITY', '-INFINITY', '77')
const onFail = fc.constantFrom('ignore', 'restart', 'block', 'stop', 'standby', 'fence')
const source = fc.record({
  fencing: fc.boolean(),
  stickiness: score,
  nodes: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
  resources: fc.uniqueArray(
    fc.record({
      name: name.map((n) => `r-${n}`),
      params,
      stickiness: fc.option(score),
      threshold: fc.nat(5),
      interval: fc.option(ms),
      onFail,
      stop: ms,
    }),
    { maxLength: 5, selector: (one) => one.name },
  ),
  attributes: params,
  reversed: fc.boolean(),
})

t('whatever was accepted reads back as the same', () => {
  fc.assert(
    fc.property(source, (s) => {
      const fail = !s.fencing
      const names = s.resources.map((one) => one.name)
      const text = JSON.stringify({
        apiVersion: 'kyha/v1',
        name: 'x',
        properties: { 'fencing-enabled': s.fencing, 'resource-stickiness': s.stickiness },
        nodes: Object.fromEntries(s.nodes.map((n) => [n, { attributes: s.attributes }])),
        resources: s.resources.map((one) => ({
          name: one.name,
          agent: 'kyha:http',
          params: one.params,
          meta: { 'migration-threshold': one.threshold, ...(one.stickiness === null ? {} : { 'resource-stickiness': one.stickiness }) },
          ops: {
            stop: { timeout: `${one.stop}ms` },
            ...(one.interval === null
              ? {}
              : { monitor: [{ interval: `${one.interval}ms`, 'on-fail': fail && one.onFail === 'fence' ? 'stop' : one.onFail }] }),
          },
        })),
        groups: names.length > 1 ? [{ name: 'g', members: s.reversed ? [...names].reverse() : names }] : [],
        location: names.flatMap((n) => [
          { resource: n, levels: s.nodes },
          { resource: n, node: s.nodes[0], score: s.stickiness },
          { resource: n, levels: s.nodes },
        ]),
      })
      const doc = parsed(text)
      assert.equal(parsed(printDoc(doc)), doc)
      assert.equal(diffDocs(doc, parsed(printDoc(doc))), [])
    }),
    { numRuns: 150, seed: 7 },
  )
})

const role = fc.constantFrom('Promoted', 'Unpromoted')
/** Parts that are there or not: what is undefined is not written. */
const some = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arb, { nil: undefined })
const capacity = some(fc.dictionary(fc.constantFrom('cpu', 'memory', 'a.b'), fc.integer({ min: 0, max: 2 ** 31 })))
const count = fc.integer({ min: 1, max: 32 })
const attribute = fc.constantFrom('#uname', '#health-x', 'rack', 'a.b')
const condition = fc.oneof(
  fc.record({ attribute, op: fc.constantFrom('defined', 'not_defined') }),
  fc.record({ attribute, op: fc.constantFrom('lt', 'gte', 'eq', 'ne'), value, type: some(fc.constantFrom('string', 'version')) }),
  fc.record({ attribute, op: fc.constant('gt'), value: fc.constantFrom('1', '-7', '007'), type: fc.constantFrom('integer', 'number') }),
  fc.record({ date: fc.constant('lt'), end: fc.constantFrom('2026', '2026-12-24', '20261224', '2026-W52', '1798070400') }),
  fc.record({ date: fc.constant('gt'), start: fc.constantFrom('2026-360', '2026-12-24 18:00:00Z') }),
  fc.record({ date: fc.constant('in_range'), start: fc.constant('2026-12-24'), end: fc.constantFrom('2027', '2026-12-24T01') }),
  fc.record({
    date: fc.constant('date_spec'),
    spec: fc.dictionary(fc.constantFrom('hours', 'weekdays', 'months'), fc.constantFrom('1', '1-5', '2-', '-7', '03'), { minKeys: 1 }),
  }),
)
const { rule } = fc.letrec<{ rule: unknown; part: unknown }>((tie) => ({
  rule: fc
    .tuple(fc.constantFrom('any', 'all'), fc.array(tie('part'), { minLength: 1, maxLength: 3 }))
    .map(([key, parts]) => ({ [key]: parts })),
  part: fc.oneof({ maxDepth: 2, depthSize: 'small' }, condition, tie('rule')),
}))
const clone = fc.record({
  promoted: some(count),
  max: some(count),
  min: some(count),
  ordered: some(fc.boolean()),
  interleave: some(fc.boolean()),
  notify: some(fc.boolean()),
  target: some(fc.constantFrom('Started', 'Stopped', 'Unpromoted')),
})
const health = fc.record({
  strategy: fc.constantFrom('migrate-on-red', 'only-green', 'progressive', 'custom'),
  ...{ red: some(score), yellow: some(score), green: some(score), base: some(score), safety: some(fc.boolean()) },
})
const newWords = fc.record({
  strategy: some(fc.constantFrom('default', 'utilization', 'minimal', 'balanced')),
  health: some(health),
  ...{ nodeCapacity: capacity, capacity, critical: some(fc.boolean()) },
  promote: some(fc.record({ timeout: some(ms.map((n) => `${n}ms`)), 'on-fail': some(onFail.filter((word) => word !== 'fence')) })),
  notify: some(fc.record({ timeout: some(ms.map((n) => `${n}ms`)) })),
  clone,
  pool: fc.record({ choose: some(fc.constantFrom('in-order', 'least-loaded')), exclusive: some(fc.boolean()) }),
  rules: fc.array(rule, { maxLength: 3 }),
  ...{ role: some(role), withRole: some(role), same: some(attribute), influence: some(fc.boolean()) },
  ...{ first: some(fc.constantFrom('start', 'promote')), all: some(fc.boolean()), score },
  pattern: fc.constantFrom('^a', 'null', '12', '[#:] *', 'on', '- x', '"\'', "^(a|b)'?$"),
})

t('whatever was accepted of clones, pools, rules, capacities and health reads back as the same', () => {
  fc.assert(
    fc.property(newWords, (s) => {
      const max = Math.max(s.clone.max ?? 32, s.clone.promoted ?? 1, s.clone.min ?? 1)
      const { target, ...clone } = { ...s.clone, ...(s.clone.max === undefined ? {} : { max }) }
      const promotable = clone.promoted !== undefined
      const meta = target === undefined || (target === 'Unpromoted' && !promotable) ? {} : { meta: { 'target-role': target } }
      const agent = 'kyha:Dummy'
      const text = JSON.stringify({
        ...{ apiVersion: 'kyha/v1', name: 'x', properties: { 'placement-strategy': s.strategy, 'node-health': s.health } },
        nodes: { n1: { utilization: s.nodeCapacity }, n2: {} },
        resources: [
          {
            name: 'a',
            agent,
            utilization: s.capacity,
            meta: { critical: s.critical },
            ops: { promote: s.promote, notify: s.notify, start: { timeout: '7s' } },
          },
          ...[
            { name: 'b', agent },
            { name: 'c', agent },
            { name: 'd', agent },
          ],
        ],
        groups: [{ name: 'g', members: ['c', 'd'] }],
        clones: [
          { name: 'k', resource: 'a', ...clone, ...meta },
          { name: 'l', resource: 'g' },
        ],
        pools: [{ name: 's', resources: ['b'], standby: ['n2'], ...s.pool }],
        location: [
          ...s.rules.map((one) => ({ resource: 'b', rule: one, score: s.score })),
          { pattern: s.pattern, node: 'n1', score: s.score },
          { resource: 'k', node: 'n1', score: s.score, role: promotable ? s.role : undefined },
        ],
        colocation: [
          { resource: 'b', with: 'k', 'with-role': promotable ? s.withRole : undefined, 'node-attribute': s.same, influence: s.influence },
        ],
        // biome-ignore lint/suspicious/noThenProperty: a word of the document
        order: [{ first: 'k', then: 'b', 'first-action': promotable ? s.first : undefined, 'require-all': s.all }],
      })
      const doc = parsed(text)
      assert.equal(parsed(printDoc(doc)), doc)
      assert.is(JSON.stringify(parsed(printDoc(doc))), JSON.stringify(doc), 'not even the order of keys is lost')
      assert.equal(diffDocs(doc, parsed(printDoc(doc))), [])
    }),
    { numRuns: 100, seed: 8 },
  )
})

t('a diff speaks the words of the document and finds parts by name', () => {
  const a = parsed(EXAMPLE)
  const b = parsed(
    EXAMPLE.replace('priority: 0', 'priority: 10')
      .replace('n3: {standby: on}', 'n3: {}')
      .replace('name: b, agent', 'name: bb, agent')
      .replace('with: b,', 'with: bb,')
      .replace('then: b,', 'then: bb,')
      .replace('no-quorum-policy: stop', 'no-quorum-policy: freeze'),
  )
  assert.equal(diffDocs(a, b), [
    { path: 'nodes.n3.standby', from: 'true', to: 'default' },
    { path: 'resources.vip.meta.priority', from: 'default', to: '10' },
    { path: 'resources.b', from: '{agent: systemd:b@1.service, ops: {monitor: {interval: 1s}}}' },
    { path: 'resources.bb', to: '{agent: systemd:b@1.service, ops: {monitor: {interval: 1s}}}' },
    { path: 'colocation.colocation-a-b', from: '{resource: a, with: b}' },
    { path: 'colocation.colocation-a-bb', to: '{resource: a, with: bb}' },
    { path: 'order.order-a-b', from: '{first: a, then: b}' },
    { path: 'order.order-a-bb', to: '{first: a, then: bb}' },
    { path: 'properties.no-quorum-policy', from: 'default', to: 'freeze' },
  ])
  assert.equal(diffDocs(a, a), [])
})

t('a changed order of resources or members is a change', () => {
  const a = parsed(EXAMPLE)
  assert.equal(diffDocs(a, { ...a, resources: [...a.resources].reverse() }), [
    { path: 'resources', from: 'order vip, nginx, a, b', to: 'order b, a, nginx, vip' },
  ])
  assert.equal(diffDocs(a, { ...a, groups: a.groups.map((g) => ({ ...g, members: ['nginx', 'vip'] })) }), [
    { path: 'groups.web.members', from: '[vip, nginx]', to: '[nginx, vip]' },
  ])
})

t.run()
