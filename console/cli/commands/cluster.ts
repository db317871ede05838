/**
 * Verbs that make, join, start and stop: they work on this machine's files and processes; join codes and removal go through the API. What
 * these need (certificates, TLS) is loaded when a verb runs, so that `kyha status` stays quick.
 */
import { type Command, InvalidArgumentError } from 'commander'
import type { LinkAddress, NodeConfig } from '../../../runtime/config/node.js'
import { render, type TextKey } from '../../../runtime/text/index.js'
import type { Args, Refusal, Verdict } from '../../../runtime/verdict.js'
import { decodeJoinCode } from '../../../runtime/wire/joincode.js'
import { refusalView } from '../../api/refusal.js'
import type { ChangeView } from '../../api/views.js'
import type { CodeView } from '../../join/desk.js'
import { apiPortDefault, caKeyFile, dirDefault, nodeFile, placesOf, readNode, runDirDefault, stateDirDefault } from '../../join/layout.js'
import { guardArgv, guardPid, runningHere, startNode, stopNode } from '../../join/local.js'
import { isRefusal, linkText, parseLinks } from '../../join/names.js'
import { ApiError, call } from '../client.js'
import { change } from '../render.js'
import { action, at, type Io, make, type Run } from '../run.js'
import { fold } from '../terminal.js'
import { durationOption } from './change.js'

/** `value`, or its refusal as the error that every command ends with. */
function good<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new ApiError(refusalView(value))
  return value
}

const words = (run: Run, key: TextKey, args: Args = {}): string => render(run.terminal.lang, key, args)
const line = (run: Run, key: TextKey, args: Args = {}): void => run.io.out(`${fold(run.terminal, words(run, key, args))}\n`)

/** Data on stdout: JSON, or sentences that `text` writes. Warnings on stderr in both. */
function tell(run: Run, value: object, warnings: readonly Verdict[], text: () => void): void {
  for (const w of warnings) run.io.err(`${fold(run.terminal, words(run, w.key, w.args))}\n`)
  if (run.json) run.io.out(`${JSON.stringify(value, null, 1)}\n`)
  else text()
}

/** Commands stand on lines of their own, unfolded, so that they can be copied. */
function next(run: Run, ...commands: [command: string, what: TextKey][]): void {
  const wide = Math.max(...commands.map(([c]) => c.length))
  const lines = commands.map(([c, what]) => `  ${wide > run.terminal.columns / 2 ? c : `${c.padEnd(wide)}  ${words(run, what)}`}`)
  run.io.out(`\n${words(run, 'cli.next')}\n${lines.join('\n')}\n`)
}

interface PlaceOptions {
  readonly dir: string
  readonly runDir: string
  readonly stateDir: string
}
interface MakeOptions extends PlaceOptions {
  readonly node: string
  readonly link: string
  readonly apiPort: number
  readonly fenceDirs?: string
  readonly force?: boolean
}

function portOption(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('A port is a number from 0 (none) to 65535.')
  return Number(text)
}
function votesOption(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255) throw new InvalidArgumentError('Votes are a whole number from 0 (observer) to 255.')
  return Number(text)
}

const makeOptions = (command: Command): Command =>
  command
    .requiredOption('--node <name>', 'name of this machine in the cluster')
    .requiredOption('--link <addresses>', 'this machine’s address on each heartbeat link: 10.0.0.1[:port],10.1.0.1')
    .option('--dir <path>', 'where the node’s files go', dirDefault)
    .option('--run-dir <path>', 'state of this life of the machine, on a tmpfs', runDirDefault)
    .option('--state-dir <path>', 'durable state', stateDirDefault)
    .option('--api-port <port>', 'console on 127.0.0.1; 0 = unix socket only', portOption, apiPortDefault)
    .option('--fence-dirs <paths>', 'directories of fence agents, separated by commas (/usr/sbin and kyha’s own)')
    .option('--force', 'take link addresses that this machine does not have yet')

