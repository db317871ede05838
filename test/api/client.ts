/** A plain HTTP client for the tests of the API: sends exactly what it is told, and reads an event stream block by block. */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export interface Ask {
  readonly method?: string
  readonly body?: string | Uint8Array
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** For paths outside /api/v1. */
  readonly bare?: boolean
}
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any
}
export type Where = { readonly socket: string } | { readonly port: number }

function open(where: Where, path: string, ask: Ask, on: (res: IncomingMessage) => void): ClientRequest {
  const body = ask.json === undefined ? ask.body : JSON.stringify(ask.json)
  const headers: Record<string, string> = {
    ...(ask.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined || ask.headers?.['transfer-encoding'] ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...ask.headers,
  }
  const at = 'socket' in where ? { socketPath: where.socket } : { host: '127.0.0.1', port: where.port }
  const req = request({ ...at, path: ask.bare ? path : `/api/v1${path}`, method: ask.method ?? 'GET', headers, agent: false }, on)
  req.end(body)
  return req
}

export const call = (where: Where, path: string, ask: Ask = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = open(where, path, ask, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (d: string) => {
        text += d
      })
      res.on('end', () => {
        const isJson = res.headers['content-type']?.includes('application/json') === true
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined })
      })
    })
    req.on('error', reject)
  })

export interface Block {
  readonly event: string
  readonly id: string
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly data: any
}

/** A reader of the event stream. */
export class Reader {
  readonly blocks: Block[] = []
  status = 0
  ended = false
  #res: IncomingMessage | undefined
  readonly #req: ClientRequest

  constructor(where: Where, headers: Readonly<Record<string, string>> = {}, path = '/events') {
    let text = ''
    this.#req = open(where, path, { headers: { accept: 'text/event-stream', ...headers } }, (res) => {
      this.#res = res
      this.status = res.statusCode ?? 0
      res.setEncoding('utf8')
      res.on('data', (d: string) => {
        text += d
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          this.#take(text.slice(0, end))
          text = text.slice(end + 2)
        }
      })
      res.on('close', () => {
        this.ended = true
      })
    })
    this.#req.on('error', () => {
      this.ended = true
    })
  }

  #take(block: string): void {
    const field = (name: string): string =>
      block
        .split('\n')
        .filter((l) => l.startsWith(`${name}: `))
        .map((l) => l.slice(name.length + 2))
        .join('\n')
    if (field('data')) this.blocks.push({ event: field('event'), id: field('id'), data: JSON.parse(field('data')) })
  }

  /** Takes nothing from the socket any more. */
  pause(): void {
    this.#res?.pause()
  }
  resume(): void {
    this.#res?.resume()
  }
  of(event: string): Block[] {
    return this.blocks.filter((b) => b.event === event)
  }
  close(): void {
    this.#req.destroy()
  }
}

/** Waits until it holds; false when it does not within 10 s. */
export async function becomes(holds: () => boolean | Promise<boolean>, msMax = 10_000): Promise<boolean> {
  const end = Date.now() + msMax
  while (!(await holds())) {
    if (Date.now() > end) return false
    await new Promise((r) => setTimeout(r, 10))
  }
  return true
}
