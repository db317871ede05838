/** `npm run bench -- sim [--seeds N] [-o json]`: simulated hours an hour of one core, three nodes, default timing. */
import { TIMING } from '../runtime/config/timing.js'
import { type Swarm, swarm } from '../test/sim/swarm.js'
import { commit, load, machine, writeSection } from './figures.js'

const nodes = 3
/** The first history of a process is not yet compiled: fewer seeds measure the compiler. */
export const seedsUsual = 400

export async function sim(count: number, json: boolean): Promise<number> {
  const seeds = { from: 1, to: count }
  const kinds: Readonly<Record<string, Swarm>> = {
    'hurt and mended once': await swarm({ seeds, nodes, jobs: 1, timing: 'default', rounds: 1 }),
    'as the swarm draws them': await swarm({ seeds, nodes, jobs: 1, timing: 'default' }),
  }
  const rows = Object.entries(kinds).map(([kind, s]) => {
    const seconds = s.hours * 3600
    return `| ${kind} | ${s.hours} | ${Math.round(s.events / seconds)} | ${Math.round(s.faults / s.hours)} | ${s.speedup} | ${s.perCore} | ${s.violations.length} |`
  })
  const body = `\`npm run bench -- sim --seeds ${count}\`, commit ${commit()}, ${machine()}, load ${load()}.
Seeds 1..${count}, ${nodes} nodes, default timing (beat ${TIMING.beatMs} ms), one process. Per core: simulated hours an hour of its CPU time, the start of the process left out.

| histories | simulated hours | events a second | faults an hour | times real time | per core | violations |
|---|---|---|---|---|---|---|
${rows.join('\n')}`
  writeSection('Simulation', body)
  process.stdout.write(json ? `${JSON.stringify({ histories: kinds })}\n` : `${body}\n`)
  return Object.values(kinds).some((s) => s.violations.length > 0) ? 1 : 0
}
