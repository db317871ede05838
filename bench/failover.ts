/** `npm run bench -- failover [--trials N] [-o json]`: the rig's faults, N times each, with kyha's own address and nginx agents. */
import { TIMING } from '../runtime/config/timing.js'
import { type Outcome, Stage } from '../test/rig/run.js'
import { stories } from '../test/stories/index.js'
import { commit, load, machine, type Spread, spread, writeSection } from './figures.js'

/** Each fault, and the first words by which the cluster shows that it noticed; a move is ordered, not noticed. */
const faults: Readonly<Record<string, RegExp | null>> = {
  'power-off': / membership: n1 silent \d+ ms/,
  partition: / membership: n1 silent \d+ ms/,
  'service-crash': / of nginx failed with exit code/,
  'planned-move': null,
  'manager-crash': / membership: manager of n1 is down/,
}
/** The coordinator's own words: fault seen -> first start sent; last stop result -> first start sent; failure seen -> first order. */
const managerPattern =
  /: fault seen, .* (\d+) ms until the first start was sent|(\d+) ms from the last stop result to the start|(\d+) ms from its failure on \S+ to the first order/
const fenceClass = 'D (lab power switch)'
/** Peers hold a node through three crashes of its manager in 60 s and no more (design 8.7): a fourth trial needs a cluster that saw none. */
const crashesPerLab = 3

interface Fault {
  readonly downtimeMs: Spread
  /** Fault -> first word of it, by the wall clock of the one machine that all hosts share. */
  readonly detectMs: Spread | null
  readonly managerMs: Spread | null
  readonly failed: readonly string[]
  readonly beatMs: number
  readonly limitMs: string
  readonly fenceClass: string
  readonly load: string
}

const timeOf = (line: string): number => Date.parse(line.split(' ')[0] ?? '')

/** Milliseconds from the fault to the first line that names it. */
export function detectMsOf(o: Pick<Outcome, 'faultAt' | 'timeline'>, sign: RegExp): number | undefined {
  const from = Date.parse(o.faultAt ?? '')
  const line = o.timeline.find((l) => timeOf(l) >= from && sign.test(l))
  return line === undefined ? undefined : timeOf(line) - from
}

/** What the coordinator said first of this fault, not of an earlier one in the same lab; later starts wait for others on purpose. */
export function managerMsOf(o: Pick<Outcome, 'faultAt' | 'timeline'>): number | undefined {
  const from = Date.parse(o.faultAt ?? '')
  const m = o.timeline.find((l) => timeOf(l) >= from && managerPattern.test(l))?.match(managerPattern)
  return m ? Number(m[1] ?? m[2] ?? m[3]) : undefined
}

async function trialsOf(name: string, sign: RegExp | null, trials: number): Promise<Fault> {
  const story = stories.find((s) => s.name === name)
  if (!story) throw new Error(`the rig has no story ${name}`)
  const stage = new Stage()
  const downs: number[] = []
  const detect: number[] = []
  const manager: number[] = []
  const failed: string[] = []
  const loads: number[] = []
  for (let n = 0; n < trials; n++) {
    const o = await stage.tell(story, 'kyha')
    loads.push(Number(load()))
    if (o.passed) {
      downs.push(o.downtimeMs)
      const noticed = sign ? detectMsOf(o, sign) : undefined
      if (noticed !== undefined) detect.push(noticed)
      const took = managerMsOf(o)
      if (took !== undefined) manager.push(took)
    } else failed.push(o.because ?? 'failed')
    process.stderr.write(`${name} ${n + 1}/${trials}: ${o.passed ? `${o.downtimeMs} ms` : o.because}\n`)
    if (name === 'manager-crash' && n % crashesPerLab === crashesPerLab - 1) await stage.close()
  }
  await stage.close()
  const some = (samples: readonly number[]): Spread | null => (samples.length > 0 ? spread(samples) : null)
  const { beatMs, limitMsFloor } = TIMING
  return {
    downtimeMs: spread(downs),
    detectMs: some(detect),
    managerMs: some(manager),
    failed,
    beatMs,
    limitMs: `at least ${limitMsFloor}, ${limitMsFloor / 2} between real-time beat threads`,
    fenceClass,
    load: `${Math.min(...loads)} to ${Math.max(...loads)}`,
  }
}

const cell = (s: Spread | null): string => (s ? `${s.min} / ${s.median} / ${s.max}` : '-')

export async function failover(trials: number, json: boolean): Promise<number> {
  const results: Record<string, Fault> = {}
  for (const [name, sign] of Object.entries(faults)) results[name] = await trialsOf(name, sign, trials)
  const rows = Object.entries(results).map(([name, f]) => {
    const all = f.downtimeMs.samples.length + f.failed.length
    return `| ${name} | ${cell(f.downtimeMs)} | ${cell(f.detectMs)} | ${cell(f.managerMs)} | ${f.load} | ${f.downtimeMs.samples.length} of ${all} |`
  })
  const { beatMs, limitMs } = Object.values(results)[0] as Fault
  const body = `\`npm run bench -- failover --trials ${trials}\`, commit ${commit()}, ${machine()}.
Three hosts in network namespaces, 2 links, beat ${beatMs} ms, limit ${limitMs} ms, fence class ${fenceClass}, kyha:IPaddr2 + kyha:nginx.
Figures are min / median / max in ms. Downtime: what the client saw. Detection: fault to the first word of it. Manager: fault seen to first start sent,
last stop result to first start sent (move), failure seen to first order (service crash); a manager crash has nothing to start.

| fault | downtime | detection | manager | load | trials passed |
|---|---|---|---|---|---|
${rows.join('\n')}`
  writeSection('Failover', body)
  process.stdout.write(json ? `${JSON.stringify({ faults: results })}\n` : `${body}\n`)
  return Object.values(results).some((f) => f.failed.length > 0) ? 1 : 0
}
