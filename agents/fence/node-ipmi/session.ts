/**
 * An RMCP+ session: set-up (Open Session, RAKP 1 to 4), commands one after the other, close. Datagrams may be lost, late, twice and out of
 * order: a question is repeated with the same tag or request number (a repeated command in a new packet of the session), an answer counts
 * once, and a set-up whose middle was lost begins anew with fresh numbers.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { completionError, IpmiError, privilegeError, statusError } from './errors.js'
import {
  type Exchange,
  type Keys,
  rakp2Mac,
  rakp3Mac,
  rakp4Mac,
  SUITES,
  type Suite,
  type SuiteId,
  same,
  seal,
  sessionKeys,
  unseal,
  Window,
} from './keys.js'
import * as packet from './packet.js'
import { Channel, now, pause } from './udp.js'

export const PRIVILEGES = { callback: 1, user: 2, operator: 3, administrator: 4 } as const
export type Privilege = keyof typeof PRIVILEGES

export interface IpmiOptions {
  readonly host: string
  /** 623 */
  readonly port?: number
  /** At most 16 bytes; empty: the nameless user. */
  readonly username: string
  /** At most 20 bytes. */
  readonly password: string
  /** K_G, the key of the BMC, at most 20 bytes; absent: it has none. */
  readonly bmcKey?: Uint8Array
  /** Cipher suites in the order in which they are tried; 17, then 3. */
  readonly suites?: readonly SuiteId[]
  /** administrator */
  readonly privilege?: Privilege
  /** First wait before a question is asked again, ms; 500. */
  readonly retryMs?: number
}

const NETFN_APP = 0x06
const SET_PRIVILEGE = 0x3b
const CLOSE_SESSION = 0x3c
/** How often one message of a set-up is sent before the set-up begins anew. */
const SETUP_TRIES = 3
const NAME_ONLY = 0x10

interface Person {
  readonly user: Buffer
  readonly password: Buffer
  readonly bmcKey: Uint8Array
  readonly privilege: Privilege
  /** For sentences. */
  readonly name: string
}
function personOf(o: IpmiOptions): Person {
  const [user, password] = [Buffer.from(o.username), Buffer.from(o.password)]
  const bmcKey = o.bmcKey?.length ? o.bmcKey : password
  const refuse = (sentence: string): never => {
    throw new IpmiError('options', sentence)
  }
  if (user.length > 16) refuse('a user name of IPMI has at most 16 bytes')
  if (password.length > 20) refuse('a password of IPMI has at most 20 bytes')
  if (bmcKey.length > 20) refuse('a K_G key of IPMI has at most 20 bytes')
  const port = o.port ?? 623
  if (o.host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) refuse('a host and a port between 1 and 65535 are needed')
  return {
    user,
    password,
    bmcKey,
    privilege: o.privilege ?? 'administrator',
    name: o.username === '' ? 'the nameless user' : `user ${JSON.stringify(o.username)}`,
  }
}

/** Opens a session, or says in one sentence within `limitMs` why there is none. */
export async function openSession(options: IpmiOptions, limitMs: number): Promise<Session> {
  const person = personOf(options)
  const deadline = now() + limitMs
  const channel = await Channel.to(options.host, options.port ?? 623, options.retryMs ?? 500, deadline)
  try {
    const suites = (options.suites ?? [17, 3]).map((id) => SUITES[id])
    for (const [i, suite] of suites.entries()) {
      const made = await setUp(channel, person, suite, deadline)
      if ('session' in made) {
        await made.session.raise(person.privilege, deadline)
        return made.session
      }
      if (i + 1 === suites.length) throw made.notOffered
    }
    throw new IpmiError('options', 'no cipher suite was given')
  } catch (e) {
    channel.close()
    throw e
  }
}

type Made = { readonly session: Session } | { readonly notOffered: IpmiError }

/**
 * Set-ups with one suite, until one ends in a session or in a refusal. Each is more patient than the last: a slow BMC that takes a repeated
 * RAKP 1 for a new one would never come to an end otherwise.
 */
