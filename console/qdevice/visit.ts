/**
 * One connection to a quorum device, from its handshake to its end. Whoever is not understood, shows no certificate of the cluster that it names, or
 * asks for another node is told why in one sentence and let go; so is who asks nothing for a minute. It holds no state of a cluster.
 */
import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Msg, NodeId } from '../../runtime/actor.js'
import { render } from '../../runtime/text/index.js'
import { type Refusal, type Verdict, verdict } from '../../runtime/verdict.js'
import { nodeOf } from '../../runtime/wire/identity.js'
import {
  type Ask,
  type EnrolCluster,
  Frames,
  type FromNode,
  frame,
  frameBytesMax,
  fromNode,
  type Open,
  type Told,
} from '../../runtime/witness/protocol.js'
import { isRefusal, refuse } from '../join/names.js'
import type { ClusterFile } from './files.js'
import type { ClusterRecord } from './record.js'

export interface Served extends ClusterFile {
  readonly record: ClusterRecord
}
export interface VisitMeans {
  readonly device: { readonly id: string; readonly name: string; readonly protocol: number; readonly nonce: string }
  readonly nowMs: () => number
  cluster(id: string): Served | Refusal
  enrol(visit: Visit, ask: EnrolCluster): Promise<Refusal | undefined>
  /** It was let in for its cluster and node: an older connection of the same node is closed. */
  opened(visit: Visit): void
  say(because: Verdict, who: string): void
  ended(visit: Visit): void
}

const firstMs = 5000
const idleMs = 60_000
export const perSecondMax = 20
const burstMax = 40

export class Visit {
  readonly remote: string
  cluster: Served | undefined
  node: NodeId | undefined
  readonly #frames = new Frames()
  #tokens = burstMax
  #filledMs: number
  #slow: NodeJS.Timeout
  #over = false
  /** Messages are answered in order. */
  #turn: Promise<void> = Promise.resolve()

  constructor(
    readonly socket: TLSSocket,
    private readonly m: VisitMeans,
  ) {
    this.remote = socket.remoteAddress ?? '-'
    this.#filledMs = m.nowMs()
    this.#slow = this.#patience(firstMs)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => this.close())
    socket.on('close', () => this.close())
    const { id, name, protocol, nonce } = m.device
    socket.write(frame({ type: 'device', protocol, device: id, name, nonce }))
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#slow)
    this.socket.destroy()
    this.m.ended(this)
  }

  refuse(why: Refusal): void {
    if (this.#over) return
    const { key, args } = why.because
    const [en, zh] = [render('en', key, args), render('zh', key, args)]
    this.m.say(verdict('refuse', 'witness.said-no', { remote: this.remote, why: en, whyZh: zh }, 'warning'), this.remote)
    this.socket.end(frame({ type: 'refused', refused: why.refused, en, zh }))
    this.#over = true
    clearTimeout(this.#slow)
    setTimeout(() => this.socket.destroy(), 1000).unref()
    this.m.ended(this)
  }

  #patience(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.refuse(refuse('timeout', 'witness.slow', { seconds: ms / 1000 })), ms).unref()
  }

  #take(chunk: Buffer): void {
    if (this.#over) return
    const messages = this.#frames.take(chunk)
    if (!messages) return this.refuse(strange())
    for (const msg of messages) {
      if (!this.#mayAsk()) return this.refuse(refuse('too-many', 'witness.rate', { limit: perSecondMax }))
      this.#turn = this.#turn.then(() => (this.#over ? undefined : this.#answer(msg)))
    }
  }

  #mayAsk(): boolean {
    const now = this.m.nowMs()
    this.#tokens = Math.min(burstMax, this.#tokens + (Math.max(0, now - this.#filledMs) / 1000) * perSecondMax)
    this.#filledMs = now
    this.#tokens--
    return this.#tokens >= 0
  }

  async #answer(msg: Msg): Promise<void> {
    const said = fromNode(msg)
    const no = said ? await this.#serve(said) : strange()
    if (no) this.refuse(no)
  }

  async #serve(said: FromNode): Promise<Refusal | undefined> {
    clearTimeout(this.#slow)
    this.#slow = this.#patience(idleMs)
    if (said.type === 'open') return this.#open(said)
    if (said.type === 'enrol-cluster') return this.cluster ? strange() : this.#enrol(said)
    if (!this.cluster || !this.node) return strange()
    if (said.type === 'ask' && said.node !== this.node)
      return refuse('no-permission', 'witness.other-node', { node: this.node, asked: said.node })
    const told = await this.cluster.record.ask(said.type === 'ask' ? said : undefined)
    if (isRefusal(told)) return told
    if (said.type === 'ask') this.#log(said, told.ok, told.record)
    this.#write({ type: 'told', n: said.n, ok: told.ok, ...(told.record ? { record: told.record } : {}) })
    return undefined
  }

  #open({ cluster: id }: Open): Refusal | undefined {
    if (this.cluster) return strange()
    const cluster = this.m.cluster(id)
    if (isRefusal(cluster)) return cluster
    const node = nodeBy(this.socket.getPeerX509Certificate(), cluster.ca, this.m.nowMs())
    if (!node) return refuse('no-permission', 'witness.cert', { cluster: id })
    this.cluster = cluster
    this.node = node
    this.m.opened(this)
    this.socket.write(frame({ type: 'opened' }))
    return undefined
  }

  async #enrol(ask: EnrolCluster): Promise<Refusal | undefined> {
    const no = await this.m.enrol(this, ask)
    if (!no && !this.#over) this.socket.write(frame({ type: 'enrolled' }))
    return no
  }

  #write(told: Told): void {
    if (!this.#over) this.socket.write(frame(told))
  }

  #log({ ask, node, epoch }: Ask, ok: boolean, record: Told['record']): void {
    const name = this.cluster?.name ?? '-'
    const who = `${this.cluster?.id} ${ask} ${epoch} ${node} ${ok}`
    if (ok && ask === 'claim') return this.m.say(verdict('give', 'witness.given', { name, node, epoch: epoch + 1 }, 'notice'), who)
    if (ok) return this.m.say(verdict('enrol', 'witness.both', { name, epoch }, 'notice'), who)
    if (!record) return this.m.say(verdict('refuse', 'witness.no-record', { name, node }, 'warning'), who)
    const args = { name, node, epoch, holds: record.epoch, owner: record.owner ?? '-' }
    this.m.say(verdict('refuse', 'witness.denied', args, 'notice'), who)
  }
}

/** The node that `cert` was made for by this CA, if it is good now. That its key is there TLS has proven. */
export function nodeBy(cert: X509Certificate | undefined, caPem: string, nowMs: number): NodeId | undefined {
  const ca = caOf(caPem)
  if (!cert || !ca || !cert.checkIssued(ca) || !cert.verify(ca.publicKey)) return undefined
  const now = nowMs >= Date.parse(cert.validFrom) && nowMs <= Date.parse(cert.validTo)
  return now ? nodeOf(cert) : undefined
}

/** A CA's certificate, or undefined for anything else. */
export function caOf(pem: string): X509Certificate | undefined {
  try {
    const ca = new X509Certificate(pem)
    return ca.ca ? ca : undefined
  } catch {
    return undefined // no certificate: nobody was certified by it
  }
}

const strange = (): Refusal => refuse('invalid', 'witness.not-understood', { bytesMax: frameBytesMax })
