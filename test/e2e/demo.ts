/** The demo in a folder of its own, for tests that look at it from outside: started as `npm start` does, driven as `npm run demo` does. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../runtime/paths.js'

export const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms))
const script = (name: string): string => join(root, 'dist', 'console', 'demo', `${name}.js`)

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}
interface Status {
  readonly nodes: readonly { readonly name: string; readonly state: string }[]
  readonly resources: readonly { readonly id: string; readonly role: string; readonly node: string | null }[]
}

export class Demo {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-e2e-'))
  readonly env = { ...process.env, KYHA_DEMO_DIR: join(this.dir, 'demo') }
  launcher: ChildProcess | undefined
  said = ''

  launch(): ChildProcess {
    this.said = ''
    const child = spawn(process.execPath, [script('start')], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const out of [child.stdout, child.stderr])
      out?.on('data', (d: Buffer) => {
        this.said += d.toString()
      })
    this.launcher = child
    return child
  }

  async start(): Promise<void> {
    this.launch()
    await this.until('the demo', 90_000, () => this.console !== '' && this.service !== '')
  }

  get console(): string {
    return this.said.match(/^console: (.*)$/m)?.[1] ?? ''
  }
  get service(): string {
    return this.said.match(/^service: (.*)$/m)?.[1] ?? ''
  }
  /** URL of one node's page. */
  consoleOf(name: string): string {
    const { nodes } = JSON.parse(readFileSync(join(this.env.KYHA_DEMO_DIR, 'demo.json'), 'utf8'))
    return `http://127.0.0.1:${nodes.find((n: { name: string }) => n.name === name).apiPort}/`
  }

  demo(...args: string[]): Promise<Said> {
    return new Promise((resolve) =>
      execFile(process.execPath, [script('demo'), ...args], { env: this.env }, (e, out, err) =>
        resolve({ code: e ? Number(e.code) : 0, out, err }),
      ),
    )
  }
  async status(): Promise<Status> {
    return JSON.parse((await this.demo('status', '-o', 'json')).out)
  }
  async owner(resource = 'web'): Promise<string | null> {
    return (await this.status()).resources.find((r) => r.id === resource && r.role === 'Started')?.node ?? null
  }
  /** All nodes online, everything started. */
  async well(): Promise<void> {
    await this.until('a cluster that is well', 60_000, async () => {
      const s = await this.status()
      return s.nodes.every((n) => n.state === 'online') && s.resources.every((r) => r.role === 'Started')
    })
  }

  async until(what: string, msMax: number, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + msMax
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${what} did not come about within ${msMax} ms\n${this.said}`)
      await sleep(100)
    }
  }

  /** Processes whose command line names our folder. */
  left(): string[] {
    return readdirSync('/proc').filter((p) => {
      try {
        return /^\d+$/.test(p) && p !== String(process.pid) && readFileSync(`/proc/${p}/cmdline`, 'utf8').includes(this.dir)
      } catch {
        return false // it ended meanwhile
      }
    })
  }

  async end(): Promise<void> {
    this.launcher?.kill('SIGINT')
    await this.demo('stop')
    await this.until('the end', 30_000, () => this.left().length === 0)
    rmSync(this.dir, { recursive: true, force: true })
  }
}
