/**
 * The ledger of simulated hours, test/LEDGER.md: one line a run, which only the command writes. What counts for the product as it is now are the lines
 * whose commit has the same actors as the present one; the sum says so.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../runtime/paths.js'
import type { Swarm } from './swarm.js'

const file = join(root, 'test', 'LEDGER.md')
const head = `# Ledger of simulated hours

Written by \`npm run sim -- --seeds A..B --ledger\` (or \`--hours H\`, which goes on behind the last seed); \`npm run sim -- --ledger\` sums up what was
simulated since actors/ last changed. "default" are the hours with the default timing, the others are those with drawn ones. Most hours are rests
between faults: how hard they were "faults" says.

| date | commit | nodes | seeds | hours | default | faults | events | violations |
|---|---|---|---|---|---|---|---|---|
`

const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

/** Why nothing can be written down, or undefined. */
export function notClean(): string | undefined {
  try {
    const changed = git('status', '--porcelain')
      .split('\n')
      .filter((l) => l !== '' && !l.endsWith(' test/LEDGER.md'))
    if (changed.length === 0) return undefined
    return `the ledger names the commit that was simulated, and ${changed.length} files differ from it; commit them first`
  } catch {
    return 'the ledger names the commit that was simulated, and this is no git checkout; run it in one'
  }
}

export interface LedgerLine {
  readonly commit: string
  readonly lastSeed: number
  readonly hours: number
  /** 0 in a line that does not say. */
  readonly faults: number
  readonly events: number
  readonly violations: number
}

/** Lines of the ledger's text; what is no such line is passed over. */
export const linesOf = (text: string): readonly LedgerLine[] =>
  text.split('\n').flatMap((line) => {
    const cells = line.split('|').map((c) => c.trim())
    const [, , commit = '', , seeds = '', hours, , faults, events, violations] = cells
    const lastSeed = Number(seeds.split('..')[1])
    return /^[0-9a-f]{7,40}$/.test(commit)
      ? [{ commit, lastSeed, hours: Number(hours), faults: Number(faults) || 0, events: Number(events), violations: Number(violations) }]
      : []
  })

const read = (): readonly LedgerLine[] => (existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : [])

/** The first seed that no line has: hours count once. */
export const nextSeed = (): number => Math.max(0, ...read().map((l) => l.lastSeed)) + 1

export function writeLine(s: Swarm, o: { readonly cluster: string; readonly from: number }): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : head
  const date = new Date().toISOString().slice(0, 10)
  const byDefault = s.byBeat['default'] ?? 0
  const seeds = `${o.from}..${o.from + s.seeds - 1}`
  const cells = [date, git('rev-parse', '--short', 'HEAD'), o.cluster, seeds, s.hours, byDefault, s.faults, s.events, s.violations.length]
  writeFileSync(file, `${text.trimEnd()}\n| ${cells.join(' | ')} |\n`)
}

/** Tree of actors/ in a commit; undefined when the commit is not known here. */
function actorsOf(commit: string): string | undefined {
  try {
    return git('rev-parse', `${commit}:actors`)
  } catch {
    return undefined
  }
}

export interface Sum {
  readonly runs: number
  readonly hours: number
  readonly faults: number
  readonly events: number
  readonly violations: number
  /** Of them, with the actors of the present commit. */
  readonly hoursSinceChange: number
  readonly faultsSinceChange: number
  readonly violationsSinceChange: number
  /** Of those again, what came after the last run that found a violation: with the simulator as it was mended then. */
  readonly hoursClean: number
}

export const sumUp = (): Sum => sumOf(read(), actorsOf)

/** `actors`: a name for actors/ in a commit, undefined when that is not known. */
export function sumOf(lines: readonly LedgerLine[], actors: (commit: string) => string | undefined): Sum {
  const now = actors('HEAD')
  const same = lines.filter((l) => now !== undefined && actors(l.commit) === now)
  const clean = same.slice(same.findLastIndex((l) => l.violations > 0) + 1)
  const sum = (list: readonly LedgerLine[], of: (l: LedgerLine) => number): number =>
    Math.round(list.reduce((n, l) => n + of(l), 0) * 1000) / 1000
  return {
    runs: lines.length,
    hours: sum(lines, (l) => l.hours),
    faults: sum(lines, (l) => l.faults),
    events: sum(lines, (l) => l.events),
    violations: sum(lines, (l) => l.violations),
    hoursSinceChange: sum(same, (l) => l.hours),
    faultsSinceChange: sum(same, (l) => l.faults),
    violationsSinceChange: sum(same, (l) => l.violations),
    hoursClean: sum(clean, (l) => l.hours),
  }
}
