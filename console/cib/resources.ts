/** The resources section: primitives, groups, clones, bundles and templates as the engine's specs. */
import type { BundleSpec, OperationSpec, ResourceSpec } from '../../actors/coordinator/engine/scene.js'
import type { Context } from './context.js'
import { all, type Element, maybe, one } from './xml.js'

const technologies = ['docker', 'podman', 'rkt']
const kinds = ['primitive', 'group', 'clone', 'master', 'promotable', 'bundle']
const common = ['instance_attributes', 'meta_attributes', 'utilization', 'operations']

export function resources(cx: Context, section: Element | undefined): ResourceSpec[] {
  cx.known(section, ...kinds, 'template')
  return all(section, ...kinds).map((e) => resource(cx, e))
}
export const templates = (cx: Context, section: Element | undefined): ResourceSpec[] => all(section, 'template').map((e) => resource(cx, e))

function resource(cx: Context, e: Element): ResourceSpec {
  cx.known(e, ...common, ...kinds, ...technologies, 'network', 'storage')
  const kind = e.name === 'group' || e.name === 'bundle' ? e.name : e.name === 'primitive' || e.name === 'template' ? 'primitive' : 'clone'
  const promotable = e.name === 'master' || e.name === 'promotable'
  const legacy = promotable ? [{ id: `${e.at.id}-promotable`, score: -1_000_000, values: [['promotable', 'true'] as const] }] : []
  return {
    id: e.at.id ?? '',
    kind,
    ...(kind === 'primitive'
      ? { agent: { class: e.at.class ?? '', provider: e.at.provider ?? '', type: e.at.type ?? '' }, ...maybe('template', e.at.template) }
      : {}),
    params: cx.sets(e, 'instance_attributes'),
    meta: [...cx.sets(e, 'meta_attributes'), ...legacy],
    utilization: cx.sets(e, 'utilization'),
    operations: all(e, 'operations').flatMap((o) => operations(cx, cx.resolve(o))),
    children: all(e, ...kinds).map((c) => resource(cx, c)),
    ...maybe('bundle', kind === 'bundle' ? bundle(cx, e) : undefined),
  }
}

function operations(cx: Context, e: Element | undefined): OperationSpec[] {
  cx.known(e, 'op')
  return all(e, 'op').flatMap((raw) => {
    const op = cx.resolve(raw)
    if (!op) return []
    cx.known(op, 'meta_attributes', 'instance_attributes')
    return [
      {
        id: op.at.id ?? '',
        name: op.at.name ?? '',
        interval: op.at.interval ?? '0',
        attributes: op.at,
        meta: cx.sets(op, 'meta_attributes', 'instance_attributes'),
        params: cx.sets(op, 'instance_attributes'),
      },
    ]
  })
}

function bundle(cx: Context, e: Element): BundleSpec {
  const container = one(e, ...technologies)
  const network = one(e, 'network')
  cx.known(network, 'port-mapping')
  cx.known(one(e, 'storage'), 'storage-mapping')
  return {
    technology: container?.name ?? 'docker',
    settings: container?.at ?? {},
    network: network?.at ?? {},
    ports: all(network, 'port-mapping').map((p) => p.at),
    storage: all(one(e, 'storage'), 'storage-mapping').map((p) => p.at),
  }
}
