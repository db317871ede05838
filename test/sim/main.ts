/**
 * `npm run sim -- --seeds A..B [--nodes N] [--hours H] [--jobs N] [-o json]` runs the scenario over many seeds; `--seed S --trace` replays one with one
 * line per event; `--help` says the rest. Exit 1 when an invariant was violated: its seed says how to see it again.
 */
import { TIMING } from '../../runtime/config/timing.js'
import { crashPoints } from './crashpoints.js'
import { Covered, pairOf, pairs } from './faults/pairs.js'
import { failover, median } from './figures.js'
import { nextSeed, notClean, sumUp, writeLine } from './ledger.js'
import { markLines, missed } from './marks.js'
import { flagsOf } from './mode.js'
import { printMutants } from './mutants/main.js'
import { type Options, readOptions, type Seeds, seedsDefault, usageExit } from './options.js'
import { pairsResult, seedsResult } from './results.js'
import { runSeed } from './scenario.js'
import { shrink } from './shrink.js'
import { type Swarm, swarm } from './swarm.js'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const numbers = ({ from, to }: Seeds): readonly number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)
const seedsOf = (o: Options): Seeds => {
  if (o.seeds) return o.seeds
  if (o.pairs) return { from: 1, to: pairs(o.nodes, o.mode).length }
  if (o.hours === undefined) return seedsDefault
  const from = o.ledger ? nextSeed() : 1
  return { from, to: from - 1 }
}
/** Violations of a run that are made short. */
const shortestMax = 3
/** The pair of faults that comes first in a history of `--pairs`. */
const forcedBy = (o: Options, seed: string) => (o.pairs ? { forced: pairOf(Number(seed), o.nodes, o.mode) } : {})
const how = (o: Options) => ({
  timing: o.timing,
  mode: o.mode,
  dense: o.dense ?? false,
  ...(o.rounds === undefined ? {} : { rounds: o.rounds }),
})

function one(o: Options, seed: string): number {
  const run = runSeed(seed, o.nodes, { ...how(o), ...forcedBy(o, seed), only: o.only, ...(o.trace ? { trace: print } : {}) })
  print(JSON.stringify({ ...run, violations: run.violations.slice(0, 5) }, null, 1))
  return run.violations.length > 0 ? 1 : 0
}

function hashes(o: Options): number {
  for (const seed of numbers(seedsOf(o))) {
    const { hash, events } = runSeed(String(seed), o.nodes, how(o))
    print(`${seed} ${hash} ${events}`)
  }
  return 0
}

function failovers(o: Options): number {
  const all = numbers(seedsOf(o)).flatMap((seed) => failover(`failover ${seed}`, o.nodes) ?? [])
  const { nodes } = o
  print(
    JSON.stringify({ seeds: all.length, nodes, orderMs: median(all.map((f) => f.orderMs)), activeMs: median(all.map((f) => f.activeMs)) }),
  )
  return 0
}

function crashes(o: Options): number {
  let points = 0
  const bad = []
  for (const members of o.mode === 'disk' ? [false] : [false, true])
    for (const { point, effect, violations } of crashPoints(o.seed ?? 'crash', o.nodes, { mode: o.mode, members })) {
      points++
      const [first] = violations
      if (!first) continue
      const history = members ? 'members' : 'services'
      bad.push({ history, ...point, effect, invariant: first.invariant, because: first.because })
      if (!o.json) print(`${history}: ${point.how} ends ${point.when} effect ${point.n}, ${effect}: ${first.invariant}: ${first.because}`)
    }
  print(o.json ? JSON.stringify({ points, violations: bad }) : `${points} crash points, ${bad.length} violations`)
  return bad.length > 0 ? 1 : 0
}

function sums(o: Options): number {
  const sum = sumUp()
  const { runs, hours, faults, events, violations, hoursSinceChange, faultsSinceChange, violationsSinceChange, hoursClean } = sum
  const all = `${hours} hours, ${faults} faults, ${events} events, ${violations} violations in all ${runs} runs`
  const since = `${hoursSinceChange} hours with ${faultsSinceChange} faults and ${violationsSinceChange} violations since actors/ last changed`
  const text = `${since}, of these ${hoursClean} hours since the last violation; ${all}`
  print(o.json ? JSON.stringify(sum) : text)
  return 0
}

