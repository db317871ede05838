/**
 * A BMC on a loopback port, written from the formulas of IPMI 2.0 (13.17 to 13.32, 22, 28) with nothing of node-ipmi in it: suites 3 and 17,
 * users, a K_G key, session slots, and habits that real ones have. A repeated RAKP 3 gets no answer.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { createSocket, type RemoteInfo } from 'node:dgram'
import { freePort } from '../../ports.js'

export interface Habits {
  readonly users?: Readonly<Record<string, { readonly password: string; readonly privilege: number }>>
  readonly suites?: readonly (3 | 17)[]
  readonly kg?: Buffer
  readonly slots?: number
  /** How long the power takes to follow an order, ms. */
  powerMs?: number
  /** Takes orders and does nothing. */
  stuck?: boolean
  /** Refuses these orders (0 off, 1 on ...) with completion code 0xd5. */
  refuses?: readonly number[]
  /** So many commands are answered "node busy", or with this code. */
  busy?: number
  busyCode?: number
  /** Looks at a user's rights only when the level is asked for within the session. */
  readonly late?: boolean
  /** Refusals of the set-up end after the status, as those of ipmi_sim. */
  readonly curt?: boolean
  /** Payload types that get no answer. */
  deaf?: readonly number[]
  /** A repeated RAKP 1 counts as a new one, with a new random number. */
  readonly fresh?: boolean
  /** Takes so long for each datagram, one after the other, ms. */
  readonly slowMs?: number
  /** Set-ups whose RAKP 4 says "wrong code" although it is right. */
  forgets?: number
  /** Changes an answer before it is sent. */
  damage?: (answer: Buffer, type: number) => Buffer
}
interface Life {
  readonly suite: 3 | 17
  readonly own: number
  readonly console: number
  consoleRandom: Buffer
  random: Buffer
  identity: Buffer
  user: string
  k1: Buffer
  aes: Buffer
  level: number
  active: boolean
  sent: number
  readonly heard: Set<number>
  highest: number
}
const HASH = { 3: 'sha1', 17: 'sha256' } as const
const CUT = { 3: 12, 17: 16 } as const
const none = Buffer.alloc(0)
const u32 = (n: number): Buffer => {
  const b = Buffer.alloc(4)
  b.writeUInt32LE(n)
  return b
}
const zeroSum = (b: Buffer): number => (256 - (b.reduce((a, x) => a + x, 0) % 256)) % 256

export class Bmc {
  power: 'on' | 'off' = 'on'
  /** Orders that were carried out, in order. */
  readonly orders: string[] = []
  readonly lives = new Map<number, Life>()
  /** Packets of a session that came a second time, or too late. */
  repeated = 0
  /** Sequence numbers of packets of sessions, as they came. */
  readonly sequences: number[] = []
  readonly #guid = randomBytes(16)
  #next = 0x0200_0000

