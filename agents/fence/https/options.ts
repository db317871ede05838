/** What `fence_kyha_https` is told: how each action is asked for, where the answer holds the state, and what counts as on and off. */
import {
  commonOf,
  type Get,
  type Given,
  oneOf,
  type Refused,
  reading,
  refuse,
  type States,
  secretOf,
  statesOf,
  type Wish,
} from '../options.js'
import { basic, type Trust, trustOf } from '../web.js'
import { bodyOf, plugOf, pointerOf, urlOf } from './template.js'

export interface Call {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}
export interface HttpsOptions extends States {
  readonly on?: Call
  readonly off?: Call
  readonly status: Call
  /** Steps to the state in the JSON of the answer; none: the whole answer is the state. */
  readonly path?: readonly string[]
  readonly trust: Trust
}
export interface HttpsWish extends Wish {
  readonly https: HttpsOptions
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const HEADERS_MAX = 16
/** What the transport says itself, or `auth` does. */
const OWN = /^(authorization|host|connection|content-length|content-type|transfer-encoding|accept-encoding|expect|te|trailer|upgrade)$/i
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/

export const readWish = (given: Given): HttpsWish | Refused =>
  reading(given, (get) => {
    const common = commonOf(get, { login: 5, shell: 5 })
    return { ...common, https: httpsOf(get, common) }
  })

function httpsOf(get: Get, { action }: Wish): HttpsOptions {
  const plug = plugOf(get('plug', 'port'))
  const headers = { ...extraOf(get), ...authOf(get) }
  const call = (name: 'on' | 'off' | 'status'): Call | undefined => callOf(get, name, headers, plug)
  const [on, off, status] = [call('on'), call('off'), call('status')]
  const switches = action === 'reboot' || action === 'validate-all'
  if (!off && (switches || action === 'off')) refuse('off_url, where off is ordered, is needed')
  if (!on && (switches || action === 'on')) refuse('on_url, where on is ordered, is needed')
  const hosts = new Set([on, off, status].flatMap((c) => (c ? [c.url.host] : [])))
  if (hosts.size > 1) refuse('on_url, off_url and status_url are of one host: what it is told goes nowhere else')
  const path = get('state_path')
  return {
    ...(on && { on }),
    ...(off && { off }),
    status: status ?? refuse('status_url, where the state is asked for, is needed: without it off could not be proved'),
    ...(path && { path: pointerOf('state_path', path, plug) }),
    ...statesOf(get),
    trust: trustOf(get),
  }
}

function callOf(get: Get, name: 'on' | 'off' | 'status', headers: Call['headers'], plug: string | undefined): Call | undefined {
  const template = get(`${name}_url`)
  if (template === undefined) return undefined
  const method = oneOf(get, `${name}_method`, name === 'status' ? 'GET' : 'POST', METHODS)
  const text = get(`${name}_body`)
  const type = get('content_type') ?? 'application/json'
  if (!/^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w.-]+)*$/.test(type)) refuse('content_type is not a media type')
  if (text !== undefined && method === 'GET') refuse(`${name}_body cannot be sent with GET`)
  return {
    method,
    url: urlOf(`${name}_url`, template, plug),
    headers: { ...headers, ...(text !== undefined && { 'content-type': type }) },
    ...(text !== undefined && { body: bodyOf(`${name}_body`, text, type, plug) }),
  }
}

function authOf(get: Get): Record<string, string> {
  const kind = oneOf(get, 'auth', 'none', ['none', 'basic', 'bearer', 'header'])
  if (kind === 'none') {
    if (get('username', 'login', 'password', 'passwd', 'token')) refuse('auth is none, and a user, password or token is given all the same')
    return {}
  }
  if (kind === 'basic') {
    const username = get('username', 'login') ?? refuse('username is needed for auth=basic')
    if (username.includes(':')) refuse('username holds a colon, which basic authentication has no way to say')
    return { authorization: basic(username, secretOf(get, 'password', 'passwd')) }
  }
  const token = secretOf(get, 'token')
  if (!/^[ -~]{1,8192}$/.test(token)) refuse(`token is needed for auth=${kind}, and is of plain characters`)
  if (kind === 'bearer') return { authorization: `Bearer ${token}` }
  const name = get('auth_header') ?? refuse('auth_header, the name of the header that carries the token, is needed for auth=header')
  if (!NAME.test(name) || (OWN.test(name) && !/^authorization$/i.test(name))) refuse('auth_header is not the name of a header for a token')
  return { [name.toLowerCase()]: token }
}

/** Further headers, as a JSON object of names and texts. */
function extraOf(get: Get): Record<string, string> {
  const text = get('headers')
  if (text === undefined) return { accept: 'application/json' }
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    given = undefined
  }
  const rows = typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : undefined
  if (!rows || rows.length > HEADERS_MAX) return refuse(`headers is not a JSON object of at most ${HEADERS_MAX} headers`)
  for (const [name, value] of rows)
    if (!NAME.test(name) || OWN.test(name) || typeof value !== 'string' || !/^[ -~]{0,1024}$/.test(value))
      refuse('headers has a name or value that cannot be sent, or that other parameters say')
  return { accept: 'application/json', ...Object.fromEntries(rows.map(([name, value]) => [name.toLowerCase(), String(value)])) }
}
