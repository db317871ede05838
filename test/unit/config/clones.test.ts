/** Clones, pools, roles, capacities and health: what may be written, and the sentence for everything else. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { diffDocs } from '../../../runtime/config/diff.js'
import { type ConfigDoc, INFINITY } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import { sentence } from '../../../runtime/config/problem.js'
import { EXAMPLE, EXAMPLE_CLONES } from './example.js'

const t = suite('config: clones')

const head = `apiVersion: kyha/v1
name: x
nodes: {n1: {}, n2: {}, n3: {}, n4: {}}
resources:
${['a', 'b', 'c', 'd', 'e', 'p'].map((name) => `  - {name: ${name}, agent: kyha:Dummy, ops: {monitor: {interval: 10s}}}`).join('\n')}
groups: [{name: g, members: [d, e]}]
`
const CLONES = `clones:
  - {name: ac, resource: a}
  - {name: pc, resource: p, promoted: 1}
`
const doc = (text: string): ConfigDoc => {
  const parsed = parseConfig(text)
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map((p) => sentence('en', p)).join('\n'))
  return parsed.ok ? parsed.doc : (assert.unreachable() as never)
}
const warned = (text: string): string[] => {
  const parsed = parseConfig(text)
  return parsed.ok ? parsed.warnings.map((w) => w.because.key).filter((key) => key !== 'config.no-device') : ['refused']
}
/** Each text has this one problem, in this line, said whole in both languages. */
function refused(rows: readonly (readonly [text: string, key: string, line: number, says?: string])[]): void {
  for (const [text, key, line, says] of rows) {
    const parsed = parseConfig(text)
    assert.ok(!parsed.ok, `accepted: ${text}`)
    if (parsed.ok) return
    assert.equal(
      parsed.problems.map((p) => [p.because.key, p.line]),
      [[key, line]],
      text,
    )
    for (const p of parsed.problems) {
      if (says) assert.match(sentence('en', p), says)
      for (const lang of ['en', 'zh'] as const) assert.not.match(sentence(lang, p), /\{\w+\}|undefined/, key)
    }
  }
}

t('every new word gives its part of the document, and reads back', () => {
  const got = doc(EXAMPLE_CLONES)
  assert.equal(got.properties.placementStrategy, 'balanced')
  assert.equal(got.properties.health, { strategy: 'progressive', yellow: -100, base: 10, safety: false })
  assert.equal(got.nodes['n1'], {
    standby: false,
    maintenance: false,
    attributes: { rack: 'a', '#health-disk': 'yellow' },
    utilization: { cpu: 8, memory: 16384 },
  })
  const [db] = got.resources
  assert.equal(db?.utilization, { cpu: 2 })
  assert.is(db?.meta.critical, false)
  assert.equal(db?.ops.promote, { intervalMs: 0, timeoutMs: 90_000, onFail: 'restart', depth: 0 })
  assert.equal(db?.ops.demote, { intervalMs: 0, timeoutMs: 60_000, onFail: 'block', depth: 0 })
  assert.equal(db?.ops.notify, { intervalMs: 0, timeoutMs: 45_000, onFail: 'ignore', depth: 0 })
  assert.equal(got.clones, [
    {
      name: 'db-clone',
      resource: 'db',
      max: 3,
      min: 1,
      ordered: true,
      interleave: false,
      notify: true,
      promoted: 1,
      targetRole: 'Unpromoted',
    },
    { name: 'store-clone', resource: 'store', ordered: false, interleave: true, notify: false, targetRole: 'Started' },
  ])
  assert.equal(got.pools, [{ name: 'spare', resources: ['shop', 'mail'], standby: ['n4', 'n5'], choose: 'least-loaded', exclusive: true }])
  assert.equal(got.locations.slice(0, 3), [
    { id: 'location-db-clone-n1', resource: 'db-clone', role: 'Promoted', node: 'n1', score: 100 },
    { id: 'location-pattern-n2', resource: '', pattern: '^web', node: 'n2', score: 50 },
    { id: 'location-pattern', resource: '', pattern: '^(shop|mail)$', levels: ['n1', 'n2'] },
  ])
  assert.equal(got.locations[3], {
    id: 'location-shop',
    resource: 'shop',
    rule: {
      all: false,
      parts: [
        { attribute: 'rack', op: 'ne', value: 'a', type: 'string' },
        { date: 'in_range', start: '2026-12-24', end: '2026-12-27' },
        { date: 'date_spec', spec: { hours: '9-16', weekdays: '1-5' } },
        {
          all: true,
          parts: [
            { attribute: '#uname', op: 'defined' },
            { date: 'lt', end: '2026-360' },
            { date: 'gt', start: '2026-W01-1 12:00:00+01:00' },
          ],
        },
      ],
    },
    score: -INFINITY,
  })
  assert.equal(
    got.colocations.map(({ id: _, score: __, ...rest }) => rest),
    [
      { resource: 'vip', with: 'db-clone', withRole: 'Promoted' },
      { resource: 'db-clone', with: 'store-clone', role: 'Unpromoted' },
      { resource: 'web', with: 'vip', nodeAttribute: 'rack', influence: false },
    ],
  )
  assert.equal(
    got.orders.map(({ id: _, kind: __, symmetrical: ___, ...rest }) => Object.entries(rest).flat().join(' ')),
    [
      'first db-clone then vip firstAction promote',
      'first vip then web',
      'first store-clone then web requireAll false',
      'first store-clone then db-clone thenAction promote',
    ],
  )
  assert.equal(warned(EXAMPLE_CLONES), [])
  assert.equal(doc(printDoc(got)), got)
  assert.is(printDoc(doc(printDoc(got))), printDoc(got))
})

