/** The simulator's standing scenario: a group and a lone resource on three levels, the lab switch, and faults drawn from the seed. */

import type { LogState } from '../../actors/log/raft.js'
import type { MembershipState } from '../../actors/membership/actor.js'
import type { ResourceId, Timing } from '../../runtime/actor.js'
import type { ConfigDoc } from '../../runtime/config/document.js'
import { parseConfig } from '../../runtime/config/parse.js'
import { sentence } from '../../runtime/config/problem.js'
import { seeded } from '../../runtime/random.js'
import { selfDevice } from './checkers/leased.js'
import { isBack } from './checkers/moves.js'
import { canary } from './checkers/secrets.js'
import { bothAlone } from './checkers/trust.js'
import { type Cloned, clonesOf, servesAll } from './clones.js'
import { formed, idsOf, leaderOf, timing } from './cluster.js'
import { drawing, type Fault, heal } from './faults/index.js'
import { names } from './faults/kind.js'
import { isSet } from './faults/operators.js'
import { burst } from './load.js'
import type { MarkCounts } from './marks.js'
import { disksOf, type Mode, witnessOf } from './mode.js'
import { operator } from './operator.js'
import { Prober } from './probes.js'
import { slowness, type TimingOf, timingOf } from './timings.js'
import type { World } from './world.js'

const docs = new Map<string, ConfigDoc>()

/** What ends a node: the lab's switch; its own watchdog alone; or the switch, and the watchdog where that does not answer. */
export type Ends = 'switch' | 'watchdog' | 'both'

interface Drawn {
  readonly action: 'off' | 'reboot'
  readonly tieBreak: boolean
  readonly ends: Ends
  readonly clones: Cloned | undefined
}

function docFor(nodes: number, drawn: Drawn): ConfigDoc {
  if (drawn.clones) return parsedFor(nodes, drawn)
  const key = `${nodes} ${JSON.stringify(drawn)}`
  const doc = docs.get(key) ?? parsedFor(nodes, drawn)
  docs.set(key, doc)
  return doc
}

function parsedFor(nodes: number, { action, tieBreak, ends, clones }: Drawn): ConfigDoc {
  const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`)
  const hosts = `hosts: {${names.map((n) => `${n}: ${n}`).join(', ')}}`
  const lab = `{name: lab, agent: fence_lab, params: {passwd: ${canary}}, ${hosts}, timeout: 2s}`
  const self = `{name: ${selfDevice}, agent: fence_watchdog, ${hosts}, level: 2, lease: 3s}`
  const devices = { switch: [lab], watchdog: [self], both: [lab, self] }[ends]
  const parsed = parseConfig(
    `apiVersion: kyha/v1
name: sim
properties: {fencing-enabled: true, fencing-action: ${action}, resource-stickiness: 100}
${tieBreak ? 'quorum: {tie-break: lowest}' : ''}
resources:
  - {name: vip, agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.0.0.100}}
  - {name: web, agent: 'ocf:heartbeat:nginx', meta: {migration-threshold: 3}}
  - {name: job, agent: 'kyha:Dummy'}
