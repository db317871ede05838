/** Keeps those of one sync in their order. */
const orderMs = 1e-3

/** When the writes of one disk end: one after the other. Hard states that stand one behind the other share one sync, as in runtime/store. */
export class Writes {
  #freeMs = 0
  /** When the newest write begins, if that is a hard state. */
  #hardFromMs = -1

  endsMs(slot: string, nowMs: number, takesMs: number): number {
    if (slot === 'hard' && this.#hardFromMs > nowMs) {
      this.#freeMs += orderMs
      return this.#freeMs
    }
    const fromMs = Math.max(this.#freeMs, nowMs)
    this.#hardFromMs = slot === 'hard' ? fromMs : -1
    this.#freeMs = fromMs + takesMs
    return this.#freeMs
  }
}
