/**
 * `npm run rows [-o json]`: the 83 rows of the requirements, each with the tests that show it. A test shows a row by carrying its
 * id in brackets in its name, `[C2] the third failure moves the group`; it counts when its file passed and it was not skipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../runtime/paths.js'
import type { FileResult } from './runner/run.js'

const counts: readonly (readonly [letter: string, n: number])[] = [
  ['A', 13],
  ['B', 5],
  ['C', 26],
  ['D', 32],
  ['E', 7],
]
export const rowIds: readonly string[] = counts.flatMap(([letter, n]) => Array.from({ length: n }, (_, i) => `${letter}${i + 1}`))

/** Row id -> names of passing tests, from sources and the last run's results. */
export function rowsOf(results: readonly FileResult[], read: (file: string) => string): Record<string, string[]> {
  const rows: Record<string, string[]> = Object.fromEntries(rowIds.map((id) => [id, []]))
  for (const r of results) {
    if (r.failed > 0) continue
    const skipped = new Set(r.skips.map((s) => s.slice(0, s.lastIndexOf(': needs'))))
    for (const m of read(r.file).matchAll(/['"`]((?:\[[A-E]\d+\])+ [^'"`\n]+)['"`]/g)) {
      const name = m[1] as string
      if (skipped.has(name)) continue
      for (const id of name.matchAll(/\[([A-E]\d+)\]/g)) rows[id[1] as string]?.push(`${r.file.replace(/\.js$/, '')}: ${name}`)
    }
  }
  return rows
}

const resultsFile = join(root, 'dist', 'test-results.json')
if (process.argv[1]?.endsWith('rows.js')) {
  if (!existsSync(resultsFile)) {
    process.stderr.write('No test results yet: the rows are read from the last run. Run `npm test` first.\n')
    process.exit(66)
  }
  const results = JSON.parse(readFileSync(resultsFile, 'utf8')) as FileResult[]
  const sources = readdirSync(join(root, 'test'), { recursive: true }) as string[]
  const source = (f: string): string => sources.find((s) => s === f.replace(/\.js$/, '.ts') || s === f.replace(/\.js$/, '.tsx')) ?? ''
  const rows = rowsOf(results, (f) => (source(f) ? readFileSync(join(root, 'test', source(f)), 'utf8') : ''))
  if (process.argv.includes('json')) process.stdout.write(`${JSON.stringify(rows, null, 1)}\n`)
  else
    for (const id of rowIds) process.stdout.write(`${id.padEnd(4)} ${(rows[id] ?? []).length ? (rows[id] ?? []).join('\n     ') : '-'}\n`)
}
