/**
 * One TLS connection to a peer, from its handshake to its end: who is at the other end (certificate, greeting), and frames both ways.
 * Frame: u32 length of what follows, u8 kind, u64 number, u64 acknowledgement, body. Kinds: 1 greeting (msgpack), 2 message (msgpack
 * {to, from, msg}), 3 acknowledgement alone, 4 goodbye (this connection was replaced by another one).
 * Everything before the greeting is short (4 KiB, 2 s): a slow or silent stranger holds a socket for two seconds and nothing else.
 */
import type { TLSSocket } from 'node:tls'
import type { ClusterId, NodeId } from '../actor.js'
import { type Verdict, verdict } from '../verdict.js'
import { bytesMaxDefault, pack, unpack } from './codec.js'
import { nodeOf } from './identity.js'
import type { Greeting } from './session.js'

/** Versions of the stream protocol that this build speaks, and its build number (shown, never decided upon). */
export const speaks = { min: 1, max: 1, build: 1 } as const
export const bodyBytesMaxStream = bytesMaxDefault
const headBytes = 21
const greetingBytesMax = 4096
const greetingMs = 2000
const goodbyeMs = 1000
const Kind = { greeting: 1, message: 2, ack: 3, goodbye: 4 } as const

export interface Hello extends Greeting {
  readonly cluster: ClusterId
  readonly min: number
  readonly max: number
  readonly build: number
  /** Grows with each connection of a pair; of two at the same time the higher one stays. */
  readonly generation: number
}
/** How a connection ended: `fin` and `reset` come from the peer's kernel, the rest from here. */
export type End = 'fin' | 'reset' | 'error' | 'refused' | 'slow'

export interface ConnectionEvents {
  /** The peer's certificate was checked: what to greet it with, or the reason to refuse it. */
  greeting(connection: Connection, node: NodeId): Hello | Verdict
  greeted(connection: Connection, hello: Hello): void
  message(connection: Connection, n: number, ack: number, body: Uint8Array): void
  ack(connection: Connection, ack: number): void
  /** The socket takes more again. */
  drained(connection: Connection): void
  ended(connection: Connection, end: End, why: string): void
  refused(verdict: Verdict): void
}
export interface ConnectionOptions {
  readonly link: number
  readonly cluster: ClusterId
  /** The node that was dialed; undefined = the peer dialed. */
  readonly expected: NodeId | undefined
  readonly on: ConnectionEvents
}

export class Connection {
  readonly link: number
  readonly dialed: boolean
  /** The node that was dialed. */
  readonly expected: NodeId | undefined
  /** Known once the certificate was checked. */
  node: NodeId | undefined
  private isGreeted = false
  private isOver = false
  private held: Buffer = Buffer.alloc(0)
  private readonly tooSlow: NodeJS.Timeout

