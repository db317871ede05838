/**
 * `npm run sim -- --seeds A..B [--nodes N] [-o json]` runs the scenario over many seeds; `--seed S --trace` replays one with one line per
 * event. Exit 1 when an invariant was violated; the seed says how to see it again.
 */
import { runSeed } from './scenario.js'

const args = process.argv.slice(2)
const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
const nodes = Number(option('--nodes') ?? 3)
const one = option('--seed')

if (one !== undefined) {
  const trace = args.includes('--trace') ? (line: string): void => void process.stdout.write(`${line}\n`) : undefined
  const run = runSeed(one, nodes, trace)
  process.stdout.write(`${JSON.stringify({ ...run, violations: run.violations.slice(0, 5) }, null, 1)}\n`)
  process.exitCode = run.violations.length > 0 ? 1 : 0
} else {
  const [from, to] = (option('--seeds') ?? '1..50').split('..').map(Number) as [number, number]
  const began = process.hrtime.bigint()
  const violations: { seed: string; invariant: string; because: string }[] = []
  let hours = 0
  let events = 0
  for (let seed = from; seed <= to; seed++) {
    const run = runSeed(String(seed), nodes)
    hours += run.hours
    events += run.events
    const [first] = run.violations
    if (first) {
      violations.push({ seed: run.seed, invariant: first.invariant, because: first.because })
      if (!args.includes('json'))
        process.stdout.write(`seed ${seed}: ${first.invariant} at ${first.atMs} ms: ${first.because}\n  ${run.faults.join('\n  ')}\n`)
    }
  }
  const wallHours = Number(process.hrtime.bigint() - began) / 3.6e12
  const result = { seeds: to - from + 1, hours: Math.round(hours * 100) / 100, speedup: Math.round(hours / wallHours), events, violations }
  process.stdout.write(
    args.includes('json')
      ? `${JSON.stringify(result)}\n`
      : `${result.seeds} seeds, ${result.hours} simulated hours, ${result.speedup} x real time, ${events} events, ${violations.length} violations\n`,
  )
  process.exitCode = violations.length > 0 ? 1 : 0
}
