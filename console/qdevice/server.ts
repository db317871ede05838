/**
 * `kyha qdevice serve`: the third host's process that remembers, for many clusters, which of two nodes was let go on alone. TLS 1.3 only, both ends with
 * certificates; bounded in connections, in sockets that have not said anything, in clusters and in questions a second. A cluster whose files are damaged
 * is refused by itself, the others are served. When this process ends or its host goes, nothing happens to any cluster that has both its nodes.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import * as v from 'valibot'
import type { LinkAddress } from '../../runtime/config/node.js'
import { now } from '../../runtime/host/clock.js'
import { acquireLock, type Lock } from '../../runtime/store/lock.js'
import type { Refusal, Verdict } from '../../runtime/verdict.js'
import { verdict } from '../../runtime/verdict.js'
import { listen } from '../../runtime/wire/listen.js'
import { rarely } from '../../runtime/wire/quiet.js'
import { type EnrolCluster, protocol } from '../../runtime/witness/protocol.js'
import { fileTrouble } from '../join/layout.js'
import { isRefusal, refuse } from '../join/names.js'
import * as p from '../join/protocol.js'
import { Codes } from './codes.js'
import {
  ClusterFile,
  clusterDir,
  clustersIn,
  clustersMax,
  type Device,
  makeDir,
  openDevice,
  readJson,
  syncDir,
  writeDurably,
} from './files.js'
import { ClusterRecord, recordFile, recordText } from './record.js'
import { caOf, nodeBy, type Served, Visit } from './visit.js'

export const connectionsMax = 1024

export interface ServeOptions {
  readonly dir: string
  readonly name: string
  readonly listen: LinkAddress
  readonly nowMs: () => number
  readonly say: (because: Verdict) => void
}

export class DeviceServer {
  readonly #clusters = new Map<string, Served | Refusal>()
  readonly #visits = new Set<Visit>()
  readonly #codes: Codes
  readonly #say: (because: Verdict, who: string) => void
  #listener: ReturnType<typeof listen> | undefined
  /** One cluster is enrolled at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    readonly device: Device,
    private readonly o: ServeOptions,
    private readonly lock: Lock,
  ) {
    this.#codes = new Codes(o.dir)
    this.#say = rarely(now, o.say)
    for (const id of clustersIn(o.dir)) if (existsSync(join(clusterDir(o.dir, id), 'cluster.json'))) this.#clusters.set(id, this.#load(id)) // else it was never enrolled to its end
  }

  /** Serves from `dir`, where a device is made when there is none; or why not. A busy or missing address is tried again every second. */
  static async open(o: ServeOptions): Promise<DeviceServer | Refusal> {
    const device = await openDevice(o.dir, o.name, o.nowMs())
    if (isRefusal(device)) return device
    let lock: Lock
    try {
      lock = await acquireLock(o.dir)
    } catch (e) {
      const { because } = e as { because?: Verdict }
      return because ? refuse('exists', 'witness.locked', { dir: o.dir, pid: because.args['pid'] ?? 0 }) : fileTrouble(o.dir, e)
    }
    const server = new DeviceServer(device, o, lock)
    const { cert, key, name } = device
    const clusters = server.clusters.map((c) => ('record' in c ? c.name : c.because.key)).join(', ') || '-'
    const up = (): void => o.say(verdict('serve', 'witness.serving', { name, ...o.listen, clusters }, 'notice'))
    server.#listener = listen({ ca: cert, cert, key }, o.listen, (socket) => server.#arrived(socket), server.#say, up)
    for (const c of server.clusters) if (isRefusal(c)) o.say(c.because)
    return server
  }

  get clusters(): readonly (Served | Refusal)[] {
    return [...this.#clusters.values()]
  }

  /** Open ones, those that have not said anything yet included. */
  get connections(): number {
    return this.#visits.size
  }

  async close(): Promise<void> {
    this.#listener?.close()
    for (const visit of this.#visits) visit.close()
    await this.lock.release()
  }

  #load(id: string): Served | Refusal {
    const dir = clusterDir(this.o.dir, id)
    const cluster = readJson(join(dir, 'cluster.json'), ClusterFile)
    if (isRefusal(cluster)) return cluster
    if (cluster.id !== id)
      return refuse('misconfigured', 'witness.file-damaged', { file: join(dir, 'cluster.json'), why: `id ${cluster.id}` })
    const record = ClusterRecord.read(dir, id)
    return isRefusal(record) ? record : { ...cluster, record }
  }

  #arrived(socket: TLSSocket): void {
    const device = { id: this.device.id, name: this.device.name, protocol, nonce: randomBytes(32).toString('hex') }
    const visit = new Visit(socket, {
      device,
      nowMs: this.o.nowMs,
      cluster: (id) => this.#clusters.get(id) ?? refuse('not-found', 'witness.cluster-unknown', { cluster: id }),
      enrol: (from, ask) => this.#enrol(from, ask, device.nonce),
      opened: (one) => {
        this.#listener?.known(one.socket)
        for (const other of this.#visits) if (other !== one && other.cluster === one.cluster && other.node === one.node) other.close()
      },
      say: this.#say,
      ended: (one) => this.#visits.delete(one),
    })
    if (this.#visits.size >= connectionsMax) return visit.refuse(refuse('too-many', 'witness.full', { limit: connectionsMax }))
    this.#visits.add(visit)
  }

  #enrol(visit: Visit, ask: EnrolCluster, nonce: string): Promise<Refusal | undefined> {
    const turn = this.#turn.then(() => this.#takeIn(visit, ask, nonce)).catch((e: Error) => fileTrouble(this.o.dir, e))
    this.#turn = turn
    return turn
  }

  /** The code is spent last: an answer that was lost is asked for again with it, and a cluster that is known already keeps its record. */
  async #takeIn(visit: Visit, ask: EnrolCluster, nonce: string): Promise<Refusal | undefined> {
    const said = p.transcript(visit.socket, nonce, ask.nonce, enrolText(ask.body))
    const code = this.#codes.find((secret) => p.proves(secret, said, ask.proof), this.o.nowMs())
    if (isRefusal(code)) return code
    const cluster = clusterOf(ask.body)
    if (!cluster || !nodeBy(visit.socket.getPeerX509Certificate(), cluster.ca, this.o.nowMs()))
      return refuse('no-permission', 'witness.cert', { cluster: cluster?.id ?? '-' })
    const known = this.#clusters.get(cluster.id)
    if (known && isRefusal(known)) return known
    if (known && known.ca !== cluster.ca) return refuse('exists', 'witness.other-ca', { cluster: cluster.id })
    if (!known && this.#clusters.size >= clustersMax) return refuse('too-many', 'witness.clusters-full', { limit: clustersMax })
    if (!known) await this.#add(cluster)
    await this.#codes.spend(code)
    this.#say(verdict('enrol', 'witness.enrolled', { name: cluster.name, cluster: cluster.id, remote: visit.remote }, 'notice'), cluster.id)
    return undefined
  }

  /** The record first: a cluster that is known has one. One that is there already is kept: it may hold what somebody relies on. */
  async #add(cluster: ClusterFile): Promise<void> {
    const dir = clusterDir(this.o.dir, cluster.id)
    await makeDir(dir)
    if (!existsSync(recordFile(dir))) await writeDurably(recordFile(dir), recordText(cluster.id, undefined))
    await writeDurably(join(dir, 'cluster.json'), `${JSON.stringify(cluster)}\n`)
    this.#clusters.set(cluster.id, this.#load(cluster.id))
  }
}

