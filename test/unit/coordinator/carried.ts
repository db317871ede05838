/** What a director's row says when an order begins, and when it has ended: for the harness. */
import type { Order, Row } from '../../../actors/coordinator/messages.js'
import { token } from '../../../runtime/ids.js'

/** The row while it is carried out. A notification does not show. */
export function whileDoing({ action, op }: Order, row: Row): Row {
  if (action === 'notify' || action === 'monitor') return row
  const state = action === 'start' ? 'starting' : action === 'stop' ? 'stopping' : row.state
  return { ...row, state, pending: { op, action, sinceMs: 0 } }
}

export function afterwards(order: Order, rc: number, { pending: _, untold, ...row }: Row): Row {
  const { action, op, notify } = order
  if (action === 'monitor') return row
  if (action === 'notify') {
    const told = notify?.['notify_type'] === 'post' && notify['notify_operation'] === untold?.action
    return untold && !told ? { ...row, untold } : row
  }
  if (rc !== 0) {
    const lastFailure = { action, rc, exitReason: '', agoMs: 0, class: 'soft' } as const
    return { ...row, state: action === 'stop' ? 'stop-failed' : 'failed', failCount: row.failCount + 1, lastFailure }
  }
  const state = action === 'stop' ? 'stopped' : action === 'promote' ? 'promoted' : 'running'
  const under = action === 'start' ? order.token : action === 'stop' ? token(0) : row.token
  return { ...row, state, token: under, ...(notify && { untold: { op, action } }) }
}
