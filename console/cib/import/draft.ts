/** The document while it is made: plain values in the words of runtime/config/parse.ts, each part with the element that it came from. */

import { unpack } from '../../../actors/coordinator/engine/resolve/values.js'
import type { ValueSet } from '../../../actors/coordinator/engine/scene.js'
import { PARAM } from '../../../runtime/config/read.js'
import type { Notes, Origin } from './notes.js'

export type Plain = Record<string, unknown>

export interface Draft {
  readonly apiVersion: 'kyha/v1'
  name: string
  readonly properties: Plain
  nodes: Plain
  resources: Plain[]
  groups: Plain[]
  clones: Plain[]
  location: Plain[]
  colocation: Plain[]
  order: Plain[]
  fencing: Plain[]
}
export const lists = ['resources', 'groups', 'clones', 'location', 'colocation', 'order', 'fencing'] as const
export type List = (typeof lists)[number]

export const emptyDraft = (name: string): Draft => ({
  apiVersion: 'kyha/v1',
  name,
  properties: {},
  nodes: {},
  resources: [],
  groups: [],
  clones: [],
  location: [],
  colocation: [],
  order: [],
  fencing: [],
})

/** Where each part was written. */
export class Origins {
  private readonly of = new Map<object, Origin>()
  set<T extends object>(part: T, origin: Origin): T {
    this.of.set(part, origin)
    return part
  }
  get(part: object | undefined): Origin {
    return (part && this.of.get(part)) ?? { element: 'configuration', id: '' }
  }
}

/** Values of sets that always hold; a set with a rule is left out with its sentence. */
export function valuesOf(notes: Notes, of: Origin, sets: readonly ValueSet[], first?: string): Map<string, string> {
  const plain = sets.filter((s) => {
    if (s.rule) notes.partly(of, s.id, 'cib.conditional-values')
    return !s.rule
  })
  return unpack(plain, { nowS: 0 }, new Map(), first)
}

/** With names that parameters and attributes can have here; the others each with a sentence. */
export function named(notes: Notes, of: Origin, values: Iterable<readonly [string, string]>, pattern = PARAM): Record<string, string> {
  const known = [...values].filter(([name]) => pattern.test(name) || notes.partly(of, name, 'config.bad-name', { line: 0, name }))
  return Object.fromEntries(known)
}

/** Without what is undefined or has nothing in it. */
export const filled = (from: Plain): Plain =>
  Object.fromEntries(
    Object.entries(from).filter(
      ([, v]) => v !== undefined && (typeof v !== 'object' || v === null || Array.isArray(v) || Object.keys(v).length > 0),
    ),
  )
