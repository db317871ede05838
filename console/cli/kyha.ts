#!/usr/bin/env node
/** `kyha`: data on stdout, messages on stderr, exit codes of the field. Never asks when stdin is not a terminal. */
import { text } from 'node:stream/consumers'
import { CommanderError } from 'commander'
import { askHidden } from './ask.js'
import { Exit } from './exit.js'
import { buildProgram } from './program.js'
import type { Io } from './run.js'

const io: Io = {
  out: (s) => void process.stdout.write(s),
  err: (s) => void process.stderr.write(s),
  env: process.env,
  stdout: process.stdout,
  stdin: () => text(process.stdin),
  ...(process.stdin.isTTY ? { ask: (question: string) => askHidden(question, process.stdin, io.err) } : {}),
  exit: Exit.ok,
}
process.stdout.on('error', (e: NodeJS.ErrnoException) => process.exit(e.code === 'EPIPE' ? Exit.ok : Exit.error))
try {
  await buildProgram(io).parseAsync(process.argv)
  process.exitCode = io.exit
} catch (e) {
  if (!(e instanceof CommanderError)) {
    io.err(`kyha itself failed: ${(e as Error).message} Please report it; KYHA_DEBUG=1 shows where.\n`)
    if (process.env['KYHA_DEBUG']) io.err(`${(e as Error).stack}\n`)
    process.exit(Exit.software)
  }
  process.exitCode = e.exitCode === 0 || e.code === 'commander.help' || e.code === 'commander.helpDisplayed' ? Exit.ok : Exit.usage
}
