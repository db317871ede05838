/** What the state remembers of names: ids that are given once, last definitions, and what is forgotten when nothing names it any more. Called by apply.ts. */
import type { Index, ResourceId } from '../../runtime/actor.js'
import type { ConfigDoc, ResourceDoc } from '../../runtime/config/document.js'
import { resourceId } from '../../runtime/ids.js'
import { resourceOf } from './right.js'
import type { ClusterState } from './state.js'

/** Ids of the document's resources: an old name keeps its id, a new one gets the entry's index and its place. */
export function identify(ids: ClusterState['ids'], doc: ConfigDoc, at: Index): ClusterState['ids'] {
  const out: Record<string, ResourceId> = { ...ids }
  doc.resources.forEach((r, n) => {
    if (!Object.hasOwn(out, r.name)) out[r.name] = resourceId(`r${at}.${n}`)
  })
  return out
}

/** The present definitions, by id. */
export const defined = (s: ClusterState): Readonly<Record<ResourceId, ResourceDoc>> =>
  Object.fromEntries(s.config.resources.map((doc) => [s.ids[doc.name], doc]))

/** Forgets what the configuration no longer names and nobody owns any more (an id is never given twice: it holds a log index). */
export function prune({ left: before, ...s }: ClusterState): ClusterState {
  const resources = new Set(s.config.resources.map((r) => r.name))
  const named = new Set([...resources, ...s.config.groups.map((g) => g.name), ...(s.config.clones ?? []).map((c) => c.name)])
  const held = new Set<string>(Object.values(s.grants).flatMap((g) => (g.released ? [] : [resourceOf(g.resource)])))
  const keeps = (name: string, id: ResourceId): boolean => named.has(name) || held.has(id)
  const ids = those(s.ids, keeps)
  const known = new Set<string>(Object.values(ids))
  const grants = those(s.grants, (right) => known.has(resourceOf(resourceId(right))))
  const cleanups = those(s.cleanups, (key) => named.has(key.split('@')[0] as string))
  const left = those(before ?? {}, (id, doc) => held.has(id) && !resources.has(doc.name))
  return { ...s, ids, grants, cleanups, ...(Object.keys(left).length > 0 ? { left } : {}) }
}

/** The members of `record` that `keep` wants; the record itself when it wants all, so that whoever compares sees that nothing changed. */
function those<T>(record: Readonly<Record<string, T>>, keep: (key: string, value: T) => boolean): Readonly<Record<string, T>> {
  const kept = Object.entries(record).filter(([key, value]) => keep(key, value))
  return kept.length === Object.keys(record).length ? record : Object.fromEntries(kept)
}
