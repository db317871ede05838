/**
 * Who goes where. Connections to remote nodes first, then everything in order of priority. Whoever is asked first sees to it that what it must
 * be with is placed before it; a loop of colocations ends at the resource that is already being placed.
 */
import type { Place } from '../places.js'
import { INF, Role } from '../score.js'
import { haveDevices } from '../state/outcome.js'
import { available, type Colocation, type Host, type Res, type World } from '../world.js'
import { assignBundle } from './bundles.js'
import { capacity } from './capacity.js'
import { assignClone } from './clones.js'
import { follow, heed, influences, mandatory, thisWith, withThis } from './colocate.js'
import { anyAvailable, firstRanked } from './nodes.js'
import { sortResources } from './queue.js'
import { replace, replaceBy, scoresOf } from './scores.js'
import { take } from './take.js'

export function assignAll(w: World): void {
  const queue = w.options.placement === 'default' ? [...w.resources] : sortResources(w)
  for (const r of queue) if (r.remoteHost && r.kind === 'primitive') assign(w, r, r.migrateTo)
  for (const r of queue) if (!(r.remoteHost && r.kind === 'primitive')) assign(w, r)
}

/** Places `res`; `prefer` is taken if nothing is better. Gives the node. */
export function assign(w: World, res: Res, prefer?: Host, onlyPreferred = false): Host | undefined {
  switch (res.kind) {
    case 'primitive':
      return assignPrimitive(w, res, prefer, onlyPreferred)
    case 'group':
      return assignGroup(w, res, prefer, onlyPreferred)
    case 'clone':
      assignClone(w, res)
      return undefined
    case 'bundle':
      assignBundle(w, res)
      return undefined
  }
}

function assignGroup(w: World, res: Res, prefer: Host | undefined, onlyPreferred: boolean): Host | undefined {
  if (!res.provisional) return res.children[0]?.assigned
  if (res.busy) return undefined
  res.busy = true
  let first: Host | undefined
  res.role = res.children[0]?.role ?? Role.stopped
  for (const m of res.children) {
    const host = assign(w, m, prefer, onlyPreferred)
    first ??= host
    if (onlyPreferred && !host && m === res.children[0] && res.colocated) break
  }
  res.nextRole = res.children[0]?.nextRole ?? Role.stopped
  res.busy = false
  res.provisional = false
  return res.colocated ? first : undefined
}

function assignPrimitive(w: World, res: Res, prefer: Host | undefined, onlyPreferred: boolean): Host | undefined {
  if (res.parent && !res.parent.busy && res.parent.provisional) assign(w, res.parent, prefer, onlyPreferred)
  if (!res.provisional) return res.assigned
  if (res.busy) return undefined
  res.busy = true
  colocations(w, res)
  if (!res.provisional) {
    res.busy = false // it found no partner, which settles it
    return undefined
  }
  if (res.nextRole === Role.stopped) bar(w, res)
  else if (res.nextRole > res.role && !w.scene.quorate && w.options.noQuorum === 'freeze') res.nextRole = res.role
  if (w.options.fencing && !haveDevices(w)) res.managed = false
  if (!res.managed) stay(w, res)
  else if (w.options.stopAll) take(w, res, undefined, true)
  else best(w, res, prefer, onlyPreferred)
  res.busy = false
  if (res.remoteHost) connectionPlaced(res, res.remoteHost)
  return res.assigned
}

const bar = (w: World, res: Res): void => {
  for (const p of res.places.values()) w.score(res, p.host, -INF, res.nextRoleWhy || 'target-role', 'engine.target-role')
}

/** What nobody manages stays where it is. */
function stay(w: World, res: Res): void {
  res.nextRole = res.role
  const here = res.active[0]
  take(w, res, here, true)
  if (!here) res.nextRole = res.role
}

function colocations(w: World, res: Res): void {
  const ours = thisWith(res)
  const theirs = withThis(res)
  for (const wanted of [true, false]) {
    for (const c of ours) if (mandatory(c) === wanted) followFirst(w, res, c)
    for (const c of theirs) if (mandatory(c) === wanted) heedOne(w, res, c)
  }
}

function followFirst(w: World, res: Res, c: Colocation): void {
  const mayFail = c.dependentRole >= Role.promoted || (c.score < 0 && c.score > -INF)
  const before = mayFail ? scoresOf(w, res.places) : undefined
  assign(w, c.primary)
  const written = w.ledger.length
  follow(w, res, c.primary, c)
  if (!before || anyAvailable(res.places.values())) return
  replace(res, before)
  w.ledger.length = written
}

export function heedOne(w: World, res: Res, c: Colocation): void {
  if (!influences(c, res)) return
  const now = scoresOf(w, res.places)
  const work = heed(w, whole(c.dependent, res), now, c.attribute, c.score / INF, { positive: res.kind === 'clone', nested: true })
  if (work !== now) replaceBy(w, res, work, c.id, 'engine.colocated-wish')
}

/** A member that must be with something takes its group along: where the group cannot be, the member cannot either. */
function whole(dependent: Res, primary: Res): Res {
  const group = dependent.parent
  return group?.kind === 'group' && group.colocated && primary.parent !== group && group.children[0] !== dependent ? group : dependent
}

/** The best node there is; the present one if it is just as good. */
function best(w: World, res: Res, prefer: Host | undefined, onlyPreferred: boolean): void {
  const roomiest = capacity(w, res)
  const first = firstRanked(w, res)
  const wish = prefer ?? roomiest
  const wished = wish && res.places.get(wish)
  const usable = (p: Place | undefined): boolean => p !== undefined && p.score >= 0 && available(p.host)
  const top = first && available(first.host) ? first.score : -INF
  let chosen: Place | undefined
  if (wished && wished.score >= top && usable(wished)) chosen = wished
  if (!chosen && prefer && onlyPreferred) {
    w.declined = usable(first) ? first?.host : undefined
    take(w, res, undefined, false)
    return
  }
  if (!chosen && first) {
    chosen = first
    if (!isUniqueInstance(res) && first.score > 0 && available(first.host)) {
      const running = res.active[0]
      const mine = running && res.places.get(running)
      if (mine && available(mine.host) && mine.score === first.score) chosen = mine
    }
  }
  take(w, res, chosen?.host, false)
}

const isUniqueInstance = (res: Res): boolean => res.parent?.kind === 'clone' && res.parent.unique

/** Where the connection goes decides about the remote node. */
function connectionPlaced(res: Res, host: Host): void {
  if (res.assigned && res.nextRole !== Role.stopped) {
    host.online = true
    if (host.unseen && !(res.failed && res.managed)) host.unclean = false // one that failed does not make up for it
  } else host.shutdown = true
}