function asText(s: Swarm): string {
  const beats = Object.keys(s.byBeat).sort((a, b) => (Number.parseInt(a, 10) || 0) - (Number.parseInt(b, 10) || 0))
  const hours = beats.map((beat) => `${beat === 'default' ? `${TIMING.beatMs} ms (default timing)` : `${beat} ms`} ${s.byBeat[beat]}`)
  const what = `${s.events} events, ${s.faults} faults (${Math.round(s.faults / s.hours)} an hour), ${s.violations.length} violations`
  return `${s.seeds} seeds, ${s.hours} simulated hours, ${s.speedup} times real time (${s.perCore} a core), ${what}
hours by heartbeat: ${hours.join(', ')}`
}

function pairsAs(o: Options, result: Swarm, covered: Covered): string {
  const sum = covered.sum()
  if (o.json) return JSON.stringify({ ...result, ...sum })
  const { classes, pairs: all, percent } = sum
  return `${covered.matrix()}\n${asText(result)}\n${classes} kinds of faults, ${sum.covered} of ${all} pairs stood together: ${percent} %`
}

/** What else makes it the same history. */
const sameAgain = (o: Options): string =>
  `${o.dense ? ' --dense' : ''}${o.rounds === undefined ? '' : ` --rounds ${o.rounds}`}${o.timing === 'drawn' ? '' : ` --timing ${o.timing}`}`

/** How to see a violation again with as few steps as do it. */
function shortest(o: Options, seed: string): string {
  const run = runSeed(seed, o.nodes, { ...how(o), ...forcedBy(o, seed) })
  if (run.violations.length === 0) return '  it does not come again'
  const { only, run: short, trials } = shrink(seed, o.nodes, { ...how(o), ...forcedBy(o, seed) }, run)
  const again = `npm run sim -- --seed ${seed} ${flagsOf(o.mode, o.nodes)}${o.pairs ? ' --pairs' : ''}${sameAgain(o)} --only ${only.join(',')} --trace`
  return `  ${run.steps.length} steps made ${only.length} in ${trials} trials; see it with: ${again}\n    ${short.faults.join('\n    ')}`
}

async function many(o: Options): Promise<number> {
  const dirty = o.ledger ? notClean() : undefined
  if (dirty !== undefined) {
    process.stderr.write(`${dirty}\n`)
    return usageExit
  }
  const seeds = seedsOf(o)
  const { nodes, jobs, hours } = o
  const covered = new Covered(nodes, o.mode)
  const result = await swarm({
    ...{ seeds, nodes, jobs, hours, pairs: o.pairs, ...how(o) },
    stood: (together) => covered.add(together),
    violated: (a, first) => {
      if (!o.json) print(`seed ${a.seed}: ${first.invariant} at ${first.atMs} ms: ${first.because}`)
    },
  })
  if (o.ledger)
    writeLine(result, {
      cluster: [nodes, ...(o.mode === 'plain' ? [] : [o.mode]), ...(o.pairs ? ['pairs'] : [])].join(' '),
      from: seeds.from,
    })
  if (o.pairs) print(pairsAs(o, result, covered))
  else print(o.json ? JSON.stringify(result) : `${asText(result)}\n${markLines(result.marks, [nodes], o.mode).join('\n')}`)
  const cluster = `${flagsOf(o.mode, nodes)}${o.seeds ? ` --seeds ${seeds.from}..${seeds.to}` : ''}`
  if (o.results) o.pairs ? pairsResult(cluster, result, covered.sum()) : seedsResult(cluster, result)
  if (!o.json) for (const v of result.violations.slice(0, shortestMax)) print(`seed ${v.seed}, ${v.invariant}:\n${shortest(o, v.seed)}`)
  const never = o.marks ? missed(result.marks, [nodes], o.mode) : []
  if (never.length > 0) process.stderr.write(`never reached: ${never.join('; ')}\n`)
  return result.violations.length > 0 || never.length > 0 ? 1 : 0
}

async function main(): Promise<number> {
  const o = readOptions(process.argv.slice(2))
  if ('exit' in o) return o.exit
  if (o.mutants !== undefined) {
    const budget = { seeds: o.budget, seconds: o.seconds, jobs: o.jobs }
    return (await printMutants(o.mutants === true ? [] : o.mutants, budget, o)) ? 0 : 1
  }
  if (o.crashPoints) return crashes(o)
  if (o.seed !== undefined) return one(o, o.seed)
  if (o.hash) return hashes(o)
  if (o.failover) return failovers(o)
  if (o.ledger && !o.seeds && o.hours === undefined) return sums(o)
  return many(o)
}

/** Whoever reads only the beginning (`| head`) has had enough. */
process.stdout.on('error', (e: NodeJS.ErrnoException) => {
  if (e.code !== 'EPIPE') throw e
  process.exit(0)
})
process.exitCode = await main()
