/**
 * The sending end of one direction between main and a thread. A port's own queue has no bound, so at most `window` envelopes are under way (the
 * receiver counts what it took in shared memory); the rest waits here, in a mailbox whose reaction at its bound is that of the message class.
 */
import type { MessagePort, Worker } from 'node:worker_threads'
import { Mailbox, type MailCounters } from '../mailbox.js'
import type { Envelope } from './messages.js'

/** Int32 cells in the memory that main shares with one thread. */
export const Cell = { liveness: 0, takenByThread: 1, takenByMain: 2, main: 3, cells: 4 } as const
export const sharedCells = (): Int32Array => new Int32Array(new SharedArrayBuffer(Cell.cells * 4))

export const windowMax = 1024
export const waitingMax = 8192
const retryMs = 5

export class Channel {
  readonly #waiting = new Mailbox<Envelope>(waitingMax, 'fault')
  #posted = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    private readonly port: Pick<MessagePort | Worker, 'postMessage'>,
    private readonly shared: Int32Array,
    private readonly cell: number,
    private readonly onFault: () => void,
  ) {}

  get waiting(): number {
    return this.#waiting.length
  }
  get counters(): MailCounters {
    return this.#waiting.counters
  }

  post(envelope: Envelope): void {
    if (this.#closed) return
    if (this.#waiting.length === 0 && this.#room()) return this.#send(envelope)
    if (this.#waiting.push(envelope, envelope.cls) === 'fault') this.onFault()
    this.#timer ??= setTimeout(() => this.#flush(), retryMs)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#waiting.clear()
  }

  #room(): boolean {
    return ((this.#posted - Atomics.load(this.shared, this.cell)) | 0) < windowMax
  }

  #send(envelope: Envelope): void {
    this.#posted = (this.#posted + 1) | 0
    this.port.postMessage(envelope, [envelope.bytes.buffer as ArrayBuffer])
  }

  #flush(): void {
    this.#timer = undefined
    while (this.#room()) {
      const envelope = this.#waiting.take()
      if (!envelope) return
      this.#send(envelope)
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.#flush(), retryMs)
  }
}

/** The receiving end counts each envelope that it took. */
export const took = (shared: Int32Array, cell: number): void => void Atomics.add(shared, cell, 1)
