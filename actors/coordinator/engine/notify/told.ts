/** Which instances are told of a task, and where. Ahead of it that is who is active then; afterwards, who still is or is now. */
import { find } from '../actions/create.js'
import { Role } from '../score.js'
import type { Res, World } from '../world.js'
import type { Entry, Knowledge, Told } from './variables.js'

export interface Audience {
  readonly pre: readonly Entry[]
  readonly post: readonly Entry[]
}

export function audience(w: World, clone: Res, task: Told, know: Knowledge): Audience {
  const pre: Entry[] = []
  const post: Entry[] = []
  // a stop that fencing brings about is worth telling although nobody carries it out
  if (task !== 'stop' && know.does[task].length === 0) return { pre, post }
  for (const res of w.primitives(clone.children)) {
    if (task === 'stop' || task === 'demote') goingDown(res, task, pre, post)
    else comingUp(res, task, pre, post)
  }
  return { pre, post }
}

/** Who is stopped cannot be told afterwards, and who goes down with its node not even before. */
function goingDown(res: Res, task: Told, pre: Entry[], post: Entry[]): void {
  if (res.role <= Role.stopped) return
  for (const host of res.active) {
    const stop = find(res, 'stop', host)
    if (stop?.pseudo && (host.unclean || host.resetNeeded)) continue
    pre.push({ res, host })
    if (task === 'demote' || !stop || stop.optional) post.push({ res, host })
  }
}

/** Who only starts now cannot be told of starts before. */
function comingUp(res: Res, task: Told, pre: Entry[], post: Entry[]): void {
  const host = res.assigned
  if (!host || res.nextRole <= Role.stopped) return
  const start = find(res, 'start')
  if (start && !start.optional && !start.runnable) return
  if (task === 'promote' || !start || start.optional) pre.push({ res, host })
  post.push({ res, host })
}
