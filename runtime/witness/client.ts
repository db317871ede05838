/**
 * This node's connection to its quorum device: dialed again when it ends, one ask at a time over it. It promises nothing but the device's own words:
 * whoever does not show the pinned certificate is refused, an ask that is not answered within a second is given up with its connection, so that no
 * late answer comes. The log asks again by itself. Nothing here throws; every reason is a verdict, the same one rarely.
 */
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { WitnessAsk } from '../../actors/log/messages.js'
import type { WitnessRecord } from '../../actors/log/register.js'
import type { ClusterId, Instant, Msg } from '../actor.js'
import type { DeviceDoc } from '../config/document.js'
import { elapsed } from '../time.js'
import { type Verdict, verdict } from '../verdict.js'
import type { TlsIdentity } from '../wire/identity.js'
import { secureOptions } from '../wire/listen.js'
import { rarely } from '../wire/quiet.js'
import { Frames, type FromNode, frame, fromDevice, protocol, type Told } from './protocol.js'

export interface ClientOptions {
  readonly device: DeviceDoc
  readonly cluster: ClusterId
  readonly tls: TlsIdentity
  /** Own addresses of the heartbeat links. */
  readonly links: readonly string[]
  readonly now: () => Instant
  readonly told: (ask: WitnessAsk, answer: Told) => void
  /** Something of `state` changed, or an answer came. */
  readonly changed: () => void
  readonly say: (because: Verdict) => void
}
export interface ClientState {
  readonly connected: boolean
  readonly answeredMs?: Instant
  readonly record?: WitnessRecord
  readonly because: Verdict
}

const dialMs = 2000
const answerMs = 1000
const lookMs = 5000
const againMsMin = 250
const againMsMax = 5000

export class DeviceClient {
  readonly #o: ClientOptions
  readonly #say: (because: Verdict, who: string) => void
  #socket: TLSSocket | undefined
  /** The device let this cluster in. */
  #ready = false
  #waiting: WitnessAsk | undefined
  #sent: { readonly n: number; readonly ask?: WitnessAsk } | undefined
  #n = 0
  #dialedMs: Instant | undefined
  #againMs = againMsMin
  #again: NodeJS.Timeout | undefined
  #late: NodeJS.Timeout | undefined
  readonly #look: NodeJS.Timeout
  #closed = false
  #state: ClientState

  constructor(o: ClientOptions) {
    this.#o = o
    this.#say = rarely(o.now, o.say)
    this.#state = { connected: false, because: verdict('dial', 'witness.dialing', this.#who()) }
    this.#look = setInterval(() => this.#ready && !this.#sent && this.#send(undefined), lookMs)
    this.#dial()
  }

  get state(): ClientState {
    return this.#state
  }

