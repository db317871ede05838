/** Verbs that change something. Each takes the global --dry-run, --revision N (If-Match) and --key (Idempotency-Key). */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { ConfigView, StatusView, TakeoverView } from '../../api/views.js'
import { call } from '../client.js'
import { Exit } from '../exit.js'
import { fenced, fencing, heads, points, takeover, word } from '../render.js'
import { action, at, type Io, make, post, type Run, show } from '../run.js'
import { fold, type Terminal, table } from '../terminal.js'
import { cibCommands, showCib } from './cib.js'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

export function durationOption(text: string): number {
  const m = text.match(/^(\d+)(ms|s|m|min|h|d)$/)
  if (!m) throw new InvalidArgumentError('A duration is a whole number and ms, s, min, h or d, for example 30min.')
  return Number(m[1]) * (units[m[2] as string] as number)
}

export function resourceVerbs(resource: Command, io: Io): void {
  const plain = {
    start: 'it is to run',
    stop: 'it is to be stopped',
    manage: 'the cluster may start and stop it',
    unmanage: 'nobody starts or stops it',
    clear: 'end a move or ban now',
  }
  for (const [verb, what] of Object.entries(plain)) {
    resource
      .command(`${verb} <resource>`)
      .description(what)
      .action(action(io, (run, name: string) => post(run, `/resources/${at(name)}/${verb}`)))
  }
  for (const verb of ['move', 'ban'] as const) {
    resource
      .command(`${verb} <resource> <node>`)
      .description(`${verb} for a while; ends by itself and leaves nothing behind`)
      .option('--for <duration>', 'how long it holds', durationOption, 3_600_000)
      .action(
        action(io, (run, name: string, node: string, options: { for: number }) =>
          post(run, `/resources/${at(name)}/${verb}`, { node, forMs: options.for }),
        ),
      )
  }
  resource
    .command('cleanup <resource>')
    .description('forget failures and probe anew')
    .option('--on <node>', 'only this node')
    .action(
      action(io, (run, name: string, options: { on?: string }) =>
        post(run, `/resources/${at(name)}/cleanup`, options.on ? { node: options.on } : {}),
      ),
    )
  resource
    .command('delete <resource>')
    .description('delete it with the constraints that name it (see --dry-run)')
    .action(action(io, (run, name: string) => make(run, `/resources/${at(name)}`, { method: 'DELETE' })))
}

export function nodeVerbs(node: Command, io: Io): void {
  const verbs = {
    standby: 'move everything away and take nothing',
    online: 'the end of standby',
    maintenance: 'leave what runs there as it is',
    ready: 'the end of maintenance',
  }
  for (const [verb, what] of Object.entries(verbs)) {
    node
      .command(`${verb} <node>`)
      .description(what)
      .action(action(io, (run, name: string) => post(run, `/nodes/${at(name)}/${verb}`)))
  }
}

export function fenceCommands(program: Command, io: Io): void {
  const fence = program.command('fence').description('fence devices, certificates, manual confirmation')
  fence
    .command('list', { isDefault: true })
    .description('all of them')
    .action(
      action(io, async (run) => {
        await show<StatusView['fencing']>(run, '/fence', fencing)
      }),
    )
  fence
    .command('history')
    .description('whose end was confirmed, how and by whom')
    .action(
      action(io, async (run) => {
        await show<StatusView['fencing']>(run, '/fence', fenced)
      }),
    )
  fence
    .command('confirm <node>')
    .description('you have seen that the machine is off; names its life (see kyha node show)')
    .requiredOption('--boot <id>', 'life of the machine')
    .action(action(io, (run, name: string, options: { boot: string }) => post(run, `/fence/${at(name)}/confirm`, { boot: options.boot })))
}

