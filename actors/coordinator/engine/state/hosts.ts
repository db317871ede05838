/** The machines: members from the nodes section, remote and guest nodes from the resources that reach them, and how each stands. */
import { bundleNodes } from '../resolve/bundle.js'
import { unpack } from '../resolve/values.js'
import type { NodeState, ResourceSpec, Scene } from '../scene.js'
import { Role, truthy } from '../score.js'
import { type Why, why } from '../why.js'
import { type Host, isRemote, type World } from '../world.js'

export function buildHosts(w: World): void {
  const { scene } = w
  for (const n of scene.nodes) {
    const kind = n.type === 'remote' ? 'remote' : n.type === 'ping' ? 'ping' : 'member'
    const host = blank(w, n.name, n.id, kind)
    unpack(n.attributes, { nowS: scene.nowS }, host.attrs)
    for (const [k, v] of unpack(n.utilization, { nowS: scene.nowS })) host.utilization.set(k, Number.parseInt(v, 10) || 0)
    w.hosts.push(host)
  }
  for (const { name, kind } of remotes(scene)) {
    const known = w.host(name)
    const host = known ?? blank(w, name, name, kind)
    if (known && known.kind !== kind) w.hosts[w.hosts.indexOf(known)] = { ...known, kind }
    if (!known) w.hosts.push(host)
  }
  for (const h of w.hosts) {
    h.attrs.set('#uname', h.name)
    h.attrs.set('#id', h.id)
    h.attrs.set('#kind', h.kind === 'guest' ? 'container' : h.kind === 'remote' ? 'remote' : 'cluster')
    h.attrs.set('#is_dc', h.id === scene.dc ? 'true' : 'false')
    h.dc = h.id === scene.dc
    if (h.dc) w.dcHost = h
    const named = (p: string): string | undefined => w.properties.get(p)
    const site = named('cluster-name')
    if (site !== undefined) h.attrs.set('#cluster-name', site)
    const at = h.attrs.get('site-name') ?? site
    if (at !== undefined) h.attrs.set('#site-name', at)
  }
}

/** A host that is to be the world's next one. */
function blank(w: World, name: string, id: string, kind: Host['kind']): Host {
  const blind = !w.options.startupFencing || !w.options.fencing
  return {
    name,
    id,
    kind,
    index: w.hosts.length,
    attrs: new Map(),
    utilization: new Map(),
    state: undefined,
    entries: undefined,
    connection: undefined,
    online: false,
    unclean: kind !== 'guest' && !blind, // of a remote node until its connection has a place
    standby: false,
    standbyOnFail: false,
    maintenance: false,
    pending: false,
    shutdown: false,
    unseen: true,
    expectedUp: false,
    dc: false,
    resetNeeded: false,
    maintenanceOfRemote: false,
    discovers: true,
    wasFenced: false,
    fenceWhy: undefined,
    running: [],
    assigned: [],
    priority: 0,
  }
}

/** A remote or guest node that no configuration names any more, while its connection is still in somebody's history. */
export function leftHost(w: World, name: string, kind: 'remote' | 'guest'): Host {
  const host = blank(w, name, name, kind)
  host.attrs.set('#uname', name)
  host.attrs.set('#id', name)
  host.attrs.set('#kind', kind === 'guest' ? 'container' : 'remote')
  const state = w.scene.states.find((s) => s.id === name || s.name === name)
  if (state) anyState(w, host, state)
  w.hosts.push(host)
  return host
}

const metaOf = (s: ResourceSpec, name: string): string | undefined => s.meta.flatMap((m) => m.values).find(([k]) => k === name)?.[1]

function remotes(scene: Scene): { name: string; kind: 'remote' | 'guest' }[] {
  const found: { name: string; kind: 'remote' | 'guest' }[] = []
  const agentOf = (s: ResourceSpec) => (s.template ? scene.templates.find((t) => t.id === s.template)?.agent : s.agent)
  const visit = (s: ResourceSpec): void => {
    const agent = agentOf(s)
    if (agent?.class === 'ocf' && agent.provider === 'pacemaker' && agent.type === 'remote')
      found.push({ name: s.id, kind: metaOf(s, 'container') === undefined ? 'remote' : 'guest' })
    const guest = metaOf(s, 'remote-node')
    if (guest !== undefined) found.push({ name: guest, kind: 'guest' })
    for (const name of bundleNodes(s)) found.push({ name, kind: 'guest' })
    for (const c of s.children) visit(c)
  }
  for (const s of scene.resources) visit(s)
  return found
}

/** Marks that `host` must be fenced before anything that it had can be trusted elsewhere. A guest is fenced by recovering its container. */
export function fence(_w: World, host: Host, because: Why): void {
  const { connection } = host
  if (host.kind === 'guest') {
    const container = connection?.container
    if (container && !container.failed && container.managed) {
      host.resetNeeded = true
      container.failed = true
      container.stopIfFailed = true
      host.fenceWhy ??= because
    }
    return
  }
  if (host.kind === 'remote') {
    if (connection && !connection.managed) return
    host.resetNeeded = true
  }
  if (!host.unclean) host.fenceWhy = because
  host.unclean = true
}

