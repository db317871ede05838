/**
 * Making actions. An action is one task of one resource on one node; asking for it again gives the same one, and a demand that it happen wins
 * over "only if needed". Whether it can run is judged here from the node and the quorum; orderings may take that away later.
 */
import { Role as R, type Role } from '../score.js'
import { fence } from '../state/hosts.js'
import { needsOf, reaction } from '../state/operations.js'
import { haveDevices } from '../state/outcome.js'
import { type Why, why } from '../why.js'
import type { Action, Host, Res, World } from '../world.js'

export function find(res: Res, task: string, host?: Host | null, ms = 0): Action | undefined {
  return res.actions.find((a) => a.task === task && a.intervalMs === ms && (host === undefined || a.host === (host ?? undefined)))
}
export const findAll = (res: Res, task: string, host?: Host): Action[] =>
  res.actions.filter((a) => a.task === task && a.intervalMs === 0 && (host === undefined || a.host === host))

interface Wanted {
  readonly key: string
  readonly task: string
  readonly res?: Res | undefined
  readonly host?: Host | undefined
  readonly ms?: number
  readonly optional: boolean
  readonly pseudo?: boolean
}

export function action(w: World, want: Wanted): Action {
  const { res, host } = want
  const known = (res ? res.actions : w.loose.get(want.key))?.find((a) => a.host === host && a.key === want.key)
  if (known) {
    if (!want.optional && !(res && !res.managed && known.intervalMs === 0 && host)) known.optional = false
    return known
  }
  const react = res ? reaction(w, res, want.task, want.ms ?? 0) : { onFail: 'restart' as const, failRole: R.started as Role }
  const a: Action = {
    seq: w.actions.length,
    key: want.key,
    task: want.task,
    res,
    host,
    intervalMs: want.ms ?? 0,
    needs: needsOf(res, want.task),
    onFail: react.onFail,
    failRole: react.failRole,
    optional: want.optional,
    runnable: true,
    pseudo: want.pseudo ?? false,
    migratable: false,
    always: false,
    reason: undefined,
    minRunnable: 0,
    before: [],
    after: [],
    extra: new Map(),
    dedup: false,
    seen: false,
  }
  w.actions.push(a)
  if (res) res.actions.push(a)
  else w.loose.set(a.key, [...(w.loose.get(a.key) ?? []), a])
  if (res && host && !res.managed && a.intervalMs === 0 && a.task !== 'cancel') a.optional = true
  if (res && !a.pseudo) judge(w, a, res)
  return a
}

export const pseudo = (w: World, key: string, task: string, res?: Res, optional = true): Action =>
  action(w, { key, task, res, optional, pseudo: true })

const local = new Set(['lrm_delete', 'clear_failcount', 'cancel'])

/** Can it run at all? A stop that cannot is a reason to fence. */
function judge(w: World, a: Action, res: Res): void {
  const { host } = a
  if (!host) {
    a.runnable = false
    return
  }
  const onDc = a.task === 'clear_failcount' || (a.task === 'lrm_delete' && !host.online)
  if (!onDc && !host.online) {
    a.runnable = false
    if (res.managed && a.task === 'stop' && !host.unclean && w.options.fencing && haveDevices(w))
      fence(w, host, why('engine.fence-no-stop', { resource: res.id }))
    return
  }
  if (!onDc && host.pending && !local.has(a.task)) {
    a.runnable = false
    return
  }
  if (a.needs === 'nothing') return
  if (w.scene.quorate || w.options.noQuorum === 'ignore' || stepsDown(w, res)) return
  if (w.options.noQuorum === 'freeze') {
    if (res.active.length === 0 || res.nextRole > res.role) {
      a.runnable = false
      a.reason = why('engine.why-freeze')
    }
    return
  }
  a.runnable = false
  a.reason = why('engine.why-no-quorum')
}

/** no-quorum-policy=demote: what has a role keeps the lesser one. */
function stepsDown(w: World, res: Res): boolean {
  if (w.options.noQuorum !== 'demote' || res.role < R.unpromoted) return false
  if (res.nextRole > R.unpromoted) res.nextRole = R.unpromoted
  return true
}

export const start = (w: World, res: Res, host: Host | undefined, optional: boolean): Action =>
  action(w, { key: `${res.id}_start_0`, task: 'start', res, host, optional })
export const stop = (w: World, res: Res, host: Host | undefined, optional: boolean): Action =>
  action(w, { key: `${res.id}_stop_0`, task: 'stop', res, host, optional })
export const promote = (w: World, res: Res, host: Host | undefined, optional: boolean): Action =>
  action(w, { key: `${res.id}_promote_0`, task: 'promote', res, host, optional })
export const demote = (w: World, res: Res, host: Host | undefined, optional: boolean): Action =>
  action(w, { key: `${res.id}_demote_0`, task: 'demote', res, host, optional })

/** The order to fence a node. */
export function fenceOp(w: World, host: Host, op: string, optional: boolean, reason: Why | undefined): Action {
  const a = action(w, { key: `stonith-${host.name}-${op}`, task: 'stonith', host, optional })
  a.extra.set('op', op)
  a.reason ??= reason
  if (op !== 'on') w.fenceOps.set(host.name, a)
  return a
}
