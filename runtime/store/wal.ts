/**
 * Appends records to preallocated segments: one write and one fdatasync a call, no change of file size, so no change of metadata.
 * A segment that has no room is followed by a new one, which appears whole (zeros, header, sync, rename). Called by the store's queue
 * alone, one call at a time.
 */
import { join } from 'node:path'
import type { WalRecord } from '../actor.js'
import { assert, present } from '../assert.js'
import { crc32c } from './crc32c.js'
import { isFull } from './error.js'
import { createFile, type File, type Files, surely } from './files.js'
import { segmentName } from './format.js'
import { encodeSegmentHeader, putRecord, recordSize, SEGMENT_HEADER_BYTES } from './record.js'
import type { Recovery, SegmentState } from './recover.js'

export interface Wal {
  readonly sync: number
  /** The last sync that is there with all its records: what the superblock may call acknowledged. */
  readonly syncWhole: number
  /** Index of the snapshot that the log follows, 0 = none. */
  readonly base: number
  readonly lastIndex: number
  /** Term of a record that the log holds, undefined if it does not. */
  termAt(index: number): number | undefined
  /** How many bytes of records still go into the present segment. */
  readonly room: number
  /** Durable when it resolves. A rejection with ENOSPC left nothing behind; any other means that the disk is not known any more. */
  append(records: readonly WalRecord[], generation: number): Promise<void>
  /** After a snapshot is durable: forgets what it covers and removes segments that hold nothing else. */
  drop(snapshot: { readonly index: number; readonly keepsTail: boolean }): Promise<void>
  close(): Promise<void>
}

export interface WalOptions {
  readonly files: Files
  readonly dir: string
  readonly owner: Buffer
  readonly segmentBytes: number
  /** Called before a segment is made: the reserve must stand first. Rejects with ENOSPC if it cannot. */
  readonly beforeSegment: () => Promise<void>
}

export async function openWal(options: WalOptions, from: Recovery): Promise<Wal> {
  const { files, dir, owner, segmentBytes } = options
  let segments: SegmentState[] = [...from.segments]
  let file: File | undefined
  let { sync, syncWhole, chain } = from
  let base = from.recovered.snapshot?.index ?? 0
  let terms = from.recovered.entries.map((entry) => entry.term as number)
  let sealed = from.torn

  const last = segments.at(-1)
  if (last) file = await files.open(join(dir, segmentName(last.number)), false)
  if (last && from.torn) await zero(file, last.end, last.bytes)

  const rotate = async (need: number): Promise<void> => {
    await options.beforeSegment()
    const number = (segments.at(-1)?.number ?? 0) + 1
    const header = encodeSegmentHeader(number, sync, chain, owner)
    const bytes = Math.max(segmentBytes, SEGMENT_HEADER_BYTES + need)
    await createFile(files, dir, segmentName(number), [header, Buffer.alloc(bytes - header.length)])
    await file?.close()
    file = await files.open(join(dir, segmentName(number)), false)
    segments.push({ number, seed: crc32c(header, 12), bytes, end: header.length, indexMax: 0 })
    sealed = false
  }
  const room = (): number => {
    const segment = segments.at(-1)
    return segment && !sealed ? segment.bytes - segment.end : 0
  }

  const append = async (records: readonly WalRecord[], generation: number): Promise<void> => {
    const need = records.reduce((sum, record) => sum + recordSize(record.bytes.length), 0)
    if (need > room()) await rotate(need)
    const segment = present(segments.at(-1), 'segment')
    const { buf, after } = encode(records, need, segment.seed, sync + 1, generation, chain)
    const open = present(file, 'segment file')
    try {
      await open.write(buf, segment.end)
    } catch (error) {
      if (isFull(error)) await surely('undoing a write', zero(open, segment.end, segment.end + need))
      throw error
    }
    await surely('fdatasync', open.sync())
    sync += 1
    syncWhole = sync
    chain = after
    const indexMax = records.reduce((max, record) => Math.max(max, record.index), segment.indexMax)
    segments[segments.length - 1] = { ...segment, end: segment.end + need, indexMax }
    for (const record of records) {
      terms.length = record.index - base - 1
      terms.push(record.term)
    }
  }

  return {
    get sync() {
      return sync
    },
    get syncWhole() {
      return syncWhole
    },
    get base() {
      return base
    },
    get lastIndex() {
      return base + terms.length
    },
    get room() {
      return room()
    },
    termAt: (index) => terms[index - base - 1],
    append,
    drop: async ({ index, keepsTail }) => {
      terms = keepsTail ? terms.slice(index - base) : []
      base = index
      const keep = segments.findIndex((segment, i) => i === segments.length - 1 || (keepsTail && segment.indexMax > index))
      const dropped = segments.slice(0, Math.max(keep, 0))
      segments = segments.slice(dropped.length)
      for (const segment of dropped) await files.remove(join(dir, segmentName(segment.number)))
    },
    close: async () => {
      await file?.close()
    },
  }
}

/** The bytes of one sync, and the chain after it. */
function encode(
  records: readonly WalRecord[],
  need: number,
  seed: number,
  sync: number,
  generation: number,
  chain: Buffer,
): { readonly buf: Buffer; readonly after: Buffer } {
  assert(records.length > 0, 'a sync of no records')
  const buf = Buffer.alloc(need)
  let at = 0
  let after = chain
  for (const [i, record] of records.entries()) {
    after = putRecord(buf, at, seed, record, { sync, left: records.length - 1 - i, generation, chain: after })
    at += recordSize(record.bytes.length)
  }
  return { buf, after }
}

async function zero(file: File | undefined, from: number, to: number): Promise<void> {
  if (!file || to <= from) return
  await file.write(Buffer.alloc(to - from), from)
  await surely('fdatasync', file.sync())
}
