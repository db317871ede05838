/** Reads one entry of `resources:`. */

import { readUtilization } from './clones.js'
import { LIMITS, metaDefaults, monitorDefaults, notifyDefaults, startDefaults, stopDefaults } from './defaults.js'
import { INFINITY, type MetaDoc, type OpDoc, type PropertiesDoc, type ResourceDoc } from './document.js'
import { isEmpty, NAME, PARAM, type Reader } from './read.js'
import type { NodeAt } from './source.js'

/** No slash and no "..": a name never leaves its directory. */
const TYPE = '[A-Za-z0-9_][A-Za-z0-9_-]{0,63}'
const UNIT = '[A-Za-z0-9_@](?:[A-Za-z0-9_@\\\\:-]|\\.(?!\\.)){0,200}'
const AGENT = new RegExp(`^(?:ocf:[A-Za-z0-9_-]{1,64}:${TYPE}|kyha:${TYPE}|systemd:${UNIT})$`)

export function readResource(r: Reader, node: NodeAt, properties: PropertiesDoc): ResourceDoc | undefined {
  const { at, get } = r.fields(node, ['name', 'agent', 'params', 'meta', 'ops', 'utilization'])
  const name = r.matching(get('name'), NAME, 'config.bad-name')
  const agent = r.matching(get('agent'), AGENT, 'config.bad-agent')
  if (at && !get('name')) r.refuse(node, 'config.missing', { field: 'name', example: 'name: vip' })
  if (at && !get('agent')) r.refuse(node, 'config.missing', { field: 'agent', example: 'agent: ocf:heartbeat:IPaddr2' })
  const params = r.texts(get('params'), PARAM, LIMITS.params)
  const meta = readMeta(r, get('meta'), properties)
  const ops = readOps(r, node, get('ops'), properties)
  const utilization = readUtilization(r, get('utilization'))
  return name === undefined || agent === undefined ? undefined : { name, agent, params, meta, ops, ...utilization }
}

function readMeta(r: Reader, node: NodeAt | undefined, properties: PropertiesDoc): MetaDoc {
  const { get } = r.fields(node, [
    'target-role',
    'is-managed',
    'maintenance',
    'resource-stickiness',
    'priority',
    'migration-threshold',
    'failure-counting',
    'failure-timeout',
    'multiple-active',
    'reap',
    'critical',
  ])
  const base = metaDefaults(properties)
  const { min, max } = LIMITS.failureTimeoutMs
  return {
    targetRole: r.oneOf(get('target-role'), ['Started', 'Stopped']) ?? base.targetRole,
    managed: r.boolean(get('is-managed')) ?? base.managed,
    maintenance: r.boolean(get('maintenance')) ?? base.maintenance,
    stickiness: r.score(get('resource-stickiness')) ?? base.stickiness,
    priority: r.score(get('priority')) ?? base.priority,
    migrationThreshold: readThreshold(r, get('migration-threshold')) ?? base.migrationThreshold,
    failureCounting: r.oneOf(get('failure-counting'), ['consecutive', 'window']) ?? base.failureCounting,
    failureTimeoutMs: r.duration(get('failure-timeout'), min, max) ?? base.failureTimeoutMs,
    multipleActive: r.oneOf(get('multiple-active'), ['stop_start', 'stop_only', 'block']) ?? base.multipleActive,
    reap: r.boolean(get('reap')) ?? base.reap,
    ...(r.boolean(get('critical')) === false ? { critical: false as const } : {}),
  }
}

/** 0 means never, as in Pacemaker. */
function readThreshold(r: Reader, node: NodeAt | undefined): number | undefined {
  const n = r.score(node)
  if (n === undefined || node === undefined) return undefined
  if (n < 0) return r.refuse(node, 'config.out-of-range', { path: node.path, value: n, min: 0, max: 'INFINITY' })
  return n === 0 ? INFINITY : n
}

function readOps(r: Reader, resource: NodeAt, node: NodeAt | undefined, properties: PropertiesDoc): ResourceDoc['ops'] {
  const { get } = r.fields(node, ['start', 'stop', 'promote', 'demote', 'notify', 'monitor'])
  const monitor = get('monitor')
  const list = monitor?.kind === 'list' ? r.list(monitor, LIMITS.monitors) : monitor ? [monitor] : []
  const monitors = list.map((one) => readMonitor(r, one))
  if (!monitor) r.warn(resource, 'config.no-monitor', { path: resource.path })
  if (monitor && list.length === 0) r.warn(monitor, 'config.monitor-off', { path: resource.path })
  for (const [i, one] of monitors.entries()) {
    const same = monitors.findIndex((other) => other.intervalMs === one.intervalMs && other.role === one.role)
    if (same < i) r.refuse(list[i] ?? resource, 'config.monitor-twice', { intervalMs: one.intervalMs })
  }
  const start = readOp(r, get('start'), startDefaults)
  const stop = readOp(r, get('stop'), stopDefaults(properties))
  const asLong = { ...startDefaults, timeoutMs: start.timeoutMs }
  const [promote, demote] = [get('promote'), get('demote')].map((one) => (one && !isEmpty(one) ? readOp(r, one, asLong) : undefined))
  const notify = readNotify(r, get('notify'))
  const ops = {
    start,
    stop,
    ...(promote ? { promote } : {}),
    ...(demote ? { demote } : {}),
    ...(notify.timeoutMs === notifyDefaults.timeoutMs ? {} : { notify }),
    monitors: monitor ? monitors : [monitorDefaults],
  }
  const all = [...Object.entries({ start, stop, promote, demote }), ...monitors.map((m) => ['monitor', m] as const)]
  for (const [name, one] of all) {
    if (one?.onFail === 'fence' && !properties.fencingEnabled) r.refuse(node ?? resource, 'config.fence-needs-fencing', { op: name })
  }
  return ops
}

const ON_FAIL = ['ignore', 'restart', 'block', 'stop', 'standby', 'fence'] as const

function readOp(r: Reader, node: NodeAt | undefined, base: OpDoc): OpDoc {
  const { get } = r.fields(node, ['timeout', 'on-fail'])
  const { min, max } = LIMITS.opTimeoutMs
  return {
    ...base,
    timeoutMs: r.duration(get('timeout'), min, max) ?? base.timeoutMs,
    onFail: r.oneOf(get('on-fail'), ON_FAIL) ?? base.onFail,
  }
}

/** A notification that fails is said and changes nothing: there is no on-fail. */
function readNotify(r: Reader, node: NodeAt | undefined): OpDoc {
  const { get } = r.fields(node, ['timeout'])
  const { min, max } = LIMITS.opTimeoutMs
  return { ...notifyDefaults, timeoutMs: r.duration(get('timeout'), min, max) ?? notifyDefaults.timeoutMs }
}

function readMonitor(r: Reader, node: NodeAt): OpDoc {
  const { get } = r.fields(node, ['interval', 'timeout', 'on-fail', 'depth', 'role'])
  const interval = LIMITS.intervalMs
  const timeout = LIMITS.opTimeoutMs
  const role = r.oneOf(get('role'), ['Started', 'Promoted', 'Unpromoted'])
  return {
    intervalMs: r.duration(get('interval'), interval.min, interval.max) ?? monitorDefaults.intervalMs,
    timeoutMs: r.duration(get('timeout'), timeout.min, timeout.max) ?? monitorDefaults.timeoutMs,
    onFail: r.oneOf(get('on-fail'), ON_FAIL) ?? monitorDefaults.onFail,
    depth: r.integer(get('depth'), 0, 100) ?? monitorDefaults.depth,
    ...(role ? { role } : {}),
  }
}
