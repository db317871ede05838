/**
 * Bytes to messages and back, without a socket or a secret: RMCP and ASF (presence ping and pong), the RMCP+ session header, messages of the
 * session set-up, IPMI messages with their checksums. Whatever arrives is hostile: a reader gives a message or undefined, it never throws,
 * and what it gives lies within the datagram. Layouts: IPMI 2.0 rev. 1.1, sections 13 and 22; ASF 2.0, section 3.2.
 */

/** No datagram of this protocol is longer; a longer one is dropped unread. */
export const DATAGRAM_MAX = 1024
export const Payload = { ipmi: 0x00, openRequest: 0x10, openAnswer: 0x11, rakp1: 0x12, rakp2: 0x13, rakp3: 0x14, rakp4: 0x15 } as const
export type PayloadType = (typeof Payload)[keyof typeof Payload]

const RMCP_VERSION = 0x06
const RMCP_NO_ACK = 0xff
const CLASS_ASF = 0x06
const CLASS_IPMI = 0x07
const FORMAT_RMCPP = 0x06
const ASF_IANA = 4542
/** RMCP header, then authentication format, payload type, session id, sequence number, length. */
export const HEADER_LENGTH = 16
const RMCP_LENGTH = 4
export const ENCRYPTED = 0x80
export const AUTHENTICATED = 0x40

const rmcp = (kind: number): Buffer => Buffer.from([RMCP_VERSION, 0, RMCP_NO_ACK, kind])
const isRmcp = (d: Buffer, kind: number): boolean =>
  d.length >= RMCP_LENGTH && d.length <= DATAGRAM_MAX && d[0] === RMCP_VERSION && d[3] === kind

/** Is somebody there who speaks IPMI? Needs no session and no user. */
export function presencePing(tag: number): Buffer {
  const asf = Buffer.alloc(8)
  asf.writeUInt32BE(ASF_IANA, 0)
  asf[4] = 0x80
  asf[5] = tag
  return Buffer.concat([rmcp(CLASS_ASF), asf])
}
export interface Pong {
  readonly tag: number
  readonly ipmi: boolean
}
export function readPong(d: Buffer): Pong | undefined {
  if (!isRmcp(d, CLASS_ASF) || d.length < 28) return undefined
  if (d.readUInt32BE(4) !== ASF_IANA || d[8] !== 0x40 || d.readUInt8(11) !== 0x10) return undefined
  return { tag: d.readUInt8(9), ipmi: (d.readUInt8(20) & 0x80) !== 0 }
}

export interface Packet {
  readonly type: number
  readonly encrypted: boolean
  readonly authenticated: boolean
  readonly session: number
  readonly sequence: number
  readonly payload: Buffer
  /** What follows the payload: the session trailer, if the packet is authenticated. */
  readonly trailer: Buffer
}
export const sessionHeader = (type: number, session: number, sequence: number, length: number): Buffer => {
  const out = Buffer.alloc(HEADER_LENGTH)
  out.set(rmcp(CLASS_IPMI))
  out[4] = FORMAT_RMCPP
  out[5] = type
  out.writeUInt32LE(session, 6)
  out.writeUInt32LE(sequence, 10)
  out.writeUInt16LE(length, 14)
  return out
}
/** A packet outside of any session: the set-up of one. */
export const bare = (type: PayloadType, payload: Uint8Array): Buffer => Buffer.concat([sessionHeader(type, 0, 0, payload.length), payload])

export function readPacket(d: Buffer): Packet | undefined {
  if (!isRmcp(d, CLASS_IPMI) || d.length < HEADER_LENGTH || d[4] !== FORMAT_RMCPP) return undefined
  const kind = d.readUInt8(5)
  const end = HEADER_LENGTH + d.readUInt16LE(14)
  if (end > d.length || (kind & 0x3f) === 0x02) return undefined // OEM payloads have a longer header
  return {
    type: kind & 0x3f,
    encrypted: (kind & ENCRYPTED) !== 0,
    authenticated: (kind & AUTHENTICATED) !== 0,
    session: d.readUInt32LE(6),
    sequence: d.readUInt32LE(10),
    payload: d.subarray(HEADER_LENGTH, end),
    trailer: d.subarray(end),
  }
}

export interface Algorithms {
  readonly authentication: number
  readonly integrity: number
  readonly encryption: number
}
export function openRequest(tag: number, privilege: number, console: number, a: Algorithms): Buffer {
  const out = Buffer.alloc(32)
  out[0] = tag
  out[1] = privilege
  out.writeUInt32LE(console, 4)
  for (const [i, algorithm] of [a.authentication, a.integrity, a.encryption].entries()) out.set([i, 0, 0, 8, algorithm], 8 + 8 * i)
  return bare(Payload.openRequest, out)
}

