/** Logs of a small model, one character an entry, as the product's functions know them. */
import type { Row } from '../../actors/log/codec.js'
import type { LogState } from '../../actors/log/raft.js'
import { type Index, index, type Term, term } from '../../runtime/ids.js'

export class Logs {
  readonly #known = new Map<string, LogState>()
  readonly #termOf: (char: string) => number

  constructor(termOf: (char: string) => number) {
    this.#termOf = termOf
  }

  /** Enough of a node for the order of logs (upToDate, moreUpToDate). */
  view(log: string): LogState {
    const known = this.#known.get(log)
    if (known) return known
    const rows = [...log].map((char, i) => ({ index: index(i + 1), term: term(this.#termOf(char)) })) as unknown as Row[]
    const made = { rows, snapshot: { index: index(0), term: term(0), bytes: new Uint8Array() } } as unknown as LogState
    this.#known.set(log, made)
    return made
  }

  /** How far a log is, as a candidate says it. */
  end(log: string): { lastTerm: Term; lastIndex: Index } {
    return { lastTerm: term(log === '' ? 0 : this.#termOf(log.slice(-1))), lastIndex: index(log.length) }
  }
}
