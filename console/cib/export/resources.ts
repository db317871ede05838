/** Resources, groups and clones as elements of a CIB. */
import { monitorDefaults, notifyDefaults, startDefaults, stopDefaults } from '../../../runtime/config/defaults.js'
import { type CloneDoc, type ConfigDoc, cloneOf, INFINITY, type OpDoc, type ResourceDoc } from '../../../runtime/config/document.js'
import { printDuration, printScore } from '../../../runtime/config/values.js'
import { referenceOf } from '../../../runtime/secret/file.js'
import type { Notes, Origin } from '../import/notes.js'
import { element } from '../write.js'
import type { Element } from '../xml.js'
import type { Ids } from './ids.js'

/** Parameters with a value of their own; what names a secret is kyha's to resolve. */
export function plainParams(notes: Notes, of: Origin, params: ResourceDoc['params']): (readonly [string, string])[] {
  return Object.entries(params).filter(
    ([name, value]) => referenceOf(value) === undefined || notes.partly(of, name, 'cib.to-secret-reference'),
  )
}

export function resourceElements(doc: ConfigDoc, ids: Ids, notes: Notes): Element[] {
  const groups = new Map(doc.groups.map((g) => [g.name, g]))
  const groupOf = new Map(doc.groups.flatMap((g) => g.members.map((m) => [m, g.name] as const)))
  const named = new Map(doc.resources.map((r) => [r.name, r]))
  const written = new Set<string>()
  return doc.resources.flatMap((r) => {
    const group = groups.get(groupOf.get(r.name) ?? '')
    const clone = doc.clones?.find((c) => c.resource === (group?.name ?? r.name))
    const top = clone?.name ?? group?.name ?? r.name
    if (written.has(top)) return []
    written.add(top)
    const inner = group
      ? element('group', { id: group.name }, [
          ...ids.set('meta_attributes', group.name, [['target-role', group.targetRole === 'Stopped' ? 'Stopped' : undefined]]),
          ...group.members.flatMap((m) => named.get(m) ?? []).map((m) => primitive(doc, ids, notes, m)),
        ])
      : primitive(doc, ids, notes, r)
    return [clone ? element('clone', { id: clone.name }, [...cloneMeta(ids, clone), inner]) : inner]
  })
}

const cloneMeta = (ids: Ids, c: CloneDoc): Element[] =>
  ids.set('meta_attributes', c.name, [
    ['clone-max', c.max],
    ['clone-min', c.min],
    ['interleave', c.interleave],
    ['ordered', c.ordered || undefined],
    ['notify', c.notify || undefined],
    ['promotable', c.promoted === undefined ? undefined : true],
    ['promoted-max', c.promoted],
    ['target-role', c.targetRole === 'Started' ? undefined : c.targetRole],
  ])

function agentOf(notes: Notes, r: ResourceDoc): Record<string, string> {
  const [kind = '', ...rest] = r.agent.split(':')
  if (kind === 'systemd') return { class: 'systemd', type: rest.join(':') }
  if (kind === 'ocf') return { class: 'ocf', provider: rest[0] ?? '', type: rest[1] ?? '' }
  notes.note({ element: 'resource', id: r.name }, 'cib.to-own-agent', { agent: `ocf:kyha:${rest[0] ?? ''}` })
  return { class: 'ocf', provider: 'kyha', type: rest[0] ?? '' }
}

function primitive(doc: ConfigDoc, ids: Ids, notes: Notes, r: ResourceDoc): Element {
  const { properties } = doc
  const { meta } = r
  const of = { element: 'resource', id: r.name }
  const counted = meta.failureTimeoutMs > 0 || meta.migrationThreshold < INFINITY
  const consecutive = meta.failureCounting === 'consecutive'
  if (counted && consecutive) notes.partly(of, 'failure-counting: consecutive', 'cib.to-counting')
  if (!meta.reap) notes.partly(of, 'reap', 'cib.to-reap')
  return element('primitive', { id: r.name, ...agentOf(notes, r) }, [
    ...ids.set('instance_attributes', r.name, plainParams(notes, of, r.params)),
    ...ids.set('meta_attributes', r.name, [
      ['target-role', meta.targetRole === 'Stopped' ? 'Stopped' : undefined],
      ['is-managed', meta.managed ? undefined : false],
      ['maintenance', meta.maintenance || undefined],
      ['resource-stickiness', meta.stickiness === properties.stickiness ? undefined : printScore(meta.stickiness)],
      ['priority', meta.priority === 0 ? undefined : printScore(meta.priority)],
      ['migration-threshold', meta.migrationThreshold < INFINITY ? meta.migrationThreshold : undefined],
      // Pacemaker ignores the word; the import reads it.
      ['failure-counting', counted === consecutive ? meta.failureCounting : undefined],
      ['failure-timeout', meta.failureTimeoutMs > 0 ? printDuration(meta.failureTimeoutMs) : undefined],
      ['multiple-active', meta.multipleActive === 'stop_start' ? undefined : meta.multipleActive],
      ['critical', meta.critical],
      ['reap', meta.reap ? undefined : false],
    ]),
    ...operations(doc, ids, notes, r),
    ...ids.set('utilization', r.name, Object.entries(r.utilization ?? {})),
  ])
}

function operations(doc: ConfigDoc, ids: Ids, notes: Notes, r: ResourceDoc): Element[] {
  const { start, stop, promote, demote, notify, monitors } = r.ops
  if (new Set(monitors.map((m) => m.intervalMs)).size < monitors.length)
    notes.note({ element: 'resource', id: r.name }, 'cib.to-same-interval')
  const promotable = cloneOf(doc, r.name)?.promoted !== undefined
  const asLong = promotable && start.timeoutMs !== startDefaults.timeoutMs ? { ...startDefaults, timeoutMs: start.timeoutMs } : undefined
  const once: (readonly [string, OpDoc | undefined, OpDoc | undefined])[] = [
    ['start', start, startDefaults],
    ['stop', stop, stopDefaults(doc.properties)],
    ['promote', promote ?? asLong, undefined],
    ['demote', demote ?? asLong, undefined],
    ['notify', notify, notifyDefaults],
  ]
  const list = [
    ...once.flatMap(([name, op, usual]) => {
      const odd = name === 'stop' && op?.onFail === 'stop'
      if (odd) notes.partly({ element: 'resource', id: r.name }, 'on-fail: stop', 'cib.to-stop-stop')
      const onFail = odd || op?.onFail === (usual ?? startDefaults).onFail ? undefined : op?.onFail
      if (!op || (usual && op.timeoutMs === usual.timeoutMs && onFail === undefined)) return []
      return [operation(ids, r.name, name, op, onFail)]
    }),
    ...monitors.map((m) => operation(ids, r.name, 'monitor', m, m.onFail === monitorDefaults.onFail ? undefined : m.onFail)),
  ]
  return list.length === 0 ? [] : [element('operations', {}, list)]
}

function operation(ids: Ids, owner: string, name: string, op: OpDoc, onFail: string | undefined): Element {
  const interval = op.intervalMs === 0 ? '0s' : printDuration(op.intervalMs)
  const id = ids.free(`${owner}-${name}-${op.role === undefined ? '' : `${op.role}-`}${interval}`)
  const at = { id, name, interval, timeout: printDuration(op.timeoutMs), 'on-fail': onFail, role: op.role }
  return element('op', at, op.depth === 0 ? [] : ids.set('instance_attributes', id, [['OCF_CHECK_LEVEL', op.depth]]))
}
