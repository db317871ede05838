/** Order constraints of the configuration, sets opened into pairs, as orderings by key. */
import { pseudo } from '../actions/create.js'
import { idsOf, isCollection, resourceNamed, resourcesOf } from '../resolve/names.js'
import { holds } from '../resolve/rules.js'
import type { Constraint, ResourceSetSpec } from '../scene.js'
import { flag, parseScore } from '../score.js'
import type { Action, Res, World } from '../world.js'
import { Order } from './flags.js'
import { orderAfterKey, orderBeforeKey, orderKeys } from './orderings.js'
import { doers } from './view.js'

type Spec = Extract<Constraint, { type: 'order' }>
type Kind = 'optional' | 'mandatory' | 'serialize'
type Symmetry = 'asymmetric' | 'symmetric' | 'inverse'

export function resolveOrders(w: World): void {
  for (const c of w.scene.constraints) {
    if (c.type !== 'order' || (c.lifetime && !holds(c.lifetime, { nowS: w.scene.nowS }))) continue
    if (c.sets.length > 0) sets(w, c, c.sets)
    else if (isCollection(w, c.first) || isCollection(w, c.next)) sets(w, c, collections(w, c))
    else simple(w, c)
  }
}

function kindOf(c: Spec): Kind {
  const k = c.kind?.toLowerCase()
  if (k === 'optional' || k === 'mandatory' || k === 'serialize') return k
  if (k === undefined && c.score !== undefined) return (parseScore(c.score) ?? 0) > 0 ? 'mandatory' : 'optional'
  return 'mandatory'
}
const symmetric = (c: Spec): boolean => kindOf(c) !== 'serialize' && flag(c.symmetrical, true)

function flagsFor(kind: Kind, first: string, symmetry: Symmetry): number {
  if (kind === 'optional') return Order.optional
  if (kind === 'serialize') return Order.serialize
  if (symmetry === 'asymmetric') return Order.asymmetric | Order.optional
  if (symmetry === 'inverse') return Order.thenImpliesFirst
  return Order.firstImpliesThen | (first === 'start' || first === 'promote' ? Order.runnable : 0)
}

const inverse: Readonly<Record<string, string>> = { start: 'stop', stop: 'start', promote: 'demote', demote: 'promote' }

function collections(w: World, c: Spec): ResourceSetSpec[] {
  const set = (name: string | undefined, action: string | undefined): ResourceSetSpec => ({
    id: c.id,
    members: name === undefined ? [] : idsOf(w, name),
    sequential: !isCollection(w, name),
    requireAll: flag(c.requireAll, true),
    ...(action === undefined ? {} : { action }),
  })
  return [set(c.first, c.firstAction), set(c.next, c.nextAction)]
}

function simple(w: World, c: Spec): void {
  const first = resourceNamed(w, c.first)
  const then = resourceNamed(w, c.next)
  if (!first || !then) return
  const firstTask = c.firstAction ?? 'start'
  const thenTask = c.nextAction ?? firstTask
  const kind = kindOf(c)
  const both = symmetric(c)
  const min = minimum(first, c)
  if (min > 0 && (firstTask === 'start' || firstTask === 'promote')) enough(w, c.id, first, firstTask, then, thenTask, kind, both, min)
  else
    orderKeys(
      w,
      first,
      firstTask,
      then,
      thenTask,
      flagsFor(kind, firstTask, both ? 'symmetric' : 'asymmetric') | along(kind, then, Order.firstImpliesThen),
      c.id,
    )
  const [undoFirst, undoThen] = [inverse[firstTask], inverse[thenTask]]
  if (!both || !undoFirst || !undoThen) return
  orderKeys(
    w,
    then,
    undoThen,
    first,
    undoFirst,
    flagsFor(min > 0 ? 'optional' : kind, undoThen, 'inverse') | along(kind, first, Order.thenImpliesFirst),
    c.id,
  )
}

/** restart-type=restart: what is ordered optionally after something else restarts along with it all the same. */
const along = (kind: Kind, res: Res, flag: number): number => (kind === 'optional' && res.restartOnOrder ? flag : 0)

