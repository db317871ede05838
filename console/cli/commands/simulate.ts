/**
 * `kyha simulate`: the simulator on the user's own configuration, that of the running cluster or of a file: what would have happened to each
 * resource under faults drawn from a seed. The simulator is loaded when the verb runs; no cluster is touched.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { parse } from 'yaml'
import { type ConfigDoc, cloneOf } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { sentence as problemText } from '../../../runtime/config/problem.js'
import { render, type TextKey } from '../../../runtime/text/index.js'
import { sim } from '../../../runtime/text/sim.js'
import { type Args, verdict } from '../../../runtime/verdict.js'
import type { Foreseen } from '../../../test/sim/foresee.js'
import { errorView } from '../../api/errors.js'
import { refusalView } from '../../api/refusal.js'
import { sentence } from '../../api/sentences.js'
import type { ConfigView, NodeView } from '../../api/views.js'
import { ApiError, call } from '../client.js'
import { Exit } from '../exit.js'
import { nearest } from '../nearest.js'
import { heads } from '../render.js'
import { action, type Io, type Run } from '../run.js'
import { duration, fold, type Terminal, table } from '../terminal.js'
import { readFile } from './change.js'

interface Options {
  readonly seed: string
  readonly faults: string
  readonly hours: number
  readonly file?: string
  readonly nodes?: string
}
/** What is simulated: a configuration, the nodes that have it, and their votes where they are known. */
interface Given {
  readonly doc: ConfigDoc
  readonly nodes: readonly string[]
  readonly votes: readonly number[]
}

const hoursMax = 720
const kinds = Object.keys(sim)
  .flatMap((key) => /^sim\.fault-(.+)$/.exec(key)?.[1] ?? [])
  .filter((k) => k !== 'unknown')
const usual = 'power-off,partition,one-way,link-dark,loss,service-dies,agent-fails,kyhad-kill,disk-stall,fence-refuses'

const say = (t: Terminal, key: TextKey, args: Args = {}): string => render(t.lang, key, args)
const faultText = (t: Terminal, name: string): string => say(t, `sim.fault-${name}` as TextKey)
const refuse = (code: string, key: TextKey, args: Args = {}): never => {
  throw new ApiError(refusalView({ refused: code, because: verdict('refuse', key, args) }))
}

function hoursOption(text: string): number {
  const hours = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || hours <= 0 || hours > hoursMax)
    throw new InvalidArgumentError(`Hours are a number above 0, at most ${hoursMax}.`)
  return hours
}
function seedOption(text: string): string {
  if (!/^[\w.-]{1,40}$/.test(text)) throw new InvalidArgumentError('A seed is a number, or a word of at most 40 letters and digits.')
  return text
}

/** Nodes that a document names, in the order in which people count. */
function namesIn(text: string): string[] {
  let top: Record<string, unknown> | null
  try {
    top = parse(text) as Record<string, unknown> | null
  } catch {
    return [] // parseConfig says what is wrong with it
  }
  const list = (v: unknown): Record<string, unknown>[] => (Array.isArray(v) ? v.filter((x) => typeof x === 'object' && x !== null) : [])
  const keys = (v: unknown): string[] => (typeof v === 'object' && v !== null ? Object.keys(v) : [])
  const placed = list(top?.['location']).flatMap((l) => [l['node'], ...(Array.isArray(l['levels']) ? l['levels'] : [])])
  const all = [...keys(top?.['nodes']), ...placed, ...list(top?.['fencing']).flatMap((f) => keys(f['hosts']))]
  return sorted([...new Set(all.filter((n): n is string => typeof n === 'string'))])
}
const sorted = (names: string[]): string[] => names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

async function given(run: Run, o: Options): Promise<Given | undefined> {
  if (o.file === undefined) {
    const [{ doc }, { nodes }] = await Promise.all([
      call<ConfigView>(run.target, '/config'),
      call<{ nodes: readonly NodeView[] }>(run.target, '/nodes'),
    ])
    return { doc, nodes: nodes.map((n) => n.name), votes: nodes.map((n) => n.votes) }
  }
  const text = await readFile(run, o.file)
  if (text === undefined) return undefined
  const nodes = o.nodes === undefined ? namesIn(text) : o.nodes.split(',').filter((n) => n !== '')
  const parsed = parseConfig(text, nodes)
  if (!parsed.ok) throw new ApiError(errorView('invalid', {}, { problems: parsed.problems.map((p) => problemText(run.terminal.lang, p)) }))
  if (nodes.length === 0) refuse('usage', 'sim.no-nodes', { file: o.file })
  return { doc: parsed.doc, nodes, votes: [] }
}

