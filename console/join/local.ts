/**
 * Starting and stopping this machine's node: the guard, detached, with the arguments that node.json implies; and finding it again by what
 * it was started with, whoever did that (this command, systemd, a lab). An orderly stop leaves resources to the cluster where the API can
 * do that, else ends guard and kyhad alone: services then keep running on this machine and nobody watches them.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { NodeConfig } from '../../runtime/config/node.js'
import { fenceDir, kyhadArgv, nativeDir } from '../../runtime/paths.js'
import type { Refusal } from '../../runtime/verdict.js'
import { ApiError, call } from '../cli/client.js'
import { fileTrouble, nodeFile } from './layout.js'
import { refuse } from './names.js'

export const startMsMax = 20_000
export const stopMsMax = 15_000
/** Leaving moves resources away first. */
export const leaveMsMax = 120_000
const lookMs = 50

export const logFile = (node: Pick<NodeConfig, 'stateDir'>): string => join(node.stateDir, 'node.log')

/** Executable first: the guard with kyhad behind `--`. */
export function guardArgv(node: Pick<NodeConfig, 'runDir' | 'stateDir' | 'agents' | 'disks'>, dir: string): readonly string[] {
  const { agents } = node
  // Of the system's directories, and of kyha's own, the guard is given the fence agents only, not everything in them.
  const fence = agents.fence.map((d) => (d === fenceDir || /^\/usr\/(local\/)?s?bin$/.test(d) ? join(d, 'fence_*') : d))
  const dirs = [...agents.kyha, join(agents.ocfRoot, 'resource.d'), ...fence]
  const guard = [join(nativeDir, 'guard'), '--run', node.runDir, '--state', node.stateDir, ...dirs.flatMap((d) => ['--agents', d])]
  const disks = node.disks.flatMap(({ name, path }) => ['--disk', `${name}=${path}`])
  return [...guard, ...disks, '--', ...kyhadArgv(nodeFile(dir))]
}

/**
 * The guard of the node whose run directory this is; undefined when none runs. A child that the guard has forked and that has not become an
 * agent yet bears the same command line: it is the one whose parent bears it too.
 */
export function guardPid(runDir: string, proc = '/proc'): number | undefined {
  const bearers = readdirSync(proc).filter((name) => /^\d+$/.test(name) && isGuard(Number(name), runDir, proc))
  const own = bearers.find((pid) => !bearers.includes(parentOf(pid, proc)))
  return own === undefined ? undefined : Number(own)
}

function isGuard(pid: number, runDir: string, proc = '/proc'): boolean {
  const argv = textOf(join(proc, String(pid), 'cmdline')).split('\0')
  return basename(argv[0] ?? '') === 'guard' && argv.includes('--run') && argv[argv.indexOf('--run') + 1] === runDir
}

const parentOf = (pid: string, proc: string): string =>
  textOf(join(proc, pid, 'stat'))
    .split(') ')
    .at(-1)
    ?.split(' ')[1] ?? ''

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process ended meanwhile
  }
}

export const answers = (node: Pick<NodeConfig, 'api'>): Promise<boolean> =>
  call({ socket: node.api.socket }, '/status').then(
    () => true,
    (e) => e instanceof ApiError && e.view.code !== 'disconnected',
  )

/** Starts the guard and waits until kyhad answers. Value: the guard's pid. */
export async function startNode(node: NodeConfig, dir: string): Promise<{ readonly pid: number } | Refusal> {
  const [guard = '', ...args] = guardArgv(node, dir)
  if (!existsSync(guard)) return refuse('unavailable', 'cli.no-guard', { file: guard })
  const log = logFile(node)
  let out: number
  try {
    mkdirSync(node.runDir, { recursive: true, mode: 0o750 }) // on a tmpfs: gone after a reboot
    out = openSync(log, 'a', 0o640)
  } catch (e) {
    return fileTrouble(log, e)
  }
  const child = spawn(guard, args, { detached: true, stdio: ['ignore', out, out], cwd: '/' })
  closeSync(out)
  let ended: string | undefined
  child.once('error', (e) => (ended = e.message))
  child.once('exit', (code, signal) => (ended = `the guard ended with ${signal ?? `code ${code}`}`))
  child.unref()
  const up = await waitFor(startMsMax, async () => ended !== undefined || (await answers(node)))
  if (ended !== undefined) return refuse('unavailable', 'cli.start-failed', { why: ended, log, last: lastLine(log) })
  if (!up) return refuse('timeout', 'cli.start-slow', { seconds: startMsMax / 1000, log, last: lastLine(log) })
  return { pid: child.pid ?? 0 }
}

/** Ends the node and waits for it. `left`: the node left the cluster in order first. With `force` running services do not hold it up. */
export async function stopNode(node: NodeConfig, force: boolean): Promise<{ readonly left: boolean } | Refusal> {
  const pid = guardPid(node.runDir)
  const name = node.node.name
  if (pid === undefined) return refuse('not-found', 'cli.not-running', { node: name })
  const running = await runningHere(node)
  const left = force ? false : await leave(node)
  if (typeof left !== 'boolean') return left
  if (!left && !force && running.length > 0) return refuse('unsafe', 'cli.still-runs', { node: name, resources: running.join(', ') })
  const gone = (): boolean => !isGuard(pid, node.runDir)
  if (left) return (await waitFor(leaveMsMax, gone)) ? { left } : refuse('timeout', 'cli.leave-slow', { seconds: leaveMsMax / 1000 })
  try {
    process.kill(pid, force ? 'SIGQUIT' : 'SIGTERM') // the guard ends at once, or asks kyhad, which leaves or says that it may not
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ESRCH') return fileTrouble(`/proc/${pid}`, e)
  }
  if (await waitFor(stopMsMax, gone)) return { left }
  return refuse('timeout', 'cli.stop-slow', { seconds: stopMsMax / 1000, pid })
}

/** True when the node left in order, false when it knows no such thing or does not answer; a refusal stands. */
async function leave(node: NodeConfig): Promise<boolean | Refusal> {
  try {
    await call({ socket: node.api.socket }, '/node/leave', { method: 'POST', json: {} })
    return true
  } catch (e) {
    if (!(e instanceof ApiError)) throw e
    if (['alone', 'no-route', 'disconnected', 'starting', 'no-quorum', 'no-leader', 'not-found'].includes(e.view.code)) return false
    return refuse(e.view.code, 'cli.leave-refused', { why: e.view.message.en })
  }
}

/** Resources that run here now, as this node says; empty when it does not answer. */
export async function runningHere(node: NodeConfig): Promise<readonly string[]> {
  try {
    const answer = await call<{ resources: { name: string; node: string | null }[] }>({ socket: node.api.socket }, '/resources')
    return answer.resources.filter((r) => r.node === node.node.name).map((r) => r.name)
  } catch (e) {
    if (e instanceof ApiError) return []
    throw e
  }
}

export async function waitFor(msMax: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + msMax
  while (!(await holds())) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
  return true
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 300) || '-'
  } catch {
    return '-' // no log: nothing to quote
  }
}
