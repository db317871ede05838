/**
 * All pairs of kinds of faults, and which of them stood at the same time: both applied with no mending between (`Run.together`). With `--pairs` the
 * history of seed n begins with pair n, in an order that the round of the list decides; what is drawn after it covers others by the way.
 */
import type { Mode } from '../mode.js'
import { catalogue } from './index.js'
import { type Fault, possible } from './kind.js'

export const kinds = (nodes: number, mode: Mode = 'plain'): readonly Fault[] => possible(catalogue, nodes, mode)

export function pairs(nodes: number, mode: Mode = 'plain'): readonly (readonly [Fault, Fault])[] {
  const all = kinds(nodes, mode)
  return all.flatMap((a, i) => all.slice(i + 1).map((b) => [a, b] as const))
}

/** What the history of this seed begins with. */
export function pairOf(seed: number, nodes: number, mode: Mode = 'plain'): readonly Fault[] {
  const all = pairs(nodes, mode)
  const n = Math.max(0, seed - 1)
  const [a, b] = all[n % all.length] as readonly [Fault, Fault]
  return Math.floor(n / all.length) % 2 === n % 2 ? [a, b] : [b, a]
}

export interface Coverage {
  readonly classes: number
  readonly pairs: number
  readonly covered: number
  readonly percent: number
  readonly missing: readonly (readonly [string, string])[]
}

const keyOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

export class Covered {
  readonly #seen = new Set<string>()

  constructor(
    private readonly nodes: number,
    private readonly mode: Mode = 'plain',
  ) {}

  add(together: readonly (readonly string[])[]): void {
    for (const stood of together) for (const a of stood) for (const b of stood) if (a !== b) this.#seen.add(keyOf(a, b))
  }

  sum(): Coverage {
    const all = pairs(this.nodes, this.mode).map(([a, b]) => [a.name, b.name] as const)
    const missing = all.filter(([a, b]) => !this.#seen.has(keyOf(a, b)))
    const covered = all.length - missing.length
    const percent = Math.floor((1000 * covered) / all.length) / 10
    return { classes: kinds(this.nodes, this.mode).length, pairs: all.length, covered, percent, missing }
  }

  /** A line a kind: which of the kinds before it it stood beside (#) or not (.), in the order of the lines. */
  matrix(): string {
    const names = kinds(this.nodes, this.mode).map((f) => f.name)
    const widest = Math.max(...names.map((n) => n.length))
    const cells = (i: number): string =>
      names
        .slice(0, i)
        .map((b) => (this.#seen.has(keyOf(names[i] ?? '', b)) ? '#' : '.'))
        .join('')
    return names.map((n, i) => `${n.padEnd(widest)} ${cells(i)}`.trimEnd()).join('\n')
  }
}
