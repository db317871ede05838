/** The cages: one process per demo machine that is its power switch. Started detached, so that they outlive the launcher. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { kyhadArgv, nativeDir, root } from '../../runtime/paths.js'
import type { DemoNode } from './layout.js'

const answerMsMax = 20_000
const socketMsMax = 5000

/** One line to a switch, its answer back; undefined when the switch does not answer. */
export function ask(socket: string, line: string, msMax = answerMsMax): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const c = connect(socket, () => c.write(`${line}\n`))
    const end = (answer: string | undefined): void => {
      clearTimeout(late)
      c.destroy()
      resolve(answer)
    }
    const late = setTimeout(() => end(undefined), msMax)
    c.on('data', (d) => {
      text += d.toString()
      if (text.includes('\n')) end(text.trim())
    })
    c.on('error', () => end(undefined))
    c.on('close', () => end(text.trim() || undefined))
  })
}

/** Cages that this process started, by their socket. */
const cages = new Map<string, ChildProcess>()

/** Does any machine's switch answer? */
export const anyUp = async (demo: { readonly nodes: readonly DemoNode[] }): Promise<boolean> =>
  (await Promise.all(demo.nodes.map((n) => ask(n.power, 'status', 2000)))).some((answer) => answer !== undefined)

/** Starts the cage with the node's guard and kyhad in it. */
export function powerUp(node: DemoNode): void {
  const kyhad = kyhadArgv(join(node.dir, 'node.json'))
  const guard = [join(nativeDir, 'guard'), '--run', join(node.dir, 'run'), '--state', join(node.dir, 'state')]
  for (const dir of [join(root, 'agents'), nativeDir]) guard.push('--agents', dir)
  const cage = ['--socket', node.power, '--name', node.name, '--wipe', join(node.dir, 'run'), '--log', join(node.dir, 'node.log')]
  const child = spawn(join(nativeDir, 'cage'), [...cage, '--', ...guard, '--', ...kyhad], { detached: true, stdio: 'ignore', cwd: '/' })
  child.unref()
  cages.set(node.power, child)
}

export async function waitFor(what: string, msMax: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + msMax
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${msMax / 1000} s`)
    await new Promise((r) => setTimeout(r, 50))
  }
}

/** Ends the machine and its cage; nothing of it runs afterwards. */
export async function end(node: DemoNode): Promise<void> {
  const cage = cages.get(node.power)
  // One that was started a moment ago has no socket yet, and must not be forgotten.
  const until = Date.now() + socketMsMax
  while (cage && cage.exitCode === null && !existsSync(node.power) && Date.now() < until) await new Promise((r) => setTimeout(r, 20))
  if (existsSync(node.power)) await ask(node.power, 'quit')
}
