/**
 * How long the placement engine takes: one plan for 32 nodes with 1,000 resources, cold and warm; and, where recorded cases are given (`--cases DIR
 * --oracle FILE`), each of them, reading and planning apart. Where `crm_simulate` is installed it answers the same cases, one process for each.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planScene } from '../actors/coordinator/engine/plan.js'
import type { Scene } from '../actors/coordinator/engine/scene.js'
import { readCib } from '../console/cib/read.js'
import { commit, load, machine, spread, writeSection } from './figures.js'

export const runsUsual = 20
const nodes = 32
const resources = 1000

interface Options {
  readonly runs: number
  readonly cases: string | undefined
  readonly oracle: string | undefined
  readonly json: boolean
}

const now = 1_800_000_000
const ms = (since: number): number => Math.round((performance.now() - since) * 10) / 10
/** This process's CPU time in ms, garbage collection included: others may use the machine, too. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const spent = (since: number): number => Math.round((cpu() - since) * 10) / 10

/** 200 groups of three and 400 single resources, each group with a favourite; everything runs where it was put, and was looked for everywhere. */
export function large(): string {
  const node = (i: number): string => `n${String(i + 1).padStart(2, '0')}`
  const up = 'in_ccm="true" crmd="online" join="member" expected="member"'
  const single = (id: string): string =>
    `<primitive id="${id}" class="ocf" provider="test" type="Dummy"><operations><op id="${id}-m" name="monitor" interval="10s"/></operations></primitive>`
  const groups = Array.from({ length: 200 }, (_, g) => `<group id="g${g}">${[0, 1, 2].map((m) => single(`g${g}-${m}`)).join('')}</group>`)
  const singles = Array.from({ length: resources - 600 }, (_, i) => single(`r${i}`))
  const history = Array.from({ length: nodes }, () => [] as string[])
  const entry = (id: string, operation: string, rc: number): string =>
    `<lrm_resource id="${id}" class="ocf" provider="test" type="Dummy"><lrm_rsc_op id="${id}_last_0" operation="${operation}" interval="0"
      call-id="1" rc-code="${rc}" op-status="0" transition-key="1:1:${rc}:u" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/></lrm_resource>`
  const ran = (id: string, at: number): void =>
    history.forEach((h, i) => {
      h.push(i === at % nodes ? entry(id, 'start', 0) : entry(id, 'monitor', 7))
    })
  for (let g = 0; g < 200; g++) for (const m of [0, 1, 2]) ran(`g${g}-${m}`, g)
  for (let i = 0; i < resources - 600; i++) ran(`r${i}`, i * 7)
  const constraints = [
    ...Array.from({ length: 200 }, (_, g) => `<rsc_location id="l${g}" rsc="g${g}" node="${node((g * 10) % nodes)}" score="50"/>`),
    ...Array.from({ length: 100 }, (_, i) => `<rsc_colocation id="c${i}" rsc="r${i}" with-rsc="g${i}" score="INFINITY"/>`),
    ...Array.from({ length: 100 }, (_, i) => `<rsc_order id="o${i}" first="g${i}" then="r${i}"/>`),
  ]
  const names = Array.from({ length: nodes }, (_, i) => node(i))
  return `<cib validate-with="pacemaker-3.7" crm_feature_set="3.19.0" have-quorum="1" dc-uuid="n01"><configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>
<nodes>${names.map((n) => `<node id="${n}" uname="${n}"/>`).join('')}</nodes><resources>${groups.join('')}${singles.join('')}</resources>
<constraints>${constraints.join('')}</constraints></configuration><status>${names
    .map(
      (n, i) =>
        `<node_state id="${n}" uname="${n}" ${up}><lrm id="${n}"><lrm_resources>${history[i]?.join('')}</lrm_resources></lrm></node_state>`,
    )
    .join('')}</status></cib>`
}

function sceneOf(text: string): Scene {
  const read = readCib(text, now)
  if ('refused' in read) throw new Error(read.refused.key)
  return read.scene
}

