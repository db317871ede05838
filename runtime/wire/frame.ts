/**
 * The datagram's fixed header (design 8.11). All numbers big-endian. The MAC covers every byte before it, so a frame with any flipped
 * bit is worthless. `writeFrame` and `readHeader` are the only code that knows the offsets; golden frames in test/unit/wire hold them.
 *
 *   0  4 magic 'KYHA'        24 16 sender                  72  8 seq
 *   4  1 protocol major      40 16 bootId                  80  8 echo
 *   5  1 protocol minor      56  8 echoBoot                88  1 link
 *   6  1 flags               64  4 counter                 89  1 watcher
 *   7  1 MAC algorithm       68  4 echoCounter             90  2 length of the body
 *   8 16 cluster                                           92  n body (msgpack), then 16 MAC
 *
 * echoBoot (first half of the receiver's bootId), echoCounter and echo say which datagram of which incarnation of the receiver the
 * sender saw last on this link: that is what proves a frame to be made now and not recorded in an earlier life. All ones in echo = none.
 */
import { assert } from '../assert.js'
import { type BootId, bootId, type ClusterId, type Incarnation, type NodeId, nodeId } from '../ids.js'

export const protocol = { major: 1, minor: 0 } as const
export const headerBytes = 92
export const macBytes = 16
export const bodyBytesMax = 1200
export const frameBytesMin = headerBytes + macBytes
export const frameBytesMax = headerBytes + bodyBytesMax + macBytes
/** HMAC-SHA-256, first 128 bits. */
export const macHmacSha256 = 1
/** Top flag bit, owned by wire: the seq counts stand-in frames, which have numbers (and a replay window) of their own. */
export const flagStandIn = 0x80

/** What the receiver of a frame is told about itself. */
export interface Echo {
  /** First 16 hex digits of the receiver's bootId; all zeros = not known. */
  readonly boot: string
  readonly counter: number
  /** Highest seq of that incarnation seen on this link, -1 = none. */
  readonly seq: number
}
export const noEcho: Echo = { boot: '0000000000000000', counter: 0, seq: -1 }

export interface Header {
  readonly sender: NodeId
  readonly incarnation: Incarnation
  readonly echo: Echo
  readonly flags: number
  readonly seq: number
  readonly link: number
  readonly watcher: number
  readonly bodyBytes: number
}

export type HeaderFlaw = 'short' | 'magic' | 'older' | 'newer' | 'algorithm' | 'length' | 'cluster' | 'number'

/** The UUID as 16 bytes. A Bug unless it has 32 hex digits. */
export function uuidBytes(uuid: string): Uint8Array {
  const hex = uuid.replaceAll('-', '')
  assert(/^[0-9a-f]{32}$/i.test(hex), `not a UUID: ${uuid}`)
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** What of a header stays the same for a run of kyhad. */
export function frameTemplate(cluster: ClusterId, self: NodeId, incarnation: Incarnation): Uint8Array {
  const bytes = Buffer.alloc(headerBytes)
  bytes.write('KYHA', 0, 'latin1')
  bytes[4] = protocol.major
  bytes[5] = protocol.minor
  bytes[7] = macHmacSha256
  bytes.set(uuidBytes(cluster), 8)
  bytes.set(uuidBytes(self), 24)
  bytes.set(uuidBytes(incarnation.boot), 40)
  bytes.writeUInt32BE(incarnation.counter, 64)
  return bytes
}

export interface Changing {
  readonly flags: number
  readonly link: number
  readonly watcher: number
  readonly seq: number
  readonly echo: Echo
}

/** Fills `frame` (template already in its first 92 bytes, body already in its place) up to the MAC, which the caller adds. */
export function writeFrame(frame: Buffer, head: Changing, bodyBytes: number): void {
  assert(bodyBytes <= bodyBytesMax, `body of ${bodyBytes} bytes in a datagram, ${bodyBytesMax} are allowed`)
  assert(frame.length === frameBytesMin + bodyBytes, 'frame has room for exactly header, body and MAC')
  assert(Number.isSafeInteger(head.seq) && head.seq >= 1, 'seq is 1 or more')
  frame[6] = head.flags
  frame.write(head.echo.boot, 56, 8, 'hex')
  frame.writeUInt32BE(head.echo.counter, 68)
  writeU64(frame, head.seq, 72)
  writeU64(frame, head.echo.seq, 80)
  frame[88] = head.link
  frame[89] = head.watcher
  frame.writeUInt16BE(bodyBytes, 90)
}

/** What the header says, or the first thing wrong with it. Nothing of it is true before the MAC was verified. */
export function readHeader(frame: Buffer, cluster: Uint8Array): Header | HeaderFlaw {
  if (frame.length < frameBytesMin) return 'short'
  if (frame.readUInt32BE(0) !== 0x4b594841) return 'magic'
  const major = frame[4] ?? 0
  if (major !== protocol.major) return major > protocol.major ? 'newer' : 'older'
  if (frame[7] !== macHmacSha256) return 'algorithm'
  const bodyBytes = frame.readUInt16BE(90)
  if (bodyBytes > bodyBytesMax || frame.length !== frameBytesMin + bodyBytes) return 'length'
  for (let i = 0; i < 16; i++) if (frame[8 + i] !== cluster[i]) return 'cluster'
  const seq = readU64(frame, 72)
  const echoSeq = readU64(frame, 80)
  if (seq < 1 || seq > Number.MAX_SAFE_INTEGER || echoSeq > Number.MAX_SAFE_INTEGER) return 'number'
  return {
    sender: nodeId(uuidText(frame, 24)),
    incarnation: { boot: bootId(frame.toString('hex', 40, 56)), counter: frame.readUInt32BE(64) },
    echo: { boot: frame.toString('hex', 56, 64), counter: frame.readUInt32BE(68), seq: echoSeq },
    flags: frame[6] ?? 0,
    seq,
    link: frame[88] ?? 0,
    watcher: frame[89] ?? 0,
    bodyBytes,
  }
}

/** True for a UUID as this module writes it: lower case with its four hyphens. */
export const canonicalUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

/** First half of a bootId, as `Echo.boot` holds it. */
export const bootPrefix = (boot: BootId): string => boot.slice(0, 16).toLowerCase()

/** The 16 bytes at `at` as a UUID in lower case. */
export function uuidText(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** -1 stands for all ones, both ways. */
function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(value < 0 ? 0xffffffff : Math.floor(value / 0x1_0000_0000), at)
  bytes.writeUInt32BE(value < 0 ? 0xffffffff : value % 0x1_0000_0000, at + 4)
}
function readU64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at)
  const low = bytes.readUInt32BE(at + 4)
  return high === 0xffffffff && low === 0xffffffff ? -1 : high * 0x1_0000_0000 + low
}