t('a document without the new words has none of the new keys', () => {
  const keys = (value: unknown): string[] =>
    typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, inner]) => [key, ...keys(inner)]) : []
  const found = new Set(keys(doc(EXAMPLE)))
  const words =
    'clones pools utilization critical promote demote notify placementStrategy batchLimit nodeActionLimit health pattern rule role withRole nodeAttribute influence'
  for (const word of `${words} firstAction thenAction requireAll`.split(' ')) assert.not.ok(found.has(word), word)
})

t('what is written as the default is not there, and is not printed', () => {
  const got =
    doc(`${head}${CLONES.replace('resource: a', 'resource: a, ordered: no, interleave: yes, notify: no, meta: {target-role: Started}')}
properties: {placement-strategy: default, batch-limit: 64, node-action-limit: 16, node-health: {strategy: custom, red: -INFINITY, yellow: 0, green: 0, base: 0, safety: true}}
pools: [{name: s, resources: [b], standby: [n4], choose: in-order, exclusive: false}]
colocation: [{resource: b, with: c, influence: true}]
order: [{first: ac, then: b, require-all: true, first-action: start, then-action: start}]
`)
  const plain = doc(`${head}${CLONES}
properties: {node-health: {strategy: custom}}
pools: [{name: s, resources: [b], standby: [n4]}]
colocation: [{resource: b, with: c}]
order: [{first: ac, then: b}]
`)
  assert.equal(got, plain)
  assert.not.match(printDoc(got), /ordered|interleave|notify|target-role|choose|exclusive|influence|require-all|action|safety|placement/)
  const empty = doc(`${head}clones: []\npools: []\n`)
  assert.equal(empty, doc(head))
  const none =
    '{name: z, agent: kyha:Dummy, utilization: {}, meta: {critical: true}, ops: {promote: {}, demote: , notify: {timeout: 20s}, monitor: {interval: 10s}}}'
  assert.equal(Object.keys(doc(`{apiVersion: kyha/v1, name: x, resources: [${none}]}`).resources[0]?.ops ?? {}), [
    'start',
    'stop',
    'monitors',
  ])
})

t('a promote or demote is as long as a start where it does not say', () => {
  const got = doc(
    '{apiVersion: kyha/v1, name: x, resources: [{name: z, agent: kyha:Dummy, ops: {start: {timeout: 70s, on-fail: block}, promote: {on-fail: stop}}}]}',
  )
  assert.equal(got.resources[0]?.ops.promote, { intervalMs: 0, timeoutMs: 70_000, onFail: 'stop', depth: 0 })
  assert.equal(doc(printDoc(got)), got)
  refused([
    [
      '{apiVersion: kyha/v1, name: x, properties: {fencing-enabled: no}, resources: [{name: z, agent: kyha:Dummy, ops: {demote: {on-fail: fence}}}]}',
      'config.fence-needs-fencing',
      1,
      'demote has on-fail: fence',
    ],
  ])
})

