/** What constraints and pools can name, found by name: built once for all checks of a document. */
import type { CloneDoc, ConfigDoc } from './document.js'

export interface Things {
  /** Resources, groups and clones, in document order. */
  readonly names: readonly string[]
  readonly known: ReadonlySet<string>
  readonly clones: ReadonlyMap<string, CloneDoc>
  /** The clone that a resource or group is cloned by; of a member, the one of its group. */
  readonly cloneOf: ReadonlyMap<string, string>
  /** Of a group its members, of anything else itself. A clone is one thing. */
  membersOf(name: string): readonly string[]
  /** What stands on its own, whose name the pattern finds. */
  found(pattern: string): readonly string[]
}

export function thingsOf(doc: ConfigDoc): Things {
  const members = new Map(doc.groups.map((group) => [group.name, group.members]))
  const clones = new Map((doc.clones ?? []).map((clone) => [clone.name, clone]))
  const cloneOf = new Map<string, string>()
  for (const clone of [...clones.values()].filter((one) => !clones.has(one.resource)))
    for (const name of [clone.resource, ...(members.get(clone.resource) ?? [])]) cloneOf.set(name, cloneOf.get(name) ?? clone.name)
  const names = [...doc.resources, ...doc.groups, ...clones.values()].map((part) => part.name)
  const grouped = new Set([...members.values()].flat())
  const finds = new Map<string, readonly string[]>()
  const alone = names.filter((name) => !grouped.has(name) && !cloneOf.has(name))
  return {
    names,
    known: new Set(names),
    clones,
    cloneOf,
    membersOf: (name) => members.get(name) ?? [name],
    found(pattern) {
      const expression = new RegExp(pattern)
      const found = finds.get(pattern) ?? alone.filter((name) => expression.test(name))
      finds.set(pattern, found)
      return found
    },
  }
}
