/**
 * A simulated store: what `persist` made durable survives a power cut, what was still on its way may survive only as a prefix.
 * The twin of runtime/store for the simulator; faults of the disk (torn, lost, misdirected ...) are added here.
 */
import type { Recovered, StoreOp, WalRecord } from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'

export class SimDisk {
  #hard: Uint8Array | undefined
  #snapshot: Recovered['snapshot']
  #wal: WalRecord[] = []
  #pending: StoreOp[] = []

  /** The write is on its way; `settle` makes the oldest one durable. */
  begin(op: StoreOp): void {
    this.#pending.push(op)
  }

  settle(): void {
    const op = this.#pending.shift()
    if (op) this.#keep(op)
  }

  /** Power is cut: of the writes on their way a random prefix made it. */
  cut(random: Random): void {
    const kept = random.int(this.#pending.length + 1)
    for (const op of this.#pending.slice(0, kept)) this.#keep(op)
    this.#pending = []
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

  #keep(op: StoreOp): void {
    if (op.slot === 'hard') this.#hard = op.bytes.slice()
    else if (op.slot === 'wal') {
      for (const r of op.records) {
        while (this.#wal.length > 0 && (this.#wal.at(-1) as WalRecord).index >= r.index) this.#wal.pop()
        this.#wal.push({ ...r, bytes: r.bytes.slice() })
      }
    } else {
      this.#snapshot = { index: op.index, term: op.term, bytes: op.bytes.slice() }
      this.#wal = this.#wal.filter((r) => r.index > op.index)
    }
  }
}
