/**
 * Text that an operator wrote (YAML or JSON) to the configuration document, complete with defaults; or every problem that it has, each one
 * sentence with its line (at most 50). Pure: the same text gives the same document on every node. Called by the API and the CLI.
 */
import { isIP } from 'node:net'
import { checkDocument, checkTieBreak, checkWitness } from './check.js'
import { readClone, readPool, readUtilization } from './clones.js'
import { type Lines, readConstraints } from './constraints.js'
import { DEVICE_PORT, FENCE, HEALTH, LIMITS, PROPERTIES } from './defaults.js'
import {
  type ConfigDoc,
  type DeviceDoc,
  FENCE_WATCHDOG,
  type FenceDoc,
  type GroupDoc,
  type HealthDoc,
  type NodeDoc,
  type PropertiesDoc,
  type QuorumDoc,
} from './document.js'
import type { Problem } from './problem.js'
import { NAME, NODE_ATTRIBUTE, PARAM, Reader } from './read.js'
import { readResource } from './resources.js'
import { type NodeAt, readSource } from './source.js'
import { parseScore } from './values.js'

export type Parsed =
  | { readonly ok: true; readonly doc: ConfigDoc; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly refused: 'invalid'; readonly problems: readonly Problem[] }

const TOP = [
  'apiVersion',
  'name',
  'properties',
  'quorum',
  'nodes',
  'resources',
  'groups',
  'clones',
  'pools',
  'location',
  'colocation',
  'order',
  'fencing',
] as const

/** `members`: names of nodes that exist besides those under `nodes:`. `problemsMax`: for who corrects by machine, more than people read. */
export function parseConfig(text: string, members: readonly string[] = [], problemsMax?: number): Parsed {
  const source = readSource(text)
  if ('problems' in source) return { ok: false, refused: 'invalid', problems: source.problems }
  const r = new Reader(problemsMax)
  const top = r.fields(source.tree, TOP)
  const at = top.at ?? source.tree
  if (!top.at && r.problems.length === 0) r.refuse(at, 'config.empty')
  const version = r.text(top.get('apiVersion'))
  if (version === undefined) r.refuse(at, 'config.missing', { field: 'apiVersion', example: 'apiVersion: kyha/v1' })
  else if (version !== 'kyha/v1') r.refuse(top.get('apiVersion') ?? at, 'config.api-version', { value: version })
  const name = r.matching(top.get('name'), NAME, 'config.bad-name')
  if (!top.get('name')) r.refuse(at, 'config.missing', { field: 'name', example: 'name: shop' })

  const lines: Lines = new Map()
  const mark = <T extends object>(made: T | undefined, node: NodeAt): T[] => {
    if (!made) return []
    lines.set(made, node)
    return [made]
  }
  const properties = readProperties(r, top.get('properties'))
  const nodes = readNodes(r, top.get('nodes'))
  const clones = r.list(top.get('clones'), LIMITS.clones).flatMap((node) => mark(readClone(r, node), node))
  const pools = r.list(top.get('pools'), LIMITS.pools).flatMap((node) => mark(readPool(r, node), node))
  const doc: ConfigDoc = {
    apiVersion: 'kyha/v1',
    name: name ?? '',
    properties,
    ...readQuorum(r, top.get('quorum')),
    nodes,
    resources: r.list(top.get('resources'), LIMITS.resources).flatMap((node) => mark(readResource(r, node, properties), node)),
    groups: r.list(top.get('groups'), LIMITS.groups).flatMap((node) => mark(readGroup(r, node), node)),
    ...(clones.length > 0 ? { clones } : {}),
    ...(pools.length > 0 ? { pools } : {}),
    ...readConstraints(r, { location: top.get('location'), colocation: top.get('colocation'), order: top.get('order') }, lines),
    fencing: r.list(top.get('fencing'), LIMITS.devices).flatMap((node) => mark(readFence(r, node), node)),
  }
  checkDocument(r, doc, lines, members, at)
  checkTieBreak(r, doc, members, top.get('quorum') ?? at)
  checkWitness(r, doc, members, top.get('quorum') ?? at)
  if (r.problems.length > 0) return { ok: false, refused: 'invalid', problems: r.all() }
  return { ok: true, doc, warnings: r.warnings }
}

