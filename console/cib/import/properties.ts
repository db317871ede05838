/** The cluster's properties and nodes in the words of the document. */
import type { Scene } from '../../../actors/coordinator/engine/scene.js'
import { flag, INF, parseMs, parseScore } from '../../../actors/coordinator/engine/score.js'
import { NAME, NODE_ATTRIBUTE } from '../../../runtime/config/read.js'
import { printScore } from '../../../runtime/config/values.js'
import { type Draft, filled, named, type Origins, type Plain, valuesOf } from './draft.js'
import type { Notes, Origin } from './notes.js'

/** What kyha knows under the same name. */
const same = ['maintenance-mode', 'symmetric-cluster', 'stop-all-resources', 'start-failure-is-fatal', 'placement-strategy']
const elsewhere = ['stonith-enabled', 'fencing-enabled', 'stonith-action', 'fencing-action', 'no-quorum-policy', 'cluster-name']
const health = [
  'node-health-strategy',
  'node-health-red',
  'node-health-yellow',
  'node-health-green',
  'node-health-base',
  'node-health-safety',
]
/** Read where resources and devices are. */
const defaults = ['default-resource-stickiness', 'default-action-timeout', 'is-managed-default', 'stonith-timeout']
/** What the cluster writes about itself. */
const facts = ['dc-version', 'cluster-infrastructure', 'last-lrm-refresh', 'have-watchdog']
/** Paces of Pacemaker's daemons and files of theirs. */
const machinery =
  /^(batch-limit|cluster-delay|cluster-ipc-limit|cluster-recheck-interval|crmd-.*|dc-deadtime|election-timeout|join-.*-timeout|load-threshold|migration-limit|node-action-limit|node-pending-timeout|pe-.*-series-max|shutdown-escalation|expected-quorum-votes|transition-delay)$/
/** What says what kyha does anyway. */
const asIs: Readonly<Record<string, boolean>> = {
  'startup-fencing': true,
  'stop-orphan-resources': true,
  'stop-orphan-actions': true,
  'enable-startup-probes': true,
  'remove-after-stop': false,
  'shutdown-lock': false,
}

/** Names with either sign between words, as old configurations have them. */
export function propertiesOf(notes: Notes, scene: Scene): Map<string, string> {
  const values = valuesOf(notes, { element: 'crm_config', id: '' }, scene.properties, 'cib-bootstrap-options')
  return new Map([...values].map(([k, v]) => [k.replaceAll('_', '-'), v]))
}

export const fencingOn = (p: ReadonlyMap<string, string>): boolean => flag(p.get('stonith-enabled') ?? p.get('fencing-enabled'), true)

export function properties(draft: Draft, notes: Notes, p: ReadonlyMap<string, string>, stickiness: string | undefined): void {
  const out = draft.properties
  for (const name of same) if (p.has(name)) out[name] = p.get(name)
  out['fencing-enabled'] = fencingOn(p)
  const action = p.get('stonith-action') ?? p.get('fencing-action') ?? 'reboot'
  out['fencing-action'] = action === 'poweroff' ? 'off' : action
  const policy = p.get('no-quorum-policy')
  const property: Origin = { element: 'property', id: 'no-quorum-policy' }
  if (policy === 'stop' || policy === 'freeze' || policy === 'ignore') out['no-quorum-policy'] = policy
  else if (policy !== undefined) notes.left(property, 'cib.no-quorum-policy', { value: policy })
  out['resource-stickiness'] = stickiness ?? 0
  const strategy = p.get('node-health-strategy')?.toLowerCase()
  if (strategy !== undefined && strategy !== 'none') out['node-health'] = healthOf(notes, p, strategy)
  const tuned: string[] = []
  for (const [name, value] of p) {
    const of = { element: 'property', id: name }
    if ([...same, ...elsewhere, ...health, ...defaults, ...facts].includes(name)) continue
    if (machinery.test(name)) tuned.push(name)
    else if (Object.hasOwn(asIs, name) ? flag(value, asIs[name] as boolean) === asIs[name] : quiet(name, value)) continue
    else notes.left(of, name === 'stonith-watchdog-timeout' ? 'cib.watchdog-timeout' : 'cib.property', { value })
  }
  if (tuned.length > 0) notes.note({ element: 'crm_config', id: '' }, 'cib.machinery', { names: tuned.join(', ') })
}

/** Values that are Pacemaker's defaults, and ask for nothing that kyha does otherwise. */
const quiet = (name: string, value: string): boolean =>
  (name === 'stonith-watchdog-timeout' && (parseMs(value) ?? 0) === 0) ||
  (name === 'priority-fencing-delay' && (parseMs(value) ?? 0) === 0) ||
  (name === 'concurrent-fencing' && flag(value, true)) ||
  (name === 'fence-reaction' && value === 'stop')

function healthOf(notes: Notes, p: ReadonlyMap<string, string>, strategy: string): Plain {
  const score = (word: string): number | string | undefined => {
    const n = parseScore(p.get(`node-health-${word}`))
    return n === undefined ? undefined : printScore(n)
  }
  const given = p.get('node-health-safety')
  if (given === undefined) notes.note({ element: 'property', id: 'node-health-strategy' }, 'cib.health-safety')
  const counts = strategy === 'progressive' || strategy === 'custom'
  const scores = counts ? { red: score('red'), yellow: score('yellow'), green: score('green') } : {}
  return filled({ strategy, ...scores, ...(strategy === 'progressive' ? { base: score('base') } : {}), safety: given })
}

/** What red, yellow and green count for where they stand as a score. */
export function colours(p: ReadonlyMap<string, string>): Readonly<Record<string, number>> {
  const strategy = p.get('node-health-strategy')?.toLowerCase()
  const set = (colour: string, otherwise: number): number => parseScore(p.get(`node-health-${colour}`)) ?? otherwise
  if (strategy === 'progressive' || strategy === 'custom')
    return { red: set('red', -INF), yellow: set('yellow', 0), green: set('green', 0) }
  const bad = strategy === 'migrate-on-red' || strategy === 'only-green' ? -INF : 0
  return { red: bad, yellow: strategy === 'only-green' ? -INF : 0, green: 0 }
}

export function nodes(draft: Draft, origins: Origins, notes: Notes, scene: Scene): void {
  const list = scene.nodes.flatMap((n) => {
    const of: Origin = { element: 'node', id: n.name || n.id }
    if (n.type !== 'member' && n.type !== 'normal') return notes.left(of, 'cib.node-type', { type: n.type }) ?? []
    if (n.name === '') return notes.left(of, 'cib.node-nameless') ?? []
    if (!NAME.test(n.name)) return notes.left(of, 'config.bad-name', { line: 0, name: n.name }) ?? []
    const values = valuesOf(notes, of, n.attributes)
    const others = [...values].filter(([k]) => k !== 'standby' && k !== 'maintenance')
    const attributes = named(notes, of, others, NODE_ATTRIBUTE)
    const utilization = named(notes, of, valuesOf(notes, of, n.utilization))
    const plain = filled({ standby: values.get('standby'), maintenance: values.get('maintenance'), attributes, utilization })
    return [[n.name, origins.set(plain, of)] as const]
  })
  draft.nodes = Object.fromEntries(list)
}
