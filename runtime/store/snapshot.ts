/**
 * A snapshot: everything that the log said up to an index, in one file that appears whole or not at all
 * (temp, fdatasync, rename, fsync of the directory). The one before it is removed only after that.
 */
import { join } from 'node:path'
import type { Index, Term } from '../actor.js'
import { index as toIndex, term as toTerm } from '../ids.js'
import { type Verdict, verdict } from '../verdict.js'
import { crc32c } from './crc32c.js'
import { refused } from './error.js'
import { createFile, type Files } from './files.js'
import { ALGORITHMS, DIGEST_BYTES, getU64, numberOf, putText, putU64, snapshotName, VERSION } from './format.js'

const MAGIC = 'KYHASNP1'
const HEADER_BYTES = 128

export interface Snapshot {
  readonly index: Index
  readonly term: Term
  readonly bytes: Uint8Array
  /** The log's last sync when it was made: records of later syncs follow it. */
  readonly sync: number
  /** The log held (index, term) then, so its records above `index` stay; else they are of another history and void. */
  readonly keepsTail: boolean
}

export async function writeSnapshot(files: Files, dir: string, owner: Buffer, snapshot: Snapshot): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 0, 'latin1')
  header.writeUInt32LE(VERSION, 12)
  putU64(header, 16, snapshot.index)
  putU64(header, 24, snapshot.term)
  putU64(header, 32, snapshot.bytes.length)
  putU64(header, 40, snapshot.sync)
  header.writeUInt32LE(snapshot.keepsTail ? 1 : 0, 48)
  owner.copy(header, 56)
  putText(header, 72, 32, ALGORITHMS)
  header.writeUInt32LE(crc32c(snapshot.bytes, 0, snapshot.bytes.length, crc32c(header, 12)), 8)
  await createFile(files, dir, snapshotName(snapshot.index), [header, snapshot.bytes])
}

function decode(buf: Buffer): (Snapshot & { readonly owner: Buffer; readonly version: number }) | undefined {
  if (buf.length < HEADER_BYTES || buf.toString('latin1', 0, 8) !== MAGIC) return undefined
  if (buf.readUInt32LE(8) !== crc32c(buf, 12) || getU64(buf, 32) !== buf.length - HEADER_BYTES) return undefined
  return {
    version: buf.readUInt32LE(12),
    index: toIndex(getU64(buf, 16)),
    term: toTerm(getU64(buf, 24)),
    sync: getU64(buf, 40),
    keepsTail: buf.readUInt32LE(48) === 1,
    owner: buf.subarray(56, 56 + DIGEST_BYTES),
    bytes: Uint8Array.from(buf.subarray(HEADER_BYTES)),
  }
}

/** Removes the snapshots below `index`. */
export async function removeOlder(files: Files, dir: string, names: readonly string[], index: number): Promise<void> {
  for (const name of names) if ((numberOf(name, 'snapshot') ?? index) < index) await files.remove(join(dir, name))
}

/** The newest snapshot. A damaged one is skipped only if it lies above `floor`, that is, was never acknowledged; its name is given back. */
export async function readSnapshot(
  files: Files,
  dir: string,
  names: readonly string[],
  owner: Buffer,
  floor: number,
): Promise<{ readonly snapshot?: Snapshot; readonly skipped: readonly string[]; readonly notes: readonly Verdict[] }> {
  const notes: Verdict[] = []
  const skipped: string[] = []
  const indexes = names.flatMap((name) => numberOf(name, 'snapshot') ?? []).sort((a, b) => b - a)
  for (const at of indexes) {
    const file = join(dir, snapshotName(at))
    const raw = await files.read(file)
    const found = raw && decode(raw)
    if (found && found.version > VERSION) throw refused('store.newer-version', { file, version: found.version, known: VERSION })
    if (found && !found.owner.equals(owner)) throw refused('store.foreign-file', { file })
    if (found && found.index === at && at >= floor) return { snapshot: found, skipped, notes }
    if (at <= floor) throw refused('store.snapshot-corrupt', { file })
    skipped.push(snapshotName(at))
    notes.push(verdict('skip', 'store.snapshot-skipped', { file: snapshotName(at) }, 'warning'))
  }
  if (floor > 0) throw refused('store.snapshot-missing', { dir, index: floor })
  return { skipped, notes }
}