function faultsOf(run: Run, text: string): string[] {
  const names = [...new Set(text.split(',').filter((n) => n !== ''))]
  for (const name of names.length > 0 ? names : [text]) {
    if (kinds.includes(name)) continue
    const close = nearest(name, kinds)
    refuse('usage', 'sim.fault-unknown', { name, near: close === undefined ? '' : say(run.terminal, 'sim.near', { name: close }) })
  }
  return names
}

async function simulator(): Promise<{
  foresee: typeof import('../../../test/sim/foresee.js')['foresee']
  faultNamed: typeof import('../../../test/sim/faults/index.js')['faultNamed']
}> {
  try {
    const [{ foresee }, { faultNamed }] = await Promise.all([
      import('../../../test/sim/foresee.js'),
      import('../../../test/sim/faults/index.js'),
    ])
    return { foresee, faultNamed }
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw e
    return refuse('unavailable', 'sim.not-here')
  }
}

async function simulate(run: Run, o: Options): Promise<void> {
  const t = run.terminal
  if (o.faults === 'help') return listFaults(run)
  const names = faultsOf(run, o.faults)
  const what = await given(run, o)
  if (!what) return
  if (what.doc.resources.length === 0) refuse('invalid', 'sim.no-resources')
  const { foresee, faultNamed } = await simulator()
  const faults = names.flatMap((n) => faultNamed(n) ?? [])
  const shows = run.io.stdout.isTTY === true
  const progress = (share: number): void => run.io.err(`\r${say(t, 'sim.progress', { percent: Math.round(100 * share) })}\x1b[K`)
  const seen = foresee({ seed: o.seed, doc: what.doc, nodes: what.nodes, faults, hours: o.hours, ...(shows && { progress }) })
  if (shows) run.io.err('\r\x1b[K')
  if (seen.violations.length > 0) run.io.exit = Exit.software
  const file = o.file === undefined ? '' : ` --file ${o.file}${o.nodes === undefined ? '' : ` --nodes ${o.nodes}`}`
  const command = `kyha simulate --seed ${o.seed} --faults ${o.faults} --hours ${o.hours}${file}`
  if (run.json) run.io.out(`${JSON.stringify(view(o, what, seen, command), null, 1)}\n`)
  else run.io.out(told(t, o, what, seen, command))
}

function listFaults(run: Run): void {
  const rows = kinds.map((name) => [name, faultText(run.terminal, name)])
  const usualOnes = usual.split(',')
  if (run.json) {
    const faults = kinds.map((name) => ({
      name,
      usual: usualOnes.includes(name),
      because: sentence(verdict('list', `sim.fault-${name}` as TextKey)),
    }))
    run.io.out(`${JSON.stringify({ apiVersion: 'kyha/v1', kind: 'SimulationFaults', faults }, null, 1)}\n`)
  } else run.io.out(table(run.terminal, heads(run.terminal, 'fault', 'what'), rows))
}

type Resource = Foreseen['resources'][number]
const movesOf = (r: Resource): number => r.outages.filter((a) => a.to !== undefined && a.to !== a.from).length
const downOf = (r: Resource): number => r.outages.reduce((sum, a) => sum + a.ms, 0)
const longestOf = (r: Resource): number => Math.max(0, ...r.outages.map((a) => a.ms))

/** Its name; of a clone, what of it is looked at. */
const labelOf = (t: Terminal, r: Resource): string => (r.counts ? say(t, `sim.counts-${r.counts}`, { resource: r.name }) : r.name)

function view(o: Options, { doc, nodes }: Given, seen: Foreseen, command: string): object {
  return {
    apiVersion: 'kyha/v1',
    kind: 'Simulation',
    cluster: doc.name,
    nodes,
    seed: o.seed,
    hours: o.hours,
    simulatedMs: seen.busyMs,
    faults: seen.faults,
    resources: seen.resources.map((r) => ({
      name: r.name,
      ...(r.counts && { counts: r.counts }),
      ran: r.ran,
      availability: r.ran ? 1 - downOf(r) / (o.hours * 3_600_000) : 0,
      moves: movesOf(r),
      downMs: downOf(r),
      longestMs: longestOf(r),
      cleanups: r.cleanups,
      outages: r.outages.map((a) => ({ ...a, to: a.to ?? null, because: sentence(verdict('note', `sim.why-${a.why}`)) })),
    })),
    fences: seen.fences,
    unconfirmed: seen.unconfirmed,
    violations: seen.violations,
    command,
  }
}

/** `list` counted by `name`, the most frequent first. */
function counted<T>(list: readonly T[], name: (x: T) => string): [name: string, of: readonly T[]][] {
  const by = new Map<string, T[]>()
  for (const x of list) by.set(name(x), [...(by.get(name(x)) ?? []), x])
  return [...by].sort((a, b) => b[1].length - a[1].length)
}

