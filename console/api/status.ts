/** StatusView and its parts out of the model: pure apart from remembering since when. The verdict sentence is made in verdict.ts. */

import type { Row } from '../../actors/coordinator/messages.js'
import type { DiskStatus } from '../../actors/disk-heartbeat/messages.js'
import type { HealthStatus } from '../../actors/health-monitor/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import type { PeerState } from '../../actors/membership/messages.js'
import type { Instant, NodeId, ResourceId } from '../../runtime/actor.js'
import { cloneOf, type LocationDoc, type ResourceDoc } from '../../runtime/config/document.js'
import { render } from '../../runtime/text/index.js'
import type { Model } from './model.js'
import { sentenceOr } from './sentences.js'
import { spareOf } from './spare.js'
import { verdictLine } from './verdict.js'
import type { Freshness, LinkCell, NodeView, ResourceCell, ResourceView, Role, StatusView } from './views.js'
import { witnessView } from './witness.js'

/** Facts of this machine that only its own node knows. */
export interface MachineFacts {
  readonly containment: string
  readonly deathNotice: string
  readonly watchdog: string
  readonly lease: string
  readonly peerCredentials: string
}
export interface Self {
  readonly node: NodeId
  readonly name: string
  readonly cluster: string
  readonly clusterName: string
  /** Starts of kyhad in this life of the machine. */
  readonly counter: number
  readonly machine: MachineFacts
  readonly probe: string | null
  /** Origins of the demo's consoles: a page of one may read another. */
  readonly consoles: readonly string[]
}

export function freshness<K extends string>(model: Model, self: Self, now: Instant, kind: K): Freshness & { readonly kind: K } {
  const ageMs = model.leadership?.leader === self.node ? 0 : model.leaderHeardMs === undefined ? -1 : now - model.leaderHeardMs
  return { apiVersion: 'kyha/v1', kind, node: self.name, index: model.state?.index ?? 0, ageMs, quorate: model.quorum?.quorate ?? false }
}

export function statusView(model: Model, self: Self, now: Instant): StatusView {
  const state = model.state
  const nodes = nodeViews(model, self, now)
  const resources = resourceViews(model, now)
  const doc = state?.config
  return {
    ...freshness(model, self, now, 'Status'),
    cluster: {
      id: self.cluster,
      name: doc?.name ?? self.clusterName,
      version: state?.clusterVersion ?? 0,
      epoch: state?.epoch ?? 0,
      configIndex: state?.configIndex ?? 0,
    },
    verdict: verdictLine({ model, nodes, resources, spare: spareNow(model), since: (key, value) => model.since(key, value, now) }),
    quorum: {
      quorate: model.quorum?.quorate ?? false,
      votes: model.quorum?.votes ?? 0,
      votesNeeded: model.quorum?.votesNeeded ?? 0,
      votesTotal: model.quorum?.votesTotal ?? 0,
      mode: model.quorum?.mode ?? 'majority',
      because: sentenceOr(model.quorum?.because),
      spare: spareNow(model),
      witness: witnessView(model, now),
      device: doc?.quorum?.device ?? null,
    },
    leader: nameOf(state, model.leadership?.leader) ?? null,
    nodes,
    resources,
    groups: (doc?.groups ?? []).map((g) => ({ name: g.name, members: g.members })),
    links: linkCells(model),
    fencing: {
      enabled: doc?.properties.fencingEnabled ?? false,
      devices: (doc?.fencing ?? []).map((f) => ({ name: f.name, agent: f.agent, level: f.level, nodes: Object.keys(f.hosts).sort() })),
      certificates: (state?.certificates ?? []).map((c) => ({
        node: nameOf(state, c.node) ?? c.node,
        boot: c.boot,
        how: c.how,
        by: c.by,
        index: c.intent,
      })),
    },
    intents: (state?.intents ?? []).map((i) => ({
      id: i.id,
      kind: i.kind,
      resource: i.resource,
      node: nameOf(state, i.node) ?? i.node,
      forMs: i.forMs,
      by: i.by,
    })),
    probe: self.probe,
    consoles: self.consoles,
    optional: { diskHeartbeat: sentenceOr(model.disk?.because), healthMonitor: sentenceOr(model.health?.because) },
    machine: { ...self.machine, diskHeartbeat: wordOf(model.disk), healthMonitor: wordOf(model.health) },
  }
}

