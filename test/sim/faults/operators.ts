/**
 * What operators do while all this happens (O1 to O9): they change the configuration, move, ban, clean up, confirm. Proposals go to any node
 * and may be refused or lost. In the end they want what they wanted at the beginning (`world.standing`), and say so until it stands.
 */

import type { Entry } from '../../../actors/log/messages.js'
import { rightsOf } from '../../../actors/log/right.js'
import type { ClusterState } from '../../../actors/log/state.js'
import { removeResource, setClusterMaintenance, setManaged, setNode, setTargetRole } from '../../../console/api/edits.js'
import { type ConfigDoc, isCloned, type ResourceDoc } from '../../../runtime/config/document.js'
import type { Verdict } from '../../../runtime/verdict.js'
import { clusterOf } from '../checkers/state-machine.js'
import { shareOf } from '../clones.js'
import { idsOf, owners, propose } from '../cluster.js'
import { type Mishap, reloadable } from '../guard-world.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { among, type Fault, later, machines, names, pickOn } from './kind.js'

export const because: Verdict = { do: 'config', key: 'log.config', args: {}, severity: 'info' }
const retryMs = 1_000
const cleanupLooks = 8

export function ask(w: World, m: Machine, entry: Entry): void {
  propose(w, m, `op-${Math.round(w.nowMs())}-${w.random.int(1e9)}`, entry)
}

/** A change of the configuration that some node knows. */
export function change(w: World, words: string, edit: (doc: ConfigDoc) => ConfigDoc | undefined): string | undefined {
  const m = pickOn(w)
  const doc = m && clusterOf(m)?.config
  const next = doc && edit(doc)
  if (!m || !next) return undefined
  ask(w, m, { type: 'config', doc: next, by: 'operator', because })
  return `${m.name} is asked: ${words}`
}

/** What the operators want in the end is what this machine knows. */
export function isSet(w: World, m: Machine): boolean {
  const config = clusterOf(m)?.config
  if (!w.standing || !config) return w.standing === undefined
  const known = same.get(config)
  if (known?.standing === w.standing) return known.is
  const is = JSON.stringify(config) === JSON.stringify(w.standing)
  same.set(config, { standing: w.standing, is })
  return is
}
/** Asked after each event: documents are never changed in place, and each world has its own. */
const same = new WeakMap<ConfigDoc, { readonly standing: ConfigDoc; readonly is: boolean }>()

/** What becomes a clone, or one thing again, is stopped first: the log refuses it while somebody has a right to it. */
function onTheWay(state: ClusterState | undefined, wanted: ConfigDoc): ConfigDoc {
  const { config, ids, grants } = state ?? {}
  const held = (config?.resources ?? []).filter(({ name }) => {
    const id = ids?.[name]
    const stays = wanted.resources.some((r) => r.name === name)
    return config && id && stays && isCloned(config, name) !== isCloned(wanted, name) && rightsOf(grants ?? {}, id).length > 0
  })
  if (!config || held.length === 0) return wanted
  const stopped = { managed: true, maintenance: false, targetRole: 'Stopped' } as const
  const resources = config.resources.map((r) => (held.includes(r) ? { ...r, meta: { ...r.meta, ...stopped } } : r))
  return { ...config, properties: wanted.properties, nodes: wanted.nodes, resources }
}

/** Sets again what the operators want in the end, until every node says so; and forgets the failures of what still runs nowhere (O8). */
export function restore(w: World): void {
  const { mends } = w
  let looks = 0
  const again = (): void => {
    const { standing } = w
    if (w.mends !== mends || !standing) return
    const on = w.roster.wanted.find((m) => m.managed && clusterOf(m))
    if (on && ++looks % cleanupLooks === 0)
      for (const [name, id] of Object.entries(idsOf(w)))
        if (owners(w, id).length < shareOf(standing, name, w.roster.wanted.length).runs)
          ask(w, on, { type: 'cleanup', resource: name, by: 'operator' })
    const asks = w.roster.wanted.find((m) => m.managed && clusterOf(m) && !isSet(w, m))
    if (asks) ask(w, asks, { type: 'config', doc: onTheWay(clusterOf(asks), standing), by: 'operator', because })
    w.after(retryMs, again)
  }
  again()
}

export const edited = (e: ReturnType<typeof setNode>): ConfigDoc | undefined => ('doc' in e ? e.doc : undefined)
const anyName = (w: World, doc: ConfigDoc): string | undefined =>
  among(
    w,
    [...doc.resources, ...doc.groups, ...(doc.clones ?? [])].map((r) => r.name),
  )

const mishaps: readonly Mishap[] = ['fails', 'hangs', 'crashes', 'not-born']

