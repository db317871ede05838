/**
 * Failures in a row (`failure-counting=consecutive`, kyha's own way; without it they count in a window, as in a CIB of Pacemaker's). The row ends
 * when a recurring monitor has been good since the last failure and that failure is failure-timeout old (60 s where none is set); on a node
 * where the resource does not run, failure-timeout after the last failure (none set: by a cleanup only). The rules are those of
 * actors/resource/history.ts, which counts on the node itself; here the node's history has to tell.
 */
import type { HistoryOp } from '../scene.js'
import type { Host, Res, World } from '../world.js'
import { compareAge, historyOn } from './age.js'
import { interval } from './operations.js'

const healthyS = 60

export function rowEnded(w: World, res: Res, host: Host, lastS: number): boolean {
  const ageS = w.scene.nowS - lastS
  const { runs, goodSinceS } = told(res, host)
  if (runs && watched(res)) return goodSinceS !== undefined && goodSinceS >= lastS && ageS >= (res.failureTimeoutS || healthyS)
  return res.failureTimeoutS > 0 && ageS >= res.failureTimeoutS
}

const watched = (res: Res): boolean => res.operations.some((o) => o.name === 'monitor' && interval(o) > 0)

const works = new Set([0, 8, 190, 191])

/** Does it run on `host`, and since when has a recurring monitor of this life been good there? */
function told(res: Res, host: Host): { readonly runs: boolean; readonly goodSinceS: number | undefined } {
  let runs = false
  let goodSinceS: number | undefined
  for (const op of [...historyOn(host, res)].sort((a, b) => compareAge(a, b, true))) {
    const good = op.status === 0 && works.has(op.rc)
    if (op.rc === 7) runs = false
    else if (op.operation === 'stop' || op.operation === 'migrate_to')
      runs = !good // what a failed stop left may still run
    else if (good && lives.has(op.operation)) runs = true
    if (!runs) goodSinceS = undefined
    else if (watches(op)) goodSinceS = good ? op.changedS : undefined
  }
  return { runs, goodSinceS }
}
const lives = new Set(['start', 'monitor', 'promote', 'demote', 'migrate_from'])
const watches = (op: HistoryOp): boolean => op.operation === 'monitor' && op.intervalMs > 0
