/**
 * What instances of clones with `notify` are to be told (OCF notify), as part of the plan: who can be told now, of what they were not told yet, and the lists
 * of what there is and what is done. Who was told what stands in tell.ts. Rules:
 *  - before each start, stop, promotion and demotion all active instances are told (pre), after it those that are active then (post);
 *  - an operation is over when its post was told (need.ts): what depends on it, also the next operation on the instance, waits so long;
 *  - that it was not told yet stands in the row of its instance, so that a new leader knows of it, too; what ended with a fenced life is told from the log;
 *  - the lists are those from before the operation, pre and post alike.
 */
import type { NodeId, ResourceId } from '../../runtime/actor.js'
import type { CloneDoc } from '../../runtime/config/document.js'
import { instanceRight } from '../log/right.js'
import type { Noticed, Row } from './messages.js'
import type { Model, NodeNow, PlanInput, Res } from './model.js'
import type { PlannedAction } from './order.js'

/** What was done, and whom nobody has told of it. */
export interface Due {
  readonly key: string
  /** The operation, or the life that ended. */
  readonly id: string
  readonly action: Noticed
  /** The instance itself, where it can be told that the others know. */
  readonly self?: Listener
}
export interface Listener {
  readonly resource: ResourceId
  readonly node: NodeId
}
export interface Notices {
  readonly clone: string
  /** Active instances on nodes that are not in doubt. */
  readonly audience: readonly Listener[]
  readonly due: readonly Due[]
  /** Variables notify_..._resource and notify_..._uname. */
  readonly lists: Readonly<Record<string, string>>
}

const noticeKey = (resource: ResourceId, node: NodeId, action: Noticed): string => `${instanceRight(resource, node)} ${action}`

/** The row, with what instances were not told of yet: nothing where the clone does not notify. */
export function open({ spoken }: PlanInput, row: Row | undefined, n: NodeNow | undefined, clone: CloneDoc | undefined): Row | undefined {
  if (!row?.untold || !n) return row
  if (clone?.notify && spoken?.[noticeKey(row.resource, n.node, row.untold.action)] !== row.untold.op) return row
  const { untold: _, ...rest } = row
  return rest
}

/** In which order what is done at the same time is told, as in the field. */
export const inTurn: readonly Noticed[] = ['demote', 'stop', 'start', 'promote']

export function noticesOf(m: Model, actions: readonly PlannedAction[]): readonly Notices[] {
  return (m.config.clones ?? []).flatMap((clone) => (clone.notify ? [noticesOfClone(m, clone, actions)] : []))
}

type Was = 'inactive' | 'unpromoted' | 'promoted'
interface Entry extends Listener {
  readonly id: string
  readonly uname: string
  readonly was: Was
  readonly does: ReadonlySet<Noticed>
  readonly due: readonly Due[]
  readonly listens: boolean
}

function noticesOfClone(m: Model, clone: CloneDoc, all: readonly PlannedAction[]): Notices {
  const actions = all.filter((a) => a.notify === clone.name)
  const entries = (m.named.get(clone.name) ?? []).flatMap((r) => {
    const n = m.nodes[r.bound ?? -1]
    return n ? [entry(m, clone, r, n, actions)] : []
  })
  return {
    clone: clone.name,
    audience: entries.filter((e) => e.listens).map(({ resource, node }) => ({ resource, node })),
    due: entries.flatMap((e) => e.due),
    lists: listsOf(clone, entries),
  }
}

