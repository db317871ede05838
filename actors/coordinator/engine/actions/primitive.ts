/** From where a resource is to where it shall be: the stops, starts, promotions and demotions that lead there, or would if something asked for them. */
import { Role } from '../score.js'
import { type Why, why } from '../why.js'
import type { Host, Res, World } from '../world.js'
import { demote, findAll, promote, start, stop } from './create.js'
import { createMigration, mayMigrate } from './migrate.js'
import { createRecurring } from './recurring.js'

/** The next role on the way from one to another. */
function step(from: Role, to: Role): Role {
  if (from === Role.promoted) return to === Role.promoted ? Role.promoted : Role.unpromoted
  if (to === Role.promoted) return from === Role.stopped ? Role.unpromoted : Role.promoted
  if (from === Role.unpromoted && to === Role.started) return Role.stopped
  return to
}

export function createActions(w: World, res: Res): void {
  const chosen = res.assigned
  if (res.nextRole === Role.unknown) res.nextRole = chosen ? Role.started : Role.stopped
  const current = currentHost(res)
  for (const h of res.dangling) {
    const s = stop(w, res, h, false)
    s.extra.set('dangling', 'true')
    s.reason = why('engine.why-migration-leftover')
  }
  const several = resolvePartial(res, current)
  const moving = current !== undefined && chosen !== undefined && current !== chosen && res.nextRole > Role.stopped
  const migrating = moving && !several && mayMigrate(res, current)
  let needStop = moving
  let needPromote = false
  if (several && (res.multiple === 'stop_start' || res.multiple === 'stop_unexpected')) needStop = true
  if (res.startPending && chosen) start(w, res, chosen, true).always = true
  if (w.memory.redefined.has(res) && chosen && current) start(w, res, chosen, false).reason = why('engine.why-definition')
  if (!moving) {
    if (res.failed) {
      if (res.stopIfFailed) needStop = true
      else needPromote = res.nextRole === Role.promoted
    } else if (res.blocked) needStop = true
    else if (res.role > Role.started && current && chosen && !start(w, res, chosen, true).optional) needStop = true
  }
  downAndUp(w, res, needStop, needPromote)
  onwards(w, res)
  createRecurring(w, res)
  if (migrating && current) createMigration(w, res, current)
}

/** The place it runs: the source of a half-done migration; a clean node before an unclean one, unless that one is fenced first anyway. */
export function currentHost(res: Res): Host | undefined {
  if (res.migrateFrom && res.active.includes(res.migrateFrom)) return res.migrateFrom
  const fenced = res.requires === 'fencing' || res.requires === 'unfencing'
  return (fenced ? undefined : res.active.find((h) => h.online && !h.unclean)) ?? res.active[0]
}

/** Can a half-done migration go on? If not it is a resource that runs in two places. Gives whether it does. */
function resolvePartial(res: Res, current: Host | undefined): boolean {
  const clean = res.active.filter((h) => h.online && !h.unclean).length
  if (res.migrateFrom && res.migrateTo) {
    if (res.active.length === 2 && clean === 2 && current === res.migrateFrom && res.assigned === res.migrateTo) return false
    res.migrateFrom = undefined
    res.migrateTo = undefined
    res.allowMigrate = false
    return places(res, clean) > 1
  }
  return places(res, clean) > 1
}

/** What needs no fencing before it starts elsewhere is not held to run on nodes that are to be fenced. */
const places = (res: Res, clean: number): number => (res.requires === 'fencing' || res.requires === 'unfencing' ? res.active.length : clean)

/** What a restart takes: down to stopped and up again to the present role; required only if one is needed. */
function downAndUp(w: World, res: Res, needStop: boolean, needPromote: boolean): void {
  let role: Role = res.role
  while (role > Role.stopped) {
    const next = step(role, Role.stopped)
    if (role === Role.promoted) demoteEverywhere(w, res, !needStop && !needPromote)
    else stopEverywhere(w, res, !needStop)
    role = next
  }
  if (res.blocked) return
  const back = Math.min(res.role, Math.max(res.nextRole, Role.started)) as Role
  while (role < back) {
    const next = step(role, back)
    const required = needStop || (next === Role.promoted && needPromote)
    if (!act(w, res, role, next, !required)) break
    role = next
  }
}

function act(w: World, res: Res, from: Role, to: Role, optional: boolean): boolean {
  if (to === Role.promoted) return promoteAt(w, res, optional)
  if (from <= Role.stopped && to > Role.stopped) return startAt(w, res, optional)
  if (from === Role.promoted) demoteEverywhere(w, res, optional)
  else if (to === Role.stopped) stopEverywhere(w, res, optional)
  return true
}

function onwards(w: World, res: Res): void {
  let role: Role = res.role
  const goal = res.nextRole
  for (let i = 0; role !== goal && i < 4; i++) {
    const next = step(role, goal)
    if (role <= Role.stopped && next <= Role.stopped) return
    act(w, res, role, next, false)
    role = next
    if (role === Role.started && goal === Role.unpromoted) return
  }
}

const expected = (res: Res, h: Host): boolean =>
  res.stopUnexpected && res.nextRole > Role.stopped && res.active.length > 1 && res.assigned === h

function stopEverywhere(w: World, res: Res, optional: boolean): void {
  for (const h of res.active) {
    if (expected(res, h)) continue
    let may = optional
    if (res.migrateTo) {
      if (h === res.migrateTo && h === res.assigned) continue
      may = false
    }
    const s = stop(w, res, h, may)
    if (!res.assigned) s.reason ??= homeless(res)
    if (!res.managed) s.runnable = false
  }
}

/** Why it has no place. */
export const homeless = (res: Res): Why => {
  if (res.orphan) return why('engine.orphan')
  if (res.nextRoleWhy === 'target-role') return why('engine.target-role')
  if (res.nextRoleWhy === 'on-fail=stop') return why('engine.failed-stopped')
  return why('engine.why-no-place')
}

function demoteEverywhere(w: World, res: Res, optional: boolean): void {
  for (const h of res.active) if (!expected(res, h)) demote(w, res, h, optional)
}

function startAt(w: World, res: Res, optional: boolean): boolean {
  const { assigned } = res
  if (!assigned) return false
  const s = start(w, res, assigned, true)
  if (s.runnable && !optional && res.managed) s.optional = false
  if (expected(res, assigned)) s.pseudo = true
  return true
}

/** A promotion needs a start that can run. */
function promoteAt(w: World, res: Res, optional: boolean): boolean {
  if (!res.assigned) return false
  if (findAll(res, 'start').some((s) => !s.runnable)) {
    for (const p of findAll(res, 'promote')) p.runnable = false
    return true
  }
  promote(w, res, res.assigned, optional)
  return true
}
