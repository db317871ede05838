/** The API as the CLI and the shell call it: HTTP over the node's unix socket, or over TCP with `--api URL`. */
import { type IncomingMessage, request } from 'node:http'
import { bodyBytesMax, errorView } from '../api/errors.js'
import type { ErrorView } from '../api/views.js'

/** An answer that is an error, or no answer: carries what the API said. */
export class ApiError extends Error {
  readonly view: ErrorView
  constructor(view: ErrorView) {
    super(view.message.en)
    this.view = view
  }
}

export interface Target {
  readonly socket?: string
  readonly url?: string
  /** Language of what an answer gives in one only. */
  readonly lang?: 'en' | 'zh'
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const callMsMax = 15_000

const disconnected = (where: string, why: string): ApiError =>
  new ApiError({
    apiVersion: 'kyha/v1',
    kind: 'Error',
    code: 'disconnected',
    message: { en: `kyha does not answer at ${where}: ${why}.`, zh: `${where} 处的 kyha 没有应答：${why}。` },
    todo: {
      en: 'Is kyhad running on this node? Name another socket with --socket or KYHA_SOCKET, or a URL with --api.',
      zh: '本节点的 kyhad 是否在运行？可用 --socket 或 KYHA_SOCKET 指定套接字，或用 --api 指定地址。',
    },
    problems: [],
  })

/** A socket outlives its request: what happens to it after the answer concerns nobody. */
const hush = (): void => undefined

function open(
  target: Target,
  path: string,
  call: Call,
  onResponse: (res: IncomingMessage) => void,
  onError: (e: ApiError) => void,
): () => void {
  const where = target.url ?? target.socket ?? ''
  const body = call.json === undefined ? call.body : JSON.stringify(call.json)
  const headers: Record<string, string> = {
    'accept-language': target.lang ?? 'en',
    ...call.headers,
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  }
  if (call.json !== undefined) headers['content-type'] = 'application/json'
  const options = { method: call.method ?? 'GET', headers, path: `/api/v1${path}` }
  const base = target.url === undefined ? { socketPath: target.socket } : new URL(target.url)
  const req =
    base instanceof URL
      ? request({ ...options, hostname: base.hostname, port: base.port }, onResponse)
      : request({ ...options, ...base, host: 'localhost' }, onResponse)
  req.on('error', (e) => onError(disconnected(where, (e as NodeJS.ErrnoException).code ?? e.message)))
  req.on('socket', (socket) => {
    if (!socket.listeners('error').includes(hush)) socket.on('error', hush)
  })
  req.end(body)
  return () => req.destroy()
}

/** One call; the parsed JSON of a 2xx answer. Rejects with ApiError. */
export function call<T>(target: Target, path: string, options: Call = {}): Promise<T> {
  // Nobody would read it to its end.
  if (Buffer.byteLength(options.body ?? '') > bodyBytesMax)
    return Promise.reject(new ApiError(errorView('too-large', { limit: bodyBytesMax })))
  return new Promise((resolve, reject) => {
    let text = ''
    const done = open(
      target,
      path,
      options,
      (res) => {
        res.setEncoding('utf8')
        res.on('data', (d: string) => {
          text += d
        })
        res.on('end', () => {
          clearTimeout(late)
          const ok = (res.statusCode ?? 500) < 300
          try {
            const value = JSON.parse(text) as T
            if (ok) resolve(value)
            else reject(new ApiError(value as ErrorView))
          } catch {
            reject(disconnected(target.url ?? target.socket ?? '', `it answered ${res.statusCode} without JSON`))
          }
        })
      },
      (e) => {
        clearTimeout(late)
        reject(e)
      },
    )
    const late = setTimeout(() => {
      done()
      reject(disconnected(target.url ?? target.socket ?? '', `no answer within ${callMsMax} ms`))
    }, callMsMax)
  })
}

export interface StreamEvent {
  readonly event: string
  readonly id: string
  readonly data: string
}

/** Follows /events until `onEvent` is done with it or the connection ends; returns how to stop. */
export function follow(target: Target, since: string, onEvent: (e: StreamEvent) => void, onEnd: (error?: ApiError) => void): () => void {
  const headers = { accept: 'text/event-stream', ...(since ? { 'last-event-id': since } : {}) }
  return open(
    target,
    '/events',
    { headers },
    (res) => {
      let buffer = ''
      res.setEncoding('utf8')
      res.on('data', (d: string) => {
        buffer += d
        for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
          const block = buffer.slice(0, end)
          buffer = buffer.slice(end + 2)
          const field = (name: string): string =>
            block
              .split('\n')
              .filter((line) => line.startsWith(`${name}: `))
              .map((line) => line.slice(name.length + 2))
              .join('\n')
          if (field('data')) onEvent({ event: field('event'), id: field('id'), data: field('data') })
        }
      })
      res.on('close', () => onEnd())
    },
    onEnd,
  )
}
