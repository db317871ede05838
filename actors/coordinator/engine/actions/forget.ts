/**
 * What is forgotten: the history of what no configuration knows any more, once it is stopped there; and fail counts that count no longer, because
 * they expired, the resource was defined anew, the row of failures ended, or nobody knows the resource.
 */
import { Order } from '../graph/flags.js'
import { orderAfterKey, orderBeforeKey } from '../graph/orderings.js'
import { failCount } from '../state/failcount.js'
import { type Why, why } from '../why.js'
import { type Action, available, type Host, isRemote, type Res, type World } from '../world.js'
import { action } from './create.js'

export function forget(w: World): void {
  for (const m of w.memory.lives) {
    if (!leftover(m.res) || (!m.host.maintenance && !available(m.host))) continue
    deleteHistory(w, m.res, m.host, why('engine.orphan'))
  }
  for (const c of w.memory.clears) clear(w, c.res, c.host, c.why)
  for (const r of w.primitives()) {
    if (!r.orphan) continue
    for (const h of w.hosts) {
      if (h.online && !(isRemote(h) && h.shutdown) && failCount(w, r, h, true).count > 0)
        orderBeforeKey(w, clear(w, r, h, why('engine.orphan')), r, 'stop', Order.optional)
    }
  }
}

/** Instances of anonymous clones stand for each other: what is left of one too many is of use to the next. */
const leftover = (r: Res): boolean => r.orphan || (r.orphanInstance && r.unique)

/** Stop, then delete, then start: of what is stopped the history says nothing that is of use. What failed keeps its history until it is cleaned up. */
export function deleteHistory(w: World, res: Res, host: Host, because: Why): void {
  if (res.failed || host.unclean || !host.online) return
  const d = action(w, { key: `${res.id}_delete_0`, task: 'lrm_delete', res, host, optional: false })
  d.reason ??= because
  orderAfterKey(w, res, 'stop', d, Order.optional)
  orderBeforeKey(w, d, res, 'start', Order.optional)
}

function clear(w: World, res: Res, host: Host, because: Why): Action {
  const c = action(w, { key: `${res.id}_clear_failcount_0`, task: 'clear_failcount', res, host, optional: false })
  c.reason ??= because
  return c
}
