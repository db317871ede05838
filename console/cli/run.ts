/** What every command shares: the target, the terminal, output as table or JSON, errors as one sentence and an exit code. */
import type { Command } from 'commander'
import type { ChangeView } from '../api/views.js'
import { ApiError, type Call, call, type Target } from './client.js'
import { Exit, exitOf } from './exit.js'
import { change, error } from './render.js'
import { detect, type Terminal } from './terminal.js'

/** stdout, stderr and the environment, so that the shell and tests can stand in for the process. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly env: NodeJS.ProcessEnv
  readonly stdout: { isTTY?: boolean; columns?: number }
  readonly stdin: () => Promise<string>
  /** Asks for a line that is not shown; absent where stdin is no terminal. Undefined: whoever was asked gave up. */
  readonly ask?: (question: string) => Promise<string | undefined>
  exit: number
}

export interface Global {
  readonly socket?: string
  readonly api?: string
  readonly output?: string
  readonly lang?: string
  readonly dryRun?: boolean
  readonly revision?: string
  readonly key?: string
}

export interface Run {
  readonly io: Io
  readonly target: Target
  readonly terminal: Terminal
  readonly json: boolean
  readonly global: Global
}

export function runOf(io: Io, command: Command): Run {
  const global = command.optsWithGlobals() as Global
  const socket = global.socket ?? io.env['KYHA_SOCKET'] ?? '/run/kyha/api.sock'
  const terminal = detect(io.env, io.stdout, global.lang)
  const target: Target = { ...(global.api === undefined ? { socket } : { url: global.api }), lang: terminal.lang }
  return { io, target, terminal, json: global.output === 'json', global }
}

/** Wraps an action: an ApiError becomes its sentence on stderr (its JSON on stdout with -o json) and an exit code. */
export function action<A extends unknown[]>(io: Io, body: (run: Run, ...args: A) => Promise<void>): (...args: unknown[]) => Promise<void> {
  return async (...raw) => {
    const command = raw.at(-1) as Command
    // An empty word would become a path with nothing in it.
    if (raw.includes('')) command.error("error: a name is missing: '' is none")
    const run = runOf(io, command)
    try {
      await body(run, ...(raw.slice(0, -1) as A))
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      if (run.json) io.out(`${JSON.stringify(e.view, null, 1)}\n`)
      else io.err(error(run.terminal, e.view))
      io.exit = exitOf(e.view.code)
    }
  }
}

/** A read: prints the JSON answer, or `text` of it. */
export async function show<T>(run: Run, path: string, text: (t: Terminal, value: T) => string): Promise<T> {
  const value = await call<T>(run.target, path)
  run.io.out(run.json ? `${JSON.stringify(value, null, 1)}\n` : text(run.terminal, value))
  return value
}

/** A change with --dry-run, --revision and --key carried along. */
export async function make(run: Run, path: string, options: Call): Promise<void> {
  const { dryRun, revision, key } = run.global
  const headers = { ...options.headers, ...(revision ? { 'if-match': revision } : {}), ...(key ? { 'idempotency-key': key } : {}) }
  const value = await call<ChangeView>(run.target, `${path}${dryRun ? '?dryRun=true' : ''}`, { ...options, headers })
  run.io.out(run.json ? `${JSON.stringify(value, null, 1)}\n` : change(run.terminal, value))
  run.io.exit = Exit.ok
}

export const post = (run: Run, path: string, json: unknown = {}): Promise<void> => make(run, path, { method: 'POST', json })
export const at = (name: string): string => encodeURIComponent(name)
