/** Real servants (native/servant) over real files, opened with O_DIRECT, in a directory of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { diskBlockBytes } from '../../../runtime/actor.js'
import { type DiskAnswer, type DiskAsk, DiskClient } from '../../../runtime/disk/client.js'
import { nativeDir } from '../../../runtime/paths.js'

export const program = join(nativeDir, 'servant')
export const block = (byte: number, count = 1): Uint8Array => new Uint8Array(count * diskBlockBytes).fill(byte)
export const asked = (client: DiskClient, ask: DiskAsk): Promise<DiskAnswer> => new Promise((resolve) => client.ask(ask, resolve))

export async function until(holds: () => boolean, what: string, msMax = 10_000): Promise<void> {
  for (const end = performance.now() + msMax; !holds(); ) {
    assert.ok(performance.now() < end, `${what} within ${msMax} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** One servant's process; `start` makes the next one at the same socket. */
export class Servant {
  said = ''
  #child: ChildProcess | undefined
  constructor(
    readonly path: string,
    readonly socket: string,
  ) {}

  get pid(): number {
    return this.#child?.pid ?? 0
  }
  get over(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }
  spawn(): void {
    const child = spawn(program, ['--path', this.path, '--socket', this.socket], { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    this.#child = child
  }
  /** Resolves when it listens. */
  async start(): Promise<void> {
    rmSync(this.socket, { force: true })
    this.spawn()
    await until(() => existsSync(this.socket) || this.over, 'the servant listens')
    assert.is(this.over, false, this.said)
    await until(() => /serves|cannot be used/.test(this.said), 'the servant has looked at its disk')
  }
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child?.kill(signal)
  }
  async stop(): Promise<void> {
    this.kill('SIGCONT')
    this.kill()
    await until(() => this.over, 'the servant ended')
  }
  client(): DiskClient {
    return new DiskClient(() => connect(this.socket))
  }
}

/** A directory with disks of `blocks` zero blocks each. */
export class Shelf {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-disk-'))
  readonly servants: Servant[] = []

  file(name: string, blocks = 16): string {
    const path = join(this.dir, name)
    writeFileSync(path, block(0, blocks))
    return path
  }
  async servant(path: string, socket = `s${this.servants.length}`): Promise<Servant> {
    const one = new Servant(path, join(this.dir, socket))
    this.servants.push(one)
    await one.start()
    return one
  }
  async close(): Promise<void> {
    for (const one of this.servants) await one.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
