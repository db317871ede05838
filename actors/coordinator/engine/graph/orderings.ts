/** Orderings between actions: directly where both exist, by key where they will, and from the user's constraints (constraints.ts). */
import type { Action, Edge, Ordering, Res, World } from '../world.js'
import { Order } from './flags.js'

/** Orders `first` before `then`. False when both were ordered so already. */
export function order(_w: World, first: Action, then: Action, flags: number): boolean {
  if (first === then || flags === Order.none) return false
  const ahead = first.after.length < then.before.length // where to look: in the shorter list
  const known = ahead ? edgeTo(first.after, then) : edgeTo(then.before, first)
  if (known) {
    if ((known.flags | flags) === known.flags) return false
    known.flags |= flags
    const back = ahead ? edgeTo(then.before, first) : edgeTo(first.after, then)
    if (back) back.flags |= flags
    return true
  }
  then.before.push({ action: first, flags })
  first.after.push({ action: then, flags })
  return true
}

const edgeTo = (edges: readonly Edge[], a: Action): Edge | undefined => edges.find((e) => e.action === a)

/** Orders every action of one task before every action of another, once all actions are there. */
export function orderKeys(w: World, first: Res, firstTask: string, then: Res, thenTask: string, flags: number, id = ''): void {
  w.orderings.push({ id, flags, first, firstTask, firstAction: undefined, next: then, nextTask: thenTask, nextAction: undefined })
}
export function orderAfterKey(w: World, first: Res, firstTask: string, then: Action, flags: number): void {
  w.orderings.push({ id: '', flags, first, firstTask, firstAction: undefined, next: then.res, nextTask: '', nextAction: then })
}
export function orderBeforeKey(w: World, first: Action, then: Res, thenTask: string, flags: number): void {
  w.orderings.push({
    id: '',
    flags,
    first: first.res,
    firstTask: '',
    firstAction: first,
    next: then,
    nextTask: thenTask,
    nextAction: undefined,
  })
}

/** Turns orderings by key into edges. */
export function expand(w: World, make: (res: Res, task: string) => Action | undefined): void {
  for (const o of w.orderings) {
    const firsts = firstActions(o, make)
    const thens = firsts.length > 0 ? thenActions(o) : none
    for (const f of firsts) {
      for (const t of thens) {
        let { flags } = o
        if (f.res === t.res && f.extra.has('dangling')) flags &= ~Order.firstImpliesThen
        if (f.res === o.next && o.next === o.first && f.host !== t.host && flags & Order.sameNode) continue
        order(w, f, t, flags)
      }
    }
  }
}

function firstActions(o: Ordering, make: (res: Res, task: string) => Action | undefined): readonly Action[] {
  if (o.firstAction) return [o.firstAction]
  if (!o.first) return none
  const found = once(o.first, o.firstTask)
  if (found.length > 0 || o.first === o.next) return found
  const made = make(o.first, o.firstTask)
  return made ? [made] : none
}

const thenActions = (o: Ordering): readonly Action[] => (o.nextAction ? [o.nextAction] : o.next ? once(o.next, o.nextTask) : none)

/** The actions of a task that do not recur: none or one, mostly. */
function once(res: Res, task: string): readonly Action[] {
  let found: Action[] | undefined
  for (const a of res.actions) {
    if (a.task !== task || a.intervalMs !== 0) continue
    if (found) found.push(a)
    else found = [a]
  }
  return found ?? none
}
const none: readonly Action[] = []
