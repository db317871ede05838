/** Fail counts: how often operations of a resource failed on a node, as the node's transient attributes remember it. */
import { INF, parseScore } from '../score.js'
import { type Host, isClone, type Res, type World } from '../world.js'
import { configured } from './operations.js'

export interface FailCount {
  readonly count: number
  readonly lastS: number
}

/** `effective`: failures older than the resource's failure-timeout do not count, unless they block. */
export function failCount(w: World, res: Res, host: Host, effective: boolean): FailCount {
  const names = res.unique ? [res.id] : [res.base, res.historyId.replace(/:\d+$/, '')]
  let count = 0
  let lastS = 0
  for (const [k, v] of host.attrs) {
    const m = /^(fail-count|last-failure)-(.+?)(?:#(\w+?)_(\d+))?$/.exec(k)
    if (!m?.[2]) continue
    const id = res.unique ? m[2] : m[2].replace(/:\d+$/, '')
    if (!names.includes(id)) continue
    const n = parseScore(v) ?? 0
    if (m[1] === 'fail-count') count = Math.min(INF, count + n)
    else lastS = Math.max(lastS, n >= INF ? Number.parseInt(v, 10) : n)
  }
  if (
    effective &&
    count > 0 &&
    lastS > 0 &&
    res.failureTimeoutS > 0 &&
    !blocks(w, res, host) &&
    w.scene.nowS >= lastS + res.failureTimeoutS
  )
    count = 0
  if (count > 0 && res.fillers.length > 0) count = withFillers(w, res, host, count, effective)
  else if (res.fillers.length > 0) count = withFillers(w, res, host, count, effective)
  return { count, lastS }
}

/** The failures of what runs inside a container count for the container. */
function withFillers(w: World, res: Res, host: Host, count: number, effective: boolean): number {
  let sum = count
  for (const f of res.fillers) {
    if (f.remoteHost) continue
    sum = Math.min(INF, sum + failCount(w, f, host, effective).count)
  }
  return sum
}

/** A failure with on-fail=block never expires. */
function blocks(w: World, res: Res, host: Host): boolean {
  const blocking = res.operations.filter((o) => configured(w, res, o.name, o.interval).get('on-fail') === 'block')
  const entry = host.state?.history.find((h) => h.resource.replace(/:\d+$/, '') === res.base)
  return blocking.some((o) => entry?.ops.some((h) => h.operation === o.name && h.rc !== h.expected && h.status !== -1))
}

/** The resource that a failure here bars from the node: the whole clone, where instances are alike. */
export const barred = (res: Res): Res => {
  let r = res
  for (let p: Res | undefined = res; p; p = p.parent) if (isClone(p) && !p.unique) r = p
  return r
}
