/** Every default of the configuration document, and the ranges of its numbers (design 3, rule 12: defaults stand here only). */
import { type CloneDoc, type ConfigDoc, INFINITY, type MetaDoc, type OpDoc, type PoolDoc, type PropertiesDoc } from './document.js'

/** Pacemaker's defaults where it has them; the two that differ are safer: fencing leaves a machine off, stickiness is 1 (no idle moves). */
export const PROPERTIES: PropertiesDoc = {
  noQuorumPolicy: 'stop',
  fencingEnabled: true,
  fencingAction: 'off',
  maintenanceMode: false,
  stickiness: 1,
  symmetric: true,
  stopAll: false,
  startupFencingMs: 20_000,
  startFailureIsFatal: true,
}

export const metaDefaults = (properties: PropertiesDoc): MetaDoc => ({
  targetRole: 'Started',
  managed: true,
  maintenance: false,
  stickiness: properties.stickiness,
  priority: 0,
  migrationThreshold: INFINITY,
  failureCounting: 'consecutive',
  failureTimeoutMs: 0,
  multipleActive: 'stop_start',
  reap: true,
})

const op = (intervalMs: number, onFail: OpDoc['onFail']): OpDoc => ({ intervalMs, timeoutMs: 20_000, onFail, depth: 0 })
export const startDefaults: OpDoc = op(0, 'restart')
export const notifyDefaults: OpDoc = op(0, 'ignore')
export const monitorDefaults: OpDoc = op(10_000, 'restart')
/** A stop that fails leaves the resource in an unknown state: only fencing ends that; without it nobody else may start it. */
export const stopDefaults = (properties: PropertiesDoc): OpDoc => op(0, properties.fencingEnabled ? 'fence' : 'block')

export const FENCE = { level: 1, timeoutMs: 20_000, delayMs: 0, leaseMs: 5_000 } as const

export const CLONE = { ordered: false, interleave: true, notify: false, targetRole: 'Started' } as const satisfies Partial<CloneDoc>
export const POOL = { choose: 'in-order', exclusive: false } as const satisfies Partial<PoolDoc>
/** What is absent in a HealthDoc: scores of the colours, and what is added on every node. */
export const HEALTH = { red: -INFINITY, yellow: 0, green: 0, base: 0 } as const

/** TCP port of a quorum device. */
export const DEVICE_PORT = 5409
/** `quorum.witness` of this name: the shared disks that every node's settings list. */
export const DISKS = 'disks'

/** Bounds: what lies outside is refused with the range in the sentence. */
export const LIMITS = {
  nodes: 32,
  resources: 2000,
  groups: 500,
  clones: 256,
  pools: 64,
  constraints: 5000,
  devices: 256,
  monitors: 16,
  members: 200,
  levels: 32,
  params: 200,
  attributes: 100,
  capacities: 100,
  utilization: { min: 0, max: 2 ** 31 },
  patternChars: 200,
  /** Ways to try a pattern on one name: so many take a tenth of a second at worst. */
  ruleDepth: 4,
  conditions: 64,
  opTimeoutMs: { min: 100, max: 86_400_000 },
  intervalMs: { min: 100, max: 604_800_000 },
  failureTimeoutMs: { min: 0, max: 31_536_000_000 },
  startupFencingMs: { min: 0, max: 3_600_000 },
  fenceTimeoutMs: { min: 1000, max: 3_600_000 },
  fenceDelayMs: { min: 0, max: 600_000 },
  leaseMs: { min: 1_000, max: 600_000 },
  /** Orders under way at once. */
  batch: { cluster: 64, node: 16 },
} as const

/** A cluster's first configuration: nothing in it, everything at its default. */
export const emptyDoc = (name: string): ConfigDoc => ({
  apiVersion: 'kyha/v1',
  name,
  properties: PROPERTIES,
  nodes: {},
  resources: [],
  groups: [],
  locations: [],
  colocations: [],
  orders: [],
  fencing: [],
})
