/** An outlet of a power switch over SNMP: a variable is set, and another one read until it says so. */
import { isIPv6 } from 'node:net'
import snmp from 'net-snmp'
import type { Power, Switch } from '../agent.js'
import { bring, DeviceError, now, patiently, type State } from '../confirm.js'
import type { Access, SnmpOptions, SnmpWish } from './options.js'

const RETRY_MS = 1000

const { AuthProtocols, PrivProtocols, SecurityLevel } = snmp
const AUTH = {
  MD5: AuthProtocols.md5,
  SHA: AuthProtocols.sha,
  SHA224: AuthProtocols.sha224,
  SHA256: AuthProtocols.sha256,
  SHA384: AuthProtocols.sha384,
  SHA512: AuthProtocols.sha512,
} as const
const PRIV = { DES: PrivProtocols.des, AES: PrivProtocols.aes, AES256: PrivProtocols.aes256b } as const

function sessionFor(host: string, port: number, access: Access, retries: number): snmp.Session {
  const usual = { port, retries, timeout: RETRY_MS, transport: isIPv6(host) ? 'udp6' : 'udp4', reportOidMismatchErrors: true } as const
  if (access.version !== '3')
    return snmp.createSession(host, access.community, { ...usual, version: access.version === '1' ? snmp.Version1 : snmp.Version2c })
  const level = SecurityLevel[access.level]
  const user: snmp.User = {
    name: access.username,
    level,
    ...(level !== SecurityLevel.noAuthNoPriv && { authProtocol: AUTH[access.auth], authKey: access.password }),
    ...(level === SecurityLevel.authPriv && { privProtocol: PRIV[access.priv], privKey: access.privPassword }),
  }
  return strict(snmp.createV3Session(host, user, { ...usual, version: snmp.Version3 }), level)
}

/**
 * The library takes an answer without authentication or privacy to a question that has them, and knows it by a number that is sent in the clear:
 * whoever is in between could say "off". Here an answer counts only if it is protected as the question was.
 */
function strict(session: snmp.Session, level: snmp.SecurityLevel): snmp.Session {
  const take = session.onSimpleGetResponse
  session.onSimpleGetResponse = (req, message) => {
    const bare = level !== SecurityLevel.noAuthNoPriv && !message.hasAuthentication()
    const open = level === SecurityLevel.authPriv && !message.hasPrivacy()
    if (bare || open) req.responseCb(new snmp.ResponseInvalidError('not protected', snmp.ResponseInvalidCode.EAuthFailure))
    else take.call(session, req, message)
  }
  return session
}

export class PowerOutlet {
  readonly who: string
  readonly #session: snmp.Session
  constructor(
    private readonly options: SnmpOptions,
    private readonly askMs: number,
  ) {
    this.who = `the power switch at ${options.host}`
    this.#session = sessionFor(options.host, options.port, options.access, Math.ceil(askMs / RETRY_MS))
    this.#session.on('error', () => undefined) // bytes that are no SNMP: the question stays open until its limit
  }
  close(): void {
    this.#session.close()
  }

  /** One question and its answer by `by`. */
  #asked(what: string, by: number, ask: (done: (e: Error | null, found?: snmp.Varbind[]) => void) => void): Promise<snmp.Varbind> {
    return new Promise((resolve, reject) => {
      const silent = new DeviceError(
        `${this.who} gives no answer: not reached, or it does not know this community or user (${what})`,
        'again',
      )
      const timer = setTimeout(() => reject(silent), Math.max(1, Math.min(this.askMs, by - now())))
      ask((e, found) => {
        clearTimeout(timer)
        const [only, ...more] = found ?? []
        if (e) reject(this.#because(what, e) ?? silent)
        else if (only === undefined || more.length > 0) reject(new DeviceError(`${this.who} answers another question (${what})`, 'again'))
        else if (snmp.isVarbindError(only))
          reject(new DeviceError(`${this.who} knows no such variable: are outlet and template right? (${what})`))
        else resolve(only)
      })
    })
  }

  /** Orders it. Done means that the order was taken, not that the power is there. */
  async order(wanted: Power, by: number): Promise<void> {
    const { oid, value } = this.options.outlet[wanted]
    await this.#asked(`order ${wanted}`, by, (done) => this.#session.set([{ oid, type: snmp.ObjectType.Integer, value }], done))
  }

  async read(by: number): Promise<State> {
    const { stateOid, onValues, offValues } = this.options.outlet
    const { value } = await this.#asked('state', by, (done) => this.#session.get([stateOid], done))
    if (typeof value !== 'number') return { between: 'not said as a number' }
    if (offValues.includes(String(value))) return 'off'
    return onValues.includes(String(value)) ? 'on' : { between: `in the state ${value}, which is in neither on_values nor off_values` }
  }

  /** Messages of the library hold the community: only codes are said. */
  #because(what: string, e: Error): DeviceError | undefined {
    if (e.name === 'RequestTimedOutError') return undefined
    if (e instanceof snmp.RequestFailedError) {
      const status = snmp.ErrorStatus[e.status] ?? 'GeneralError'
      const said = `(${what}, ${status})`
      if (/NoSuchName/.test(status)) return new DeviceError(`${this.who} knows no such variable, or does not let this user at it ${said}`)
      if (/AuthorizationError|NoAccess|ReadOnly|NotWritable/.test(status))
        return new DeviceError(`${this.who} does not allow this user to do that ${said}`)
      const soon = /GeneralError|ResourceUnavailable|CommitFailed|InconsistentValue|TooBig/.test(status)
      return new DeviceError(`${this.who} ${soon ? 'cannot do it at the moment' : 'refuses'} ${said}`, soon ? 'again' : 'refused')
    }
    if (e instanceof snmp.ResponseInvalidError) {
      const code = snmp.ResponseInvalidCode[e.code] ?? ''
      return new DeviceError(
        `${this.who} gives an answer that is not good: user, password or protocol is wrong, or somebody interferes (${what}${code && `, ${code}`})`,
        'again',
      )
    }
    const code = (e as NodeJS.ErrnoException).code ?? ''
    if (code === 'ENOTFOUND') return new DeviceError(`${this.who} has a name that is not known (ENOTFOUND)`)
    return new DeviceError(`${this.who} cannot be asked (${what}${code && `, ${code.replace(/\W/g, '').slice(0, 40)}`})`, 'again')
  }
}

export async function open({ snmp: options, shellMs, powerMs }: SnmpWish): Promise<Switch> {
  const outlet = new PowerOutlet(options, shellMs)
  return {
    status: async () => {
      const state = await patiently(shellMs, (by) => outlet.read(by))
      if (typeof state !== 'string')
        throw new DeviceError(`${outlet.who} does not say whether the outlet is on or off: it is ${state.between}`)
      return state
    },
    bring: (wanted) => bring(wanted, powerMs, { who: outlet.who, order: (by) => outlet.order(wanted, by), read: (by) => outlet.read(by) }),
    close: async () => outlet.close(),
  }
}
