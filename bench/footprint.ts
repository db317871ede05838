/** `npm run bench -- footprint [--seconds N] [-o json]`: PSS and idle CPU of each node, all processes, with 50 resources. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from '../test/rig/lab.js'
import { commit, load, machine, writeSection } from './figures.js'

const resources = 50
const ticksPerSecond = 100

function pssKb(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)?.[1] ?? 0)
}
/** Of the process, and of the agents that it waited for. */
function cpuTicks(pid: number): { own: number; agents: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const sum = (...at: readonly number[]): number => at.reduce((n, i) => n + Number(fields[i]), 0)
  return { own: sum(11, 12), agents: sum(13, 14) }
}
const percent = (ticks: number, seconds: number): number => Math.round((ticks / ticksPerSecond / seconds) * 10_000) / 100

export async function footprint(seconds: number, json: boolean): Promise<number> {
  const lab = await Lab.up({ hosts: 3 })
  try {
    const list = Array.from(
      { length: resources },
      (_, i) => `  - {name: r${i}, agent: 'kyha:Dummy', ops: {monitor: {interval: 60s, timeout: 20s}}}`,
    )
    await lab.configure(`apiVersion: kyha/v1\nname: footprint\nproperties: {fencing-enabled: false}\nresources:\n${list.join('\n')}\n`)
    await lab.until(
      '50 running resources',
      60_000,
      (s) => s.resources.length === resources && s.resources.every((r) => r.role === 'Started'),
    )
    await sleep(seconds * 1000)
    const sample = (): Map<string, { pss: number; own: number; agents: number }> =>
      new Map(
        lab.hosts.map((h) => {
          const pids = lab.pidsOf(h.name, /native\/guard|runtime\/main\.js/).filter((p) => readdirSync('/proc').includes(String(p)))
          const ticks = pids.map(cpuTicks)
          return [
            h.name,
            {
              pss: pids.reduce((n, p) => n + pssKb(p), 0),
              own: ticks.reduce((n, t) => n + t.own, 0),
              agents: ticks.reduce((n, t) => n + t.agents, 0),
            },
          ]
        }),
      )
    const before = sample()
    const windowS = 60
    await sleep(windowS * 1000)
    const after = sample()
    const rows = [...after].map(([name, a]) => {
      const b = before.get(name) ?? a
      return {
        node: name,
        pssMb: Math.round((a.pss / 1024) * 10) / 10,
        cpuPercent: percent(a.own - b.own, windowS),
        agentsPercent: percent(a.agents - b.agents, windowS),
      }
    })
    const body = `\`npm run bench -- footprint --seconds ${seconds}\`, commit ${commit()}, ${machine()}, load ${load()}.
Three nodes, 2 links, beat 50 ms, ${resources} resources with a 60 s monitor; guard and kyhad of a node, after ${seconds} s, CPU over ${windowS} s;
agents: what the monitors' own processes took.

| node | PSS MiB | idle CPU, % of one core | agents, % of one core |
|---|---|---|---|
${rows.map((r) => `| ${r.node} | ${r.pssMb} | ${r.cpuPercent} | ${r.agentsPercent} |`).join('\n')}`
    writeSection('Footprint', body)
    process.stdout.write(json ? `${JSON.stringify({ nodes: rows })}\n` : `${body}\n`)
    return 0
  } finally {
    await lab.down()
  }
}