const made = (run: Run, o: MakeOptions, links: readonly LinkAddress[]) => ({
  node: o.node,
  links,
  places: placesOf(o),
  wishes: { apiPort: o.apiPort, fenceDirs: o.fenceDirs?.split(',').filter((d) => d !== '') ?? [] },
  force: o.force === true,
  dryRun: run.global.dryRun === true,
  nowMs: Date.now(),
})

/** How later commands find a node that does not lie in the usual places. */
const flags = (o: PlaceOptions): string => (o.dir === dirDefault ? '' : ` --dir ${o.dir}`)
const socket = (o: PlaceOptions): string => (o.runDir === runDirDefault ? '' : ` --socket ${o.runDir}/api.sock`)

async function create(run: Run, name: string, o: MakeOptions): Promise<void> {
  const links = good(parseLinks(o.link))
  const { createCluster } = await import('../../join/create.js')
  const { fingerprint, warnings } = good(await createCluster({ cluster: name, ...made(run, o, links) }))
  const args = { cluster: name, node: o.node, links: links.map(linkText).join(', '), dir: o.dir, caKey: caKeyFile(o.dir) }
  const done = run.global.dryRun !== true
  tell(
    run,
    { apiVersion: 'kyha/v1', kind: 'ClusterCreated', done, cluster: name, node: o.node, links, file: nodeFile(o.dir), fingerprint },
    warnings,
    () => {
      line(run, done ? 'cli.created' : 'cli.would-create', args)
      if (done) next(run, [`kyha cluster start${flags(o)}`, 'cli.next-start'], [`kyha${socket(o)} node add --name NAME`, 'cli.next-add'])
    },
  )
}

async function joinHere(run: Run, text: string, o: MakeOptions): Promise<void> {
  const code = good(decodeJoinCode(text))
  const links = good(parseLinks(o.link))
  const { joinCluster } = await import('../../join/client.js')
  const { cluster, warnings } = good(await joinCluster({ code, ...made(run, o, links) }))
  const args = { cluster, node: o.node, links: links.map(linkText).join(', ') }
  const done = run.global.dryRun !== true
  tell(run, { apiVersion: 'kyha/v1', kind: 'Joined', done, cluster, node: o.node, links, file: nodeFile(o.dir) }, warnings, () => {
    line(run, done ? 'cli.joined-here' : 'cli.would-join', args)
    if (done) next(run, [`kyha cluster start${flags(o)}`, 'cli.next-start'])
  })
}

async function giveCode(run: Run, wish: { name?: string; forMs: number; votes: number }): Promise<void> {
  const view = await call<CodeView>(run.target, '/join/codes', { method: 'POST', json: wish })
  const name = view.name ?? 'NAME'
  const command = `kyha join ${view.code} --node ${name} --link ADDRESS[,ADDRESS]`
  tell(run, { ...view, command }, [], () => {
    line(run, 'cli.code-given', { who: view.name === null ? '' : ` (${view.name})`, minutes: Math.round(view.seconds / 60) })
    run.io.out(`  ${view.code}\n`)
    line(run, 'cli.code-run', { listens: view.listens[0] ?? '-' })
    run.io.out(`  ${command}\n`)
    line(run, 'cli.code-print', { fingerprint: view.fingerprint })
  })
}

async function withdraw(run: Run): Promise<void> {
  const view = await call<object>(run.target, '/join/codes', { method: 'DELETE' })
  tell(run, view, [], () => line(run, 'cli.codes-withdrawn'))
}

async function removeNode(run: Run, name: string): Promise<void> {
  if (run.global.dryRun) return make(run, `/nodes/${at(name)}`, { method: 'DELETE' })
  const headers: Record<string, string> = run.global.revision === undefined ? {} : { 'if-match': run.global.revision }
  const view = await call<ChangeView>(run.target, `/nodes/${at(name)}`, { method: 'DELETE', headers })
  const votes = Number(view.diff.find((d) => d.path === 'votes')?.to ?? 0)
  tell(run, view, [], () => {
    run.io.out(change(run.terminal, view))
    line(run, 'cli.removed', { node: name, votes })
  })
}

