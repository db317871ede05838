/** What is done to clones: operators change them (O11, O12), and a promoted service falls back by itself (X3). Only in histories that have some. */
import { removeResource, type setNode, setTargetRole } from '../../../console/api/edits.js'
import type { CloneDoc, ConfigDoc, OrderDoc, ResourceDoc } from '../../../runtime/config/document.js'
import { isPromoted } from '../clones.js'
import { idsOf } from '../cluster.js'
import type { World } from '../world.js'
import { among, type Fault, later, machines } from './kind.js'
import { change, edited, restore } from './operators.js'

const plain = { ordered: false, interleave: true, notify: false, targetRole: 'Started' } as const
type Edited = ReturnType<typeof setNode>

/** One clone that there is, changed. */
const altered = (doc: ConfigDoc, clone: CloneDoc, next: CloneDoc): ConfigDoc => ({
  ...doc,
  clones: (doc.clones ?? []).map((c) => (c === clone ? next : c)),
})

const without = <K extends keyof CloneDoc>(clone: CloneDoc, key: K): Omit<CloneDoc, K> => {
  const { [key]: _, ...rest } = clone
  return rest
}

/** Other numbers, another role: what a configuration allows. */
function otherwise(w: World, clone: CloneDoc): CloneDoc {
  const n = machines(w).length
  switch (w.random.int(3)) {
    case 0: {
      const max = Math.max(clone.promoted ?? 1, 1 + w.random.int(n))
      return w.random.chance(0.3) ? (without(clone, 'max') as CloneDoc) : { ...clone, max }
    }
    case 1:
      return clone.promoted === undefined || (clone.max ?? n) < 2 ? clone : { ...clone, promoted: 3 - Math.min(2, clone.promoted) }
    default: {
      const roles = clone.promoted === undefined ? (['Started', 'Stopped'] as const) : (['Started', 'Stopped', 'Unpromoted'] as const)
      return { ...clone, targetRole: among(w, roles) ?? 'Started' }
    }
  }
}

/** What runs once runs on each node from now on, or the other way round: it is stopped first, and changed as soon as nobody has a right to it. */
function turned(w: World): string | undefined {
  const stops = change(w, 'stop what is to be cloned, or to be no clone any more', (doc) =>
    edited(setTargetRole(doc, nameOf(doc), 'Stopped')),
  )
  const turn = (doc: ConfigDoc): ConfigDoc | undefined => {
    const clone = doc.clones?.find((c) => c.resource === 'job')
    // biome-ignore lint/suspicious/noThenProperty: a word of the document
    const order = (o: OrderDoc, first: string, then: string): OrderDoc => ({ ...o, first, then })
    const named = (from: string, to: string): Pick<ConfigDoc, 'locations' | 'orders'> => ({
      locations: doc.locations.map((l) => (l.resource === from ? { ...l, resource: to } : l)),
      orders: doc.orders.map((o) => order(o, o.first === from ? to : o.first, o.then === from ? to : o.then)),
    })
    const started = (r: ResourceDoc): ResourceDoc => (r.name === 'job' ? { ...r, meta: { ...r.meta, targetRole: 'Started' } } : r)
    if (!doc.resources.some((r) => r.name === 'job')) return undefined
    const rest = { ...doc, resources: doc.resources.map(started) }
    if (!clone) return { ...rest, ...named('job', 'jobs'), clones: [...(doc.clones ?? []), { ...plain, name: 'jobs', resource: 'job' }] }
    return { ...rest, ...named('jobs', 'job'), clones: (doc.clones ?? []).filter((c) => c !== clone) }
  }
  if (stops === undefined) return undefined
  for (const ms of [300, 1_500, 4_000]) later(w, ms, () => void (w.random.chance(0.6) && change(w, 'turn it', turn)))
  return `${stops}, then turn it`
}
const nameOf = (doc: ConfigDoc): string => doc.clones?.find((c) => c.resource === 'job')?.name ?? 'job'

/** A resource that is new, and a clone from the beginning. */
function added(w: World, doc: ConfigDoc): ConfigDoc | undefined {
  const like = doc.resources.find((r) => r.agent === 'kyha:Dummy')
  const name = `many${w.random.int(3)}`
  if (!like || doc.resources.some((r) => r.name === name)) return undefined
  const promoted = w.random.chance(0.5) ? { promoted: 1 } : {}
  const clone: CloneDoc = { ...plain, name: `${name}-clone`, resource: name, ...promoted }
  return { ...doc, resources: [...doc.resources, { ...like, name, params: {} }], clones: [...(doc.clones ?? []), clone] }
}

export const cloneFaults: readonly Fault[] = [
  {
    id: 'O11',
    name: 'clone-change',
    clones: true,
    apply: (w) =>
      change(w, 'another number of instances or promoted roles, or another role', (doc) => {
        const clone = among(w, doc.clones ?? [])
        return clone && altered(doc, clone, otherwise(w, clone))
      }),
    ends: restore,
  },
  {
    id: 'O12',
    name: 'clone-add-remove',
    clones: true,
    apply(w) {
      switch (w.random.int(3)) {
        case 0:
          return change(w, 'delete a clone', (doc) => {
            const clone = among(w, doc.clones ?? [])
            return clone && edited(removeResource(doc, w.random.chance(0.5) ? clone.name : clone.resource) as Edited)
          })
        case 1:
          return change(w, 'add a clone', (doc) => added(w, doc))
        default:
          return turned(w)
      }
    },
    ends: restore,
  },
  {
    id: 'X3',
    name: 'role-lost',
    clones: true,
    apply(w) {
      const all = Object.values(idsOf(w)).flatMap((id) => machines(w).flatMap((m) => (isPromoted(m, id) ? [{ m, id }] : [])))
      const one = among(w, all)
      one?.m.guard?.demotes(one.id)
      return one && `${one.id} on ${one.m.name} falls back from its promoted role`
    },
  },
]
