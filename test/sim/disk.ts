/**
 * A simulated store: the twin of runtime/store for the simulator, held to the same cases (test/contract/store.test.ts). What was durable survives
 * a power cut; of what was on its way a front part of the writes may, and of the next one a front part of its records (a torn write). A full
 * disk refuses log and snapshot writes, whatever waits behind one too, and takes hard states. Any other error loses the store until it is
 * opened again. What the file store would refuse to open is `unreadable`, with its sentence. What it calls a bug of its caller is one here, too.
 */
import type { Recovered, StoreOp, WalRecord } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import type { Random } from '../../runtime/random.js'

const hardBytesMax = 3072

/** A copy of what a disk held, to be put back later. */
export interface Kept {
  readonly hard: Uint8Array | undefined
  readonly snapshot: Recovered['snapshot']
  readonly wal: readonly WalRecord[]
}
const blank: Kept = { hard: undefined, snapshot: undefined, wal: [] }
/** How to take back the last write, if it was one of the log. */
interface Undo {
  readonly removed: readonly WalRecord[]
  readonly added: number
}

/** What becomes of a write that has reached the disk. */
export type Outcome = 'durable' | 'full' | 'lost'

const holdsIn = (snapshot: Kept['snapshot'], wal: Kept['wal'], index: number, term: number): boolean => {
  const base = snapshot?.index ?? 0
  return index <= base || wal[index - base - 1]?.term === term
}

export class SimDisk {
  #hard: Uint8Array | undefined
  #snapshot: Recovered['snapshot']
  #wal: WalRecord[] = []
  #pending: StoreOp[] = []
  /** Of those on their way, those that stand behind a write that found the disk full. */
  #doomed = new Set<StoreOp>()
  /** What the log will hold when everything that is on its way is durable: its snapshot's index, and the terms after it. */
  #base = 0
  #terms: number[] = []
  #undo: Undo | undefined
  /** A write failed, and what the store knows is worth nothing: every write is refused until it is opened again. */
  #dead = false
  /** No room (F52). */
  full = false
  /** So many of the next writes fail (F50, F51); infinite: as long as it stays read-only (F53). */
  fails = 0
  /** How often another copy was put in its place, and what stood there before. */
  replaced = 0
  #before: Pick<Kept, 'snapshot' | 'wal'> | undefined
  /** Why it cannot be opened (F49, F57, F58, F60). */
  unreadable: string | undefined

  /** The write is on its way; `finish` ends the oldest one. Throws a Bug, and keeps nothing, for what no store would take. */
  begin(op: StoreOp): void {
    if (op.slot === 'hard') assert(op.bytes.length <= hardBytesMax, `a hard state of ${op.bytes.length} bytes, at most ${hardBytesMax}`)
    else if (op.slot === 'wal') this.#follows(op.records)
    else this.#covers(op)
    this.#pending.push(op)
  }

