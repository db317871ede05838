/** The terminal's side of the shell: prompt, history file (0600, 1,000 lines), completion, Ctrl-C. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { StatusView } from '../api/views.js'
import { ApiError, call } from '../cli/client.js'
import { Exit } from '../cli/exit.js'
import type { Io } from '../cli/run.js'
import { complete, fetchNames } from './complete.js'
import { type Shell, shellProgram } from './shell.js'

export interface ReplOptions {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly io: Io
  readonly history: string
}

export const historyMax = 1000

export function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((l) => l !== '')
      .slice(-historyMax)
      .reverse() // readline wants the newest first
  } catch {
    return [] // none yet
  }
}

export function keepHistory(file: string, newestFirst: readonly string[], io: Io): void {
  try {
    writeFileSync(file, `${[...newestFirst].slice(0, historyMax).reverse().join('\n')}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
  } catch (e) {
    io.err(`The history could not be kept in ${file} (${(e as NodeJS.ErrnoException).code}).\n`)
  }
}

const nameOfNode = (socket: string): Promise<string> =>
  call<StatusView>({ socket }, '/status').then(
    (s) => s.node,
    (e) => {
      if (e instanceof ApiError) return '?'
      throw e
    },
  )

/** Until quit or Ctrl-D. The exit code is that of the last line. */
export async function repl(shell: Shell, o: ReplOptions): Promise<number> {
  const target = { socket: shell.socket }
  let code: number = Exit.ok
  let history = readHistory(o.history)
  let abandon: (() => void) | undefined
  const name = await nameOfNode(shell.socket) // first of all: lines that come before somebody reads them would be lost
  const rl = createInterface({
    input: o.input,
    output: o.output,
    history: [...history],
    historySize: historyMax,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) =>
      void fetchNames(target).then((names) => done(null, complete(shellProgram(o.io), names, line))),
  })
  rl.on('history', (lines: string[]) => {
    history = [...lines]
  })
  // Ctrl-C ends what runs, not the shell: what the command still says is not heard any more.
  rl.on('SIGINT', () => {
    if (abandon) return abandon()
    rl.write(null, { ctrl: true, name: 'u' })
  })
  rl.setPrompt(`kyha(${name})> `)
  rl.prompt()
  for await (const line of rl) {
    let muted = false
    const own: Io = { ...o.io, out: (s) => void (muted || o.io.out(s)), err: (s) => void (muted || o.io.err(s)) }
    const stopped = new Promise<{ code: number; quit: boolean }>((resolve) => {
      abandon = () => {
        muted = true
        resolve({ code: Exit.ok, quit: false })
      }
    })
    const ran = await Promise.race([shell.run(line, own), stopped])
    abandon = undefined
    code = ran.code
    if (ran.quit) break
    rl.prompt()
  }
  rl.close()
  keepHistory(o.history, history, o.io)
  return code
}
