/**
 * What is computed from secrets: the codes of RAKP 2 to 4, the session's keys, and packets sealed with them (IPMI 2.0 rev. 1.1, sections
 * 13.28 to 13.32). Cipher suites 3 (RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128) and 17 (RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128).
 * Codes are compared in constant time.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Algorithms, AUTHENTICATED, ENCRYPTED, readPacket, sessionHeader } from './packet.js'

export type SuiteId = 3 | 17
export interface Suite extends Algorithms {
  readonly id: SuiteId
  readonly hash: 'sha1' | 'sha256'
  /** Length of a whole code, and of one that is cut (RAKP 4, packets). */
  readonly macLength: number
  readonly icvLength: number
}
export const SUITES: Readonly<Record<SuiteId, Suite>> = {
  3: { id: 3, hash: 'sha1', authentication: 1, integrity: 1, encryption: 1, macLength: 20, icvLength: 12 },
  17: { id: 17, hash: 'sha256', authentication: 3, integrity: 4, encryption: 1, macLength: 32, icvLength: 16 },
}

export const hmac = (suite: Suite, key: Uint8Array, ...parts: Uint8Array[]): Buffer => {
  const h = createHmac(suite.hash, key)
  for (const part of parts) h.update(part)
  return h.digest()
}
/** Equal in length and bytes; how long it takes says nothing of the bytes. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

/** What both sides of a set-up know of each other when RAKP 2 has come. */
export interface Exchange {
  readonly console: number
  readonly bmc: number
  readonly consoleRandom: Uint8Array
  readonly bmcRandom: Uint8Array
  readonly guid: Uint8Array
  /** Role, length of the name, name (`identity`). */
  readonly identity: Uint8Array
}
const id = (session: number): Buffer => {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(session)
  return out
}
export const rakp2Mac = (s: Suite, password: Uint8Array, x: Exchange): Buffer =>
  hmac(s, password, id(x.console), id(x.bmc), x.consoleRandom, x.bmcRandom, x.guid, x.identity)
export const rakp3Mac = (s: Suite, password: Uint8Array, x: Exchange): Buffer => hmac(s, password, x.bmcRandom, id(x.console), x.identity)
export const rakp4Mac = (s: Suite, sik: Uint8Array, x: Exchange): Buffer =>
  hmac(s, sik, x.consoleRandom, id(x.bmc), x.guid).subarray(0, s.icvLength)

export interface Keys {
  readonly suite: Suite
  readonly sik: Buffer
  readonly k1: Buffer
  /** AES key: the first 16 bytes of K2. */
  readonly aes: Buffer
}
/** `bmcKey`: K_G, or the user's password where none is set. */
export function sessionKeys(suite: Suite, bmcKey: Uint8Array, x: Exchange): Keys {
  const sik = hmac(suite, bmcKey, x.consoleRandom, x.bmcRandom, x.identity)
  const constant = (byte: number): Buffer => hmac(suite, sik, Buffer.alloc(20, byte))
  return { suite, sik, k1: constant(1), aes: constant(2).subarray(0, 16) }
}

const BLOCK = 16
const NEXT_HEADER = 0x07
const RMCP_LENGTH = 4

/** A payload, encrypted and authenticated, in a packet of session `session`. `iv` is given by tests only. */
export function seal(
  keys: Keys,
  type: number,
  session: number,
  sequence: number,
  payload: Uint8Array,
  iv: Uint8Array = randomBytes(BLOCK),
): Buffer {
  const padding = (BLOCK - ((payload.length + 1) % BLOCK)) % BLOCK
  const cipher = createCipheriv('aes-128-cbc', keys.aes, iv).setAutoPadding(false)
  const tail = Buffer.from([...Array.from({ length: padding }, (_, i) => i + 1), padding])
  const body = Buffer.concat([iv, cipher.update(payload), cipher.update(tail), cipher.final()])
  const head = sessionHeader(type | ENCRYPTED | AUTHENTICATED, session, sequence, body.length)
  // From the format byte to the next header: a multiple of four.
  const fill = (4 - ((head.length - RMCP_LENGTH + body.length + 2) % 4)) % 4
  const out = Buffer.concat([head, body, Buffer.alloc(fill, 0xff), Buffer.from([fill, NEXT_HEADER])])
  return Buffer.concat([out, hmac(keys.suite, keys.k1, out.subarray(RMCP_LENGTH)).subarray(0, keys.suite.icvLength)])
}

export interface Opened {
  readonly type: number
  readonly sequence: number
  readonly payload: Buffer
}
/** What a sealed packet of session `session` holds; undefined: not of this session, or not by who has the keys. */
export function unseal(keys: Keys, session: number, d: Buffer): Opened | undefined {
  const { icvLength } = keys.suite
  const packet = readPacket(d)
  if (!packet?.encrypted || !packet.authenticated || packet.session !== session) return undefined
  const { trailer, payload, type, sequence } = packet
  if (trailer.length < 2 + icvLength) return undefined
  const signed = d.subarray(RMCP_LENGTH, d.length - icvLength)
  const icv = d.subarray(d.length - icvLength)
  if (!same(icv, hmac(keys.suite, keys.k1, signed).subarray(0, icvLength))) return undefined
  const fill = trailer.length - icvLength - 2
  if (trailer[fill] !== fill || trailer[fill + 1] !== NEXT_HEADER) return undefined
  const plain = decrypt(keys.aes, payload)
  return plain && { type, sequence, payload: plain }
}

function decrypt(key: Buffer, body: Buffer): Buffer | undefined {
  if (body.length < 2 * BLOCK || body.length % BLOCK !== 0) return undefined
  const decipher = createDecipheriv('aes-128-cbc', key, body.subarray(0, BLOCK)).setAutoPadding(false)
  const plain = Buffer.concat([decipher.update(body.subarray(BLOCK)), decipher.final()])
  const padding = plain.at(-1) ?? BLOCK
  const end = plain.length - 1 - padding
  if (padding >= BLOCK || end < 0) return undefined
  for (let i = 0; i < padding; i++) if (plain[end + i] !== i + 1) return undefined
  return plain.subarray(0, end)
}

/**
 * Which sequence numbers of the other side are still taken: each once, and none that is 16 and more behind the highest. Only packets
 * whose code is right may come here.
 */
export class Window {
  private highest = 0
  private seen = 0
  take(sequence: number): boolean {
    if (sequence === 0) return false // belongs to packets outside of a session
    const behind = this.highest - sequence
    if (behind < 0) {
      this.seen = -behind >= 16 ? 1 : ((this.seen << -behind) | 1) & 0xffff
      this.highest = sequence
      return true
    }
    if (behind >= 16 || (this.seen & (1 << behind)) !== 0) return false
    this.seen |= 1 << behind
    return true
  }
}
