/** kyha's document as a Pacemaker CIB, configuration only, with a sentence for each thing that Pacemaker does not know. Pure. */
import { HEALTH, PROPERTIES } from '../../../runtime/config/defaults.js'
import { type ConfigDoc, FENCE_WATCHDOG, type FenceDoc } from '../../../runtime/config/document.js'
import { printDuration, printScore } from '../../../runtime/config/values.js'
import { type Note, Notes } from '../import/notes.js'
import { element, writeXml } from '../write.js'
import type { Element } from '../xml.js'
import { constraintElements } from './constraints.js'
import { Ids } from './ids.js'
import { plainParams, resourceElements } from './resources.js'

export interface Exported {
  readonly xml: string
  readonly notes: readonly Note[]
}

export function exportCib(doc: ConfigDoc): Exported {
  const ids = new Ids()
  const notes = new Notes()
  for (const part of [...doc.resources, ...doc.groups, ...(doc.clones ?? []), ...doc.fencing]) {
    ids.keep(part.name)
    if (!/^[A-Za-z_]/.test(part.name)) notes.note({ element: 'name', id: part.name }, 'cib.to-id')
  }
  for (const pool of doc.pools ?? []) notes.left({ element: 'pool', id: pool.name }, 'cib.to-pool')
  if (doc.quorum) notes.left({ element: 'quorum', id: '' }, 'cib.to-quorum')
  if (doc.kept !== undefined) notes.left({ element: 'configuration', id: '' }, 'cib.to-kept')
  const devices = doc.fencing.flatMap((d) => device(ids, notes, d))
  const levels = topology(ids, doc)
  const resources = [...devices, ...resourceElements(doc, ids, notes)]
  const configuration = element('configuration', {}, [
    element('crm_config', {}, properties(ids, notes, doc)),
    element('nodes', {}, nodes(ids, doc)),
    element('resources', {}, resources),
    element('constraints', {}, constraintElements(doc, ids, notes)),
    ...(levels.length > 0 ? [element('fencing-topology', {}, levels)] : []),
    element(
      'rsc_defaults',
      {},
      ids.set('meta_attributes', 'rsc_defaults', [['resource-stickiness', printScore(doc.properties.stickiness)]]),
    ),
  ])
  const head = { 'validate-with': 'pacemaker-3.9', epoch: 1, num_updates: 0, admin_epoch: 0 }
  return { xml: writeXml(element('cib', head, [configuration, element('status', {})])), notes: notes.list }
}

function properties(ids: Ids, notes: Notes, doc: ConfigDoc): Element[] {
  const { properties: p } = doc
  const { health } = p
  const of = (id: string): { element: string; id: string } => ({ element: 'property', id })
  if (p.startupFencingMs !== PROPERTIES.startupFencingMs) notes.left(of('startup-fencing-delay'), 'cib.to-startup-delay')
  if (health && health.safety !== false) notes.note(of('node-health'), 'cib.to-health-safe')
  const colours = (['red', 'yellow', 'green', 'base'] as const).map((c) => {
    const score = health?.[c]
    return [`node-health-${c}`, score === undefined || score === HEALTH[c] ? undefined : printScore(score)] as const
  })
  return ids.set('cluster_property_set', 'cib-bootstrap-options', [
    ['cluster-name', doc.name],
    ['stonith-enabled', p.fencingEnabled],
    ['stonith-action', p.fencingAction],
    ['no-quorum-policy', p.noQuorumPolicy],
    ['maintenance-mode', p.maintenanceMode || undefined],
    ['symmetric-cluster', p.symmetric ? undefined : false],
    ['stop-all-resources', p.stopAll || undefined],
    ['start-failure-is-fatal', p.startFailureIsFatal ? undefined : false],
    ['placement-strategy', p.placementStrategy],
    ['node-health-strategy', health?.strategy],
    ...colours,
    // Pacemaker has no such rule and ignores the word; the import reads it.
    ['node-health-safety', health ? health.safety !== false : undefined],
  ])
}

/** All that are configured, and all that a location or a device names. */
function nodes(ids: Ids, doc: ConfigDoc): Element[] {
  const named = [
    ...Object.keys(doc.nodes),
    ...doc.locations.flatMap((l) => l.levels ?? (l.node === undefined ? [] : [l.node])),
    ...doc.fencing.flatMap((d) => Object.keys(d.hosts)),
  ]
  return [...new Set(named)].map((name, i) => {
    const node = doc.nodes[name]
    const owner = `node-${name}`
    return element('node', { id: i + 1, uname: name }, [
      ...ids.set('instance_attributes', owner, [
        ['standby', node?.standby ? 'on' : undefined],
        ['maintenance', node?.maintenance || undefined],
        ...Object.entries(node?.attributes ?? {}),
      ]),
      ...ids.set('utilization', owner, Object.entries(node?.utilization ?? {})),
    ])
  })
}

/** What separates hosts and plugs, and the sign that says so. */
const plugText = (text: string): string => text.replace(/[\\;:=\s]/g, '\\$&')

function device(ids: Ids, notes: Notes, d: FenceDoc): Element[] {
  const of = { element: 'device', id: d.name }
  if (d.agent === FENCE_WATCHDOG) return notes.left(of, 'cib.to-watchdog') ?? []
  const params = plainParams(notes, of, d.params)
  const hosts = Object.entries(d.hosts)
  const plain = hosts.every(([, plug]) => plug === '')
  const map = hosts.map(([host, plug]) => `${plugText(host)}:${plugText(plug === '' ? host : plug)}`).join(';')
  const timeout = printDuration(d.timeoutMs)
  return [
    element('primitive', { id: d.name, class: 'stonith', type: d.agent }, [
      ...ids.set('instance_attributes', d.name, [
        ...params,
        plain ? (['pcmk_host_list', hosts.map(([host]) => host).join(' ')] as const) : (['pcmk_host_map', map] as const),
        ['pcmk_off_timeout', timeout],
        ['pcmk_reboot_timeout', timeout],
        ['pcmk_delay_base', d.delayMs > 0 ? printDuration(d.delayMs) : undefined],
      ]),
    ]),
  ]
}

/** Where a node has several devices, or one of another level than the first: there Pacemaker would take any of them. */
function topology(ids: Ids, doc: ConfigDoc): Element[] {
  const devices = doc.fencing.filter((d) => d.agent !== FENCE_WATCHDOG)
  const hosts = [...new Set(devices.flatMap((d) => Object.keys(d.hosts)))]
  return hosts.flatMap((host) => {
    const mine = devices.filter((d) => Object.hasOwn(d.hosts, host))
    if (mine.length === 1 && mine[0]?.level === 1) return []
    const levels = [...new Set(mine.map((d) => d.level))].sort((a, b) => a - b)
    return levels.map((index) => {
      const names = mine.filter((d) => d.level === index).map((d) => d.name)
      return element('fencing-level', { id: ids.free(`fencing-${host}-${index}`), target: host, index, devices: names.join(',') })
    })
  })
}
