/**
 * A Redfish service (DMTF DSP0266): its ComputerSystem is found, reset, and asked for its power. What it says is bounded and checked field by field; all
 * paths stay on its own host.
 */
import type { Power, Switch } from '../agent.js'
import { bring, DeviceError, now, patiently, type State } from '../confirm.js'
import { type Answer, basic, field, jsonOf, refusalOf, Web } from '../web.js'
import { pathOf, type RedfishOptions, type RedfishWish } from './options.js'

const MEMBERS_MAX = 4096
const CLOSE_MS_MAX = 2000
/** Hard, and nothing that asks the operating system or comes back by itself: those prove nothing. */
const RESETS: Readonly<Record<Power, readonly string[]>> = { off: ['ForceOff'], on: ['On', 'ForceOn'] }

/** Where a system is reset, and with which values of ResetType, if it says. */
interface ResetAction {
  readonly target: string
  readonly allowed: readonly unknown[] | undefined
}

export class Redfish {
  readonly who: string
  readonly #web: Web
  #headers: Readonly<Record<string, string>> = {}
  #session: string | undefined
  #action: ResetAction | undefined

  constructor(
    private readonly options: RedfishOptions,
    askMs: number,
  ) {
    this.who = `the Redfish service at ${new URL(options.origin).host}`
    this.#web = new Web(this.who, options.trust, askMs)
  }

  async #ask(what: string, method: string, path: string, by: number, body?: object): Promise<Answer> {
    const answer = await this.#web.ask({
      method,
      url: new URL(this.options.origin + path),
      headers: {
        accept: 'application/json',
        'odata-version': '4.0',
        ...this.#headers,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      by,
    })
    const refusal = refusalOf(this.who, what, answer)
    if (refusal) throw refusal
    return answer
  }
  async #get(what: string, path: string, by: number): Promise<unknown> {
    return jsonOf(this.who, what, (await this.#ask(what, 'GET', path, by)).text)
  }
  #link(what: string, value: unknown): string {
    return pathOf(field(value, '@odata.id')) ?? this.#lacks(what)
  }
  #lacks(what: string): never {
    throw new DeviceError(`${this.who} does not say where ${what}`)
  }

  /** Lets the user in: a password with every question, or a session. */
  async login(by: number): Promise<void> {
    const { auth, username, password, root } = this.options
    if (auth === 'basic') {
      this.#headers = { authorization: basic(username, password) }
      return
    }
    if (this.#session !== undefined) return
    const place = this.#link('its sessions are', field(field(await this.#get('service root', root, by), 'Links'), 'Sessions'))
    const { headers } = await this.#ask('session', 'POST', place, by, { UserName: username, Password: password })
    const token = headers['x-auth-token']
    if (typeof token !== 'string' || !/^[!-~]{1,4096}$/.test(token)) throw new DeviceError(`${this.who} made a session without a token`)
    this.#headers = { 'x-auth-token': token }
    const { origin } = this.options
    const location = headers.location ?? ''
    const made = URL.canParse(location, origin) ? new URL(location, origin) : undefined
    this.#session = made?.origin === new URL(origin).origin ? pathOf(made.pathname) : undefined
  }
  /** Ends the session: a service has few. No harm if it stays. */
  async close(by: number): Promise<void> {
    if (this.#session !== undefined) await this.#ask('end of the session', 'DELETE', this.#session, by).catch(() => undefined)
    this.#web.close()
  }

  /** The path of the ComputerSystem to switch. */
  async find(by: number): Promise<string> {
    const { system, root, plug, named } = this.options
    if (system !== undefined) return system
    const place = this.#link('its systems are', field(await this.#get('service root', root, by), 'Systems'))
    const all = await this.#get('systems', place, by)
    const members = field(all, 'Members')
    if (!Array.isArray(members) || members.length === 0 || members.length > MEMBERS_MAX) return this.#lacks('a system is')
    const paths = members.map((m) => this.#link('a system is', m))
    const mine = plug === undefined ? [] : paths.filter((p) => p === plug || idOf(p) === plug)
    if (mine.length === 1) return mine[0] as string
    const only = paths.length === 1 && field(all, 'Members@odata.nextLink') === undefined
    if (only && !named) return paths[0] as string
    throw new DeviceError(
      named
        ? `${this.who} has no system of the name that plug gives, or several: give systems_uri`
        : `${this.who} has ${only ? 'no' : 'several'} systems, and none has the name of the node: give plug or systems_uri`,
    )
  }

  /** What the system says of its power. Whatever is neither on nor off for certain is an error, or on its way. */
  async power(system: string, by: number): Promise<State> {
    return this.#state(await this.#get('system', system, by))
  }
  #state(resource: unknown): State {
    const state = field(resource, 'PowerState')
    if (state === 'Off') return 'off'
    if (state === 'On') return 'on'
    if (state === 'PoweringOff' || state === 'PoweringOn' || state === 'Paused') return { between: `in the state ${state}` }
    throw new DeviceError(`${this.who} does not say whether the power is on or off`, 'again')
  }

  /** Orders it. Done means that the order was taken, not that the power is there. */
  async reset(system: string, wanted: Power, by: number): Promise<void> {
    this.#action ??= await this.#resetOf(system, by)
    const { target, allowed } = this.#action
    const type = RESETS[wanted].find((r) => allowed === undefined || allowed.includes(r))
    if (type === undefined) throw new DeviceError(`${this.who} allows no reset of the kind ${RESETS[wanted].join(' or ')} to this system`)
    await this.#ask(`reset ${type}`, 'POST', target, by, { ResetType: type })
  }
  async #resetOf(system: string, by: number): Promise<ResetAction> {
    const action = field(field(await this.#get('system', system, by), 'Actions'), '#ComputerSystem.Reset')
    return { target: pathOf(field(action, 'target')) ?? this.#lacks('its system can be reset'), allowed: await this.#allowed(action, by) }
  }
  /** The values of ResetType that are allowed, if the service says; an unreadable list allows all, and the service says no itself. */
  async #allowed(action: unknown, by: number): Promise<readonly unknown[] | undefined> {
    const here = field(action, 'ResetType@Redfish.AllowableValues')
    if (Array.isArray(here)) return here
    const place = pathOf(field(action, '@Redfish.ActionInfo'))
    if (place === undefined) return undefined
    const parameters = field(await this.#get('action info', place, by).catch(() => undefined), 'Parameters')
    const reset = Array.isArray(parameters) ? parameters.find((p) => field(p, 'Name') === 'ResetType') : undefined
    const values = field(reset, 'AllowableValues')
    return Array.isArray(values) ? values : undefined
  }
}

const idOf = (path: string): string => path.replace(/\/$/, '').replace(/.*\//, '')

/** The one system that the wish is about. */
export async function open({ redfish, loginMs, shellMs, powerMs }: RedfishWish): Promise<Switch> {
  const service = new Redfish(redfish, shellMs)
  const close = (): Promise<void> => service.close(now() + CLOSE_MS_MAX)
  try {
    const system = await patiently(loginMs, async (by) => {
      await service.login(by)
      return service.find(by)
    })
    return {
      status: async () => {
        const state = await patiently(shellMs, (by) => service.power(system, by))
        return state === 'off' ? 'off' : 'on' // what is between the two is not off
      },
      bring: (wanted) =>
        bring(wanted, powerMs, {
          who: service.who,
          order: (by) => service.reset(system, wanted, by),
          read: (by) => service.power(system, by),
        }),
      close,
    }
  } catch (e) {
    await close()
    throw e
  }
}