/** Milliseconds of CPU of each plan, the first one (cold) included. */
export function timesOf(scene: Scene, runs: number): number[] {
  return Array.from({ length: runs + 1 }, () => {
    const t = cpu()
    planScene(scene)
    return spent(t)
  })
}

interface CaseTime {
  readonly name: string
  readonly read: number
  readonly plan: number
}

/** Each case once after a first round over all of them. */
function recorded(dir: string, oracle: string): CaseTime[] {
  const names = readFileSync(oracle, 'utf8')
    .split('\n')
    .flatMap((line) => (line.trim() ? [(JSON.parse(line) as { name: string }).name] : []))
    .filter((name) => existsSync(join(dir, `${name}.xml`)))
  const one = (name: string): CaseTime => {
    const text = readFileSync(join(dir, `${name}.xml`), 'utf8')
    const t0 = cpu()
    const scene = sceneOf(text)
    const read = spent(t0)
    const t1 = cpu()
    planScene(scene)
    return { name, read, plan: spent(t1) }
  }
  names.forEach(one)
  return names.map(one)
}

/** The same cases through the field's own simulator; undefined where it is not installed. */
function simulator(dir: string, names: readonly string[]): number[] | undefined {
  const ask = (file: string): number => {
    const t = performance.now()
    try {
      execFileSync('crm_simulate', ['-x', file, '-S'], {
        stdio: 'ignore',
        env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', CIB_shadow_dir: '/tmp' },
      })
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === 'ENOENT') throw e
    }
    return ms(t)
  }
  try {
    return names.map((n) => ask(join(dir, `${n}.xml`)))
  } catch {
    return undefined
  }
}

const quantiles = (samples: readonly number[]): string => {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  const sum = sorted.reduce((a, b) => a + b, 0)
  return `${at(0.5)} | ${at(0.9)} | ${at(0.99)} | ${sorted.at(-1) ?? 0} | ${(sum / 1000).toFixed(2)}`
}

export function plan({ runs, cases, oracle, json }: Options): number {
  const scene = sceneOf(large())
  const times = timesOf(scene, runs)
  const warm = spread(times.slice(1))
  const open = cases && oracle ? recorded(cases, oracle) : []
  const theirs =
    cases && open.length > 0
      ? simulator(
          cases,
          open.map((c) => c.name),
        )
      : undefined
  if (json) {
    process.stdout.write(`${JSON.stringify({ cold: times[0], warm, cases: open, simulator: theirs })}\n`)
    return 0
  }
  const rows = [
    '| plan | median | 90 % | 99 % | largest | all, s |',
    '|---|---|---|---|---|---|',
    ...(open.length > 0
      ? [
          `| ${open.length} recorded cases, reading | ${quantiles(open.map((c) => c.read))} |`,
          `| ${open.length} recorded cases, planning | ${quantiles(open.map((c) => c.plan))} |`,
        ]
      : []),
    ...(theirs ? [`| the same, crm_simulate, one process each | ${quantiles(theirs)} |`] : []),
  ]
  const body = [
    `\`npm run bench -- plan --runs ${runs}\`, commit ${commit()}, ${machine()}, load ${load()}.`,
    `${nodes} nodes, ${resources} resources (200 groups of three, 400 single), 200 locations, 100 colocations, 100 orders; one process, milliseconds of its CPU time.`,
    `First plan ${times[0]}; ${runs} plans after it: ${warm.min} / ${warm.median} / ${warm.max} (min / median / max).`,
    ...(open.length > 0
      ? [
          '',
          ...rows,
          '',
          'Recorded cases after one round over all of them, in the same process, CPU time with garbage collection; `crm_simulate` by the clock, its start included.',
        ]
      : []),
    ...(open.length > 0 && !theirs ? ['`crm_simulate` is not installed here.'] : []),
  ].join('\n')
  writeSection('Plan', body)
  process.stdout.write(`${body}\n`)
  return 0
}
