/**
 * Reads a state directory and decides what it says, changing nothing. Either the whole acknowledged truth comes back, or a StoreError
 * with a sentence (S12, S10): a torn tail that nobody was told of is cut off, anything else that is wrong is refused.
 * What has to be repaired on disk is returned, and done only after every check passed.
 */
import { join } from 'node:path'
import type { Recovered, WalRecord } from '../actor.js'
import { type Verdict, verdict } from '../verdict.js'
import { refused } from './error.js'
import type { Files } from './files.js'
import { type Identity, identityDigest, numberOf, segmentName, TEMP, VERSION, ZERO_CHAIN } from './format.js'
import { decodeSegmentHeader, type FoundRecord, SEGMENT_HEADER_BYTES, type SegmentHeader, scanSegment } from './record.js'
import { readSnapshot, type Snapshot } from './snapshot.js'
import { readSuperblock, type SuperblockRead } from './superblock.js'

/** A segment as the writer needs to know it. */
export interface SegmentState {
  readonly number: number
  readonly seed: number
  readonly bytes: number
  /** Where the next record goes. */
  readonly end: number
  readonly indexMax: number
}

export interface Recovery {
  readonly recovered: Recovered
  /** Undefined: the directory is new. */
  readonly superblock?: SuperblockRead
  readonly segments: readonly SegmentState[]
  /** Zero the last segment from its `end` on before use, and put no more records into it. */
  readonly torn: boolean
  readonly sync: number
  /** The last sync of which all records are there: `sync`, or the one before it. */
  readonly syncWhole: number
  readonly chain: Buffer
  /** Files that were never finished or never acknowledged: to be removed. */
  readonly temps: readonly string[]
  readonly snapshots: readonly string[]
}

export async function recover(files: Files, dir: string, id: Identity): Promise<Recovery> {
  const names = [...(await files.list(dir))].sort()
  const owner = identityDigest(id)
  const temps = names.filter((name) => name.endsWith(TEMP))
  const snapshots = names.filter((name) => numberOf(name, 'snapshot') !== undefined)
  const superblock = await readSuperblock(files, dir, id)
  if (!superblock) {
    const other = names.find((name) => numberOf(name, 'wal') !== undefined || numberOf(name, 'snapshot') !== undefined)
    if (other) throw refused('store.superblock-missing', { dir, file: other })
    return { recovered: { entries: [], notes: [] }, segments: [], torn: false, sync: 0, syncWhole: 0, chain: ZERO_CHAIN, temps, snapshots }
  }
  const { block } = superblock
  const { snapshot, skipped, notes } = await readSnapshot(files, dir, names, owner, block.snapshotIndex)
  const log = await readSegments(files, dir, names, owner)
  if (log.syncWhole < block.walSync) throw refused('store.log-short', { dir, sync: log.syncWhole, floor: block.walSync })
  for (const record of log.records) {
    if (record.generation > block.generation)
      throw refused('store.rolled-back', { dir, generation: block.generation, seen: record.generation })
  }
  const entries = replay(dir, log.records, snapshot)
  return {
    recovered: {
      ...(block.hard ? { hard: block.hard } : {}),
      ...(snapshot ? { snapshot: { index: snapshot.index, term: snapshot.term, bytes: snapshot.bytes } } : {}),
      entries,
      notes: [...superblock.notes, ...notes, ...log.notes],
    },
    superblock,
    segments: log.segments,
    torn: log.torn,
    sync: log.sync,
    syncWhole: log.syncWhole,
    chain: log.chain,
    temps: [...temps, ...skipped],
    snapshots: snapshots.filter((name) => !skipped.includes(name)),
  }
}

interface Log {
  readonly segments: readonly SegmentState[]
  readonly records: readonly FoundRecord[]
  readonly sync: number
  readonly syncWhole: number
  readonly chain: Buffer
  readonly torn: boolean
  readonly notes: readonly Verdict[]
}

