/** The status section: how each node stands, and what each remembers of its resources' operations. */
import type { HistoryOp, NodeState, Scene } from '../../actors/coordinator/engine/scene.js'
import { truthy } from '../../actors/coordinator/engine/score.js'
import type { Context } from './context.js'
import { all, type Element, maybe, one } from './xml.js'

export function states(cx: Context, section: Element | undefined): NodeState[] {
  cx.known(section, 'node_state', 'tickets')
  return all(section, 'node_state').map((e) => ({
    id: e.at.id ?? '',
    name: e.at.uname ?? '',
    attributes: e.at,
    transient: cx.sets(one(e, 'transient_attributes'), 'instance_attributes'),
    history: all(one(one(e, 'lrm'), 'lrm_resources'), 'lrm_resource').map((r) => ({
      resource: r.at.id ?? '',
      agent: { class: r.at.class ?? '', provider: r.at.provider ?? '', type: r.at.type ?? '' },
      ...maybe('container', r.at.container),
      attributes: r.at,
      ops: all(r, 'lrm_rsc_op').map((o) => historyOp(o)),
    })),
  }))
}

const int = (text: string | undefined, otherwise: number): number => {
  const n = Number.parseInt(text ?? '', 10)
  return Number.isNaN(n) ? otherwise : n
}

/** `STATUS:RC;ACTION:TRANSITION:TARGET-RC:UUID` is how the field writes what came of an order and what it expected. */
function historyOp({ at }: Element): HistoryOp {
  const key = at['transition-key'] ?? ''
  const magic = /^(-?\d+):(\d+);(.*)$/.exec(at['transition-magic'] ?? '')
  const orderKey = key || (magic?.[3] ?? '')
  const expected = /^-?\d+:-?\d+:(\d+):/.exec(orderKey)?.[1]
  return {
    id: at.id ?? '',
    operation: at.operation ?? '',
    intervalMs: int(at.interval, 0),
    call: int(at['call-id'], -1),
    rc: int(at['rc-code'], int(magic?.[2], 0)),
    expected: expected === undefined ? -1 : Number(expected),
    status: int(at['op-status'], int(magic?.[1], 0)),
    ...maybe('changedS', at['last-rc-change'] === undefined ? undefined : int(at['last-rc-change'], 0)),
    orderKey,
    ...maybe('migrateSource', at.migrate_source),
    ...maybe('migrateTarget', at.migrate_target),
    digests: { ...maybe('all', at['op-digest']), ...maybe('restart', at['op-restart-digest']), ...maybe('secure', at['op-secure-digest']) },
    attributes: at,
  }
}

/** Tickets of the present form (ticket_state) and of the oldest one (attributes of the tickets element). */
export function tickets(section: Element | undefined): Scene['tickets'] {
  const e = one(section, 'tickets')
  const states = all(e, 'ticket_state').map(({ at }) => ({
    id: at.id ?? '',
    granted: truthy(at.granted),
    standby: truthy(at.standby),
    attributes: at,
  }))
  const old = all(one(e, 'instance_attributes'), 'nvpair').flatMap(({ at }) => {
    const id = /^granted-ticket-(.+)$/.exec(at.name ?? '')?.[1]
    return id === undefined ? [] : [{ id, granted: truthy(at.value), standby: false, attributes: {} }]
  })
  return [...states, ...old]
}
