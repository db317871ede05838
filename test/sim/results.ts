/** What a run shows, as a section of bench/RESULTS.md that only this command writes (`--results`): pairs of faults, mutants, seeds. */
import { commit, load, machine, writeSection } from '../../bench/figures.js'
import type { Coverage } from './faults/pairs.js'
import type { Row } from './mutants/main.js'
import type { Swarm } from './swarm.js'

const missingMax = 20

const measured = (command: string): string => `\`npm run sim -- ${command} --results\`, commit ${commit()}, ${machine()}, load ${load()}.`
const hours = (s: Swarm): string =>
  `${s.seeds} seeds, ${s.hours} simulated hours with ${s.faults} faults, ${s.speedup} times real time (${s.perCore} a core), ${s.violations.length} violations.`

/** `cluster`: how it is asked for, as `--nodes 3`. */
export function pairsResult(cluster: string, s: Swarm, { classes, pairs, covered, percent, missing }: Coverage): void {
  const some = missing.slice(0, missingMax).map((pair) => pair.join(' + '))
  const rest = missing.length > missingMax ? `, and ${missing.length - missingMax} more` : ''
  const never = missing.length === 0 ? 'None is missing.' : `Missing: ${some.join(', ')}${rest}.`
  const body = `${measured(`${cluster} --pairs`)}\n${hours(s)}\n\n${covered} of ${pairs} pairs of ${classes} kinds of faults stood together: ${percent} %. ${never}`
  writeSection(`Simulation, pairs of faults, ${cluster}`, body)
}

export const seedsResult = (cluster: string, s: Swarm): void =>
  writeSection(`Simulation, seeds, ${cluster}`, `${measured(cluster)}\n${hours(s)}`)

export function mutantsResult(rows: readonly Row[]): void {
  const sorted = [...rows].sort((a, b) => (a.rule < b.rule ? -1 : 1))
  const lines = sorted.map((r) =>
    r.caught
      ? `| ${r.rule} | ${r.invariant} | ${r.seed} of ${r.nodes} nodes | ${r.seconds} |`
      : `| ${r.rule} | **survives** | | ${r.seconds} |`,
  )
  const caught = rows.filter((r) => r.caught).length
  const head = '| rule that is switched off | caught by | seed | seconds |\n|---|---|---|---|'
  writeSection('Simulation, mutants', `${measured('--mutants')}\n${caught} of ${rows.length} caught.\n\n${head}\n${lines.join('\n')}`)
}
