/**
 * The state of one resource on this node, and the row that it shows. `active` is the configuration under which it was started or found:
 * stop and monitor use it until it is stopped, so that a changed address takes the old one down, not the new one.
 */
import type { BootId, Instant, OpId, ResourceId, Token } from '../../runtime/actor.js'
import { definitionOf, type OpDoc, type ResourceDoc } from '../../runtime/config/document.js'
import { elapsed } from '../../runtime/time.js'
import type { Order, Row } from '../coordinator/messages.js'
import type { History } from './history.js'
import type { CloneMeta } from './messages.js'

/** What is run of an agent: what coordinators order, and what a changed parameter takes (reload.ts). */
export type AgentAction = Order['action'] | 'meta-data' | 'reload-agent'

/** The one operation under way. `local` stops come from lost quorum or a removed resource; `order` is there for what a coordinator ordered. */
export interface Current {
  readonly id: OpId
  readonly action: AgentAction
  readonly cause: 'order' | 'local' | 'monitor' | 'probe' | 'reload'
  readonly op: OpDoc
  /** Definition under which it was begun: runtime/config/document.ts. */
  readonly of: number
  readonly order?: Order
  /** When it was begun nothing ran here: stopped, and no token. */
  readonly idle: boolean
  readonly sinceMs: Instant
  readonly killed: boolean
}

export interface Instance {
  readonly id: ResourceId
  readonly nodeName: string
  readonly boot: BootId
  /** Start of the op ids that this life makes by itself. */
  readonly opPrefix: string
  readonly opCount: number
  readonly doc: ResourceDoc
  readonly active?: ResourceDoc
  /** A reload to these parameters was begun, and its end is not known. */
  readonly half?: ResourceDoc
  /** The guard holds a note of its parameters. */
  readonly noted: boolean
  /** What its agent can take over while it runs; absent: it was not asked since the parameters changed. */
  readonly reloadable?: readonly string[]
  readonly maintenance: boolean
  readonly clone: CloneMeta
  /** False until the director has said what the guard holds. */
  readonly adopted: boolean
  readonly state: Row['state']
  readonly token: Token
  readonly degraded: boolean
  readonly current?: Current
  /** Waiting orders, oldest first, at most 4; the fifth is refused. */
  readonly orders: readonly Order[]
  readonly stopWanted: boolean
  readonly retiring: boolean
  readonly probeDue: boolean
  /** Keys of recurring monitors that wait for their turn. */
  readonly monitorsDue: readonly string[]
  /** A process died: look at once. Bounded by a bucket of 5 that fills by 1 a second. */
  readonly hint: { readonly due: boolean; readonly credit: number; readonly atMs: Instant }
  readonly history: History
  readonly took: Row['took']
  /** What ended well last, where its clone notifies, until that was told of. */
  readonly untold?: Row['untold']
  /** The newest ordered operation that ended here. Its result stays with the guard until the next one's is there, if `keep`. */
  readonly lastOp?: OpId
  readonly keep: boolean
  /** The guard was busy: how often in a row, and whether the next try is being waited for. */
  readonly busy: { readonly tries: number; readonly waiting: boolean }
  /** The row as last sent, without what only ages. */
  readonly shown: string
}

export const ORDERS_WAITING_MAX = 4

/** It is expected to work here: monitors run. */
export const isUp = (s: Pick<Instance, 'state'>): boolean => s.state === 'running' || s.state === 'promoted'

/** Something of it may be active here: only a stop (or a probe) proves the contrary. */
export const mayRun = (s: Pick<Instance, 'state'>): boolean => s.state !== 'stopped' && s.state !== 'unknown'

/** The configuration that stop and monitor use. */
export const docInForce = (s: Instance): ResourceDoc => s.active ?? s.doc

/** True when it runs, or may run, with other parameters than the configuration now says. */
export const outdated = (s: Instance): boolean =>
  s.active !== undefined && (differs(s.active, s.doc) || (s.half !== undefined && differs(s.half, s.doc)))

/** A change that an active resource takes by a reload or a restart. */
export const differs = (a: ResourceDoc, b: ResourceDoc): boolean =>
  a.agent !== b.agent || a.name !== b.name || paramsText(a) !== paramsText(b)

const paramsText = (doc: ResourceDoc): string =>
  JSON.stringify(
    Object.keys(doc.params)
      .sort()
      .map((k) => [k, doc.params[k]]),
  )

export function rowOf(s: Instance, now: Instant): Row {
  const last = s.history.last
  const current = s.current
  const quiet = current?.action === 'notify' || current?.action === 'meta-data'
  const shownOp = current && current.cause !== 'monitor' && current.cause !== 'probe' && !quiet
  return {
    resource: s.id,
    state: s.state,
    token: s.token,
    failCount: s.history.counted.length,
    ...(last && {
      lastFailure: {
        action: last.action,
        rc: last.rc,
        exitReason: last.exitReason,
        agoMs: elapsed(last.atMs, now),
        class: last.class,
        of: last.of,
      },
    }),
    ...(s.active && outdated(s) && { outdated: definitionOf(s.active) }),
    ...(s.untold && { untold: s.untold }),
    ...(shownOp && { pending: { op: current.id, action: current.action, sinceMs: elapsed(current.sinceMs, now) } }),
    took: s.took,
  }
}

/** What makes a row worth sending: all but ages and durations that were known before. */
export const essence = (s: Instance, row: Row): string =>
  JSON.stringify([
    row.state,
    row.token,
    row.failCount,
    s.history.last && [s.history.last.action, s.history.last.rc, s.history.last.exitReason, s.history.last.atMs],
    row.pending && [row.pending.op, row.pending.action],
    row.outdated,
    row.untold?.op,
    Object.keys(row.took).sort(),
  ])

/** True when `op` was ordered by an older decision than `last` (`term.index.n`): it comes too late and must not undo the newer one. */
export function superseded(op: OpId, last: OpId | undefined): boolean {
  const [a, b] = [decisionOf(op), decisionOf(last ?? '')]
  return a !== undefined && b !== undefined && (a.term < b.term || (a.term === b.term && a.index < b.index))
}

export function decisionOf(op: string): { readonly term: number; readonly index: number } | undefined {
  const parts = /^(\d+)\.(\d+)\.\d+$/.exec(op)
  return parts ? { term: Number(parts[1]), index: Number(parts[2]) } : undefined
}
