/**
 * Runs one uvu test file in its own process and reports counts to its parent by IPC. uvu alone calls some broken files green
 * (a hook that throws, a rejection that is no Error, a forgotten run()): counting `registered - passed` here does not.
 */
import { pathToFileURL } from 'node:url'

type Run = () => Promise<[errors: unknown, ran: number, skipped: number, total: number]>
const uvu = globalThis as unknown as { UVU_DEFER: number; UVU_QUEUE: [unknown, ...Run[]][]; UVU_INDEX: number }

uvu.UVU_DEFER = 1
uvu.UVU_QUEUE = [[null]]
uvu.UVU_INDEX = 0

let finished = false
process.on('exit', () => {
  if (finished) return
  process.stderr.write('\nexited before its tests finished\n')
  process.exitCode = 3
})

const file = process.argv[2]
if (file === undefined) throw new Error('child.js needs a test file: it is started by run.js')
await import(pathToFileURL(file).href)

let passed = 0
let failed = 0
let skipped = 0
for (const [, ...runs] of uvu.UVU_QUEUE) {
  for (const run of runs) {
    const [errors, ran, skip, total] = await run()
    if (typeof errors === 'string') process.stdout.write(`\n${errors}\n`)
    else if (ran < total) process.stdout.write(`\n  FAIL: a hook threw or a rejection was no Error; ${total - ran} test(s) did not pass\n`)
    passed += ran
    failed += total - ran
    skipped += skip
  }
}
finished = true
process.send?.({ passed, failed, skipped }, () => process.exit(failed > 0 ? 1 : 0))