t('a clone is of one resource or group that nothing else has', () => {
  const clone = (text: string): string => `${head}clones:\n  - {${text}}\n`
  const two = (first: string, second: string): string => `${head}clones:\n  - {${first}}\n  - {${second}}\n`
  refused([
    [clone('resource: a'), 'config.missing', 13, 'name: db-clone'],
    [clone('name: k'), 'config.missing', 13, 'resource: db'],
    [clone('name: k, resource: aa'), 'config.unknown-resource-near', 13, 'did you mean "a"'],
    [clone('name: k, resource: d'), 'config.cloned-member', 13, 'clone g instead'],
    [two('name: k, resource: a', 'name: l, resource: a'), 'config.cloned-twice', 14, 'cloned by k already'],
    [two('name: k, resource: a', 'name: l, resource: k'), 'config.clone-of-clone', 14],
    [clone('name: a, resource: b'), 'config.duplicate-name', 13],
    [clone('name: g, resource: b'), 'config.duplicate-name', 13],
    [clone('name: k, resource: g, promoted: 1'), 'config.promoted-group', 13, 'groups are not promoted'],
    [clone('name: k, resource: a, promoted: 0'), 'config.out-of-range', 13, 'between 1 and 32'],
    [clone('name: k, resource: a, max: 33'), 'config.out-of-range', 13],
    [clone('name: k, resource: a, promoted: 3, max: 2'), 'config.clone-max', 13, 'promoted is 3, but max allows 2'],
    [clone('name: k, resource: a, min: 3, max: 2'), 'config.clone-max', 13, 'min is 3'],
    [clone('name: k, resource: a, meta: {target-role: Unpromoted}'), 'config.clone-unpromoted', 13],
    [clone('name: k, resource: a, meta: {target-role: Promoted}'), 'config.want-one-of', 13, 'Started, Stopped, Unpromoted'],
    [clone('name: k, resource: a, meta: {priority: 1}'), 'config.unknown-key', 13],
    [`${head.replace('members: [d, e]', 'members: [d, k]')}clones:\n  - {name: k, resource: a}\n`, 'config.clone-in-group', 11],
    [`${head}clones: {a: b}\n`, 'config.want-list', 12],
  ])
  assert.ok(parseConfig(clone('name: k, resource: g, max: 32, min: 32')).ok)
})

t('constraints and pools name the clone, not what it is of', () => {
  const rest = `${head}clones: [{name: gc, resource: g}, {name: ac, resource: a}]\n`
  refused([
    [`${rest}location: [{resource: a, node: n1, score: 1}]\n`, 'config.name-the-clone', 13, 'name the clone: ac'],
    [`${rest}location: [{resource: d, levels: [n1]}]\n`, 'config.name-the-clone', 13, 'name the clone: gc'],
    [`${rest}colocation: [{resource: b, with: a}]\n`, 'config.name-the-clone', 13],
    [`${rest}order: [{first: e, then: b}]\n`, 'config.name-the-clone', 13],
    [`${rest}pools: [{name: s, resources: [a], standby: [n4]}]\n`, 'config.name-the-clone', 13],
  ])
  assert.ok(parseConfig(`${rest}order: [{first: gc, then: ac}]\ncolocation: [{resource: ac, with: gc}]\n`).ok)
})

t('roles and require-all go with clones that have them', () => {
  const base = `${head}${CLONES}`
  refused([
    [`${base}location: [{resource: b, role: Promoted, node: n1, score: 1}]\n`, 'config.role-promotable', 15, 'role is for clones'],
    [`${base}location: [{resource: ac, role: Promoted, node: n1, score: 1}]\n`, 'config.role-promotable', 15],
    [`${base}location: [{pattern: c$, role: Promoted, node: n1, score: 1}]\n`, 'config.role-promotable', 15],
    [`${base}location: [{resource: pc, role: Started, node: n1, score: 1}]\n`, 'config.want-one-of', 15],
    [`${base}colocation: [{resource: b, with: pc, role: Promoted}]\n`, 'config.role-promotable', 15],
    [`${base}colocation: [{resource: pc, with: b, with-role: Promoted}]\n`, 'config.role-promotable', 15, 'with-role is for'],
    [`${base}order: [{first: ac, then: b, first-action: promote}]\n`, 'config.role-promotable', 15, 'first-action is for'],
    [`${base}order: [{first: ac, then: b, then-action: promote}]\n`, 'config.role-promotable', 15],
    [`${base}order: [{first: pc, then: b, first-action: demote}]\n`, 'config.want-one-of', 15, 'start, promote'],
    [`${base}order: [{first: b, then: pc, require-all: false}]\n`, 'config.require-all-clone', 15],
    [`${base}colocation: [{resource: b, with: c, node-attribute: 'a b'}]\n`, 'config.bad-attribute', 15],
  ])
  const role = (clone: string): string =>
    `{apiVersion: kyha/v1, name: x, resources: [{name: z, agent: kyha:Dummy, ops: {monitor: {interval: 1s, role: Promoted}}}]${clone}}`
  assert.equal(warned(role('')), ['config.monitor-role'])
  assert.equal(warned(role(', clones: [{name: k, resource: z}]')), ['config.monitor-role'])
  assert.equal(warned(role(', clones: [{name: k, resource: z, promoted: 2}]')), [])
})

