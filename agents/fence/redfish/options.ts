/** What `fence_kyha_redfish` is told; names as fence_redfish's, and those that it lacks. */
import { isIPv6 } from 'node:net'
import {
  commonOf,
  flag,
  type Get,
  type Given,
  hostOf,
  oneOf,
  portOf,
  type Refused,
  reading,
  refuse,
  secretOf,
  type Wish,
} from '../options.js'
import { type Trust, trustOf } from '../web.js'

export interface RedfishOptions {
  /** https://HOST:PORT */
  readonly origin: string
  readonly username: string
  readonly password: string
  readonly auth: 'basic' | 'session'
  readonly root: string
  /** The ComputerSystem itself, where it is not to be looked for. */
  readonly system?: string
  /** Its Id or path among several; `named` if it was meant for a Redfish service and is not just the node's name. */
  readonly plug?: string
  readonly named: boolean
  readonly trust: Trust
}
export interface RedfishWish extends Wish {
  readonly redfish: RedfishOptions
}

export const readWish = (given: Given): RedfishWish | Refused =>
  reading(given, (get) => ({ ...commonOf(get, { login: 10, shell: 5 }), redfish: redfishOf(get) }))

function redfishOf(get: Get): RedfishOptions {
  if (flag(get, 'ssl') === false) refuse('ssl=0 would send the password in the clear: only HTTPS is spoken here')
  const host = hostOf(get, 'management card')
  const origin = `https://${isIPv6(host) ? `[${host}]` : host}:${portOf(get, 443)}`
  if (!URL.canParse(origin)) refuse('ip is neither an address nor a host name that HTTPS can be spoken with')
  const username = get('username', 'login') ?? ''
  if (username.includes(':')) refuse('username holds a colon, which no Redfish user can have')
  const system = get('systems_uri', 'systems-uri')
  const plug = get('plug', 'port')
  return {
    origin,
    username,
    password: secretOf(get, 'password', 'passwd'),
    auth: oneOf(get, 'auth', 'basic', ['basic', 'session']),
    root: pathOf(get('redfish_uri', 'redfish-uri') ?? '/redfish/v1/') ?? refuse('redfish_uri is not a path that begins with /'),
    ...(system && { system: pathOf(system) ?? refuse('systems_uri is not a path that begins with /') }),
    ...(plug && { plug }),
    named: plug !== undefined && plug !== get('nodename'),
    trust: trustOf(get),
  }
}

/** A path on the same host, or nothing. What a service says is a path goes the same way. */
export const pathOf = (text: unknown): string | undefined =>
  typeof text === 'string' && text.length <= 1024 && /^\/(?![/\\])[!-~]*$/.test(text) && !/[\\#]/.test(text) ? text : undefined
