/** Parameters that change while a resource runs: taken over by reload-agent where its agent can, else it is restarted; and what a later life knows of it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentOp } from '../../../runtime/actor.js'
import type { ResourceDoc } from '../../../runtime/config/document.js'
import { type Answer, Bench, configOf, doc, meta } from './bench.js'

const t = suite('resource reload')
const because = { do: 'config', key: 'resource.started', args: {}, severity: 'info' } as const
type Params = Readonly<Record<string, string>>

/** An agent that takes `level` and `size` over, as long as `more` says nothing else. */
const agent =
  (more: (o: AgentOp) => Answer | undefined = () => undefined) =>
  (o: AgentOp): Answer | undefined =>
    more(o) ?? (o.action === 'meta-data' ? { reloadable: ['level', 'size'] } : undefined)
const reloads = (b: Bench, answer: Answer): void => {
  b.answers = agent((o) => (o.action === 'reload-agent' ? answer : undefined))
}
function configure(b: Bench, params: Params, more: Partial<ResourceDoc> = {}): void {
  b.commit({ type: 'config', doc: configOf([doc('a', { params, ...more })]), by: 'test', because })
}
/** It runs with these parameters. */
function runsWith(params: Params, more: Partial<ResourceDoc> = {}): Bench {
  const b = new Bench(configOf([doc('a', { params, ...more })])).boot()
  b.answers = agent()
  b.up('a')
  b.runs.length = 0
  return b
}
const given = (o: AgentOp): string =>
  Object.entries(o.env)
    .flatMap(([key, value]) => (/^OCF_RESKEY_[a-z]+$/.test(key) ? [`${key.slice(11)}=${value}`] : []))
    .join(' ')
const ran = (b: Bench): string[] => b.runs.map((o) => `${o.action} ${given(o)}`)
const restarted = (b: Bench): string[] => {
  b.order('a', 'stop')
  b.run(100)
  b.up('a')
  return ran(b).filter((r) => !r.startsWith('monitor') && !r.startsWith('meta-data'))
}
const told = (b: Bench, key: string) => b.said.findLast((v) => v.key === key)?.args
const right = (b: Bench): void => assert.equal(b.wrongs, [])

t('a changed, an added and a removed parameter that the agent can take over: one reload under the same token, no restart', () => {
  const b = runsWith({ ip: '192.0.2.1', level: 'hush-hush', size: '5' })
  const raised = b.raised.length
  const tok = b.row('a')?.token
  configure(b, { ip: '192.0.2.1', level: 'confidential' })
  b.run(100)
  assert.equal(ran(b), ['meta-data ip=192.0.2.1 level=hush-hush size=5', 'reload-agent ip=192.0.2.1 level=confidential'])
  assert.equal(b.raised.slice(raised), [tok])
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.token, tok)
  assert.is(b.row('a')?.outdated, undefined)
  assert.equal(told(b, 'resource.reloaded'), { resource: 'a', params: 'level, size', ms: 5 })
  assert.not.match(JSON.stringify(b.said), /hush-hush|confidential/, 'values may be secrets')
  right(b)
})

t('monitors after a reload, and the stop, use the new parameters', () => {
  const b = runsWith({ level: '1' })
  configure(b, { level: '2' })
  b.run(100)
  b.runs.length = 0
  b.run(15_000)
  assert.ok(b.runs.length > 0)
  b.order('a', 'stop')
  b.run(100)
  assert.ok(
    ran(b).every((r) => r.endsWith('level=2')),
    ran(b).join(', '),
  )
})

t('a parameter that needs a restart beside one that does not: restarted, never reloaded', () => {
  const b = runsWith({ ip: '192.0.2.1', level: '1' })
  configure(b, { ip: '192.0.2.2', level: '2' })
  b.run(100)
  assert.is(b.row('a')?.state, 'failed')
  assert.is(b.row('a')?.failCount, 0)
  assert.equal(restarted(b), ['stop ip=192.0.2.1 level=1', 'start ip=192.0.2.2 level=2'])
})

for (const [how, answer] of [
  ['has no such action', { reloadable: [] }],
  ['fails', { rc: 1 }],
  ['hangs', { end: 'timeout', ms: 1_000 }],
  ['is not there', { end: 'spawn-failed' }],
] as const satisfies readonly (readonly [string, Answer])[])
  t(`an agent that ${how} when it is asked what it can take over: restarted`, () => {
    const b = runsWith({ level: '1' })
    b.answers = (o) => (o.action === 'meta-data' ? answer : undefined)
    configure(b, { level: '2' })
    b.run(1_500)
    assert.is(b.row('a')?.state, 'failed')
    assert.is(b.row('a')?.failCount, 0)
    assert.equal(restarted(b), ['stop level=1', 'start level=2'])
  })

