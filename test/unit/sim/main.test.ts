/** `npm run sim` as it is typed: what it refuses, what it prints, and that the number of processes changes nothing but the time. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf, sumOf } from '../../sim/ledger.js'

const t = suite('sim: command')
const main = fileURLToPath(new URL('../../sim/main.js', import.meta.url))
const sim = (line: string, env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [main, ...line.split(' ')], { encoding: 'utf8', env: { ...process.env, ...env } })

/** Loaded into every process: a world in which whatever is said violates an invariant. */
const broken = `import { World } from ${JSON.stringify(new URL('../../sim/world.js', import.meta.url).href)}
const { said } = World.prototype
World.prototype.said = function (...args) {
  this.violate('S0', 'told to')
  return said.apply(this, args)
}`

t('bad input is one sentence and exit code 64', () => {
  for (const [line, sentence] of [
    ['--seeds 6..1', /two whole numbers with two dots between them/],
    ['--nodes 1', /whole number from 2 to 32/],
    ['--hours none', /number of simulated hours above 0/],
    ['--mode disk --nodes 3', /mode disk has 2 nodes, not 3/],
    ['--mode two-node --nodes 3', /mode two-node has 2 nodes, not 3/],
    ['--seed 3 --hours 2', /--seed is one history/],
    ['--trace', /say which with --seed/],
    ['--frob', /unknown option '--frob'/],
    ['frob', /nothing is known by the name 'frob'/],
  ] as const) {
    const { status, stderr, stdout } = sim(line)
    assert.is(status, 64, line)
    assert.match(stderr, sentence)
    assert.is(stderr.trim().split('\n').length, 1, stderr)
    assert.is(stdout, '')
  }
})

t('the same seeds come to the same hours, events and violations in one process and in three', () => {
  const figures = [1, 3].map((jobs) => {
    const { seeds, hours, events, faults, violations, speedup, perCore, byBeat } = JSON.parse(
      sim(`--seeds 1..5 --rounds 1 --nodes 2 --jobs ${jobs} -o json`).stdout,
    )
    assert.ok(speedup > 0 && perCore > 0)
    return { seeds, hours, events, faults, violations, byBeat }
  })
  assert.equal(figures[1], figures[0])
  assert.is(figures[0]?.seeds, 5)
  assert.equal(figures[0]?.violations, [])
})

t('--hours goes on with further seeds until they are simulated, and the text says what came of it', () => {
  const { status, stdout } = sim('--hours 0.02 --jobs 2 --timing default')
  assert.is(status, 0, stdout)
  const [, seeds, hours] =
    stdout.match(
      /^(\d+) seeds, ([\d.]+) simulated hours, \d+ times real time \(\d+ a core\), \d+ events, \d+ faults \(\d+ an hour\), 0 violations$/m,
    ) ?? []
  assert.ok(Number(seeds) >= 1 && Number(hours) >= 0.02, stdout)
  assert.match(stdout, /^hours by heartbeat: 50 ms \(default timing\) [\d.]+$/m)
})

t('a violation is printed with its seed and what was done to it, is in the JSON, and makes the exit code 1', () => {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}` }
  const text = sim('--seeds 4..5 --jobs 2', env)
  assert.is(text.status, 1, text.stderr)
  for (const seed of [4, 5]) assert.match(text.stdout, new RegExp(`^seed ${seed}: S0 at \\d+ ms: told to$`, 'm'))
  assert.match(text.stdout, /, 2 violations$/m)
  const json = sim('--seeds 4..5 --jobs 2 -o json', env)
  assert.is(json.status, 1)
  const { violations } = JSON.parse(json.stdout)
  assert.equal(
    violations,
    ['4', '5'].map((seed) => ({ seed, invariant: 'S0', because: 'told to' })),
  )
  assert.is(sim('--seed 4', env).status, 1)
})

t('--seed shows one history; with --trace one line an event comes before it', () => {
  const plain = sim('--seed 3 --rounds 1')
  const traced = sim('--seed 3 --rounds 1 --trace')
  assert.ok(traced.stdout.endsWith(plain.stdout))
  assert.is(JSON.parse(plain.stdout).seed, '3')
  assert.match(traced.stdout, /^\d+\.\d\d n1 log <- /m)
})

t('the ledger is summed from its own lines only', () => {
  const text =
    '# x\n\n| date | commit | nodes | seeds | hours | default | faults | events | violations |\n|---|---|---|---|---|---|---|---|---|\n'
  const old = '| 2026-01-02 | abcdef1 | 3 | 1..50 | 12.5 | 6.2 | - | 999 | 1 |\n'
  const line = '| 2026-01-03 | abcdef2 | 3 | 51..60 | 2.5 | 1.2 | 77 | 99 | 0 |\n'
  assert.equal(linesOf(text + old + line), [
    { commit: 'abcdef1', lastSeed: 50, hours: 12.5, faults: 0, events: 999, violations: 1 },
    { commit: 'abcdef2', lastSeed: 60, hours: 2.5, faults: 77, events: 99, violations: 0 },
  ])
})

t('hours count since actors/ last changed; those are clean that came after the last violation', () => {
  const line = (commit: string, hours: number, violations: number) => ({ commit, lastSeed: 1, hours, faults: 10, events: 1, violations })
  const lines = [line('old', 100, 0), line('new', 20, 0), line('new', 4, 1), line('newer', 3, 0), line('new', 0.5, 0)]
  const actors: Readonly<Record<string, string>> = { old: 'a', new: 'b', newer: 'b', HEAD: 'b' }
  const { runs, hours, hoursSinceChange, faultsSinceChange, violationsSinceChange, hoursClean } = sumOf(lines, (c) => actors[c])
  assert.equal([runs, hours, hoursSinceChange, faultsSinceChange, violationsSinceChange, hoursClean], [5, 127.5, 27.5, 40, 1, 3.5])
  assert.is(sumOf(lines, () => undefined).hoursSinceChange, 0)
})

t.run()
