/** Scores before placement: location constraints, stickiness, failures beyond the threshold, exclusive discovery, nodes that some things avoid. */

import type { Discovery } from '../places.js'
import { add, INF, Role } from '../score.js'
import { barred, failCount } from '../state/failcount.js'
import { type Host, isFenceDevice, isRemote, type Location, placeOf, type Res, scoreDeep, top, topMost, type World } from '../world.js'
import { lockAll } from './locks.js'

export function applyScores(w: World): void {
  for (const r of w.tree()) for (const l of r.locations) if (l.res === r) applyLocation(w, r, l, true)
  for (const r of w.primitives()) {
    stick(w, r)
    threshold(w, r)
    avoidRemotes(r)
  }
  lockAll(w)
  for (const r of w.tree()) {
    if (!r.exclusiveDiscovery && !top(r).exclusiveDiscovery) continue
    for (const p of r.places.values()) if (p.discovery !== 'exclusive') w.score(r, p.host, -INF, 'discovery', 'engine.discovery')
  }
}

/** On a group the score is its first member's; the others only learn that the node is a candidate. */
function applyLocation(w: World, r: Res, l: Location, scored: boolean): void {
  if (r !== l.res && r.kind === 'primitive') r.locations.push(l)
  else if (r !== l.res) r.locations.push(l)
  if (l.role > Role.started && r.kind !== 'group' && r.kind !== 'bundle') {
    for (const c of r.children) applyLocation(w, c, l, scored)
    return
  }
  for (const [host, score] of l.places) {
    if (l.role > Role.started) continue
    if (r.kind !== 'group' || scored) w.score(r, host, scored ? score : 0, l.id, 'engine.location')
    if (l.discovery !== undefined) {
      const place = placeOf(r, host)
      if (strictness[l.discovery] > strictness[place.discovery]) place.discovery = l.discovery
      if (l.discovery === 'exclusive') r.exclusiveDiscovery = true
    }
  }
  if (r.kind === 'bundle') {
    for (const c of r.children) if (c.kind === 'clone' && l.role > Role.started) applyLocation(w, c, l, scored)
    for (const x of r.replicas) for (const c of [x.container, x.ip]) if (c) applyLocation(w, c, l, scored)
    return
  }
  r.children.forEach((c, i) => {
    applyLocation(w, c, l, scored && (r.kind !== 'group' || !r.colocated || i === 0))
  })
}

/** Where constraints disagree about one node, the strictest counts. */
const strictness: Readonly<Record<Discovery, number>> = { always: 0, never: 1, exclusive: 2 }

/** Stays where it is, all else being equal; whatever is below 1 is no wish to leave. */
function stick(w: World, r: Res): void {
  if (r.stickiness < 1 || !r.managed || r.active.length !== 1) return
  const host = r.active[0]
  if (host && (w.options.symmetric || r.places.has(host))) w.score(r, host, r.stickiness, 'stickiness', 'engine.stickiness')
}

/** Too many failures on a node bar it; where instances are alike, for all of them. */
function threshold(w: World, r: Res): void {
  if (r.threshold <= 0) return
  const seen = barred(r)
  if (!r.managed) return
  for (const h of w.hosts) {
    if (!tooMany(w, r, h) || w.memory.clears.some((c) => c.res === r && c.host === h)) continue // it is about to be forgotten
    scoreDeep(w, seen, h, -INF, 'migration-threshold', 'engine.threshold')
  }
}

export function tooMany(w: World, r: Res, host: Host): boolean {
  if (r.threshold <= 0 || r.failureIgnored) return false
  const { count } = failCount(w, r, host, true)
  return count > 0 && count >= r.threshold
}

/** Fence devices, connections and containers live on members only. */
function avoidRemotes(r: Res): void {
  const outer = topMost(r)
  const part = outer.kind === 'bundle' && outer.replicas.some((x) => x.container === r || x.ip === r || x.remote === r)
  const machine = r.fillers.some((f) => f.remoteHost)
  for (const p of r.places.values()) {
    const inside = p.host.connection && topMost(p.host.connection)
    if (inside?.kind === 'bundle' && (inside !== outer || part)) {
      p.score = add(p.score, -INF) // only what belongs into the container lives there
      p.discovery = 'never'
    } else if (isFenceDevice(r) || r.remoteHost ? isRemote(p.host) : machine && (part ? p.host.kind === 'guest' : isRemote(p.host)))
      p.score = add(p.score, -INF)
  }
}
