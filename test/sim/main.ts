/**
 * `npm run sim -- --seeds A..B [--nodes N] [-o json]` runs the scenario over many seeds; `--seed S --trace` replays one with one line per
 * event; `--hash` prints `seed hash events` of each; `--failover` prints how long a failover takes in virtual time; `--marks` fails when a rare branch
 * was never reached; `--mutants [WORD ...] [--budget SEEDS] [--seconds S] [--jobs N]` switches off one safety rule after the other. Exit 1 when an invariant
 * was violated; the seed says how to see it again.
 */
import { failover, median } from './figures.js'
import { addMarks, markLines, missed } from './marks.js'
import { printMutants } from './mutants/main.js'
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
} else if (args.includes('--hash')) {
  for (const seed of range()) {
    const { hash, events } = runSeed(String(seed), nodes)
    process.stdout.write(`${seed} ${hash} ${events}\n`)
  }
} else if (args.includes('--mutants')) {
  const words = args.slice(args.indexOf('--mutants') + 1)
  const end = words.findIndex((w) => w.startsWith('-'))
  const budget = {
    seeds: Number(option('--budget') ?? 300),
    seconds: Number(option('--seconds') ?? 120),
    jobs: Number(option('--jobs') ?? 2),
  }
  const caught = await printMutants(end < 0 ? words : words.slice(0, end), budget, args.includes('json'))
  process.exitCode = caught ? 0 : 1
} else if (args.includes('--failover')) {
  const all = range().flatMap((seed) => failover(`failover ${seed}`, nodes) ?? [])
  const ms = { seeds: all.length, nodes, orderMs: median(all.map((f) => f.orderMs)), activeMs: median(all.map((f) => f.activeMs)) }
  process.stdout.write(`${JSON.stringify(ms)}\n`)
} else {
  const began = process.cpuUsage()
  const violations: { seed: string; invariant: string; because: string }[] = []
  let hours = 0
  let events = 0
  const marks: Record<string, number> = {}
  for (const seed of range()) {
    const run = runSeed(String(seed), nodes)
    hours += run.hours
    events += run.events
    addMarks(marks, run.marks)
    const [first] = run.violations
    if (first) {
      violations.push({ seed: run.seed, invariant: first.invariant, because: first.because })
      if (!args.includes('json'))
        process.stdout.write(`seed ${seed}: ${first.invariant} at ${first.atMs} ms: ${first.because}\n  ${run.faults.join('\n  ')}\n`)
    }
  }
  const { user, system } = process.cpuUsage(began)
  const speedup = Math.round(hours / ((user + system) / 3.6e9))
  const result = { seeds: range().length, hours: Math.round(hours * 100) / 100, speedup, events, violations, marks }
  process.stdout.write(
    args.includes('json')
      ? `${JSON.stringify(result)}\n`
      : `${result.seeds} seeds, ${result.hours} simulated hours, ${result.speedup} simulated hours an hour of CPU, ${events} events, ${violations.length} violations\n`,
  )
  if (!args.includes('json')) process.stdout.write(`${markLines(marks).join('\n')}\n`)
  const never = args.includes('--marks') ? missed(marks) : []
  if (never.length > 0) process.stderr.write(`never reached: ${never.join('; ')}\n`)
  process.exitCode = violations.length > 0 || never.length > 0 ? 1 : 0
}

function range(): readonly number[] {
  const [from, to] = (option('--seeds') ?? '1..50').split('..').map(Number) as [number, number]
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}
