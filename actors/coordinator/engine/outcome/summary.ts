/** The plan in the operator's words: start, stop, move, restart, recover ... one line a resource. */

import { find, findAll } from '../actions/create.js'
import { currentHost, homeless } from '../actions/primitive.js'
import { Role, roleName } from '../score.js'
import { type Why, why } from '../why.js'
import { available, type Host, isGuest, type Res, type World } from '../world.js'
import { shownId } from './rows.js'

export interface Summary {
  readonly action: string
  readonly resource?: string
  readonly op?: string
  readonly node?: string
  readonly from?: string | null
  readonly to?: string | null
  readonly role?: string
  readonly next_role?: string
  readonly blocked?: boolean
  readonly reason: Why
}

export function summaries(w: World): Summary[] {
  const on = w.actions.filter((a) => a.task === 'stonith' && a.extra.get('op') === 'on').map((a) => [a.host?.name ?? '', a] as const)
  const fences = [...w.fenceOps, ...on].flatMap(([node, a]): Summary[] => {
    if (a.optional || !a.runnable) return []
    const host = w.host(node)
    const container = isGuest(host as never) ? host?.connection?.container : undefined
    const op = a.extra.get('op') ?? 'reboot'
    return [{ action: 'fence', op, node, ...(container ? { resource: container.id } : {}), reason: a.reason ?? fenced(host, op) }]
  })
  return [...fences, ...[...w.primitives()].flatMap((r) => of(w, r))]
}

const fenced = (host: Host | undefined, op: string): Why => {
  if (op === 'on') return why('engine.unfence-needed')
  if (isGuest(host)) return why('engine.fence-guest')
  return why(host?.unseen ? 'engine.fence-unseen' : 'engine.fence-needed')
}

/** Why a change is made that no other action asked for. */
function placed(r: Res, action: string, from: Host | undefined, to: Host | undefined): Why {
  if (r.active.length > 1 && (action === 'recover' || action === 'restart')) return why('engine.why-multiple')
  switch (action) {
    case 'promote':
      return why('engine.why-promoted', { node: to?.name ?? '' })
    case 're-promote':
      return why('engine.why-promoted-anew')
    case 'demote':
      return why('engine.why-demoted')
    case 'recover':
      return why('engine.why-failed')
    case 'restart':
      return why('engine.why-restart')
    case 'reload':
      return why('engine.why-definition')
    case 'stop':
      return homeless(r)
    default:
      if (!from || !to) return why('engine.why-wanted', { node: to?.name ?? '' })
      return available(from, r.places.get(from))
        ? why('engine.why-better', { from: from.name, to: to.name })
        : why('engine.why-leaves', { node: from.name })
  }
}

const shown = (role: Role): string | undefined => (role === Role.promoted || role === Role.unpromoted ? roleName[role] : undefined)

function of(w: World, r: Res): Summary[] {
  const current = currentHost(r) ?? r.dangling[0] // a leftover of a migration is stopped like what runs
  const next = r.assigned
  if (!current && !next) return []
  if (!r.managed && !r.blocked) return []
  if (!r.managed) return []
  const start = next && find(r, 'start', next)
  const goodStart = start?.runnable ? start : undefined
  const stop = findStop(r, current, goodStart !== undefined)
  const moving = current !== undefined && next !== undefined && current !== next
  const line = (action: string, reason?: Why): Summary => ({
    action,
    resource: shownId(r),
    from: current?.name ?? null,
    to: next?.name ?? null,
    ...roles(r, current, next),
    reason: reason ?? placed(r, action, current, next),
  })
  if (r.role === r.nextRole || (r.role >= Role.started && r.nextRole === Role.started)) return same(r, line, start, stop, moving)
  if (r.nextRole <= Role.stopped || (stop && !goodStart && start)) return stops(w, r, start?.reason)
  if (current && stop && !stop.optional && r.failed && moving === false) return [line('recover', stop.reason)]
  if (stop && !stop.optional && moving) return [line(r.failed ? 'recover' : 'move')]
  if (r.role === Role.stopped && goodStart && (r.active.length > 0 || (stop && !stop.optional))) return [line('restart', stop?.reason)]
  if (r.role === Role.stopped) {
    const kind = r.nextRole === Role.promoted ? 'promote' : 'start'
    const promotion = kind === 'promote' ? find(r, 'promote', next) : undefined
    const obstacle = goodStart ? (promotion?.runnable === false ? promotion : undefined) : start
    const blocked = !goodStart || obstacle !== undefined
    return [{ ...line(kind, obstacle?.reason), ...(blocked ? { blocked: true } : {}) }]
  }
  if (stop && !stop.optional) return [line('restart', stop.reason)]
  if (r.role === Role.promoted) return [line('demote')]
  if (r.nextRole === Role.promoted) {
    const p = find(r, 'promote', next)
    return p ? [{ ...line('promote', p.runnable ? undefined : p.reason), ...(p.runnable ? {} : { blocked: true }) }] : []
  }
  return []
}

function findStop(r: Res, current: ReturnType<typeof currentHost>, starts: boolean) {
  return starts && current ? find(r, 'stop', current) : (findAll(r, 'stop')[0] ?? undefined)
}

/** Roles are worth a word where promotion plays a part: both where they differ between two places, otherwise the present one. */
function roles(r: Res, from: Host | undefined, to: Host | undefined): { role?: string; next_role?: string } {
  if (r.role <= Role.started && r.nextRole <= Role.unpromoted) return {}
  const [role, next] = [roleName[r.role], roleName[r.nextRole]]
  if (!from && r.nextRole <= Role.unpromoted) return {}
  return to && r.role !== r.nextRole ? { role, next_role: next } : { role }
}

function same(
  r: Res,
  line: (action: string, reason?: Why) => Summary,
  start: ReturnType<typeof find>,
  stop: ReturnType<typeof find>,
  moving: boolean,
): Summary[] {
  const next = r.assigned
  if (!next) return []
  const from = find(r, 'migrate_from', next)
  const [demote, promote] = [find(r, 'demote', next), find(r, 'promote', next)]
  if (from && !from.optional && from.runnable) return [line('migrate')]
  if (r.reloadOnly) return [line('reload')]
  if (!start || start.optional) {
    if (demote && promote && !demote.optional && !promote.optional) return [{ ...line('re-promote') }]
    return []
  }
  if (!start.runnable) {
    const s = stop
    return s
      ? [
          {
            action: 'stop',
            resource: shownId(r),
            from: currentHost(r)?.name ?? null,
            to: null,
            reason: start.reason ?? homeless(r),
            ...roles(r, r.active[0], undefined),
            ...(s.runnable ? {} : { blocked: true }),
          },
        ]
      : [{ ...line('start', start.reason), from: null, blocked: true }]
  }
  if (moving) return [line(r.failed ? 'recover' : 'move', stop?.reason)]
  return [line(r.failed ? 'recover' : 'restart', start.reason)]
}

function stops(_w: World, r: Res, reason: Why | undefined): Summary[] {
  return r.active.flatMap((h): Summary[] => {
    const s = find(r, 'stop', h)
    if (!s || s.optional) return []
    const role = shown(r.role)
    return [
      {
        action: 'stop',
        resource: shownId(r),
        from: h.name,
        to: null,
        ...(role ? { role } : {}),
        ...(s.runnable ? {} : { blocked: true }),
        reason: reason ?? s.reason ?? homeless(r),
      },
    ]
  })
}
