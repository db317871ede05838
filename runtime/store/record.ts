/**
 * Bytes of the write-ahead log: segment header, records, and the reading of one segment. Pure.
 * A record proves itself by its CRC (seeded with its segment's header, so that no other file's record passes) and its place by the
 * hash chain over everything before it. `sync` counts fdatasyncs: a record of sync s was begun only after sync s-1 had returned, so
 * anything valid of a later sync shows that what stands before it was acknowledged.
 */
import type { WalRecord } from '../actor.js'
import { index as toIndex, term as toTerm } from '../ids.js'
import { crc32c } from './crc32c.js'
import { ALGORITHMS, allZero, DIGEST_BYTES, digest, getText, getU64, putText, putU64, VERSION } from './format.js'

export const SEGMENT_HEADER_BYTES = 128
const RECORD_HEADER_BYTES = 64
export const RECORD_BYTES_MAX = 16 * 1024 * 1024
const SEGMENT_MAGIC = 'KYHAWAL1'
const RECORD_MAGIC = 0x3152574b // "KWR1"

export interface SegmentHeader {
  readonly number: number
  /** The last sync before this segment. */
  readonly sync: number
  /** Hash chain at the end of the segment before. */
  readonly chain: Buffer
  readonly owner: Buffer
  readonly version: number
  /** CRC of this header: where the CRCs of its records start. */
  readonly seed: number
}

export function encodeSegmentHeader(number: number, sync: number, chain: Buffer, owner: Buffer): Buffer {
  const buf = Buffer.alloc(SEGMENT_HEADER_BYTES)
  buf.write(SEGMENT_MAGIC, 0, 'latin1')
  buf.writeUInt32LE(VERSION, 12)
  putU64(buf, 16, number)
  putU64(buf, 24, sync)
  chain.copy(buf, 32)
  owner.copy(buf, 48)
  putText(buf, 64, 32, ALGORITHMS)
  buf.writeUInt32LE(crc32c(buf, 12), 8)
  return buf
}

export function decodeSegmentHeader(buf: Buffer): SegmentHeader | undefined {
  if (buf.length < SEGMENT_HEADER_BYTES || buf.toString('latin1', 0, 8) !== SEGMENT_MAGIC) return undefined
  const seed = buf.readUInt32LE(8)
  if (seed !== crc32c(buf, 12, SEGMENT_HEADER_BYTES)) return undefined
  return {
    seed,
    version: buf.readUInt32LE(12),
    number: getU64(buf, 16),
    sync: getU64(buf, 24),
    chain: buf.subarray(32, 32 + DIGEST_BYTES),
    owner: buf.subarray(48, 48 + DIGEST_BYTES),
  }
}

export const algorithmsOf = (header: Buffer): string => getText(header, 64, 32)

/** Bytes that a record of `length` payload bytes takes: header + payload, padded to 8. */
export const recordSize = (length: number): number => RECORD_HEADER_BYTES + Math.ceil(length / 8) * 8

/** Place of a record besides its content. `left`: records that follow in the same sync. */
export interface Placing {
  readonly sync: number
  readonly left: number
  /** Generation of the superblock when the record was written: a superblock older than that is a restored copy. */
  readonly generation: number
  readonly chain: Buffer
}

/** The chain after a record. */
export const nextChain = (header: Buffer, payload: Uint8Array): Buffer => digest(header, payload)

/** Writes `record` at `at` of `buf` (zeroed, large enough); the chain after it. */
export function putRecord(buf: Buffer, at: number, seed: number, record: WalRecord, place: Placing): Buffer {
  const end = at + recordSize(record.bytes.length)
  buf.writeUInt32LE(RECORD_MAGIC, at)
  buf.writeUInt32LE(record.bytes.length, at + 8)
  buf.writeUInt32LE(place.left, at + 12)
  putU64(buf, at + 16, record.index)
  putU64(buf, at + 24, record.term)
  putU64(buf, at + 32, place.sync)
  putU64(buf, at + 40, place.generation)
  place.chain.copy(buf, at + 48)
  buf.set(record.bytes, at + RECORD_HEADER_BYTES)
  buf.writeUInt32LE(crc32c(buf, at + 8, end, seed), at + 4)
  return nextChain(buf.subarray(at + 8, at + RECORD_HEADER_BYTES), record.bytes)
}

export interface FoundRecord extends WalRecord, Placing {
  readonly size: number
  readonly chainAfter: Buffer
}

/** The record at `at`, undefined unless its magic, length and CRC are right. */
function recordAt(buf: Buffer, at: number, seed: number): FoundRecord | undefined {
  if (at + RECORD_HEADER_BYTES > buf.length || buf.readUInt32LE(at) !== RECORD_MAGIC) return undefined
  const length = buf.readUInt32LE(at + 8)
  const size = recordSize(length)
  if (length > RECORD_BYTES_MAX || at + size > buf.length) return undefined
  if (buf.readUInt32LE(at + 4) !== crc32c(buf, at + 8, at + size, seed)) return undefined
  const payload = buf.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length)
  return {
    index: toIndex(getU64(buf, at + 16)),
    term: toTerm(getU64(buf, at + 24)),
    bytes: Uint8Array.from(payload),
    left: buf.readUInt32LE(at + 12),
    sync: getU64(buf, at + 32),
    generation: getU64(buf, at + 40),
    chain: buf.subarray(at + 48, at + 48 + DIGEST_BYTES),
    size,
    chainAfter: nextChain(buf.subarray(at + 8, at + RECORD_HEADER_BYTES), payload),
  }
}

export interface SegmentScan {
  readonly records: readonly FoundRecord[]
  /** Where the next record would stand. */
  readonly end: number
  /** Last sync and chain at `end`. */
  readonly sync: number
  readonly chain: Buffer
  /** What stands at `end` instead of zeros; `acknowledged`: a later sync stands behind it, so it was durable once. */
  readonly bad?: { readonly bytes: number; readonly acknowledged: boolean }
  /** The last record belongs to a sync whose other records are not there. */
  readonly partial: boolean
}

/** Reads a segment up to its end or its first byte that cannot be right. */
export function scanSegment(buf: Buffer, header: SegmentHeader): SegmentScan {
  const records: FoundRecord[] = []
  let at = SEGMENT_HEADER_BYTES
  let { sync, chain } = header
  let left = 0
  for (;;) {
    const found = recordAt(buf, at, header.seed)
    if (!found?.chain.equals(chain)) break
    if (left > 0 ? found.sync !== sync || found.left !== left - 1 : found.sync !== sync + 1) break
    records.push(found)
    at += found.size
    sync = found.sync
    left = found.left
    chain = found.chainAfter
  }
  const partial = left > 0
  if (at >= buf.length || allZero(buf, at, buf.length)) return { records, end: at, sync, chain, partial }
  const tornSync = partial ? sync : sync + 1
  let acknowledged = false
  for (let p = at; p + RECORD_HEADER_BYTES <= buf.length && !acknowledged; p += 8) {
    const later = recordAt(buf, p, header.seed)
    acknowledged = later !== undefined && later.sync > tornSync
  }
  return { records, end: at, sync, chain, partial, bad: { bytes: buf.length - at, acknowledged } }
}
