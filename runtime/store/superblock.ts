/**
 * The superblock: the hard state (term, vote, solo record: the log actor's bytes, <= 3 KiB) in two copies of 4 KiB.
 * A write goes to the copy with the older generation, is synced, is acknowledged, and then goes to the other copy too; so a torn
 * write damages at most the copy that nobody was told of, and damage at rest is repaired from the other copy (S12).
 * It also remembers how far log and snapshot had come (the floors), so that files which lost their end are noticed.
 */
import { join } from 'node:path'
import { assert } from '../assert.js'
import { type Verdict, verdict } from '../verdict.js'
import { crc32c } from './crc32c.js'
import { refused } from './error.js'
import { createFile, type File, type Files, surely } from './files.js'
import { ALGORITHMS, getText, getU64, type Identity, putText, putU64, superblockName, VERSION } from './format.js'

export const SUPERBLOCK_BYTES = 4096
export const HARD_BYTES_MAX = 3072
const MAGIC = 'KYHASUP1'
const NONE = 0xffff_ffff
const BODY_AT = 256
const COPIES = [0, 1] as const

export interface Superblock {
  /** Grows by one with every write. */
  readonly generation: number
  /** The log holds at least all records up to this sync. */
  readonly walSync: number
  /** There is a snapshot of at least this index (0 = none yet). */
  readonly snapshotIndex: number
  readonly hard?: Uint8Array
}

export function encodeSuperblock(id: Identity, block: Superblock): Buffer {
  assert((block.hard?.length ?? 0) <= HARD_BYTES_MAX, `hard state is ${block.hard?.length} bytes, at most ${HARD_BYTES_MAX}`)
  const buf = Buffer.alloc(SUPERBLOCK_BYTES)
  buf.write(MAGIC, 0, 'latin1')
  buf.writeUInt32LE(VERSION, 12)
  putU64(buf, 16, block.generation)
  putU64(buf, 24, block.walSync)
  putU64(buf, 32, block.snapshotIndex)
  buf.writeUInt32LE(block.hard === undefined ? NONE : block.hard.length, 40)
  putText(buf, 48, 64, id.cluster)
  putText(buf, 112, 64, id.node)
  putText(buf, 176, 32, ALGORITHMS)
  if (block.hard) buf.set(block.hard, BODY_AT)
  buf.writeUInt32LE(crc32c(buf, 12), 8)
  return buf
}

type Copy = Superblock & { readonly bytes: Buffer; readonly cluster: string; readonly node: string; readonly version: number }

function decode(bytes: Buffer | undefined): Copy | undefined {
  if (bytes?.length !== SUPERBLOCK_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return undefined
  if (bytes.readUInt32LE(8) !== crc32c(bytes, 12)) return undefined
  const length = bytes.readUInt32LE(40)
  return {
    bytes,
    version: bytes.readUInt32LE(12),
    generation: getU64(bytes, 16),
    walSync: getU64(bytes, 24),
    snapshotIndex: getU64(bytes, 32),
    cluster: getText(bytes, 48, 64),
    node: getText(bytes, 112, 64),
    ...(length === NONE ? {} : { hard: Uint8Array.from(bytes.subarray(BODY_AT, BODY_AT + length)) }),
  }
}

export interface SuperblockRead {
  readonly block: Superblock
  /** Copies that are not the newest generation and must be written again before the store is used. */
  readonly repair: readonly (0 | 1)[]
  readonly notes: readonly Verdict[]
}

/** The newest good copy; undefined if neither file exists. Rejects if both are bad, foreign or of a newer version. */
export async function readSuperblock(files: Files, dir: string, id: Identity): Promise<SuperblockRead | undefined> {
  const raw = [await files.read(join(dir, superblockName(0))), await files.read(join(dir, superblockName(1)))] as const
  if (raw[0] === undefined && raw[1] === undefined) return undefined
  const copies = [decode(raw[0]), decode(raw[1])] as const
  for (const n of COPIES) {
    const copy = copies[n]
    const file = join(dir, superblockName(n))
    if (copy && copy.version > VERSION) throw refused('store.newer-version', { file, version: copy.version, known: VERSION })
    if (copy && (copy.cluster !== id.cluster || copy.node !== id.node)) {
      throw refused('store.foreign', { file, cluster: copy.cluster, node: copy.node, ownCluster: id.cluster, ownNode: id.node })
    }
  }
  const [a, b] = copies
  const block = a && b ? (a.generation >= b.generation ? a : b) : (a ?? b)
  if (!block) throw refused('store.superblock-bad', { file: join(dir, superblockName(0)), other: join(dir, superblockName(1)) })
  if (a && b && a.generation === b.generation && !a.bytes.equals(b.bytes)) {
    throw refused('store.superblock-disagree', { file: join(dir, superblockName(0)), other: join(dir, superblockName(1)) })
  }
  const repair = COPIES.filter((n) => copies[n]?.generation !== block.generation)
  const broken = COPIES.filter((n) => copies[n] === undefined)
  const notes = broken.map((n) =>
    verdict('repair', 'store.superblock-repaired', { file: superblockName(n), other: superblockName(n === 0 ? 1 : 0) }, 'warning'),
  )
  return { block, repair, notes }
}

/** Writes both copies of an open store. Not concurrent: the store's queue calls one at a time. */
export interface SuperblockWriter {
  readonly current: Superblock
  /** Next generation to the older copy, synced when it resolves. */
  write(change: Partial<Omit<Superblock, 'generation'>>): Promise<void>
  /** The same generation to the other copy, synced when it resolves. */
  mirror(): Promise<void>
  close(): Promise<void>
}

/** Takes over from `read` (or makes both copies anew) and leaves both equal and durable. */
export async function openSuperblock(files: Files, dir: string, id: Identity, read: SuperblockRead | undefined): Promise<SuperblockWriter> {
  let current: Superblock = read?.block ?? { generation: 1, walSync: 0, snapshotIndex: 0 }
  for (const n of read?.repair ?? COPIES) await createFile(files, dir, superblockName(n), [encodeSuperblock(id, current)])
  const handles: [File, File] = [
    await files.open(join(dir, superblockName(0)), false),
    await files.open(join(dir, superblockName(1)), false),
  ]
  let newest: 0 | 1 = 0
  const put = async (copy: 0 | 1, block: Superblock): Promise<void> => {
    await handles[copy].write(encodeSuperblock(id, block), 0)
    await surely('fdatasync', handles[copy].sync())
  }
  return {
    get current() {
      return current
    },
    write: async (change) => {
      const next = { ...current, ...change, generation: current.generation + 1 }
      const copy = newest === 0 ? 1 : 0
      await put(copy, next)
      current = next
      newest = copy
    },
    mirror: () => put(newest === 0 ? 1 : 0, current),
    close: async () => {
      await handles[0].close()
      await handles[1].close()
    },
  }
}
