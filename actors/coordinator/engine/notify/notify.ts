/**
 * The notifications of one clone: "pre" and its confirmation before the mark of a task, "post" and its confirmation after the mark of its end.
 * What waits for the clone from outside waits for the last confirmation.
 */
import { action, find, pseudo } from '../actions/create.js'
import { Order } from '../graph/flags.js'
import { order } from '../graph/orderings.js'
import { mark } from '../graph/view.js'
import { happens } from '../outcome/simulate.js'
import { type Action, isClone, type Res, type World } from '../world.js'
import { audience } from './told.js'
import { type Entry, type Knowledge, knowledge, type Told, toldOf } from './variables.js'

interface Steps {
  readonly pre: Action
  readonly preDone: Action
  readonly post: Action
  readonly postDone: Action
}

export function notifyClones(w: World): void {
  for (const c of w.tree()) if (isClone(c) && c.kind === 'clone' && c.clone.notify) notifyClone(w, c)
}

function notifyClone(w: World, clone: Res): void {
  const know = knowledge(w, clone)
  const steps = new Map<Told, Steps>()
  for (const t of toldOf) {
    const s = stepsOf(w, clone, t, know)
    if (!s) continue
    steps.set(t, s)
    const { pre, post } = audience(w, clone, t, know)
    for (const e of pre) tell(w, e, 'pre', t, s.pre, s.preDone, know)
    for (const e of post) {
      tell(w, e, 'post', t, s.post, s.postDone, know)
      for (const a of e.res.actions) if (a.intervalMs > 0 && a.task !== 'cancel') order(w, s.postDone, a, Order.optional)
    }
  }
  for (const [first, then] of sequence) {
    const [a, b] = [steps.get(first), steps.get(then)]
    if (a && b) order(w, a.postDone, b.pre, Order.optional)
  }
  if (steps.size > 0) for (const r of w.primitives(clone.children)) annotate(r, know)
}

/** What one task's last confirmation comes before. */
const sequence: readonly (readonly [Told, Told])[] = [
  ['demote', 'stop'],
  ['demote', 'start'],
  ['demote', 'promote'],
  ['stop', 'start'],
  ['stop', 'promote'],
  ['start', 'promote'],
]

/** The four marks around a task, where it is part of the transition. */
function stepsOf(w: World, clone: Res, task: Told, know: Knowledge): Steps | undefined {
  const ended = mark[task] ?? task
  const [begin, end] = [find(clone, task), find(clone, ended)]
  if (!begin || !end || (!happens(begin) && know.does[task].length === 0)) return undefined
  const step = (name: string): Action => pseudo(w, `${clone.id}_${name}_0`, name, clone, false)
  const pre = step(`pre_notify_${task}`)
  const preDone = step(`confirmed-pre_notify_${task}`)
  const post = step(`post_notify_${ended}`)
  const postDone = step(`confirmed-post_notify_${ended}`)
  if (!end.runnable) {
    post.runnable = false
    postDone.runnable = false
  }
  for (const e of end.after) if (!inside(e.action.res, clone)) order(w, postDone, e.action, e.flags)
  chain(w, [pre, preDone, begin, end, post, postDone])
  return { pre, preDone, post, postDone }
}

function chain(w: World, list: readonly Action[]): void {
  list.forEach((a, i) => {
    const before = list[i - 1]
    if (before) order(w, before, a, Order.optional)
  })
}

const inside = (r: Res | undefined, clone: Res): boolean => {
  for (let p = r; p; p = p.parent) if (p === clone) return true
  return false
}

function tell(w: World, { res, host }: Entry, type: 'pre' | 'post', task: Told, before: Action, after: Action, know: Knowledge): void {
  if (!before.runnable) return
  const a = action(w, { key: `${res.id}_${type}_notify_${task}_0`, task: 'notify', res, host, optional: false })
  a.data = { notify_type: type, notify_operation: task, ...know.variables }
  order(w, before, a, Order.optional)
  order(w, a, after, Order.optional)
}

/** The operations themselves know it too. */
function annotate(res: Res, know: Knowledge): void {
  for (const a of res.actions)
    if ((toldOf as readonly string[]).includes(a.task) && !a.pseudo && happens(a)) a.data = { ...a.data, ...know.variables }
}
