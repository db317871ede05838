/** The cluster's options from its property sets, old names and defaults included. */
import { flag, INF, parseMs, parseScore } from '../score.js'
import type { Options, World } from '../world.js'
import { unpack } from './values.js'

export function resolveOptions(w: World): void {
  const { scene } = w
  const p = unpack(scene.properties, { nowS: scene.nowS }, new Map(), 'cib-bootstrap-options')
  w.properties = p
  const get = (...names: readonly string[]): string | undefined =>
    names.map((n) => p.get(n) ?? p.get(n.replaceAll('-', '_'))).find((v) => v !== undefined)
  const on = (otherwise: boolean, ...names: readonly string[]): boolean => flag(get(...names), otherwise)
  const strategy = healthStrategy(get('node-health-strategy'))
  const progressive = strategy === 'progressive'
  const fixed = (name: string, otherwise: number): number =>
    progressive || strategy === 'custom' ? (parseScore(get(name)) ?? otherwise) : otherwise
  const fencing = on(true, 'stonith-enabled', 'fencing-enabled')
  w.options = {
    noQuorum: noQuorum(get('no-quorum-policy'), fencing && (scene.panic || scene.quorate)),
    symmetric: on(true, 'symmetric-cluster'),
    fencing,
    fenceAction: get('stonith-action', 'fencing-action') === 'off' || get('stonith-action') === 'poweroff' ? 'off' : 'reboot',
    startupFencing: on(true, 'startup-fencing'),
    maintenance: on(false, 'maintenance-mode'),
    stopAll: on(false, 'stop-all-resources'),
    startFatal: on(true, 'start-failure-is-fatal'),
    stopOrphanResources: on(true, 'stop-orphan-resources'),
    stopOrphanActions: on(true, 'stop-orphan-actions'),
    removeAfterStop: on(false, 'remove-after-stop'),
    startupProbes: on(true, 'enable-startup-probes'),
    concurrentFencing: on(true, 'concurrent-fencing'),
    fencingDelayS: Math.trunc((parseMs(get('priority-fencing-delay')) ?? 0) / 1000),
    placement: get('placement-strategy') ?? 'default',
    healthStrategy: strategy,
    health: healthScores(strategy, fixed),
    healthBase: progressive ? (parseScore(get('node-health-base')) ?? 0) : 0,
    healthSafety: on(scene.own === true, 'node-health-safety'),
    shutdownLock: on(false, 'shutdown-lock'),
    shutdownLockLimitS: Math.trunc((parseMs(get('shutdown-lock-limit')) ?? 0) / 1000),
    managedDefault: on(true, 'is-managed-default'),
    stickinessDefault: parseScore(get('default-resource-stickiness')),
    watchdog: on(false, 'have-watchdog') && (parseMs(get('stonith-watchdog-timeout')) ?? 0) !== 0,
    defaultTimeout: get('default-action-timeout'),
  }
}

const healthStrategy = (text: string | undefined): string =>
  ['migrate-on-red', 'only-green', 'progressive', 'custom'].find((s) => s === text?.toLowerCase()) ?? 'none'

function noQuorum(text: string | undefined, mayPanic: boolean): Options['noQuorum'] {
  switch (text?.toLowerCase()) {
    case 'ignore':
      return 'ignore'
    case 'freeze':
      return 'freeze'
    case 'demote':
      return 'demote'
    case 'fence':
    case 'suicide':
      return mayPanic ? 'suicide' : 'stop'
    default:
      return 'stop'
  }
}

/** What red, yellow and green count for under each strategy. */
function healthScores(strategy: string, fixed: (name: string, otherwise: number) => number): Record<string, number> {
  switch (strategy) {
    case 'migrate-on-red':
      return { red: -INF, yellow: 0, green: 0 }
    case 'only-green':
      return { red: -INF, yellow: -INF, green: 0 }
    case 'progressive':
    case 'custom':
      return { red: fixed('node-health-red', -INF), yellow: fixed('node-health-yellow', 0), green: fixed('node-health-green', 0) }
    default:
      return { red: 0, yellow: 0, green: 0 }
  }
}
