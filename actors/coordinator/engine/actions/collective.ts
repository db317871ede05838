/** Groups, clones and bundles: their own begin and end marks around what their members do. */
import { instancesOf } from '../assign/compatible.js'
import { Role } from '../score.js'
import { type Action, isClone, type Res, type World } from '../world.js'
import { pseudo } from './create.js'
import { createActions } from './primitive.js'

export function createAll(w: World, list: readonly Res[] = w.resources): void {
  for (const r of list) {
    if (r.kind === 'primitive') createActions(w, r)
    else if (r.kind === 'group') createGroup(w, r)
    else if (r.kind === 'clone') createClone(w, r)
    else createBundle(w, r)
  }
}

const mark = (w: World, res: Res, task: string, optional: boolean, runnable: boolean): Action => {
  const a = pseudo(w, `${res.id}_${task}_0`, task, res, optional)
  a.runnable = runnable
  if (!optional) a.optional = false
  return a
}

function createGroup(w: World, res: Res): void {
  createAll(w, res.children)
  for (const t of ['start', 'running', 'stop', 'stopped']) mark(w, res, t, true, true)
  if (res.promotable) for (const t of ['demote', 'demoted', 'promote', 'promoted']) mark(w, res, t, true, true)
}

interface State {
  starting: boolean
  stopping: boolean
  active: boolean
}

/** What the actions of an instance come to. */
function stateOf(w: World, instances: readonly Res[]): State {
  const s: State = { starting: false, stopping: false, active: false }
  for (const i of instances) {
    for (const r of w.primitives([i])) {
      if (r.active.length > 0 && r.role > Role.stopped) s.active = true
      for (const a of r.actions) {
        if (a.optional || (!a.runnable && !a.pseudo)) continue
        if (a.task === 'start') s.starting = true
        else if (a.task === 'stop') s.stopping = true
      }
    }
  }
  return s
}

function marks(w: World, res: Res, instances: readonly Res[]): void {
  const s = stateOf(w, instances)
  mark(w, res, 'start', !s.starting, true)
  mark(w, res, 'running', !s.starting, s.active || s.starting)
  mark(w, res, 'stop', !s.stopping, true)
  mark(w, res, 'stopped', !s.stopping, true)
}

function createClone(w: World, res: Res): void {
  createAll(w, res.children)
  marks(w, res, res.children)
  if (!res.promotable || !isClone(res)) return
  const some = (task: string): boolean => [...w.primitives(res.children)].some((r) => r.actions.some((a) => a.task === task && !a.optional))
  const runnable = (task: string): boolean =>
    [...w.primitives(res.children)].some((r) => r.actions.some((a) => a.task === task && !a.optional && a.runnable))
  mark(w, res, 'promote', !some('promote'), true)
  mark(w, res, 'promoted', !some('promote'), runnable('promote') || [...w.primitives(res.children)].some((r) => r.role === Role.promoted))
  mark(w, res, 'demote', !some('demote'), true)
  mark(w, res, 'demoted', !some('demote'), true)
}

function createBundle(w: World, res: Res): void {
  for (const x of res.replicas)
    createAll(
      w,
      [x.ip, x.container, x.remote].flatMap((r) => (r ? [r] : [])),
    )
  createAll(
    w,
    res.children.filter((c) => c.kind === 'clone'),
  )
  marks(w, res, instancesOf(res))
  if (res.children.some((c) => c.promotable)) for (const t of ['promote', 'promoted', 'demote', 'demoted']) mark(w, res, t, true, true)
}
