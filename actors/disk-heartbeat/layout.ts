/**
 * What stands on a shared disk, and what of it may be believed. Pure: bytes in, a value or a reason out, for every sequence of bytes.
 *
 * Block 0 is the header: whose disk it is. Block 1 + 2 i is the register of slot i, block 2 + 2 i its twin with the same content, written after it. A slot
 * has one writer for ever, its node, so nothing is ever read, changed and written back that two nodes write. Every block carries its checksum (CRC-32C
 * over all its other bytes), the format's version, the cluster, the disk and its own block number: a write that went to another block or another disk
 * is seen. Which of two registers is newer is said by their ballots: first `mbal`, then `bal`.
 *
 * Block: 'kyhadisk', u16 version, u8 kind, u8 checksum (1 = CRC-32C), u32 the checksum, u32 length of the body, body (msgpack), zeros. Big-endian.
 */
import { type ClusterId, diskBlockBytes, type NodeId } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import { crc32c } from '../../runtime/store/crc32c.js'
import { pack, unpack } from '../../runtime/wire/codec.js'
import type { WitnessRecord } from '../witness/register.js'

export const slotsMax = 32
/** Blocks of a disk with so many slots, the header among them. */
export const blocksOf = (slots: number): number => 1 + 2 * slots
/** The register of a slot, and its twin. */
export const blockOf = (slot: number, twin: 0 | 1): number => 1 + 2 * slot + twin

export interface Header {
  readonly cluster: ClusterId
  /** This disk's own uuid, and those of all disks of the set, this one among them. */
  readonly disk: string
  readonly set: readonly string[]
  /** Slot i is that of nodes[i]. */
  readonly nodes: readonly NodeId[]
}

/** What a node keeps on each disk (Disk Paxos). A ballot is (number, slot); a node writes only ballots of its own, so its number is enough. */
export interface Register {
  /** The highest ballot that the node began; 0 = none. */
  readonly mbal: number
  /** The ballot in which it last wrote a record; 0 = never. */
  readonly bal: number
  readonly record: WitnessRecord | undefined
}
export const blank: Register = { mbal: 0, bal: 0, record: undefined }

/** Why a block, or the whole disk, is not believed. */
export type Flaw = 'short' | 'empty' | 'magic' | 'version' | 'checksum' | 'shape' | 'elsewhere' | 'foreign'
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly flaw: Flaw }

const version = 1
const checksumCrc32c = 1
const kinds = { header: 1, register: 2 } as const
const magic = [...'kyhadisk'].map((c) => c.charCodeAt(0))
const at = { version: 8, kind: 10, checksum: 11, crc: 12, length: 16, body: 20 } as const

export const encodeHeader = (h: Header): Uint8Array => encode('header', { cluster: h.cluster, disk: h.disk, set: h.set, nodes: h.nodes })

export function encodeRegister(h: Header, slot: number, twin: 0 | 1, { mbal, bal, record }: Register): Uint8Array {
  const body = { cluster: h.cluster, disk: h.disk, slot, block: blockOf(slot, twin), mbal, bal, ...(record ? { record } : {}) }
  return encode('register', body)
}

/** A new disk: all blocks, every slot blank. */
export function format(h: Header): Uint8Array {
  const bytes = new Uint8Array(blocksOf(h.nodes.length) * diskBlockBytes)
  bytes.set(encodeHeader(h))
  for (const slot of h.nodes.keys())
    for (const twin of [0, 1] as const) bytes.set(encodeRegister(h, slot, twin, blank), blockOf(slot, twin) * diskBlockBytes)
  return bytes
}

export function decodeHeader(block: Uint8Array): Read<Header> {
  const body = decode('header', block)
  if (!body.ok) return body
  const { cluster, disk, set, nodes } = body.value
  const good =
    [cluster, disk].every(isName) && isNames(set, slotsMax) && set.includes(disk as string) && isNames(nodes, slotsMax) && nodes.length > 0
  return good ? { ok: true, value: { cluster, disk, set, nodes } as unknown as Header } : bad('shape')
}

export function decodeRegister(block: Uint8Array, h: Header, slot: number, twin: 0 | 1): Read<Register> {
  const body = decode('register', block)
  if (!body.ok) return body
  const { cluster, disk, mbal, bal, record } = body.value
  if (cluster !== h.cluster || disk !== h.disk) return bad('foreign')
  if (body.value['slot'] !== slot || body.value['block'] !== blockOf(slot, twin)) return bad('elsewhere')
  if (!isCount(mbal) || !isCount(bal) || bal > mbal || !(record === undefined || isRecord(record))) return bad('shape')
  return { ok: true, value: { mbal, bal, record } }
}

