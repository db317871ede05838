/**
 * What every fence agent of kyha is told, one key=value a line (Fence Agent API; names as in Debian's agents): read and checked before anything is
 * sent. A refusal is one sentence and holds no value of a secret. Unknown keys are ignored, the last of two lines counts.
 */
export const ACTIONS = ['on', 'off', 'reboot', 'status', 'monitor', 'list', 'list-status', 'metadata', 'validate-all'] as const
export type Action = (typeof ACTIONS)[number]

/** What all agents understand. */
export interface Wish {
  readonly action: Action
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
export type Given = ReadonlyMap<string, string>
/** The first of these names that has a value. */
export type Get = (...names: string[]) => string | undefined

export const INPUT_MAX = 65_536

/** Lines of stdin and options of the command line (`-o ACTION`, `--action=ACTION`) as one table. */
export function readInput(text: string, args: readonly string[]): Given {
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
export const refuse = (sentence: string): never => {
  throw new Problem(sentence)
}

/** What `read` makes of the table, or the sentence that it refused it with. */
export function reading<W>(given: Given, read: (get: Get) => W): W | Refused {
  try {
    return read((...names) => names.map((n) => given.get(n)).find((v) => v !== undefined && v !== ''))
  } catch (e) {
    if (e instanceof Problem) return { problem: e.message }
    throw e
  }
}

/** Defaults of an agent's time limits, seconds. */
export interface Limits {
  readonly login: number
  readonly shell: number
}

export function commonOf(get: Get, limits: Limits): Wish {
  const action = (get('action', 'option') ?? 'reboot').toLowerCase() as Action
  if (!ACTIONS.includes(action)) refuse(`the action is none of ${ACTIONS.join(', ')}`)
  const checked = action === 'reboot' || action === 'validate-all'
  if (checked && (get('method') ?? 'onoff') !== 'onoff')
    refuse('method is onoff: a power cycle in one order cannot be proved, since its off state may pass between two questions')
  const script = ['password_script', 'passwd_script', 'snmp_priv_passwd_script'].find((name) => get(name))
  if (script) refuse(`${script} is not run, since agents run as root: give the password itself`)
  return {
    action,
    loginMs: seconds(get, 'login_timeout', limits.login),
    shellMs: seconds(get, 'shell_timeout', limits.shell),
    powerMs: seconds(get, 'power_timeout', 20),
    delayMs: seconds(get, 'delay', 0),
    settleMs: seconds(get, 'power_wait', 0),
    tries: whole(get, 'retry_on', 1, 1, 10),
  }
}

/** The address of the device, the port on it, and who asks. */
export function hostOf(get: Get, what: string): string {
  const host = get('ip', 'ipaddr') ?? refuse(`ip, the address of the ${what}, is needed`)
  if (!/^[A-Za-z0-9.:%_-]{1,253}$/.test(host)) refuse('ip is neither an address nor a host name')
  return host
}
export const portOf = (get: Get, otherwise: number): number => whole(get, 'ipport', otherwise, 1, 65_535)

/** A password or token. One that is still the name of a secret would only lock the user out. */
export function secretOf(get: Get, ...names: [string, ...string[]]): string {
  const secret = get(...names) ?? ''
  if (secret.startsWith('@secret:')) refuse(`${names[0]} names a secret of the cluster, and nobody has put its value in place of the name`)
  return secret
}

export function seconds(get: Get, name: string, otherwise: number): number {
  const text = get(name) ?? String(otherwise)
  const found = /^(\d{1,5}(?:\.\d{1,3})?)s?$/.exec(text)
  return found ? Math.round(Number(found[1]) * 1000) : refuse(`${name} is not a number of seconds`)
}
export function whole(get: Get, name: string, otherwise: number, min: number, max: number): number {
  const text = get(name) ?? String(otherwise)
  const n = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  return n >= min && n <= max ? n : refuse(`${name} is not a whole number from ${min} to ${max}`)
}
export function oneOf<T extends string>(get: Get, name: string, otherwise: T, values: readonly T[]): T {
  const text = (get(name) ?? otherwise).toLowerCase()
  return values.find((v) => v.toLowerCase() === text) ?? refuse(`${name} is none of ${values.join(', ')}`)
}
/** undefined: nothing was said, or nothing that is yes or no. */
export function flag(get: Get, name: string): boolean | undefined {
  const text = get(name) ?? ''
  return /^(1|yes|on|true)$/i.test(text) ? true : /^(0|no|off|false)$/i.test(text) ? false : undefined
}

/** States of a device that count as on and as off; all others are neither. */
export interface States {
  readonly onValues: readonly string[]
  readonly offValues: readonly string[]
}
const STATES_MAX = 16

export function statesOf(get: Get): States {
  const [onValues, offValues] = [valuesOf(get, 'on_values'), valuesOf(get, 'off_values')]
  if (onValues.some((v) => offValues.includes(v))) refuse('on_values and off_values have a value in common')
  return { onValues, offValues }
}
function valuesOf(get: Get, name: string): readonly string[] {
  const given = (get(name) ?? refuse(`${name}, the states that count as ${name.split('_')[0]}, is needed`)).split(',').map((v) => v.trim())
  if (given.length > STATES_MAX || given.some((v) => v === '' || v.length > 64))
    refuse(`${name} is not a list of 1 to ${STATES_MAX} values with commas in between`)
  return given
}
