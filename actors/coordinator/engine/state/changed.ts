/** Has what an operation ran with changed since? Histories hold digests of parameters: all of them, those that call for a restart, and all but secrets. */
import { digest, parameters } from '../resolve/digest.js'
import { unpack } from '../resolve/values.js'
import type { Agent, HistoryOp } from '../scene.js'
import { parseMs } from '../score.js'
import type { Host, Res, World } from '../world.js'
import { configured, findOperation } from './operations.js'

export const agentChanged = (a: Agent, b: Agent): boolean =>
  (a.class !== '' || a.type !== '') && (a.class !== b.class || a.type !== b.type || a.provider !== b.provider)

/** A failure of what is configured differently now says nothing about it any more. */
export function outdated(w: World, res: Res, host: Host, op: HistoryOp): boolean {
  if ((op.operation !== 'start' && op.operation !== 'monitor') || !op.id.includes('_last_failure')) return false
  const listed = op.attributes['op-force-restart'] ?? ''
  if (op.digests.restart !== undefined && restartDiffers(w, res, host, op, listed)) return true
  return op.digests.all !== undefined && differs(w, res, host, op, true)
}

/** `exact`: a change of secrets counts too. */
export function differs(w: World, res: Res, host: Host, op: HistoryOp, exact = false): boolean {
  const was = op.digests.all
  if (implicit(res)) return false
  if (was === undefined) return true
  const now = parameters(w, res, host)
  const own = findOperation(res, op.operation, op.intervalMs, true)?.params ?? []
  for (const [k, v] of unpack(own, { nowS: w.scene.nowS, attrs: host.attrs, agent: res.agent })) now.set(k, v)
  if (op.intervalMs > 0) {
    const timeout = parseMs(configured(w, res, op.operation, op.intervalMs).get('timeout') ?? w.options.defaultTimeout ?? '20s')
    if (timeout !== undefined) now.set('CRM_meta_timeout', String(timeout))
  }
  return digest(now) !== was && (exact || !onlySecrets(res, now, op))
}

/** Recorded configurations have their secrets masked: where all other parameters agree, nothing changed. */
function onlySecrets(res: Res, now: ReadonlyMap<string, string>, op: HistoryOp): boolean {
  const listed = op.attributes['op-secure-params']
  if (op.digests.secure === undefined || listed === undefined) return false
  const secret = new Set(listed.trim().split(/\s+/))
  const open = [...now].filter(
    ([k]) => !secret.has(k) && !k.startsWith('CRM_meta_') && !(res.agent.class === 'stonith' && k.startsWith('pcmk_')),
  )
  return digest(new Map(open)) === op.digests.secure
}

export function restartDiffers(w: World, res: Res, host: Host, op: HistoryOp, listed: string): boolean {
  if (implicit(res)) return false
  const names = new Set(listed.trim().split(/\s+/))
  const now = new Map([...parameters(w, res, host)].filter(([k]) => names.has(k)))
  return digest(now) !== op.digests.restart
}

/** Parts that the cluster makes itself have parameters that the configuration does not show. */
const implicit = (res: Res): boolean => res.meta.get('internal') === 'true'
