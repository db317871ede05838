/** Score arithmetic, levels, the ledger and what explain reads from it, failures, the matrix of losses. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { judge } from '../../../actors/coordinator/failures.js'
import { add, explain, levelScore, share } from '../../../actors/coordinator/ledger.js'
import { matrix } from '../../../actors/coordinator/matrix.js'
import { plan, viewOf } from '../../../actors/coordinator/plan.js'
import { INFINITY } from '../../../runtime/config/document.js'
import { resourceId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import { docOf, inputFor, node, rowFor } from './world.js'

const t = suite('coordinator: ledger')

t('minus infinity beats plus infinity, sums stay in the range', () => {
  assert.is(add(INFINITY, -INFINITY), -INFINITY)
  assert.is(add(INFINITY, -5), INFINITY)
  assert.is(add(999_999, 999_999), INFINITY)
  assert.is(share(100, INFINITY), 100)
  assert.is(share(100, -INFINITY), -100)
  assert.is(share(100, INFINITY / 2), 50)
  const score = fc.integer({ min: -INFINITY, max: INFINITY })
  fc.assert(
    fc.property(score, score, (a, b) => {
      assert.is(add(a, b), add(b, a))
      assert.ok(Math.abs(add(a, b)) <= INFINITY)
    }),
  )
})

t('[A3] [C16] levels of any length fall strictly and stay positive up to 32 nodes', () => {
  assert.equal([0, 1, 2, 3, 4].map(levelScore), [20_000, 16_000, 15_000, 14_000, 13_000])
  for (let k = 1; k < 32; k++) assert.ok(levelScore(k) < levelScore(k - 1) && levelScore(k) > 0, `level ${k}`)
})

const web = ["resources: [{name: web, agent: 'kyha:a', meta: {resource-stickiness: 100, migration-threshold: 3}}]"]
const three = { n1: 'alive', n2: 'alive', n3: 'alive' } as const

t('explain: one sentence, a line for each node, every part with its source', () => {
  const failed = {
    state: 'stopped',
    failCount: 3,
    lastFailure: { action: 'monitor', rc: 7, exitReason: '', agoMs: 5, class: 'soft' },
  } as const
  const input = inputFor({
    config: [...web, 'location: [{resource: web, levels: [n1, n2, n3]}]'],
    nodes: three,
    running: { web: 'n2' },
    rows: { 'web@n1': failed },
  })
  const view = viewOf(plan(input), '')
  const all = explain(view, 'web')
  assert.is(all?.because.key, 'coordinator.placed')
  assert.equal(
    all?.table.map((r) => [r.name, r.score, r.chosen]),
    [
      ['n1', -INFINITY, false],
      ['n2', 16_100, true],
      ['n3', 15_000, false],
    ],
  )
  assert.equal(
    all?.table[1]?.parts.map((p) => [p.source, p.score]),
    [
      ['location-web', 16_000],
      ['web', 100],
    ],
  )
  assert.is(explain(view, 'web', 'n1')?.because.key, 'coordinator.threshold')
  assert.is(explain(view, 'web', 'n3')?.because.key, 'coordinator.explain-lower')
  assert.is(explain(view, 'nothing'), undefined)
  assert.is(explain(view, 'web', 'n9'), undefined)
})

t('a group is explained with the parts of all its members', () => {
  const config = ["resources: [{name: a, agent: 'kyha:a'}, {name: b, agent: 'kyha:b'}]", 'groups: [{name: g, members: [a, b]}]']
  const input = inputFor({ config: [...config, 'location: [{resource: b, node: n3, score: 50}]'], nodes: three })
  const view = viewOf(plan(input), '')
  assert.is(explain(view, 'a')?.table[2]?.score, 50)
  assert.is(explain(view, 'a', 'n1')?.because.key, 'coordinator.explain-lower')
})

t('every sentence of a plan is filled in, in both languages', () => {
  const input = inputFor({
    config: [...web, 'location: [{resource: web, levels: [n3]}]', 'nodes: {n1: {standby: true}}'],
    nodes: { ...three, n2: 'silent' },
    running: { web: 'n2' },
  })
  const p = plan(input)
  const verdicts = [
    ...p.placement.map((x) => x.because),
    ...p.ledger.map((c) => c.because),
    ...p.verdicts,
    ...p.actions.map((a) => a.because),
  ]
  assert.ok(verdicts.length > 4)
  for (const v of verdicts) for (const lang of ['en', 'zh'] as const) assert.not.match(render(lang, v.key, v.args), /[{}]/)
})

t('[C2] failures: the N-th reaches the threshold, hard bans here, fatal everywhere', () => {
  const doc = docOf(web, ['n1'])
  const [r] = doc.resources
  if (!r) throw new Error('no resource')
  const row = (failCount: number, cls: 'soft' | 'hard' | 'fatal', action = 'monitor') =>
    rowFor(resourceId('r'), { state: 'failed', failCount, lastFailure: { action, rc: 1, exitReason: '', agoMs: 0, class: cls } })
  assert.equal(judge(r, row(2, 'soft'), 'n1', doc.properties), {})
  assert.is(judge(r, row(3, 'soft'), 'n1', doc.properties).node?.key, 'coordinator.threshold')
  assert.is(judge(r, row(1, 'hard'), 'n1', doc.properties).node?.key, 'coordinator.failed-hard')
  assert.is(judge(r, row(1, 'fatal'), 'n1', doc.properties).everywhere?.key, 'coordinator.failed-fatal')
  assert.is(judge(r, row(1, 'soft', 'start'), 'n1', doc.properties).node?.key, 'coordinator.start-fatal')
  assert.equal(judge(r, row(1, 'soft', 'start'), 'n1', { ...doc.properties, startFailureIsFatal: false }), {})
  assert.equal(judge(r, { ...row(0, 'hard'), state: 'running' }, 'n1', doc.properties), {}, 'it works: what was ignored stays ignored')
})

t('on-fail: stop, block, standby, fence', () => {
  const of = (policy: string) => {
    const doc = docOf([`resources: [{name: web, agent: 'kyha:a', ops: {monitor: {interval: 5s, on-fail: ${policy}}}}]`], ['n1'])
    const row = rowFor(resourceId('r'), {
      state: 'failed',
      failCount: 1,
      lastFailure: { action: 'monitor', rc: 1, exitReason: '', agoMs: 0, class: 'soft' },
    })
    return doc.resources[0] ? Object.keys(judge(doc.resources[0], row, 'n1', doc.properties)) : []
  }
  assert.equal(
    [of('stop'), of('block'), of('standby'), of('fence'), of('restart')],
    [['everywhere'], ['block'], ['standby'], ['fence'], []],
  )
})

const service = (name: string): string => `{name: ${name}, agent: 'kyha:a'}`
const plus = (n: number, m: number) => {
  const services = Array.from({ length: n }, (_, i) => `n${i + 1}`)
  const standbys = Array.from({ length: m }, (_, i) => `s${i + 1}`)
  const config = [
    `resources: [${services.map((s) => service(`svc-${s}`)).join(', ')}]`,
    `location: [${services.map((s) => `{resource: svc-${s}, levels: [${[s, ...standbys].join(', ')}]}`).join(', ')}]`,
  ]
  const nodes = Object.fromEntries([...services, ...standbys].map((name) => [name, 'alive' as const]))
  const running = Object.fromEntries(services.map((s) => [`svc-${s}`, s]))
  return { input: inputFor({ config, nodes, running }), nodes: Object.keys(nodes) }
}

t('[A3] who takes over: every single and double loss of 3+2 and 5+3, in the order of the standbys', () => {
  for (const [n, m] of [
    [3, 2],
    [5, 3],
  ] as const) {
    const { input, nodes } = plus(n, m)
    const cells = matrix(input)
    const total = nodes.length
    assert.is(cells.length, total + (total * (total - 1)) / 2)
    for (const cell of cells) {
      const lost = new Set<string>(cell.lost)
      const heir = ['s1', 's2', 's3'].slice(0, m).find((s) => !lost.has(node(s)))
      const services = [...lost].filter((id) => id.startsWith('id-n'))
      assert.is(cell.moves.length, services.length)
      for (const move of cell.moves) assert.is(move.to, heir && node(heir))
    }
  }
})

t('[A3] nobody left: the cell says so with a reason', () => {
  const input = inputFor({
    config: [...web, 'properties: {symmetric-cluster: false}', 'location: [{resource: web, levels: [n1, n2]}]'],
    nodes: three,
    running: { web: 'n1' },
  })
  const cell = matrix(input).find((c) => c.lost.length === 2 && c.lost.includes(node('n1')) && c.lost.includes(node('n2')))
  assert.is(cell?.moves[0]?.to, undefined)
  assert.is(cell?.moves[0]?.because.key, 'coordinator.no-node')
})

t('random clusters: permuted inputs give the same bytes, no plan breaks a rule', () => {
  const names = ['n1', 'n2', 'n3', 'n4']
  const pick = fc.constantFrom(...names)
  const resources = ['a', 'b', 'c', 'd']
  const stand = fc.constantFrom('alive' as const, 'alive' as const, 'suspect' as const, 'silent' as const, 'leaving' as const)
  const score = fc.constantFrom('INFINITY', '-INFINITY', '0', '50', '-50')
  const colocation = fc.tuple(fc.constantFrom(...resources), fc.constantFrom(...resources), score).filter(([a, b]) => a < b)
  fc.assert(
    fc.property(
      fc.record({
        stands: fc.array(stand, { minLength: 3, maxLength: 3 }),
        running: fc.array(fc.option(pick), { minLength: 4, maxLength: 4 }),
        colocations: fc.uniqueArray(colocation, { maxLength: 3, selector: ([a, b]) => `${a}${b}` }),
        levels: fc.uniqueArray(pick, { maxLength: 4 }),
        group: fc.boolean(),
      }),
      (c) => {
        const config = [
          `resources: [${resources.map(service).join(', ')}]`,
          ...(c.group ? ['groups: [{name: g, members: [a, b]}]'] : []),
          ...(c.levels.length > 0 ? [`location: [{resource: c, levels: [${c.levels.join(', ')}]}]`] : []),
          ...(c.colocations.length > 0 && !c.group
            ? [`colocation: [${c.colocations.map(([a, b, s]) => `{resource: ${a}, with: ${b}, score: ${s}}`).join(', ')}]`]
            : []),
          `fencing: [{name: pdu, agent: fence_pdu, hosts: {${names.map((n) => `${n}: ${n}`).join(', ')}}}]`,
        ]
        const nodes = Object.fromEntries(names.map((name, i) => [name, i === 0 ? ('alive' as const) : (c.stands[i - 1] ?? 'alive')]))
        const running = Object.fromEntries(resources.flatMap((r, i) => (c.running[i] ? [[r, c.running[i] as string]] : [])))
        const input = inputFor({ config, nodes, running })
        const p = plan(input)
        const at = new Map(p.placement.map((x) => [x.name, x.node]))
        for (const [a, b, s] of c.group ? [] : c.colocations) {
          if (s === '-INFINITY' && at.get(a)) assert.is.not(at.get(a), at.get(b))
          if (s === 'INFINITY' && at.get(a)) assert.is(at.get(a), at.get(b))
        }
        // No start without its evidence: whatever holds the right stops or is fenced before.
        for (const a of p.actions) {
          const grant = input.state.grants[a.resource]
          if (a.action !== 'start' || !grant || grant.node === a.node) continue
          const owner = input.state.members.find((x) => x.node === grant.node)?.name
          assert.ok(
            a.after.some((id) => id === `fence:${owner}` || id === `stop:${a.name}@${owner}`),
            `${a.id} after ${a.after.join()}`,
          )
        }
        for (const g of p.grants) assert.is(input.state.grants[g.resource], undefined)
      },
    ),
    { numRuns: 300, seed: 7 },
  )
})

t.run()
