/** Which of two remembered operations is the later one. Call ids count on one node only; between nodes the times of change must do. */
import type { History, HistoryOp } from '../scene.js'
import type { Host, Res, World } from '../world.js'

const order = (key: string): { transition: number; uuid: string } => {
  const m = /^(-?\d+):(-?\d+):(-?\d+):(.*)$/.exec(key)
  return { transition: m ? Number(m[2]) : -1, uuid: m?.[4] ?? '' }
}

/** Negative when `a` is older. */
export function compareAge(a: HistoryOp, b: HistoryOp, sameNode: boolean): number {
  if (a === b) return 0
  if (!sameNode) return a.changedS === undefined || b.changedS === undefined ? 0 : a.changedS - b.changedS
  if (a.call === -1 && b.call === -1) return 0
  if (a.call >= 0 && b.call >= 0 && a.call !== b.call) return a.call - b.call
  if (a.call >= 0 && b.call >= 0) return (a.changedS ?? -1) - (b.changedS ?? -1)
  const [x, y] = [order(a.orderKey), order(b.orderKey)]
  if (x.uuid !== y.uuid || x.transition === y.transition) return b.call === -1 ? -1 : 1
  if ((x.transition >= 0 && x.transition < y.transition) || y.transition === -1) return -1
  return 1
}

/** A name without its instance number. */
export const bare = (id: string): string => (id.includes(':') ? id.replace(/:\d+$/, '') : id)

const same = (res: Res, entry: string): boolean => entry === res.id || entry === res.historyId || (!res.unique && bare(entry) === res.base)

/** What `host` remembers of `res`. */
export const historyOn = (host: Host | undefined, res: Res): readonly HistoryOp[] =>
  (host &&
    entriesOn(host, res)
      .filter((h) => same(res, h.resource))
      .flatMap((h) => h.ops)) ??
  []

/** Entries that may be about `res`; where it is called by names of its own, all there are. */
function entriesOn(host: Host, res: Res): readonly History[] {
  if (bare(res.id) !== res.base || bare(res.historyId) !== res.base) return host.state?.history ?? []
  host.entries ??= byName(host.state?.history ?? [])
  return host.entries.get(res.base) ?? []
}

function byName(history: readonly History[]): Map<string, History[]> {
  const made = new Map<string, History[]>()
  for (const h of history) {
    const name = bare(h.resource)
    const known = made.get(name)
    if (known) known.push(h)
    else made.set(name, [h])
  }
  return made
}

/** Nothing on `host` says anything about `res`. */
export const unknownOn = (host: Host, res: Res): boolean => historyOn(host, res).every((o) => o.rc === 193)

const moves = ['start', 'stop', 'migrate_to', 'migrate_from']

/** Something other than a monitor happened to `res` on `host` after `op`. */
export const changedAfter = (host: Host | undefined, res: Res, op: HistoryOp, sameNode: boolean): boolean =>
  historyOn(host, res).some((o) => moves.includes(o.operation) && o !== op && compareAge(o, op, sameNode) > 0)

/** Has `host` newer knowledge of `res` than the migration given by its two halves? */
export function newerAfterMigration(
  host: Host | undefined,
  res: Res,
  to: HistoryOp,
  from: HistoryOp | undefined,
  onTarget: boolean,
): boolean {
  const op = onTarget && from ? from : to
  const sameNode = onTarget ? from !== undefined : true
  return (
    changedAfter(host, res, op, sameNode) ||
    historyOn(host, res).some((o) => o.operation === 'monitor' && o.rc === 7 && compareAge(o, op, sameNode) > 0)
  )
}

/** The other half of a migration, as the other node remembers it. */
export const half = (
  w: World,
  name: string | undefined,
  res: Res,
  task: 'migrate_to' | 'migrate_from',
  other: string | undefined,
): HistoryOp | undefined =>
  historyOn(w.host(name), res).find(
    (o) => o.operation === task && (task === 'migrate_to' ? o.migrateTarget === other : o.migrateSource === other),
  )
