/** A quorum device as its users run it (`kyha qdevice serve` in a process of its own) and the nodes of a cluster that is enrolled at it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { WitnessAsk, WitnessTold } from '../../actors/log/messages.js'
import { isRefusal } from '../../console/join/names.js'
import { enrolCluster } from '../../console/qdevice/add.js'
import { giveCode } from '../../console/qdevice/codes.js'
import { readDevice } from '../../console/qdevice/files.js'
import type { DeviceDoc } from '../../runtime/config/document.js'
import { now } from '../../runtime/host/clock.js'
import { clusterId, type NodeId, nodeId } from '../../runtime/ids.js'
import { root } from '../../runtime/paths.js'
import type { Refusal, Verdict } from '../../runtime/verdict.js'
import { type Issued, issueNode, makeClusterCa } from '../../runtime/wire/certificates.js'
import { fingerprint, type TlsIdentity } from '../../runtime/wire/identity.js'
import { DeviceClient } from '../../runtime/witness/client.js'
import type { Told } from '../../runtime/witness/protocol.js'
import { freePort } from '../ports.js'

const kyha = join(root, 'dist', 'console', 'cli', 'kyha.js')
export const until = async (holds: () => boolean, what: string, msMax = 15_000): Promise<void> => {
  for (const end = performance.now() + msMax; !holds(); ) {
    assert.ok(performance.now() < end, `${what} within ${msMax} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The device's process and directory. */
export class DeviceHost {
  readonly base = mkdtempSync(join(tmpdir(), 'kyha-qdevice-'))
  dir = join(this.base, 'state-0')
  said = ''
  #n = 0
  #child: ChildProcess | undefined
  private constructor(readonly port: number) {}

  static async open(): Promise<DeviceHost> {
    const host = new DeviceHost(await freePort())
    await host.start()
    return host
  }
  async start(): Promise<void> {
    this.said = ''
    const args = [kyha, 'qdevice', 'serve', '--listen', `127.0.0.1:${this.port}`, '--state', this.dir, '--name', 'q1']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    child.stderr?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    await until(() => this.said.includes('listens on') || child.exitCode !== null, 'the device serves')
    assert.is(child.exitCode, null, this.said)
  }
  /** As a power cut ends it, as far as a process can. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
  /** Another device without memory in its place. */
  async replace(): Promise<void> {
    await this.stop()
    this.dir = join(this.base, `state-${++this.#n}`)
    await this.start()
  }
  enrol(cluster: TestCluster): Promise<DeviceDoc | Refusal> {
    return enrolAt(this.dir, this.port, cluster)
  }
  async close(): Promise<void> {
    await this.stop()
    rmSync(this.base, { recursive: true, force: true })
  }
}

/** With a new code of the device in `dir`. */
export async function enrolAt(dir: string, port: number, { id, name, nodes }: TestCluster): Promise<DeviceDoc | Refusal> {
  const device = readDevice(dir)
  assert.ok(device && !isRefusal(device))
  const given = await giveCode(dir, 60_000, Date.now())
  assert.ok(!isRefusal(given))
  const print = fingerprint(device.cert).slice(0, 32)
  const code = { cluster: clusterId(device.id), fingerprint: print, address: '127.0.0.1', port, ...given }
  return enrolCluster({ code, node: { cluster: { id, name }, tls: (nodes[0] as TestNode).files }, dryRun: false })
}

export interface TestNode {
  readonly id: NodeId
  readonly tls: TlsIdentity
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string }
}

/** A cluster of two nodes: its CA and their certificates, in files. */
export class TestCluster {
  private constructor(
    readonly id: ReturnType<typeof clusterId>,
    readonly name: string,
    readonly ca: Issued,
    readonly nodes: readonly TestNode[],
    readonly dir: string,
  ) {}

  static async make(name: string): Promise<TestCluster> {
    const dir = mkdtempSync(join(tmpdir(), 'kyha-cluster-'))
    const ca = await makeClusterCa(name, Date.now())
    const nodes = await Promise.all(['n1', 'n2'].map((n) => makeNode(ca, n, join(dir, n))))
    return new TestCluster(clusterId(randomUUID()), name, ca, nodes, dir)
  }
  close(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

async function makeNode(ca: Issued, name: string, path: string): Promise<TestNode> {
  const id = nodeId(randomUUID())
  const own = await issueNode(ca, id, name, ['127.0.0.1'], Date.now())
  const files = { ca: `${path}.ca`, cert: `${path}.pem`, key: `${path}.key` }
  writeFileSync(files.ca, ca.cert)
  writeFileSync(files.cert, own.cert)
  writeFileSync(files.key, own.key, { mode: 0o600 })
  return { id, files, tls: { ca: ca.cert, cert: own.cert, key: readFileSync(files.key, 'utf8') } }
}

/** One node's own client of the device; asks again every 500 ms, as the log does. */
export class Asker {
  readonly said: Verdict[] = []
  #client: DeviceClient
  #told: ((told: WitnessTold) => void) | undefined

  constructor(
    readonly node: TestNode,
    readonly cluster: TestCluster,
    device: DeviceDoc,
  ) {
    this.#client = this.#open(device)
  }
  get client(): DeviceClient {
    return this.#client
  }
  use(device: DeviceDoc): void {
    this.#client.close()
    this.#client = this.#open(device)
  }
  /** The answer; rejects with what the client says when there is none in `msMax`. */
  ask(ask: WitnessAsk, msMax = 15_000): Promise<WitnessTold> {
    return new Promise((resolve, reject) => {
      const again = setInterval(() => this.#client.ask(ask), 500)
      const end = (): void => {
        clearInterval(again)
        clearTimeout(late)
        this.#told = undefined
      }
      const late = setTimeout(() => {
        end()
        reject(new Error(`no answer: ${JSON.stringify(this.#client.state)}`))
      }, msMax)
      this.#told = (told) => {
        if (told.ask !== ask.ask || told.epoch !== ask.epoch) return // an earlier question's, which was asked again
        end()
        resolve(told)
      }
      this.#client.ask(ask)
    })
  }
  close(): void {
    this.#client.close()
  }
  #open(device: DeviceDoc): DeviceClient {
    return new DeviceClient({
      device,
      cluster: this.cluster.id,
      tls: this.node.tls,
      links: [],
      now,
      told: ({ ask, witness, epoch }: WitnessAsk, { ok, record }: Told) =>
        this.#told?.({ type: 'witness-told', ask, witness, epoch, ok, ...(record ? { record } : {}) }),
      changed: () => undefined,
      say: (v) => this.said.push(v),
    })
  }
}

export function goodDevice(value: DeviceDoc | Refusal): DeviceDoc {
  assert.ok(!isRefusal(value), JSON.stringify(value))
  return value
}