/** `-` is standard input; undefined when it cannot be read, which was said. */
export async function readFile(run: Run, file: string): Promise<string | undefined> {
  if (file === '-') return run.io.stdin()
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    const error = (e as NodeJS.ErrnoException).code ?? ''
    run.io.err(`${fold(run.terminal, word(run.terminal, 'no-input', { file, error }))}\n`)
    run.io.exit = Exit.noInput
    return undefined
  }
}

export function configCommands(program: Command, io: Io): void {
  const config = program.command('config').description('the configuration as one YAML document')
  config
    .command('show', { isDefault: true })
    .description('as it stands, with its revision')
    .option('--cib', 'as Pacemaker’s CIB')
    .action(
      action(io, async (run, options: { cib?: boolean }) => {
        if (options.cib) return showCib(run)
        await show<ConfigView>(run, '/config', (_, v) => `# revision ${v.revision}\n${v.yaml}`)
      }),
    )
  cibCommands(config, io)
  for (const verb of ['apply', 'plan'] as const) {
    config
      .command(`${verb} <file>`)
      .description(verb === 'apply' ? 'replace the configuration' : 'only show what apply would do')
      .action(
        action(io, async (run, file: string) => {
          const body = await readFile(run, file)
          if (body === undefined) return
          const planned: Run = verb === 'plan' ? { ...run, global: { ...run.global, dryRun: true } } : run
          await make(planned, '/config', { method: 'PUT', body, headers: { 'content-type': 'application/yaml' } })
        }),
      )
  }
  const cluster = program.command('cluster').description('the cluster as a whole')
  const verbs = { maintenance: 'leave every resource as it is', ready: 'manage resources again' }
  for (const [verb, what] of Object.entries(verbs))
    cluster
      .command(verb)
      .description(what)
      .action(action(io, (run) => post(run, `/cluster/${verb}`)))
}

const levelOf = (t: Terminal, node: string, level: number): string =>
  level === 0 ? word(t, 'level-master', { node }) : word(t, 'level-slave', { level, node })

/** As the document says it: a role or action of a promotable clone behind its name. */
const inRole = (name: string, role: string | undefined): string => (role === undefined ? name : `${name} (${role})`)

export function relationCommands(program: Command, io: Io): void {
  const relation = program.command('relation').description('location levels, colocation, order')
  relation
    .command('list', { isDefault: true })
    .description('all of them')
    .action(
      action(io, async (run) => {
        const { doc, revision, yaml: _, ...fresh } = await call<ConfigView>(run.target, '/config')
        const t = run.terminal
        const rows = [
          ...doc.locations.map((l) => [
            l.id,
            l.levels
              ? word(t, 'levels', {
                  resource: inRole(l.resource, l.role),
                  levels: l.levels.map((node, level) => levelOf(t, node, level)).join(', '),
                })
              : word(t, 'location', { resource: inRole(l.resource, l.role), node: l.node ?? '-', score: points(l.score ?? 0) }),
          ]),
          ...doc.colocations.map((c) => {
            const args = { resource: inRole(c.resource, c.role), with: inRole(c.with, c.withRole), score: points(c.score) }
            return [c.id, word(t, 'colocation', args)]
          }),
          ...doc.orders.map((o) => {
            const args = { first: inRole(o.first, o.firstAction), next: inRole(o.then, o.thenAction), kind: o.kind }
            return [o.id, word(t, 'order', args)]
          }),
        ]
        const relations = {
          ...fresh,
          kind: 'Relations',
          revision,
          locations: doc.locations,
          colocations: doc.colocations,
          orders: doc.orders,
        }
        run.io.out(run.json ? `${JSON.stringify(relations, null, 1)}\n` : table(t, heads(t, 'id', 'relation'), rows))
      }),
    )
  relation
    .command('matrix')
    .description('who takes over when nodes are lost')
    .option('--pairs', 'every loss of two nodes as well')
    .action(
      action(io, async (run, options: { pairs?: boolean }) => {
        await show<TakeoverView>(run, '/relations/matrix', (t, v) => takeover(t, v, options.pairs === true))
      }),
    )
}