for (const [how, answer, rc] of [
  ['fails', { rc: 1, stderr: 'ocf-exit-reason:bad level' }, 1],
  ['times out', { end: 'timeout', ms: 1_000 }, 124],
  ['is refused, since its token is too old', { end: 'refused', detail: 'token 3 is below 4' }, 4],
] as const satisfies readonly (readonly [string, Answer, number])[])
  t(`a reload that ${how}: the sentence says so, and it is restarted with what it had`, () => {
    const b = runsWith({ level: '1' })
    reloads(b, answer)
    configure(b, { level: '2' })
    b.run(1_500)
    assert.is(b.row('a')?.state, 'failed')
    assert.is(b.row('a')?.failCount, 0, 'no failure of the resource')
    const { params, rc: code } = told(b, 'resource.reload-failed') ?? {}
    assert.equal([params, code], ['level', rc])
    assert.is(told(b, 'resource.reloaded'), undefined)
    assert.equal(restarted(b), ['reload-agent level=2', 'stop level=1', 'start level=2'])
    right(b)
  })

t('a guard that has its hands full is asked again', () => {
  const b = runsWith({ level: '1' })
  let busy = 3
  b.answers = agent((o) => (o.action === 'reload-agent' && busy-- > 0 ? { end: 'refused', detail: 'busy: 64 operations' } : undefined))
  configure(b, { level: '2' })
  b.run(3_000)
  assert.is(b.row('a')?.state, 'running')
  assert.is(told(b, 'resource.reloaded')?.['params'], 'level')
  assert.not(ran(b).some((r) => r.startsWith('monitor')))
})

t('the configuration changes again during the reload: reloaded once more, with the newest', () => {
  const b = runsWith({ level: '1' })
  reloads(b, { ms: 500 })
  configure(b, { level: '2' })
  b.run(100)
  configure(b, { level: '3' })
  b.run(2_000)
  assert.equal(
    ran(b).filter((r) => r.startsWith('reload')),
    ['reload-agent level=2', 'reload-agent level=3'],
  )
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.row('a')?.outdated, undefined)
  right(b)
})

t('the configuration goes back to what it was during the reload: what was half taken over is reloaded again', () => {
  const b = runsWith({ level: '1' })
  reloads(b, { ms: 500 })
  configure(b, { level: '2' })
  b.run(100)
  configure(b, { level: '1' })
  b.run(2_000)
  assert.equal(
    ran(b).filter((r) => r.startsWith('reload')),
    ['reload-agent level=2', 'reload-agent level=1'],
  )
  assert.is(b.row('a')?.outdated, undefined)
})

t('a change that needs a restart comes during the reload: it is restarted after it', () => {
  const b = runsWith({ ip: '192.0.2.1', level: '1' })
  reloads(b, { ms: 500 })
  configure(b, { ip: '192.0.2.1', level: '2' })
  b.run(100)
  configure(b, { ip: '192.0.2.2', level: '2' })
  b.run(2_000)
  assert.is(b.row('a')?.state, 'failed')
  assert.equal(restarted(b).slice(1), ['stop ip=192.0.2.1 level=2', 'start ip=192.0.2.2 level=2'])
})

t('quorum is lost during the reload: it is ended, and the resource stopped', () => {
  const b = runsWith({ level: '1' })
  reloads(b, { ms: 5_000 })
  configure(b, { level: '2' })
  b.run(100)
  const reload = b.runs.at(-1)
  b.quorum(false)
  b.run(1_000)
  assert.equal(b.killed, [reload?.id])
  assert.equal(
    ran(b)
      .slice(1)
      .map((r) => r.split(' ')[0]),
    ['reload-agent', 'stop'],
  )
  assert.is(b.row('a')?.state, 'stopped')
  assert.is(told(b, 'resource.reload-failed'), undefined, 'it did not fail')
  right(b)
})

t('a stop that is ordered meanwhile does not wait for the question, and comes after the reload', () => {
  const b = runsWith({ level: '1' })
  b.answers = (o) => (o.action === 'meta-data' ? { ms: 10_000, reloadable: ['level'] } : undefined)
  configure(b, { level: '2' })
  b.run(100)
  b.order('a', 'stop')
  b.run(500)
  assert.equal(ran(b), ['meta-data level=1', 'stop level=1'])
  const c = runsWith({ level: '1' })
  reloads(c, { ms: 1_000 })
  configure(c, { level: '2' })
  c.run(100)
  c.order('a', 'stop')
  c.run(1_500)
  assert.equal(ran(c), ['meta-data level=1', 'reload-agent level=2', 'stop level=2'])
  assert.is(c.row('a')?.state, 'stopped')
})

t('nothing is reloaded in maintenance or unmanaged; it is as soon as that ends', () => {
  for (const held of [{ maintenance: true }, { managed: false }]) {
    const b = runsWith({ level: '1' })
    configure(b, { level: '2' }, { meta: { ...meta, ...held } })
    b.run(30_000)
    assert.not(
      ran(b).some((r) => !r.startsWith('monitor level=1')),
      ran(b).join(', '),
    )
    assert.is(b.row('a')?.state, 'running')
    configure(b, { level: '2' })
    b.run(100)
    assert.ok(ran(b).includes('reload-agent level=2'))
    assert.is(b.row('a')?.state, 'running')
  }
})