t('circles and contradictions: a clone is one thing, a role or an attribute another question', () => {
  const base = `${head}${CLONES}`
  refused([
    [`${base}order: [{first: pc, first-action: promote, then: b}, {first: b, then: pc}]\n`, 'config.order-cycle', 15, 'pc -> b -> pc'],
    [`${base}colocation: [{resource: ac, with: b}, {resource: b, with: ac}]\n`, 'config.colocation-cycle', 15],
    [`${base}colocation: [{resource: ac, with: ac}]\n`, 'config.with-itself', 15],
    [
      `${base}colocation:\n  - {resource: b, with: pc, with-role: Promoted}\n  - {resource: pc, role: Promoted, with: b, score: -5}\n`,
      'config.contradiction',
      17,
    ],
  ])
  for (const [one, other] of [
    ['{resource: b, with: pc, with-role: Promoted}', '{resource: b, with: pc, with-role: Unpromoted, score: -INFINITY}'],
    ['{resource: b, with: c, node-attribute: rack}', '{resource: b, with: c, score: -INFINITY}'],
  ])
    assert.ok(parseConfig(`${base}colocation: [${one}, ${other}]\n`).ok, one)
})

t('a pool stands by for what no other pool and no level claims', () => {
  const pools = (...all: string[]): string => `${head}pools:\n${all.map((one) => `  - {${one}}`).join('\n')}\n`
  refused([
    [pools('resources: [a], standby: [n4]'), 'config.missing', 13, 'name: spare'],
    [pools('name: s, standby: [n4]'), 'config.missing', 13, 'resources: '],
    [pools('name: s, resources: [a]'), 'config.missing', 13, 'standby: '],
    [pools('name: s, resources: [], standby: [n4]'), 'config.empty-list', 13],
    [pools('name: s, resources: [a], standby: []'), 'config.empty-list', 13],
    [pools('name: s, resources: [a], standby: '), 'config.empty-list', 13],
    [pools('name: s, resources: a, standby: [n4]'), 'config.want-list', 13],
    [pools('name: s, resources: [a, a], standby: [n4]'), 'config.pool-twice', 13],
    [pools('name: s, resources: [a], standby: [n4, n4]'), 'config.pool-twice', 13, 'twice in standby'],
    [pools('name: s, resources: [zebra], standby: [n4]'), 'config.unknown-resource', 13],
    [pools('name: s, resources: [a], standby: [n44]'), 'config.unknown-node-near', 13],
    [pools('name: s, resources: [a], standby: [n4], choose: any'), 'config.want-one-of', 13, 'in-order, least-loaded'],
    [pools('name: s, resources: [d, g], standby: [n4]'), 'config.pool-member', 13],
    [pools('name: s, resources: [a], standby: [n4]', 'name: r, resources: [a], standby: [n3]'), 'config.two-pools', 14],
    [pools('name: s, resources: [g], standby: [n4]', 'name: r, resources: [d], standby: [n3]'), 'config.two-pools', 14],
    [pools('name: s, resources: [a], standby: [n4]', 'name: s, resources: [b], standby: [n3]'), 'config.duplicate-name', 14],
    [pools('name: g, resources: [a], standby: [n4]'), 'config.duplicate-name', 13],
    [
      `${pools('name: s, resources: [a], standby: [n4]')}location: [{resource: a, levels: [n1, n4]}]\n`,
      'config.pool-levels',
      14,
      'line 13',
    ],
    [`${pools('name: s, resources: [g], standby: [n4]')}location: [{resource: d, levels: [n4]}]\n`, 'config.pool-levels', 14],
    [`${pools('name: s, resources: [a], standby: [n4]')}location: [{pattern: ^a, levels: [n4]}]\n`, 'config.pool-levels', 14],
  ])
  const fine = `${pools('name: s, resources: [a, ac], standby: [n4]')}clones: [{name: ac, resource: b}]\nlocation: [{resource: a, levels: [n1]}, {resource: c, levels: [n4]}]\n`
  assert.ok(parseConfig(fine).ok)
})

