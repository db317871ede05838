/** The matrix of losses is worked out in the pool: what the coordinator hands over, and to whom it passes the answer. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { actor } from '../../../actors/coordinator/actor.js'
import { job } from '../../../actors/coordinator/job.js'
import type { Matrix } from '../../../actors/coordinator/messages.js'
import { plan } from '../../../actors/coordinator/plan.js'
import { redefined, supposed } from '../../../actors/coordinator/whatif.js'
import type { Effect, Env } from '../../../runtime/actor.js'
import { packJob, unpackJob } from '../../../runtime/host/job.js'
import { seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { verdict } from '../../../runtime/verdict.js'
import { Lab } from './harness.js'
import { inputFor, type Spec } from './world.js'

const t = suite('coordinator: what-if')
const env = (path: string): Env => ({
  now: instant(5000),
  random: seeded('x'),
  self: { path: 'coordinator' },
  from: { path },
})
const lab = new Lab(['n1', 'n2', 'n3'], ["resources: [{name: web, agent: 'kyha:a'}, {name: db, agent: 'kyha:b'}]"])
lab.lead('n1')
lab.run(3000)
const state = lab.hosts.get('n2')?.states.get('coordinator')
const only = <K extends Effect['do']>(effects: readonly Effect[], kind: K): Extract<Effect, { do: K }> => {
  const found = effects.filter((e): e is Extract<Effect, { do: K }> => e.do === kind)
  assert.is(found.length, 1)
  return found[0] as Extract<Effect, { do: K }>
}

t('[A3] asked for the matrix, any node’s coordinator hands the work to the pool and the answer to who asked', () => {
  const asked = actor.receive(state, { type: 'matrix-please', id: 'm 1' }, env('console'))
  const work = only(asked.effects, 'job')
  assert.is(work.kind, 'plan')
  const value = unpackJob(packJob(job(unpackJob(packJob(work.args)))))
  const answered = actor.receive(asked.state, { type: 'job-result', id: work.id, ok: true, value }, env(''))
  const { to, msg } = answered.effects.find((e) => e.do === 'send' && e.msg.type === 'matrix') as Extract<Effect, { do: 'send' }>
  assert.equal([to.path, (msg as Matrix).id], ['console', 'm 1'])
  const cells = (msg as Matrix).cells ?? []
  assert.is(cells.length, 6)
  const web = lab.state.ids['web']
  const moves = cells.filter((c) => c.lost.length === 1).flatMap((c) => c.moves.filter((m) => m.resource === web))
  assert.is(moves.length, 1, 'the loss of one of three nodes moves it')
})

t('a job that failed is passed on with its reason', () => {
  const refused = { refused: 'late', because: verdict('refuse', 'runtime.job-late', { kind: 'plan', limitMs: 10_000 }, 'warning') }
  const told = actor.receive(state, { type: 'job-result', id: 'console m2', ok: false, value: refused }, env(''))
  const { msg } = told.effects.find((e) => e.do === 'send' && e.msg.type === 'matrix') as Extract<Effect, { do: 'send' }>
  assert.equal(msg, { type: 'matrix', id: 'm2', refused })
})

const spec = {
  config: [
    "resources: [{name: vip, agent: 'kyha:a'}, {name: web, agent: 'kyha:b', params: {port: 1}}, {name: job, agent: 'kyha:c'}]",
    'groups: [{name: shop, members: [vip, web]}]',
  ],
  nodes: { n1: 'alive', n2: 'alive', n3: 'alive' },
  running: { vip: 'n2', web: 'n2', job: 'n3' },
} as const
/** The plan that a preview shows, where `spec` runs and `config` is to stand. */
function preview(config: readonly string[], rows: Spec['rows'] = {}, reloads: readonly string[] = []): readonly string[] {
  const now = inputFor({ ...spec, rows })
  const input = { ...now, state: { ...now.state, config: inputFor({ ...spec, config }).state.config } }
  return plan(supposed(redefined(input, now.state.config, reloads))).actions.map((a) => `${a.id} ${a.because.key}`)
}
const change = (from: string, to: string): readonly string[] => [spec.config[0].replace(from, to), spec.config[1]]

t('a preview says that other parameters or another agent restart what runs, with what runs on top of it, where it runs', () => {
  assert.equal(preview(spec.config), [])
  assert.equal(preview(change('port: 1', 'port: 2')), ['stop:web@n2 coordinator.stop-redefined', 'start:web@n2 coordinator.start'])
  assert.equal(preview(change('kyha:c', 'kyha:d')), ['stop:job@n3 coordinator.stop-redefined', 'start:job@n3 coordinator.start'])
  assert.equal(preview(change('kyha:a', 'kyha:x')), [
    'stop:vip@n2 coordinator.stop-redefined',
    'start:vip@n2 coordinator.start',
    'stop:web@n2 coordinator.stop-first',
    'start:web@n2 coordinator.start-first',
  ])
})

t('what takes its new parameters over while it runs is not restarted, and nothing on top of it', () => {
  assert.equal(preview(change('port: 1', 'port: 2'), {}, ['web']), [])
  assert.equal(preview(change('port: 1', 'port: 2'), {}, ['vip']), [
    'stop:web@n2 coordinator.stop-redefined',
    'start:web@n2 coordinator.start',
  ])
})

t('what nobody may touch is not restarted; what was changed meanwhile is, as soon as it is managed again', () => {
  assert.equal(preview([...change('port: 1}', 'port: 2}, meta: {is-managed: false}')]), [])
  assert.equal(preview([...change('port: 1', 'port: 2'), 'nodes: {n2: {maintenance: true}}']), [])
  const old = { 'web@n2': { outdated: 7 } }
  assert.equal(preview(spec.config, old), ['stop:web@n2 coordinator.stop-redefined', 'start:web@n2 coordinator.start'])
})

t.run()
