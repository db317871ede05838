/** The transition as it would run if everything went well: the operations in an order that keeps all orderings, and where everything is then. */
import { Order } from '../graph/flags.js'
import type { HistoryOp } from '../scene.js'
import { Role, roleName } from '../score.js'
import { historyOn } from '../state/age.js'
import type { Why } from '../why.js'
import { type Action, type Host, isGuest, type Res, type World } from '../world.js'
import { type Row, shownId } from './rows.js'

export interface Executed {
  readonly op: string
  readonly resource?: string
  readonly node?: string
  readonly interval?: number
  readonly pseudo?: boolean
  readonly data?: Readonly<Record<string, string>> // what goes with the order, beside the resource's parameters
  readonly reason?: Why // where something other than the resource's new place asks for it
}

/** Is this action part of the transition? */
export function happens(a: Action): boolean {
  if (!a.runnable || (a.optional && !a.always)) return false
  if (a.dedup) return false
  if (a.res && !a.res.managed && a.intervalMs === 0 && a.task !== 'monitor' && a.task !== 'cancel') return false
  if (!a.pseudo && a.optional && !a.always) return false
  return true
}

/** Actions in an order that respects every edge between them; what is part of a loop never runs. */
export function sequence(w: World): Action[] {
  const waits = new Map<Action, number>() // for so many others
  for (const a of w.actions) if (happens(a)) waits.set(a, 0)
  const ready: Action[] = []
  for (const a of waits.keys()) {
    let n = 0
    for (const e of a.before) if (binds(e.action, a, e.flags) && waits.has(e.action)) n++
    waits.set(a, n)
    if (n === 0) ready.push(a)
  }
  for (let i = 0; i < ready.length; i++) {
    const a = ready[i] as Action
    for (const e of a.after) {
      const n = waits.get(e.action)
      if (n === undefined || !binds(a, e.action, e.flags)) continue
      waits.set(e.action, n - 1)
      if (n === 1) ready.push(e.action)
    }
  }
  return ready
}

function binds(first: Action, then: Action, flags: number): boolean {
  if (flags & Order.serialize && flags === Order.serialize) return false
  if (flags & Order.sameNode && first.host !== then.host) return false
  if (flags & Order.load && (first.host !== then.host || flags === 0)) return true
  return flags !== Order.none
}

export function executed(list: readonly Action[]): Executed[] {
  const made: Executed[] = []
  for (const a of list) {
    if (a.task !== 'stonith') made.push(operation(a))
    else if (!a.pseudo) made.push({ op: `fence-${a.extra.get('op') ?? 'reboot'}`, node: a.host?.name ?? '', ...more(a) })
  }
  return made
}

function operation(a: Action): Executed {
  if (a.pseudo || !a.host) return { op: a.key, pseudo: true }
  const interval = a.task === 'cancel' ? Number(a.extra.get('interval')) : a.intervalMs
  return {
    op: a.task === 'lrm_delete' ? 'delete' : a.task,
    node: a.host.name,
    ...(a.res ? { resource: a.res.id } : {}),
    ...(interval ? { interval } : {}),
    ...more(a),
  }
}

const more = (a: Action): Pick<Executed, 'data' | 'reason'> => ({
  ...(a.data ? { data: a.data } : {}),
  ...(a.reason ? { reason: a.reason } : {}),
})

/**
 * Where everything is known to be once the sequence ran. What is on a guest that is fenced stops without an operation of its own, so histories,
 * and with them the field's own simulation, still have it there until the next probe.
 */
export function finalRows(w: World, list: readonly Action[]): Row[] {
  const at = new Map<Res, Map<Host, Role>>()
  for (const r of w.primitives()) at.set(r, new Map(r.active.map((h) => [h, r.role])))
  for (const a of list) {
    if (a.task !== 'stonith' || a.extra.get('op') === 'on') continue
    if (a.host) for (const m of at.values()) m.delete(a.host) // whatever starts there starts afterwards
  }
  const open = new Set(w.hosts.filter((h) => h.state?.history.some((e) => e.ops.some(isOpen))))
  for (const a of list) {
    const m = a.res && at.get(a.res)
    if (!m || !a.host || !a.res) continue
    if (a.pseudo && isGuest(a.host) && a.task !== 'start') continue
    if (a.task === 'stop' && open.has(a.host) && lingers(a.res, a.host)) continue
    effect(m, a, a.host, a.res)
  }
  return [...at].flatMap(([r, m]): Row[] => {
    if (m.size === 0) return r.orphan ? [] : [{ resource: shownId(r), node: null, role: roleName[Role.stopped] }]
    const role = Math.max(...m.values()) as Role
    return [...m.keys()].map((h) => ({ resource: shownId(r), node: h.name, role: roleName[role] }))
  })
}

function effect(m: Map<Host, Role>, a: Action, host: Host, res: Res): void {
  switch (a.task) {
    case 'start':
      if (a.pseudo && a.migratable) return
      m.set(host, res.promotable ? Role.unpromoted : Role.started)
      break
    case 'stop':
      m.delete(host)
      break
    case 'promote':
      m.set(host, Role.promoted)
      break
    case 'demote':
      if (m.has(host)) m.set(host, Role.unpromoted)
      break
    case 'migrate_from':
      m.set(host, Role.started)
      break
  }
}

/** A start that is still under way counts until its end is known, where its place in the history is behind what the simulation writes there. */
const lingers = (res: Res, host: Host): boolean => historyOn(host, res).some(isOpen)
const isOpen = (o: HistoryOp): boolean =>
  o.status === -1 && o.call === -1 && o.operation === 'start' && !o.id.endsWith('_last_0') && later(o)

/** The field's simulation signs what it writes with an id of its own; only of one hand are transitions compared. */
const later = (o: HistoryOp): boolean => !o.orderKey.endsWith(':xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx')