/** None while this node does not know. */
const spareNow = ({ state, quorum }: Model): number =>
  state && quorum?.quorate ? spareOf(state.members, quorum.present, state.solo, state.tieBreak) : 0

/** An actor's own word for scripts. */
const wordOf = (s: DiskStatus | HealthStatus | undefined): string =>
  s === undefined ? 'unknown: it has not answered yet' : render('en', s.because.key, s.because.args)

/** n2 before n10, as people count. */
const byName = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
  [...list].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))

export const nameOf = (state: ClusterState | undefined, node: NodeId | undefined): string | undefined =>
  state?.members.find((m) => m.node === node)?.name

function nodeState(model: Model, self: Self, node: NodeId, name: string, peer: PeerState | undefined): string {
  const life = model.state?.lives[node]
  const doc = model.state?.config.nodes[name]
  const here = node === self.node
  const up = here || (peer !== undefined && ['alive', 'suspect', 'manager-down', 'leaving'].includes(peer.state))
  if (!up) {
    if (life?.state === 'intent') return 'fencing'
    if (life?.state === 'fenced') return 'fenced'
    if (life?.state === 'left') return 'left'
    return peer?.state === 'silent' ? 'silent' : 'unknown'
  }
  if (!here && peer && peer.state !== 'alive') return peer.state
  if (life?.state === 'intent') return 'fencing'
  if (life === undefined || life.state !== 'admitted' || (peer?.incarnation && peer.incarnation.boot !== life.boot)) return 'pending'
  return doc?.maintenance ? 'maintenance' : doc?.standby ? 'standby' : 'online'
}

export function nodeViews(model: Model, self: Self, now: Instant): NodeView[] {
  return byName(model.state?.members ?? []).map((m) => {
    const peer = model.view?.peers.find((p) => p.node === m.node)
    const state = nodeState(model, self, m.node, m.name, peer)
    return {
      id: m.node,
      name: m.name,
      state,
      leader: model.leadership?.leader === m.node,
      self: m.node === self.node,
      votes: m.votes,
      boot: model.state?.lives[m.node]?.boot ?? null,
      counter: m.node === self.node ? self.counter : (peer?.incarnation?.counter ?? null),
      sinceMs: model.since(`node/${m.node}`, state, now),
      links: m.links.map((l, link) => ({ link, ...l })),
      because: sentenceOr(peer?.because),
    }
  })
}

const levelOf = (locations: readonly LocationDoc[], names: readonly string[], node: string): number =>
  Math.max(0, ...locations.filter((l) => names.includes(l.resource)).map((l) => (l.levels ?? []).indexOf(node) + 1))

function cellsOf(model: Model, resource: ResourceDoc, group: string | null): ResourceCell[] {
  const state = model.state
  const clone = state && cloneOf(state.config, resource.name)?.name
  const id = state?.ids[resource.name]
  return byName(state?.members ?? []).map((m) => {
    const row: Row | undefined = id === undefined ? undefined : currentRows(model, m.node)?.get(id)
    return {
      node: m.name,
      state: row?.state ?? 'unknown',
      token: row?.token ?? 0,
      failCount: row?.failCount ?? 0,
      pending: row?.pending ? { action: row.pending.action, sinceMs: row.pending.sinceMs } : null,
      lastFailure: row?.lastFailure
        ? { action: row.lastFailure.action, rc: row.lastFailure.rc, exitReason: row.lastFailure.exitReason, agoMs: row.lastFailure.agoMs }
        : null,
      level: levelOf(state?.config.locations ?? [], [resource.name, ...(group ? [group] : []), ...(clone ? [clone] : [])], m.name),
    }
  })
}

/** Rows of a node that still speaks: those of a silent, fenced or replaced life say nothing. */
function currentRows(model: Model, node: NodeId): ReadonlyMap<string, Row> | undefined {
  const rows = model.rows.get(node)
  if (!rows) return undefined
  if (node === model.view?.self) return rows.rows as ReadonlyMap<string, Row>
  const peer = model.view?.peers.find((p) => p.node === node)
  const speaks = peer !== undefined && peer.state !== 'silent' && peer.state !== 'never-seen' && peer.incarnation?.boot === rows.boot
  return speaks ? (rows.rows as ReadonlyMap<string, Row>) : undefined
}

