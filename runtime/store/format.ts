/**
 * What all files of a store share: names, sizes, identity, and the little-endian fields of their headers.
 * The byte tables stand in README.md; a change of them raises VERSION.
 */
import { createHash } from 'node:crypto'
import type { ClusterId, NodeId } from '../ids.js'

/** Whose store it is. Every file carries it; a file of another cluster or node is refused. */
export interface Identity {
  readonly cluster: ClusterId
  readonly node: NodeId
}

export const VERSION = 1
export const ALGORITHMS = 'crc32c sha-256/128'
export const DIGEST_BYTES = 16
export const ZERO_CHAIN: Buffer = Buffer.alloc(DIGEST_BYTES)

export const superblockName = (copy: 0 | 1): string => `superblock.${copy}`
export const segmentName = (number: number): string => `wal-${String(number).padStart(10, '0')}`
export const snapshotName = (index: number): string => `snapshot-${String(index).padStart(16, '0')}`
export const RESERVE = 'reserve'
export const TEMP = '.tmp'

/** The number in a segment's or snapshot's name, undefined for any other name. */
export function numberOf(name: string, kind: 'wal' | 'snapshot'): number | undefined {
  const found = /^(wal|snapshot)-(\d{10}|\d{16})$/.exec(name)
  return found && found[1] === kind ? Number(found[2]) : undefined
}

/** First 16 bytes of SHA-256 over the parts. */
export function digest(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest().subarray(0, DIGEST_BYTES)
}

/** 16 bytes that name cluster and node in files whose headers are short. */
export const identityDigest = (id: Identity): Buffer => digest(Buffer.from(`${id.cluster}\0${id.node}`))

export function putU64(buf: Buffer, at: number, value: number): void {
  buf.writeUInt32LE(value % 0x1_0000_0000, at)
  buf.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4)
}
/** A field of 64 bits; above 2^53 it is damage and reads as a number that no check accepts. */
export const getU64 = (buf: Buffer, at: number): number => buf.readUInt32LE(at) + buf.readUInt32LE(at + 4) * 0x1_0000_0000

export function putText(buf: Buffer, at: number, size: number, text: string): void {
  buf.fill(0, at, at + size)
  buf.write(text, at, size, 'utf8')
}
export function getText(buf: Buffer, at: number, size: number): string {
  const field = buf.subarray(at, at + size)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? size : end)
}

/** True if bytes[from, to) are all zero. */
export function allZero(buf: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (buf[i] !== 0) return false
  return true
}
