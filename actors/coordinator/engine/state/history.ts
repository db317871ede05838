/**
 * What runs where, in which role, and what failed: each node's remembered operations, oldest first, told as a story. Members come first;
 * remote and guest nodes when their connection turns out to be up; the rest at the end, where fencing makes their word worth hearing.
 */
import type { History, HistoryOp } from '../scene.js'
import { INF, parseRole, Role } from '../score.js'
import { type Host, isRemote, type OnFail, type Res, scoreDeep, type World } from '../world.js'
import { compareAge } from './age.js'
import { agentChanged } from './changed.js'
import { conclude, setActive } from './conclude.js'
import { barred } from './failcount.js'
import { remoteStanding } from './hosts.js'
import { inContainer, resourceOf } from './instances.js'
import { migrateFromFailed, migrateToFailed, migrateToSucceeded } from './migrations.js'
import { reaction, recurs, worse } from './operations.js'
import { codeOf, expired, isProbe, outcomeOf } from './outcome.js'

export function readHistories(w: World): void {
  const done = new Set<Host>()
  const pass = (last: boolean): boolean => {
    let news = false
    for (const state of w.scene.states) {
      const host = w.hosts.find((h) => h.state === state)
      if (!host || done.has(host) || host.kind === 'ping') continue
      if (!last && !ready(w, host)) continue
      done.add(host)
      news = true
      if (isRemote(host)) remoteStanding(host)
      readNode(w, host)
    }
    return news
  }
  while (pass(false)) {}
  for (const h of w.hosts) if (isRemote(h)) remoteStanding(h)
  if (w.options.fencing) pass(true)
  for (const h of w.hosts) if (isRemote(h) && h.shutdown && h.connection) stopConnection(h.connection)
  for (const h of w.hosts) if (isRemote(h)) remoteStanding(h)
  for (const r of w.tree()) target(r)
}

/** A remote node that shuts down needs no connection any more. */
function stopConnection(connection: Res): void {
  connection.nextRole = Role.stopped
  connection.nextRoleWhy = 'remote shutdown'
}

function ready(w: World, host: Host): boolean {
  const { connection } = host
  if (host.kind === 'guest') return connection?.role === Role.started && (connection.container?.role ?? Role.unknown) === Role.started
  if (host.kind === 'remote') return connection !== undefined && (w.options.shutdownLock || connection.role === Role.started)
  return w.options.fencing || w.options.shutdownLock || host.online
}

function readNode(w: World, host: Host): void {
  const locked: (readonly [Res, History])[] = []
  for (const entry of host.state?.history ?? []) {
    if (entry.ops.length === 0) {
      if (entry.attributes['shutdown-lock']) locked.push([resourceOf(w, host, entry), entry])
      continue
    }
    readEntry(w, host, entry)
    if (entry.attributes['shutdown-lock']) locked.push([resourceOf(w, host, entry), entry])
  }
  for (const entry of host.state?.history ?? []) inContainer(w, entry)
  for (const [res, entry] of locked) w.memory.locks.push({ res, host, since: Number(entry.attributes['shutdown-lock']) || 0 })
}

function readEntry(w: World, host: Host, entry: History): void {
  const res = resourceOf(w, host, entry)
  res.historyId = entry.resource
  const ops = entry.ops.length > 1 ? [...entry.ops].sort((a, b) => compareAge(a, b, true)) : entry.ops
  const saved = res.role
  res.role = Role.unknown
  let told = nothing
  for (const op of ops) told = readOp(w, res, host, op, told)
  const life = sinceStart(res, host, ops)
  w.memory.lives.push({ res, host, entry, ops: life, otherAgent: agentChanged(entry.agent, res.agent) })
  for (const op of life) if (recurs(op)) w.memory.recurring.push({ res, host, op })
  conclude(w, res, host, told.onFail)
  target(res)
  if (saved > res.role) res.role = saved
}

