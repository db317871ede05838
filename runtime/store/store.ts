/**
 * The durable store of a node: hard state, write-ahead log, snapshots (design 8.9, S12, fsync before speak). One writer.
 * Writes are carried out in the order of the calls; log writes that wait together share one fdatasync (group commit).
 * A failed fsync is final: the kernel may have dropped the pages and a second fsync would lie (Rebello et al., ATC 2020), so the store
 * is dead from then on and is read again from disk by the next open. A full disk is not final: see reserve.ts.
 * Used by the worker host's core thread for the log actor.
 */
import { join } from 'node:path'
import type { Recovered, StoreOp, WalRecord } from '../actor.js'
import { assert, Bug } from '../assert.js'
import type { Store } from '../ports.js'
import { verdict } from '../verdict.js'
import { codeOf, isFull, StoreError } from './error.js'
import { type Files, realFiles, surely } from './files.js'
import { type Identity, identityDigest, snapshotName } from './format.js'
import type { Lock } from './lock.js'
import { recordSize } from './record.js'
import { recover } from './recover.js'
import { openReserve, type Reserve } from './reserve.js'
import { removeOlder, writeSnapshot } from './snapshot.js'
import { openSuperblock, type SuperblockWriter } from './superblock.js'
import { openWal, type Wal } from './wal.js'

export { StoreError } from './error.js'
export type { Identity } from './format.js'

export interface StoreOptions {
  readonly files: Files
  readonly segmentBytes: number
  readonly reserveBytes: number
}
const DEFAULTS: StoreOptions = { files: realFiles, segmentBytes: 1024 * 1024, reserveBytes: 1024 * 1024 }

/**
 * Opens (or makes) the store in `dir`. Rejects with a StoreError whose message says what, why and what to do:
 * in use, foreign, damaged, unreadable. Then nothing on disk was changed.
 */
export async function openStore(dir: string, id: Identity, options: Partial<StoreOptions> = {}): Promise<Store> {
  const { files, segmentBytes, reserveBytes } = { ...DEFAULTS, ...options }
  let lock: Lock | undefined
  try {
    await files.makeDir(dir)
    lock = await files.lock(dir)
    const from = await recover(files, dir, id)
    const owner = identityDigest(id)
    for (const name of from.temps) await files.remove(join(dir, name))
    await removeOlder(files, dir, from.snapshots, from.recovered.snapshot?.index ?? 0)
    const superblock = await openSuperblock(files, dir, id, from.superblock)
    const reserve = await openReserve(files, dir, reserveBytes)
    const wal = await openWal({ files, dir, owner, segmentBytes, beforeSegment: () => reserve.restore() }, from)
    const stale = lock.stale ? [verdict('take-over', 'store.lock-taken-over', {}, 'notice')] : []
    const recovered = { ...from.recovered, notes: [...stale, ...from.recovered.notes, ...reserve.notes] }
    return new FileStore(recovered, { dir, files, owner, superblock, wal, reserve, lock })
  } catch (error) {
    await lock?.release()
    if (error instanceof StoreError || error instanceof Bug) throw error
    throw new StoreError(verdict('refuse', 'store.unreadable', { dir, error: codeOf(error) }, 'error'), isFull(error))
  }
}

interface Parts {
  readonly dir: string
  readonly files: Files
  readonly owner: Buffer
  readonly superblock: SuperblockWriter
  readonly wal: Wal
  readonly reserve: Reserve
  readonly lock: Lock
}
interface Waiting {
  readonly op: StoreOp
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

class FileStore implements Store {
  private queue: Waiting[] = []
  private running: Promise<void> | undefined
  private dead: StoreError | undefined
  private closed = false

  constructor(
    readonly recovered: Recovered,
    private readonly parts: Parts,
  ) {}

  write(op: StoreOp): Promise<void> {
    const { dir } = this.parts
    if (this.dead) return Promise.reject(this.dead)
    if (this.closed) return Promise.reject(new StoreError(verdict('refuse', 'store.closed', { dir }, 'error'), false))
    return new Promise((resolve, reject) => {
      this.queue.push({ op, resolve, reject })
      this.running ??= this.pump()
    })
  }

