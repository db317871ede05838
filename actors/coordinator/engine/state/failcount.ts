/** Fail counts: how often operations of a resource failed on a node, as the node's transient attributes remember it. */
import type { HistoryOp } from '../scene.js'
import { add, INF, parseScore } from '../score.js'
import { type Host, isClone, type Res, topMost, type World } from '../world.js'
import { interval } from './operations.js'
import { rowEnded } from './row.js'

/** How attributes name a resource: `pattern` decides, among those of one `root`. */
export interface FailName {
  readonly root: string
  readonly pattern: RegExp
}
export type Attribute = readonly [name: string, value: string]
export interface FailCount {
  readonly count: number
  readonly lastS: number
}

/** `effective`: failures older than the resource's failure-timeout, or of a row that ended, do not count, unless they block. */
export function failCount(w: World, res: Res, host: Host, effective: boolean, op?: HistoryOp): FailCount {
  const counters = countersOf(w, res, host)
  if (counters === none && res.fillers.length === 0) return never
  let count = 0
  let lastS = 0
  for (const [k, v] of counters) {
    const m = nameOf(w, res).pattern.exec(k)
    if (!m) continue
    const n = parseScore(v) ?? 0
    if (m[1] === 'fail-count') count = add(count, n)
    else lastS = Math.max(lastS, n >= INF ? Number.parseInt(v, 10) : n)
  }
  if (effective && count > 0 && lastS > 0 && over(w, res, host, lastS) && !blocks(res, host, op)) count = 0
  if (res.fillers.length > 0 && topMost(res).kind !== 'bundle') count = withFillers(w, res, host, count, effective)
  return { count, lastS }
}

const over = (w: World, res: Res, host: Host, lastS: number): boolean =>
  res.consecutive ? rowEnded(w, res, host, lastS) : res.failureTimeoutS > 0 && w.scene.nowS >= lastS + res.failureTimeoutS

/** The part of a name that all spellings share: without instance numbers, and without the operation behind a `#`. */
const rootOf = (name: string): string => name.replace(/#.*$/s, '').replace(/(:\d+)+$/, '')

/** Those that may count failures of `res` there. */
function countersOf(w: World, res: Res, host: Host): readonly Attribute[] {
  const all = attributesOf(w, host)
  return (all.size > 0 && all.get(nameOf(w, res).root)) || none
}
const none: readonly Attribute[] = []
const never: FailCount = { count: 0, lastS: 0 }

/** The attributes of `host` that count failures, by the root of the resource's name. */
function attributesOf(w: World, host: Host): ReadonlyMap<string, readonly Attribute[]> {
  const known = w.failAttributes.get(host)
  if (known) return known
  const made = new Map<string, Attribute[]>()
  for (const attribute of host.attrs) {
    const name = /^(?:fail-count|last-failure)-(.*)$/s.exec(attribute[0])?.[1]
    if (name === undefined) continue
    const root = rootOf(name)
    const list = made.get(root)
    if (list) list.push(attribute)
    else made.set(root, [attribute])
  }
  w.failAttributes.set(host, made)
  return made
}

/** Names of the attributes that count for `res`: with the operation since feature set 3.0.13, without it before. */
function nameOf(w: World, res: Res): FailName {
  const known = w.failNames.get(res)
  if (known) return known
  const id = res.unique ? res.id : (res.historyId || res.base).replace(/:\d+$/, '')
  const quoted = id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const instance = res.unique ? '' : '(?::\\d+)?'
  const operation = legacy(w.scene.featureSet) ? '' : '#.+_\\d+'
  const made = { root: rootOf(id), pattern: new RegExp(`^(fail-count|last-failure)-${quoted}${instance}${operation}$`) }
  w.failNames.set(res, made)
  return made
}

function legacy(featureSet: string): boolean {
  const [a = 0, b = 0, c = 0] = featureSet.split('.').map((x) => Number.parseInt(x, 10) || 0)
  return a < 3 || (a === 3 && b === 0 && c < 13)
}

/** The failures of what runs inside a container count for the container; a bundle's parts may be on another node than it. */
function withFillers(w: World, res: Res, host: Host, count: number, effective: boolean): number {
  let sum = count
  for (const f of res.fillers) {
    sum = add(sum, failCount(w, f, host, effective).count)
  }
  return sum
}

/** A failure with on-fail=block never expires: `op` itself, or what the history under the resource's plain name holds. */
function blocks(res: Res, host: Host, op: HistoryOp | undefined): boolean {
  const name = res.id.replace(/:\d+$/, '')
  const ops = op ? [op] : (host.state?.history.find((h) => h.resource === name)?.ops ?? [])
  return res.operations.some(
    (o) => o.attributes['on-fail'] === 'block' && ops.some((h) => h.operation === o.name && h.intervalMs === interval(o) && failed(h)),
  )
}
const failed = (h: HistoryOp): boolean => h.id.endsWith('_last_failure_0') || (h.rc !== h.expected && h.status !== -1)

/** The resource that a failure here bars from the node: the whole clone, where instances are alike. */
export const barred = (res: Res): Res => {
  let r = res
  for (let p: Res | undefined = res; p; p = p.parent) if (isClone(p) && !p.unique) r = p
  return r
}