/** What the operator asked for, unless something asks for less. Promoted is what happens anyway. */
function target(res: Res): void {
  const wanted = parseRole(res.meta.get('target-role'))
  if (wanted !== Role.stopped && !(wanted === Role.unpromoted && res.promotable)) return
  if (res.nextRole !== Role.unknown && wanted >= res.nextRole) return
  res.nextRole = wanted
  res.nextRoleWhy = 'target-role'
}

/** What belongs to the resource's present life on the node: operations since its start. */
function sinceStart(res: Res, host: Host, ops: readonly HistoryOp[]): readonly HistoryOp[] {
  let start = -1
  let stop = -1
  let monitor = -1
  let clone = -1
  for (let i = 0; i < ops.length; i++) {
    const o = ops[i] as HistoryOp
    if (o.operation === 'stop' && o.status === 0) stop = i
    else if (o.operation === 'start' || o.operation === 'migrate_from') start = i
    else if (monitor <= stop && o.operation === 'monitor' && (o.rc === 0 || o.rc === 8)) monitor = i
    else if (o.operation === 'promote' || o.operation === 'demote') clone = i
  }
  if (start === -1) start = clone !== -1 ? clone : monitor
  if (!host.online || (start < stop && res.managed)) return []
  return start > 0 ? ops.slice(start) : ops
}

interface Told {
  readonly onFail: OnFail
  readonly failure: HistoryOp | undefined
}
const nothing: Told = { onFail: 'ignore', failure: undefined }

function readOp(w: World, res: Res, host: Host, op: HistoryOp, same: Told): Told {
  const { onFail, failure } = same
  if (op.operation === 'notify' || op.operation === 'meta-data') return same
  const age = expired(w, res, host, op)
  if (age.clear) w.memory.clears.push({ res, host, why: age.clear })
  const before = res.role
  const rc = codeOf(op)
  const outcome = outcomeOf(w, res, host, op, age.expired)
  const unexpected = op.expected >= 0 && rc !== op.expected
  if (age.expired && unexpected && outcome !== 'done' && outcome !== 'pending') {
    res.role = before
    if (op.intervalMs > 0) w.memory.stale.push({ res, host, key: `${res.id}_${op.operation}_${op.intervalMs}` })
    return same
  }
  if (isMasked(op)) return masked(w, res, host, op, same)
  switch (outcome) {
    case 'cancelled':
      return same
    case 'pending':
      pending(w, res, host, op)
      return same
    case 'done': {
      const next = succeeded(w, res, host, op, rc, onFail, failure)
      return next === onFail ? same : { onFail: next, failure }
    }
    default:
      return failed(w, res, host, op, outcome, onFail, failure)
  }
}

/** A probe that found the agent unable to run here says that nothing runs here, and that nothing may. */
const isMasked = (op: HistoryOp): boolean => isProbe(op) && (op.rc === 5 || op.rc === 2 || op.status === 7)

function masked(w: World, res: Res, host: Host, op: HistoryOp, told: Told): Told {
  w.memory.failures.push({ res, host, op })
  const next = succeeded(w, res, host, op, Math.max(op.expected, 0), told.onFail, told.failure)
  res.role = Role.stopped
  scoreDeep(w, barred(res), host, -INF, 'hard-error', 'engine.hard-error')
  return { onFail: next, failure: told.failure }
}

function pending(w: World, res: Res, host: Host, op: HistoryOp): void {
  if (op.operation === 'start') {
    res.startPending = true
    setActive(res)
  } else if (op.operation === 'promote') res.role = Role.promoted
  else if (op.operation === 'migrate_to' && host.unclean) {
    const target = w.host(op.migrateTarget)
    if (target) w.memory.wantStop.push({ res, host: target })
  }
  if (res.pendingTask !== '') return
  if (op.operation === 'monitor' && op.intervalMs === 0) {
    res.pendingTask = 'probe'
    res.pendingHost = host
  } else if (op.operation !== 'monitor') {
    res.pendingTask = op.operation
    res.pendingHost = host
  }
}

