/**
 * One reader of the event stream: a status whenever something changed (at most ten times a second), and every event in between. It keeps a
 * place in the ring and takes only what its socket takes, so a slow reader costs nothing; it is cut off when its place is forgotten, or when
 * it took nothing for half a minute. It comes back with its cursor.
 */
import type { Events } from './events.js'

const statusEveryMs = 100
const keepAliveMs = 15_000
/** Bytes that wait for the socket before the reader counts as busy. */
const bytesMax = 64 << 10
const encoder = new TextEncoder()

export interface Source {
  readonly events: Events
  /** StatusView as JSON, as of now. */
  readonly status: () => string
  /** Calls `run` whenever the status may have changed; returns how to stop that. */
  readonly onChange: (run: () => void) => () => void
}

/** `place`: of the first event to send; undefined = the reader's cursor cannot be served. Undefined when there are too many readers. */
export function feed(source: Source, place: number | undefined, cursor: string): ReadableStream<Uint8Array> | undefined {
  const reader = new Reader(source, place, cursor)
  return reader.open()
}

class Reader {
  readonly #source: Source
  #place: number
  #cursor: string
  readonly #reset: boolean
  #dirty = true
  #statusMs = Number.NEGATIVE_INFINITY
  #tookMs = performance.now()
  #later: NodeJS.Timeout | undefined
  #alive: NodeJS.Timeout | undefined
  #ends: (() => void)[] = []
  #to: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor(source: Source, place: number | undefined, cursor: string) {
    this.#source = source
    this.#reset = place === undefined
    this.#place = place ?? source.events.lately(100)
    this.#cursor = place === undefined ? '' : cursor
  }

  open(): ReadableStream<Uint8Array> | undefined {
    const unlisten = this.#source.events.listen(() => this.#pump())
    if (!unlisten) return undefined
    const unchange = this.#source.onChange(() => {
      this.#dirty = true
      this.#pump()
    })
    this.#ends = [unlisten, unchange]
    this.#alive = setInterval(() => this.#keepAlive(), keepAliveMs)
    return new ReadableStream<Uint8Array>(
      {
        start: (to) => {
          this.#to = to
          if (this.#reset) this.#write('reset', JSON.stringify({ because: 'this node cannot serve the cursor' }))
        },
        pull: () => {
          this.#tookMs = performance.now()
          this.#pump()
        },
        cancel: () => this.#end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: bytesMax }),
    )
  }

  #write(event: string, data: string, id?: string): void {
    this.#to?.enqueue(encoder.encode(`event: ${event}\ndata: ${data}\n${id === undefined ? '' : `id: ${id}\n`}\n`))
  }

  #room(): boolean {
    return (this.#to?.desiredSize ?? 0) > 0
  }

  /** Sends what there is while the socket takes it. A status carries the cursor of what was sent, never of what was not. */
  #pump(): void {
    while (this.#room()) {
      const next = this.#source.events.at(this.#place)
      if (next === 'gone') return this.#cut()
      if (next) {
        this.#place++
        this.#cursor = next.cursor
        this.#write('event', next.json, next.cursor)
      } else if (this.#dirty && performance.now() - this.#statusMs >= statusEveryMs) {
        this.#dirty = false
        this.#statusMs = performance.now()
        this.#write('status', this.#source.status(), this.#cursor)
      } else break
    }
    if (this.#source.events.at(this.#place) === 'gone') return this.#cut()
    if (this.#dirty && this.#room()) this.#later ??= setTimeout(() => this.#again(), statusEveryMs)
  }

  #again(): void {
    this.#later = undefined
    this.#pump()
  }

  #keepAlive(): void {
    if (this.#room()) {
      this.#tookMs = performance.now()
      this.#to?.enqueue(encoder.encode(': still here\n\n'))
    } else if (performance.now() - this.#tookMs > 2 * keepAliveMs) this.#cut()
  }

  #cut(): void {
    const to = this.#to
    this.#end()
    to?.error(new Error('this reader is too slow'))
  }

  #end(): void {
    this.#to = undefined
    clearTimeout(this.#later)
    clearInterval(this.#alive)
    for (const end of this.#ends) end()
    this.#ends = []
  }
}