function readProperties(r: Reader, node: NodeAt | undefined): PropertiesDoc {
  const { get } = r.fields(node, [
    'no-quorum-policy',
    'fencing-enabled',
    'fencing-action',
    'maintenance-mode',
    'resource-stickiness',
    'symmetric-cluster',
    'stop-all-resources',
    'startup-fencing-delay',
    'start-failure-is-fatal',
    'placement-strategy',
    'node-health',
    'batch-limit',
    'node-action-limit',
  ])
  const strategy = r.oneOf(get('placement-strategy'), ['default', 'utilization', 'minimal', 'balanced'])
  const { min, max } = LIMITS.startupFencingMs
  return {
    noQuorumPolicy: r.oneOf(get('no-quorum-policy'), ['stop', 'freeze', 'ignore']) ?? PROPERTIES.noQuorumPolicy,
    fencingEnabled: r.boolean(get('fencing-enabled')) ?? PROPERTIES.fencingEnabled,
    fencingAction: r.oneOf(get('fencing-action'), ['off', 'reboot']) ?? PROPERTIES.fencingAction,
    maintenanceMode: r.boolean(get('maintenance-mode')) ?? PROPERTIES.maintenanceMode,
    stickiness: r.score(get('resource-stickiness')) ?? PROPERTIES.stickiness,
    symmetric: r.boolean(get('symmetric-cluster')) ?? PROPERTIES.symmetric,
    stopAll: r.boolean(get('stop-all-resources')) ?? PROPERTIES.stopAll,
    startupFencingMs: r.duration(get('startup-fencing-delay'), min, max) ?? PROPERTIES.startupFencingMs,
    startFailureIsFatal: r.boolean(get('start-failure-is-fatal')) ?? PROPERTIES.startFailureIsFatal,
    ...(strategy === undefined || strategy === 'default' ? {} : { placementStrategy: strategy }),
    ...limited('batchLimit', r.integer(get('batch-limit'), 1, LIMITS.batch.cluster), LIMITS.batch.cluster),
    ...limited('nodeActionLimit', r.integer(get('node-action-limit'), 1, LIMITS.batch.node), LIMITS.batch.node),
    ...readHealth(r, get('node-health')),
  }
}

/** What is written as the most that there is is as if it were not written. */
const limited = <K extends string>(name: K, value: number | undefined, most: number): { [P in K]?: number } =>
  value === undefined || value === most ? {} : ({ [name]: value } as { [P in K]?: number })

function readHealth(r: Reader, node: NodeAt | undefined): { health?: HealthDoc } {
  const { at, get } = r.fields(node, ['strategy', 'red', 'yellow', 'green', 'base', 'safety'])
  const strategy = r.oneOf(get('strategy'), ['migrate-on-red', 'only-green', 'progressive', 'custom'])
  const safety = r.boolean(get('safety'))
  const scores: { -readonly [K in keyof typeof HEALTH]?: number } = {}
  for (const word of ['red', 'yellow', 'green', 'base'] as const) {
    const score = r.score(get(word))
    const counts = strategy === 'progressive' || (strategy === 'custom' && word !== 'base')
    const said = get(word)
    if (said && strategy && !counts) r.warn(said, 'config.health-unused', { word, strategy })
    if (score !== undefined && score !== HEALTH[word]) scores[word] = score
  }
  if (at && !get('strategy')) r.refuse(at, 'config.missing', { field: 'strategy', example: 'strategy: migrate-on-red' })
  return strategy ? { health: { strategy, ...scores, ...(safety === false ? { safety } : {}) } } : {}
}

/** Attributes of health are a colour or a score: anything else would count as well without a word. */
function readAttributes(r: Reader, node: NodeAt | undefined): Record<string, string> {
  const attributes = r.texts(node, NODE_ATTRIBUTE, LIMITS.attributes)
  for (const [name, value] of Object.entries(attributes)) {
    const at = node?.kind === 'map' ? node.entries.get(name) : undefined
    if (at?.kind === 'scalar' && name.startsWith('#') && !/^(?:red|yellow|green)$/i.test(value) && parseScore(value) === undefined)
      r.refuse(at, 'config.health-value', { name, value })
  }
  return attributes
}

function readQuorum(r: Reader, node: NodeAt | undefined): { quorum?: QuorumDoc } {
  const { get } = r.fields(node, ['tie-break', 'witness', 'device'])
  const tieBreak = r.matching(get('tie-break'), NAME, 'config.bad-name')
  const witness = r.matching(get('witness'), NAME, 'config.bad-name')
  const device = readDevice(r, get('device'))
  const quorum = {
    ...(tieBreak === undefined ? {} : { tieBreak }),
    ...(witness === undefined ? {} : { witness }),
    ...(device === undefined ? {} : { device }),
  }
  return Object.keys(quorum).length === 0 ? {} : { quorum }
}

