/**
 * In which order resources are stopped when quorum is lost: whatever started on top of something stops before it (S17). And what has to run on a node
 * before something starts there.
 * Pure: configuration in, names out; the coordinator's own ordering of planned stops is its business.
 */
import { type ConfigDoc, cloneOf, INFINITY, type OrderDoc } from '../../runtime/config/document.js'

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

/** What comes before a start. */
export interface Below {
  readonly name: string
  /** It has to have the promoted role. */
  readonly promoted: boolean
  /** On the same node, always; else only where the log gives this node a right to it. */
  readonly beside: boolean
  /** So many instances are enough, wherever they are; 0 = all of them. */
  readonly needed: number
}

/**
 * What a start of `name` needs: the members before it in its group; what a mandatory order puts before it, which is on the same node by a colocation that
 * must hold, or instance by instance of two clones.
 */
export function below(config: ConfigDoc, name: string): readonly Below[] {
  const group = config.groups.find((g) => g.members.includes(name))
  const before = group?.members.slice(0, group.members.indexOf(name)) ?? []
  const wholes = [name, group?.name, cloneOf(config, name)?.name]
  const clone = (one: string) => config.clones?.find((c) => c.name === one)
  const beside = (o: OrderDoc): boolean => {
    const bound = (c: ConfigDoc['colocations'][number]): boolean =>
      c.resource === o.then && c.with === o.first && c.score >= INFINITY && c.nodeAttribute === undefined && c.role === undefined
    const role = o.firstAction === 'promote' ? 'Promoted' : undefined
    if (config.colocations.some((c) => bound(c) && c.withRole === role)) return true
    return clone(o.first) !== undefined && clone(o.then)?.interleave === true && role === undefined
  }
  const orders = config.orders.filter((o) => o.kind === 'Mandatory' && wholes.includes(o.then) && o.thenAction === undefined)
  return [
    ...before.map((first) => ({ name: first, promoted: false, beside: true, needed: 0 })),
    ...orders.flatMap((o) => {
      const needed = o.requireAll === false ? 1 : (clone(o.first)?.min ?? 0)
      const how = { promoted: o.firstAction === 'promote', beside: beside(o), needed }
      return membersOf(config, o.first).map((first) => ({ name: first, ...how }))
    }),
  ]
}