const runsIn = (state: string): boolean => state === 'running' || state === 'promoted'

/** The node that holds the grant of a resource, unless the life that it was given to is proven to have ended. */
function ownerOf({ state }: Model, id: ResourceId | undefined): string | undefined {
  const grant = id === undefined ? undefined : state?.grants[id]
  if (!grant || grant.released) return undefined
  const life = state?.lives[grant.node]
  const over = life?.boot !== grant.boot || life.state === 'fenced' || life.state === 'left'
  return over ? undefined : nameOf(state, grant.node)
}

/** Without quorum the other side may have started it where this one cannot look. */
const blind = (model: Model, cells: readonly ResourceCell[]): boolean =>
  model.quorum?.quorate !== true && cells.some((c) => c.state === 'unknown')

/** Where a resource is seen to run, also when its last operation failed: all that a stop would be needed for. */
export function seenRunning(model: Model, resource: string): readonly { readonly node: string; readonly row: Row }[] {
  const id = model.state?.ids[resource]
  return byName(model.state?.members ?? []).flatMap(({ node, name }) => {
    const row = id === undefined ? undefined : currentRows(model, node)?.get(id)
    return row && !['stopped', 'unknown'].includes(row.state) ? [{ node: name, row }] : []
  })
}

/** The node that may run a resource and is not seen. */
export function holderUnseen(model: Model, resource: string): string | undefined {
  const id = model.state?.ids[resource]
  const owner = model.state && cloneOf(model.state.config, resource) ? undefined : ownerOf(model, id)
  const node = model.state?.members.find((m) => m.name === owner)?.node
  const row = node && id ? currentRows(model, node)?.get(id) : undefined
  return row === undefined || row.state === 'unknown' ? owner : undefined
}

export function resourceViews(model: Model, now: Instant): ResourceView[] {
  const doc = model.state?.config
  return (doc?.resources ?? []).map((r) => {
    const group = doc?.groups.find((g) => g.members.includes(r.name))?.name ?? null
    const cells = cellsOf(model, r, group)
    const clone = (doc && cloneOf(doc, r.name)) ?? null
    const runs = cells.filter((c) => runsIn(c.state))
    const home = runs.find((c) => c.state === 'promoted') ?? runs[0]
    const mayRunOn = home ? null : (holderUnseen(model, r.name) ?? null)
    const role: Role = home ? (home.state === 'promoted' ? 'Promoted' : 'Started') : mayRunOn || blind(model, cells) ? 'Unknown' : 'Stopped'
    const places = model.plan?.placement.filter((p) => p.resource === model.state?.ids[r.name]) ?? []
    const placed = places.find((p) => p.role === 'Promoted') ?? places.find((p) => p.node !== undefined) ?? places[0]
    const stopped = clone?.targetRole === 'Stopped' || doc?.groups.some((g) => g.name === group && g.targetRole === 'Stopped')
    return {
      id: model.state?.ids[r.name] ?? '',
      name: r.name,
      agent: r.agent,
      group,
      clone: clone?.name ?? null,
      promotable: clone?.promoted !== undefined,
      role,
      node: home?.node ?? null,
      nodes: runs.map((c) => c.node),
      mayRunOn,
      managed: r.meta.managed,
      targetRole: stopped ? 'Stopped' : r.meta.targetRole,
      failed: cells.some((c) => c.state === 'failed' || c.state === 'stop-failed'),
      migrationThreshold: r.meta.migrationThreshold,
      sinceMs: model.since(`resource/${r.name}`, `${role}@${home?.node ?? mayRunOn ?? ''}`, now),
      because: sentenceOr(placed?.because),
      cells,
    }
  })
}

export function linkCells(model: Model): LinkCell[] {
  return byName(model.view?.peers ?? []).flatMap((p) =>
    p.links.map((l) => ({ link: l.link, peer: p.name, state: l.state, rttMs: l.rttMs, lossPct: l.lossPct, silentMs: l.silentMs })),
  )
}
