/**
 * kyhad's side of the disks' servants (native/servant): carries out the effect `disk`. Each ask is answered once, at most `timeoutMs` later whatever the
 * disk does; asks of one disk are sent in order over one connection, which is made again when it ended. A disk that hangs holds up its own asks only:
 * beyond 16 that are on their way it is answered `busy` at once. Nothing here throws on what a servant says.
 */
import type { Duplex } from 'node:stream'
import { type DiskResult, diskBlockBytes } from '../actor.js'
import { assert } from '../assert.js'

export type DiskAsk =
  | { readonly op: 'read'; readonly block: number; readonly count: number; readonly timeoutMs: number }
  | { readonly op: 'write'; readonly block: number; readonly bytes: Uint8Array; readonly timeoutMs: number }
  /** Blocks of the disk, 8 bytes, little-endian. */
  | { readonly op: 'size'; readonly timeoutMs: number }
export type DiskAnswer = Pick<DiskResult, 'ok' | 'bytes' | 'error'>

/** Blocks of one ask. */
export const countMax = 256
export const underWayMax = 16
const headBytes = 17
const answerBytesMax = 5 + countMax * diskBlockBytes
const whats = { read: 1, write: 2, open: 3, size: 4 } as const

interface Waiting {
  /** Undefined once it was answered `timeout`: what the servant says of it later is not heeded. */
  done: ((answer: DiskAnswer) => void) | undefined
  readonly late: NodeJS.Timeout
}

export class DiskClient {
  #stream: Duplex | undefined
  #held: Buffer = Buffer.alloc(0)
  readonly #waiting = new Map<number, Waiting>()
  #n = 0
  #closed = false

  /** `connect` gives a stream to the servant, perhaps not connected yet; its error or end means that there is none. */
  constructor(private readonly connect: () => Duplex) {}

  ask(ask: DiskAsk, done: (answer: DiskAnswer) => void): void {
    if (this.#closed) return done({ ok: false, error: 'no servant' })
    if (this.#waiting.size >= underWayMax) return done({ ok: false, error: 'busy' })
    this.#n = (this.#n + 1) % 0x1_0000_0000
    const id = this.#n
    const late = setTimeout(() => {
      const waiting = this.#waiting.get(id)
      const tell = waiting?.done
      if (waiting) waiting.done = undefined // it stays on its way: the servant may still be at it
      tell?.({ ok: false, error: 'timeout' })
    }, ask.timeoutMs)
    this.#waiting.set(id, { done, late })
    this.#open().write(request(id, ask))
  }

  /** Ends the connection; what is under way is answered `no servant`. */
  close(): void {
    this.#closed = true
    this.#lost(this.#stream)
  }

  #open(): Duplex {
    if (this.#stream) return this.#stream
    const stream = this.connect()
    this.#stream = stream
    this.#held = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => this.#stream === stream && this.#take(chunk))
    for (const end of ['error', 'end', 'close']) stream.on(end, () => this.#lost(stream))
    return stream
  }

  #lost(stream: Duplex | undefined): void {
    if (!stream || this.#stream !== stream) return
    this.#stream = undefined
    stream.destroy()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { late, done } of waiting) {
      clearTimeout(late)
      done?.({ ok: false, error: 'no servant' })
    }
  }

  #take(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    while (this.#held.length >= 4) {
      const bytes = this.#held.readUInt32LE(0)
      if (bytes < 5 || bytes > answerBytesMax) return this.#lost(this.#stream)
      if (this.#held.length < 4 + bytes) return
      const body = this.#held.subarray(4, 4 + bytes)
      this.#held = this.#held.subarray(4 + bytes)
      this.#answered(body.readUInt32LE(0), body[4] === 1, body.subarray(5))
    }
  }

  #answered(id: number, ok: boolean, rest: Buffer): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return this.#lost(this.#stream)
    this.#waiting.delete(id)
    clearTimeout(waiting.late)
    // A copy: the bytes must not change with the receive buffer, nor keep it alive.
    waiting.done?.(
      ok ? { ok, ...(rest.length > 0 ? { bytes: Uint8Array.from(rest) } : {}) } : { ok, error: rest.toString('latin1').slice(0, 200) },
    )
  }
}

function request(id: number, ask: DiskAsk): Buffer {
  const bytes = ask.op === 'write' ? ask.bytes : undefined
  const count = bytes ? bytes.length / diskBlockBytes : ask.op === 'read' ? ask.count : 0
  assert(ask.op === 'size' || (Number.isInteger(count) && count >= 1 && count <= countMax), `1 to ${countMax} whole blocks, not ${count}`)
  const head = Buffer.alloc(4 + headBytes)
  head.writeUInt32LE(headBytes + (bytes?.length ?? 0), 0)
  head.writeUInt32LE(id, 4)
  head[8] = whats[ask.op]
  head.writeBigUInt64LE(BigInt(ask.op === 'size' ? 0 : ask.block), 9)
  head.writeUInt32LE(count, 17)
  return bytes ? Buffer.concat([head, bytes]) : head
}
