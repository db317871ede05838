/**
 * What `fence_kyha_ipmi` is told, one key=value a line (Fence Agent API; names as fence_ipmilan's): read and checked before anything is sent.
 * A refusal is one sentence and holds no value of a secret. Unknown keys are ignored, the last of two lines counts.
 */
import type { IpmiOptions, Privilege, SuiteId } from 'node-ipmi'

export const ACTIONS = ['on', 'off', 'reboot', 'status', 'monitor', 'list', 'list-status', 'metadata', 'validate-all'] as const
export type Action = (typeof ACTIONS)[number]

export interface Wish {
  readonly action: Action
  readonly ipmi: IpmiOptions
  /** Limits: session set-up, one question, the way of the power to what was ordered; waits: before an action, after an order. */
  readonly loginMs: number
  readonly shellMs: number
  readonly powerMs: number
  readonly delayMs: number
  readonly settleMs: number
  /** How often "on" is tried. */
  readonly tries: number
}
export interface Refused {
  readonly problem: string
}

export const INPUT_MAX = 65_536
const LEVELS: Readonly<Record<string, Privilege>> = {
  callback: 'callback',
  user: 'user',
  operator: 'operator',
  administrator: 'administrator',
  admin: 'administrator',
}

/** Lines of stdin and options of the command line (`-o ACTION`, `--action=ACTION`) as one table. */
export function readInput(text: string, args: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>()
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    if (at > 0 && !line.trimStart().startsWith('#')) given.set(line.slice(0, at).trim(), line.slice(at + 1).replace(/\r$/, ''))
  }
  const action = actionOf(args)
  return action === undefined ? given : given.set('action', action)
}
export function actionOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((a) => a === '-o' || a === '--action')
  return at >= 0 ? args[at + 1] : args.find((a) => a.startsWith('--action='))?.slice(9)
}

class Problem extends Error {}
const refuse = (sentence: string): never => {
  throw new Problem(sentence)
}

export function readWish(given: ReadonlyMap<string, string>): Wish | Refused {
  try {
    return wishOf((...names) => names.map((n) => given.get(n)).find((v) => v !== undefined && v !== ''))
  } catch (e) {
    if (e instanceof Problem) return { problem: e.message }
    throw e
  }
}

type Get = (...names: string[]) => string | undefined

function wishOf(get: Get): Wish {
  const action = (get('action', 'option') ?? 'reboot').toLowerCase() as Action
  if (!ACTIONS.includes(action)) refuse(`the action is none of ${ACTIONS.join(', ')}`)
  const checked = action === 'reboot' || action === 'validate-all'
  if (checked && (get('method') ?? 'onoff') !== 'onoff')
    refuse('method is onoff: a power cycle in one order cannot be proved, since its off state may pass between two questions')
  return {
    action,
    ipmi: ipmiOf(get),
    loginMs: seconds(get, 'login_timeout', 5),
    shellMs: seconds(get, 'shell_timeout', 3),
    powerMs: seconds(get, 'power_timeout', 20),
    delayMs: seconds(get, 'delay', 0),
    settleMs: seconds(get, 'power_wait', 0),
    tries: whole(get, 'retry_on', 1, 1, 10),
  }
}

function ipmiOf(get: Get): IpmiOptions {
  if (get('password_script', 'passwd_script')) refuse('password_script is not run, since agents run as root: give the password itself')
  if (get('target')) refuse('target is not known here: only the BMC at ip itself is switched, nothing behind it')
  if (/^(0|no|off|false)$/i.test(get('lanplus') ?? '1')) refuse('lanplus=0 (IPMI 1.5) is not spoken here, only IPMI 2.0 (lanplus=1)')
  const host = get('ip', 'ipaddr') ?? refuse('ip, the address of the BMC, is needed')
  if (!/^[A-Za-z0-9.:%_-]{1,253}$/.test(host)) refuse('ip is neither an address nor a host name')
  const level = LEVELS[(get('privlvl') ?? 'administrator').toLowerCase()]
  const key = bmcKeyOf(get)
  const password = get('password', 'passwd') ?? ''
  if (password.startsWith('@secret:')) refuse('password names a secret of the cluster, and nobody has put its value in place of the name')
  return {
    host,
    port: whole(get, 'ipport', 623, 1, 65_535),
    username: get('username', 'login') ?? '',
    password,
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

function seconds(get: Get, name: string, otherwise: number): number {
  const text = get(name) ?? String(otherwise)
  const found = /^(\d{1,5}(?:\.\d{1,3})?)s?$/.exec(text)
  return found ? Math.round(Number(found[1]) * 1000) : refuse(`${name} is not a number of seconds`)
}
function whole(get: Get, name: string, otherwise: number, min: number, max: number): number {
  const text = get(name) ?? String(otherwise)
  const n = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  return n >= min && n <= max ? n : refuse(`${name} is not a whole number from ${min} to ${max}`)
}