/** All records of all segments, each proven to follow the one before. */
async function readSegments(files: Files, dir: string, names: readonly string[], owner: Buffer): Promise<Log> {
  const numbers = names.flatMap((name) => numberOf(name, 'wal') ?? []).sort((a, b) => a - b)
  const segments: SegmentState[] = []
  const records: FoundRecord[] = []
  const notes: Verdict[] = []
  let before: { readonly number: number; readonly sync: number; readonly chain: Buffer; readonly offset: number } | undefined
  let torn = false
  let syncWhole = 0
  for (const number of numbers) {
    const file = join(dir, segmentName(number))
    const buf = (await files.read(file)) ?? Buffer.alloc(0)
    const header = checkedHeader(file, buf, number, owner)
    if (before && number !== before.number + 1) throw refused('store.segment-missing', { file: join(dir, segmentName(before.number + 1)) })
    if (before && (header.sync !== before.sync || !header.chain.equals(before.chain))) {
      throw refused('store.corrupt-middle', {
        file: join(dir, segmentName(before.number)),
        offset: before.offset,
        index: lastIndex(records),
      })
    }
    const scan = scanSegment(buf, header)
    records.push(...scan.records)
    const last = number === numbers.at(-1)
    if (scan.bad?.acknowledged) throw refused('store.corrupt-middle', { file, offset: scan.end, index: lastIndex(records) })
    if (last && (scan.bad || scan.partial)) {
      torn = true
      const args = { file: segmentName(number), bytes: buf.length - scan.end, index: lastIndex(records) }
      notes.push(verdict('truncate', 'store.torn-tail', args, 'notice'))
    }
    const indexMax = scan.records.reduce((max, record) => Math.max(max, record.index), 0)
    segments.push({ number, seed: header.seed, bytes: buf.length, end: scan.end, indexMax })
    syncWhole = scan.partial ? scan.sync - 1 : scan.sync
    before = { number, sync: scan.sync, chain: scan.chain, offset: scan.end }
  }
  return { segments, records, sync: before?.sync ?? 0, syncWhole, chain: before?.chain ?? ZERO_CHAIN, torn, notes }
}

function checkedHeader(file: string, buf: Buffer, number: number, owner: Buffer): SegmentHeader {
  const header = decodeSegmentHeader(buf.subarray(0, SEGMENT_HEADER_BYTES))
  if (!header) throw refused('store.segment-corrupt', { file })
  if (header.version > VERSION) throw refused('store.newer-version', { file, version: header.version, known: VERSION })
  if (!header.owner.equals(owner)) throw refused('store.foreign-file', { file })
  if (header.number !== number) throw refused('store.segment-corrupt', { file })
  return header
}

const lastIndex = (records: readonly FoundRecord[]): number => records.at(-1)?.index ?? 0

/**
 * What the records say together: one of index i replaces i and all after it; a snapshot, which stands between two syncs, replaces all
 * up to its index, and everything if the log was not of its history.
 */
function replay(dir: string, records: readonly FoundRecord[], snapshot: Snapshot | undefined): readonly WalRecord[] {
  let entries: WalRecord[] = []
  let due = snapshot
  const install = (at: Snapshot): void => {
    entries = at.keepsTail ? entries.filter((entry) => entry.index > at.index) : []
    due = undefined
  }
  for (const record of records) {
    if (due && record.sync > due.sync) install(due)
    const { index, term, bytes } = record
    const first = entries[0]?.index ?? index
    const expected = first + entries.length
    if (index > expected) throw refused('store.hole', { dir, expected, index })
    entries = index <= first ? [] : entries.slice(0, index - first)
    entries.push({ index, term, bytes })
  }
  if (due) install(due)
  const expected = (snapshot?.index ?? 0) + 1
  const first = entries[0]?.index ?? expected
  if (first !== expected) throw refused('store.hole', { dir, expected, index: first })
  return entries
}
