/** What somebody stopped on purpose takes along whatever cannot be without it: that is no fault, and is said with its cause. */
import { type ConfigDoc, cloneOf, INFINITY } from '../../runtime/config/document.js'

/** A resource, its group and the clone of either: whatever constrains one of them constrains it. */
const namesOf = (doc: ConfigDoc, name: string): readonly string[] => {
  const group = doc.groups.find((g) => g.members.includes(name))?.name
  const clone = cloneOf(doc, name)?.name
  return [name, ...(group === undefined ? [] : [group]), ...(clone === undefined ? [] : [clone])]
}

function isStopped(doc: ConfigDoc, name: string, needsRole: boolean): boolean {
  const resource = doc.resources.find((r) => r.name === name)?.meta
  const role = (resource ?? doc.groups.find((g) => g.name === name) ?? doc.clones?.find((c) => c.name === name))?.targetRole
  return role === 'Stopped' || (needsRole && role === 'Unpromoted')
}

/**
 * What is stopped on purpose (a resource, group or clone, by its name) so that `name`, which is not, cannot run either: it must be with it, or starts after it.
 * Undefined: nothing is.
 */
export function heldBackBy(doc: ConfigDoc, name: string, seen: ReadonlySet<string> = new Set()): string | undefined {
  const names = namesOf(doc, name)
  const needs = [
    ...doc.colocations
      .filter((c) => c.score >= INFINITY && names.includes(c.resource))
      .map((c) => [c.with, c.withRole === 'Promoted'] as const),
    ...doc.orders
      .filter((o) => o.kind === 'Mandatory' && o.thenAction === undefined && names.includes(o.then))
      .map((o) => [o.first, o.firstAction === 'promote'] as const),
  ].filter(([other]) => !seen.has(other))
  const direct = needs.find(([other, needsRole]) => namesOf(doc, other).some((n) => isStopped(doc, n, needsRole)))
  if (direct) return direct[0]
  for (const [other] of needs) {
    const far = heldBackBy(doc, other, new Set([...seen, ...names, other]))
    if (far !== undefined) return far
  }
  return undefined
}
