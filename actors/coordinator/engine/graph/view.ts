/** An action's optional and runnable as its resource sees them: a group's or a clone's follow from what the members do. */
import { instancesOf } from '../assign/compatible.js'
import { type Action, type Host, type Res, topMost, type World } from '../world.js'

export interface View {
  readonly optional: boolean
  readonly runnable: boolean
}

const done: Readonly<Record<string, string>> = { running: 'start', stopped: 'stop', promoted: 'promote', demoted: 'demote' }
/** The task behind a mark: running -> start. */
export const plain = (task: string): string => done[task] ?? task

export const mark: Readonly<Record<string, string>> = { start: 'running', stop: 'stopped', promote: 'promoted', demote: 'demoted' }

export function view(w: World, a: Action, host?: Host): View {
  const { res } = a
  if (!res || res.kind === 'primitive') return a
  return res.kind === 'group' ? groupView(w, a, res, host) : cloneView(w, a, res, host)
}

/** Who does it: instances of a clone; a bundle's containers, or what runs inside where roles are meant. */
export const doers = (res: Res, task: string): readonly Res[] =>
  res.kind === 'bundle' && (task === 'promote' || task === 'demote')
    ? res.replicas.flatMap((x) => (x.child ? [x.child] : []))
    : instancesOf(res)

/** The machine under a bundle's inner node. */
const machineOf = (h: Host | undefined): Host | undefined =>
  h?.connection && topMost(h.connection).kind === 'bundle' ? (h.connection?.container?.assigned ?? h.connection?.container?.active[0]) : h

const own = (r: Res, task: string, host: Host | undefined): Action | undefined =>
  r.kind === 'primitive'
    ? r.actions.find((x) => x.task === task && x.intervalMs === 0 && (!host || x.host === host || machineOf(x.host) === host))
    : r.actions.find((x) => x.task === task)

function groupView(w: World, a: Action, res: Res, host: Host | undefined): View {
  let optional = true
  let runnable = true
  const task = plain(a.task)
  for (const m of res.children) {
    const x = own(m, task, host)
    if (!x) {
      if (task !== 'stop' && task !== 'demote') runnable = false
      continue
    }
    const v = view(w, x, host)
    if (!v.optional) {
      optional = false
      a.optional = false
    }
    if (!v.runnable && task !== a.task) {
      runnable = false
      a.runnable = false
    }
  }
  return { optional: optional && (host !== undefined || a.optional), runnable: runnable && a.runnable }
}

function cloneView(w: World, a: Action, res: Res, host: Host | undefined): View {
  let optional = true
  let any = false
  const task = plain(a.task)
  for (const i of doers(res, task)) {
    const x = own(i, i.kind === 'group' ? a.task : task, host)
    if (!x) continue
    const v = view(w, x, host)
    if (!v.optional) {
      optional = false
      a.optional = false
    }
    if (v.runnable) any = true
  }
  if (!any && !host) a.runnable = false
  return { optional, runnable: any }
}
