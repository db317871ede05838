/**
 * Carries out one effect of an actor (runtime/actor.ts). Messages inside the thread are handed over as they are, all others are packed. An effect that
 * cannot be carried out throws: then its actor dies of it.
 */
import type { DiskResult, Effect, Instant, Msg, NodeId, StoreFailed } from '../actor.js'
import { assert, unreachable } from '../assert.js'
import type { Store } from '../ports.js'
import { type Reason, reason } from '../supervisor.js'
import type { Thread } from '../tree.js'
import type { Timers } from './clock.js'
import type { Dynamic, Outside } from './group.js'
import { packJob } from './job.js'
import type { Cell, Loop } from './loop.js'
import type { Asker } from './messages.js'
import type { Runner } from './spawn.js'
import type { Watches } from './watch.js'

export interface Means {
  readonly thread: Thread
  readonly node: NodeId
  readonly now: () => Instant
  readonly threadOf: (path: string) => Thread | undefined
  readonly loop: Loop
  readonly timers: Timers
  readonly watches: Watches
  readonly outside: Outside
  storeOf(cell: Cell): Store | undefined
  /** The running dynamic supervisor of an owner. */
  children(owner: string): Runner | undefined
  end(cell: Cell, why: Reason): void
}

type Of<K extends Effect['do']> = Extract<Effect, { do: K }>
const askerOf = (cell: Cell): Asker => ({ path: cell.path, life: cell.life })
const toSelf = (msg: Msg) => ({ from: { path: '' }, msg })

export function performer(m: Means): (cell: Cell, effect: Effect) => void {
  const { outside } = m
  return (cell, effect) => {
    switch (effect.do) {
      case 'send':
        return send(m, cell, effect)
      case 'timer':
        return setTimer(m, cell, effect)
      case 'cancel':
        return cancelTimer(cell, effect.key)
      case 'persist':
        return persist(m, cell, effect)
      case 'agent':
        return outside.host({ type: 'run', op: effect.op, token: effect.token, by: askerOf(cell) })
      case 'agent-kill':
        return outside.host({ type: 'kill', id: effect.id })
      case 'agent-ack':
        return outside.host({ type: 'ack', id: effect.id })
      case 'agent-list':
        return outside.host({ type: 'list', by: askerOf(cell) })
      case 'token':
        return outside.host({ type: 'raise', resource: effect.resource, token: effect.token })
      case 'note':
        return outside.host({ type: 'note', resource: effect.resource, note: effect.note })
      case 'lease':
        return outside.host({ type: 'lease', renewMs: effect.renewMs, sentMs: effect.sentMs })
      case 'end-life':
        return outside.host({ type: 'end-life' })
      case 'job':
        return outside.host({
          type: 'job',
          by: askerOf(cell),
          id: effect.id,
          kind: effect.kind,
          args: packJob(effect.args),
          limitMs: effect.timeoutMs,
        })
      case 'disk':
        return disk(m, cell, effect)
      case 'child':
        return child(m, cell, effect)
      case 'peers':
        return outside.peers(effect.peers)
      case 'monitor':
        return m.watches.watch(askerOf(cell), effect.path, false)
      case 'demonitor':
        return m.watches.unwatch(askerOf(cell), effect.path, false)
      case 'link':
        return m.watches.watch(askerOf(cell), effect.path, true)
      case 'unlink':
        return m.watches.unwatch(askerOf(cell), effect.path, true)
      case 'say':
        return outside.host({ type: 'say', path: cell.path, verdict: effect.verdict, ...(effect.at ? { at: effect.at } : {}) })
      case 'stop':
        return m.end(cell, reason('normal', effect.reason))
      default:
        return unreachable(effect)
    }
  }
}

function send(m: Means, cell: Cell, effect: Of<'send'>): void {
  const { to, msg } = effect
  const isHere = to.node === undefined || to.node === m.node
  if (isHere && m.outside.toService?.(to.path, { from: { path: cell.path }, msg })) return
  if (isHere && m.threadOf(to.path) === m.thread) return m.loop.deliver(to.path, { from: { path: cell.path }, msg }, effect.class)
  outside(m, cell, effect, isHere)
}

function outside(m: Means, cell: Cell, effect: Of<'send'>, isHere: boolean): void {
  if (isHere && m.threadOf(effect.to.path) === undefined) {
    m.loop.deadLetters++
    return
  }
  const to = isHere ? { path: effect.to.path } : effect.to
  m.outside.send({ path: cell.path }, to, effect.msg, effect.class, effect.link)
}

/** A deadline of this life; setting a key again replaces it. */
function setTimer(m: Means, cell: Cell, effect: Of<'timer'>): void {
  cancelTimer(cell, effect.key)
  const due = (): void => {
    if (cell.timers.get(effect.key) === timer) cell.timers.delete(effect.key)
    if (cell.alive) m.loop.deliver(cell.path, toSelf(effect.msg), 'control')
  }
  const timer = m.timers.at(effect.atMs, () => m.loop.fire(timer, due))
  cell.timers.set(effect.key, timer)
}

function cancelTimer(cell: Cell, key: string): void {
  const timer = cell.timers.get(key)
  if (timer) timer.cancelled = true
  cell.timers.delete(key)
}

/** `then` runs after the bytes are durable, if the same life is still there. */
function persist(m: Means, cell: Cell, effect: Of<'persist'>): void {
  const store = m.storeOf(cell)
  assert(store, `${cell.path} persists, but it was given no store`)
  store.write(effect.op).then(
    () => {
      if (cell.alive) m.loop.perform(cell, effect.then)
    },
    (error: Error & { full?: boolean }) => {
      if (!cell.alive) return
      const msg: StoreFailed = { type: 'store-failed', slot: effect.op.slot, full: error.full === true, error: error.message }
      m.loop.deliver(cell.path, toSelf(msg), 'control')
    },
  )
}

/** Answered once, if the same life is still there. */
function disk(m: Means, cell: Cell, effect: Of<'disk'>): void {
  const done = (answer: Pick<DiskResult, 'ok' | 'bytes' | 'error'>): void => {
    const msg: DiskResult = { type: 'disk-result', id: effect.id, disk: effect.disk, ...answer }
    if (cell.alive) m.loop.deliver(cell.path, toSelf(msg), 'control')
  }
  if (m.outside.disk) m.outside.disk(effect, done)
  else done({ ok: false, error: 'no servant' })
}

function child(m: Means, cell: Cell, effect: Of<'child'>): void {
  const runner = m.children(cell.path)
  assert(runner, `${cell.path} has no supervisor for children in the tree`)
  if (effect.op === 'stop') return runner.input({ type: 'terminate', id: effect.path })
  const prefix = runner.node.id.slice(0, -1)
  assert(effect.path.startsWith(prefix), `a child of ${cell.path} has a path that begins with ${prefix}, not ${effect.path}`)
  const what: Dynamic = { kind: effect.kind, args: effect.args }
  runner.input({ type: 'add', spec: { id: effect.path, restart: 'permanent', shutdown: 5000, ...runner.node.template, what } })
}
