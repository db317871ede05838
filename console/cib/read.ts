/**
 * A Pacemaker CIB as the engine's Scene. What the reader does not know is named in `unknown`, never dropped in silence; hostile or broken XML is
 * refused with a sentence (xml.ts). Nothing is judged here: references, rules and defaults are the engine's.
 */
import type { Scene } from '../../actors/coordinator/engine/scene.js'
import { truthy } from '../../actors/coordinator/engine/score.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { constraints, topology } from './constraints.js'
import { Context } from './context.js'
import { resources, templates } from './resources.js'
import { states, tickets } from './status.js'
import { all, type Element, maybe, one, parseXml } from './xml.js'

export interface CibRead {
  readonly scene: Scene
  readonly unknown: readonly string[] // `parent/element`
  readonly notes: readonly Verdict[]
}

/** `nowS` is the clock that rules and failure timeouts see, unless the CIB carries its own (`execution-date`). */
export function readCib(text: string, nowS: number): CibRead | { readonly refused: Verdict } {
  const parsed = parseXml(text)
  if ('refused' in parsed) return parsed
  const { root } = parsed
  if (root.name !== 'cib') return { refused: verdict('refuse', 'cib.not-a-cib', { element: root.name }) }
  return readTree(root, nowS)
}

export function readTree(root: Element, nowS: number): CibRead {
  const cx = new Context()
  const scene = read(cx, root, nowS)
  const notes = [
    ...[...cx.unknown].map((element) => verdict('note', 'cib.unknown-element', { element }, 'warning')),
    ...[...cx.dangling].map((id) => verdict('note', 'cib.dangling-reference', { id }, 'warning')),
    ...[...cx.duplicates].map((id) => verdict('note', 'cib.duplicate-id', { id }, 'warning')),
  ]
  return { scene, unknown: [...cx.unknown], notes }
}

function read(cx: Context, root: Element, nowS: number): Scene {
  const configuration = one(root, 'configuration')
  if (configuration) cx.learn(configuration)
  const part = (name: string): Element | undefined => one(configuration, name)
  cx.known(root, 'configuration', 'status')
  cx.known(configuration, ...'crm_config nodes resources constraints rsc_defaults op_defaults tags alerts acls fencing-topology'.split(' '))
  const status = one(root, 'status')
  const date = Number.parseInt(root.at['execution-date'] ?? '', 10)
  return {
    nowS: Number.isNaN(date) ? nowS : date,
    quorate: truthy(root.at['have-quorum']),
    panic: truthy(root.at['no-quorum-panic']),
    ...maybe('dc', root.at['dc-uuid']),
    featureSet: root.at.crm_feature_set ?? '',
    properties: cx.sets(part('crm_config'), 'cluster_property_set'),
    resourceDefaults: cx.sets(part('rsc_defaults'), 'meta_attributes'),
    operationDefaults: cx.sets(part('op_defaults'), 'meta_attributes'),
    nodes: all(part('nodes'), 'node').map((n) => ({
      id: n.at.id ?? '',
      name: n.at.uname ?? '',
      type: n.at.type ?? 'member',
      attributes: cx.sets(n, 'instance_attributes'),
      utilization: cx.sets(n, 'utilization'),
    })),
    resources: resources(cx, part('resources')),
    templates: templates(cx, part('resources')),
    constraints: constraints(cx, part('constraints')),
    tags: all(part('tags'), 'tag').map((t) => ({ id: t.at.id ?? '', members: all(t, 'obj_ref').map((r) => r.at.id ?? '') })),
    topology: topology(cx, part('fencing-topology')),
    tickets: tickets(status),
    states: states(cx, status),
  }
}
