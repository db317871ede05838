/** What happens on a remote or guest node goes through its connection: it waits for the connection's start or comes before its stop. */
import { Order } from '../graph/flags.js'
import { orderAfterKey, orderBeforeKey } from '../graph/orderings.js'
import { Role } from '../score.js'
import { fence } from '../state/hosts.js'
import { reconnectMs } from '../state/operations.js'
import { why } from '../why.js'
import { type Action, type Host, isGuest, isRemote, type Res, type World } from '../world.js'
import { currentHost } from './primitive.js'

type Link = 'alive' | 'stopped' | 'failed' | 'unknown' | 'resting'

/** What the connection of a remote node is worth in this transition. */
function linkOf(w: World, conn: Res): Link {
  const at = currentHost(conn)
  if (conn.nextRole === Role.stopped || !conn.assigned) {
    if (at?.unclean) return 'failed'
    if (!conn.failed) return 'stopped'
    const { remoteHost } = conn
    return conn.nextRole === Role.stopped && reconnectMs(w, conn) > 0 && remoteHost?.wasFenced && !remoteHost.attrs.get('shutdown')
      ? 'unknown'
      : 'failed'
  }
  if (!at) return 'unknown'
  if (at.unclean || !at.online) return 'resting'
  if (conn.active.length > 1 && conn.migrateFrom && conn.migrateTo) return 'resting'
  return 'alive'
}

/** Before fencing is decided: nodes whose connection is beyond repair. */
export function orderRemotes(w: World): void {
  for (const a of [...w.actions]) {
    const { res, host } = a
    if (!res || !host || !isRemote(host) || a.task === 'clear_failcount') continue
    const conn = host.connection
    if (!conn || conn === res) continue
    if (isGuest(host) && conn.container) guest(w, a, conn, conn.container)
    else remote(w, a, host, conn)
  }
}

const after = (w: World, conn: Res, a: Action, extra: number): void =>
  orderAfterKey(w, conn, 'start', a, Order.optional | Order.runnable | extra)
const before = (w: World, a: Action, conn: Res, extra: number): void => orderBeforeKey(w, a, conn, 'stop', Order.optional | extra)

function remote(w: World, a: Action, host: Host, conn: Res): void {
  const link = linkOf(w, conn)
  switch (a.task) {
    case 'start':
    case 'promote':
      after(w, conn, a, link === 'failed' ? Order.firstImpliesThen : 0)
      return
    case 'stop':
      if (link === 'alive') before(w, a, conn, Order.thenImpliesFirst)
      else if (link === 'failed') fence(w, host, why('engine.fence-active-lost'))
      else if (conn.nextRole === Role.stopped) before(w, a, conn, Order.thenImpliesFirst)
      else after(w, conn, a, 0)
      return
    case 'demote':
      if (link === 'resting' || link === 'unknown') after(w, conn, a, 0)
      return
    default:
      if (a.intervalMs > 0) after(w, conn, a, Order.firstImpliesThen)
      else {
        if (a.task === 'monitor' && link === 'failed') fence(w, host, why('engine.fence-unknown-lost'))
        if (currentHost(conn) && link === 'stopped') before(w, a, conn, Order.runnable)
        else after(w, conn, a, 0)
      }
  }
}

function guest(w: World, a: Action, conn: Res, container: Res): void {
  switch (a.task) {
    case 'start':
    case 'promote':
      orderAfterKey(w, container, 'start', a, Order.firstImpliesThen | Order.optional | Order.runnable)
      after(w, conn, a, 0)
      return
    case 'stop':
    case 'demote':
      if (!container.failed) before(w, a, conn, 0)
      return
    default:
      after(w, conn, a, a.intervalMs > 0 ? Order.firstImpliesThen : 0)
  }
}
