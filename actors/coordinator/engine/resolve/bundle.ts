/**
 * A bundle's parts. Each replica has a container, perhaps an address, and, where something runs inside, a connection to the node that the
 * container is; what runs inside is a clone whose instances are bound to those nodes.
 */
import type { ResourceSpec, ValueSet } from '../scene.js'
import { placeOf, type Replica, type Res, type World } from '../world.js'
import { addressParams, containerParams, hostEntries } from './container.js'
import { bounded, build, connectionSpec, instancesMax } from './tree.js'

/** The names of the nodes that a bundle's containers are; asked before hosts exist. */
export function bundleNodes(spec: ResourceSpec): string[] {
  if (!spec.bundle || spec.children.length === 0 || !networked(spec)) return []
  return Array.from({ length: replicas(spec) }, (_, i) => `${spec.id}-${i}`)
}

const number = (text: string | undefined, otherwise: number): number => {
  const n = Number.parseInt(text ?? '', 10)
  return Number.isNaN(n) ? otherwise : n
}
const promotedMax = (spec: ResourceSpec): number => number(spec.bundle?.settings['promoted-max'] ?? spec.bundle?.settings.masters, 0)
const replicas = (spec: ResourceSpec): number => Math.min(instancesMax, asked(spec))
const asked = (spec: ResourceSpec): number => Math.max(1, number(spec.bundle?.settings.replicas, promotedMax(spec) || 1))
const networked = (spec: ResourceSpec): boolean =>
  spec.bundle?.network['ip-range-start'] !== undefined || spec.bundle?.network['control-port'] !== undefined

export function openBundle(w: World, res: Res): void {
  const { spec } = res
  const perHost = Math.max(1, number(spec.bundle?.settings['replicas-per-host'], 1))
  const inside = networked(spec) ? spec.children[0] : undefined
  const clone = inside && build(w, cloneSpec(spec, inside, perHost), res)
  if (clone) {
    res.children.push(clone)
    if (clone.clone) clone.clone.nodeMax = perHost
  }
  bounded(w, spec.id, asked(spec))
  const addresses = addressesOf(spec)
  for (let i = 0; i < replicas(spec); i++) {
    const replica = parts(w, res, i, addresses, inside !== undefined)
    replica.child = clone?.children[i]
    if (replica.child && replica.host && clone) bind(clone, replica.child, replica)
    res.replicas.push(replica)
  }
}

/** One address for each replica, counted up from the first; none where the bundle has no range. */
function addressesOf(spec: ResourceSpec): string[] {
  const first = spec.bundle?.network['ip-range-start']
  if (first === undefined) return []
  const list = [first]
  while (list.length < replicas(spec)) list.push(nextAddress(list.at(-1) ?? first))
  return list
}

function cloneSpec(bundle: ResourceSpec, child: ResourceSpec, perHost: number): ResourceSpec {
  const promoted = promotedMax(bundle)
  const values: (readonly [string, string])[] = [
    ['ordered', 'true'],
    ['clone-max', String(replicas(bundle))],
    ['clone-node-max', String(perHost)],
    ['globally-unique', perHost > 1 ? 'true' : 'false'],
    ...(promoted > 0
      ? ([
          ['promotable', 'true'],
          ['promoted-max', String(promoted)],
        ] as const)
      : []),
  ]
  const id = `${bundle.id}-clone`
  return { id, kind: 'clone', params: [], meta: [{ id, score: 1_000_000, values }], utilization: [], operations: [], children: [child] }
}

function primitive(id: string, provider: string, type: string, params: readonly ValueSet[]): ResourceSpec {
  const operations = [{ id: `${id}-monitor`, name: 'monitor', interval: '60s', attributes: {}, meta: [] }]
  return { id, kind: 'primitive', agent: { class: 'ocf', provider, type }, params, meta: [], utilization: [], operations, children: [] }
}

function parts(w: World, res: Res, offset: number, addresses: readonly string[], inside: boolean): Replica {
  const { bundle } = res.spec
  const technology = bundle?.technology ?? 'docker'
  const name = `${res.id}-${offset}`
  const ip = addresses[offset]
  const addressId = `${res.id}-ip-${ip}`
  const address = bundle && ip && build(w, primitive(addressId, 'heartbeat', 'IPaddr2', [addressParams(addressId, bundle, ip)]), res)
  const own = containerParams({ bundle: res.spec, offset, address: ip, hosts: hostEntries(res.spec, addresses), inside })
  const container = build(w, primitive(`${res.id}-${technology}-${offset}`, 'heartbeat', technology, [own]), res)
  const remote = inside ? build(w, connectionSpec(name, container.id), res) : undefined
  for (const r of [address, container, remote]) if (r) res.children.push(r)
  if (remote) {
    remote.container = container
    for (const h of w.hosts) placeOf(remote, h) // it goes where its container goes: nobody opts in for it
  }
  return { offset, ip: address || undefined, container, remote, host: inside ? w.host(name) : undefined, child: undefined }
}

/** What runs inside can be nowhere but in its own container's node. */
function bind(clone: Res, child: Res, replica: Replica): void {
  const { host } = replica
  if (!host) return
  if (replica.offset === 0) clone.places.clear()
  placeOf(clone, host).score = 500
  const below = (r: Res): void => {
    r.places.clear()
    placeOf(r, host).score = 500
    for (const c of r.children) below(c)
  }
  below(child)
}

function nextAddress(ip: string): string {
  const parts = ip.split('.')
  const last = Number(parts.pop())
  return last > 253 ? ip : [...parts, String(last + 1)].join('.')
}
