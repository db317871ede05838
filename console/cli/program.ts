/** The command tree of `kyha`, built once per run so that the shell can use the same verbs. */
import { Command } from 'commander'
import { configCommands, fenceCommands, nodeVerbs, relationCommands, resourceVerbs } from './commands/change.js'
import { clusterCommands } from './commands/cluster.js'
import { listCommands, readCommands } from './commands/read.js'
import type { Io } from './run.js'

export function buildProgram(io: Io): Command {
  const program = new Command('kyha')
  program
    .description('kyha: high availability that explains itself')
    .option('--socket <path>', 'unix socket of a node (KYHA_SOCKET; /run/kyha/api.sock)')
    .option('--api <url>', 'a node’s API over TCP instead')
    .option('-o, --output <format>', 'table or json', 'table')
    .option('--lang <en|zh>', 'language of the sentences')
    .option('--dry-run', 'only show what would happen')
    .option('--revision <n>', 'refuse unless the configuration is at this revision')
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
  for (const sub of allOf(program)) sub.exitOverride().configureOutput({ writeOut: (s) => io.out(s), writeErr: (s) => io.err(s) })
  return program
}

const allOf = (c: Command): Command[] => c.commands.flatMap((sub) => [sub, ...allOf(sub)])
