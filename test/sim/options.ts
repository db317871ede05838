/** The words of `npm run sim`. Bad input is one sentence and exit code 64. */
import { availableParallelism } from 'node:os'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { Mode } from './mode.js'
import type { TimingOf } from './timings.js'

export interface Seeds {
  readonly from: number
  readonly to: number
}
export interface Options {
  readonly seeds?: Seeds
  readonly seed?: string
  readonly nodes: number
  /** Who says which of two voters may go on alone. */
  readonly mode: Mode
  readonly hours?: number
  readonly jobs: number
  readonly timing: TimingOf
  readonly rounds?: number
  readonly dense?: boolean
  /** Steps of the one history that are taken. */
  readonly only?: readonly number[]
  readonly trace: boolean
  readonly hash: boolean
  readonly failover: boolean
  /** Ends kyhad or its machine before and after each effect of one history. */
  readonly crashPoints: boolean
  readonly ledger: boolean
  /** It is an error when a rare branch was never reached. */
  readonly marks: boolean
  /** Each history begins with the pair of faults of its seed. */
  readonly pairs: boolean
  /** Rules with one of these words in them, or all. */
  readonly mutants?: readonly string[] | true
  /** For each mutant: seeds, and seconds. */
  readonly budget: number
  readonly seconds: number
  /** Writes a section of bench/RESULTS.md. */
  readonly results: boolean
  readonly json: boolean
}

export const usageExit = 64
const nodesMax = 32
const jobsMax = 256
const seedMax = 2 ** 40
export const seedsDefault: Seeds = { from: 1, to: 50 }

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const n = Number(text)
    if (!/^\d+$/.test(text) || n < least || n > most) throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
    return n
  }
}

function range(text: string): Seeds {
  const [, from = '', to = ''] = text.match(/^(\d+)\.\.(\d+)$/) ?? []
  const seeds = { from: Number(from), to: Number(to) }
  if (from === '' || seeds.to < seeds.from || seeds.to > seedMax)
    throw new InvalidArgumentError('It is two whole numbers with two dots between them, the smaller one first, such as 1..50.')
  return seeds
}

function hours(text: string): number {
  const n = Number(text)
  if (!(n > 0 && n <= 1e9) || text.trim() === '')
    throw new InvalidArgumentError('It is a number of simulated hours above 0, such as 24 or 0.5.')
  return n
}

const steps = (text: string): readonly number[] => {
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError('It is the numbers of steps, with commas between them, such as 2,5,7.')
  return text.split(',').map(Number)
}

const one = (text: string): string => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is the seed of one history, a whole number such as 7; --seeds takes several.')
  return text
}

/** Nodes of each mode that the command knows. */
const nodesOf = { three: 3, 'two-node': 2, witness: 2, disk: 2 } as const
const modes = ['three', 'two-node', 'witness', 'disk'] as const

