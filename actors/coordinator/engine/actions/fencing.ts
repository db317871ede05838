/** Fencing and shutdown: who is fenced, what is thereby stopped, and what has to wait for it. */
import { Order } from '../graph/flags.js'
import { order } from '../graph/orderings.js'
import { canFence } from '../state/outcome.js'
import { type Action, type Host, isGuest, isRemote, type Res, type World } from '../world.js'
import { action, fenceOp, findAll, pseudo } from './create.js'
import { delayFencing } from './delay.js'

export function fenceNodes(w: World): void {
  const managed = [...w.primitives()].some((r) => r.managed)
  const done: Action[] = []
  let dcFence: Action | undefined
  for (const h of w.hosts) {
    if (isGuest(h)) {
      if (h.resetNeeded && managed && canFence(w, h)) fenceGuest(w, h)
      continue
    }
    if (managed && h.unclean && canFence(w, h) && h.kind !== 'ping') {
      const op = fenceOp(w, h, w.options.fenceAction, false, h.fenceWhy)
      delayFencing(w, h, op)
      consequences(w, h, op)
      if (h.dc) dcFence = op
      else {
        if (!w.options.concurrentFencing) {
          const last = done.at(-1)
          if (last) order(w, last, op, Order.optional)
        }
        done.push(op)
      }
    } else if (h.shutdown && h.online && !isRemote(h)) shutdown(w, h)
  }
  if (dcFence) for (const f of done) order(w, f, dcFence, Order.optional)
}

function shutdown(w: World, h: Host): void {
  const a = action(w, { key: `do_shutdown-${h.name}`, task: 'do_shutdown', host: h, optional: false })
  for (const other of w.actions)
    if (other.task === 'stop' && other.host === h && (other.res?.managed || other.res?.blocked))
      order(w, other, a, Order.optional | Order.runnable)
}

/** A guest is fenced by stopping and starting its container. */
function fenceGuest(w: World, h: Host): void {
  const container = h.connection?.container
  const stop = container && findAll(container, 'stop').find((s) => !s.optional)
  const starts = container && findAll(container, 'start').length > 0
  const op = pseudo(w, `stonith-${h.name}-${starts ? 'reboot' : 'off'}`, 'stonith', undefined, false)
  op.extra.set('op', starts ? 'reboot' : 'off')
  op.extra.set('target', h.name)
  op.optional = false
  op.reason ??= h.fenceWhy
  w.fenceOps.set(h.name, op)
  if (stop) order(w, stop, op, Order.runnable | Order.firstImpliesThen)
  else {
    const parent = w.hosts.find((x) => x.unclean && container?.active.includes(x))
    const theirs = parent && w.fenceOps.get(parent.name)
    if (theirs) order(w, theirs, op, Order.runnable | Order.firstImpliesThen)
  }
  consequences(w, h, op)
}

/** Everything that the fencing of `host` stops, and every start that must wait for it. */
function consequences(w: World, host: Host, op: Action): void {
  for (const a of host.connection?.actions ?? []) if (a.task === 'clear_failcount') order(w, op, a, Order.optional)
  for (const r of w.primitives()) {
    for (const a of r.actions) {
      if (a.needs === 'fencing' || (a.needs === 'quorum' && a.task === 'start' && r.places.has(host) && !r.known.has(host)))
        order(w, op, a, Order.optional)
      if ((a.task === 'stop' || a.task === 'demote') && a.host === host && (!host.online || host.unclean || r.failed || host.resetNeeded))
        implied(w, r, a, op)
    }
  }
}

function implied(w: World, r: Res, a: Action, op: Action): void {
  if (!r.managed && a.task === 'stop') return
  a.pseudo = true
  a.runnable = true
  if (!isGuest(a.host)) order(w, op, a, Order.optional)
}