async function setUp(channel: Channel, person: Person, suite: Suite, deadline: number): Promise<Made> {
  let last: IpmiError | undefined
  for (let patience = 0; now() < deadline; patience++) {
    const made = await new SetUp(channel, person, suite, deadline, patience).run()
    if (!(made instanceof IpmiError)) return made
    if (!last || made.code !== 'no-answer') last = made // the step at which the first one got stuck says more
    if (made.code !== 'no-answer') await pause(Math.min(50, deadline - now()))
  }
  throw last ?? new IpmiError('no-answer', `the BMC at ${channel.where} had no time to answer`)
}

/** One set-up with numbers of its own. What it returns as an error may go away with the next one; what it throws does not. */
class SetUp {
  private readonly console = randomInt(1, 2 ** 32 - 1)
  private tag = randomInt(256)
  constructor(
    private readonly channel: Channel,
    private readonly person: Person,
    private readonly suite: Suite,
    private readonly deadline: number,
    private readonly patience: number,
  ) {}

  async run(): Promise<Made | IpmiError> {
    const { person, suite, channel } = this
    const opened = await this.ask((tag) => packet.openRequest(tag, level(person), this.console, suite), packet.readOpenAnswer)
    if (!opened) return this.silence('open session')
    if (opened.refused) {
      const why = this.refusal('open session', opened.status)
      if (why.code === 'cipher-suite') return { notOffered: why }
      throw why
    }
    const { authentication, integrity, encryption } = suite
    if (opened.authentication !== authentication || opened.integrity !== integrity || opened.encryption !== encryption)
      return { notOffered: new IpmiError('cipher-suite', `the BMC at ${channel.where} chose another cipher suite than ${suite.id}`) }

    const consoleRandom = randomBytes(16)
    const role = NAME_ONLY | level(person)
    const second = await this.ask((tag) => packet.rakp1(tag, opened.bmc, consoleRandom, role, person.user), packet.readRakp2)
    if (!second) return this.silence('RAKP 2')
    if (second.refused) return this.rejected('RAKP 2', second.status)
    const x: Exchange = {
      console: this.console,
      bmc: opened.bmc,
      consoleRandom,
      bmcRandom: second.random,
      guid: second.guid,
      identity: packet.identity(role, person.user),
    }
    if (!same(second.mac, rakp2Mac(suite, person.password, x)))
      throw new IpmiError('wrong-password', `the password of ${person.name} is not the one that the BMC at ${channel.where} has for it`)
    return this.prove(x)
  }

  /** The BMC knows the password; now it is told that this side does, too. */
  private async prove(x: Exchange): Promise<Made | IpmiError> {
    const { person, suite, channel } = this
    const fourth = await this.ask((tag) => packet.rakp3(tag, 0, x.bmc, rakp3Mac(suite, person.password, x)), packet.readRakp4)
    if (!fourth) return this.silence('RAKP 4')
    // A code that is wrong although the password is right belongs to another RAKP 1: one that was repeated while the first was on its way.
    if (fourth.refused) return fourth.status === 0x0f ? this.refusal('RAKP 4', fourth.status) : this.rejected('RAKP 4', fourth.status)
    const keys = sessionKeys(suite, person.bmcKey, x)
    if (!same(fourth.mac, rakp4Mac(suite, keys.sik, x))) {
      const ours = person.bmcKey === person.password ? 'it has a K_G key that was not given, or it is not the BMC' : 'the K_G key is wrong'
      throw new IpmiError('untrue', `the BMC at ${channel.where} does not prove that it has the same keys: ${ours}`)
    }
    return { session: new Session(channel, keys, x) }
  }

  private ask<T extends packet.SetupAnswer>(make: (tag: number) => Buffer, read: (d: Buffer) => T | undefined): Promise<T | undefined> {
    this.tag = (this.tag + 1) & 0xff
    const { tag, console } = this
    const match = (d: Buffer): T | undefined => {
      const answer = read(d)
      const ours = answer?.console === undefined || answer.console === console
      return answer?.tag === tag && ours ? answer : undefined
    }
    return this.channel.ask(() => make(tag), match, this.deadline, { tries: SETUP_TRIES, patience: this.patience })
  }

