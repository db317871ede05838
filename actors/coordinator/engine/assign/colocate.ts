/**
 * Colocation in numbers. A dependent follows its primary: once the primary has a place, `follow` writes it into the dependent's candidates. A
 * primary heeds its dependents: `heed` adds what they prefer, scaled by the constraint's score, and what depends on them in turn.
 */
import { add, INF, Role as R, type Role } from '../score.js'
import { type Colocation, type Host, isClone, type Res, topMost, type World } from '../world.js'
import { compatible } from './compatible.js'
import { anyUsable, bestAlike, NONE, replaceBy, type Scores, scoresOf, valueAt } from './scores.js'
import { take } from './take.js'

const rank = { primitive: 0, group: 1, clone: 2, bundle: 3 } as const

/** Puts a list of one's own in order. */
function sorted(list: Colocation[], side: 'primary' | 'dependent'): Colocation[] {
  return list.sort((a, b) => {
    const [x, y] = [a[side], b[side]]
    if (x.priority !== y.priority) return y.priority - x.priority
    if (x.kind !== y.kind) return rank[y.kind] - rank[x.kind]
    if (x.kind === 'clone' && x.promotable !== y.promotable) return x.promotable ? -1 : 1
    return x.id < y.id ? -1 : x.id > y.id ? 1 : b.order - a.order
  })
}

/** What this resource must be with: its own constraints, those of the group (its first member's) and of the clone around it. */
export function thisWith(res: Res): Colocation[] {
  const list = [...res.thisWith]
  const group = res.parent?.kind === 'group' && res.parent.colocated && res.parent.children[0] === res ? res.parent : undefined
  for (const m of group?.children.slice(1) ?? []) list.push(...m.thisWith.filter((c) => c.score >= INF && c.primary.parent !== group))
  for (let r = res; r.parent; r = r.parent) {
    const p = r.parent
    if (p.kind === 'group' && p.children[0] !== r && p.colocated) break
    if (p.kind === 'bundle' && !p.replicas.some((x) => x.container === r)) break
    else list.push(...p.thisWith)
  }
  return sorted(list, 'primary')
}

/** What must be with this resource; of a group, its last member carries what is with the group. */
export function withThis(res: Res): Colocation[] {
  const list = [...res.withThis]
  for (let r = res; r.parent; r = r.parent) {
    const p = r.parent
    if (p.kind === 'group' && p.children.at(-1) !== r) break
    if (p.kind === 'bundle' && !p.replicas.some((x) => x.container === r)) break
    list.push(...p.withThis)
  }
  return sorted(list, 'dependent')
}

/** Does the dependent have a say in where `primary` goes? Not when it is told not to and the primary is already running. */
export function influences(c: Colocation, primary: Res = c.primary): boolean {
  return c.influence === true || (c.influence === false && !isActive(primary))
}
const isActive = (r: Res): boolean => (r.kind === 'primitive' ? r.active.length > 0 : r.children.some((x) => isActive(x)))

export const mandatory = (c: Colocation): boolean => Math.abs(c.score) >= INF

/** Adds to `scores` what `source` prefers, times `factor`, then what depends on it. Gives the new table; `scores` itself stays. */
export function heed(
  w: World,
  source: Res,
  scores: Scores,
  attribute: string,
  factor: number,
  options: { readonly positive: boolean; readonly nested: boolean; readonly forward?: boolean },
): Scores {
  if (source.merging) return scores
  source.merging = true
  let work = scores.slice()
  if (source.kind === 'group' && source.children.length > 0) {
    for (const m of source.colocated ? source.children.slice(0, 1) : source.children) work = heed(w, m, work, attribute, factor, options)
  } else addPreferences(w, work, source, attribute, factor, options.positive)
  if (anyUsable(w, work)) {
    const list = source.kind === 'group' ? [] : options.forward ? thisWith(source) : withThis(source)
    const deeper = options.nested ? options : { ...options, nested: true }
    for (const c of list) {
      const other = options.forward ? c.primary : c.dependent
      if (options.forward ? c.influence === 'never' : !influences(c)) continue
      work = heed(w, other, work, c.attribute, (factor * c.score) / INF, deeper)
    }
  } else if (options.nested) {
    source.merging = false
    return scores
  }
  if (options.positive) for (let i = 0; i < work.length; i++) if (work[i] === HELD) work[i] = 1
  source.merging = false
  return work
}

