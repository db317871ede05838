/**
 * The one codec: between threads, between nodes, on disk. Plain msgpack (no records, no extensions), so that any version and any
 * other implementation can read it. `pack` trusts its caller (a value that msgpack cannot carry is a Bug); `unpack` trusts nobody:
 * size, then scan.ts over the bytes, and only then the decoder, which can no longer be surprised. Nothing here throws on input.
 */
import './plain.js'
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr'
import type { Msg } from '../actor.js'
import { assert } from '../assert.js'
import { type Refusal, verdict } from '../verdict.js'
import { depthMax, elementsMax, type Flaw, scan } from './scan.js'

export const bytesMaxDefault = 1 << 20
export const typeCharsMax = 64

export type Unpacked<T = unknown> = { readonly ok: true; readonly value: T } | (Refusal & { readonly ok: false })

const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: 'number',
  copyBuffers: true, // a binary value must not keep a receive buffer alive, nor change with it
  encodeUndefinedAsNil: true,
  ...{ skipValues: [undefined] }, // an absent member and an undefined one are the same on the wire
})

/**
 * `value` as msgpack, in an exact-size copy of its own that may be transferred to another thread. Integers beyond 2^53 lose precision.
 * `most`: elements, all levels together; more than the default only for what stays inside the process (jobs).
 */
export function pack(value: unknown, most = elementsMax): Uint8Array {
  const bytes = encode(value)
  const flaw = scan(bytes, most)
  if (flaw === undefined) return bytes
  if (flaw === 'utf8') return pack(wellFormed(value), most) // half a surrogate pair, e.g. where output was cut
  assert(
    false,
    `a message that the codec cannot carry: ${flaw} (depth <= ${depthMax}, elements <= ${most}, plain values, no prototype keys)`,
  )
}

/** The value in `bytes`, or why they are refused. `bytesMax` bounds the size (1 MiB unless said otherwise). */
export function unpack(bytes: Uint8Array, bytesMax = bytesMaxDefault, most = elementsMax): Unpacked {
  if (bytes.length > bytesMax) {
    return refuse('size', verdict('refuse', 'wire.codec-size', { bytes: bytes.length, bytesMax }, 'warning'))
  }
  const flaw = scan(bytes, most)
  if (flaw !== undefined)
    return refuse(flaw, verdict('refuse', `wire.codec-${flaw}`, { bytes: bytes.length, depthMax, elementsMax: most }, 'warning'))
  return { ok: true, value: packr.unpack(bytes) }
}

/** Like `unpack`, for a message: an object with a `type` of 1 to 64 characters. */
export function unpackMsg(bytes: Uint8Array, bytesMax = bytesMaxDefault): Unpacked<Msg> {
  const got = unpack(bytes, bytesMax)
  if (!got.ok || isMsg(got.value)) return got as Unpacked<Msg>
  return refuse('not-a-message', verdict('refuse', 'wire.codec-message', { bytes: bytes.length }, 'warning'))
}

/** An object with a `type` of 1 to 64 characters: the least that an actor's mailbox takes. */
export function isMsg(value: unknown): value is Msg {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'type')) return false
  const type = (value as { type: unknown }).type
  return typeof type === 'string' && type.length > 0 && type.length <= typeCharsMax
}

/** An actor's path, as envelopes between nodes carry it. */
export const isPath = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 256

/** What nodes tell each other: a message and the paths of the actors that it goes between. */
export interface Body {
  readonly to: string
  readonly from: string
  readonly msg: Msg
}

/** The body in `bytes`, or undefined for anything else. */
export function readBody(bytes: Uint8Array, bytesMax: number): Body | undefined {
  const got = unpack(bytes, bytesMax)
  if (!got.ok || typeof got.value !== 'object' || got.value === null) return undefined
  const { to, from, msg } = got.value as { to?: unknown; from?: unknown; msg?: unknown }
  return isPath(to) && isPath(from) && isMsg(msg) ? { to, from, msg } : undefined
}

const refuse = (refused: Flaw | 'size' | 'not-a-message', because: Refusal['because']): Refusal & { ok: false } => ({
  ok: false,
  refused,
  because,
})

/** Packs into the encoder's own buffer and copies out of it: that buffer is never handed to anybody. */
function encode(value: unknown): Uint8Array {
  const pooled = packr.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as unknown as Uint8Array & { start: number; end: number }
  const bytes = new Uint8Array(pooled.end - pooled.start)
  bytes.set(pooled.subarray(pooled.start, pooled.end))
  return bytes
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('utf8')
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [wellFormed(key), wellFormed(item)]))
}
