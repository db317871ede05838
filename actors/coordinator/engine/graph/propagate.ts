/**
 * What must happen, and what cannot: orderings are applied until nothing changes any more. Flags only ever move one way (optional to required,
 * runnable to not), so it ends.
 */
import { assignedHost, withThis } from '../assign/colocate.js'
import { INF, Role } from '../score.js'
import { type Why, why } from '../why.js'
import { type Action, type Edge, type Host, isClone, type Res, type World } from '../world.js'
import { updateCollective } from './collective.js'
import { Order } from './flags.js'
import { order } from './orderings.js'
import { mark, plain, type View, view } from './view.js'

export interface Changed {
  earlier: boolean
  later: boolean
}

export function propagate(w: World): void {
  const queue = [...w.actions].reverse() // the last one made first: where both may be, what cannot run is seen before what it would stop
  const queued = new Set(queue)
  let steps = 0
  const limit = 400 * (w.actions.length + 100)
  const push = (x: Action): void => {
    if (queued.has(x)) return
    queued.add(x)
    queue.push(x)
  }
  for (; steps < queue.length && steps < limit; steps++) {
    const a = queue[steps] as Action
    queued.delete(a)
    for (let again = a.before.length; settle(w, a, push); again--) {
      if (again > 0) continue // what changed it may matter to the rest of what comes before it
      push(a)
      break
    }
    for (const x of w.touched.splice(0)) {
      push(x)
      for (const y of x.after) push(y.action)
    }
  }
}

type Push = (a: Action) => void

/** Looks at everything that comes before `then`. */
function settle(w: World, then: Action, push: Push): boolean {
  const was = { optional: then.optional, runnable: then.runnable }
  let changed = false
  let met = 0
  for (let i = 0; i < then.before.length; i++) {
    const e = then.before[i]
    if (!e || e.flags === Order.none) continue
    if (then.minRunnable > 0 && e.flags & Order.oneOrMore && view(w, e.action).runnable) met++
    const c = edge(w, e, then)
    if (c.earlier) {
      push(e.action)
      for (const x of e.action.after) push(x.action)
    }
    changed ||= c.later
  }
  if (then.minRunnable > 0) then.runnable = met >= then.minRunnable
  if (was.runnable !== then.runnable || was.optional !== then.optional) changed = true
  if (!changed) return false
  if (was.runnable && !then.runnable) blockDependents(w, then, push)
  for (const x of then.after) push(x.action)
  return true
}

/** One ordering. A collective's action stands for its mark: "after the clone's start" means after it is running. */
function edge(w: World, e: Edge, then: Action): Changed {
  let first = e.action
  const c: Changed = { earlier: false, later: false }
  if (e.flags & Order.sameNode && first.host && then.host && first.host !== then.host) return c
  if (e.flags & Order.thenCancelsFirst && !then.optional && !first.optional && first.res) {
    first.optional = true
    if (first.task === 'reload-agent') first.res.reloadOnly = false
    c.earlier = true
  }
  let flags = e.flags
  if (first.res && then.res && first.res !== then.res && !within(then.res, first.res) && !within(first.res, then.res)) {
    const outer = first.res.kind === 'primitive' ? undefined : first.res.actions.find((a) => a.task === (mark[first.task] ?? first.task))
    if (outer && outer !== first) {
      if (order(w, outer, then, e.flags)) c.later = true
      first = outer
    }
  }
  flags = e.flags
  apply(w, first, then, flags, c)
  return c
}

const within = (r: Res, ancestor: Res): boolean => {
  for (let p = r.parent; p; p = p.parent) if (p === ancestor) return true
  return false
}

/** A clone's action as it matters to one node: what happens there; but it can run if it can run anywhere. */
function seen(w: World, a: Action, host: Host | undefined): View {
  const all = view(w, a)
  if (!host || a.res?.kind === 'primitive' || a.res?.kind === 'group') return all
  return { optional: view(w, a, host).optional, runnable: all.runnable }
}
const where = (a: Action): Host | undefined => a.host ?? (a.res?.kind === 'group' && a.task === 'start' ? assignedHost(a.res) : undefined)

/** Applies the meaning of `flags` to both ends. */
function apply(w: World, first: Action, then: Action, flags: number, c: Changed): void {
  const host = flags & Order.sameNodeImpliesThen ? first.host : then.host
  const f = seen(w, first, where(then))
  let active = flags & Order.sameNodeImpliesThen ? flags | Order.firstImpliesThen : flags
  if (active & Order.probe && first.res) {
    if (then.res && then.res.active.length === 0) active |= Order.runnable
  }
  if (!then.res) {
    if (active & Order.firstImpliesThen && !f.optional && then.optional) {
      then.optional = false
      c.later = true
    }
    if (active & Order.runnable && !f.runnable && then.runnable && then.minRunnable === 0) {
      then.runnable = false
      c.later = true
    }
  } else update(w, then.res, first, then, host, f, active, c)
  if (active & Order.thenImpliesFirst && first.res && then.res && first.res !== then.res) {
    const v = seen(w, then, where(first))
    if (!v.optional && !then.migratable) {
      demand(first, then, c)
      if (first.migratable && !ofPrimitives(then.res) && first.res.kind === 'primitive') {
        first.migratable = false
        c.earlier = true
      }
    }
  }
  if (active & Order.printThen && !f.optional && !then.always) then.always = true
  if (active & Order.printFirst && !then.optional && !first.always) first.always = true
  const binding = Order.firstImpliesThen | Order.thenImpliesFirst | Order.restart
  if (
    active & binding &&
    first.res &&
    first.task === 'stop' &&
    !first.res.managed &&
    first.res.blocked &&
    !first.runnable &&
    then.runnable
  ) {
    then.runnable = false
    then.reason ??= why('engine.why-stop-blocked', { resource: first.res.id })
    c.later = true
  }
}

