/**
 * Walks msgpack bytes without allocating and says what is wrong with them, before a decoder builds anything (design 8.10, 9.10).
 * What passes is a single value of nil, boolean, number, UTF-8 string, binary, array and string-keyed map, and is safe to decode:
 * its size, depth and element count are bounded, every announced length lies inside the bytes, and no key reaches a prototype.
 * Refused as well: extension types (records, dates, sets, pointers of the encoder's own dialect), trailing bytes, broken UTF-8.
 */
import { isUtf8 } from 'node:buffer'

/** Why bytes are refused; each has its sentence under `wire.codec-<flaw>`. */
export type Flaw = 'truncated' | 'extension' | 'depth' | 'elements' | 'trailing' | 'key' | 'utf8'

export const depthMax = 32
/** Array items, map keys and map values of one message, all levels together. */
export const elementsMax = 262_144

/** Values still to come per open container; a map counts keys and values and is marked in `isMap`. */
const left = new Uint32Array(depthMax + 1)
const isMap = new Uint8Array(depthMax + 1)

/** The first flaw of `bytes`, or undefined when they hold exactly one acceptable value. */
export function scan(bytes: Uint8Array, most = elementsMax): Flaw | undefined {
  const end = bytes.length
  let at = 0
  let depth = 0
  let elements = 0
  left[0] = 1
  isMap[0] = 0
  for (;;) {
    while (left[depth] === 0) {
      if (depth === 0) return at === end ? undefined : 'trailing'
      depth--
    }
    const remaining = left[depth] ?? 0
    const wantsKey = isMap[depth] === 1 && (remaining & 1) === 0
    left[depth] = remaining - 1
    if (at >= end) return 'truncated'
    const head = bytes[at] ?? 0
    if (head >= 0xc7 && head <= 0xc9) return 'extension'
    if (head >= 0xd4 && head <= 0xd8) return 'extension'
    if (head === 0xc1) return 'extension'
    const lengthBytes = sizeOfLength(head)
    if (at + 1 + lengthBytes > end) return 'truncated'
    const length = lengthBytes === 0 ? inlineLength(head) : readLength(bytes, at + 1, lengthBytes)
    at += 1 + lengthBytes
    if (isContainer(head)) {
      if (wantsKey) return 'key'
      const map = head === 0xde || head === 0xdf || (head & 0xf0) === 0x80
      const values = map ? length * 2 : length
      if (values > end - at) return 'truncated'
      elements += values
      if (elements > most) return 'elements'
      if (++depth > depthMax) return 'depth'
      left[depth] = values
      isMap[depth] = map ? 1 : 0
      continue
    }
    if (length > end - at) return 'truncated'
    if (isString(head)) {
      if (!wellFormed(bytes, at, length)) return 'utf8'
      if (wantsKey && reachesPrototype(bytes, at, length)) return 'key'
    } else if (wantsKey) return 'key'
    at += length
  }
}

const isContainer = (head: number): boolean => (head >= 0x80 && head <= 0x9f) || (head >= 0xdc && head <= 0xdf)
const isString = (head: number): boolean => (head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb)

/** Bytes of the length field that follows the first byte. */
function sizeOfLength(head: number): number {
  switch (head) {
    case 0xc4:
    case 0xd9:
      return 1
    case 0xc5:
    case 0xda:
    case 0xdc:
    case 0xde:
      return 2
    case 0xc6:
    case 0xdb:
    case 0xdd:
    case 0xdf:
      return 4
    default:
      return 0
  }
}

/** Payload bytes, items or pairs that the first byte alone announces. */
function inlineLength(head: number): number {
  if (head <= 0x7f || head >= 0xe0) return 0
  if (head <= 0x9f) return head & 0x0f
  if (head <= 0xbf) return head & 0x1f
  switch (head) {
    case 0xcc:
    case 0xd0:
      return 1
    case 0xcd:
    case 0xd1:
      return 2
    case 0xca:
    case 0xce:
    case 0xd2:
      return 4
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 8
    default:
      return 0 // nil, false, true
  }
}

function readLength(bytes: Uint8Array, at: number, size: number): number {
  let length = 0
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + i] ?? 0)
  return length
}

/** Up to here a look at each byte is cheaper than a call into native code. */
const shortBytesMax = 64

function wellFormed(bytes: Uint8Array, at: number, length: number): boolean {
  if (length > shortBytesMax) return isUtf8(bytes.subarray(at, at + length))
  for (let i = at; i < at + length; i++) {
    if ((bytes[i] ?? 0) >= 0x80) return isUtf8(bytes.subarray(i, at + length))
  }
  return true
}

/** Keys that no message may have. Names that become keys (nodes, resources, parameters) are checked where people enter them. */
export const reservedKeys: readonly string[] = ['__proto__', 'constructor', 'prototype']
const forbidden = reservedKeys.map((key) => Uint8Array.from(key, (c) => c.charCodeAt(0)))

const reachesPrototype = (bytes: Uint8Array, at: number, length: number): boolean =>
  forbidden.some((key) => key.length === length && key.every((byte, i) => byte === bytes[at + i]))