  /** Asks as soon as there is a connection; an older ask that still waits is forgotten. */
  ask(ask: WitnessAsk): void {
    this.#waiting = ask
    if (this.#ready) return this.#next()
    const quiet = this.#dialedMs === undefined || elapsed(this.#dialedMs, this.#o.now()) >= againMsMin
    if (!this.#socket && quiet) this.#dial()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#look)
    clearTimeout(this.#again)
    this.#end()
  }

  #who(): { witness: string; address: string; port: number } {
    const { name, address, port } = this.#o.device
    return { witness: name, address, port }
  }

  #dial(): void {
    clearTimeout(this.#again)
    if (this.#closed || this.#socket) return
    this.#dialedMs = this.#o.now()
    const { device, tls } = this.#o
    const options: ConnectionOptions = {
      ...secureOptions(tls),
      host: device.address,
      port: device.port,
      checkServerIdentity: () => undefined, // names are not used: the certificate is pinned
    }
    const socket = connect(options)
    const frames = new Frames()
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 1000)
    this.#patience(dialMs)
    const mine = (): boolean => this.#socket === socket
    socket.once('secureConnect', () => mine() && this.#recognise(socket))
    socket.on('data', (chunk: Buffer) => {
      const messages = frames.take(chunk)
      if (mine() && !messages) return this.#refuse(verdict('refuse', 'witness.no-frame', this.#who(), 'warning'))
      for (const msg of messages ?? []) if (mine()) this.#heard(msg)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => mine() && this.#lost(error.code ?? error.message))
    socket.on('close', () => mine() && this.#lost('the connection was closed'))
  }

  #recognise(socket: TLSSocket): void {
    const print = (socket.getPeerX509Certificate()?.fingerprint256 ?? '-').replaceAll(':', '').toLowerCase()
    if (print !== this.#o.device.fingerprint)
      return this.#refuse(verdict('refuse', 'witness.impostor', { ...this.#who(), shown: print.slice(0, 16) }, 'safety'))
    const link = this.#o.links.indexOf(socket.localAddress ?? '')
    if (link >= 0) this.#say(verdict('warn', 'witness.on-link', { ...this.#who(), link }, 'warning'), 'link')
  }

  #heard(msg: Msg): void {
    const said = fromDevice(msg)
    switch (said?.type) {
      case 'device':
        if (said.protocol !== protocol)
          return this.#refuse(verdict('refuse', 'witness.protocol', { ...this.#who(), theirs: said.protocol, ours: protocol }, 'error'))
        return this.#write({ type: 'open', cluster: this.#o.cluster })
      case 'opened':
        return this.#opened()
      case 'told':
        return this.#told(said)
      case 'refused':
        return this.#refuse(verdict('refuse', 'witness.refused', { ...this.#who(), why: said.en, whyZh: said.zh }, 'warning'))
      default:
        return this.#refuse(verdict('refuse', 'witness.no-frame', this.#who(), 'warning'))
    }
  }

  #opened(): void {
    clearTimeout(this.#late)
    this.#ready = true
    this.#againMs = againMsMin
    const because = verdict('reach', 'witness.reached', this.#who(), 'notice')
    if (!this.#state.connected) this.#say(because, 'device')
    this.#state = { ...this.#state, connected: true, because }
    this.#send(this.#take())
  }

  #told(said: Told): void {
    const sent = this.#sent
    if (sent?.n !== said.n) return this.#refuse(verdict('refuse', 'witness.no-frame', this.#who(), 'warning'))
    this.#sent = undefined
    clearTimeout(this.#late)
    const { record: _, ...rest } = this.#state
    this.#state = { ...rest, answeredMs: this.#o.now(), ...(said.record ? { record: said.record } : {}) }
    if (sent.ask) this.#o.told(sent.ask, said)
    this.#o.changed()
    this.#next()
  }

  #take(): WitnessAsk | undefined {
    const ask = this.#waiting
    this.#waiting = undefined
    return ask
  }
  #next(): void {
    if (this.#ready && !this.#sent && this.#waiting) this.#send(this.#take())
  }
  /** An ask, or a look at what the device holds. */
  #send(ask: WitnessAsk | undefined): void {
    const n = ++this.#n
    this.#sent = { n, ...(ask ? { ask } : {}) }
    this.#patience(answerMs)
    this.#write(ask ? { type: 'ask', n, ask: ask.ask, node: ask.node, epoch: ask.epoch } : { type: 'look', n })
  }
  #write(msg: FromNode): void {
    this.#socket?.write(frame(msg))
  }
  #patience(ms: number): void {
    clearTimeout(this.#late)
    this.#late = setTimeout(() => this.#lost(`no answer within ${ms} ms`), ms)
  }

  #lost(error: string): void {
    this.#over(verdict('lose', 'witness.unreachable', { ...this.#who(), error }, 'warning'))
  }
  #refuse(because: Verdict): void {
    this.#againMs = againMsMax
    this.#over(because)
  }
  #over(because: Verdict): void {
    this.#end()
    if (this.#closed) return
    this.#state = { ...this.#state, connected: false, because }
    this.#say(because, 'device')
    this.#o.changed()
    this.#again = setTimeout(() => this.#dial(), this.#againMs * (0.5 + Math.random())) // not all nodes at once
    this.#againMs = Math.min(againMsMax, 2 * this.#againMs)
  }
  #end(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#ready = false
    this.#sent = undefined
    clearTimeout(this.#late)
    socket?.destroy()
  }
}