/** What `kyha qdevice add` writes there. */
function readDevice(r: Reader, node: NodeAt | undefined): DeviceDoc | undefined {
  const { at, get } = r.fields(node, ['name', 'address', 'port', 'fingerprint'])
  if (!at) return undefined
  const name = r.matching(get('name'), NAME, 'config.bad-name')
  const address = r.text(get('address'), 64)
  const fingerprint = r.matching(get('fingerprint'), /^[0-9a-f]{64}$/, 'config.fingerprint')
  const port = r.integer(get('port'), 1, 65_535) ?? DEVICE_PORT
  if (!get('name')) r.refuse(at, 'config.missing', { field: 'name', example: 'name: q1' })
  if (!get('address')) r.refuse(at, 'config.missing', { field: 'address', example: 'address: 10.9.0.9' })
  else if (address !== undefined && isIP(address) === 0) r.refuse(get('address') ?? at, 'config.device-address', { name: address })
  if (!get('fingerprint')) r.refuse(at, 'config.missing', { field: 'fingerprint', example: 'fingerprint: (kyha qdevice add writes it)' })
  return name === undefined || address === undefined || fingerprint === undefined ? undefined : { name, address, port, fingerprint }
}

function readNodes(r: Reader, node: NodeAt | undefined): Record<string, NodeDoc> {
  const out: Record<string, NodeDoc> = {}
  const entries = [...(r.map(node)?.entries ?? [])]
  if (node && entries.length > LIMITS.nodes)
    r.refuse(node, 'config.too-many', { path: 'nodes', count: entries.length, limit: LIMITS.nodes })
  for (const [name, value] of entries.slice(0, LIMITS.nodes)) {
    if (!NAME.test(name)) r.refuse(value, 'config.bad-name', { name })
    const { get } = r.fields(value, ['standby', 'maintenance', 'attributes', 'utilization'])
    if (NAME.test(name)) {
      out[name] = {
        standby: r.boolean(get('standby')) ?? false,
        maintenance: r.boolean(get('maintenance')) ?? false,
        attributes: readAttributes(r, get('attributes')),
        ...readUtilization(r, get('utilization')),
      }
    }
  }
  return out
}

function readGroup(r: Reader, node: NodeAt): GroupDoc | undefined {
  const { at, get } = r.fields(node, ['name', 'members', 'meta'])
  const name = r.matching(get('name'), NAME, 'config.bad-name')
  const members = r.list(get('members'), LIMITS.members).flatMap((member) => r.matching(member, NAME, 'config.bad-name') ?? [])
  const meta = r.fields(get('meta'), ['target-role'])
  if (at && !get('name')) r.refuse(node, 'config.missing', { field: 'name', example: 'name: web' })
  if (at && !get('members')) r.refuse(node, 'config.missing', { field: 'members', example: 'members: [vip, nginx]' })
  else if (at && members.length === 0) r.refuse(get('members') ?? node, 'config.empty-list', { field: 'members' })
  const targetRole = r.oneOf(meta.get('target-role'), ['Started', 'Stopped']) ?? 'Started'
  return name === undefined ? undefined : { name, members, targetRole }
}

function readFence(r: Reader, node: NodeAt): FenceDoc | undefined {
  const { at, get } = r.fields(node, ['name', 'agent', 'params', 'hosts', 'level', 'timeout', 'delay', 'lease'])
  const name = r.matching(get('name'), NAME, 'config.bad-name')
  const agent = r.matching(get('agent'), /^fence_[A-Za-z0-9_.-]{1,56}$/, 'config.fence-agent')
  if (at && !get('name')) r.refuse(node, 'config.missing', { field: 'name', example: 'name: ipmi' })
  if (at && !get('agent')) r.refuse(node, 'config.missing', { field: 'agent', example: 'agent: fence_ipmilan' })
  if (at && !get('hosts')) r.refuse(node, 'config.missing', { field: 'hosts', example: 'hosts: {n1: plug1}' })
  const timeout = LIMITS.fenceTimeoutMs
  const delay = LIMITS.fenceDelayMs
  const rest = {
    params: r.texts(get('params'), PARAM, LIMITS.params),
    hosts: r.texts(get('hosts'), NAME, LIMITS.nodes),
    level: r.integer(get('level'), 1, 9) ?? FENCE.level,
    timeoutMs: r.duration(get('timeout'), timeout.min, timeout.max) ?? FENCE.timeoutMs,
    delayMs: r.duration(get('delay'), delay.min, delay.max) ?? FENCE.delayMs,
  }
  const lease = r.duration(get('lease'), LIMITS.leaseMs.min, LIMITS.leaseMs.max)
  if (get('lease') && agent !== FENCE_WATCHDOG) r.refuse(get('lease') ?? node, 'config.fence-lease', { agent: agent ?? '-' })
  if (agent === FENCE_WATCHDOG && Object.keys(rest.params).length > 0) r.refuse(get('params') ?? node, 'config.fence-watchdog-params', {})
  const own = agent === FENCE_WATCHDOG ? { leaseMs: lease ?? FENCE.leaseMs } : {}
  return name === undefined || agent === undefined ? undefined : { name, agent, ...rest, ...own }
}
