/**
 * `npm run sim -- --mutants`: each safety rule is switched off in turn, and the swarm has to notice. A mutant that survives is a hole in the
 * checkers; one whose text is no longer in the code is broken and says so. Exit 1 when there is one of either.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { mutantsResult } from '../results.js'
import { mutants } from './list.js'
import { broken, type Mutant } from './mutate.js'

export interface Found {
  readonly caught: boolean
  readonly seconds: number
  readonly seed?: string
  readonly nodes?: number
  readonly invariant?: string
  readonly because?: string
}
export interface Row extends Found {
  readonly rule: string
  /** Files where the text to be replaced does not stand exactly once. */
  readonly broken?: readonly string[]
}
export interface Budget {
  readonly seeds: number
  readonly seconds: number
  readonly jobs: number
}

const child = fileURLToPath(new URL('./child.js', import.meta.url))

function look(mutant: Mutant, budget: Budget): Promise<Row> {
  const bad = broken(mutant)
  if (bad.length > 0) return Promise.resolve({ rule: mutant.rule, caught: false, seconds: 0, broken: bad.map((e) => e.file) })
  return new Promise((resolve) => {
    const process = fork(child, [mutant.rule, String(budget.seeds), String(budget.seconds)], { silent: true })
    let out = ''
    process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    let trouble = ''
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      trouble = (trouble + text).slice(-2000)
    })
    // A mutant may make the simulator go round in circles.
    const limit = setTimeout(() => process.kill('SIGKILL'), (budget.seconds + 60) * 1000)
    process.on('close', () => {
      clearTimeout(limit)
      const line = out.trim().split('\n').at(-1) ?? ''
      const found = line.startsWith('{') ? (JSON.parse(line) as Found) : { caught: false, seconds: budget.seconds, because: trouble.trim() }
      resolve({ rule: mutant.rule, ...found })
    })
  })
}

/** All mutants, or those whose rule has one of `words` in it. */
export async function hunt(words: readonly string[], budget: Budget, told: (row: Row) => void): Promise<readonly Row[]> {
  const queue = mutants.filter((m) => words.length === 0 || words.some((w) => m.rule.includes(w)))
  const rows: Row[] = []
  const worker = async (): Promise<void> => {
    for (let m = queue.shift(); m; m = queue.shift()) {
      const row = await look(m, budget)
      rows.push(row)
      told(row)
    }
  }
  await Promise.all(Array.from({ length: budget.jobs }, worker))
  return rows
}

export function lineOf(row: Row): string {
  const rule = row.rule.padEnd(60)
  if (row.broken) return `${rule} BROKEN  not exactly once in ${row.broken.join(', ')}`
  if (!row.caught) return `${rule} SURVIVES after ${row.seconds} s ${row.because ?? ''}`
  return `${rule} caught by ${row.invariant} in ${row.seconds} s: seed ${row.seed} of ${row.nodes} nodes`
}

/** Runs them and prints a line each, or all as JSON; true when every one was caught. */
export async function printMutants(
  words: readonly string[],
  budget: Budget,
  { json, results }: { readonly json: boolean; readonly results: boolean },
): Promise<boolean> {
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  if (words.length > 0 && !mutants.some((m) => words.some((w) => m.rule.includes(w)))) {
    process.stderr.write(`no rule has ${words.map((w) => `'${w}'`).join(' or ')} in it; --mutants without a word runs all of them\n`)
    return false
  }
  const rows = await hunt(words, budget, (row) => {
    if (!json) print(lineOf(row))
  })
  const caught = rows.filter((r) => r.caught).length
  if (json) print(JSON.stringify({ mutants: rows }))
  else print(`${rows.length} mutants, ${caught} caught`)
  if (results) mutantsResult(rows)
  return rows.length > 0 && caught === rows.length
}
