/**
 * A management card after the DMTF specification (DSP0266, ComputerSystem), with nothing of the agent in it: service root, sessions, basic
 * authentication, systems, reset, action info; and habits that real ones have.
 */
import { type Heard, type Reply, Station } from './station.js'

export const USER = { username: 'admin', password: 'canary-secret' }
export interface Habits {
  readonly systems?: readonly string[]
  /** Values of ResetType that are allowed; where they stand. */
  readonly allowed?: readonly string[]
  readonly where?: 'system' | 'info' | 'nowhere'
  /** Answers with the state of before for so many questions after an order. */
  slow?: number
  /** Takes orders and does nothing. */
  readonly stuck?: boolean
  /** Refuses an order that changes nothing, with this status. */
  readonly already?: number
  readonly noBasic?: boolean
  /** What is answered instead of the truth, for question n. */
  instead?: (heard: Heard, n: number) => Reply | undefined
  /** What PowerState says instead. */
  state?: unknown
  /** Shows a certificate with the name bmc-1 and no address. */
  readonly named?: boolean
}
const link = (path: string): object => ({ '@odata.id': path })

export class Card {
  readonly power = new Map<string, 'On' | 'Off'>()
  readonly sessions = new Map<string, string>()
  #shown: { readonly name: string; readonly state: string; left: number } | undefined
  station!: Station
  private constructor(readonly habits: Habits) {
    for (const name of habits.systems ?? ['437XR1138R2']) this.power.set(name, 'On')
  }
  static async start(habits: Habits = {}): Promise<Card> {
    const card = new Card(habits)
    card.station = await Station.start((heard, n) => habits.instead?.(heard, n) ?? card.#answer(heard), habits.named ? 'name' : 'address')
    return card
  }
  get port(): number {
    return this.station.port
  }
  /** What the first machine really is. */
  get state(): 'on' | 'off' {
    return [...this.power.values()][0] === 'On' ? 'on' : 'off'
  }
  close(): void {
    this.station.close()
  }

  #knows({ headers }: Heard): boolean {
    const token = headers['x-auth-token']
    if (typeof token === 'string') return [...this.sessions.values()].includes(token)
    const given = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
    return !this.habits.noBasic && given === `${USER.username}:${USER.password}`
  }

  #answer(heard: Heard): Reply {
    const path = heard.path.replace(/\/$/, '')
    if (path === '/redfish/v1')
      return {
        status: 200,
        body: {
          '@odata.id': '/redfish/v1/',
          RedfishVersion: '1.18.0',
          Systems: link('/redfish/v1/Systems'),
          Links: { Sessions: link('/redfish/v1/SessionService/Sessions') },
        },
      }
    if (path === '/redfish/v1/SessionService/Sessions' && heard.method === 'POST') return this.#login(heard)
    if (!this.#knows(heard))
      return { status: 401, body: { error: { code: 'Base.1.18.NoValidSession', message: `no: ${heard.headers.authorization}` } } }
    if (path.startsWith('/redfish/v1/SessionService/Sessions/') && heard.method === 'DELETE')
      return { status: this.sessions.delete(path) ? 204 : 404 }
    if (path === '/redfish/v1/Systems')
      return {
        status: 200,
        body: { 'Members@odata.count': this.power.size, Members: [...this.power.keys()].map((n) => link(`/redfish/v1/Systems/${n}`)) },
      }
    const [, name = '', rest = ''] = /^\/redfish\/v1\/Systems\/([^/]+)(.*)$/.exec(path) ?? []
    if (!this.power.has(name)) return { status: 404, body: { error: { code: 'Base.1.18.ResourceMissingAtURI' } } }
    if (rest === '' && heard.method === 'GET') return { status: 200, body: this.#system(name) }
    if (rest === '/ResetActionInfo')
      return {
        status: 200,
        body: {
          Id: 'ResetAction',
          Parameters: [{ Name: 'ResetType', Required: true, DataType: 'String', AllowableValues: this.#allowed }],
        },
      }
    if (rest === '/Actions/ComputerSystem.Reset' && heard.method === 'POST') return this.#reset(name, heard.body)
    return { status: 405 }
  }
  get #allowed(): readonly string[] {
    return this.habits.allowed ?? ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart']
  }
  #system(name: string): object {
    const { where = 'system', state } = this.habits
    const shown = this.#shown?.name === name && this.#shown.left-- > 0 ? this.#shown.state : this.power.get(name)
    return {
      '@odata.id': `/redfish/v1/Systems/${name}`,
      Id: name,
      PowerState: state === undefined ? shown : state,
      Actions: {
        '#ComputerSystem.Reset': {
          target: `/redfish/v1/Systems/${name}/Actions/ComputerSystem.Reset`,
          ...(where === 'system' && { 'ResetType@Redfish.AllowableValues': this.#allowed }),
          ...(where === 'info' && { '@Redfish.ActionInfo': `/redfish/v1/Systems/${name}/ResetActionInfo` }),
        },
      },
    }
  }
  #login({ body }: Heard): Reply {
    const given = JSON.parse(body) as Record<string, unknown>
    if (given['UserName'] !== USER.username || given['Password'] !== USER.password) return { status: 401 }
    const [place, token] = [`/redfish/v1/SessionService/Sessions/${this.sessions.size + 1}`, `token-${this.sessions.size}-canary-secret`]
    this.sessions.set(place, token)
    return { status: 201, headers: { 'X-Auth-Token': token, Location: place }, body: { Id: '1' } }
  }
  #reset(name: string, body: string): Reply {
    const type = String((JSON.parse(body) as Record<string, unknown>)['ResetType'])
    if (!this.#allowed.includes(type)) return { status: 400, body: { error: { code: 'Base.1.18.ActionParameterNotSupported' } } }
    const wanted = /Off|Shutdown/.test(type) ? 'Off' : 'On'
    const is = this.power.get(name)
    if (this.habits.already && is === wanted) return { status: this.habits.already }
    if (!this.habits.stuck && type !== 'GracefulShutdown') {
      this.#shown = { name, state: is ?? 'On', left: this.habits.slow ?? 0 }
      this.power.set(name, wanted)
    }
    return { status: 204 }
  }
}
