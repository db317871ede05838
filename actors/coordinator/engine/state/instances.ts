/**
 * Whose history is it? A history entry names a primitive by its id, with or without an instance number; numbers of anonymous clones mean
 * nothing, so entries are dealt out to instances: one a node. What no configuration explains becomes an orphan.
 */
import { build } from '../resolve/tree.js'
import type { History } from '../scene.js'
import { type Host, isClone, placeOf, type Res, topMost, type World } from '../world.js'
import { bare } from './age.js'
import { leftHost } from './hosts.js'

/** The resource that `entry` on `host` speaks of, or an orphan made for it. */
export function resourceOf(w: World, host: Host, entry: History): Res {
  return lookup(w, host, entry.resource) ?? orphan(w, entry)
}

function lookup(w: World, host: Host, id: string): Res | undefined {
  const exact = w.byId.get(id)
  if (exact?.kind === 'primitive' && !exact.orphan && anonymousClone(exact) === undefined && instanceFits(exact, id)) return exact
  const any = exact ?? w.byId.get(bare(id))
  if (any?.kind !== 'primitive' || any.orphan) return undefined
  const clone = anonymousClone(any)
  if (clone) return anonymousInstance(w, host, clone, bare(id))
  return undefined
}

const instanceFits = (r: Res, id: string): boolean => r.id === id
const cloneAbove = (r: Res): Res | undefined => {
  let p = r.parent
  while (p && !isClone(p)) p = p.parent
  return p
}
const anonymousClone = (r: Res): Res | undefined => {
  const c = cloneAbove(r)
  return c && !c.unique ? c : undefined
}

function member(w: World, child: Res, base: string): Res | undefined {
  for (const p of w.primitives([child])) if (p.base === base) return p
  return undefined
}

/** The instance of an anonymous clone that an entry on `host` belongs to. */
function anonymousInstance(w: World, host: Host, clone: Res, base: string): Res | undefined {
  let found: Res | undefined
  let idle: Res | undefined
  let skipIdle = false
  for (const child of clone.children) {
    if (topMost(child).kind === 'bundle' && !child.places.has(host)) continue // bound to a node of its own
    if (isActive(child)) {
      if (!isActive(child, host)) continue
      const r = member(w, child, base)
      if (r?.active.includes(host)) {
        skipIdle = true
        continue
      }
      found = r
      break
    }
    if (skipIdle || idle) continue
    const r = member(w, child, base)
    if (!r || r.blocked || r.orphanInstance) continue
    if (r.pendingHost && r.pendingHost !== host) continue
    idle = r
  }
  found ??= skipIdle ? undefined : idle
  const needsFencing = found?.requires === 'fencing' || found?.requires === 'unfencing'
  if (found && !needsFencing && (!host.online || host.unclean) && host.kind !== 'guest') {
    const usable = w.hosts.filter((h) => h.online && !h.unclean && h.kind !== 'ping').length
    if ((clone.clone?.max ?? 0) < usable || clone.children.length < w.hosts.length) found = undefined
  }
  return found ?? orphanInstance(w, clone, base)
}

/** Does some of it run, there or anywhere? */
const isActive = (r: Res, host?: Host): boolean =>
  r.kind === 'primitive' ? (host ? r.active.includes(host) : r.active.length > 0) : r.children.some((c) => isActive(c, host))

function orphanInstance(w: World, clone: Res | undefined, base: string, id?: string): Res | undefined {
  const spec = clone?.spec.children[0]
  if (!clone || !spec) return undefined
  const number = id
    ? Number(id.slice(id.lastIndexOf(':') + 1))
    : Math.max(...clone.children.map((c) => Number(c.id.slice(c.id.lastIndexOf(':') + 1)))) + 1
  const child = build(w, spec, clone, number)
  for (const r of w.tree([child])) {
    r.orphanInstance = true
    r.requires = w.byId.get(r.base)?.requires ?? r.requires
  }
  clone.children.push(child)
  return member(w, child, base)
}

/** An orphan's container may be an orphan itself, so it is looked for once the node's history has been read. */
export function inContainer(w: World, entry: History): void {
  const container = w.byId.get(entry.container ?? '')
  const res = container && w.byId.get(entry.resource)
  if (!container || !res?.orphan || res.container) return
  res.container = container
  container.fillers.push(res)
}

/** A resource that only history knows: stopped, where the cluster is told to stop such. */
function orphan(w: World, entry: History): Res {
  const { stopOrphanResources, fencing } = w.options
  const known = w.resources.find((r) => r.orphan && r.id === entry.resource)
  if (known) return known
  const res = build(
    w,
    {
      id: entry.resource,
      kind: 'primitive',
      agent: entry.agent,
      params: [],
      meta: [],
      utilization: [],
      operations: [],
      children: [],
    },
    undefined,
  )
  res.orphan = true
  res.requires = entry.agent.class === 'stonith' ? 'quorum' : fencing ? 'fencing' : w.options.noQuorum === 'ignore' ? 'nothing' : 'quorum'
  if (entry.agent.type === 'remote' && entry.agent.provider === 'pacemaker') {
    const host = w.host(entry.resource) ?? leftHost(w, entry.resource, entry.container === undefined ? 'remote' : 'guest')
    res.remoteHost = host
    host.connection ??= res
    host.shutdown = true // nobody asks for it any more
  }
  if (!stopOrphanResources) res.managed = false
  else {
    for (const h of w.hosts) {
      placeOf(res, h)
      w.score(res, h, -1_000_000, 'orphan', 'engine.orphan')
    }
  }
  w.resources.push(res)
  return res
}
