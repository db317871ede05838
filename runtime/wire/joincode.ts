/**
 * The text that `kyha node add` shows once and `kyha join` takes: which cluster, where it is reached, how to recognise it (the CA's
 * fingerprint) and a secret that is good for one node until it expires. Crockford's base32 (no I, L, O, U; any case; spaces and hyphens
 * do not matter) in groups of five, with a check against typing errors. Expiry is judged by the node that made the code, on its own clock;
 * the joining node only warns.
 * Bytes: version (1 for a node, 2 for a cluster at a quorum device), cluster or device 16, fingerprint 16 (first half), secret 16,
 * expiry u32 (s), port u16, address, check 4.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { present } from '../assert.js'
import { type ClusterId, clusterId } from '../ids.js'
import { type Args, type Refusal, verdict } from '../verdict.js'
import { uuidBytes, uuidText } from './frame.js'

export interface JoinCode {
  readonly cluster: ClusterId
  /** First 32 hex digits of the CA certificate's SHA-256. */
  readonly fingerprint: string
  /** Where a member answers: IP address or host name. */
  readonly address: string
  readonly port: number
  /** 32 hex digits. */
  readonly secret: string
  /** Wall-clock second of the maker after which it is worthless. */
  readonly expiresS: number
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const fixedBytes = 1 + 16 + 16 + 16 + 4 + 2
const checkBytes = 4
const charsMax = 600
const addressForm = /^[0-9A-Za-z.:%_-]{1,255}$/

/** What a code is for: a node that joins a cluster, or a cluster that is enrolled at a quorum device (`cluster` is the device's id then). */
export type CodeFor = 'node' | 'device'
const versions: Readonly<Record<CodeFor, number>> = { node: 1, device: 2 }

export const newSecret = (): string => randomBytes(16).toString('hex')

/** The code as text in groups of five. A Bug when a field has the wrong form. */
export function encodeJoinCode(code: JoinCode, what: CodeFor = 'node'): string {
  const head = Buffer.alloc(fixedBytes)
  head[0] = versions[what]
  head.set(uuidBytes(code.cluster), 1)
  head.set(uuidBytes(code.fingerprint.slice(0, 32)), 17)
  head.set(uuidBytes(code.secret), 33)
  head.writeUInt32BE(code.expiresS, 49)
  head.writeUInt16BE(code.port, 53)
  const body = Buffer.concat([head, Buffer.from(code.address)])
  const text = toBase32(Buffer.concat([body, check(body)]))
  return present(text.match(/.{1,5}/g), 'the characters of a join code').join('-')
}

/** What a code says, or why it is none. */
export function decodeJoinCode(text: string, what: CodeFor = 'node'): JoinCode | Refusal {
  const chars = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (chars.length === 0 || chars.length > charsMax) return refuse('join-code-form', 'wire.join-code-form', { chars: chars.length })
  const bytes = fromBase32(chars)
  if (!bytes || bytes.length <= fixedBytes + checkBytes) return refuse('join-code-form', 'wire.join-code-form', { chars: chars.length })
  const body = bytes.subarray(0, bytes.length - checkBytes)
  const wrong = !check(body).equals(bytes.subarray(bytes.length - checkBytes))
  if (wrong || toBase32(bytes) !== chars) return refuse('join-code-typo', 'wire.join-code-typo', {})
  const given = body.readUInt8(0)
  if (given !== versions[what] && Object.values(versions).includes(given)) return refuse('join-code-form', `wire.code-for-${what}`, {})
  if (given !== versions[what]) return refuse('join-code-version', 'wire.join-code-version', { version: given, known: versions[what] })
  const address = body.toString('latin1', fixedBytes)
  if (!addressForm.test(address)) return refuse('join-code-typo', 'wire.join-code-typo', {})
  return {
    cluster: clusterId(uuidText(body, 1)),
    fingerprint: body.toString('hex', 17, 33),
    secret: body.toString('hex', 33, 49),
    expiresS: body.readUInt32BE(49),
    port: body.readUInt16BE(53),
    address,
  }
}

/** The maker's answer to a code that came back: undefined = good. `issued` = the codes that it made and that are unused. */
export function checkJoinCode(
  code: JoinCode,
  self: { cluster: ClusterId; fingerprint: string },
  issued: readonly JoinCode[],
  nowMs: number,
): Refusal | undefined {
  if (code.cluster !== self.cluster || code.fingerprint !== self.fingerprint.slice(0, 32)) {
    return refuse('join-code-cluster', 'wire.join-code-cluster', { cluster: code.cluster })
  }
  const known = issued.find((one) => timingSafeEqual(Buffer.from(one.secret, 'hex'), Buffer.from(code.secret, 'hex')))
  if (!known) return refuse('join-code-unknown', 'wire.join-code-unknown', {})
  const lateS = Math.floor(nowMs / 1000) - known.expiresS
  return lateS > 0 ? refuse('join-code-expired', 'wire.join-code-expired', { lateS }) : undefined
}

const check = (body: Buffer): Buffer => createHash('sha256').update('kyha join code').update(body).digest().subarray(0, checkBytes)

function toBase32(bytes: Buffer): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(value >> bits) & 31]
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text
}

function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const char of text) {
    const digit = alphabet.indexOf(char)
    if (digit < 0) return undefined
    value = ((value << 5) | digit) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 0xff)
  }
  return Buffer.from(bytes)
}

const refuse = (refused: string, key: Parameters<typeof verdict>[1], args: Args): Refusal => ({
  refused,
  because: verdict('refuse', key, args, 'error'),
})