/** A clone of groups ends as a whole; where single instances end, what is there may still move live. */
const ofPrimitives = (r: Res): boolean => r.kind === 'clone' && r.children[0]?.kind !== 'group'

/** An action in a sentence. */
const named = (a: Action): Why['args'] => ({ resource: a.res?.id ?? a.host?.name ?? a.key, action: plain(a.task) })

/** Steps of one resource have the reason of the first of them. */
const handed = (first: Action, then: Action): Why | undefined => (first.res === then.res ? first.reason : undefined)

/** Makes `first` happen because `then` does. Of a collective it is the mark only: its members follow from their own orderings. */
function demand(first: Action, then: Action, c: Changed): void {
  if (!first.optional) return
  first.optional = false
  first.reason ??= why('engine.why-needed', named(then))
  c.earlier = true
}

/** As `res`, the resource of `then`, understands it. */
export function update(w: World, res: Res, first: Action, then: Action, host: Host | undefined, f: View, flags: number, c: Changed): void {
  if (res.kind === 'primitive') primitive(w, first, then, f, flags, c)
  else updateCollective(w, res, first, then, host, f, flags, c)
}

export function primitive(_w: World, first: Action, then: Action, f: View, flags: number, c: Changed): void {
  const was = {
    fo: first.optional,
    fr: first.runnable,
    to: then.optional,
    tr: then.runnable,
    tm: then.migratable,
    tp: then.pseudo,
    fm: first.migratable,
  }
  if (flags & Order.asymmetric) asymmetric(first, then, f)
  if (flags & Order.thenImpliesFirst && first.res === then.res && !then.optional && first.optional) first.optional = false
  if (flags & Order.promotedImpliesFirst && !then.optional && then.res?.role === Role.promoted) {
    first.optional = false
    if (!then.migratable) first.migratable = false
  }
  if (flags & Order.migratable) {
    if (!(then.migratable && then.runnable)) first.runnable = false
    if (!then.optional) first.optional = false
  }
  if (flags & Order.pseudoLeft && !f.runnable) {
    then.migratable = false
    then.pseudo = false
  }
  if (flags & Order.runnable && then.runnable && !f.runnable) {
    then.runnable = false
    then.migratable = false
    then.reason ??= handed(first, then) ?? why('engine.why-unrunnable', named(first))
  }
  if (flags & Order.firstImpliesThen && then.optional && !f.optional && !first.migratable) {
    then.optional = false
    then.reason ??= handed(first, then) ?? why('engine.why-follows', named(first))
  }
  if (flags & Order.firstImpliesThen && !f.optional && first.task.startsWith('promote') && first.res !== then.res) then.migratable = false
  if (flags & Order.restart) restarts(first, then)
  if (first.optional !== was.fo || first.runnable !== was.fr || first.migratable !== was.fm) c.earlier = true
  if (then.optional !== was.to || then.runnable !== was.tr || then.migratable !== was.tm || then.pseudo !== was.tp) c.later = true
}

/** A stop and the start of the same resource: if the start must happen or cannot, so must the stop. */
function restarts(first: Action, then: Action): void {
  const managed = then.res?.managed ?? true
  if ((!then.runnable && managed) || !then.optional) {
    if (first.optional && first.runnable) {
      first.optional = false
      first.reason ??= then.reason ?? why('engine.why-restart')
    }
    if (!then.migratable && first.migratable) first.migratable = false
    if (!first.optional && !first.runnable && then.runnable) {
      then.runnable = false
      then.reason ??= why('engine.why-no-stop')
    }
  }
}

function asymmetric(first: Action, then: Action, f: View): void {
  const r = then.res
  if (!r) return
  const role = r.role
  if (role <= Role.stopped && then.task === 'stop') return
  if (role >= Role.started && then.task === 'start' && then.optional && r.active.length === 1 && r.active[0] === then.host) return
  if (!f.runnable) {
    then.optional = false
    then.runnable = false
    then.reason ??= handed(first, then) ?? why('engine.why-unrunnable', named(first))
  }
}

/** A start or promotion that cannot be: what must be with that resource cannot start either. */
function blockDependents(w: World, a: Action, push: Push): void {
  const { res } = a
  if (!res || (a.task !== 'start' && a.task !== 'promote')) return
  const promoting = a.task === 'promote'
  for (const c of withThis(res)) {
    if (c.score < INF || (promoting && c.primaryRole !== Role.promoted)) continue
    if (!promoting && c.primaryRole === Role.promoted) continue
    if (sameClone(c.dependent, res)) continue
    blockOne(w, c.dependent, res, c.dependentRole === Role.promoted ? 'promote' : 'start', push)
  }
}
const sameClone = (a: Res, b: Res): boolean => a === b

function blockOne(w: World, dependent: Res, primary: Res, task: string, push: Push): void {
  for (const r of w.primitives([dependent])) {
    if (isClone(r.parent) && primary.assigned && r.assigned !== primary.assigned) continue
    for (const a of r.actions) {
      if (a.task !== task || !a.runnable) continue
      a.runnable = false
      a.reason ??= why('engine.why-colocation', { resource: primary.id })
      push(a)
      for (const x of a.after) push(x.action)
      blockDependents(w, a, push)
    }
  }
}
