/** What a run was given to be hidden is in nothing that the guard keeps or says of it: results, records, the list of a later life; whatever ends the run. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentOp, AgentResult } from '../../runtime/actor.js'
import { encode, type Field, Tag, Verb } from '../../runtime/guard/protocol.js'
import { token } from '../../runtime/ids.js'
import { when } from '../needs.js'
import { op, until } from './guard.cases.js'
import { cannot, RealGuard } from './guard.harness.js'

const t = suite('guard: hides what it is told to')
const check = when(t, await cannot({}))
const canary = 'canary-7x'
let guard: RealGuard
t.before(async () => {
  guard = new RealGuard({ cgroup: 'subreaper' })
  await guard.open()
})
t.after(() => guard.close())

/** Every byte of the run and state directories. */
function kept(dir = guard.dir): string {
  return readdirSync(dir, { withFileTypes: true })
    .filter((e) => e.isDirectory() || e.isFile())
    .filter((e) => e.name !== 'agents')
    .map((e) => (e.isDirectory() ? kept(join(dir, e.name)) : readFileSync(join(dir, e.name), 'latin1')))
    .join('\n')
}
/** A shell script as an agent, run with these values hidden; not acknowledged. */
async function run(body: string, hide: readonly string[], more: Partial<AgentOp> = {}): Promise<AgentResult> {
  guard.script(join(guard.dir, 'agents', 'ok'), body)
  const one = op(guard, `r${++n}`, 'monitor', 'ok', more)
  guard.manager().guard.run(one, token(1), hide)
  return guard.manager().result(one.id)
}
let n = 0

check('an environment that is printed, with success or failure, and what stays on record of it', async () => {
  const env = { OCF_RESKEY_password: canary, OCF_RESKEY_other: 'kept as it is' }
  const said = await run('env; env >&2; exit 3', [canary], { env })
  assert.equal([said.rc, said.stdout.includes(canary), said.stderr.includes(canary)], [3, false, false])
  for (const out of [said.stdout, said.stderr]) assert.match(out, /^OCF_RESKEY_other=kept as it is\n/m)
  assert.match(said.stderr, /^OCF_RESKEY_password=\*{4}\n/m, 'the agent itself had it')
  assert.match(kept(), /OCF_RESKEY_password=\*{4}/)
  assert.not.match(kept(), new RegExp(canary))
  const echoed = await run('cat', [canary], { stdin: `passwd=${canary}\n`, kind: 'fence' })
  assert.is(echoed.stdout, 'passwd=****\n')
})

check('a run that is killed at its limit', async () => {
  const said = await run(`echo "password: ${canary}" >&2; sleep 600 & wait`, [canary], { timeoutMs: 300 })
  assert.equal([said.end, said.stderr], ['timeout', 'password: ****\n'])
})

check('several values, the longest first; one in another; side by side', async () => {
  const said = await run('printf "%s" "alphabeta alpha beta alphabetabeta."', ['alpha', 'alphabeta', 'beta'])
  assert.is(said.stdout, '**** **** **** ********.')
})

check('more than is kept, so that what is cut off may end within a value', async () => {
  const said = await run(`i=0; while [ $i -lt 6000 ]; do printf "%s" "${canary}${canary}x$i"; i=$((i+1)); done >&2`, [canary])
  assert.ok(said.stderr.length > 4000 && said.stderr.endsWith('****x5999'), said.stderr.slice(-40))
  assert.match(said.stderr, /^[*x0-9]+$/)
})

check('a later life of kyhad is told no more', async () => {
  const one = await run(`echo ${canary} >&2; exit 1`, [canary])
  const next = await guard.crashManager()
  const held = (await next.list()).resources.flatMap((r) => r.finished).find((r) => r.id === one.id)
  assert.is((held as AgentResult).stderr, '****\n')
  assert.not.match(JSON.stringify(await next.list()), new RegExp(canary))
})

check('values that are too short, too long or too many are no message: nothing runs', async () => {
  const fields = (hide: readonly string[]): Field[] => [
    [Tag.id, `x${++n}`],
    [Tag.resource, 'never'],
    [Tag.action, 'monitor'],
    [Tag.argv, guard.agent('rc7')],
    [Tag.limitMs, 1000],
    ...hide.map((value): Field => [Tag.hide, value]),
  ]
  for (const hide of [['abc'], ['x'.repeat(4097)], Array.from({ length: 33 }, (_, i) => `value ${i}`)]) {
    const lives = guard.lives.length
    guard.manager().call('leave', 'restart') // an end that does not count
    guard.manager().call('raw', encode(Verb.run, fields(hide)))
    await guard.life(lives + 1)
  }
  assert.is(guard.started('never'), 0)
  await until('it says why', () => /a run message does not fit its format/.test(guard.said))
})

t.run()
