/** `npm run bench -- failover [--trials N] [-o json]`: the rig's faults, N times each, with kyha's own address and nginx agents. */
import { tell } from '../test/rig/run.js'
import { stories } from '../test/stories/index.js'
import { commit, load, machine, type Spread, spread, writeSection } from './figures.js'

const faults = ['power-off', 'partition', 'service-crash', 'planned-move', 'manager-crash'] as const

interface Fault {
  readonly downtimeMs: Spread
  /** Fault seen -> first start sent, and last stop result -> first start sent, as the coordinator said it; empty where it does not apply. */
  readonly managerMs: Spread | null
  readonly failed: readonly string[]
}

/** The coordinator's own words: fault seen -> first start sent; last stop result -> first start sent; failure seen -> first order. */
const managerPattern =
  /: fault seen, .* (\d+) ms until the first start was sent|(\d+) ms from the last stop result to the start|(\d+) ms from its failure on \S+ to the first order/

export async function failover(trials: number, json: boolean): Promise<number> {
  const results: Record<string, Fault> = {}
  const loads: string[] = []
  for (const name of faults) {
    const story = stories.find((s) => s.name === name)
    if (!story) continue
    const downs: number[] = []
    const manager: number[] = []
    const failed: string[] = []
    for (let n = 0; n < trials; n++) {
      const outcome = await tell(story, 'kyha')
      loads.push(load())
      if (outcome.passed) downs.push(outcome.downtimeMs)
      else failed.push(outcome.because ?? 'failed')
      for (const line of outcome.timeline) {
        const m = line.match(managerPattern)
        if (m) manager.push(Number(m[1] ?? m[2] ?? m[3]))
      }
      process.stderr.write(`${name} ${n + 1}/${trials}: ${outcome.passed ? `${outcome.downtimeMs} ms` : outcome.because}\n`)
    }
    results[name] = { downtimeMs: spread(downs), managerMs: manager.length > 0 ? spread(manager) : null, failed }
  }
  const rows = Object.entries(results).map(([name, f]) => {
    const d = f.downtimeMs
    const m = f.managerMs
    return `| ${name} | ${d.min} / ${d.median} / ${d.max} | ${m ? `${m.min} / ${m.median} / ${m.max}` : '-'} | ${d.samples.length} of ${d.samples.length + f.failed.length} |`
  })
  const body = `\`npm run bench -- failover --trials ${trials}\`, commit ${commit()}, ${machine()}, load ${loads[0]} to ${loads.at(-1)}.
Three hosts in network namespaces, 2 links, beat 50 ms, limit 200 ms at least, fence class D (lab power switch), kyha:IPaddr2 + kyha:nginx.

| fault | client-seen downtime ms (min / median / max) | manager ms (min / median / max) | trials passed |
|---|---|---|---|
${rows.join('\n')}`
  writeSection('Failover', body)
  process.stdout.write(json ? `${JSON.stringify({ faults: results })}\n` : `${body}\n`)
  return Object.values(results).some((f) => f.failed.length > 0) ? 1 : 0
}
