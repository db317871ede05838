/** Orderings that the tree itself implies: a resource's own tasks, group members, clone instances, bundle parts, containers and guests. */
import { Role } from '../score.js'
import { isConnection, type Res, type World } from '../world.js'
import { Order } from './flags.js'
import { orderKeys } from './orderings.js'

const { optional, firstImpliesThen, thenImpliesFirst, promotedImpliesFirst, runnable, restart, printFirst, printThen } = Order

export function internal(w: World, list: readonly Res[] = w.resources): void {
  for (const r of list) {
    if (r.kind === 'primitive') primitive(w, r)
    else if (r.kind === 'group') group(w, r)
    else if (r.kind === 'clone') clone(w, r)
    else bundle(w, r)
  }
}

function primitive(w: World, r: Res): void {
  if (!r.managed) return
  orderKeys(w, r, 'stop', r, 'start', optional | firstImpliesThen | restart)
  if (r.promotable || r.role > Role.unpromoted) {
    orderKeys(w, r, 'demote', r, 'stop', promotedImpliesFirst)
    orderKeys(w, r, 'start', r, 'promote', runnable)
  }
  orderKeys(w, r, 'lrm_delete', r, 'monitor', Order.sameNode | Order.thenCancelsFirst)
  const { container } = r
  if (container && !runsInside(r, container)) {
    orderKeys(w, container, 'start', r, 'start', firstImpliesThen | runnable)
    orderKeys(w, r, 'stop', container, 'stop', thenImpliesFirst)
  }
}

/** What is pinned to a guest node needs no tie to the container: the node's connection has it. */
const runsInside = (r: Res, container: Res): boolean => !isConnection(r) && container.fillers.some((f) => f.remoteHost?.kind === 'guest')

function pairs(w: World, a: Res, b: Res, flags: number): void {
  orderKeys(w, a, 'start', b, 'start', flags)
}

function group(w: World, g: Res): void {
  orderKeys(w, g, 'stopped', g, 'start', optional)
  orderKeys(w, g, 'stop', g, 'stopped', runnable)
  orderKeys(w, g, 'start', g, 'running', runnable)
  if (g.promotable) {
    orderKeys(w, g, 'demoted', g, 'stop', optional)
    orderKeys(w, g, 'running', g, 'promote', runnable)
    orderKeys(w, g, 'demote', g, 'demoted', runnable)
    orderKeys(w, g, 'promote', g, 'promoted', runnable)
  }
  let previous: Res | undefined
  let lastActive: Res | undefined
  for (const m of g.children) {
    internal(w, [m])
    if (!previous || !g.sequential) orderKeys(w, g, 'start', m, 'start', optional | printFirst)
    orderKeys(w, m, 'start', g, 'running', printThen | runnable)
    orderKeys(w, g, 'stop', m, 'stop', printFirst | optional)
    orderKeys(w, m, 'stop', g, 'stopped', optional | printThen)
    if (g.promotable) {
      orderKeys(w, g, 'demote', m, 'demote', printFirst)
      orderKeys(w, m, 'demote', g, 'demoted', optional | printThen)
      orderKeys(w, m, 'promote', g, 'promoted', optional | printThen)
      orderKeys(w, g, 'promote', m, 'promote', printFirst)
    }
    if (g.sequential && previous) {
      pairs(w, previous, m, firstImpliesThen | runnable)
      orderKeys(w, m, 'stop', previous, 'stop', optional | thenImpliesFirst | runnable)
      if (m.active.length > 0 && previous.active.length === 0) orderKeys(w, m, 'stop', previous, 'start', thenImpliesFirst | runnable)
      if (g.promotable) {
        orderKeys(w, previous, 'promote', m, 'promote', firstImpliesThen | runnable)
        orderKeys(w, m, 'demote', previous, 'demote', optional | thenImpliesFirst)
      }
      if (m.active.length > 0 && previous.active.length === 0 && lastActive && lastActive !== previous)
        orderKeys(w, m, 'stop', lastActive, 'stop', optional | thenImpliesFirst)
    }
    if (m.active.length > 0) lastActive = m
    previous = m
  }
}

