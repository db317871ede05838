/**
 * In which order resources are stopped when quorum is lost: whatever started on top of something stops before it (S17).
 * Pure: configuration in, names out; the coordinator's own ordering of planned stops is its business.
 */
import type { ConfigDoc } from '../../runtime/config/document.js'

/** name -> names that must have stopped before it may. */
export function dependents(config: ConfigDoc): ReadonlyMap<string, readonly string[]> {
  const above = new Map<string, string[]>()
  const put = (first: string, then: string): void => {
    if (first !== then) above.set(first, [...(above.get(first) ?? []), then])
  }
  for (const { members } of config.groups) {
    for (const [i, name] of members.entries()) put(members[i - 1] ?? name, name)
  }
  for (const order of config.orders) {
    if (order.kind === 'Serialize' || !order.symmetrical) continue
    for (const first of membersOf(config, order.first)) for (const then of membersOf(config, order.then)) put(first, then)
  }
  return above
}

/** Those of `waiting` that may stop now. In a circle of orders the one configured last goes first, so that everything stops. */
export function stoppable(config: ConfigDoc, waiting: readonly string[]): readonly string[] {
  const above = dependents(config)
  const free = waiting.filter((name) => !(above.get(name) ?? []).some((other) => waiting.includes(other)))
  if (free.length > 0 || waiting.length === 0) return free
  const last = config.resources.findLast((r) => waiting.includes(r.name))
  return [last?.name ?? waiting[0] ?? '']
}

/** A resource is itself; a group is its members; a clone is what it is made of. */
export const membersOf = (config: ConfigDoc, name: string): readonly string[] => {
  const of = config.clones?.find((c) => c.name === name)?.resource ?? name
  return config.groups.find((g) => g.name === of)?.members ?? [of]
}
