/**
 * The scheduler scenarios of test/plans/*.json: a cluster in, where everything belongs and what is done in which order out. `--rewrite`
 * writes what the engine answers now; a rewrite is committed, after `npm run format`, only
 * with the reason why the new answer is right. Each scenario is also
 * planned again with every map and list shuffled: the answer must be the same to the byte (S22).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { PlanInput } from '../../../actors/coordinator/model.js'
import { type Plan, plan } from '../../../actors/coordinator/plan.js'
import { root } from '../../../runtime/paths.js'
import { seeded } from '../../../runtime/random.js'
import { inputFor, type Spec, shuffled } from './world.js'

const t = suite('coordinator: plans')

interface Expect {
  readonly at: Readonly<Record<string, string>>
  readonly actions: readonly string[]
  readonly fences?: readonly string[]
  readonly grants?: readonly string[]
  readonly releases?: readonly string[]
  readonly decide?: boolean
  readonly says?: readonly string[]
}
type Scenario = Spec & { readonly name: string; readonly expect?: Expect }

/** What a reader needs of a plan, in names. */
function summary(input: PlanInput, p: Plan): Expect {
  const node = (id: string): string => input.state.members.find((m) => m.node === id)?.name ?? id
  const res = (id: string): string => p.placement.find((x) => x.resource === id)?.name ?? id
  return {
    at: Object.fromEntries(
      p.placement.map((x) => [x.name, x.node === undefined ? `- ${x.because.key}` : `${node(x.node)} ${x.because.key}`]),
    ),
    actions: p.actions.map((a) => `${a.id}${a.busy ? ' (busy)' : ''}${a.after.length > 0 ? ` after ${a.after.join(', ')}` : ''}`),
    ...(p.fences.length > 0 && { fences: p.fences.map((f) => `${f.name}: ${f.because.key}`) }),
    ...(p.grants.length > 0 && { grants: p.grants.map((g) => `${res(g.resource)}@${node(g.node)}`) }),
    ...(p.releases.length > 0 && { releases: p.releases.map((r) => `${res(r.resource)}@${node(r.node)} ${r.how}`) }),
    ...(p.decide && { decide: true }),
    ...(p.verdicts.length > 0 && { says: p.verdicts.map((v) => v.key) }),
  }
}

const dir = join(root, 'test', 'plans')
const rewrite = process.argv.includes('--rewrite')
for (const file of readdirSync(dir)
  .filter((f) => f.endsWith('.json'))
  .sort()) {
  const scenarios = JSON.parse(readFileSync(join(dir, file), 'utf8')) as Scenario[]
  const answers = scenarios.map((s): Scenario => {
    const input = inputFor(s)
    const { expect: _, ...spec } = s
    return { ...spec, expect: summary(input, plan(input)) }
  })
  if (rewrite) writeFileSync(join(dir, file), `${JSON.stringify(answers, null, 1)}\n`)
  scenarios.forEach((s, i) => {
    t(`${file.replace('.json', '')}: ${s.name}`, () => {
      assert.equal(answers[i]?.expect, rewrite ? answers[i]?.expect : s.expect)
      const input = inputFor(s)
      const bytes = JSON.stringify(plan(input))
      const random = seeded(s.name)
      for (let n = 0; n < 8; n++) assert.is(JSON.stringify(plan(shuffled(input, (below) => random.int(below)))), bytes)
    })
  })
}

t.run()
