/**
 * `npm run coverage [-- PATTERN ...]`: the tests under c8, child processes and worker threads counted. Writes coverage/ (html, json-summary), prints
 * what is covered by room and every file below `linesMin`, and last of all the runner's own line. Exit code: the runner's.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from '../../runtime/paths.js'

interface Covered {
  readonly total: number
  readonly covered: number
  readonly pct: number
}
interface FileCoverage {
  readonly lines: Covered
  readonly branches: Covered
}

const linesMin = 95
/** Here every branch counts. */
const strict = ['actors/quorum', 'actors/log', 'actors/fencer']
const rooms = ['runtime', 'actors', 'agents', 'console']

/** Modules of types alone have nothing to run. */
const typesOnly = (readdirSync(join(root, 'dist'), { recursive: true }) as string[])
  .filter((f) => f.endsWith('.js') && rooms.some((room) => f.startsWith(`${room}/`)))
  .filter((f) => /^\s*(\/\*[\s\S]*?\*\/\s*)*export \{\};?\s*(\/\/.*\s*)*$/.test(readFileSync(join(root, 'dist', f), 'utf8')))

const options = [
  ...['--all', '--src', 'dist', '--clean', '--merge-async'],
  ...[...rooms.map((room) => `dist/${room}/**`), 'agents/fence/node-ipmi/dist/**'].flatMap((path) => ['--include', path]),
  ...['dist/console/web/**', ...typesOnly.map((f) => `dist/${f}`)].flatMap((path) => ['--exclude', path]), // web runs in a browser
  ...['--reporter', 'json-summary', '--reporter', 'html', '--reports-dir', join(root, 'coverage')],
]
const c8 = join(root, 'node_modules', 'c8', 'bin', 'c8.js')
const child = spawn(process.execPath, [c8, ...options, process.execPath, join(root, 'dist/test/runner/run.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
let last = ''
let rest = ''
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    if (/^\d+ passed, \d+ failed, \d+ skipped$/.test(line)) last = line
    else process.stdout.write(`${line}\n`)
  }
})
child.on('close', (code) => {
  print()
  process.stdout.write(`${last}\n`)
  process.exitCode = code ?? 1
})

function print(): void {
  const all = JSON.parse(readFileSync(join(root, 'coverage', 'coverage-summary.json'), 'utf8')) as Record<string, FileCoverage>
  const files = Object.entries(all)
    .filter(([path]) => path !== 'total')
    .map(([path, c]) => ({ path: relative(root, path), ...c }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const share = (of: readonly Covered[]): string => {
    const [covered, total] = [of.reduce((n, c) => n + c.covered, 0), of.reduce((n, c) => n + c.total, 0)]
    return total === 0 ? '-' : `${((100 * covered) / total).toFixed(1)} %`
  }
  process.stdout.write(`\nfiles below ${linesMin} % of their lines:\n`)
  for (const f of files.filter((f) => f.lines.pct < linesMin))
    process.stdout.write(`  ${f.path}  ${f.lines.pct} % (${f.lines.total - f.lines.covered} lines)\n`)
  process.stdout.write('\nlines, branches:\n')
  for (const room of [...rooms, ...strict]) {
    const mine = files.filter((f) => f.path.startsWith(`${room}/`))
    process.stdout.write(`  ${room}  ${share(mine.map((f) => f.lines))}, ${share(mine.map((f) => f.branches))}\n`)
  }
  process.stdout.write(`  total  ${share(files.map((f) => f.lines))}, ${share(files.map((f) => f.branches))}\n\n`)
}
