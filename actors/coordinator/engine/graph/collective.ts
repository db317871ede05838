/** Orderings onto groups and clones: the mark itself, then what each member does; interleaved clones go instance by instance. */

import { compatible, instancesOf } from '../assign/compatible.js'
import { unassign } from '../assign/take.js'
import { Role } from '../score.js'
import type { Action, Host, Res, World } from '../world.js'
import { Order } from './flags.js'
import { order } from './orderings.js'
import { type Changed, primitive, update } from './propagate.js'
import { doers, plain, type View, view } from './view.js'

export function updateCollective(
  w: World,
  res: Res,
  first: Action,
  then: Action,
  host: Host | undefined,
  f: View,
  flags: number,
  c: Changed,
): void {
  if (res.kind !== 'group' && interleaves(first, then)) {
    interleaved(w, res, first, then, flags, c)
    return
  }
  primitive(w, first, then, f, flags, c)
  const members = res.kind === 'group' ? res.children : doers(res, plain(then.task))
  for (const m of members) {
    for (const a of m.actions) {
      if (a.task !== then.task || a.intervalMs !== 0 || (host && a.host && a.host !== host)) continue
      if (res.kind !== 'group' && !view(w, a).runnable) continue
      const mine: Changed = { earlier: false, later: false }
      update(w, m, first, a, host, f, flags, mine)
      c.earlier ||= mine.earlier
      if (mine.later) {
        c.later = true
        touched(w, a)
      }
    }
  }
}

/** Those after a changed member's action are looked at when the collective's action is. */
function touched(w: World, a: Action): void {
  w.touched.push(a)
}

const stops = new Set(['stop', 'stopped', 'demote', 'demoted'])

/** Two clones that go instance by instance: the later one says so, or, for stops, the earlier one's counterpart. */
function interleaves(first: Action, then: Action): boolean {
  const [a, b] = [first.res, then.res]
  if (!a || !b || a === b) return false
  const kind = (r: Res): boolean => r.kind === 'clone' || r.kind === 'bundle'
  if (!kind(a) || !kind(b)) return false
  const decides = stops.has(first.task) ? a : b
  return decides.kind === 'bundle'
    ? decides.meta.get('interleave') !== 'false' && (decides.clone?.interleave ?? decides.meta.get('interleave') === 'true')
    : (decides.clone?.interleave ?? false)
}

function interleaved(w: World, res: Res, first: Action, then: Action, flags: number, c: Changed): void {
  const other = first.res
  if (!other) return
  const current = first.task === 'stopped' || first.task === 'demoted'
  const task = plain(first.task)
  for (const i of instancesOf(res)) {
    const mate = compatible(w, i, other, Role.unknown, current)
    if (!mate) {
      if (!current && flags & (Order.runnable | Order.firstImpliesThen) && giveUp(w, i)) c.later = true
      continue
    }
    for (const a of actionsOf(mate, task)) {
      for (const b of actionsOf(i, then.task)) {
        if (order(w, a, b, flags)) c.later = true
        const mine: Changed = { earlier: false, later: false }
        update(w, i, a, b, b.host, view(w, a), flags, mine)
        if (flags & Order.thenImpliesFirst && !b.optional && a.optional) {
          a.optional = false
          mine.earlier = true
        }
        if (mine.earlier || mine.later) touched(w, b)
        if (mine.earlier) touched(w, a)
        c.earlier ||= mine.earlier
        c.later ||= mine.later
      }
    }
  }
}

const actionsOf = (r: Res, task: string): Action[] => r.actions.filter((a) => a.task === task && a.intervalMs === 0)

/** No partner on its node: the instance may not be active. */
function giveUp(w: World, i: Res): boolean {
  let changed = false
  for (const r of w.primitives([i])) {
    if (!r.assigned) continue
    unassign(r)
    r.provisional = false
    r.nextRole = Role.stopped
    for (const a of r.actions) {
      if (a.task === 'start' || a.task === 'promote') a.runnable = false
      if (a.task === 'stop' || a.task === 'demote') a.optional = false
      w.touched.push(a)
    }
    changed = true
  }
  return changed
}
