/**
 * This node's rows on their way out. Two streams with their own sequence: to the coordinator of every member (at once, then at most
 * every 5 ms) and to every member's console (at most every 100 ms). A whole replaces all; who finds a gap in seq asks for one.
 */
import { type Address, type BootId, type Effect, type NodeId, type ResourceId, send, timer } from '../../runtime/actor.js'
import { after, elapsed, type Instant } from '../../runtime/time.js'
import type { Row, Rows } from '../coordinator/messages.js'
import type { DirectorIn } from './messages.js'

export type Reader = 'coordinator' | 'console'
const GAP_MS: Readonly<Record<Reader, number>> = { coordinator: 5, console: 100 }

export interface Stream {
  readonly to: Reader
  readonly seq: number
  readonly whole: boolean
  readonly changed: readonly ResourceId[]
  readonly armed: boolean
  readonly sentMs: Instant
}

export interface Source {
  readonly node: NodeId
  readonly boot: BootId
  readonly members: readonly NodeId[]
  readonly rows: Readonly<Record<ResourceId, Row>>
}

export const stream = (to: Reader, now: Instant): Stream => ({
  to,
  seq: 0,
  whole: true,
  changed: [],
  armed: false,
  sentMs: after(now, -GAP_MS[to]),
})

export const mark = (s: Stream, id: ResourceId): Stream => (s.changed.includes(id) ? s : { ...s, changed: [...s.changed, id] })
export const markWhole = (s: Stream): Stream => ({ ...s, whole: true })

/** Sends what changed, if anything did and the last was long enough ago; else sees to it that a timer does. */
export function flush(s: Stream, from: Source, now: Instant, out: Effect[]): Stream {
  if (!s.whole && s.changed.length === 0) return s
  const gapMs = GAP_MS[s.to]
  if (elapsed(s.sentMs, now) < gapMs) {
    const msg: DirectorIn = { type: 'flush', to: s.to }
    if (!s.armed) out.push(timer(`flush ${s.to}`, after(s.sentMs, gapMs), msg))
    return { ...s, armed: true }
  }
  const ids = s.whole ? (Object.keys(from.rows) as ResourceId[]) : s.changed
  const msg = rows(from, s.seq + 1, s.whole, ids)
  for (const to of readers(s.to, from)) out.push(send(to, msg, s.to === 'console' ? 'bulk' : 'control'))
  return { ...s, seq: msg.seq, whole: false, changed: [], armed: false, sentMs: now }
}

/** All rows for one who asks, with the seq that its stream has now. */
export function whole(s: Stream, from: Source, to: Address): Effect {
  return send(to, rows(from, s.seq, true, Object.keys(from.rows) as ResourceId[]))
}

function rows(from: Source, seq: number, isWhole: boolean, ids: readonly ResourceId[]): Rows {
  const picked = [...ids].sort().flatMap((id) => from.rows[id] ?? [])
  return { type: 'rows', node: from.node, boot: from.boot, seq, whole: isWhole, rows: picked }
}

const readers = (path: Reader, from: Source): readonly Address[] => [
  { path },
  ...from.members.filter((node) => node !== from.node).map((node) => ({ node, path })),
]