function program(): Command {
  return new Command('sim')
    .description(
      'Whole clusters in virtual time: faults drawn from seeds, every invariant after every event. Exit code 1: one was violated.',
    )
    .argument('[nothing...]')
    .addOption(new Option('--seeds <A..B>', 'histories of these seeds (default 1..50)').argParser(range))
    .addOption(new Option('--seed <S>', 'one history').argParser(one))
    .addOption(new Option('--nodes <N>', 'machines (default 3)').argParser(whole(2, nodesMax)))
    .addOption(new Option('--mode <mode>', 'who may decide').choices(modes))
    .addOption(new Option('--hours <H>', 'go on with further seeds until so many hours are simulated').argParser(hours))
    .addOption(new Option('--jobs <N>', 'processes (default: one a core)').argParser(whole(1, jobsMax)))
    .addOption(new Option('--timing <which>', 'drawn: every second seed has another timing').choices(['drawn', 'default']).default('drawn'))
    .addOption(new Option('--rounds <N>', 'hurts and mends each history so often (default: drawn)').argParser(whole(1, 1_000_000)))
    .option('--dense', 'rests of seconds only, more rounds and bursts: ten times as many faults an hour')
    .addOption(new Option('--only <A,B,C>', 'with --seed: only these steps of it').argParser(steps))
    .option('--trace', 'with --seed: one line an event')
    .option('--hash', 'one line a seed: seed, hash of all events, their number')
    .option('--failover', 'virtual time of a failover over the seeds')
    .option('--crash-points', 'one history; kyhad or power ends before and after each of its effects')
    .option('--ledger', 'add a line to test/LEDGER.md; without --seeds, --seed or --hours: print its sum')
    .option('--results', 'write what came of it into bench/RESULTS.md: seeds, pairs or mutants')
    .option('--marks', 'exit code 1 when a rare branch was never reached')
    .option('--pairs', 'seed n begins with pair n of all pairs of faults (default: as many seeds as pairs): which were covered')
    .option('--mutants [words...]', 'switch off one safety rule after the other: each has to be noticed')
    .addOption(new Option('--budget <SEEDS>', 'with --mutants: seeds for each').argParser(whole(1, 1_000_000)).default(300))
    .addOption(new Option('--seconds <S>', 'with --mutants: time for each').argParser(whole(1, 86_400)).default(120))
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          text
            .replace(/^error: /, '')
            .trimEnd()
            .concat('\n'),
        ),
    })
}

interface Raw extends Omit<Options, 'nodes' | 'mode' | 'jobs' | 'json'> {
  readonly nodes?: number
  readonly jobs?: number
  readonly mode?: (typeof modes)[number]
  readonly output: 'text' | 'json'
}

function problemOf(raw: Raw, words: readonly string[]): string | undefined {
  const { mode, nodes, seed } = raw
  if (words.length > 0) return `nothing is known by the name '${words[0]}'; options begin with --, see --help`
  if (mode === 'three' && nodes !== undefined && nodes < 3)
    return `mode three needs at least 3 nodes, not ${nodes}; leave --nodes or --mode out`
  if (mode !== undefined && mode !== 'three' && nodes !== undefined && nodes !== 2)
    return `mode ${mode} has 2 nodes, not ${nodes}; leave --nodes or --mode out`
  if (seed !== undefined && (raw.seeds || raw.hours !== undefined)) return '--seed is one history; leave out --seeds and --hours'
  if (raw.dense && raw.ledger) return 'the ledger keeps histories as they are drawn; leave out --dense'
  if (seed !== undefined && raw.ledger) return 'the ledger keeps runs over many seeds; give --seeds or --hours instead of --seed'
  if (raw.only && seed === undefined) return '--only takes steps of one history; say which with --seed'
  if (raw.trace && seed === undefined) return '--trace shows one history; say which with --seed'
  return undefined
}

/** What was asked for, or the exit code when that is already answered. */
export function readOptions(args: readonly string[]): Options | { readonly exit: number } {
  const p = program()
  try {
    p.parse(args, { from: 'user' })
    const { nodes, jobs, mode, output, ...rest } = p.opts<Raw>()
    const problem = problemOf(p.opts<Raw>(), p.args)
    if (problem !== undefined) p.error(problem)
    const flags = {
      trace: rest.trace ?? false,
      hash: rest.hash ?? false,
      failover: rest.failover ?? false,
      crashPoints: rest.crashPoints ?? false,
      ledger: rest.ledger ?? false,
      marks: rest.marks ?? false,
      results: rest.results ?? false,
      pairs: rest.pairs ?? false,
    }
    const machines = nodes ?? nodesOf[mode ?? 'three']
    return {
      ...rest,
      ...flags,
      nodes: machines,
      mode: mode === 'witness' || mode === 'disk' ? mode : 'plain',
      jobs: jobs ?? availableParallelism(),
      json: output === 'json',
    }
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e
    return { exit: e.exitCode === 0 ? 0 : usageExit }
  }
}
