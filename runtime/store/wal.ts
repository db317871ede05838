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
  const last = from.segments.at(-1)
  const file = last && (await options.files.open(join(options.dir, segmentName(last.number)), false))
  if (file && last && from.torn) await zero(file, last.end, last.bytes)
  return new FileWal(options, from, file)
}

class FileWal implements Wal {
  sync: number
  syncWhole: number
  base: number
  private chain: Buffer
  private segments: SegmentState[]
  /** Terms of the records from base + 1 on. */
  private terms: number[]
  /** A segment whose end was torn takes no more records. */
  private sealed: boolean

  constructor(
    private readonly options: WalOptions,
    from: Recovery,
    private file: File | undefined,
  ) {
    this.sync = from.sync
    this.syncWhole = from.syncWhole
    this.chain = from.chain
    this.base = from.recovered.snapshot?.index ?? 0
    this.segments = [...from.segments]
    this.terms = from.recovered.entries.map((entry) => entry.term)
    this.sealed = from.torn
  }

  get lastIndex(): number {
    return this.base + this.terms.length
  }
  get room(): number {
    const segment = this.segments.at(-1)
    return segment && !this.sealed ? segment.bytes - segment.end : 0
  }
  termAt(index: number): number | undefined {
    return this.terms[index - this.base - 1]
  }

  async append(records: readonly WalRecord[], generation: number): Promise<void> {
    const need = records.reduce((sum, record) => sum + recordSize(record.bytes.length), 0)
    if (need > this.room) await this.rotate(need)
    const segment = present(this.segments.at(-1), 'segment')
    const file = present(this.file, 'segment file')
    const { buf, after } = encode(records, need, segment.seed, this.sync + 1, generation, this.chain)
    try {
      await file.write(buf, segment.end)
    } catch (error) {
      if (isFull(error)) await surely('undoing a write', zero(file, segment.end, segment.end + need))
      throw error
    }
    await surely('fdatasync', file.sync())
    this.sync += 1
    this.syncWhole = this.sync
    this.chain = after
    const indexMax = records.reduce((max, record) => Math.max(max, record.index), segment.indexMax)
    this.segments[this.segments.length - 1] = { ...segment, end: segment.end + need, indexMax }
    for (const record of records) {
      this.terms.length = record.index - this.base - 1
      this.terms.push(record.term)
    }
  }

  private async rotate(need: number): Promise<void> {
    const { files, dir, owner, segmentBytes, beforeSegment } = this.options
    await beforeSegment()
    const number = (this.segments.at(-1)?.number ?? 0) + 1
    const header = encodeSegmentHeader(number, this.sync, this.chain, owner)
    const bytes = Math.max(segmentBytes, SEGMENT_HEADER_BYTES + need)
    await createFile(files, dir, segmentName(number), [header, Buffer.alloc(bytes - header.length)])
    await this.file?.close()
    this.file = await files.open(join(dir, segmentName(number)), false)
    this.segments.push({ number, seed: crc32c(header, 12), bytes, end: header.length, indexMax: 0 })
    this.sealed = false
  }

  async drop({ index, keepsTail }: { readonly index: number; readonly keepsTail: boolean }): Promise<void> {
    const { files, dir } = this.options
    this.terms = keepsTail ? this.terms.slice(index - this.base) : []
    this.base = index
    const last = this.segments.length - 1
    const keep = this.segments.findIndex((segment, i) => i === last || (keepsTail && segment.indexMax > index))
    const dropped = this.segments.slice(0, Math.max(keep, 0))
    this.segments = this.segments.slice(dropped.length)
    for (const segment of dropped) {
      await files.remove(join(dir, segmentName(segment.number)))
      await surely('fsync of the directory', files.syncDir(dir)) // oldest first, one by one: a crash leaves no gap between segments
    }
  }

  async close(): Promise<void> {
    await this.file?.close()
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
