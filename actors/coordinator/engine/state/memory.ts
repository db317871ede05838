/** What the histories leave for later stages, beside what they write on resources and hosts. */
import type { Agent, HistoryOp } from '../scene.js'
import type { Why } from '../why.js'
import type { Host, Res } from '../world.js'

/** Entries in the order in which they came, and those of one resource without looking at all of them. */
export class Notes<T extends { readonly res: Res }> implements Iterable<T> {
  readonly #all: T[] = []
  readonly #of = new Map<Res, T[]>()

  push(note: T): void {
    this.#all.push(note)
    const known = this.#of.get(note.res)
    if (known) known.push(note)
    else this.#of.set(note.res, [note])
  }
  of(res: Res): readonly T[] {
    return this.#of.get(res) ?? []
  }
  [Symbol.iterator](): Iterator<T> {
    return this.#all[Symbol.iterator]()
  }
}

export interface Memory {
  readonly recurring: Notes<{
    readonly res: Res
    readonly host: Host
    readonly entry: string // as the history spells the resource
    readonly agent: Agent // what it ran with
    readonly ops: readonly HistoryOp[] // since the last start
    readonly keys: readonly { readonly key: string; readonly ms: number; readonly task: string; readonly op: HistoryOp }[]
  }>
  readonly failures: { readonly res: Res; readonly host: Host; readonly op: HistoryOp }[]
  readonly clears: { readonly res: Res; readonly host: Host; readonly why: Why }[] // fail counts that no longer count
  readonly stale: Notes<{ readonly res: Res; readonly host: Host; readonly key: string }> // failed recurring operations to be begun anew
  readonly locks: { readonly res: Res; readonly host: Host; readonly since: number }[]
  readonly wantStop: { readonly res: Res; readonly host: Host }[] // failed here: stop is called for
  readonly redefined: Set<Res> // restarted because its parameters changed
  readonly wantDemote: { readonly res: Res; readonly host: Host }[]
}
export const emptyMemory = (): Memory => ({
  recurring: new Notes(),
  failures: [],
  clears: [],
  stale: new Notes(),
  locks: [],
  wantStop: [],
  wantDemote: [],
  redefined: new Set(),
})
