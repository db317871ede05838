/** The document as an operator reads it: the words of parse.ts, only what differs from a default. parse(print(doc)) is doc again. */
import { stringify } from 'yaml'
import { colocationId, locationId, orderId } from './constraints.js'
import { CLONE, FENCE, HEALTH, metaDefaults, monitorDefaults, POOL, PROPERTIES, startDefaults, stopDefaults } from './defaults.js'
import {
  type CloneDoc,
  type ConfigDoc,
  type FenceDoc,
  type HealthDoc,
  INFINITY,
  type MetaDoc,
  type NodeDoc,
  type OpDoc,
  type PoolDoc,
  type PropertiesDoc,
  type ResourceDoc,
} from './document.js'
import { plainRule } from './rules.js'
import { printDuration, printScore } from './values.js'

export type Plain = { readonly [key: string]: unknown }

export function printDoc(doc: ConfigDoc): string {
  return stringify(plainDoc(doc), { lineWidth: 0, version: '1.2', aliasDuplicateObjects: false })
}

/** The same as an object. Empty parts are left out. */
export function plainDoc(doc: ConfigDoc): Plain {
  return trim({
    apiVersion: doc.apiVersion,
    name: doc.name,
    properties: changed(plainProperties(doc.properties), plainProperties(PROPERTIES)),
    quorum:
      doc.quorum &&
      filled(
        trim({ 'tie-break': doc.quorum.tieBreak, witness: doc.quorum.witness, device: doc.quorum.device && { ...doc.quorum.device } }),
      ),
    nodes: filled(Object.fromEntries(Object.entries(doc.nodes).map(([name, node]) => [name, plainNode(node)]))),
    resources: filled(doc.resources.map((resource) => plainResource(resource, doc.properties))),
    groups: filled(
      doc.groups.map(({ name, members, targetRole }) =>
        trim({ name, members, ...(targetRole === 'Started' ? {} : { meta: { 'target-role': targetRole } }) }),
      ),
    ),
    clones: filled((doc.clones ?? []).map(plainClone)),
    pools: filled((doc.pools ?? []).map(plainPool)),
    location: filled(
      doc.locations.map((one) =>
        trim({
          id: one.id === locationId(one) ? undefined : one.id,
          resource: one.pattern === undefined ? one.resource : undefined,
          pattern: one.pattern,
          role: one.role,
          levels: one.levels,
          node: one.node,
          rule: one.rule && plainRule(one.rule),
          score: one.score === undefined ? undefined : printScore(one.score),
        }),
      ),
    ),
    colocation: filled(
      doc.colocations.map((one) =>
        trim({
          id: one.id === colocationId(one) ? undefined : one.id,
          resource: one.resource,
          with: one.with,
          score: one.score === INFINITY ? undefined : printScore(one.score),
          role: one.role,
          'with-role': one.withRole,
          'node-attribute': one.nodeAttribute,
          influence: one.influence,
        }),
      ),
    ),
    order: filled(
      doc.orders.map((one) =>
        trim({
          id: one.id === orderId(one) ? undefined : one.id,
          first: one.first,
          // biome-ignore lint/suspicious/noThenProperty: a word of the document; nobody awaits it
          then: one.then,
          'first-action': one.firstAction,
          'then-action': one.thenAction,
          'require-all': one.requireAll,
          kind: one.kind === 'Mandatory' ? undefined : one.kind,
          symmetrical: one.symmetrical === (one.kind !== 'Serialize') ? undefined : one.symmetrical,
        }),
      ),
    ),
    fencing: filled(doc.fencing.map(plainFence)),
  })
}

const plainProperties = (p: PropertiesDoc): Plain => ({
  'no-quorum-policy': p.noQuorumPolicy,
  'fencing-enabled': p.fencingEnabled,
  'fencing-action': p.fencingAction,
  'maintenance-mode': p.maintenanceMode,
  'resource-stickiness': printScore(p.stickiness),
  'symmetric-cluster': p.symmetric,
  'stop-all-resources': p.stopAll,
  'startup-fencing-delay': printDuration(p.startupFencingMs),
  'start-failure-is-fatal': p.startFailureIsFatal,
  'placement-strategy': p.placementStrategy,
  'batch-limit': p.batchLimit,
  'node-action-limit': p.nodeActionLimit,
  'node-health': p.health && plainHealth(p.health),
})