/** What the proof of an enrolment is made over; never what a joining node proves. */
export const enrolText = (body: string): string => `qdevice\n${body}`

/** The cluster in the body of an enrolment, with a certificate that is a CA's. */
function clusterOf(body: string): ClusterFile | undefined {
  try {
    const got = v.safeParse(ClusterFile, JSON.parse(body))
    return got.success && caOf(got.output.ca) ? got.output : undefined
  } catch {
    return undefined // no JSON: no cluster
  }
}

/** Removes a cluster with its record from the directory of a device that does not run. Its name, or why not. */
export async function forgetCluster(dir: string, id: string): Promise<string | Refusal> {
  let lock: Lock
  try {
    lock = await acquireLock(dir)
  } catch (e) {
    const { because } = e as { because?: Verdict }
    return because ? refuse('exists', 'witness.locked', { dir, pid: because.args['pid'] ?? 0 }) : fileTrouble(dir, e)
  }
  try {
    const path = clusterDir(dir, id)
    if (!clustersIn(dir).includes(id) || !existsSync(path)) return refuse('not-found', 'witness.cluster-unknown', { cluster: id })
    const cluster = readJson(join(path, 'cluster.json'), ClusterFile)
    rmSync(path, { recursive: true })
    await syncDir(join(dir, 'clusters'))
    return isRefusal(cluster) ? id : cluster.name
  } finally {
    await lock.release()
  }
}