  /** The oldest write on its way has reached the disk. */
  finish(random: Random): Outcome {
    const op = this.#pending[0]
    if (this.#dead || this.fails > 0) {
      if (!this.#dead) this.#lose(random)
      return 'lost'
    }
    assert(op, 'a write that ends is on its way')
    if (this.#doomed.has(op) || (this.full && op.slot !== 'hard')) {
      this.refuse()
      return 'full'
    }
    this.settle()
    return 'durable'
  }

  /** False when nothing is on its way. */
  settle(): boolean {
    const op = this.#pending.shift()
    if (op) this.#keep(op)
    return op !== undefined
  }

  /** The oldest write on its way finds the disk full: nothing of it is kept. Whoever refuses one refuses those of the log behind it, too. */
  refuse(): void {
    const op = this.#pending.shift()
    if (op) this.#doomed.delete(op)
    for (const behind of this.#pending) if (behind.slot !== 'hard') this.#doomed.add(behind)
    this.#forget()
  }

  /** As closing a store does: what is on its way becomes durable, unless the store is lost. */
  close(random: Random): void {
    while (this.#pending.length > 0 && !this.#dead) this.finish(random)
    this.#pending = []
    this.#forget()
  }

  /** The durable hard state. */
  get hard(): Uint8Array | undefined {
    return this.#hard
  }
  /** Where the durable log ends. */
  get lastIndex(): number {
    return this.#wal.at(-1)?.index ?? this.#snapshot?.index ?? 0
  }
  /** The durable log has this entry, or a snapshot that covers it. */
  holds(index: number, term: number): boolean {
    return holdsIn(this.#snapshot, this.#wal, index, term)
  }
  /** It had it before another copy was put in its place, and may have said so: answers of then can still be on their way. */
  held(index: number, term: number): boolean {
    return this.#before !== undefined && holdsIn(this.#before.snapshot, this.#before.wal, index, term)
  }

  /** Power is cut, or the process dies: of the writes on their way a random front part made it. */
  cut(random: Random): void {
    if (!this.#dead) this.#front(random)
    this.#pending = []
    this.#forget()
  }

  /** Opens the store. Throws the sentence with which the file store would refuse. */
  recover(): Recovered {
    if (this.unreadable !== undefined) throw new Error(this.unreadable)
    this.#dead = false
    const snapshot = this.#snapshot
    return {
      ...(this.#hard ? { hard: this.#hard.slice() } : {}),
      ...(snapshot ? { snapshot: { ...snapshot, bytes: snapshot.bytes.slice() } } : {}),
      entries: this.#wal.map((r) => ({ ...r, bytes: r.bytes.slice() })),
      notes: [],
    }
  }

  /** What it holds, to be put back later: a backup. */
  get kept(): Kept {
    return { hard: this.#hard, snapshot: this.#snapshot, wal: [...this.#wal] }
  }
  /** What it would say if its last sync rotted, which nobody can tell from a torn write; undefined where that would be noticed. */
  get withoutLast(): Kept | undefined {
    if (!this.#undo) return undefined
    return { ...this.kept, wal: [...this.#wal.slice(0, this.#wal.length - this.#undo.added), ...this.#undo.removed] }
  }
  /** Another copy is put in its place while no kyhad runs (F61); without one, an empty disk. */
  replace(copy: Kept = blank): void {
    this.replaced++
    this.#before = { snapshot: this.#snapshot, wal: this.#wal }
    this.#hard = copy.hard
    this.#snapshot = copy.snapshot
    this.#wal = [...copy.wal]
    this.#pending = []
    this.#undo = undefined
    this.#forget()
  }

  /** Another disk, which is empty and well. */
  renew(): void {
    this.replace()
    this.#dead = false
    this.full = false
    this.fails = 0
    this.unreadable = undefined
  }

  /** A write failed: it or a front part of it may be there, what waited behind it is not. */
  #lose(random: Random): void {
    if (this.fails !== Number.POSITIVE_INFINITY) this.fails--
    this.#dead = true
    this.#pending.splice(1)
    this.#front(random)
    this.#pending = []
    this.#forget()
  }

  #front(random: Random): void {
    const whole = random.int(this.#pending.length + 1)
    for (const op of this.#pending.slice(0, whole)) this.#keep(op)
    const torn = this.#pending[whole]
    if (torn?.slot === 'wal' && torn.records.length > 1)
      this.#keep({ slot: 'wal', records: torn.records.slice(0, random.int(torn.records.length)) })
  }

  /** What is on its way is what counts from now on. */
  #forget(): void {
    this.#base = this.#snapshot?.index ?? 0
    this.#terms = this.#wal.map((r) => r.term)
    if (this.#pending.length === 0) this.#doomed.clear()
    for (const op of this.#pending) {
      if (this.#doomed.has(op)) continue
      if (op.slot === 'wal') this.#follows(op.records)
      else if (op.slot === 'snapshot') this.#covers(op)
    }
  }

  #follows(records: readonly WalRecord[]): void {
    let last = this.#base + this.#terms.length
    for (const { index } of records) {
      assert(index <= last + 1, `log record ${index} leaves a hole after ${last}`)
      assert(index > this.#base, `log record ${index} lies inside the snapshot`)
      last = index
    }
    for (const { index, term } of records) {
      this.#terms.length = index - this.#base - 1
      this.#terms.push(term)
    }
  }

  #covers({ index, term }: Extract<StoreOp, { slot: 'snapshot' }>): void {
    assert(index >= this.#base, `snapshot ${index} is older than snapshot ${this.#base}`)
    if (index === this.#base) return
    const keepsTail = this.#terms[index - this.#base - 1] === term
    this.#terms = keepsTail ? this.#terms.slice(index - this.#base) : []
    this.#base = index
  }

  #keep(op: StoreOp): void {
    this.#undo = undefined
    if (op.slot === 'hard') this.#hard = op.bytes.slice()
    else if (op.slot === 'wal') {
      const first = op.records[0]?.index ?? Number.POSITIVE_INFINITY
      const removed = this.#wal.filter((r) => r.index >= first)
      for (const r of op.records) {
        while (this.#wal.length > 0 && (this.#wal.at(-1) as WalRecord).index >= r.index) this.#wal.pop()
        this.#wal.push({ ...r, bytes: r.bytes.slice() })
      }
      const last = (op.records.at(-1)?.index ?? 0) - first + 1
      if (op.records.length > 0) this.#undo = { removed, added: last }
    } else if (op.index > (this.#snapshot?.index ?? 0)) {
      // A snapshot of another history voids the log that it does not belong to.
      const keepsTail = this.#wal.some((r) => r.index === op.index && r.term === op.term)
      this.#wal = keepsTail ? this.#wal.filter((r) => r.index > op.index) : []
      this.#snapshot = { index: op.index, term: op.term, bytes: op.bytes.slice() }
    }
  }
}
