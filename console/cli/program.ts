/** The command tree of `kyha`, built once per run so that the shell can use the same verbs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option, type ParseOptions } from 'commander'
import { root } from '../../runtime/paths.js'
import { configCommands, fenceCommands, nodeVerbs, relationCommands, resourceVerbs } from './commands/change.js'
import { clusterCommands } from './commands/cluster.js'
import { diskCommands } from './commands/disk.js'
import { planCommand } from './commands/plan.js'
import { qdeviceCommands } from './commands/qdevice.js'
import { listCommands, readCommands } from './commands/read.js'
import { secretCommands } from './commands/secret.js'
import { simulateCommand } from './commands/simulate.js'
import { helpIn } from './help.js'
import { nearest } from './nearest.js'
import type { Io } from './run.js'
import { detect, type Terminal } from './terminal.js'

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }

/** A group shows its list when no verb follows; a word that is no verb of it must not be taken for an argument of that list. */
class Program extends Command {
  override async parseAsync(argv?: readonly string[], options?: ParseOptions): Promise<this> {
    const words = options?.from === 'user' ? (argv ?? []) : (argv ?? process.argv).slice(2)
    refuseUnknownWord(this, this, words)
    return super.parseAsync(argv, options)
  }
}

function refuseUnknownWord(program: Command, at: Command, words: readonly string[]): void {
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return
    if (word.startsWith('-')) {
      const option = [...program.options, ...at.options].find((o) => o.short === word || o.long === word)
      if (option?.required) rest.shift()
      continue
    }
    if (at.commands.length === 0) return
    const sub = at.commands.find((c) => c.name() === word || c.aliases().includes(word as string))
    if (sub) return refuseUnknownWord(program, sub, rest)
    if (at === program || word === 'help') return // commander's own answer
    const verbs = at.commands.map((c) => c.name())
    const near = nearest(word, verbs)
    const meant = near === undefined ? '' : `\n(Did you mean ${near}?)`
    at.error(`error: ${at.name()} has no verb '${word}': ${verbs.join(', ')}${meant}`, { exitCode: 1, code: 'commander.unknownCommand' })
  }
}

function url(text: string): string {
  if (!/^http:\/\//.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('It is an address such as http://127.0.0.1:7480.')
  return text
}
function revision(text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A revision is a number; `kyha config show` begins with it.')
  return text
}

export function buildProgram(io: Io): Command {
  const program: Command = new Program('kyha')
  const terminal = (): Terminal => detect(io.env, io.stdout, program.opts()['lang'] as string | undefined)
  program
    .configureHelp(helpIn(terminal))
    .description('kyha: high availability that explains itself')
    .option('--socket <path>', 'unix socket of a node (KYHA_SOCKET; /run/kyha/api.sock)')
    .version(version, '-V, --version', 'version of this program')
    .option('--api <url>', 'a node’s API over TCP instead', url)
    .addOption(new Option('-o, --output <format>', 'how to answer').choices(['table', 'json']).default('table'))
    .addOption(new Option('--lang <language>', 'language of the sentences').choices(['en', 'zh']))
    .option('--dry-run', 'only show what would happen')
    .option('--revision <n>', 'refuse unless the configuration is at this revision', revision)
    .option('--key <id>', 'idempotency key, to ask again safely after a lost answer')
    .showSuggestionAfterError(true)
    .showHelpAfterError('(--help lists what there is)')
    .exitOverride()
    .configureOutput({ writeOut: (s) => io.out(s), writeErr: (s) => io.err(s) })
  readCommands(program, io)
  const node = program.command('node').description('nodes')
  const resource = program.command('resource').description('resources')
  listCommands(node, resource, io)
  nodeVerbs(node, io)
  resourceVerbs(resource, io)
  relationCommands(program, io)
  fenceCommands(program, io)
  configCommands(program, io)
  clusterCommands(program, node, io)
  qdeviceCommands(program, io)
  diskCommands(program, io)
  secretCommands(program, io)
  planCommand(program, io)
  simulateCommand(program, io)
  for (const sub of allOf(program)) sub.exitOverride().configureOutput({ writeOut: (s) => io.out(s), writeErr: (s) => io.err(s) })
  return program
}

const allOf = (c: Command): Command[] => c.commands.flatMap((sub) => [sub, ...allOf(sub)])