  private constructor(
    readonly port: number,
    private readonly socket: ReturnType<typeof createSocket>,
    readonly habits: Habits,
  ) {
    let turn: Promise<unknown> = Promise.resolve()
    socket.on('message', (d, from) => {
      if (!habits.slowMs) return this.#hear(d, from)
      turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, habits.slowMs))).then(() => this.#hear(d, from))
    })
  }
  static async start(habits: Habits = {}): Promise<Bmc> {
    const port = await freePort()
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
    return new Bmc(port, socket, habits)
  }
  close(): void {
    this.socket.close()
  }
  get active(): number {
    return [...this.lives.values()].filter((l) => l.active).length
  }

  #hear(d: Buffer, from: RemoteInfo): void {
    const send = (b: Buffer, type: number): void => {
      this.socket.send(this.habits.damage?.(b, type) ?? b, from.port, from.address)
    }
    if (d[3] === 6)
      return send(
        Buffer.from([6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x40, d[9] ?? 0, 0, 16, 0, 0, 0x11, 0xbe, 0, 0, 0, 0, 0x81, ...Array(7).fill(0)]),
        -1,
      )
    if (d[3] !== 7) return
    if (d[4] === 0) return send(this.#capabilities(d), -1)
    const type = (d[5] ?? 0) & 0x3f
    if (d[4] !== 6 || this.habits.deaf?.includes(type)) return
    const p = d.subarray(16, 16 + d.readUInt16LE(14))
    const answer = type === 0x10 ? this.#open(p) : type === 0x12 ? this.#rakp1(p) : type === 0x14 ? this.#rakp3(p) : undefined
    if (answer)
      return send(
        Buffer.concat([Buffer.from([6, 0, 0xff, 7, 6, type + 1]), Buffer.alloc(8), Buffer.from([answer.length, 0]), answer]),
        type + 1,
      )
    const said = type === 0 ? this.#command(d) : undefined
    if (said) send(said, 0)
  }
  /** Get Channel Authentication Capabilities, in the frame of IPMI 1.5: ipmitool asks for it first. */
  #capabilities(d: Buffer): Buffer {
    const body = Buffer.from([0x20, d.readUInt8(18), 0x38, 0, 1, 0x80, 0x16, 0x02, 0, 0, 0, 0])
    const message = Buffer.concat([Buffer.from([0x81, 0x1c, 0x63]), body, Buffer.from([zeroSum(body)])])
    return Buffer.concat([Buffer.from([6, 0, 0xff, 7]), Buffer.alloc(9), Buffer.from([message.length]), message])
  }

  #no(p: Buffer, status: number, console: number): Buffer {
    return Buffer.concat([Buffer.from([p[0] ?? 0, status]), this.habits.curt ? none : Buffer.concat([Buffer.alloc(2), u32(console)])])
  }
  #open(p: Buffer): Buffer {
    const console = p.readUInt32LE(4)
    const offered = [p[12], p[20], p[28]].join()
    const suite = offered === '1,1,1' ? 3 : offered === '3,4,1' ? 17 : undefined
    if (!suite || !(this.habits.suites ?? [3, 17]).includes(suite)) return this.#no(p, 0x11, console)
    if (this.active >= (this.habits.slots ?? 4)) return this.#no(p, 0x01, console)
    const own = ++this.#next
    const start = {
      consoleRandom: none,
      random: none,
      identity: none,
      user: '',
      k1: none,
      aes: none,
      level: 2,
      active: false,
      sent: 0,
      highest: 0,
    }
    this.lives.set(own, { suite, own, console, heard: new Set(), ...start })
    return Buffer.concat([Buffer.from([p[0] ?? 0, 0, p[1] ?? 0, 0]), p.subarray(4, 8), u32(own), p.subarray(8, 32)])
  }
  #hmac(l: Life, key: Buffer, ...parts: Buffer[]): Buffer {
    return createHmac(HASH[l.suite], key).update(Buffer.concat(parts)).digest()
  }
  #rakp1(p: Buffer): Buffer | undefined {
    const l = this.lives.get(p.readUInt32LE(4))
    if (!l || l.active) return this.#no(p, 0x02, 0)
    const name = p.subarray(28, 28 + (p[27] ?? 0)).toString()
    const user = (this.habits.users ?? usual)[name]
    if (!user) return this.#no(p, 0x0d, l.console)
    if (!this.habits.late && ((p[24] ?? 0) & 15) > user.privilege) return this.#no(p, 0x0a, l.console)
    const identity = Buffer.concat([p.subarray(24, 25), p.subarray(27)])
    const again = !this.habits.fresh && l.consoleRandom.equals(p.subarray(8, 24))
    Object.assign(l, { consoleRandom: Buffer.from(p.subarray(8, 24)), random: again ? l.random : randomBytes(16), identity, user: name })
    const code = this.#hmac(l, Buffer.from(user.password), u32(l.console), u32(l.own), l.consoleRandom, l.random, this.#guid, identity)
    return Buffer.concat([Buffer.from([p[0] ?? 0, 0, 0, 0]), u32(l.console), l.random, this.#guid, code])
  }
  #rakp3(p: Buffer): Buffer | undefined {
    const l = this.lives.get(p.readUInt32LE(4))
    if (!l || l.identity.length === 0) return this.#no(p, 0x02, l?.console ?? 0)
    if (l.active) return undefined
    const password = Buffer.from((this.habits.users ?? usual)[l.user]?.password ?? '')
    const right = this.#hmac(l, password, l.random, u32(l.console), l.identity).equals(p.subarray(8))
    if (!right || (this.habits.forgets ?? 0) > 0) {
      if (right) this.habits.forgets = (this.habits.forgets ?? 0) - 1
      this.lives.delete(l.own)
      return this.#no(p, 0x0f, l.console)
    }
    const sik = this.#hmac(l, this.habits.kg ?? password, l.consoleRandom, l.random, l.identity)
    l.k1 = this.#hmac(l, sik, Buffer.alloc(20, 1))
    l.aes = this.#hmac(l, sik, Buffer.alloc(20, 2)).subarray(0, 16)
    l.active = true
    const proof = this.#hmac(l, sik, l.consoleRandom, u32(l.own), this.#guid).subarray(0, CUT[l.suite])
    return Buffer.concat([Buffer.from([p[0] ?? 0, 0, 0, 0]), u32(l.console), proof])
  }

  #command(d: Buffer): Buffer | undefined {
    const l = this.lives.get(d.readUInt32LE(6))
    if (!l?.active || d[5] !== 0xc0) return undefined
    const cut = CUT[l.suite]
    const signed = d.subarray(4, d.length - cut)
    if (
      !this.#hmac(l, l.k1, signed)
        .subarray(0, cut)
        .equals(d.subarray(d.length - cut)) ||
      signed.length % 4 !== 0
    )
      return undefined
    const sequence = d.readUInt32LE(10)
    this.sequences.push(sequence)
    if (l.heard.has(sequence) || sequence + 16 <= l.highest) {
      this.repeated += 1
      return undefined
    }
    l.heard.add(sequence)
    l.highest = Math.max(l.highest, sequence)
    const body = d.subarray(16, 16 + d.readUInt16LE(14))
    const decipher = createDecipheriv('aes-128-cbc', l.aes, body.subarray(0, 16)).setAutoPadding(false)
    const plain = Buffer.concat([decipher.update(body.subarray(16)), decipher.final()])
    const m = plain.subarray(0, plain.length - 1 - (plain.at(-1) ?? 0))
    if (zeroSum(m.subarray(0, 3)) !== 0 || zeroSum(m.subarray(3)) !== 0) return undefined
    const answer = this.#carryOut(l, (m[1] ?? 0) >> 2, m[5] ?? 0, m.subarray(6, m.length - 1))
    const [head, rest] = [Buffer.from([0x81, (m[1] ?? 0) + 4]), Buffer.from([0x20, m[4] ?? 0, m[5] ?? 0, ...answer])]
    return this.#seal(l, Buffer.concat([head, Buffer.from([zeroSum(head)]), rest, Buffer.from([zeroSum(rest)])]))
  }
  #carryOut(l: Life, netFn: number, command: number, data: Buffer): number[] {
    if ((this.habits.busy ?? 0) > 0) {
      this.habits.busy = (this.habits.busy ?? 0) - 1
      return [this.habits.busyCode ?? 0xc0]
    }
    if (netFn === 6 && command === 0x3b) {
      const most = (this.habits.users ?? usual)[l.user]?.privilege ?? 0
      if ((data[0] ?? 0) > most) return [0x81]
      l.level = data[0] || l.level
      return [0, l.level]
    }
    if (netFn === 6 && command === 0x3c) {
      l.active = false
      return [0]
    }
    if (netFn === 0 && command === 1) return [0, this.power === 'on' ? 1 : 0, 0, 0]
    if (netFn === 0 && command === 2) return [this.#order(l, data[0] ?? 255)]
    return [0xc1]
  }
  #order(l: Life, what: number): number {
    if (l.level < 3) return 0xd4
    if (this.habits.refuses?.includes(what)) return 0xd5
    this.orders.push(['off', 'on', 'cycle', 'reset', 'diag', 'soft'][what] ?? '?')
    const to = what === 0 || what === 5 ? 'off' : 'on'
    if (this.habits.stuck || what === 4) return 0
    if (!this.habits.powerMs) this.power = to
    else
      setTimeout(() => {
        this.power = to
      }, this.habits.powerMs)
    return 0
  }
  #seal(l: Life, message: Buffer): Buffer {
    const pad = (32 - ((message.length + 1) % 16)) % 16
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-128-cbc', l.aes, iv).setAutoPadding(false)
    const plain = Buffer.concat([message, Buffer.from([...Array(pad).keys()].map((i) => i + 1)), Buffer.from([pad])])
    const body = Buffer.concat([iv, cipher.update(plain), cipher.final()])
    const head = Buffer.concat([Buffer.from([6, 0xc0]), u32(l.console), u32(++l.sent), Buffer.from([body.length, 0])])
    const signed = Buffer.concat([head, body, Buffer.from([0xff, 0xff, 2, 7])])
    return Buffer.concat([Buffer.from([6, 0, 0xff, 7]), signed, this.#hmac(l, l.k1, signed).subarray(0, CUT[l.suite])])
  }
}
const usual: NonNullable<Habits['users']> = {
  admin: { password: 'canary-secret', privilege: 4 },
  operator: { password: 'canary-secret', privilege: 3 },
  user: { password: 'canary-secret', privilege: 2 },
}
