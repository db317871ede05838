/** Colocation constraints, sets opened into pairs; and the ones that the tree itself implies: groups, guest nodes, bundles. */
import type { Constraint, ResourceSetSpec } from '../scene.js'
import { flag, INF, parseRole, parseScore, Role } from '../score.js'
import type { Colocation, Host, Res, World } from '../world.js'
import { idsOf, isCollection, resourceNamed, resourcesOf } from './names.js'
import { holds } from './rules.js'

type Spec = Extract<Constraint, { type: 'colocation' }>

export function resolveColocations(w: World): void {
  for (const c of w.scene.constraints) {
    if (c.type !== 'colocation' || (c.lifetime && !holds(c.lifetime, { nowS: w.scene.nowS }))) continue
    if (c.sets.length > 0) fromSets(w, c, c.sets)
    else if (isCollection(w, c.dependent) && isCollection(w, c.primary))
      continue // two collections cannot be colocated
    else if (isCollection(w, c.dependent) || isCollection(w, c.primary)) fromSets(w, c, collections(w, c))
    else
      pair(w, c, c.id, resourceNamed(w, c.dependent), resourceNamed(w, c.primary), parseScore(c.score) ?? 0, c.dependentRole, c.primaryRole)
  }
}

const roleOf = (text: string | undefined): Role => {
  const r = parseRole(text)
  return r === Role.started ? Role.unknown : r
}

function pair(
  w: World,
  c: Spec,
  id: string,
  dependent: Res | undefined,
  primary: Res | undefined,
  score: number,
  dependentRole?: string,
  primaryRole?: string,
): void {
  if (!dependent || !primary || dependent === primary || score === 0) return
  const { influence: says } = c
  const influence = says === undefined ? dependent.critical : says === 'never' ? says : flag(says, true)
  colocate(w, {
    id,
    dependent,
    primary,
    attribute: c.attribute ?? '#uname',
    score,
    dependentRole: roleOf(dependentRole),
    primaryRole: roleOf(primaryRole),
    influence,
  })
}

export function colocate(w: World, given: Omit<Colocation, 'order'>): void {
  const c: Colocation = { ...given, order: w.colocations.length }
  w.colocations.push(c)
  c.dependent.thisWith.push(c)
  c.primary.withThis.push(c)
}

/** A template or a tag in a simple constraint is a set whose members do not depend on each other. */
function collections(w: World, c: Spec): ResourceSetSpec[] {
  const set = (name: string | undefined, role: string | undefined): ResourceSetSpec => ({
    id: c.id,
    members: name === undefined ? [] : idsOf(w, name),
    sequential: false,
    requireAll: true,
    ...(role === undefined ? {} : { role }),
  })
  return [set(c.dependent, c.dependentRole), set(c.primary, c.primaryRole)]
}

function fromSets(w: World, c: Spec, sets: readonly ResourceSetSpec[]): void {
  const score = parseScore(c.score) ?? 0
  const members = (s: ResourceSetSpec): Res[] => s.members.flatMap((m) => resourcesOf(w, m))
  for (const s of sets) {
    const own = parseScore(s.score) ?? score
    const list = members(s)
    if (!s.sequential || own === 0) continue
    const listed = s.ordering === 'listed'
    list.forEach((r, i) => {
      if (own < 0) for (const other of list.slice(0, i)) pair(w, c, s.id, r, other, own, s.role, s.role)
      else if (i > 0) {
        const previous = list[i - 1]
        pair(w, c, s.id, listed ? previous : r, listed ? r : previous, own, s.role, s.role)
      }
    })
  }
  for (let i = 1; i < sets.length; i++) {
    const [dependents, primaries] = [sets[i - 1], sets[i]]
    if (!dependents || !primaries) continue
    const d = members(dependents)
    const p = members(primaries)
    for (const x of dependents.sequential ? d.slice(0, 1) : d)
      for (const y of primaries.sequential ? p.slice(-1) : p) pair(w, c, c.id, x, y, score, dependents.role, primaries.role)
  }
}

/** The guest node that `container` is, or connects to. */
const guestOf = (container: Res): Host | undefined => container.remoteHost ?? container.fillers.find((f) => f.remoteHost)?.remoteHost

/** What the tree implies. */
export function implied(w: World): void {
  const tie = (id: string, dependent: Res, primary: Res, score: number, influence: boolean): void =>
    colocate(w, { id, dependent, primary, attribute: '#uname', score, dependentRole: Role.unknown, primaryRole: Role.unknown, influence })
  for (const r of w.tree()) {
    if (r.kind === 'group' && r.colocated)
      r.children.forEach((m, i) => {
        const previous = r.children[i - 1]
        if (previous) tie('#group-members', m, previous, INF, m.critical)
      })
    if (r.kind === 'primitive' && r.container && r.parent?.kind !== 'bundle' && !r.container.children.includes(r)) {
      const guest = r.remoteHost ? undefined : guestOf(r.container)
      if (guest) for (const p of r.places.values()) p.score = p.host === guest ? p.score : -INF
      else tie('#resource-with-container', r, r.container, INF, true)
    }
    for (const replica of r.replicas) {
      if (replica.ip) tie('#ip-with-container', replica.ip, replica.container, INF, true)
      if (replica.remote) tie('#remote-with-container', replica.remote, replica.container, 10_000, false)
    }
  }
}
