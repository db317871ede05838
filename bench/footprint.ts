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
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

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
    const sample = (): Map<string, { pss: number; ticks: number }> =>
      new Map(
        lab.hosts.map((h) => {
          const pids = lab.pidsOf(h.name, /native\/guard|runtime\/main\.js/).filter((p) => readdirSync('/proc').includes(String(p)))
          return [h.name, { pss: pids.reduce((n, p) => n + pssKb(p), 0), ticks: pids.reduce((n, p) => n + cpuTicks(p), 0) }]
        }),
      )
    const before = sample()
    const windowS = Math.min(30, Math.max(10, seconds))
    await sleep(windowS * 1000)
    const after = sample()
    const rows = [...after].map(([name, a]) => {
      const cpu = ((a.ticks - (before.get(name)?.ticks ?? 0)) / ticksPerSecond / windowS) * 100
      return { node: name, pssMb: Math.round((a.pss / 1024) * 10) / 10, cpuPercent: Math.round(cpu * 100) / 100 }
    })
    const body = `\`npm run bench -- footprint --seconds ${seconds}\`, commit ${commit()}, ${machine()}, load ${load()}.
Three nodes, 2 links, beat 50 ms, ${resources} resources with a 60 s monitor, all processes of a node but the services, after ${seconds} s, CPU over ${windowS} s.

| node | PSS MiB | idle CPU, % of one core |
|---|---|---|
${rows.map((r) => `| ${r.node} | ${r.pssMb} | ${r.cpuPercent} |`).join('\n')}`
    writeSection('Footprint', body)
    process.stdout.write(json ? `${JSON.stringify({ nodes: rows })}\n` : `${body}\n`)
    return 0
  } finally {
    await lab.down()
  }
}