const isNewer = (a: Register, b: Register): boolean => a.mbal > b.mbal || (a.mbal === b.mbal && a.bal > b.bal)
export const newest = (a: Register, b: Register): Register => (isNewer(b, a) ? b : a)
export const same = (a: Register, b: Register): boolean =>
  a.mbal === b.mbal && a.bal === b.bal && a.record?.epoch === b.record?.epoch && a.record?.owner === b.record?.owner

export interface Slot {
  /** What the slot holds: the newer one of what is sound; a flaw when neither block is. */
  readonly read: Read<Register>
  /** Both blocks are sound and say the same. */
  readonly whole: boolean
  /** The block that has to be written first, since the other one is the better. */
  readonly worse: 0 | 1
}

/** Both blocks of a slot; the one that is sound is enough (README.md says why). */
export function readSlot(bytes: Uint8Array, h: Header, slot: number): Slot {
  const a = decodeRegister(blockAt(bytes, blockOf(slot, 0)), h, slot, 0)
  const b = decodeRegister(blockAt(bytes, blockOf(slot, 1)), h, slot, 1)
  if (!a.ok) return { read: b, whole: false, worse: 0 }
  if (!b.ok) return { read: a, whole: false, worse: 1 }
  return { read: isNewer(b.value, a.value) ? b : a, whole: same(a.value, b.value), worse: isNewer(a.value, b.value) ? 1 : 0 }
}

export const blockAt = (bytes: Uint8Array, block: number): Uint8Array =>
  bytes.subarray(block * diskBlockBytes, (block + 1) * diskBlockBytes)

type Body = Readonly<Record<'cluster' | 'disk' | 'set' | 'nodes' | 'mbal' | 'bal' | 'record' | 'slot' | 'block', unknown>>

function encode(kind: keyof typeof kinds, body: object): Uint8Array {
  const packed = pack(body)
  assert(packed.length <= diskBlockBytes - at.body, `a ${kind} of ${packed.length} bytes does not fit into a block`)
  const block = new Uint8Array(diskBlockBytes)
  block.set(magic)
  const view = new DataView(block.buffer)
  view.setUint16(at.version, version)
  view.setUint8(at.kind, kinds[kind])
  view.setUint8(at.checksum, checksumCrc32c)
  view.setUint32(at.length, packed.length)
  block.set(packed, at.body)
  view.setUint32(at.crc, checksum(block))
  return block
}

function decode(kind: keyof typeof kinds, block: Uint8Array): Read<Body> {
  if (block.length !== diskBlockBytes) return bad('short')
  if (!magic.every((byte, i) => block[i] === byte)) return bad(block.every((byte) => byte === 0) ? 'empty' : 'magic')
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  if (view.getUint8(at.checksum) !== checksumCrc32c) return bad('version')
  if (view.getUint32(at.crc) !== checksum(block)) return bad('checksum')
  if (view.getUint16(at.version) !== version) return bad('version')
  if (view.getUint8(at.kind) !== kinds[kind]) return bad('elsewhere')
  const length = view.getUint32(at.length)
  if (length > diskBlockBytes - at.body) return bad('shape')
  const body = unpack(block.subarray(at.body, at.body + length))
  if (!body.ok || typeof body.value !== 'object' || body.value === null) return bad('shape')
  return { ok: true, value: body.value as Body }
}

/** Over all bytes but those of the checksum itself. */
const checksum = (block: Uint8Array): number => crc32c(block, at.length, block.length, crc32c(block, 0, at.crc))
const bad = (flaw: Flaw): { readonly ok: false; readonly flaw: Flaw } => ({ ok: false, flaw })

const isName = (v: unknown): v is string => typeof v === 'string' && v.length > 0 && v.length <= 64
const isNames = (v: unknown, most: number): v is string[] =>
  Array.isArray(v) && v.length <= most && v.every(isName) && new Set(v).size === v.length
const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0
const isRecord = (v: unknown): v is WitnessRecord => {
  if (typeof v !== 'object' || v === null) return false
  const { epoch, owner } = v as { epoch?: unknown; owner?: unknown }
  return isCount(epoch) && (owner === undefined || isName(owner))
}
