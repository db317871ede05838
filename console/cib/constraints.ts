/** The constraints section. `rsc` of a constraint keeps its text: whether it names a resource, a template or a tag is the engine's question. */
import type { Constraint, FencingLevel, ResourceSetSpec } from '../../actors/coordinator/engine/scene.js'
import { flag } from '../../actors/coordinator/engine/score.js'
import type { Context } from './context.js'
import { all, type Element, maybe, one } from './xml.js'

export function constraints(cx: Context, section: Element | undefined): Constraint[] {
  cx.known(section, 'rsc_location', 'rsc_colocation', 'rsc_order', 'rsc_ticket')
  return (section?.children ?? []).flatMap((e) => constraint(cx, e))
}

function constraint(cx: Context, e: Element): Constraint[] {
  const { at } = e
  const lifetime = one(one(e, 'lifetime'), 'rule')
  const head = { id: at.id ?? '', ...maybe('lifetime', lifetime && cx.rule(lifetime)) }
  const sets = all(e, 'resource_set').map((s) => resourceSet(cx, s))
  switch (e.name) {
    case 'rsc_location':
      return [location(cx, e, head, sets)]
    case 'rsc_colocation':
      cx.known(e, 'resource_set', 'lifetime')
      return [
        {
          ...head,
          type: 'colocation',
          sets,
          ...maybe('score', at.score),
          ...maybe('dependent', at.rsc),
          ...maybe('primary', at['with-rsc']),
          ...maybe('dependentRole', at['rsc-role']),
          ...maybe('primaryRole', at['with-rsc-role']),
          ...maybe('attribute', at['node-attribute']),
          ...maybe('influence', at.influence),
        },
      ]
    case 'rsc_order':
      cx.known(e, 'resource_set', 'lifetime')
      return [
        {
          ...head,
          type: 'order',
          sets,
          ...maybe('kind', at.kind),
          ...maybe('score', at.score),
          ...maybe('first', at.first),
          ...maybe('next', at.then),
          ...maybe('firstAction', at['first-action']),
          ...maybe('nextAction', at['then-action']),
          ...maybe('symmetrical', at.symmetrical),
          ...maybe('requireAll', at['require-all']),
        },
      ]
    case 'rsc_ticket':
      cx.known(e, 'resource_set', 'lifetime')
      return [
        {
          ...head,
          type: 'ticket',
          sets,
          ticket: at.ticket ?? '',
          ...maybe('resource', at.rsc),
          ...maybe('role', at['rsc-role']),
          ...maybe('lossPolicy', at['loss-policy']),
        },
      ]
    default:
      return []
  }
}

type Head = Pick<Constraint, 'id' | 'lifetime'>

function location(cx: Context, e: Element, head: Head, sets: ResourceSetSpec[]): Constraint {
  const { at } = e
  cx.known(e, 'rule', 'resource_set', 'lifetime')
  return {
    ...head,
    type: 'location',
    sets,
    ...maybe('resource', at.rsc),
    ...maybe('pattern', at['rsc-pattern']),
    ...maybe('node', at.node),
    ...maybe('score', at.score),
    ...maybe('role', at.role),
    ...maybe('discovery', at['resource-discovery']),
    rules: all(e, 'rule').map((r) => cx.rule(r)),
  }
}

function resourceSet(cx: Context, raw: Element): ResourceSetSpec {
  const e = cx.resolve(raw) ?? raw
  cx.known(e, 'resource_ref')
  return {
    id: e.at.id ?? '',
    members: all(e, 'resource_ref').flatMap((r) => (r.at.id === undefined ? [] : [r.at.id])),
    sequential: flag(e.at.sequential, true),
    requireAll: flag(e.at['require-all'], true),
    ...maybe('ordering', e.at.ordering),
    ...maybe('role', e.at.role),
    ...maybe('action', e.at.action),
    ...maybe('score', e.at.score),
  }
}

export function topology(cx: Context, section: Element | undefined): FencingLevel[] {
  cx.known(section, 'fencing-level')
  return all(section, 'fencing-level').map(({ at }) => ({
    index: Number.parseInt(at.index ?? '0', 10),
    devices: (at.devices ?? '').split(',').flatMap((d) => (d.trim() ? [d.trim()] : [])),
    ...maybe('target', at.target),
    ...maybe('pattern', at['target-pattern']),
    ...maybe('attribute', at['target-attribute']),
    ...maybe('value', at['target-value']),
  }))
}
