/** Histories of many seeds, spread over processes. Seeds are given out in order, so that the same seeds are told however many processes there are. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { addMarks, type MarkCounts } from './marks.js'
import type { Mode } from './mode.js'
import type { Seeds } from './options.js'
import type { TimingOf } from './timings.js'
import type { Violation } from './world.js'

export interface SwarmOptions {
  readonly seeds: Seeds
  readonly nodes: number
  readonly jobs: number
  readonly timing: TimingOf
  readonly rounds?: number | undefined
  readonly dense?: boolean
  readonly mode?: Mode
  /** Each history begins with the pair of faults of its seed (faults/pairs.ts). */
  readonly pairs?: boolean
  /** Called with what stood together in a history. */
  readonly stood?: (together: readonly (readonly string[])[]) => void
  /** Goes on behind the last seed until so many hours are simulated. */
  readonly hours?: number | undefined
  /** Called for each seed that violated an invariant, as it comes. */
  readonly violated?: (answer: Answer, first: Violation) => void
}
export interface Told {
  readonly seed: number
  readonly nodes: number
  readonly timing: TimingOf
  readonly rounds: number | undefined
  readonly dense: boolean
  readonly mode: Mode
  readonly pairs: boolean
}
export interface Answer {
  readonly seed: number
  readonly hours: number
  readonly events: number
  readonly beat: string
  readonly faults: number
  readonly marks: MarkCounts
  readonly together?: readonly (readonly string[])[]
  readonly cpuHours: number
  readonly first?: Violation
}
export interface Swarm {
  readonly seeds: number
  readonly hours: number
  /** Simulated hours an hour of wall clock; and an hour of one core's time, the start of the processes left out. */
  readonly speedup: number
  readonly perCore: number
  readonly events: number
  readonly faults: number
  readonly marks: MarkCounts
  /** Simulated hours by heartbeat (timings.ts). */
  readonly byBeat: Readonly<Record<string, number>>
  readonly violations: readonly { readonly seed: string; readonly invariant: string; readonly because: string }[]
}

const worker = fileURLToPath(new URL('worker.js', import.meta.url))
/**
 * How a process of the swarm runs. Messages of a history die young: a larger nursery copies fewer of them, MiB. And a history runs many functions for a
 * short while: compiled simply at once, and optimized five times later than usual, they leave the core to the histories.
 */
const nodeFlags = ['--max-semi-space-size=32', '--always-sparkplug', '--interrupt-budget=600000']
/** Seeds that a process has in hand, so that it never waits for the next. */
const inHand = 2

/** Told to every seed until `enough`; ends when all that were given out are answered. Rejects when a process dies. */
async function tellAll(o: SwarmOptions, enough: (next: number) => boolean, heard: (a: Answer) => void): Promise<void> {
  let next = o.seeds.from
  const give = (child: ChildProcess): boolean => {
    if (enough(next)) return false
    const told: Told = {
      seed: next++,
      nodes: o.nodes,
      timing: o.timing,
      rounds: o.rounds,
      dense: o.dense ?? false,
      mode: o.mode ?? 'plain',
      pairs: o.pairs ?? false,
    }
    return child.send(told) || true
  }
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(worker, { execArgv: nodeFlags })
      let waiting = 0
      const feed = (): void => {
        while (waiting < inHand && give(child)) waiting++
        if (waiting === 0) child.disconnect()
      }
      child.on('message', (a: Answer) => {
        waiting--
        heard(a)
        feed()
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        if (waiting === 0) resolve()
        else reject(new Error(`a process of the swarm ended (${signal ?? code}) near seed ${next - 1}`))
      })
      feed()
    })
  await Promise.all(Array.from({ length: o.jobs }, one))
}

export async function swarm(o: SwarmOptions): Promise<Swarm> {
  const began = process.hrtime.bigint()
  const answers: Answer[] = []
  let hours = 0
  const enough = (next: number): boolean => next > o.seeds.to && hours >= (o.hours ?? 0)
  await tellAll(o, enough, (a) => {
    answers.push(a)
    hours += a.hours
    if (a.first) o.violated?.(a, a.first)
    if (a.together) o.stood?.(a.together)
  })
  const wallHours = Number(process.hrtime.bigint() - began) / 3.6e12
  const sum = (of: (a: Answer) => number): number => answers.reduce((n, a) => n + of(a), 0)
  const byBeat: Record<string, number> = {}
  const marks: Record<string, number> = {}
  for (const a of answers) addMarks(marks, a.marks)
  for (const a of answers) byBeat[a.beat] = (byBeat[a.beat] ?? 0) + a.hours
  return {
    seeds: answers.length,
    hours: rounded(hours),
    speedup: Math.round(hours / wallHours),
    perCore: Math.round(hours / sum((a) => a.cpuHours)),
    events: sum((a) => a.events),
    faults: sum((a) => a.faults),
    marks,
    byBeat: Object.fromEntries(Object.entries(byBeat).map(([beat, h]) => [beat, rounded(h)])),
    violations: answers
      .sort((a, b) => a.seed - b.seed)
      .flatMap((a) => (a.first ? [{ seed: String(a.seed), invariant: a.first.invariant, because: a.first.because }] : [])),
  }
}

const rounded = (n: number): number => Math.round(n * 1000) / 1000
