/** Live migration: migrate_to on the source, migrate_from on the target, then the stop; the start is a formality as long as both halves can run. */
import { Order } from '../graph/flags.js'
import { order, orderKeys } from '../graph/orderings.js'
import { Role } from '../score.js'
import type { Host, Res, World } from '../world.js'
import { action, start, stop } from './create.js'

export const mayMigrate = (res: Res, current: Host): boolean =>
  res.allowMigrate && res.managed && !res.failed && !res.startPending && !current.unclean && res.nextRole >= Role.started

export function createMigration(w: World, res: Res, current: Host): void {
  const target = res.assigned
  if (!target) return
  const begin = start(w, res, target, true)
  const end = stop(w, res, current, true)
  const from = action(w, { key: `${res.id}_migrate_from_0`, task: 'migrate_from', res, host: target, optional: true })
  from.migratable = true
  begin.migratable = true
  end.migratable = true
  begin.pseudo = true
  if (res.migrateTo) {
    orderKeys(w, res, 'monitor', res, 'migrate_from', Order.optional)
  } else {
    const to = action(w, { key: `${res.id}_migrate_to_0`, task: 'migrate_to', res, host: current, optional: true })
    to.migratable = true
    to.extra.set('target', target.name)
    to.extra.set('source', current.name)
    orderKeys(w, res, 'monitor', res, 'migrate_to', Order.optional)
    order(w, to, from, Order.optional | Order.migratable)
  }
  from.extra.set('source', current.name)
  from.extra.set('target', target.name)
  order(w, from, end, Order.optional | Order.migratable)
  order(w, from, begin, Order.optional | Order.migratable | Order.pseudoLeft)
}
