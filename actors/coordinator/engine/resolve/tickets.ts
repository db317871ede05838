/** Ticket constraints: without the ticket a resource does what its loss-policy says; with a ticket on standby it is not promoted or started. */
import type { Constraint } from '../scene.js'
import { INF, parseRole, Role } from '../score.js'
import { fence } from '../state/hosts.js'
import { why } from '../why.js'
import { type Res, scoreDeep, type TicketRule, type World } from '../world.js'
import { resourcesOf } from './names.js'
import { holds } from './rules.js'

type Spec = Extract<Constraint, { type: 'ticket' }>

export function resolveTickets(w: World): void {
  for (const c of w.scene.constraints) {
    if (c.type !== 'ticket' || (c.lifetime && !holds(c.lifetime, { nowS: w.scene.nowS }))) continue
    for (const s of c.sets) for (const m of s.members) for (const r of resourcesOf(w, m)) tie(w, c, r, s.role ?? c.role)
    if (c.resource !== undefined) for (const r of resourcesOf(w, c.resource)) tie(w, c, r, c.role)
  }
}

function tie(w: World, c: Spec, res: Res, role: string | undefined): void {
  const p = c.lossPolicy
  const parsed = parseRole(role)
  const rule: TicketRule = {
    id: c.id,
    ticket: c.ticket,
    res,
    role: parsed === Role.started ? Role.unknown : parsed,
    policy: p === 'fence' && !w.options.fencing ? 'stop' : p === 'fence' || p === 'freeze' || p === 'demote' ? p : 'stop',
  }
  res.tickets.push(rule)
  apply(w, res, rule)
}

const stateOf = (w: World, rule: TicketRule): 'granted' | 'standby' | 'lost' => {
  const t = w.scene.tickets.find((x) => x.id === rule.ticket)
  return !t?.granted ? 'lost' : t.standby ? 'standby' : 'granted'
}

/** Without the ticket: what runs does as the policy says, what does not run stays stopped. On standby nothing new starts. */
function apply(w: World, res: Res, rule: TicketRule): void {
  const state = stateOf(w, rule)
  if (state === 'granted') return
  if (res.kind !== 'primitive') {
    for (const c of res.children) apply(w, c, rule)
    return
  }
  const bar = (why: string): void => {
    for (const h of w.hosts) scoreDeep(w, res, h, -INF, why, 'engine.ticket')
  }
  const promotedOnly = rule.role === Role.promoted
  if (state === 'standby' || res.active.length === 0) {
    if (!promotedOnly || rule.policy === 'stop') bar(state === 'standby' ? 'ticket-standby' : 'no-ticket')
    return
  }
  const matches = rule.role === Role.unknown || rule.role === res.role
  switch (rule.policy) {
    case 'stop':
      bar('loss-of-ticket')
      break
    case 'demote':
      if (!promotedOnly) bar('loss-of-ticket')
      break
    case 'fence':
      if (!matches) return
      bar('loss-of-ticket')
      for (const h of res.active) fence(w, h, why('engine.fence-ticket', { ticket: rule.ticket }))
      break
    case 'freeze':
      if (!matches) return
      res.managed = false
      res.blocked = true
      break
  }
}

/** No instance of this clone may be promoted: a ticket for the promoted role is not there. */
export const promotionBarred = (w: World, clone: Res): boolean =>
  clone.tickets.some((t) => t.role === Role.promoted && stateOf(w, t) !== 'granted')
