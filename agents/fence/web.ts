/**
 * HTTPS to a device that is not trusted: certificates are checked unless that is switched off, an answer has a time limit and a largest size, and
 * nothing it says leads to another host. Words of the other side are in no sentence: they could hold what it was told.
 */
import { readFileSync, statSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import { DeviceError, now } from './confirm.js'
import { flag, type Get, refuse } from './options.js'

export interface Trust {
  readonly insecure: boolean
  /** PEM; instead of the certificates that node knows. */
  readonly ca?: string
  /** The name that the certificate has to hold, where it is not the host. */
  readonly name?: string
}
export interface Ask {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The instant (`now()`) by which the answer has to be whole. */
  readonly by: number
}
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingMessage['headers']
}

export const BODY_BYTES_MAX = 1_048_576
const CA_BYTES_MAX = 1_048_576
const REDIRECTS_MAX = 3
const RETRY_AFTER_MS_MAX = 60_000

/** How certificates are to be checked, from the parameters ssl_insecure, ca and ssl_name. */
export function trustOf(get: Get): Trust {
  const insecure = flag(get, 'ssl_insecure') ?? false
  const [file, name] = [get('ca'), get('ssl_name')]
  if (insecure && (file || name)) refuse('ssl_insecure checks no certificate: ca and ssl_name have no place beside it')
  if (name !== undefined && !/^[A-Za-z0-9.-]{1,253}$/.test(name)) refuse('ssl_name is not a host name')
  return { insecure, ...(file && { ca: pemOf(file) }), ...(name && { name }) }
}
function pemOf(file: string): string {
  if (!file.startsWith('/')) refuse('ca is not an absolute path')
  try {
    const facts = statSync(file)
    if (!facts.isFile() || facts.size > CA_BYTES_MAX) return refuse('ca is not a file of at most 1 MiB')
    const pem = readFileSync(file, 'latin1')
    return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : refuse('ca holds no certificate in PEM form')
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    if (code === undefined) throw e
    return refuse(`ca cannot be read (${code})`)
  }
}

/** Requests one after the other over connections that stay open. */
export class Web {
  readonly #agent: Agent
  constructor(
    /** Who answers, as a subject: "the BMC at 10.0.0.1". */
    private readonly who: string,
    private readonly trust: Trust,
    /** Limit for one question. */
    private readonly askMs: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 1 })
  }
  close(): void {
    this.#agent.destroy()
  }

  /** The answer, whatever its status; a question is asked again where the same host says that the answer lies elsewhere on it. */
  async ask(asked: Ask): Promise<Answer> {
    let { url } = asked
    for (let left = REDIRECTS_MAX; ; left--) {
      const answer = await this.#once({ ...asked, url })
      if (answer.status < 300 || answer.status > 399 || answer.status === 304) return answer
      const next = placeOf(answer.headers.location, url)
      if (asked.method !== 'GET' || next?.origin !== url.origin || left === 0)
        throw new DeviceError(`${this.who} sends the question to another place (HTTP ${answer.status}), which is not followed`)
      url = next
    }
  }

  #once({ method, url, headers, body, by }: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const host = url.hostname.replace(/^\[|\]$/g, '')
      const asked = request({
        agent: this.#agent,
        host,
        port: url.port || 443,
        path: url.pathname + url.search,
        method,
        headers: { ...headers, 'accept-encoding': 'identity', ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
        rejectUnauthorized: !this.trust.insecure,
        servername: this.trust.name ?? (isIP(host) ? '' : host),
        ...(this.trust.ca !== undefined && { ca: this.trust.ca }),
      })
      const fail = (e: Error): void => {
        clearTimeout(timer)
        asked.destroy()
        reject(e instanceof DeviceError ? e : this.#because(e))
      }
      const timer = setTimeout(
        () => fail(new DeviceError(`${this.who} gives no answer, or none that ends, within the time limit`, 'again')),
        Math.max(1, Math.min(this.askMs, by - now())),
      )
      asked.on('error', fail)
      asked.on('response', (answer) => {
        const parts: Buffer[] = []
        let length = 0
        answer.on('error', fail)
        answer.on('data', (part: Buffer) => {
          length += part.length
          if (length > BODY_BYTES_MAX) return fail(new DeviceError(`${this.who} gives an answer of more than ${BODY_BYTES_MAX} bytes`))
          parts.push(part)
        })
        answer.on('end', () => {
          clearTimeout(timer)
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8'), headers: answer.headers })
        })
      })
      asked.end(body)
    })
  }

  #because(e: NodeJS.ErrnoException): DeviceError {
    const code = e.code ?? ''
    const [what, kind] = TROUBLE[code] ?? (/^HPE_/.test(code) ? GARBAGE : /SSL|TLS|CERT|EPROTO/.test(code) ? NO_TLS : BROKEN)
    return new DeviceError(`${this.who} ${what}${code && ` (${code.replace(/\W/g, '').slice(0, 60)})`}`, kind)
  }
}