/** A mark, far outside all scores, on candidates whose preference would have turned negative where only positive ones count. */
const HELD = -100 * INF

function addPreferences(w: World, work: Scores, source: Res, attribute: string, factor: number, positive: boolean): void {
  const bests = bestAlike(w, source, attribute)
  const one = factor < 0 && hasOneChoice(source)
  for (let i = 0; i < work.length; i++) {
    const score = work[i] ?? NONE
    const best = bests[i] ?? -INF
    if (score === NONE || score === HELD || (factor < 0 && best < 0 && !one)) continue
    let delta = Math.trunc(factor * best + (factor * best < 0 ? -0.5 : 0.5))
    if (delta === 0 && best !== 0 && factor !== 0) delta = factor > 0 ? 1 : -1
    const sum = add(Math.max(-INF, Math.min(INF, delta)), score)
    if (positive && sum < 0 && score > 0) work[i] = HELD
    else if (!(positive && sum < 0 && score === 0)) work[i] = sum
  }
}

/** Is there but one node that `source` is not barred from? */
function hasOneChoice(source: Res): boolean {
  let choices = 0
  for (const p of source.places.values()) if (p.score >= 0) choices++
  return choices === 1
}

/** Writes the primary's place into the dependent's candidates. */
export function follow(w: World, dependent: Res, primary: Res, c: Colocation): void {
  if (dependent.kind === 'group') {
    if (dependent.colocated) {
      const first = dependent.children[0]
      if (first) follow(w, first, primary, c)
    } else if (c.score < INF) for (const m of dependent.children) follow(w, m, primary, c)
    return
  }
  switch (primary.kind) {
    case 'group':
      followGroup(w, dependent, primary, c)
      return
    case 'clone':
      followClone(w, dependent, primary, c)
      return
    case 'bundle':
      followBundle(w, dependent, primary, c)
      return
    default:
      followPrimitive(w, dependent, primary, c)
  }
}

function followGroup(w: World, dependent: Res, primary: Res, c: Colocation): void {
  if (primary.colocated) {
    const m = c.score >= INF ? primary.children.at(-1) : primary.children[0]
    if (m) follow(w, dependent, m, c)
  } else if (c.score < INF) for (const m of primary.children) follow(w, dependent, m, c)
}

const roleFits = (wanted: Role, r: Res): boolean => wanted === R.unknown || wanted === r.nextRole

function followPrimitive(w: World, dependent: Res, primary: Res, c: Colocation): void {
  if (primary.provisional || !dependent.provisional) return
  if (c.dependentRole !== R.unknown && c.dependentRole !== dependent.nextRole) return
  if (!roleFits(c.primaryRole, primary)) return
  const host = primary.assigned
  if (!host && c.score < 0) return
  const value = host && valueAt(host, c.attribute)
  const work = scoresOf(w, dependent.places)
  for (const { host: there, score } of dependent.places.values()) {
    const together = host !== undefined && valueAt(there, c.attribute) === value && (value !== undefined || !w.scene.own)
    const change = together ? (c.score < INF ? c.score : 0) : !host || c.score >= INF ? -c.score : 0
    if (change !== 0) work[there.index] = add(score, change)
  }
  if (mandatory(c) || anyUsable(w, work)) replaceBy(w, dependent, work, c.id, 'engine.colocated')
}

export const cloneAround = (r: Res): Res | undefined => {
  for (let p: Res | undefined = r.parent; p; p = p.parent) if (isClone(p)) return p
  return undefined
}