/** Why it was away, in plain words, the most frequent first. */
function reasons(t: Terminal, r: Resource, doc: ConfigDoc): string[] {
  const config = doc.resources.find((x) => x.name === r.name)
  const group = doc.groups.find((g) => g.members.includes(r.name))
  const clone = cloneOf(doc, r.name)
  if (!r.ran && [config?.meta, group, clone].some((x) => x?.targetRole === 'Stopped')) return [say(t, 'sim.stopped')]
  if (!r.ran) return [say(t, 'sim.never-ran', { resource: r.name })]
  if (r.outages.length === 0) return [say(t, 'sim.never-away')]
  const whys = counted(r.outages, (a) => `${a.why} ${a.fault}`).map(([, list]) => {
    const { why, fault } = list[0] as Resource['outages'][number]
    const longest = duration(t, Math.max(...list.map((a) => a.ms)))
    return say(t, 'sim.because', { times: list.length, why: say(t, `sim.why-${why}`), fault: faultText(t, fault), longest })
  })
  return [
    ...whys,
    ...(r.outages.some((a) => a.to === undefined) ? [say(t, 'sim.still-away')] : []),
    ...(r.cleanups > 0 ? [say(t, 'sim.cleanups', { times: r.cleanups, resource: r.name })] : []),
  ]
}

/** The answer for people. */
export function told(
  t: Terminal,
  o: Pick<Options, 'seed' | 'hours'>,
  { doc, nodes, votes }: Given,
  seen: Foreseen,
  command: string,
): string {
  const times = (list: readonly { readonly fault: string }[]): string =>
    counted(list, (x) => x.fault)
      .map(([what, of]) => say(t, 'sim.times', { times: of.length, what: faultText(t, what) }))
      .join(t.lang === 'zh' ? '；' : '; ')
  const faults = seen.faults.length === 0 ? say(t, 'sim.no-faults') : times(seen.faults)
  const args = { hours: o.hours, cluster: doc.name, nodes: nodes.join(', '), seed: o.seed, faults }
  const rows = seen.resources.map((r) => [
    labelOf(t, r),
    String(r.outages.length),
    r.outages.length === 0 ? '-' : duration(t, longestOf(r)),
    r.outages.length === 0 ? '-' : duration(t, downOf(r)),
    String(movesOf(r)),
  ])
  const whys = seen.resources.map((r) => [labelOf(t, r), ...reasons(t, r, doc).map((why) => fold(t, why, '  ', '  '))].join('\n'))
  const fences = counted(seen.fences, (f) => f.node).map(([node, list]) => [node, String(list.length), times(list)])
  const protects = doc.properties.fencingEnabled && doc.fencing.length > 0
  const notes = [
    ...(protects && seen.unconfirmed > 0 ? [say(t, 'sim.unconfirmed', { times: seen.unconfirmed })] : []),
    ...(protects || nodes.length === 1 ? [] : [say(t, 'console.no-fencing')]),
    ...(votes.some((v) => v !== 1) ? [say(t, 'sim.votes', { votes: votes.join(', ') })] : []),
    ...(seen.violations.length === 0 ? [say(t, 'sim.sound')] : []),
    say(t, 'sim.how', { simulated: duration(t, seen.busyMs) }),
  ]
  const wrong = seen.violations.slice(0, 1).map((v) => {
    const because = v.because.split('\n')[0] ?? ''
    return `${fold(t, say(t, 'sim.violated', { invariant: v.invariant, ms: v.atMs, because }))}\n  ${command}\n`
  })
  return [
    `${fold(t, say(t, 'sim.head', args))}\n`,
    table(t, heads(t, 'resource', 'away', 'longest', 'all', 'moves'), rows),
    `${whys.join('\n')}\n`,
    ...(fences.length > 0 ? [table(t, heads(t, 'node', 'fenced', 'because'), fences)] : []),
    ...wrong,
    `${notes.map((n) => fold(t, n)).join('\n')}\n`,
  ].join('\n')
}

export function simulateCommand(program: Command, io: Io): void {
  program
    .command('simulate')
    .description('what would happen to each resource: faults on your own configuration in simulated time')
    .option('--seed <n>', 'of the history: the same seed gives the same', seedOption, '1')
    .option('--faults <names>', 'which may happen, separated by commas; help lists them', usual)
    .option('--hours <h>', 'how long', hoursOption, 24)
    .option('--file <file>', 'a configuration file instead of the running cluster’s')
    .option('--nodes <names>', 'with --file: the nodes, where the file does not name them')
    .action(action(io, simulate))
}