const view = (node: NodeConfig, kind: string, more: object): object => ({
  apiVersion: 'kyha/v1',
  kind,
  cluster: node.cluster.name,
  node: node.node.name,
  ...more,
})

async function start(run: Run, dir: string): Promise<void> {
  const node = good(await readNode(dir))
  const known = { node: node.node.name, cluster: node.cluster.name }
  const pid = guardPid(node.runDir)
  if (pid !== undefined) return tell(run, view(node, 'NodeRunning', { pid }), [], () => line(run, 'cli.running', { ...known, pid }))
  if (run.global.dryRun) {
    const command = guardArgv(node, dir).join(' ')
    return tell(run, view(node, 'NodeStart', { done: false, command }), [], () => line(run, 'cli.would-start', { ...known, command }))
  }
  const started = good(await startNode(node, dir))
  tell(run, view(node, 'NodeStarted', started), [], () => line(run, 'cli.started', { ...known, pid: started.pid }))
}

async function stop(run: Run, dir: string, force: boolean): Promise<void> {
  const config = good(await readNode(dir))
  const node = config.node.name
  const resources = await runningHere(config)
  if (run.global.dryRun) {
    const args = { node, pid: guardPid(config.runDir) ?? 0, resources: resources.join(', ') || '-' }
    return tell(run, view(config, 'NodeStop', { done: false, resources }), [], () => line(run, 'cli.would-stop', args))
  }
  const { left } = good(await stopNode(config, force))
  tell(run, view(config, 'NodeStopped', { left, running: left ? [] : resources }), [], () => {
    if (left) return line(run, 'cli.stopped', { node })
    const running = words(run, resources.length > 0 ? 'cli.runs-on' : 'cli.runs-nothing', { resources: resources.join(', ') })
    line(run, 'cli.stopped-only', { node, running })
  })
}

/** start, stop and restart of this machine's node, under both nouns. */
function powerVerbs(noun: Command, io: Io, verbs: readonly ('start' | 'stop' | 'restart')[]): void {
  for (const verb of verbs) {
    const command = noun
      .command(verb)
      .description(`${verb} the node of this machine`)
      .option('--dir <path>', 'where its files are', dirDefault)
    if (verb !== 'start') command.option('--force', 'even if services run here: they go on running')
    command.action(
      action(io, async (run, o: { dir: string; force?: boolean }) => {
        if (verb !== 'start') await stop(run, o.dir, o.force === true)
        if (verb !== 'stop') await start(run, o.dir)
      }),
    )
  }
}

export function clusterCommands(program: Command, node: Command, io: Io): void {
  const cluster = program.commands.find((c) => c.name() === 'cluster') ?? program.command('cluster')
  makeOptions(cluster.command('create <name>'))
    .description('make a new cluster with this machine as its first node')
    .action(action(io, create))
  makeOptions(program.command('join <code>')).description('make this machine a node of a running cluster').action(action(io, joinHere))
  const code = (command: Command): Command =>
    command
      .option('--for <duration>', 'how long the code is good', durationOption, 30 * 60_000)
      .option('--votes <n>', 'votes of the new node', votesOption, 1)
  code(cluster.command('code'))
    .description('make a join code for a new node (on the node that holds the CA key)')
    .option('--withdraw', 'withdraw all open codes instead')
    .action(
      action(io, (run, o: { for: number; votes: number; withdraw?: boolean }) =>
        o.withdraw ? withdraw(run) : giveCode(run, { forMs: o.for, votes: o.votes }),
      ),
    )
  code(node.command('add'))
    .description('make a join code for a new node of this name')
    .requiredOption('--name <node>', 'name of the new node')
    .action(
      action(io, (run, o: { name: string; for: number; votes: number }) => giveCode(run, { name: o.name, forMs: o.for, votes: o.votes })),
    )
  node.command('remove <node>').description('take a node out of the cluster (see --dry-run)').action(action(io, removeNode))
  powerVerbs(cluster, io, ['start', 'stop', 'restart'])
  powerVerbs(node, io, ['start', 'stop'])
}