/** A good result: the role it leaves, and whether it ends an earlier failure. */
export function succeeded(
  w: World,
  res: Res,
  host: Host,
  op: HistoryOp,
  rc: number,
  onFail: OnFail,
  failure: HistoryOp | undefined,
): OnFail {
  let ends = false
  if (rc === 7) {
    res.role = Role.stopped
    return cleared(res, onFail)
  }
  switch (op.operation) {
    case 'monitor':
      if (rc === 0) {
        if (failure && failure.operation === op.operation && failure.intervalMs === op.intervalMs && compareAge(op, failure, true) > 0)
          ends = true
        if (res.role < Role.started) setActive(res)
      } else if (rc === 8) {
        if (failure && failure.operation === op.operation && failure.intervalMs === op.intervalMs && compareAge(op, failure, true) > 0)
          ends = true
        res.role = Role.promoted
      }
      break
    case 'start':
      setActive(res)
      ends = true
      break
    case 'stop':
      res.role = Role.stopped
      ends = true
      break
    case 'promote':
      res.role = Role.promoted
      ends = true
      break
    case 'demote':
      res.role = Role.unpromoted
      ends = onFail === 'demote' // a demotion undoes nothing else
      break
    case 'migrate_from':
      res.role = Role.started
      ends = true
      break
    case 'migrate_to':
      migrateToSucceeded(w, res, host, op)
      break
    default:
      if (res.role < Role.started) setActive(res)
  }
  return ends ? cleared(res, onFail) : onFail
}

function cleared(res: Res, onFail: OnFail): OnFail {
  switch (onFail) {
    case 'stop':
    case 'ban':
    case 'standby':
    case 'fence':
      return onFail
    case 'reset-remote':
      if (res.params.some((s) => s.values.some(([k]) => k === 'reconnect_interval'))) return onFail
      res.nextRole = Role.unknown
      return 'ignore'
    default:
      res.nextRole = Role.unknown
      return 'ignore'
  }
}

function failed(w: World, res: Res, host: Host, op: HistoryOp, outcome: string, onFail: OnFail, failure: HistoryOp | undefined): Told {
  const react = reaction(w, res, op.operation, op.intervalMs)
  w.memory.failures.push({ res, host, op })
  if (react.onFail === 'ignore' || (react.onFail === 'restart-container' && op.operation === 'stop')) {
    const rc = Math.max(op.expected, 0)
    const next = succeeded(w, res, host, op, rc, onFail, failure)
    res.failureIgnored = true
    if (react.onFail === 'restart-container') return { onFail: worse(next, react.onFail), failure: op }
    return { onFail: next, failure }
  }
  const next = worse(onFail, react.onFail)
  fallTo(w, res, host, op, react.onFail)
  if (react.failRole !== Role.started && res.nextRole < react.failRole) {
    res.nextRole = react.failRole
    res.nextRoleWhy = 'failure'
  }
  if (react.failRole === Role.stopped)
    for (const h of w.hosts) scoreDeep(w, barred(res), h, -INF, 'failed-stopped', 'engine.failed-stopped')
  if (outcome === 'hard' || outcome === 'not-installed') scoreDeep(w, barred(res), host, -INF, 'hard-error', 'engine.hard-error')
  if (outcome === 'fatal') for (const h of w.hosts) scoreDeep(w, barred(res), h, -INF, 'fatal-error', 'engine.fatal-error')
  return { onFail: next, failure: op }
}

/** The role that a failed operation leaves, as far as it can be known. */
function fallTo(w: World, res: Res, host: Host, op: HistoryOp, onFail: OnFail): void {
  switch (op.operation) {
    case 'stop':
      w.score(res, host, -INF, 'stop-failed', 'engine.stop-failed')
      break
    case 'migrate_to':
      migrateToFailed(w, res, host, op)
      break
    case 'migrate_from':
      migrateFromFailed(w, res, host, op)
      break
    case 'promote':
      res.role = Role.promoted
      break
    case 'demote':
      if (onFail === 'block') {
        res.role = Role.promoted
        res.nextRole = Role.stopped
        res.nextRoleWhy = 'demote with on-fail=block'
      } else if (op.rc === 7) res.role = Role.stopped
      else res.role = Role.unpromoted
      break
  }
  if (res.role < Role.started) setActive(res)
}