function minimum(first: Res, c: Spec): number {
  if (first.kind !== 'clone' && first.kind !== 'bundle') return 0
  const min = first.kind === 'clone' ? (first.clone?.min ?? 0) : 0
  return min > 0 ? min : flag(c.requireAll, true) ? 0 : 1
}

/** So many instances of `first` are enough for `then`. */
function enough(
  w: World,
  id: string,
  first: Res,
  firstTask: string,
  then: Res,
  thenTask: string,
  kind: Kind,
  both: boolean,
  min: number,
): void {
  const met = gate(w, `clone-min:${id}`, min)
  for (const i of doers(first, firstTask)) orderAfterKey(w, i, firstTask, met, Order.oneOrMore | Order.printThen)
  orderBeforeKey(w, met, then, thenTask, flagsFor(kind, firstTask, both ? 'symmetric' : 'asymmetric') | Order.runnable)
}

function gate(w: World, key: string, min: number): Action {
  const a = pseudo(w, key, key)
  a.minRunnable = min
  return a
}

function sets(w: World, c: Spec, list: readonly ResourceSetSpec[]): void {
  const kind = kindOf(c)
  const both = symmetric(c)
  const symmetry: Symmetry = both ? 'symmetric' : 'asymmetric'
  let previous: ResourceSetSpec | undefined
  const members = (s: ResourceSetSpec): Res[] => s.members.flatMap((m) => resourcesOf(w, m))
  for (const s of list) {
    within(w, c.id, members(s), s, kindOfSet(s, kind), symmetry)
    if (both && inverse[s.action ?? 'start'])
      within(w, c.id, members(s).reverse(), { ...s, action: inverse[s.action ?? 'start'] as string }, kindOfSet(s, kind), 'inverse')
    if (previous) {
      between(w, c.id, members(previous), previous, members(s), s, kind, symmetry)
      const [a, b] = [inverse[previous.action ?? 'start'], inverse[s.action ?? 'start']]
      if (both && a && b)
        between(
          w,
          c.id,
          members(s).reverse(),
          { ...s, action: b },
          members(previous).reverse(),
          { ...previous, action: a },
          kind,
          'inverse',
        )
    }
    previous = s
  }
}
const kindOfSet = (_s: ResourceSetSpec, kind: Kind): Kind => kind

/** Members of a sequential set one after the other; serialized ones each against each. */
function within(w: World, id: string, list: readonly Res[], s: ResourceSetSpec, kind: Kind, symmetry: Symmetry): void {
  const task = s.action ?? 'start'
  const flags = flagsFor(kind, task, symmetry)
  list.forEach((r, i) => {
    if (kind === 'serialize') {
      for (const other of list.slice(i + 1)) orderKeys(w, r, task, other, task, flags, id)
      return
    }
    const before = list[i - 1]
    if (s.sequential && before) orderKeys(w, before, task, r, task, flags, id)
  })
}

function between(
  w: World,
  id: string,
  before: readonly Res[],
  a: ResourceSetSpec,
  after: readonly Res[],
  b: ResourceSetSpec,
  kind: Kind,
  symmetry: Symmetry,
): void {
  const [firstTask, thenTask] = [a.action ?? 'start', b.action ?? 'start']
  const flags = flagsFor(kind, firstTask, symmetry)
  if (!a.requireAll && symmetry !== 'inverse') {
    const met = gate(w, `one-or-more:${a.id}:${b.id}`, 1)
    for (const r of before) orderAfterKey(w, r, firstTask, met, Order.oneOrMore | Order.printThen)
    for (const r of b.sequential ? after.slice(0, 1) : after) orderBeforeKey(w, met, r, thenTask, Order.runnable | Order.optional)
    return
  }
  if (!a.requireAll || !b.requireAll) {
    if (symmetry === 'inverse') return
  }
  const firsts = a.sequential ? before.slice(-1) : before
  const thens = b.sequential ? after.slice(0, 1) : after
  for (const f of firsts) for (const t of thens) orderKeys(w, f, firstTask, t, thenTask, flags, id)
}
