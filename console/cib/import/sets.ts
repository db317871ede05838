/** Resource sets as pairs, with the field's meaning (actors/coordinator/engine/resolve/colocations.ts and graph/constraints.ts say the same). */
import type { ResourceSetSpec } from '../../../actors/coordinator/engine/scene.js'
import { parseScore } from '../../../actors/coordinator/engine/score.js'
import { LIMITS } from '../../../runtime/config/defaults.js'

/** Colocation: `a` with `b`. Order: `a`, then `b`. */
export interface Pair {
  readonly a: string
  readonly b: string
  readonly score: number
  readonly aRole?: string | undefined
  readonly bRole?: string | undefined
  readonly aAction?: string | undefined
  readonly bAction?: string | undefined
  readonly any?: boolean
}

class Full extends Error {}

class Pairs {
  readonly list: Pair[] = []
  add(pair: Pair): void {
    if (pair.a === pair.b) return
    if (this.list.length >= LIMITS.constraints) throw new Full()
    this.list.push(pair)
  }
}

/** Undefined when there are more pairs than a document may have. */
function bounded(make: (pairs: Pairs) => void): Pair[] | undefined {
  const pairs = new Pairs()
  try {
    make(pairs)
    return pairs.list
  } catch (e) {
    if (e instanceof Full) return undefined
    throw e
  }
}

export const colocated = (sets: readonly ResourceSetSpec[], score: number): Pair[] | undefined =>
  bounded((pairs) => {
    for (const s of sets) {
      const own = parseScore(s.score) ?? score
      if (!s.sequential || own === 0) continue
      s.members.forEach((r, i) => {
        const add = (a: string, b: string): void => pairs.add({ a, b, score: own, aRole: s.role, bRole: s.role })
        const previous = s.members[i - 1]
        if (own < 0) for (const other of s.members.slice(0, i)) add(r, other)
        else if (previous !== undefined) s.ordering === 'listed' ? add(previous, r) : add(r, previous)
      })
    }
    if (score === 0) return
    for (const [i, primaries] of sets.entries()) {
      const dependents = sets[i - 1]
      if (!dependents) continue
      for (const a of dependents.sequential ? dependents.members.slice(0, 1) : dependents.members)
        for (const b of primaries.sequential ? primaries.members.slice(-1) : primaries.members)
          pairs.add({ a, b, score, aRole: dependents.role, bRole: primaries.role })
    }
  })

export const ordered = (sets: readonly ResourceSetSpec[], serialize: boolean): Pair[] | undefined =>
  bounded((pairs) => {
    for (const s of sets) {
      s.members.forEach((r, i) => {
        const add = (a: string, b: string): void => pairs.add({ a, b, score: 0, aAction: s.action, bAction: s.action })
        const before = s.members[i - 1]
        if (serialize) for (const other of s.members.slice(i + 1)) add(r, other)
        else if (s.sequential && before !== undefined) add(before, r)
      })
    }
    for (const [i, after] of sets.entries()) {
      const before = sets[i - 1]
      if (!before) continue
      for (const a of before.sequential ? before.members.slice(-1) : before.members)
        for (const b of after.sequential ? after.members.slice(0, 1) : after.members)
          pairs.add({ a, b, score: 0, aAction: before.action, bAction: after.action })
    }
  })

/** Two names as two sets whose members do not depend on each other: what a template or a tag in a simple constraint means. */
export const collections = (a: string, aRole: string | undefined, b: string, bRole: string | undefined): ResourceSetSpec[] =>
  [
    { name: a, role: aRole },
    { name: b, role: bRole },
  ].map(({ name, role }) => ({ id: '', members: [name], sequential: false, requireAll: true, ...(role === undefined ? {} : { role }) }))
