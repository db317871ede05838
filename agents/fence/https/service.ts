/** The other side of `fence_kyha_https`: orders and the state, as the parameters say. A state that is in neither list is neither on nor off. */
import type { Power, Switch } from '../agent.js'
import { bring, DeviceError, patiently, type State } from '../confirm.js'
import { type Answer, field, jsonOf, refusalOf, Web } from '../web.js'
import type { Call, HttpsOptions, HttpsWish } from './options.js'

const TEXT_CHARS_MAX = 64

export class Service {
  readonly who: string
  readonly #web: Web
  constructor(
    private readonly options: HttpsOptions,
    askMs: number,
  ) {
    this.who = `the service at ${options.status.url.host}`
    this.#web = new Web(this.who, options.trust, askMs)
  }
  close(): void {
    this.#web.close()
  }

  async #ask(what: string, call: Call, by: number): Promise<Answer> {
    const answer = await this.#web.ask({ ...call, by })
    const refusal = refusalOf(this.who, what, answer)
    if (refusal) throw refusal
    return answer
  }

  /** Done means that the order was taken, not that the power is there. */
  async order(wanted: Power, by: number): Promise<void> {
    const call = this.options[wanted]
    if (call === undefined) throw new DeviceError(`${wanted}_url is not given`)
    await this.#ask(`order ${wanted}`, call, by)
  }

  async read(by: number): Promise<State> {
    const { text } = await this.#ask('state', this.options.status, by)
    const { onValues, offValues } = this.options
    const said = this.#stateIn(text)
    if (said !== undefined && offValues.includes(said)) return 'off'
    if (said !== undefined && onValues.includes(said)) return 'on'
    return {
      between: said === undefined ? 'not in the answer where state_path says' : 'in a state that is in neither on_values nor off_values',
    }
  }

  /** Text, number or truth value where the state is; undefined: there is none of these. */
  #stateIn(text: string): string | undefined {
    const { path } = this.options
    const found = path === undefined ? text.trim() : path.reduce(step, jsonOf(this.who, 'state', text))
    const said = typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined
    return said !== undefined && said.length <= TEXT_CHARS_MAX ? said : undefined
  }
}

/** A field by its name, or an item of a list by its number. */
const step = (value: unknown, name: string): unknown => (Array.isArray(value) && !/^\d+$/.test(name) ? undefined : field(value, name))

export async function open({ https, shellMs, powerMs }: HttpsWish): Promise<Switch> {
  const service = new Service(https, shellMs)
  return {
    status: async () => {
      const state = await patiently(shellMs, (by) => service.read(by))
      if (typeof state !== 'string') throw new DeviceError(`${service.who} does not say whether it is on or off: it is ${state.between}`)
      return state
    },
    bring: (wanted) =>
      bring(wanted, powerMs, {
        who: service.who,
        order: (by) => service.order(wanted, by),
        read: (by) => service.read(by),
      }),
    close: async () => service.close(),
  }
}
