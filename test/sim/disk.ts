/**
 * A simulated store: what `persist` made durable survives a power cut, what was still on its way may survive only as a prefix.
 * The twin of runtime/store for the simulator, held to the same cases (test/contract/store.test.ts): what the file store calls a bug of its caller
 * is one here, too.
 */
import type { Recovered, StoreOp, WalRecord } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import type { Random } from '../../runtime/random.js'

const hardBytesMax = 3072

export class SimDisk {
  #hard: Uint8Array | undefined
  #snapshot: Recovered['snapshot']
  #wal: WalRecord[] = []
  #pending: StoreOp[] = []
  /** What the log will hold when everything that is on its way is durable: its snapshot's index, and the terms after it. */
  #base = 0
  #terms: number[] = []

  /** The write is on its way; `settle` makes the oldest one durable. Throws a Bug, and keeps nothing, for what no store would take. */
  begin(op: StoreOp): void {
    if (op.slot === 'hard') assert(op.bytes.length <= hardBytesMax, `a hard state of ${op.bytes.length} bytes, at most ${hardBytesMax}`)
    else if (op.slot === 'wal') this.#follows(op.records)
    else this.#covers(op)
    this.#pending.push(op)
  }

  /** False when nothing is on its way. */
  settle(): boolean {
    const op = this.#pending.shift()
    if (op) this.#keep(op)
    return op !== undefined
  }

  /** The oldest write on its way finds the disk full: nothing of it is kept. Whoever refuses one refuses those behind it, too. */
  refuse(): void {
    this.#pending.shift()
    if (this.#pending.length === 0) this.#forget()
  }

  /** Power is cut: of the writes on their way a random prefix made it. */
  cut(random: Random): void {
    const kept = random.int(this.#pending.length + 1)
    for (const op of this.#pending.slice(0, kept)) this.#keep(op)
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
    const base = this.#snapshot?.index ?? 0
    return index <= base || this.#wal[index - base - 1]?.term === term
  }

  recover(): Recovered {
    const snapshot = this.#snapshot
    return {
      ...(this.#hard ? { hard: this.#hard.slice() } : {}),
      ...(snapshot ? { snapshot: { ...snapshot, bytes: snapshot.bytes.slice() } } : {}),
      entries: this.#wal.map((r) => ({ ...r, bytes: r.bytes.slice() })),
      notes: [],
    }
  }

  /** Nothing is on its way any more. */
  #forget(): void {
    this.#base = this.#snapshot?.index ?? 0
    this.#terms = this.#wal.map((r) => r.term)
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
    if (op.slot === 'hard') this.#hard = op.bytes.slice()
    else if (op.slot === 'wal') {
      for (const r of op.records) {
        while (this.#wal.length > 0 && (this.#wal.at(-1) as WalRecord).index >= r.index) this.#wal.pop()
        this.#wal.push({ ...r, bytes: r.bytes.slice() })
      }
    } else if (op.index > (this.#snapshot?.index ?? 0)) {
      // A snapshot of another history voids the log that it does not belong to.
      const keepsTail = this.#wal.some((r) => r.index === op.index && r.term === op.term)
      this.#wal = keepsTail ? this.#wal.filter((r) => r.index > op.index) : []
      this.#snapshot = { index: op.index, term: op.term, bytes: op.bytes.slice() }
    }
  }
}