function followClone(w: World, dependent: Res, primary: Res, c: Colocation): void {
  if (primary.provisional) return
  if (primary.promotable && c.primaryRole !== R.unknown) {
    followRole(w, dependent, primary, c)
    return
  }
  const around = cloneAround(dependent)
  if (around?.clone?.interleave && topMost(dependent).kind !== 'bundle' && around.clone.nodeMax === primary.clone?.nodeMax) {
    inPairs(w, dependent, primary, c)
    return
  }
  if (c.score >= INF) {
    const hosts = primary.children.flatMap((i) => {
      const h = assignedHost(i)
      return h ? [h] : []
    })
    intersect(w, dependent, hosts, c)
  } else for (const i of primary.children) follow(w, dependent, i, c)
}

/** Each instance goes with one instance of the other; where a mandatory one finds none it runs nowhere. */
function inPairs(w: World, dependent: Res, primary: Res, c: Colocation): void {
  const mate = compatible(w, dependent, primary, R.unknown, false)
  if (mate) follow(w, dependent, mate, { ...c, primaryRole: R.unknown })
  else if (c.score >= INF) take(w, dependent, undefined, true)
}

export const assignedHost = (r: Res): Host | undefined => (r.kind === 'primitive' ? r.assigned : firstOf(r.children, assignedHost))

function firstOf<T>(list: readonly Res[], of: (r: Res) => T | undefined): T | undefined {
  for (const r of list) {
    const found = of(r)
    if (found !== undefined) return found
  }
  return undefined
}

/** Only the instances in the constraint's role count. */
function followRole(w: World, dependent: Res, primary: Res, c: Colocation): void {
  const hosts: Host[] = []
  for (const i of primary.children) {
    const host = assignedHost(i)
    if (!host || roleOf(i) !== c.primaryRole) continue
    hosts.push(host)
    if (c.score < INF) {
      const value = valueAt(host, c.attribute)
      for (const p of dependent.places.values())
        if (valueAt(p.host, c.attribute) === value) w.score(dependent, p.host, c.score, c.id, 'engine.colocated')
    }
  }
  if (c.score >= INF && (c.dependentRole !== R.promoted || c.primaryRole !== R.promoted)) intersect(w, dependent, hosts, c, primary)
}
const roleOf = (r: Res): Role => (r.kind === 'primitive' ? r.nextRole : ((r.children[0]?.nextRole ?? R.unknown) as Role))

/**
 * Bars the dependent from every node that shares no value with one of `hosts`; `primary` adds its own scores on those that do. The field asks for the
 * very same node here, whatever attribute the constraint names.
 */
function intersect(w: World, dependent: Res, hosts: readonly Host[], named: Colocation, primary?: Res): void {
  const c = w.scene.own ? named : { ...named, attribute: '#uname' }
  const values = new Set(hosts.map((h) => valueAt(h, c.attribute)))
  const bests = primary && bestAlike(w, primary, c.attribute)
  for (const p of dependent.places.values()) {
    const value = valueAt(p.host, c.attribute)
    if (value === undefined || !values.has(value)) w.score(dependent, p.host, -INF, c.id, 'engine.colocated')
    else if (bests) w.score(dependent, p.host, bests[p.host.index] ?? -INF, c.id, 'engine.colocated')
  }
}

function followBundle(w: World, dependent: Res, primary: Res, c: Colocation): void {
  if (primary.provisional) return
  if (c.dependent.kind === 'clone' || c.dependent.kind === 'bundle') {
    inPairs(w, dependent, primary, c)
    return
  }
  const hosts: Host[] = []
  for (const x of primary.replicas) {
    if (c.score < INF) {
      if (c.primaryRole !== R.unknown && x.child && x.child.nextRole !== c.primaryRole) continue
      followPrimitive(w, dependent, x.container, { ...c, primaryRole: R.unknown })
      continue
    }
    const host = x.container.assigned
    if (!host) continue
    if (c.primaryRole > R.unknown && x.child && x.child.nextRole < c.primaryRole) continue
    hosts.push(host)
  }
  if (c.score >= INF) intersect(w, dependent, hosts, c)
}
