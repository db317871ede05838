/** What `fence_kyha_snmp` is told; names as fence_apc_snmp's. A template is a file of presets for the parameters that say where an outlet is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fenceDir } from '../../../runtime/paths.js'
import {
  commonOf,
  type Get,
  type Given,
  hostOf,
  oneOf,
  portOf,
  type Refused,
  reading,
  refuse,
  type States,
  secretOf,
  statesOf,
  type Wish,
} from '../options.js'

export const TEMPLATES = ['apc_rpdu', 'apc_rpdu2', 'eaton_epdu', 'raritan_pdu2'] as const
export const AUTH = ['MD5', 'SHA', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const
export const PRIV = ['DES', 'AES', 'AES256'] as const
const LEVELS = ['noAuthNoPriv', 'authNoPriv', 'authPriv'] as const
const KEY_CHARS_MIN = 8

/** A variable to set, and to what. */
export interface Order {
  readonly oid: string
  readonly value: number
}
export interface Outlet extends States {
  readonly on: Order
  readonly off: Order
  readonly stateOid: string
}
export type Access =
  | { readonly version: '1' | '2c'; readonly community: string }
  | {
      readonly version: '3'
      readonly username: string
      readonly level: (typeof LEVELS)[number]
      readonly auth: (typeof AUTH)[number]
      readonly password: string
      readonly priv: (typeof PRIV)[number]
      readonly privPassword: string
    }
export interface SnmpOptions {
  readonly host: string
  readonly port: number
  readonly access: Access
  readonly outlet: Outlet
}
export interface SnmpWish extends Wish {
  readonly snmp: SnmpOptions
}

export const readWish = (given: Given): SnmpWish | Refused =>
  reading(given, (get) => ({
    ...commonOf(get, { login: 5, shell: 3 }),
    snmp: { host: hostOf(get, 'power switch'), port: portOf(get, 161), access: accessOf(get), outlet: outletOf(get) },
  }))

function accessOf(get: Get): Access {
  const username = get('username', 'login')
  const version = oneOf(get, 'snmp_version', username === undefined ? '2c' : '3', ['1', '2c', '3'])
  if (version !== '3') {
    const community = secretOf(get, 'community') || refuse('community is needed; SNMPv3 needs username instead')
    return { version, community }
  }
  const password = secretOf(get, 'password', 'passwd')
  const privPassword = secretOf(get, 'snmp_priv_passwd')
  const level = oneOf(get, 'snmp_sec_level', privPassword ? 'authPriv' : password ? 'authNoPriv' : 'noAuthNoPriv', LEVELS)
  if (level !== 'noAuthNoPriv' && password.length < KEY_CHARS_MIN) refuse(`password has at least ${KEY_CHARS_MIN} characters in SNMPv3`)
  if (level === 'authPriv' && privPassword.length < KEY_CHARS_MIN)
    refuse(`snmp_priv_passwd has at least ${KEY_CHARS_MIN} characters in SNMPv3`)
  return {
    version,
    username: username ?? refuse('username is needed for SNMPv3'),
    level,
    auth: oneOf(get, 'snmp_auth_prot', 'SHA', AUTH),
    password,
    priv: oneOf(get, 'snmp_priv_prot', 'AES', PRIV),
    privPassword,
  }
}

function outletOf(own: Get): Outlet {
  const template = own('template') === undefined ? {} : templateOf(oneOf(own, 'template', TEMPLATES[0], TEMPLATES))
  const get: Get = (...names) => own(...names) ?? names.map((n) => template[n]).find((v) => v !== undefined)
  const places = { plug: get('plug', 'port'), unit: get('unit') }
  const order = (name: 'on' | 'off'): Order => ({ oid: oidOf(get, `${name}_oid`, places), value: integer(get, `${name}_value`) })
  return { on: order('on'), off: order('off'), stateOid: oidOf(get, 'state_oid', places), ...statesOf(get) }
}
const templateOf = (name: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(join(fenceDir, 'snmp', 'templates', `${name}.json`), 'utf8')) as Record<string, string>

/** An object identifier with the numbers of outlet and unit in it. */
function oidOf(get: Get, name: string, places: { readonly plug: string | undefined; readonly unit: string | undefined }): string {
  const text = get(name) ?? refuse(`${name} is needed, or a template: ${TEMPLATES.join(', ')}`)
  const oid = text.replace(/^\./, '').replace(/\{(plug|unit)\}/g, (_, place: 'plug' | 'unit') => {
    const number = places[place] ?? refuse(`${name} has a place for ${place}, and none is given`)
    return /^\d{1,9}(\.\d{1,9}){0,3}$/.test(number) ? number : refuse(`${place} is the number of the outlet or unit, such as 3 or 1.3`)
  })
  const good = oid.length <= 512 && /^[0-2](\.\d{1,10}){1,64}$/.test(oid) && oid.split('.').every((n) => Number(n) < 2 ** 32)
  return good ? oid : refuse(`${name} is not an object identifier, such as 1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.{plug}`)
}
function integer(get: Get, name: string): number {
  const text = get(name) ?? refuse(`${name} is needed, or a template: ${TEMPLATES.join(', ')}`)
  const n = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  return n >= -(2 ** 31) && n < 2 ** 31 ? n : refuse(`${name} is not an integer`)
}
