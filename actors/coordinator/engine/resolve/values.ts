/** Value sets to values: sets whose rule holds, the higher score first, of equal ones the later first; the first that sets a name wins. */
import type { ValueSet } from '../scene.js'
import { type Asked, holds } from './rules.js'

/** Adds to `into` what it lacks; `first` names a set that goes before all scores. */
export function unpack(sets: readonly ValueSet[], asked: Asked, into = new Map<string, string>(), first?: string): Map<string, string> {
  for (const set of ranked(sets, first)) {
    if (set.rule && !holds(set.rule, asked)) continue
    for (const [name, value] of set.values) {
      if (value === '#default') continue
      if (!into.has(name)) into.set(name, value)
    }
  }
  return into
}

function ranked(sets: readonly ValueSet[], first: string | undefined): readonly ValueSet[] {
  if (sets.length < 2) return sets
  const rank = (s: ValueSet): number => (s.id === first ? Number.POSITIVE_INFINITY : s.score)
  return sets
    .map((set, i) => ({ set, i }))
    .sort((a, b) => (rank(b.set) === rank(a.set) ? b.i - a.i : rank(b.set) - rank(a.set)))
    .map((x) => x.set)
}
