/**
 * A power switch with SNMP 2c on a loopback port, written from RFC 3416 and RFC 3412 with nothing of the library in it, and what may stand between it and
 * the agent: somebody who forges answers of SNMPv3 without knowing a password.
 */
import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

const Tag = {
  integer: 2,
  octets: 4,
  oid: 6,
  sequence: 0x30,
  gauge: 0x42,
  noSuchInstance: 0x81,
  get: 0xa0,
  response: 0xa2,
  set: 0xa3,
  report: 0xa8,
}

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const int = (n: number, tag = Tag.integer): Buffer => {
  const b = Buffer.alloc(4)
  b.writeInt32BE(n)
  return tlv(tag, b)
}
const text = (s: string | Buffer): Buffer => tlv(Tag.octets, Buffer.from(s as string))
const oidOf = (oid: string): Buffer => {
  const [a = 0, b = 0, ...rest] = oid.split('.').map(Number)
  const bytes = rest.flatMap((n) => {
    const out = [n & 127]
    for (let left = n >>> 7; left > 0; left >>>= 7) out.unshift((left & 127) | 128)
    return out
  })
  return tlv(Tag.oid, Buffer.from([a * 40 + b, ...bytes]))
}

interface Piece {
  readonly tag: number
  readonly body: Buffer
}
function pieces(b: Buffer): readonly Piece[] {
  const out: Piece[] = []
  for (let at = 0; at + 1 < b.length; ) {
    let size = b[at + 1] ?? 0
    let from = at + 2
    if (size > 127) {
      size = b.readUIntBE(from, size - 128)
      from += (b[at + 1] ?? 0) - 128
    }
    out.push({ tag: b[at] ?? 0, body: b.subarray(from, from + size) })
    at = from + size
  }
  return out
}
const inside = (p: Piece | undefined): readonly Piece[] => pieces(p?.body ?? Buffer.alloc(0))
const number = (p: Piece | undefined): number => (p && p.body.length > 0 ? p.body.readIntBE(0, Math.min(6, p.body.length)) : 0)

export const STATE = '1.3.6.1.4.1.99999.1.3'
export const CONTROL = '1.3.6.1.4.1.99999.2.3'
export const ENGINE = Buffer.from('80001f8880e9630000d61ff449', 'hex')

export interface Habits {
  /** Answers with the state of before for so many questions after an order. */
  slow?: number
  /** Takes orders and does nothing. */
  readonly stuck?: boolean
  /** So many datagrams get no answer. */
  deaf?: number
  /** Error status of the answer to an order. */
  readonly refuses?: number
  /** Value of the state instead: number, text, a gauge, or that there is none. */
  readonly says?: { readonly number: number } | { readonly gauge: number } | { readonly text: string } | 'none'
  /** Answers as if another variable had been asked for. */
  readonly other?: boolean
  /** Another request id, community, or PDU type in the answer. */
  readonly wrong?: 'id' | 'community' | 'type'
  /** Changes an answer before it is sent. */
  damage?: (answer: Buffer) => Buffer
  /** Answers SNMPv3 with "off", unprotected, whatever is asked. */
  readonly forger?: boolean
}

export class Outlet {
  power: 'on' | 'off' = 'on'
  heard = 0
  #old = 0
  private constructor(
    private readonly socket: ReturnType<typeof createSocket>,
    readonly habits: Habits,
  ) {
    socket.on('message', (d, from) => {
      this.heard++
      if ((this.habits.deaf ?? 0) > 0) {
        this.habits.deaf = (this.habits.deaf ?? 0) - 1
        return
      }
      const answer = this.#answer(d)
      if (answer) socket.send(habits.damage?.(answer) ?? answer, from.port, from.address)
    })
  }
  static async start(habits: Habits = {}): Promise<Outlet> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new Outlet(socket, habits)
  }
  get port(): number {
    return (this.socket.address() as AddressInfo).port
  }
  close(): void {
    this.socket.close()
  }

  #answer(d: Buffer): Buffer | undefined {
    const [version, community, pdu] = inside(pieces(d)[0])
    if (number(version) === 3) return this.habits.forger ? forged(d) : undefined
    if (!version || !community || !pdu || community.body.toString() !== 'canary-community') return undefined
    const [id, , , binds] = inside(pdu)
    const [name, value] = inside(inside(binds)[0])
    if (!id || !name || !value) return undefined
    let status = 0
    if (pdu.tag === Tag.set) {
      status = this.habits.refuses ?? 0
      if (status === 0 && !this.habits.stuck) {
        this.#old = this.habits.slow ?? 0
        this.power = number(value) === 2 ? 'off' : 'on'
      }
    }
    const { wrong, other } = this.habits
    const found = pdu.tag === Tag.get ? this.#state() : tlv(value.tag, value.body)
    const bind = tlv(Tag.sequence, other ? oidOf(`${STATE}.1`) : tlv(Tag.oid, name.body), found)
    return tlv(
      Tag.sequence,
      int(1),
      text(wrong === 'community' ? 'other' : community.body),
      tlv(
        wrong === 'type' ? Tag.get : Tag.response,
        int(number(id) ^ (wrong === 'id' ? 1 : 0)),
        int(status),
        int(status ? 1 : 0),
        tlv(Tag.sequence, bind),
      ),
    )
  }
  #state(): Buffer {
    const { says } = this.habits
    if (says === 'none') return tlv(Tag.noSuchInstance)
    if (says && 'text' in says) return text(says.text)
    if (says && 'gauge' in says) return int(says.gauge, Tag.gauge)
    const shown = this.#old-- > 0 ? 'on' : this.power
    return int(says ? says.number : shown === 'off' ? 2 : 1)
  }
}

/** What anybody on the way can say to a message of SNMPv3: a report with an engine, then an answer without authentication that says "off". */
function forged(d: Buffer): Buffer | undefined {
  const [, header, security] = inside(pieces(d)[0])
  const [msgId, , flags] = inside(header)
  if (!msgId || !flags || !security) return undefined
  const secured = ((flags.body[0] ?? 0) & 3) !== 0
  const usm = tlv(Tag.sequence, text(ENGINE), int(1), int(1), text(''), text(''), text(''))
  const bind = secured ? [oidOf(STATE), int(2)] : [oidOf('1.3.6.1.6.3.15.1.1.4.0'), int(1)]
  const pdu = tlv(secured ? Tag.response : Tag.report, int(7), int(0), int(0), tlv(Tag.sequence, tlv(Tag.sequence, ...bind)))
  return tlv(
    Tag.sequence,
    int(3),
    tlv(Tag.sequence, int(number(msgId)), int(65_507), tlv(Tag.octets, Buffer.from([0])), int(3)),
    text(usm),
    tlv(Tag.sequence, text(ENGINE), text(''), pdu),
  )
}
