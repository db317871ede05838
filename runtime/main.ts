/**
 * kyhad: started by the guard as `node main.js --config FILE`, with the guard's socket as descriptor KYHA_GUARD_FD. Reads its settings, greets
 * the guard, starts the tree, and stays until it is told to go.
 * Exit codes: 0 orderly end, 64 usage, 69 no guard, 70 the tree gave up or did not start (the guard starts kyhad again), 78 bad settings.
 * SIGKILL of its own: the guard is gone, or a thread cannot be ended.
 */
import { hostEnv, readMetadata, resolveArgv0 } from '../agents/contract.js'
import type { AgentOp, Incarnation } from './actor.js'
import { readJoining } from './config/joining.js'
import type { NodeConfig } from './config/node.js'
import { readNodeConfig } from './config/node.js'
import { sentence } from './config/problem.js'
import { connectGuard } from './guard/client.js'
import type { Facts } from './host/facts.js'
import { NodeHost } from './host/node.js'
import { nodeId } from './ids.js'
import { nativeDir } from './paths.js'
import type { Guard, GuardEvents } from './ports.js'
import { SecretsFile } from './secret/file.js'
import { filler } from './secret/fill.js'
import { reason } from './supervisor.js'
import { render } from './text/index.js'
import { verdict } from './verdict.js'

const Exit = { ok: 0, usage: 64, noGuard: 69, gaveUp: 70, settings: 78 } as const

function end(code: number, why: string): never {
  process.stderr.write(`kyhad: ${why}\n`)
  process.exit(code)
}

/** An agent's name becomes its path on this machine, and the machine's part of the environment is added. */
function completer(config: NodeConfig): (op: AgentOp) => AgentOp {
  const dirs = { ocfRoot: config.agents.ocfRoot, kyhaDir: config.agents.kyha[0] ?? '', fenceDirs: config.agents.fence }
  const env = hostEnv({ ...dirs, runDir: config.runDir, nativeDir, nodeProgram: process.execPath })
  return (op) => {
    const [name = '', ...rest] = op.argv
    return { ...op, argv: [resolveArgv0(name, dirs) ?? name, ...rest], env: { ...env, ...op.env } }
  }
}

function factsOf(config: NodeConfig, guard: Guard['hello']): Facts {
  const incarnation: Incarnation = { boot: guard.boot, counter: guard.counter }
  return {
    boot: { cluster: config.cluster.id, node: config.node.id, name: config.node.name, incarnation, timing: config.timing },
    node: {
      links: config.links,
      stateDir: config.stateDir,
      runDir: config.runDir,
      keyFile: config.keyFile,
      tls: config.tls,
      settings: { ...config },
    },
    guard,
  }
}

/** In which time the machine is reset when nobody pets its watchdog, where that is evidence for others. */
function watchdogOf(config: NodeConfig, guard: Guard['hello']): { readonly watchdogMs?: number } {
  const seconds = /, (\d+) s$/.exec(guard.watchdog)?.[1]
  return config.hardwareWatchdog && seconds !== undefined ? { watchdogMs: Number(seconds) * 1000 } : {}
}

async function main(args: readonly string[]): Promise<void> {
  const file = args[args.indexOf('--config') + 1]
  if (!args.includes('--config') || file === undefined) end(Exit.usage, render('en', 'runtime.no-config'))
  const fd = Number(process.env['KYHA_GUARD_FD'] ?? Number.NaN)
  if (!Number.isInteger(fd)) end(Exit.noGuard, render('en', 'runtime.no-guard'))
  const read = await readNodeConfig(file)
  if (!read.ok) end(Exit.settings, `${file} cannot be used:\n${read.problems.map((p) => `  ${sentence('en', p)}`).join('\n')}`)
  const { config } = read

  let host: NodeHost | undefined
  const early: (() => void)[] = []
  const later =
    <A extends unknown[]>(pick: (h: NodeHost) => (...a: A) => void) =>
    (...a: A): void => {
      if (host) pick(host)(...a)
      else early.push(() => host && pick(host)(...a))
    }
  const events: GuardEvents = {
    onResult: later((h) => h.guardEvents.onResult),
    onDeath: later((h) => h.guardEvents.onDeath),
    onInventory: later((h) => h.guardEvents.onInventory),
    onLease: later((h) => (state) => h.leaseSaid(state)),
    onLeave: later((h) => () => h.leavePlease()),
    onGone: (why) => {
      process.stderr.write(`kyhad: ${render('en', 'runtime.guard-gone', { reason: why })}\n`)
      process.kill(process.pid, 'SIGKILL') // process.exit waits for threads, and one may be blocked in the system
    },
  }
  const guard = await connectGuard(fd, events).catch((e: Error) => end(Exit.noGuard, e.message))
  host = new NodeHost({
    facts: factsOf(config, guard.hello),
    args: {
      log: {
        genesis: config.genesis,
        name: config.cluster.name,
        joining: (readJoining(config.stateDir)?.members ?? []).map((m) => nodeId(m.node)),
        ...watchdogOf(config, guard.hello),
      },
      'disk-heartbeat': { disks: config.disks.map(({ name }) => ({ name })) },
    },
    guard,
    complete: completer(config),
    read: readMetadata,
    fill: filler(new SecretsFile(config.keyFile), config.node.name),
    logTo: 2,
    logLevel: config.logLevel,
  })
  for (const run of early) run()
  const running = host
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => running.stop(reason('shutdown')))
  void running.started.then(() => {
    const { containment, watchdog, boot, counter } = guard.hello
    const args = { name: config.node.name, boot, counter, containment, watchdog }
    running.say('root', verdict('start', 'runtime.started', args, 'notice'))
  })
  const done = await host.ended
  process.exit(done.told ? Exit.ok : Exit.gaveUp)
}

await main(process.argv.slice(2))