  /** Takes over a socket: a dialed one during its TLS handshake, an accepted one after it. */
  constructor(
    private readonly socket: TLSSocket,
    private readonly o: ConnectionOptions,
  ) {
    this.link = o.link
    this.expected = o.expected
    this.dialed = o.expected !== undefined
    this.tooSlow = setTimeout(() => this.finish('slow', `no greeting within ${greetingMs} ms`), greetingMs)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 1000)
    socket.on('data', (chunk: Buffer) => this.take(chunk))
    socket.on('drain', () => o.on.drained(this))
    socket.on('end', () => this.finish('fin', 'closed by the peer'))
    socket.on('close', () => this.finish('error', 'closed'))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      this.finish(isReset ? 'reset' : 'error', `${error.code ?? error.name}: ${error.message}`)
    })
    if (this.dialed) socket.on('secureConnect', () => this.secured())
    else this.secured()
  }

  /** False = wait for `drained` before more is written. */
  message(n: number, ack: number, body: Uint8Array): boolean {
    return this.write(Kind.message, n, ack, body)
  }
  ack(ack: number): void {
    this.write(Kind.ack, 0, ack)
  }
  /** Holds small writes back until `fill` is done. */
  batch(fill: () => void): void {
    this.socket.cork()
    fill()
    this.socket.uncork()
  }
  /** Ends it since another connection took over: the peer must not read anything into it. */
  goodbye(): void {
    if (this.isOver) return
    this.over()
    this.write(Kind.goodbye, 0, 0)
    this.socket.end()
    setTimeout(() => this.socket.destroy(), goodbyeMs).unref()
  }
  /** Ends it; the peer sees FIN or RST. */
  destroy(): void {
    this.over()
    this.socket.destroy()
  }

  private get remote(): string {
    return this.socket.remoteAddress ?? '-'
  }
  private over(): void {
    this.isOver = true
    clearTimeout(this.tooSlow)
  }
  private finish(end: End, why: string): void {
    if (this.isOver) return
    this.destroy()
    this.o.on.ended(this, end, why)
  }
  private refuse(because: Verdict): void {
    if (!this.isOver) this.o.on.refused(because)
    this.finish('refused', because.key)
  }
  private write(kind: number, n: number, ack: number, body?: Uint8Array): boolean {
    const head = Buffer.allocUnsafe(headBytes)
    head.writeUInt32BE(headBytes - 4 + (body?.length ?? 0), 0)
    head[4] = kind
    head.writeBigUInt64BE(BigInt(n), 5)
    head.writeBigUInt64BE(BigInt(ack), 13)
    const hasRoom = this.socket.write(head)
    return body ? this.socket.write(body) : hasRoom
  }

  private secured(): void {
    const { remote } = this
    const { expected } = this.o
    if (!this.socket.authorized) return this.refuse(foreign(remote, expected, String(this.socket.authorizationError ?? 'no certificate')))
    const cert = this.socket.getPeerX509Certificate()
    const node = cert && nodeOf(cert)
    if (!node) return this.refuse(verdict('refuse', 'wire.stream-nameless', { remote }, 'warning'))
    if (expected && node !== expected)
      return this.refuse(verdict('refuse', 'wire.stream-other-node', { remote, node, expected }, 'warning'))
    const hello = this.o.on.greeting(this, node)
    if ('key' in hello) return this.refuse(hello)
    this.node = node
    this.write(Kind.greeting, 0, 0, pack(hello))
  }

  private take(chunk: Buffer): void {
    if (this.isOver) return
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk])
    let at = 0
    while (!this.isOver && this.held.length - at >= headBytes) {
      const size = this.held.readUInt32BE(at) + 4
      const bytesMax = this.isGreeted ? bodyBytesMaxStream + headBytes : greetingBytesMax
      if (size < headBytes || size > bytesMax) {
        return this.refuse(verdict('refuse', 'wire.stream-size', { remote: this.remote, bytes: size, bytesMax }, 'warning'))
      }
      if (this.held.length - at < size) break
      const body = this.held.subarray(at + headBytes, at + size)
      this.frame(this.held.readUInt8(at + 4), Number(this.held.readBigUInt64BE(at + 5)), Number(this.held.readBigUInt64BE(at + 13)), body)
      at += size
    }
    this.held = this.held.subarray(at)
  }

  private frame(kind: number, n: number, ack: number, body: Uint8Array): void {
    const { on } = this.o
    if (!this.isGreeted) {
      if (kind === Kind.greeting && this.node) return this.greeted(body)
      return this.refuse(verdict('refuse', 'wire.stream-greeting', { remote: this.remote }, 'warning'))
    }
    if (kind === Kind.message) return on.message(this, n, ack, body)
    if (kind === Kind.ack) return on.ack(this, ack)
    if (kind === Kind.goodbye) return this.finish('error', 'replaced by another connection')
    this.refuse(verdict('refuse', 'wire.stream-frame', { remote: this.remote, kind }, 'warning'))
  }

  private greeted(body: Uint8Array): void {
    const { remote } = this
    const hello = readHello(body)
    if (!hello) return this.refuse(verdict('refuse', 'wire.stream-greeting', { remote }, 'warning'))
    if (hello.cluster !== this.o.cluster)
      return this.refuse(verdict('refuse', 'wire.stream-cluster', { remote, cluster: hello.cluster }, 'warning'))
    if (hello.min > speaks.max || hello.max < speaks.min) {
      const { min, max, build } = hello
      const args = { node: this.node ?? '-', build, min, max, ownBuild: speaks.build, ownMin: speaks.min, ownMax: speaks.max }
      return this.refuse(verdict('refuse', 'wire.stream-version', args, 'error'))
    }
    clearTimeout(this.tooSlow)
    this.isGreeted = true
    this.o.on.greeted(this, hello)
  }
}

/** A stranger that came here; or one that answers at a member's address. */
const foreign = (remote: string, expected: NodeId | undefined, error: string): Verdict =>
  expected === undefined
    ? verdict('refuse', 'wire.stream-foreign', { remote, error }, 'warning')
    : verdict('refuse', 'wire.stream-impostor', { node: expected, remote, error }, 'warning')

function readHello(bytes: Uint8Array): Hello | undefined {
  const got = unpack(bytes, greetingBytesMax)
  if (!got.ok || typeof got.value !== 'object' || got.value === null) return undefined
  const hello = got.value as Partial<Hello>
  const counts = [hello.min, hello.max, hello.build, hello.generation, hello.received, hello.incarnation?.counter]
  if (!counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)) return undefined
  const texts = [hello.cluster, hello.session, hello.about, hello.incarnation?.boot]
  // Printable: they stand in sentences.
  return texts.every((text) => typeof text === 'string' && /^[ -~]{0,64}$/.test(text)) ? (hello as Hello) : undefined
}
