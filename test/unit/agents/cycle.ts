/** Runs an agent as the guard would: the environment of hostEnv and of the actor's operation, nothing inherited, until its exit. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CloneMeta } from '../../../actors/resource/messages.js'
import { exitReason } from '../../../actors/resource/ocf.js'
import { agentOp } from '../../../actors/resource/ops.js'
import { type HostFacts, hostEnv, resolveArgv0 } from '../../../agents/contract.js'
import type { ResourceDoc } from '../../../runtime/config/document.js'
import { opId, resourceId } from '../../../runtime/ids.js'
import { agentDir, nativeDir } from '../../../runtime/paths.js'
import { doc, op } from '../resource/bench.js'

export interface Ran {
  readonly rc: number
  readonly reason: string
  readonly stdout: string
  readonly ms: number
}

/** A private folder, the facts of a host in it, and a way to run agents there. `into`: words before the agent (nsenter ...). */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-agents-'))
  readonly facts: HostFacts = {
    ocfRoot: '/usr/lib/ocf',
    kyhaDir: agentDir,
    fenceDirs: [],
    runDir: join(this.dir, 'run'),
    nativeDir,
    nodeProgram: process.execPath,
  }
  private n = 0

  constructor(private readonly into: readonly string[] = []) {
    mkdirSync(this.facts.runDir)
  }

  run(
    agent: string,
    action: string,
    params: ResourceDoc['params'],
    more: { readonly depth?: number; readonly intervalMs?: number; readonly timeoutMs?: number; readonly clone?: CloneMeta } = {},
  ): Promise<Ran> {
    const made = agentOp({
      id: opId(`1.1.${this.n++}`),
      resource: resourceId('r'),
      doc: doc('res-1', { agent, params }),
      action,
      op: op(more.timeoutMs ?? 20_000, more),
      node: 'n1',
      token: 42,
      ...(more.clone && { clone: more.clone }),
    })
    if ('problem' in made) return Promise.reject(new Error(made.problem))
    const [name = '', ...args] = made.argv
    const argv = [...this.into, resolveArgv0(name, this.facts) ?? '', ...args]
    const env = { ...hostEnv(this.facts), ...made.env }
    const since = performance.now()
    return new Promise((resolve, reject) => {
      const child = spawn(argv[0] ?? '', argv.slice(1), { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (d) => {
        stdout += d
      })
      child.stderr.on('data', (d) => {
        stderr += d
      })
      child.on('error', reject)
      child.on('exit', (rc) => {
        const ms = performance.now() - since
        setImmediate(() => {
          child.stdout.destroy()
          child.stderr.destroy()
          resolve({ rc: rc ?? -1, reason: exitReason({ end: 'exited', detail: '', stderr }), stdout, ms })
        })
      })
    })
  }

  /** The life that every agent must be able to lead; returns what went otherwise, '' = nothing. */
  async fullCycle(agent: string, params: ResourceDoc['params'], whileUp: () => Promise<void> = async () => {}): Promise<string> {
    const wrong: string[] = []
    const steps: readonly (readonly [action: string, rc: number])[] = [
      ['validate-all', 0],
      ['monitor', 7],
      ['stop', 0],
      ['start', 0],
      ['monitor', 0],
      ['start', 0],
      ['monitor', 0],
      ['stop', 0],
      ['monitor', 7],
      ['stop', 0],
      ['start', 0],
      ['stop', 0],
      ['monitor', 7],
    ]
    for (const [i, [action, rc]] of steps.entries()) {
      const ran = await this.run(agent, action, params)
      if (ran.rc !== rc) wrong.push(`step ${i} ${action}: ${ran.rc} instead of ${rc} (${ran.reason})`)
      if (i === 4) await whileUp()
    }
    return wrong.join('; ')
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** Values that would do harm if a shell ever read them as code. `mark` is the file that they would make. */
export const hostile = (mark: string): readonly string[] => [
  `$(touch ${mark})`,
  `\`touch ${mark}\``,
  `'; touch ${mark}; '`,
  `"; touch ${mark}; "`,
  `x\ntouch ${mark}\n`,
  `| touch ${mark}`,
  `&& touch ${mark}`,
  `\${IFS}touch\${IFS}${mark}`,
  '-rf',
  '--help',
  '*',
  '../../../etc/passwd',
  '%s%n%x',
  '\\',
  '\u001b[2J',
  'x'.repeat(16_000),
]