const plainHealth = (health: HealthDoc): Plain => {
  const score = (word: keyof typeof HEALTH): number | string | undefined => {
    const given = health[word]
    return given === undefined || given === HEALTH[word] ? undefined : printScore(given)
  }
  const scores = { red: score('red'), yellow: score('yellow'), green: score('green'), base: score('base') }
  return trim({ strategy: health.strategy, ...scores, safety: health.safety })
}

const plainNode = (node: NodeDoc): Plain =>
  trim({
    standby: node.standby || undefined,
    maintenance: node.maintenance || undefined,
    attributes: filled(node.attributes),
    utilization: node.utilization,
  })

const plainMeta = (meta: MetaDoc): Plain => ({
  'target-role': meta.targetRole,
  'is-managed': meta.managed,
  maintenance: meta.maintenance,
  'resource-stickiness': printScore(meta.stickiness),
  priority: printScore(meta.priority),
  'migration-threshold': printScore(meta.migrationThreshold),
  'failure-counting': meta.failureCounting,
  'failure-timeout': printDuration(meta.failureTimeoutMs),
  'multiple-active': meta.multipleActive,
  reap: meta.reap,
  critical: meta.critical,
})

const plainOp = (op: OpDoc): Plain => ({ timeout: printDuration(op.timeoutMs), 'on-fail': op.onFail })
/** With its timeout always: without one it would be as long as a start's. */
const plainRoleOp = (op: OpDoc): Plain =>
  trim({ timeout: printDuration(op.timeoutMs), 'on-fail': op.onFail === startDefaults.onFail ? undefined : op.onFail })
const plainMonitor = (op: OpDoc): Plain =>
  trim({
    interval: printDuration(op.intervalMs),
    ...changed(plainOp(op), plainOp(monitorDefaults)),
    depth: op.depth === 0 ? undefined : op.depth,
    role: op.role,
  })

function plainResource(resource: ResourceDoc, properties: PropertiesDoc): Plain {
  const { start, stop, promote, demote, notify, monitors } = resource.ops
  const [first] = monitors
  return trim({
    name: resource.name,
    agent: resource.agent,
    params: filled(resource.params),
    meta: changed(plainMeta(resource.meta), plainMeta(metaDefaults(properties))),
    ops: trim({
      start: changed(plainOp(start), plainOp(startDefaults)),
      stop: changed(plainOp(stop), plainOp(stopDefaults(properties))),
      promote: promote && plainRoleOp(promote),
      demote: demote && plainRoleOp(demote),
      notify: notify && { timeout: printDuration(notify.timeoutMs) },
      monitor: first && monitors.length === 1 ? plainMonitor(first) : monitors.map(plainMonitor),
    }),
    utilization: resource.utilization,
  })
}

const plainClone = (clone: CloneDoc): Plain =>
  trim({
    name: clone.name,
    resource: clone.resource,
    promoted: clone.promoted,
    max: clone.max,
    min: clone.min,
    ordered: clone.ordered === CLONE.ordered ? undefined : clone.ordered,
    interleave: clone.interleave === CLONE.interleave ? undefined : clone.interleave,
    notify: clone.notify === CLONE.notify ? undefined : clone.notify,
    meta: clone.targetRole === CLONE.targetRole ? undefined : { 'target-role': clone.targetRole },
  })

const plainPool = (pool: PoolDoc): Plain =>
  trim({
    name: pool.name,
    resources: pool.resources,
    standby: pool.standby,
    choose: pool.choose === POOL.choose ? undefined : pool.choose,
    exclusive: pool.exclusive === POOL.exclusive ? undefined : pool.exclusive,
  })

const plainFence = (device: FenceDoc): Plain =>
  trim({
    name: device.name,
    agent: device.agent,
    params: filled(device.params),
    hosts: device.hosts,
    level: device.level === FENCE.level ? undefined : device.level,
    timeout: device.timeoutMs === FENCE.timeoutMs ? undefined : printDuration(device.timeoutMs),
    delay: device.delayMs === FENCE.delayMs ? undefined : printDuration(device.delayMs),
    lease: device.leaseMs === undefined || device.leaseMs === FENCE.leaseMs ? undefined : printDuration(device.leaseMs),
  })

const trim = (from: Plain): Plain => Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined))
const filled = <T extends object>(from: T): T | undefined => (Object.keys(from).length === 0 ? undefined : from)
const changed = (from: Plain, base: Plain): Plain | undefined =>
  filled(Object.fromEntries(Object.entries(from).filter(([key, value]) => value !== base[key])))