function clone(w: World, c: Res): void {
  orderKeys(w, c, 'stopped', c, 'start', optional)
  orderKeys(w, c, 'start', c, 'running', runnable)
  orderKeys(w, c, 'stop', c, 'stopped', runnable)
  if (c.promotable) {
    orderKeys(w, c, 'demoted', c, 'stop', optional)
    orderKeys(w, c, 'running', c, 'promote', runnable)
    orderKeys(w, c, 'stopped', c, 'promote', optional)
    orderKeys(w, c, 'demoted', c, 'promote', optional)
    orderKeys(w, c, 'promote', c, 'promoted', runnable)
    orderKeys(w, c, 'demote', c, 'demoted', runnable)
    orderKeys(w, c, 'demoted', c, 'start', optional)
  }
  const sequence = c.clone?.ordered ? [...c.children].sort((a, b) => numberOf(a) - numberOf(b)) : c.children
  let previous: Res | undefined
  for (const i of sequence) {
    internal(w, [i])
    orderKeys(w, c, 'start', i, 'start', runnable | printFirst)
    orderKeys(w, i, 'start', c, 'running', printThen)
    orderKeys(w, c, 'stop', i, 'stop', printFirst)
    orderKeys(w, i, 'stop', c, 'stopped', printThen)
    if (c.promotable) {
      orderKeys(w, c, 'promote', i, 'promote', runnable | printFirst)
      orderKeys(w, i, 'promote', c, 'promoted', printThen)
      orderKeys(w, c, 'demote', i, 'demote', printFirst)
      orderKeys(w, i, 'demote', c, 'demoted', printThen)
    }
    if (c.clone?.ordered && previous) {
      orderKeys(w, previous, 'start', i, 'start', optional)
      orderKeys(w, i, 'stop', previous, 'stop', optional)
      if (c.promotable) {
        orderKeys(w, previous, 'promote', i, 'promote', optional)
        orderKeys(w, i, 'demote', previous, 'demote', optional)
      }
    }
    previous = i
  }
}

const numberOf = (r: Res): number => Number(r.id.slice(r.id.lastIndexOf(':') + 1)) || 0

function bundle(w: World, b: Res): void {
  orderKeys(w, b, 'start', b, 'running', runnable)
  orderKeys(w, b, 'stop', b, 'stopped', runnable)
  orderKeys(w, b, 'stopped', b, 'start', optional)
  const inner = b.children.find((c) => c.kind === 'clone')
  if (inner) {
    orderKeys(w, b, 'start', inner, 'start', printFirst)
    orderKeys(w, inner, 'running', b, 'running', printThen)
    orderKeys(w, b, 'stop', inner, 'stop', printFirst)
    orderKeys(w, inner, 'stopped', b, 'stopped', printThen)
    if (inner.promotable) {
      orderKeys(w, b, 'promote', inner, 'promote', printFirst)
      orderKeys(w, inner, 'promoted', b, 'promoted', printThen)
      orderKeys(w, b, 'demote', inner, 'demote', printFirst)
      orderKeys(w, inner, 'demoted', b, 'demoted', printThen)
    }
    internal(w, [inner])
  }
  for (const x of b.replicas) {
    for (const r of [x.container, x.ip, x.remote]) if (r) primitive(w, r)
    orderKeys(w, b, 'start', x.container, 'start', runnable | printFirst)
    orderKeys(w, b, 'stop', x.container, 'stop', printFirst)
    orderKeys(w, x.container, 'start', b, 'running', printThen)
    orderKeys(w, x.container, 'stop', b, 'stopped', printThen)
    if (x.child) orderKeys(w, b, 'stop', x.child, 'stop', printFirst)
    if (x.ip) {
      orderKeys(w, x.ip, 'start', x.container, 'start', firstImpliesThen | runnable)
      orderKeys(w, x.container, 'stop', x.ip, 'stop', thenImpliesFirst | optional)
    }
  }
}