${(clones?.resources ?? []).map((r) => `  - ${r}\n`).join('')}groups: [${['{name: shop, members: [vip, web]}', ...(clones?.groups ?? [])].join(', ')}]
${clones ? `clones: [${clones.clones.join(', ')}]\ncolocation: [${clones.colocation.join(', ')}]\norder: [${clones.order.join(', ')}]` : ''}
location: [{resource: shop, levels: [${names.join(', ')}]}, {resource: job, levels: [${[...names].reverse().join(', ')}]}]
fencing: [${devices.join(', ')}]
`,
    names,
  )
  if (!parsed.ok) throw new Error(parsed.problems.map((p) => sentence('en', p)).join('\n'))
  return parsed.doc
}

export { idsOf }

/** Every resource runs on exactly one machine, a clone on as many as it can. Asked after each event. */
export function allRun(world: World): boolean {
  const ids = idsOf(world)
  let some = false
  for (const name in ids) {
    some = true
    if (!servesAll(world, name, ids[name] as ResourceId)) return false
  }
  return some
}

export interface Run {
  readonly seed: string
  readonly hash: string
  readonly hours: number
  readonly events: number
  readonly violations: World['violations']
  readonly faults: readonly string[]
  /** Numbers of the steps behind `faults`, counted over all rounds. */
  readonly steps: readonly number[]
  /** How often each rare branch was reached. */
  readonly marks: MarkCounts
  /** How often it was hurt, mended and looked at. */
  readonly rounds: number
  readonly timing: Timing
  /** Names of faults that stood at the same time: one list from one mending to the next. */
  readonly together: readonly (readonly string[])[]
  /** Every message was encoded and decoded. */
  readonly throughCodec: boolean
}

export interface RunOptions {
  readonly trace?: ((line: string) => void) | undefined
  readonly timing?: TimingOf
  /** Faults that come first. */
  readonly forced?: readonly Fault[]
  readonly rounds?: number
  readonly dense?: boolean
  /** Something is cloned, or nothing, whatever the seed says. */
  readonly clones?: boolean
  /** What ends a node, instead of what the seed says. */
  readonly ends?: Ends
  /** Steps that are taken; the others are left out (shrink.ts). */
  readonly only?: readonly number[] | undefined
  /** Who says which of two voters may go on alone. */
  readonly mode?: Mode
}

/** What liveness is given to show itself, ms: detection, fences with their retries, elections, agents; slower timings are given more. */
const wellMsMax = 60_000
const wellMsMin = 5_000
const startMsMax = 30_000
/** A machine that has to end itself may still be waited for so long. */
const waitedMs = 15_000
/** Hardware watchdogs of the machines that have one, ms. */
const watchdogMsOf = 4_000
const sparesMax = 2
/** Most rounds of one history. */
const roundsMax = 8
/** Longest time from one fault to the next; where a node has to be outwaited, so long that it sometimes is before everything is mended. */
const stepMsMax = 3_000
const waitedStepMsMax = 10_000
/**
 * Longest rest between two of them, seconds: four times the longest memory by the clock, membership's of a flap (300 s), so that one rest of five is long
 * enough to forget everything: hold-downs, failure timeouts, graces and keys of proposals as well.
 */
const restSecondsMax = 1_200
/** And of a dense history. */
const denseSecondsMax = 8
/** How many faults a burst has. */
const burstMin = 3
const burstMax = 10
/** As membership has it: a node that flaps is held down for so long at most. */
const holdMsMax = 60_000

/** The standing cluster, with everything running. */
export interface BeginOptions extends NonNullable<Parameters<typeof formed>[3]> {
  /** Who says which of two voters may go on alone. */
  readonly mode?: Mode
  readonly ends?: Ends
  readonly clones?: Cloned | undefined
}

/** Of three clusters with three and more nodes one has watchdogs, alone or behind the switch. */
export const endsOf = (seed: string, nodes: number): Ends =>
  nodes < 3 ? 'switch' : ((['watchdog', 'both'] as const)[seeded(`${seed} ends`).int(6)] ?? 'switch')

/** The configuration names the machines that can join, too. */
export function begin(
  seed: string,
  nodes: number,
  { mode = 'plain', ends = 'switch', clones, ...options }: BeginOptions = {},
): ReturnType<typeof formed> {
  const action = seeded(`${seed} fencing-action`).chance(0.5) ? 'off' : 'reboot'
  const tieBreak = nodes > 3 && nodes % 2 === 0 && seeded(`${seed} tie-break`).chance(0.5)
  const doc = docFor(nodes + (options.spares ?? 0), { action, tieBreak, ends, clones })
  const witness = witnessOf(mode)
  const watchdogMs = ends === 'switch' ? {} : { watchdogMs: watchdogMsOf }
  const all = { disks: disksOf(mode, seed), ...watchdogMs, ...options }
  const made = formed(seed, nodes, witness ? { ...doc, quorum: { witness } } : doc, all)
  if (!made.world.run(startMsMax * slowness(options.timing ?? timing), () => allRun(made.world)))
    made.world.violate('L3', 'the cluster did not start its resources within 30 s of a clean start, or longer with a slower timing')
  return made
}

/** Waits for `well`, until `endMs`, and looks again a while later: a move back to a better node may lie between. */
export function staysWell(world: World, well: () => boolean, endMs: number): boolean {
  if (!world.run(endMs - world.nowMs(), well)) return false
  world.run(wellMsMin)
  return well()
}

/** Every wanted machine is a member that runs and knows the configuration, nobody else is one, and every resource runs. */
export function isWell(world: World): boolean {
  const { roster } = world
  return roster.wanted.every((m) => m.managed && isSet(world, m)) && allRun(world) && roster.settled()
}

/**
 * Somebody leads, so that what was decided before holds, also what operators had changed; and nobody is still to be let in: a life that was certified
 * dead ends only some seconds after it hears of that, a flapping machine is held down, and what belongs there goes back to it then.
 */
function areBack(world: World): boolean {
  const { newest, wanted } = world.roster
  const leads = (leaderOf(world)?.stateOf('log') as LogState | undefined)?.told.ready === true
  return leads && newest !== undefined && wanted.every((m) => isBack(world, newest, m))
}

/** What a history has while it is told. */
interface Telling {
  readonly world: World
  readonly seed: string
  readonly told: string[]
  readonly steps: number[]
  readonly prober: Prober
  readonly draw: () => Fault
  /** Steps up to here, over all rounds. */
  count: number
  /** Longest time from one fault to the next. */
  readonly stepMs: number
}

/**
 * Faults, one after the other, with whatever lies between them; `forced` come first, one right after the other. Each step draws from a source of its
 * own, so it does the same where others are left out. Which faults stood together.
 */
function hurt(t: Telling, { trace, forced = [], only }: RunOptions): string[][] {
  const { world } = t
  const together: string[][] = [[]]
  const drawn = forced.length + 2 + seeded(`${t.seed} round ${t.count}`).int(5)
  for (let n = 0; n < drawn; n++) {
    const fault = forced[n] ?? t.draw()
    const step = t.count++
    const own = seeded(`${t.seed} step ${step}`)
    const enough = names(world).length >= (fault.nodesMin ?? 2)
    const what = enough && (only === undefined || only.includes(step)) ? world.drawing(own, () => fault.apply(world)) : undefined
    if (what === undefined) continue
    together.at(-1)?.push(fault.name)
    t.told.push(`${Math.round(world.nowMs())} ${fault.name}: ${what}`)
    t.steps.push(step)
    trace?.(`${world.nowMs().toFixed(2)} FAULT ${fault.name}: ${what}`)
    t.prober.round()
    world.run(own.int(n < forced.length - 1 ? 300 : t.stepMs))
    if (n >= forced.length && own.chance(0.3)) {
      heal(world)
      together.push([])
    }
  }
  return together
}

/** An operator's wish that ends late, since nobody led, lets what it had moved go back. */
const stopsOnce: ReadonlySet<string> = new Set(['coordinator.stop-failed-fence', 'resource.quorum-stop', 'coordinator.intent-end'])

/** Demands that the cluster serves again (liveness). */
function serves(world: World, well: () => boolean, wellMs: number): void {
  const sinceMs = world.nowMs()
  // Whoever is held down for flapping is let in again when that ends, and has its time from then on.
  const endMs = world.run(wellMs, well) || !holds(world) ? sinceMs + wellMs : sinceMs + 2 * wellMs + holdMsMax
  for (let first = true; !staysWell(world, well, endMs); first = false) {
    // What could not be stopped still runs for a moment, until its machine is fenced, and a slow switch or watchdog acts after the mend; then it has to run again, in time.
    if (bothAlone(world)) return
    // And who hears only now that the other one decides alone, while that one has just begun anew, stops for it.
    const fromMs = sinceMs - (world.machines[0]?.spec.watchdogMs === undefined ? 0 : waitedMs)
    const excused = world.verdicts.some((v) => v.atMs >= fromMs && stopsOnce.has(v.verdict.key))
    // Where most logs began anew right before the mend they listen for a limit before anybody leads, and no lease is renewed meanwhile.
    const { limitMsMax = 0, electionMsMax = 0 } = world.machines[0]?.spec.timing ?? {}
    const lapsed = world.lapsedMs >= sinceMs && world.lapsedMs <= sinceMs + limitMsMax + electionMsMax
    const late = world.pdu.offMs >= sinceMs || world.resetMs >= sinceMs || lapsed
    if (world.nowMs() >= endMs) world.violate('L3', 'a minute after everything was mended, not every resource runs')
    else if (allRun(world))
      continue // somebody has only just lost its leader, or started anew
    else if (!first || !(excused || late)) world.violate('L5', 'resources stopped again although nothing was wrong any more')
    else continue
    return
  }
}

/** Somebody holds a flapping node down, which is no trouble: it ends by itself. */
const holds = (world: World): boolean =>
  world.machines.some((m) =>
    (m.stateOf('membership') as MembershipState | undefined)?.peers.some(
      (p) => p.state === 'suspect' && p.because?.key === 'membership.hold-down',
    ),
  )

/** Every second history has several rounds, with a rest after each: seconds as often as minutes, for some memories last no longer. */
function roundsOf(seed: string, dense: boolean): { readonly rounds: number; readonly restsMs: () => number } {
  const random = seeded(`${seed} rounds`)
  const rounds = random.chance(dense ? 0.9 : 0.5) ? 2 + random.int(roundsMax - 1) : 1
  return { rounds, restsMs: () => 1_000 * (dense ? denseSecondsMax : restSecondsMax) ** random.next() }
}

/** Every third history begins its rounds with a burst: faults right after each other, before anything has recovered from the one before. */
function burstOf(seed: string, draw: () => Fault, dense: boolean): readonly Fault[] {
  const random = seeded(`${seed} burst`)
  return random.int(3) < (dense ? 2 : 1) ? Array.from({ length: burstMin + random.int(burstMax - burstMin + 1) }, draw) : []
}

/** Machines that can join; and one cluster of four is created as a user does it, with one node that takes in the others. */
function membersOf(seed: string, mode: Mode): Pick<BeginOptions, 'spares' | 'founders'> {
  if (mode === 'disk') return {} // a slot of a shared disk belongs to a node for good
  const random = seeded(`${seed} members`)
  const spares = 1 + random.int(sparesMax)
  return random.int(4) === 0 ? { spares, founders: 1 } : { spares }
}

/** Forms a cluster; then hurts it for a while (safety), mends it, and demands that it serves again (liveness): once, or several times. */
export function runSeed(seed: string, nodes: number, options: RunOptions = {}): Run {
  const { trace, mode = 'plain', ends = endsOf(seed, nodes) } = options
  const timing = timingOf(seed, options.timing ?? 'drawn')
  const clones = options.clones === false ? undefined : clonesOf(seed, nodes, options.clones)
  const { world, watched } = begin(seed, nodes, {
    timing,
    clones,
    mode,
    ends,
    ...membersOf(seed, mode),
    ...(trace ? { trace } : {}),
  })
  const told: string[] = []
  const prober = new Prober(world, seed)
  const load = burst(world, seed)
  if (load !== undefined) told.push(`${Math.round(world.nowMs())} ${load}`)
  const { rounds, restsMs } = roundsOf(seed, options.dense ?? false)
  const together: string[][] = []
  const draw = drawing(seeded(`${seed} faults`), nodes, mode, clones !== undefined)
  const t: Telling = { world, seed, told, steps: [], prober, draw, count: 0, stepMs: ends === 'switch' ? stepMsMax : waitedStepMsMax }
  const well = (): boolean => isWell(world) && areBack(world)
  const forced = options.forced ?? burstOf(seed, draw, options.dense ?? false)
  for (let left = options.rounds ?? rounds; left > 0 && world.violations.length === 0; left--) {
    together.push(...hurt(t, { ...options, forced }))
    const { heldMs } = world.net
    heal(world)
    world.run(heldMs)
    watched.mended()
    const operatorLeaves = operator(world)
    trace?.(`${world.nowMs().toFixed(2)} HEALED`)
    serves(world, well, wellMsMax * slowness(timing))
    if (left === 1) break
    world.run(restsMs())
    if (!isWell(world)) world.violate('L5', 'resources stopped again in a rest')
    operatorLeaves()
    watched.hurt()
  }
  if (holds(world)) world.run(holdMsMax, () => !holds(world))
  watched.end()
  const { events, violations, throughCodec } = world
  const marks = world.marks.counts
  const hours = world.nowMs() / 3_600_000
  return {
    seed,
    hash: world.hash(),
    hours,
    events,
    violations,
    faults: told,
    steps: t.steps,
    together,
    marks,
    throughCodec,
    rounds: options.rounds ?? rounds,
    timing,
  }
}