function entry(m: Model, clone: CloneDoc, r: Res, n: NodeNow, actions: readonly PlannedAction[]): Entry {
  const at = r.bound ?? -1
  const row = r.rows[at]
  const asked = n.standing === 'usable' || n.standing === 'leaving'
  const self = { resource: r.resource, node: n.node }
  const dead = endedWithLife(m, r, n)
  const { untold } = row ?? {}
  const own: Due[] = untold
    ? [{ key: noticeKey(r.resource, n.node, untold.action), id: untold.op, action: untold.action, ...(asked && { self }) }]
    : []
  const due = [...own, ...dead]
  const planned = actions.flatMap((a) => (a.resource === r.resource && a.node === n.node ? [a.action] : []))
  // What has failed is not asked: it must not hold its own recovery up. What only runs with other parameters works.
  const works = row?.state === 'running' || row?.state === 'promoted' || (row?.state === 'failed' && row.outdated !== undefined)
  return {
    ...self,
    id: `${r.name}:${at}`,
    uname: n.name,
    was: untold ? beforeIt[untold.action] : now(m, clone, r, n, dead),
    does: new Set([
      ...due.map((d) => d.action),
      ...planned.filter((a): a is Noticed => a !== 'fence' && a !== 'monitor' && a !== 'notify'),
    ]),
    due,
    listens: asked && works && r.managed,
  }
}

const beforeIt: Readonly<Record<Noticed, Was>> = { start: 'inactive', stop: 'unpromoted', promote: 'unpromoted', demote: 'promoted' }

/** Of a node that is not heard: as its right and its last row have it. */
function now(m: Model, clone: CloneDoc, r: Res, n: NodeNow, dead: readonly Due[]): Was {
  const at = r.bound ?? -1
  const state = r.rows[at]?.state
  if (dead.length > 0) return dead.some((d) => d.action === 'demote') ? 'promoted' : 'unpromoted'
  if (state === undefined) return !r.grant || r.grant.released ? 'inactive' : lastRow(m, r, n) === 'promoted' ? 'promoted' : 'unpromoted'
  if (!mayBeActive(state)) return 'inactive'
  return (m.promoted.get(clone.name) ?? []).some((slot) => slot.active.includes(at)) ? 'promoted' : 'unpromoted'
}

const mayBeActive = (state: Row['state']): boolean => state !== 'stopped' && state !== 'unknown' && state !== 'starting'

/** What the life that had the right to it last said. */
function lastRow(m: Model, r: Res, n: NodeNow): Row['state'] | undefined {
  const rows = m.input.rows[n.node]
  return rows?.boot === r.grant?.boot ? rows?.rows[r.resource]?.state : undefined
}

/** Its node was fenced, or is there again in a newer life: it could not be told before. */
function endedWithLife(m: Model, r: Res, n: NodeNow): readonly Due[] {
  const { grant } = r
  const { state, spoken = {} } = m.input
  const row = r.rows[r.bound ?? -1]
  const fenced = row === undefined && state.certificates.some((c) => c.node === grant?.node && c.boot === grant.boot)
  if (!grant || !(fenced || (r.hold === 'rebooted' && row?.state === 'stopped'))) return []
  const last = lastRow(m, r, n)
  if (last !== undefined && !mayBeActive(last)) return []
  const actions: readonly Noticed[] = last === 'promoted' ? ['demote', 'stop'] : ['stop']
  return actions
    .map((action): Due => ({ key: noticeKey(r.resource, n.node, action), id: grant.boot, action }))
    .filter((due) => spoken[due.key] !== due.id)
}

function listsOf(clone: CloneDoc, entries: readonly Entry[]): Readonly<Record<string, string>> {
  const lists: Record<string, string> = {}
  const list = (name: string, of: (e: Entry) => boolean): void => {
    const found = entries.filter(of)
    const text = (words: readonly string[]): string => (words.length > 0 ? words.join(' ') : ' ') // an empty one is a space: agents compare
    lists[`notify_${name}_resource`] = text(found.map((e) => e.id))
    lists[`notify_${name}_uname`] = text(found.map((e) => e.uname))
  }
  list('start', (e) => e.does.has('start'))
  list('stop', (e) => e.does.has('stop'))
  list('active', (e) => e.was !== 'inactive')
  list('inactive', (e) => e.was === 'inactive')
  if (clone.promoted === undefined) return lists
  list('promote', (e) => e.does.has('promote'))
  list('demote', (e) => e.does.has('demote'))
  for (const name of ['promoted', 'master']) list(name, (e) => e.was === 'promoted')
  for (const name of ['unpromoted', 'slave']) list(name, (e) => e.was === 'unpromoted')
  return lists
}