  /** Carries out what waits, notes in the superblock how far the log is, and releases the directory. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.running
    const { superblock, wal, lock } = this.parts
    try {
      if (!this.dead && wal.syncWhole > superblock.current.walSync) {
        await superblock.write({ walSync: wal.syncWhole })
        await superblock.mirror()
      }
    } finally {
      await superblock.close()
      await wal.close()
      await lock.release()
    }
  }

  private async pump(): Promise<void> {
    await Promise.resolve() // calls of one turn of the event loop share a sync
    while (this.queue.length > 0) {
      const batch = this.dead ? this.queue.splice(0) : this.takeBatch()
      try {
        if (this.dead) throw this.dead
        await this.carryOut(batch)
      } catch (error) {
        await this.fail(batch, error)
      }
    }
    this.running = undefined
  }

  /** The next calls that can share one sync: log writes that fit together, hard states (the last counts), or one snapshot. */
  private takeBatch(): Waiting[] {
    const slot = this.queue[0]?.op.slot
    let count = 1
    if (slot === 'hard') while (this.queue[count]?.op.slot === 'hard') count++
    if (slot === 'wal') {
      let bytes = sizeOf(this.queue[0]?.op)
      for (;;) {
        const next = this.queue[count]?.op
        bytes += sizeOf(next)
        if (next?.slot !== 'wal' || bytes > this.parts.wal.room) break
        count++
      }
    }
    return this.queue.splice(0, count)
  }

  private async carryOut(batch: readonly Waiting[]): Promise<void> {
    const { superblock, wal } = this.parts
    const op = batch.at(-1)?.op
    if (op?.slot === 'hard') {
      await superblock.write({ hard: Uint8Array.from(op.bytes), walSync: wal.syncWhole })
      for (const waiting of batch) waiting.resolve()
      await superblock.mirror()
    } else if (op?.slot === 'snapshot') {
      await this.takeSnapshot(op)
      for (const waiting of batch) waiting.resolve()
    } else {
      const records = batch.flatMap((waiting) => (waiting.op.slot === 'wal' ? waiting.op.records : []))
      this.checkFollows(records)
      if (records.length > 0) await wal.append(records, superblock.current.generation)
      for (const waiting of batch) waiting.resolve()
    }
  }

  private checkFollows(records: readonly WalRecord[]): void {
    const { wal } = this.parts
    let last = wal.lastIndex
    for (const { index } of records) {
      assert(index <= last + 1, `log record ${index} leaves a hole after ${last}`)
      assert(index > wal.base, `log record ${index} lies inside the snapshot`)
      last = index
    }
  }

  private async takeSnapshot(op: Extract<StoreOp, { slot: 'snapshot' }>): Promise<void> {
    const { files, dir, owner, superblock, wal, reserve } = this.parts
    const before = wal.base
    assert(op.index >= before, `snapshot ${op.index} is older than snapshot ${before}`)
    if (op.index === before) return
    const keepsTail = wal.termAt(op.index) === op.term
    await writeSnapshot(files, dir, owner, { index: op.index, term: op.term, bytes: op.bytes, sync: wal.sync, keepsTail })
    try {
      await superblock.write({ snapshotIndex: op.index, walSync: wal.syncWhole })
    } catch (error) {
      await surely(
        'undoing a snapshot',
        files.remove(join(dir, snapshotName(op.index))).then(() => files.syncDir(dir)),
      )
      throw error
    }
    await superblock.mirror()
    await wal.drop({ index: op.index, keepsTail })
    await removeOlder(files, dir, await files.list(dir), op.index)
    await reserve.tryRestore()
  }

  /** ENOSPC: this batch, and log and snapshot calls that wait behind it, are refused; hard states go on. Anything else ends the store. */
  private async fail(batch: readonly Waiting[], cause: unknown): Promise<void> {
    const { dir, reserve } = this.parts
    if (cause instanceof Bug) {
      for (const waiting of batch) waiting.reject(cause)
      return
    }
    let lost = cause
    if (isFull(cause)) {
      const behind = this.queue.filter((waiting) => waiting.op.slot !== 'hard')
      this.queue = this.queue.filter((waiting) => waiting.op.slot === 'hard')
      const error = new StoreError(verdict('refuse', 'store.full', { dir }, 'warning'), true)
      for (const waiting of [...batch, ...behind]) waiting.reject(error)
      try {
        await reserve.release()
        return
      } catch (releaseError) {
        lost = releaseError
      }
    }
    this.dead ??= new StoreError(verdict('fail', 'store.failed', { dir, error: codeOf(lost) }, 'error'), false)
    for (const waiting of batch) waiting.reject(this.dead)
  }
}

const sizeOf = (op: StoreOp | undefined): number =>
  op?.slot === 'wal' ? op.records.reduce((sum, record) => sum + recordSize(record.bytes.length), 0) : 0