  private silence(step: string): IpmiError {
    return new IpmiError('no-answer', `no answer from a BMC at ${this.channel.where} within the time limit (${step})`)
  }
  private refusal(step: string, status: number): IpmiError {
    return statusError(this.channel.where, this.person.name, step, status)
  }
  /** Returned where a session that the BMC forgot meanwhile is the reason, thrown otherwise. */
  private rejected(step: string, status: number): IpmiError {
    const why = this.refusal(step, status)
    if (status === 0x02 || status === 0x08) return why
    throw why
  }
}

const level = (p: Person): number => PRIVILEGES[p.privilege]

/** A session that is open. Commands are carried out one after the other; each has a time limit of its own. */
export class Session {
  private readonly window = new Window()
  private outgoing = 0
  private request = randomInt(64)
  private turn: Promise<unknown> = Promise.resolve()
  private closed = false

  constructor(
    private readonly channel: Channel,
    private readonly keys: Keys,
    private readonly x: Exchange,
  ) {}

  /** Address and port of the BMC, for sentences. */
  get where(): string {
    return this.channel.where
  }
  get suite(): SuiteId {
    return this.keys.suite.id
  }

  /**
   * One command: the data of its answer, without the completion code. `name` is what sentences call it. While the BMC is busy it is asked
   * again; another completion code than 0 is a refusal.
   */
  command(name: string, netFn: number, command: number, data: Uint8Array, limitMs: number): Promise<Buffer> {
    const mine = this.turn.then(() => this.carryOut(name, { netFn, command, data }, now() + limitMs))
    this.turn = mine.catch(() => undefined)
    return mine
  }

  private async carryOut(name: string, what: Omit<packet.Request, 'sequence'>, deadline: number): Promise<Buffer> {
    for (let wait = 50; ; wait = Math.min(2 * wait, 500)) {
      if (this.closed) throw new IpmiError('closed', 'the session was closed')
      const { completion, data } = await this.exchange(name, what, deadline)
      if (completion === 0) return Buffer.from(data)
      const refusal = completionError(this.where, name, completion)
      if (refusal.code !== 'busy' || now() + wait >= deadline) throw refusal
      await pause(wait)
    }
  }

  private async exchange(name: string, what: Omit<packet.Request, 'sequence'>, deadline: number): Promise<packet.Answer> {
    this.request = (this.request + 1) & 0x3f
    const request = packet.message({ ...what, sequence: this.request })
    const wanted = this.request
    const make = (): Buffer => seal(this.keys, packet.Payload.ipmi, this.x.bmc, ++this.outgoing, request)
    const match = (d: Buffer): packet.Answer | undefined => {
      const got = unseal(this.keys, this.x.console, d)
      if (got?.type !== packet.Payload.ipmi || !this.window.take(got.sequence)) return undefined
      const answer = packet.readMessage(got.payload)
      const fits = answer?.sequence === wanted && answer.command === what.command && answer.netFn === what.netFn + 1
      return fits ? answer : undefined
    }
    const answer = await this.channel.ask(make, match, deadline)
    if (!answer) throw new IpmiError('no-answer', `no answer from the BMC at ${this.where} within the time limit (${name})`)
    return answer
  }

  /** A session begins with the rights of a user; the others are asked for. */
  async raise(privilege: Privilege, deadline: number): Promise<void> {
    if (PRIVILEGES[privilege] <= PRIVILEGES.user) return
    try {
      const data = Uint8Array.of(PRIVILEGES[privilege])
      await this.command('set session privilege level', NETFN_APP, SET_PRIVILEGE, data, deadline - now())
    } catch (e) {
      const status = e instanceof IpmiError ? e.status : undefined
      await this.close(100)
      throw status === undefined ? e : privilegeError(this.where, privilege, status)
    }
  }

  /** Gives the session's place back. Best effort within `limitMs`: a BMC ends a session that is silent by itself. Never throws. */
  async close(limitMs = 250): Promise<void> {
    if (this.closed) return
    const session = Buffer.alloc(4)
    session.writeUInt32LE(this.x.bmc)
    const said = this.command('close session', NETFN_APP, CLOSE_SESSION, session, limitMs)
    await said.catch(() => undefined) // it is over either way
    this.closed = true
    this.channel.close()
  }
}
