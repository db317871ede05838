/**
 * The test runner: `node dist/test/runner/run.js [-j N] [PATTERN ...]`. One process per `*.test.js` file, a limit on each, its whole
 * process group ended afterwards, no file without tests. Writes dist/test-results.json (what `rows` reads).
 * The last line is `N passed, N failed, N skipped`; exit 1 when something failed or nothing ran.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface FileResult {
  file: string
  passed: number
  failed: number
  skipped: number
  /** `name: reason` of each skipped test. */
  skips: string[]
  /** What tests measured and do not assert: lines `# figure ...`. */
  figures: string[]
  ms: number
}

const here = dirname(fileURLToPath(import.meta.url))
const testDir = dirname(here)
const fileMsMax = Number(process.env['KYHA_TEST_FILE_MS'] ?? 180_000)

const args = process.argv.slice(2)
const parallelAt = args.indexOf('-j')
const parallel = parallelAt >= 0 ? Number(args.splice(parallelAt, 2)[1]) : 2

const files = (readdirSync(testDir, { recursive: true }) as string[])
  .filter((f) => f.endsWith('.test.js'))
  .filter((f) => args.length === 0 || args.some((a) => f.includes(a)))
  .sort()

/** Tests of real hosts share bridges, sockets and both cores, and the swarm takes both: they run alone, after the others. */
const alone = (f: string): boolean => /^(rig|stories|e2e|swarm)\//.test(f)

const endGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ESRCH') throw e
  }
}

function runFile(file: string): Promise<FileResult> {
  const started = Date.now()
  return new Promise((resolve) => {
    const child = fork(join(here, 'child.js'), [join(testDir, file)], { silent: true, detached: true, execArgv: ['--enable-source-maps'] })
    let out = ''
    let counts: { passed: number; failed: number; skipped: number } | undefined
    let late = false
    const limit = setTimeout(
      () => {
        late = true
        endGroup(child)
      },
      fileMsMax * (alone(file) ? 4 : 1),
    )
    const keep = (d: Buffer): void => {
      if (out.length < 1 << 20) out += d.toString()
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('message', (m) => {
      counts = m as typeof counts
    })
    child.on('exit', (code, signal) => {
      clearTimeout(limit)
      endGroup(child)
      const result: FileResult = { file, passed: 0, failed: 0, skipped: 0, skips: [], figures: [], ms: Date.now() - started, ...counts }
      if (!counts) {
        result.failed = 1
        out += `\n  FAIL ${late ? `no end in time` : `died (${signal ?? code})`}\n`
      } else if (result.passed + result.failed + result.skipped === 0) {
        result.failed = 1
        out += '\n  FAIL registered no test (missing run()?)\n'
      }
      const lines = (mark: string): string[] => [...out.matchAll(new RegExp(`^# ${mark} (.*)$`, 'gm'))].map((m) => m[1] as string)
      result.skips = lines('skip')
      result.figures = lines('figure')
      process.stdout.write(`${result.failed > 0 ? '✗' : '✓'} ${file}  ${result.passed} passed, ${result.ms} ms\n`)
      if (result.failed > 0) process.stdout.write(`${out}\n`)
      resolve(result)
    })
  })
}

const results: FileResult[] = []
async function drain(queue: string[], width: number): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) results.push(await runFile(file))
  }
  await Promise.all(Array.from({ length: width }, worker))
}
await drain(
  files.filter((f) => !alone(f)),
  parallel,
)
await drain(files.filter(alone), 1)

results.sort((a, b) => (a.file < b.file ? -1 : 1))
for (const r of results) for (const f of r.figures) process.stdout.write(`figure: ${f}\n`)
for (const r of results) for (const s of r.skips) process.stdout.write(`skipped: ${relative('.', r.file)}: ${s}\n`)
writeFileSync(join(dirname(testDir), 'test-results.json'), JSON.stringify(results, null, 1))
const sum = (pick: (r: FileResult) => number): number => results.reduce((n, r) => n + pick(r), 0)
const [passed, failed, skipped] = [sum((r) => r.passed), sum((r) => r.failed), sum((r) => r.skipped)]
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
