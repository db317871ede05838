/**
 * Half-finished migrations. A whole one is: migrate_to on the source, migrate_from on the target, stop on the source. Without the second half it
 * is partial: the resource may be on both. With it but without the stop it is dangling: only a leftover is on the source.
 */
import type { HistoryOp } from '../scene.js'
import { Role } from '../score.js'
import type { Host, Res, World } from '../world.js'
import { changedAfter, half, historyOn, newerAfterMigration, unknownOn } from './age.js'
import { runs } from './conclude.js'

export function migrateToSucceeded(w: World, res: Res, host: Host, op: HistoryOp): void {
  const target = w.host(op.migrateTarget)
  const from = half(w, op.migrateTarget, res, 'migrate_from', host.name)
  const sourceNewer = changedAfter(host, res, op, true)
  const targetNewer = target ? newerAfterMigration(target, res, op, from, true) : false
  if (sourceNewer && targetNewer) return
  if (from && from.rc === 0 && from.status === 0) {
    res.role = Role.stopped
    res.dangling.push(host)
    return
  }
  res.role = Role.started
  const onTarget = !targetNewer && target?.online === true
  if (from) {
    if (onTarget && target) runs(w, res, target)
    else mustRecover(res)
    return
  }
  if (target?.online && unknownOn(target, res)) return
  if (onTarget && target) {
    runs(w, res, target)
    if (host.online) {
      res.migrateFrom = host
      res.migrateTo = target
    }
  } else if (!sourceNewer) mustRecover(res)
}

function mustRecover(res: Res): void {
  res.failed = true
  res.stopIfFailed = true
  res.allowMigrate = false
}

export function migrateToFailed(w: World, res: Res, host: Host, op: HistoryOp): void {
  res.role = Role.started
  const target = w.host(op.migrateTarget)
  const from = half(w, op.migrateTarget, res, 'migrate_from', host.name)
  const good = from && from.rc === 0 ? from : undefined
  if (target && !unknownOn(target, res) && !newerAfterMigration(target, res, op, good, true)) {
    if (target.online) runs(w, res, target)
  } else if (!changedAfter(host, res, op, true)) res.dangling.push(host)
}

export function migrateFromFailed(w: World, res: Res, host: Host, op: HistoryOp): void {
  res.role = Role.started
  const source = w.host(op.migrateSource)
  const to = half(w, op.migrateSource, res, 'migrate_to', host.name)
  if (!source || historyOn(source, res).length === 0 || unknownOn(source, res)) return
  if (!newerAfterMigration(source, res, to ?? op, undefined, false) && source.online) runs(w, res, source)
}