/** How a remote or guest node stands, from its connection's and its container's state. */
export function remoteStanding(host: Host): void {
  const { connection } = host
  if (!connection) return
  const { container } = connection
  if (host.state) host.unclean = host.unclean && host.resetNeeded
  if (connection.role === Role.started) host.online = true
  if (connection.role === Role.started && connection.nextRole === Role.stopped) host.shutdown = true
  const machine = container && connection.active.length === 1 ? connection.active[0] : undefined
  if (container?.failed) {
    host.online = false
    host.resetNeeded = true
  } else if (connection.failed) host.online = false
  else if (connection.role <= Role.stopped || (container && container.role <= Role.stopped)) {
    host.online = false
    host.resetNeeded = false
  } else if (machine && !machine.online && machine.unclean) {
    host.online = false
    host.resetNeeded = true
  }
}

/** First pass: transient attributes and how each member stands. Remote nodes follow once their connections are known. */
export function memberStates(w: World): void {
  for (const state of w.scene.states) {
    const host = w.hosts.find((h) => h.id === state.id) ?? w.hosts.find((h) => h.name === state.name)
    if (!host) continue
    anyState(w, host, state)
    if (isRemote(host)) continue
    host.unclean = false
    host.unseen = false
    standing(w, host, state)
  }
  for (const h of w.hosts) {
    if (h.connection && !h.connection.managed) h.maintenance = true // what is reached through it cannot be managed either
    if (h.state) continue
    if (truthy(h.attrs.get('standby'))) h.standby = true
    if (truthy(h.attrs.get('maintenance'))) h.maintenance = true
  }
}

/** What a node's state says of a node of any kind. */
function anyState(w: World, host: Host, state: NodeState): void {
  host.state = state
  host.entries = undefined
  host.wasFenced = present(state.attributes.node_fenced)
  for (const [k, v] of unpack(state.transient, { nowS: w.scene.nowS })) host.attrs.set(k, v)
  if (truthy(host.attrs.get('standby'))) host.standby = true
  if (truthy(host.attrs.get('maintenance'))) host.maintenance = true
  host.discovers = host.attrs.get('resource-discovery-enabled') === undefined || truthy(host.attrs.get('resource-discovery-enabled'))
  host.unseen = false
  if (!isRemote(host)) return
  host.maintenanceOfRemote = truthy(state.attributes.node_in_maintenance)
  if (askedToLeave(host)) host.shutdown = true
}

/** The node's own wish to be shut down. */
function askedToLeave(host: Host): boolean {
  const asked = host.attrs.get('shutdown')
  return asked !== undefined && asked !== '' && asked !== '0'
}

const present = (text: string | undefined): boolean => truthy(text) || (text !== undefined && /^\d+$/.test(text) && Number(text) > 0)

function standing(w: World, host: Host, state: NodeState): void {
  const at = state.attributes
  const member = present(at.in_ccm)
  const peer = at.crmd === 'online' || (/^\d+$/.test(at.crmd ?? '') && Number(at.crmd) > 0)
  host.shutdown = askedToLeave(host)
  host.expectedUp = at.expected === 'member' && !host.shutdown
  if (!w.options.fencing) {
    host.online = member && peer && at.join === 'member'
    if (member && !peer && host.expectedUp) fence(w, host, why('engine.fence-down'))
  } else fenced(w, host, state, member, peer)
}

/** What membership, messaging layer and join state together say of a node where fencing is possible. */
function fenced(w: World, host: Host, state: NodeState, member: boolean, peer: boolean): void {
  const { join, expected, in_ccm: seen } = state.attributes
  const wanted = host.attrs.get('terminate')
  const terminate = truthy(wanted) || (wanted !== undefined && /^\d+$/.test(wanted) && Number(wanted) > 0)
  const notReady = (): void => {
    host.standby = true
    host.pending = true
  }
  host.online = member
  if (host.shutdown) host.online = peer
  else if (seen === undefined) fence(w, host, why('engine.fence-unseen'))
  else if (join === 'nack' || join === 'banned') fence(w, host, why('engine.fence-refused'))
  else if (!terminate && (expected ?? 'down') === 'down') {
    if (member || peer) notReady()
  } else if (terminate && join === 'down' && !member && !peer) host.online = false
  else if (!member) fence(w, host, why('engine.fence-left'))
  else if (!peer) fence(w, host, why('engine.fence-silent'))
  else if (terminate) fence(w, host, why('engine.fence-asked'))
  else if (join === 'pending' || join === 'down') notReady()
  else if (join !== 'member') fence(w, host, why('engine.fence-state'))
  if (host.online && w.options.noQuorum === 'suicide' && !w.scene.quorate) fence(w, host, why('engine.fence-no-quorum'))
}