t('capacities are whole numbers, health is a colour or a score', () => {
  const node = (text: string): string => `apiVersion: kyha/v1\nname: x\nnodes: {n1: {${text}}}\n`
  const health = (text: string): string => `apiVersion: kyha/v1\nname: x\nproperties: {node-health: {${text}}}\n`
  refused([
    [node('utilization: {cpu: 1.5}'), 'config.want-integer', 3],
    [node('utilization: {cpu: -1}'), 'config.out-of-range', 3],
    [node('utilization: {cpu: 2147483649}'), 'config.out-of-range', 3, '2147483648'],
    [node('utilization: {cpu: }'), 'config.want-text', 3],
    [node('utilization: [cpu]'), 'config.want-map', 3],
    [node('utilization: {"a b": 1}'), 'config.bad-name', 3],
    [node('utilization: {__proto__: x}'), 'config.bad-name', 3],
    [node("attributes: {'#health-disk': broken}"), 'config.health-value', 3],
    [node("attributes: {'#uname': n2}"), 'config.bad-name', 3],
    [health(''), 'config.missing', 3, 'strategy: migrate-on-red'],
    [health('strategy: none'), 'config.want-one-of', 3],
    [health('strategy: custom, red: crimson'), 'config.want-score', 3],
    [health('strategy: custom, safety: perhaps'), 'config.want-boolean', 3],
    ['apiVersion: kyha/v1\nname: x\nproperties: {placement-strategy: best}\n', 'config.want-one-of', 3],
  ])
  assert.equal(doc(node('utilization: {cpu: 2147483648, none: -0}')).nodes['n1']?.utilization, { cpu: 2 ** 31, none: 0 })
  assert.equal(doc(node("attributes: {'#health': Red, '#health-x': -5}")).nodes['n1']?.attributes, { '#health': 'Red', '#health-x': '-5' })
  assert.equal(warned(health('strategy: migrate-on-red, yellow: -5')), ['config.health-unused'])
  assert.equal(warned(health('strategy: custom, yellow: -5, base: 5')), ['config.health-unused'])
  assert.equal(warned(health('strategy: progressive, yellow: -5, base: 5, red: 1, green: 2')), [])
})

t('a diff speaks of clones, pools and health by their names', () => {
  const a = doc(EXAMPLE_CLONES)
  const b = doc(
    EXAMPLE_CLONES.replace('max: 3', 'max: 2')
      .replace('name: spare, resources: [shop, mail]', 'name: spares, resources: [shop]')
      .replace('yellow: -100', 'yellow: -50')
      .replace('utilization: {cpu: 2}', 'utilization: {cpu: 3}')
      .replace('value: a, type', 'value: b, type'),
  )
  assert.equal(
    diffDocs(a, b).map(({ path, from, to }) => [path, from?.slice(0, 40), to?.slice(0, 40)]),
    [
      ['properties.node-health.yellow', '-100', '-50'],
      ['resources.db.utilization.cpu', '2', '3'],
      ['clones.db-clone.max', '3', '2'],
      ['pools.spare', '{resources: [shop, mail], standby: [n4, ', undefined],
      ['pools.spares', undefined, '{resources: [shop], standby: [n4, n5], c'],
      ['location.location-shop.rule.any', '[{attribute: rack, op: ne, value: a, typ', '[{attribute: rack, op: ne, value: b, typ'],
    ],
  )
  const [first, second] = a.clones ?? []
  assert.ok(first && second)
  if (!first || !second) return
  assert.equal(diffDocs(a, { ...a, clones: [second, first] }), [
    { path: 'clones', from: 'order db-clone, store-clone', to: 'order store-clone, db-clone' },
  ])
  assert.equal(
    diffDocs({ ...a, pools: [] }, a).map((change) => change.path),
    ['pools.spare'],
  )
})

t.run()
