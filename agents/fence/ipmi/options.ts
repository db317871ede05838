/** What `fence_kyha_ipmi` is told; names as fence_ipmilan's. */
import type { IpmiOptions, Privilege, SuiteId } from 'node-ipmi'
import { commonOf, flag, type Get, type Given, hostOf, portOf, type Refused, reading, refuse, secretOf, type Wish } from '../options.js'

export interface IpmiWish extends Wish {
  readonly ipmi: IpmiOptions
}

const LEVELS: Readonly<Record<string, Privilege>> = {
  callback: 'callback',
  user: 'user',
  operator: 'operator',
  administrator: 'administrator',
  admin: 'administrator',
}

export const readWish = (given: Given): IpmiWish | Refused =>
  reading(given, (get) => ({ ...commonOf(get, { login: 5, shell: 3 }), ipmi: ipmiOf(get) }))

function ipmiOf(get: Get): IpmiOptions {
  if (get('target')) refuse('target is not known here: only the BMC at ip itself is switched, nothing behind it')
  if (flag(get, 'lanplus') === false) refuse('lanplus=0 (IPMI 1.5) is not spoken here, only IPMI 2.0 (lanplus=1)')
  const host = hostOf(get, 'BMC')
  const level = LEVELS[(get('privlvl') ?? 'administrator').toLowerCase()]
  const key = bmcKeyOf(get)
  return {
    host,
    port: portOf(get, 623),
    username: get('username', 'login') ?? '',
    password: secretOf(get, 'password', 'passwd'),
    privilege: level ?? refuse(`privlvl is none of ${Object.keys(LEVELS).slice(0, 4).join(', ')}`),
    ...(key && { bmcKey: key }),
    ...suitesOf(get),
  }
}

function suitesOf(get: Get): { readonly suites?: readonly SuiteId[] } {
  const cipher = get('cipher')
  if (cipher === undefined) return {}
  if (cipher !== '3' && cipher !== '17')
    refuse('cipher is 3 or 17: the other cipher suites lack encryption or a sound check of what arrives')
  return { suites: [Number(cipher) as SuiteId] }
}

function bmcKeyOf(get: Get): Buffer | undefined {
  const hex = get('hexadecimal_kg')?.replace(/^0x/i, '')
  if (hex === undefined) return undefined
  if (!/^([0-9A-Fa-f]{2}){1,20}$/.test(hex)) refuse('hexadecimal_kg is not a key of 1 to 20 bytes in hexadecimal digits')
  return Buffer.from(hex, 'hex')
}