const placeOf = (location: string | undefined, from: URL): URL | undefined =>
  location !== undefined && location.length < 2048 && URL.canParse(location, from) ? new URL(location, from) : undefined

type Why = readonly [what: string, kind: DeviceError['kind']]
const GARBAGE: Why = ['gives an answer that is not HTTP', 'again']
const NO_TLS: Why = ['does not agree on TLS', 'final']
const BROKEN: Why = ['closed the connection before its answer was whole', 'again']
const UNKNOWN: Why = ['shows a certificate that nobody trusted here signed: give its CA as ca', 'final']
const TROUBLE: Readonly<Record<string, Why>> = {
  ECONNREFUSED: ['refuses the connection: nothing listens there', 'final'],
  EHOSTUNREACH: ['cannot be reached', 'final'],
  ENETUNREACH: ['cannot be reached', 'final'],
  ENOTFOUND: ['has a name that is not known', 'final'],
  EAI_AGAIN: ['has a name that cannot be looked up now', 'again'],
  HPE_HEADER_OVERFLOW: ['gives an answer with too long a header', 'final'],
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN,
  CERT_HAS_EXPIRED: ['shows a certificate that has expired', 'final'],
  CERT_NOT_YET_VALID: ['shows a certificate that is not valid yet: is the clock of this machine right?', 'final'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['shows a certificate for another name: give that as ssl_name', 'final'],
}

/** What a status outside 200 to 299 says; undefined within. */
export function refusalOf(who: string, what: string, { status, headers }: Answer): DeviceError | undefined {
  if (status >= 200 && status <= 299) return undefined
  const said = `(${what}, HTTP ${status})`
  if (status === 401)
    return new DeviceError(`${who} does not let this user in: user, password or token is wrong, or of no use there ${said}`)
  if (status === 403) return new DeviceError(`${who} does not allow this user to do that ${said}`)
  if (status === 404 || status === 410) return new DeviceError(`${who} knows nothing at this place ${said}`)
  if (AGAIN.includes(status))
    return new DeviceError(`${who} cannot do it at the moment ${said}`, 'again', retryAfter(headers['retry-after'], Date.now()))
  return new DeviceError(`${who} refuses ${said}`, 'refused')
}
const AGAIN = [408, 409, 423, 425, 429, 500, 502, 503, 504]

/** Milliseconds that a Retry-After asks for: a number of seconds, or a date. */
export function retryAfter(text: string | undefined, today: number): number | undefined {
  const ms = text === undefined ? Number.NaN : /^\d{1,6}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - today
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX)
}

export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`

/** The JSON of an answer. */
export function jsonOf(who: string, what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new DeviceError(`${who} gives an answer that is not JSON (${what})`, 'again')
  }
}
/** A field of an object; undefined where there is no such object or field. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
