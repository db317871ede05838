/** A quorum device in this process, in a directory of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { isRefusal } from '../../../console/join/names.js'
import { DeviceServer } from '../../../console/qdevice/server.js'
import type { DeviceDoc } from '../../../runtime/config/document.js'
import type { Refusal, Verdict } from '../../../runtime/verdict.js'
import { enrolAt, type TestCluster, until } from '../../contract/witness.bench.js'
import { freePort } from '../../ports.js'

export class Place {
  readonly said: Verdict[] = []
  readonly dir = join(mkdtempSync(join(tmpdir(), 'kyha-qdevice-')), 'state')
  #server: DeviceServer | undefined
  private constructor(readonly port: number) {}

  static async open(): Promise<Place> {
    const place = new Place(await freePort())
    await place.start()
    await until(() => place.serves, 'the device listens')
    return place
  }
  /** At an address that something else may have. */
  static async openAt(port: number): Promise<Place> {
    const place = new Place(port)
    await place.start()
    return place
  }
  get serves(): boolean {
    return this.said.some((v) => v.key === 'witness.serving')
  }
  async start(): Promise<void> {
    const listen = { address: '127.0.0.1', port: this.port }
    const server = await DeviceServer.open({ dir: this.dir, name: 'q1', listen, nowMs: () => Date.now(), say: (v) => this.said.push(v) })
    assert.ok(!isRefusal(server))
    this.#server = server
  }
  get connections(): number {
    return this.#server?.connections ?? 0
  }
  async stop(): Promise<void> {
    await this.#server?.close()
    this.#server = undefined
  }
  enrol(cluster: TestCluster): Promise<DeviceDoc | Refusal> {
    return enrolAt(this.dir, this.port, cluster)
  }
  async close(): Promise<void> {
    await this.stop()
    rmSync(join(this.dir, '..'), { recursive: true, force: true })
  }
}