const configuration: readonly Fault[] = [
  {
    id: 'O1',
    name: 'config-add-remove',
    apply(w) {
      if (w.random.chance(0.5))
        return change(w, 'delete a resource', (doc) => {
          const name = anyName(w, doc)
          return name === undefined ? undefined : edited(removeResource(doc, name) as ReturnType<typeof setNode>)
        })
      return change(w, 'add a resource', (doc) => {
        const like = doc.resources[0]
        const name = `more${w.random.int(4)}`
        if (!like || doc.resources.some((r) => r.name === name)) return undefined
        const more: ResourceDoc = { ...like, name, params: { ip: `10.0.0.${100 + w.random.int(100)}` } }
        return { ...doc, resources: [...doc.resources, more] }
      })
    },
    ends: restore,
  },
  {
    id: 'O2',
    name: 'config-levels',
    apply: (w) =>
      change(w, 'other levels', (doc) => ({
        ...doc,
        locations: doc.locations.map((l) => (l.levels ? { ...l, levels: [...l.levels.slice(1), l.levels[0] as string] } : l)),
      })),
    ends: restore,
  },
  {
    id: 'O3',
    name: 'config-properties',
    apply: (w) =>
      change(w, 'other properties', (doc) => ({
        ...doc,
        properties: {
          ...doc.properties,
          stickiness: among(w, [0, 1, 100, 30_000, 1_000_000]) ?? 0,
          fencingAction: w.random.chance(0.5) ? 'off' : 'reboot',
          noQuorumPolicy: w.random.chance(0.3) ? 'freeze' : 'stop',
        },
      })),
    ends: restore,
  },
  {
    id: 'O4',
    name: 'standby',
    apply(w) {
      const name = among(w, names(w)) ?? ''
      const standby = w.random.chance(0.8)
      return change(w, `${name} ${standby ? 'standby' : 'online'}`, (doc) => edited(setNode(doc, names(w), name, { standby })))
    },
    ends: restore,
  },
  {
    id: 'O5',
    name: 'maintenance',
    apply(w) {
      const name = among(w, names(w)) ?? ''
      const on = w.random.chance(0.8)
      switch (w.random.int(3)) {
        case 0:
          return change(w, `maintenance of all ${on}`, (doc) => edited(setClusterMaintenance(doc, on) as ReturnType<typeof setNode>))
        case 1:
          return change(w, `maintenance of ${name} ${on}`, (doc) => edited(setNode(doc, names(w), name, { maintenance: on })))
        default:
          return change(w, 'unmanage a resource', (doc) => edited(setManaged(doc, among(w, doc.resources)?.name ?? '', !on)))
      }
    },
    ends: restore,
  },
  {
    id: 'O6',
    name: 'stop-start',
    apply: (w) =>
      change(w, 'stop or start a resource', (doc) =>
        edited(setTargetRole(doc, anyName(w, doc) ?? '', w.random.chance(0.7) ? 'Stopped' : 'Started')),
      ),
    ends: restore,
  },
  {
    id: 'O10',
    name: 'config-parameters',
    apply: (w) =>
      change(w, 'other parameters', (doc) => {
        const name = among(w, doc.resources)?.name
        // Some are taken over while it runs, some not; and some reloads go wrong, or kyhad dies about then.
        const kind = among(w, ['ip', 'both', 'load', 'load', 'mishap', 'mishap'] as const)
        const load = kind === 'ip' ? {} : { [reloadable]: `${w.random.int(100)}` }
        const ip = kind === 'ip' || kind === 'both' ? { ip: `10.0.0.${w.random.int(100)}` } : {}
        if (kind === 'mishap') for (const m of machines(w)) m.guard?.next.set('reload-agent', among(w, mishaps) ?? 'fails')
        if (w.random.chance(0.3)) {
          const dies = pickOn(w)
          later(w, w.random.int(200), () => dies?.crashKyhad())
        }
        return { ...doc, resources: doc.resources.map((r) => (r.name === name ? { ...r, params: { ...r.params, ...load, ...ip } } : r)) }
      }),
    ends: restore,
  },
]

const words: readonly Fault[] = [
  {
    id: 'O7',
    name: 'move',
    apply(w) {
      const m = pickOn(w)
      const to = among(w, machines(w))
      const resource = m && anyName(w, clusterOf(m)?.config ?? ({ resources: [], groups: [] } as never))
      if (!m || !to || resource === undefined) return undefined
      const kind = w.random.chance(0.7) ? 'move' : 'ban'
      const forMs = 500 + w.random.int(3_000)
      ask(w, m, { type: 'intent', id: `wish-${w.random.int(1e9)}`, kind, resource, node: to.spec.node, forMs, by: 'operator' })
      return `${m.name} is asked to ${kind} ${resource}: ${to.name}, for ${forMs} ms`
    },
  },
  {
    id: 'O8',
    name: 'cleanup',
    apply(w) {
      const m = pickOn(w)
      const resource = m && anyName(w, clusterOf(m)?.config ?? ({ resources: [], groups: [] } as never))
      if (!m || resource === undefined) return undefined
      ask(w, m, { type: 'cleanup', resource, by: 'operator' })
      return `${m.name} is asked to forget the failures of ${resource}`
    },
  },
  {
    id: 'O9',
    name: 'confirm-off',
    apply(w) {
      const m = pickOn(w)
      const off = among(
        w,
        machines(w).filter((o) => !o.powered),
      )
      if (!m || !off) return undefined
      ask(w, m, { type: 'operator-ack', node: off.spec.node, boot: off.incarnation.boot, by: 'operator' })
      return `${m.name} is told that ${off.name} is off, which is true`
    },
  },
]

export const operatorFaults: readonly Fault[] = [...configuration, ...words]
