/** What a name in a constraint stands for: a resource, every resource made from a template, or the members of a tag. */
import { type Res, top, type World } from '../world.js'

/**
 * The resource of this id. What is inside a clone has no id of its own, only its instances have; a constraint on it means the clone where
 * histories know an instance by that name, and nothing otherwise.
 */
export function resourceNamed(w: World, id: string | undefined): Res | undefined {
  const r = id === undefined ? undefined : w.byId.get(id)
  if (!r || r.id === id) return r
  const known = [...w.primitives()].find((p) => p.historyId === id)
  return known && top(known)
}

/** Ids that `name` stands for, tags and templates opened; a tag in a circle of tags counts once. */
export function idsOf(w: World, name: string, seen = new Set<string>()): string[] {
  if (w.byId.has(name)) return [name]
  const template = w.templates.get(name)
  if (template) return template
  if (seen.has(name)) return []
  seen.add(name)
  return w.scene.tags.find((t) => t.id === name)?.members.flatMap((m) => idsOf(w, m, seen)) ?? []
}

/** More than one resource behind one name. */
export const isCollection = (w: World, name: string | undefined): name is string =>
  name !== undefined && !w.byId.has(name) && (w.templates.has(name) || w.scene.tags.some((t) => t.id === name))

export const resourcesOf = (w: World, name: string): Res[] =>
  idsOf(w, name).flatMap((id) => {
    const r = resourceNamed(w, id)
    return r ? [r] : []
  })
