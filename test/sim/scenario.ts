/** The simulator's standing scenario: a group and a lone resource on three levels, the lab switch, and faults drawn from the seed. */
import type { ConfigDoc } from '../../runtime/config/document.js'
import { parseConfig } from '../../runtime/config/parse.js'
import { sentence } from '../../runtime/config/problem.js'
import { seeded } from '../../runtime/random.js'
import { canary } from './checkers/secrets.js'
import { formed, idsOf, owners } from './cluster.js'
import { type Fault, faults, heal } from './faults.js'
import type { MarkCounts } from './marks.js'
import { Prober } from './probes.js'
import type { World } from './world.js'

export function docFor(nodes: number, action: 'off' | 'reboot' = 'off'): ConfigDoc {
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`)
  const parsed = parseConfig(
    `apiVersion: kyha/v1
name: sim
properties: {fencing-enabled: true, fencing-action: ${action}, resource-stickiness: 100}
resources:
  - {name: vip, agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.0.0.100}}
  - {name: web, agent: 'ocf:heartbeat:nginx', meta: {migration-threshold: 3}}
  - {name: job, agent: 'kyha:Dummy'}
groups: [{name: shop, members: [vip, web]}]
location: [{resource: shop, levels: [${names.join(', ')}]}, {resource: job, levels: [${[...names].reverse().join(', ')}]}]
fencing: [{name: lab, agent: fence_lab, params: {passwd: ${canary}}, hosts: {${names.map((n) => `${n}: ${n}`).join(', ')}}, timeout: 2s}]
`,
    names,
  )
  if (!parsed.ok) throw new Error(parsed.problems.map((p) => sentence('en', p)).join('\n'))
  return parsed.doc
}

export { idsOf }

export const allRun = (world: World): boolean => {
  const ids = Object.values(idsOf(world))
  return ids.length > 0 && ids.every((r) => owners(world, r).length === 1)
}

export interface Run {
  readonly seed: string
  readonly hash: string
  readonly hours: number
  readonly events: number
  readonly violations: World['violations']
  readonly faults: readonly string[]
  /** How often each rare branch was reached. */
  readonly marks: MarkCounts
  /** Every message was encoded and decoded. */
  readonly throughCodec: boolean
}

/** What liveness is given to show itself, ms: detection, fences with their retries, elections, agents. */
const wellMsMax = 60_000
const wellMsMin = 5_000
const operatorMs = 1_000

/**
 * Somebody switches on what is off. A fence with `fencing-action: off` leaves its machine off on purpose, and with `reboot` the switch may
 * have been out of order between off and on; kyha promises nothing about a machine that nobody switches on.
 */
export function operator(world: World): void {
  for (const m of world.machines) m.powerOn()
  world.after(operatorMs, () => operator(world))
}

/** The standing cluster, with everything running. */
export interface BeginOptions extends NonNullable<Parameters<typeof formed>[3]> {
  /** Two voters ask the witness who may go on alone. */
  readonly witness?: boolean
}

export function begin(seed: string, nodes: number, { witness, ...options }: BeginOptions = {}): ReturnType<typeof formed> {
  const action = seeded(`${seed} fencing-action`).chance(0.5) ? 'off' : 'reboot'
  const doc = docFor(nodes, action)
  const made = formed(seed, nodes, witness ? { ...doc, quorum: { witness: 'witness' } } : doc, options)
  if (!made.world.run(30_000, () => allRun(made.world)))
    made.world.violate('L3', 'the cluster did not start its resources within 30 s of a clean start')
  return made
}

/** Waits for `well`, until `endMs`, and looks again a while later: a move back to a better node may lie between. */
export function staysWell(world: World, well: () => boolean, endMs: number): boolean {
  if (!world.run(endMs - world.nowMs(), well)) return false
  world.run(wellMsMin)
  return well()
}

/** Forms a cluster, hurts it for a while (safety), mends it, and demands that it serves again (liveness). */
export function runSeed(seed: string, nodes: number, trace?: (line: string) => void, rounds?: number): Run {
  const { world, watched } = begin(seed, nodes, trace ? { trace } : {})
  const told: string[] = []
  const prober = new Prober(world, seed)
  const drawn = 2 + world.random.int(5)
  for (let n = 0; n < (rounds ?? drawn); n++) {
    const fault = faults[world.random.int(faults.length)] as Fault
    const what = fault(world)
    told.push(`${Math.round(world.nowMs())} ${what}`)
    trace?.(`${world.nowMs().toFixed(2)} FAULT ${what}`)
    prober.round()
    world.run(world.random.int(3000))
    if (world.random.chance(0.3)) heal(world)
  }
  heal(world)
  watched.mended()
  operator(world)
  trace?.(`${world.nowMs().toFixed(2)} HEALED`)
  const well = (): boolean => world.machines.every((m) => m.managed) && allRun(world)
  const endMs = world.nowMs() + wellMsMax
  for (let first = true; !staysWell(world, well, endMs); first = false) {
    // What could not be stopped still runs for a moment, until its machine is fenced; then it has to run again, in time.
    const fencedFor = world.verdicts.some((v) => v.verdict.key === 'coordinator.stop-failed-fence')
    if (world.nowMs() >= endMs) world.violate('L3', 'a minute after everything was mended, not every resource runs')
    else if (!first || !fencedFor) world.violate('L5', 'resources stopped again although nothing was wrong any more')
    else continue
    break
  }
  watched.end()
  const { events, violations, throughCodec, marks } = world
  const { counts } = marks
  return { seed, hash: world.hash(), hours: world.nowMs() / 3_600_000, events, violations, faults: told, marks: counts, throughCodec }
}
