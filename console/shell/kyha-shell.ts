#!/usr/bin/env node
/**
 * `kyha-shell [--socket PATH] [--lang en|zh] [-e 'cmd; cmd' | -f FILE]`: a REPL at the door that the node's guard keeps. Without a terminal it reads lines
 * from standard input. With -e, -f or a pipe the first failed command ends it with that command's exit code.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Command, CommanderError } from 'commander'
import { Exit } from '../cli/exit.js'
import type { Io } from '../cli/run.js'
import { doorOf } from './admit.js'
import { repl } from './repl.js'
import { Shell } from './shell.js'

const io: Io = {
  out: (s) => void process.stdout.write(s),
  err: (s) => void process.stderr.write(s),
  env: process.env,
  stdout: process.stdout,
  stdin: () => Promise.resolve(''), // it is the shell's own
  exit: Exit.ok,
}

/** Lines of a script, in order; the first that fails ends it and is named. */
async function script(shell: Shell, lines: readonly string[], from: string): Promise<number> {
  for (const [i, line] of lines.entries()) {
    const { code, quit } = await shell.run(line)
    if (code !== Exit.ok) {
      if (lines.length > 1) io.err(`${from}:${i + 1}: ${line.trim().slice(0, 100)}\n`)
      return code
    }
    if (quit) break
  }
  return Exit.ok
}

function readScript(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    io.err(`${file} cannot be read (${(e as NodeJS.ErrnoException).code}).\n`)
    return undefined
  }
}

async function main(command: Command): Promise<number> {
  const o = command.opts<{ socket?: string; lang?: string; execute?: string; file?: string }>()
  const shell = new Shell({ io, socket: doorOf(o.socket, process.env), ...(o.lang === undefined ? {} : { lang: o.lang }) })
  if (o.execute !== undefined) return script(shell, o.execute.split('\n'), '-e')
  if (o.file !== undefined) {
    const lines = readScript(o.file)
    return lines === undefined ? Exit.noInput : script(shell, lines.split('\n'), o.file)
  }
  if (!process.stdin.isTTY) return script(shell, (await text(process.stdin)).split('\n'), 'stdin')
  const refusal = await shell.enter()
  if (refusal !== Exit.ok) return refusal
  const history = process.env['KYHA_HISTORY'] ?? join(process.env['HOME'] ?? '/', '.kyha_history')
  return repl(shell, { input: process.stdin, output: process.stdout, io, history })
}

const command = new Command('kyha-shell')
  .description('an interactive kyha on this node')
  .option('--socket <path>', "the door of a node, or its API's socket beside it (KYHA_SOCKET; /run/kyha/shell.sock)")
  .option('--lang <en|zh>', 'language of the sentences')
  .option('-e, --execute <commands>', 'run these, separated by ; or lines, and end')
  .option('-f, --file <script>', 'run the lines of a file, and end')
  .exitOverride()
process.stdout.on('error', (e: NodeJS.ErrnoException) => process.exit(e.code === 'EPIPE' ? Exit.ok : Exit.error))
try {
  command.parse(process.argv)
  process.exitCode = await main(command)
} catch (e) {
  if (!(e instanceof CommanderError)) throw e
  process.exitCode = e.exitCode === 0 ? Exit.ok : Exit.usage
}
