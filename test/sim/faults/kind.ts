/** What a fault is: one line of the catalogue of faults that the simulator can act out, and the words that faults are written in. */
import type { Machine } from '../machine.js'
import type { Mode } from '../mode.js'
import type { World } from '../world.js'

export interface Fault {
  /** Number in the catalogue (design 6); X and a number for what it takes for granted, O and a number for what operators do. */
  readonly id: string
  /** Unlike all others. */
  readonly name: string
  /** Machines that it takes, where two are not enough. */
  readonly nodesMin?: number
  /** Only in this mode. */
  readonly mode?: Mode
  /** In any mode but this one. */
  readonly never?: Mode
  /** Only where something is cloned. */
  readonly clones?: true
  /** Does it now, and says what; undefined: there is nothing that it could be done to. */
  apply(world: World): string | undefined
  /** Takes back what would last. Called when everything is mended, whether the fault was applied or not. */
  ends?(world: World): void
}

/** Kinds that such a cluster can have. */
export const possible = (all: readonly Fault[], nodes: number, mode: Mode, clones = false): readonly Fault[] =>
  all.filter((f) => nodes >= (f.nodesMin ?? 2) && (f.mode ?? mode) === mode && f.never !== mode && (clones || !f.clones))

/** Machines that a fault can be done to: those that kyha is installed on. */
export const machines = (w: World): readonly Machine[] => w.roster.installed
export const pick = (w: World): Machine => machines(w)[w.random.int(machines(w).length)] as Machine
/** One of those that are on. */
export const pickOn = (w: World): Machine | undefined =>
  among(
    w,
    machines(w).filter((m) => m.powered),
  )
export const among = <T>(w: World, list: readonly T[]): T | undefined => list[w.random.int(list.length || 1)]
/** Whole ms between two bounds, small ones as likely as large ones. */
export const between = (w: World, fromMs: number, toMs: number): number => Math.round(fromMs * (toMs / fromMs) ** w.random.next())
export const others = (w: World, ...not: readonly Machine[]): string[] =>
  machines(w)
    .filter((m) => !not.includes(m))
    .map((m) => m.name)
export const names = (w: World): string[] => machines(w).map((m) => m.name)

/** To be done to every machine. */
export const each =
  (run: (m: Machine) => void) =>
  (w: World): void => {
    for (const m of w.machines) run(m)
  }

/** Later, unless everything was mended meanwhile. */
export function later(w: World, ms: number, run: () => void): void {
  const { mends } = w
  w.after(ms, () => {
    if (w.mends === mends) run()
  })
}
