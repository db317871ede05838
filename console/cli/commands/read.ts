/** Verbs that only look: status, explain, events, and the show and list of each noun. */
import type { Command } from 'commander'
import { lifeText } from '../../../runtime/text/index.js'
import type { EventView, ExplainView, NodeView, ResourceView, StatusView } from '../../api/views.js'
import { ApiError, call, follow } from '../client.js'
import { error, event, events, explain, heads, links, nodes, quorum, resources, status, word } from '../render.js'
import { action, at, type Io, type Run, show } from '../run.js'
import { fold, state, table } from '../terminal.js'

/** What GET /events answers. */
interface Page {
  readonly reset: boolean
  readonly cursor: string
  readonly events: readonly EventView[]
}

async function watch(run: Run): Promise<void> {
  await new Promise<void>((resolve) => {
    const clear = run.io.stdout.isTTY === true ? '\x1b[H\x1b[2J' : ''
    follow(
      run.target,
      '',
      (e) => {
        if (e.event === 'status') run.io.out(run.json ? `${e.data}\n` : clear + status(run.terminal, JSON.parse(e.data) as StatusView))
      },
      (failed) => {
        if (failed) run.io.err(error(run.terminal, failed.view))
        resolve()
      },
    )
  })
}

async function followEvents(run: Run, since: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    follow(
      run.target,
      since,
      (e) => {
        if (e.event === 'event') run.io.out(run.json ? `${e.data}\n` : `${event(run.terminal, JSON.parse(e.data) as EventView)}\n`)
      },
      (failed) => (failed ? reject(failed) : resolve()),
    )
  })
}

export function readCommands(program: Command, io: Io): void {
  program
    .command('status')
    .description('the cluster at a glance')
    .option('-w, --watch', 'go on showing it as it changes')
    .action(
      action(io, async (run, options: { watch?: boolean }) =>
        options.watch ? watch(run) : void (await show<StatusView>(run, '/status', status)),
      ),
    )
  program
    .command('explain <resource>')
    .description('why a resource is where it is, and why not elsewhere')
    .option('--on <node>', 'only this node')
    .action(
      action(io, async (run, resource: string, options: { on?: string }) => {
        await show<ExplainView>(run, `/resources/${at(resource)}/explain${options.on ? `?on=${at(options.on)}` : ''}`, explain)
      }),
    )
  program
    .command('events')
    .description('what happened and why')
    .option('--since <cursor>', 'only after this cursor')
    .option('-f, --follow', 'go on')
    .action(
      action(io, async (run, options: { since?: string; follow?: boolean }) => {
        if (options.follow) return followEvents(run, options.since ?? '')
        const { since = '' } = options
        const path = `/events${since ? `?since=${at(since)}` : ''}`
        const { reset } = await show<Page>(run, path, (t, v) => events(t, v, since))
        if (reset && !run.json) run.io.err(`${fold(run.terminal, word(run.terminal, 'events-reset'))}\n`)
      }),
    )
  program
    .command('quorum')
    .description('votes')
    .command('status', { isDefault: true })
    .description('votes, and why they are or are not enough')
    .action(
      action(io, async (run) => {
        if (run.json) return void (await show(run, '/quorum', () => ''))
        await show<StatusView>(run, '/status', quorum)
      }),
    )
  program
    .command('link')
    .description('heartbeat links as this node hears them')
    .command('list', { isDefault: true })
    .description('every link to every peer')
    .action(action(io, async (run) => void (await show<Pick<StatusView, 'links'>>(run, '/links', links))))
}

/** `node list|show`, `resource list|show`. */
export function listCommands(node: Command, resource: Command, io: Io): void {
  node
    .command('list', { isDefault: true })
    .description('all of them')
    .action(action(io, async (run) => void (await show<{ nodes: NodeView[] }>(run, '/nodes', (t, v) => nodes(t, v.nodes)))))
  node
    .command('show <node>')
    .description('one node, its life and its resources')
    .action(
      action(io, async (run, name: string) => {
        await show<{ member: NodeView; resources: ResourceView[] }>(run, `/nodes/${at(name)}`, (t, v) => {
          const facts = [
            [word(t, 'boot'), lifeText(v.member.boot ?? '-')],
            [word(t, 'counter'), String(v.member.counter ?? '-')],
            ...v.member.links.map(({ link, ...place }) => [word(t, 'link', { link }), word(t, 'address', place)]),
          ]
          return `${nodes(t, [v.member])}\n${table(t, heads(t, 'fact', 'value'), facts)}\n${resources(t, v.resources)}`
        })
      }),
    )
  resource
    .command('list', { isDefault: true })
    .description('all of them')
    .action(
      action(io, async (run) => void (await show<{ resources: ResourceView[] }>(run, '/resources', (t, v) => resources(t, v.resources)))),
    )
  resource
    .command('show <resource>')
    .description('one resource on every node, its failures and parameters')
    .action(
      action(io, async (run, name: string) => {
        await show<{ resource: ResourceView; config: { params: Record<string, string> } }>(run, `/resources/${at(name)}`, (t, v) => {
          const cells = v.resource.cells.map((c) => [
            c.node,
            state(t, v.resource.promotable && c.state === 'running' ? 'unpromoted' : c.state),
            c.level === 0 ? '-' : c.level === 1 ? word(t, 'master') : word(t, 'slave', { level: c.level - 1 }),
            c.failCount === 0 ? '-' : String(c.failCount),
            c.lastFailure?.exitReason ?? '',
          ])
          const params = Object.entries(v.config.params).map(([k, value]) => [k, value])
          return `${resources(t, [v.resource])}\n${table(t, heads(t, 'node', 'state', 'level', 'fails', 'last-failure'), cells)}\n${table(t, heads(t, 'parameter', 'value'), params)}`
        })
      }),
    )
}

/** For scripts that wait: the status, or undefined while the node does not answer. */
export async function tryStatus(run: Pick<Run, 'target'>): Promise<StatusView | undefined> {
  try {
    return await call<StatusView>(run.target, '/status')
  } catch (e) {
    if (e instanceof ApiError) return undefined
    throw e
  }
}