/** What all answers of the set-up begin with. One that refuses may end after the status: some BMCs leave the session out. */
export interface SetupAnswer {
  readonly tag: number
  readonly status: number
  readonly console: number | undefined
}
interface Refusal extends SetupAnswer {
  readonly refused: true
}
/** An answer that is not a refusal, at least `length` bytes long. */
interface Granted extends SetupAnswer {
  readonly refused: false
  readonly payload: Buffer
}
function readSetup(d: Buffer, type: PayloadType, length: number): Granted | Refusal | undefined {
  const packet = readPacket(d)
  if (packet?.type !== type || packet.encrypted || packet.authenticated || packet.session !== 0) return undefined
  const p = packet.payload
  if (p.length < 2) return undefined
  const head = { tag: p.readUInt8(0), status: p.readUInt8(1), console: p.length >= 8 ? p.readUInt32LE(4) : undefined }
  if (head.status !== 0) return { ...head, refused: true }
  return p.length >= length ? { ...head, refused: false, payload: p } : undefined
}

export interface OpenAnswer extends Granted, Algorithms {
  readonly bmc: number
}
export function readOpenAnswer(d: Buffer): OpenAnswer | Refusal | undefined {
  const got = readSetup(d, Payload.openAnswer, 36)
  if (!got || got.refused) return got
  const p = got.payload
  const [authentication, integrity, encryption] = [p.readUInt8(16), p.readUInt8(24), p.readUInt8(32)]
  return { ...got, bmc: p.readUInt32LE(8), authentication, integrity, encryption }
}

/** Role byte, length of the name, name: what RAKP hashes as one piece. */
export const identity = (role: number, user: Uint8Array): Buffer => Buffer.concat([Buffer.from([role, user.length]), user])

export function rakp1(tag: number, bmc: number, random: Uint8Array, role: number, user: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head[0] = tag
  head.writeUInt32LE(bmc, 4)
  return bare(Payload.rakp1, Buffer.concat([head, random, Buffer.from([role, 0, 0, user.length]), user]))
}
export interface Rakp2 extends Granted {
  readonly random: Buffer
  readonly guid: Buffer
  readonly mac: Buffer
}
export function readRakp2(d: Buffer): Rakp2 | Refusal | undefined {
  const got = readSetup(d, Payload.rakp2, 40)
  if (!got || got.refused) return got
  const p = got.payload
  return { ...got, random: copy(p, 8, 24), guid: copy(p, 24, 40), mac: copy(p, 40, p.length) }
}

export function rakp3(tag: number, status: number, bmc: number, mac: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head[0] = tag
  head[1] = status
  head.writeUInt32LE(bmc, 4)
  return bare(Payload.rakp3, Buffer.concat([head, mac]))
}
export interface Rakp4 extends Granted {
  readonly mac: Buffer
}
export function readRakp4(d: Buffer): Rakp4 | Refusal | undefined {
  const got = readSetup(d, Payload.rakp4, 8)
  if (!got || got.refused) return got
  return { ...got, mac: copy(got.payload, 8, got.payload.length) }
}
/** What is kept beyond the datagram's own buffer. */
const copy = (b: Buffer, from: number, to: number): Buffer => Buffer.from(b.subarray(from, to))

/** The sum of all bytes and this one is 0. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (const b of bytes) sum = (sum + b) & 0xff
  return -sum & 0xff
}
const BMC = 0x20
const CONSOLE = 0x81

export interface Request {
  readonly netFn: number
  readonly command: number
  /** Matches answers to requests; 6 bits. */
  readonly sequence: number
  readonly data: Uint8Array
}
export function message({ netFn, command, sequence, data }: Request): Buffer {
  const head = [BMC, netFn << 2]
  const body = [CONSOLE, sequence << 2, command, ...data]
  return Buffer.from([...head, checksum(Uint8Array.from(head)), ...body, checksum(Uint8Array.from(body))])
}
export interface Answer extends Request {
  readonly completion: number
}
export function readMessage(p: Buffer): Answer | undefined {
  if (p.length < 8 || p[0] !== CONSOLE || p[3] !== BMC) return undefined
  if (checksum(p.subarray(0, 3)) !== 0 || checksum(p.subarray(3)) !== 0) return undefined
  const [netFn, sequence] = [p.readUInt8(1) >> 2, p.readUInt8(4) >> 2]
  return { netFn, sequence, command: p.readUInt8(5), completion: p.readUInt8(6), data: p.subarray(7, p.length - 1) }
}
