/** What the histories leave for later stages, beside what they write on resources and hosts. */
import type { History, HistoryOp } from '../scene.js'
import type { Why } from '../why.js'
import type { Host, Res } from '../world.js'

/** What is known of single resources, and quickly found for each. */
export class Notes<T extends { readonly res: Res }> {
  readonly #of = new Map<Res, T[]>()

  push(note: T): void {
    const known = this.#of.get(note.res)
    if (known) known.push(note)
    else this.#of.set(note.res, [note])
  }
  of(res: Res): readonly T[] {
    return this.#of.get(res) ?? none
  }
}
const none: readonly never[] = []

export interface Memory {
  readonly lives: {
    readonly res: Res
    readonly host: Host
    readonly entry: History
    readonly ops: readonly HistoryOp[] // since the last start
    readonly otherAgent: boolean // than the configuration's
  }[]
  readonly recurring: Notes<{ readonly res: Res; readonly host: Host; readonly op: HistoryOp }> // of those, what recurs
  readonly failures: { readonly res: Res; readonly host: Host; readonly op: HistoryOp }[]
  readonly clears: { readonly res: Res; readonly host: Host; readonly why: Why }[] // fail counts that no longer count
  readonly stale: Notes<{ readonly res: Res; readonly host: Host; readonly key: string }> // failed recurring operations to be begun anew
  readonly locks: { readonly res: Res; readonly host: Host; readonly since: number }[]
  readonly wantStop: { readonly res: Res; readonly host: Host }[] // failed here: stop is called for
  readonly redefined: Set<Res> // restarted because its parameters changed
  readonly wantDemote: { readonly res: Res; readonly host: Host }[]
}
export const emptyMemory = (): Memory => ({
  lives: [],
  recurring: new Notes(),
  failures: [],
  clears: [],
  stale: new Notes(),
  locks: [],
  wantStop: [],
  wantDemote: [],
  redefined: new Set(),
})