t('kyhad that begins anew in maintenance leaves what is outdated as it is, whatever would have to be done', () => {
  for (const more of [{}, { agent: 'kyha:Stateful' }]) {
    const b = runsWith({ level: '1' })
    b.restart()
    configure(b, { level: '2' }, { ...more, meta: { ...meta, maintenance: true } })
    b.boot()
    b.run(20_000)
    assert.equal(ran(b), ['monitor level=1'])
    assert.is(b.row('a')?.state, 'running')
  }
})

t('another agent, and what runs here without a right, are not asked: restarted', () => {
  const b = runsWith({ level: '1' })
  configure(b, { level: '2' }, { agent: 'kyha:Stateful' })
  b.run(100)
  assert.is(b.row('a')?.state, 'failed')
  assert.equal(ran(b), [])
  const found = new Bench(configOf([doc('a', { params: { level: '1' } })]))
  found.answers = agent()
  found.active.add(found.id('a'))
  found.boot()
  assert.is(found.row('a')?.token, 0)
  configure(found, { level: '2' })
  found.run(100)
  assert.is(found.row('a')?.state, 'failed')
  assert.equal(ran(found), ['monitor level=1'])
})

t('another interval or time limit of a monitor restarts and reloads nothing; it holds at once', () => {
  const b = runsWith({ level: '1' })
  const { ops } = doc('a')
  configure(b, { level: '1' }, { ops: { ...ops, monitors: ops.monitors.map((m) => ({ ...m, intervalMs: 2_000, timeoutMs: 7_000 })) } })
  b.run(20_000)
  assert.ok(b.runs.length >= 8, `${b.runs.length}`)
  assert.equal([...new Set(b.runs.map((o) => `${o.action} ${o.timeoutMs}`))], ['monitor 7000'])
  assert.is(b.row('a')?.state, 'running')
})

t('kyhad dies between the change and the reload: the next life knows what really runs, and reloads it', () => {
  const b = runsWith({ level: '1' })
  b.restart()
  configure(b, { level: '2' })
  b.boot()
  b.run(500)
  assert.equal(ran(b), ['monitor level=1', 'meta-data level=1', 'reload-agent level=2'])
  assert.is(b.row('a')?.state, 'running')
  assert.equal(told(b, 'resource.reloaded')?.['params'], 'level')
})

t('kyhad dies between the change and the restart: the next life stops what really runs', () => {
  const b = runsWith({ ip: '192.0.2.1' })
  b.restart()
  configure(b, { ip: '192.0.2.2' })
  b.boot()
  b.run(500)
  assert.is(b.row('a')?.state, 'failed')
  assert.equal(restarted(b), ['stop ip=192.0.2.1', 'start ip=192.0.2.2'])
})

t('kyhad dies during a reload: whatever became of it, it is reloaded again, also back to what it was', () => {
  for (const [to, ended] of [
    ['2', 5],
    ['1', 5],
    ['1', 5_000],
  ] as const) {
    const b = runsWith({ level: '1' })
    reloads(b, { ms: ended })
    configure(b, { level: '2' })
    b.run(6)
    assert.is(ran(b).at(-1), 'reload-agent level=2')
    b.restart()
    if (to !== '2') configure(b, { level: to })
    b.boot()
    b.run(6_000)
    reloads(b, {})
    b.run(6_000)
    assert.is(
      ran(b)
        .filter((r) => r.startsWith('reload'))
        .at(-1),
      `reload-agent level=${to}`,
    )
    assert.is(b.row('a')?.state, 'running')
    assert.is(b.row('a')?.outdated, undefined)
    assert.is(ran(b).filter((r) => r.startsWith('reload')).length, 2)
  }
})

t('kyhad dies after a reload that failed: the next life does not take it for done', () => {
  const b = runsWith({ level: '1' })
  reloads(b, { rc: 1 })
  configure(b, { level: '2' })
  b.run(100)
  b.restart().boot()
  b.run(500)
  assert.is(ran(b).filter((r) => r.startsWith('reload')).length, 2)
  assert.is(b.row('a')?.state, 'failed')
})

t('what was stopped is noted no longer: what is found running then is taken for what the configuration says', () => {
  const b = runsWith({ level: '1' })
  b.order('a', 'stop')
  b.run(100)
  assert.is(b.notes.get(b.id('a')), '')
})

t('parameters that are too much for a note are not noted, and nothing wrong is', () => {
  const b = runsWith({ level: '1' })
  configure(b, { level: 'x'.repeat(9_000) })
  b.run(100)
  assert.is(b.row('a')?.state, 'running')
  assert.is(b.notes.get(b.id('a')), '')
})

t.run()
