/** One process for one mutant: `child.js RULE SEEDS SECONDS` looks for a seed that catches it and prints one line of JSON. */
import { register } from 'node:module'
import { mutants } from './list.js'
import type { Found } from './main.js'

const [rule, seeds, seconds] = process.argv.slice(2)
const mutant = mutants.find((m) => m.rule === rule)
if (!mutant) throw new Error(`no mutant is called ${rule}`)
register('./hook.js', import.meta.url, { data: mutant.edits })
const { runSeed } = await import('../scenario.js')
const { faultNamed } = await import('../faults/index.js')
const { crashPoints } = await import('../crashpoints.js')
const { Schedule } = await import('../../unit/disk-heartbeat/schedule.js')

const began = process.hrtime.bigint()
const passed = (): number => Number(process.hrtime.bigint() - began) / 1e9
let found: Found = { caught: false, seconds: 0 }
for (const nodes of mutant.crash ? mutant.nodes : []) {
  for (const { violations } of crashPoints('crash', nodes)) {
    const [first] = violations
    if (first)
      found = { caught: true, seconds: 0, seed: 'crash', nodes, invariant: first.invariant, because: first.because.split('\n')[0] ?? '' }
    if (found.caught || passed() > Number(seconds)) break
  }
  if (found.caught) break
}
for (let n = 0; mutant.schedules && n < 40_000 && !found.caught && passed() < Number(seconds); n++) {
  const s = new Schedule(`${n}`, n % 2 === 0 ? 1 : 3, { lost: 0.05, crash: 0.015, damage: 0.01 })
  s.run(200)
  if (s.broken[0]) found = { caught: true, seconds: 0, seed: `schedule ${n}`, nodes: 2, invariant: 'T2', because: s.broken[0] }
}
const forced = (mutant.first ?? []).flatMap((name) => faultNamed(name) ?? [])
const how = {
  mode: mutant.mode ?? 'plain',
  forced,
  ...(mutant.ends ? { ends: mutant.ends } : {}),
  ...(mutant.clones ? { clones: true } : {}),
} as const
for (let seed = 1; seed <= Number(seeds) && !found.caught && passed() < Number(seconds); seed++) {
  for (const nodes of mutant.nodes) {
    const [first] = runSeed(String(seed), nodes, { timing: 'default', rounds: 1, ...how }).violations
    if (!first) continue
    const because = first.because.split('\n')[0] ?? ''
    found = { caught: true, seconds: 0, seed: String(seed), nodes, invariant: first.invariant, because }
    break
  }
}
process.stdout.write(`${JSON.stringify({ ...found, seconds: Math.round(passed() * 10) / 10 })}\n`)
