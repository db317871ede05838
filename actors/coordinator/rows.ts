/**
 * The rows of all nodes, as their directors send them. A whole replaces all rows of a node; a delta must follow the last one, else a whole
 * is asked for, and until it comes the rows are in doubt: a leader goes on asking (decide.ts), for the question or its answer may be lost.
 * Rows of an earlier life of a machine are dropped. A row may release an order that ended badly (orders.ts).
 */
import { type Env, type NodeId, type ResourceId, send } from '../../runtime/actor.js'
import { type Coordinator, type Out, without } from './lead.js'
import type { Row, Rows } from './messages.js'

export function onRows(s: Coordinator, msg: Rows, env: Env, out: Out): Coordinator {
  if ((env.from.node ?? s.self) !== msg.node) return s
  const counter = env.fromIncarnation?.counter ?? 0
  const old = s.rows[msg.node]
  const known = old?.boot === msg.boot && old.counter === counter ? old : undefined
  if (old?.boot === msg.boot && counter < old.counter) return s
  // From before what is known: late, or of a director that began anew. The answer to a question decides.
  const older = known !== undefined && (msg.whole ? msg.seq < known.seq && !known.doubt : msg.seq <= known.seq)
  if (older || (!msg.whole && !known)) return doubted(s, msg.node, env, out)
  const follows = known !== undefined && msg.seq === known.seq + 1
  const rows: Record<ResourceId, Row> = msg.whole ? {} : { ...known?.rows }
  for (const row of msg.rows) rows[row.resource] = row
  const seq = msg.whole || follows || !known ? msg.seq : known.seq
  const doubt = !msg.whole && known?.doubt === true
  const next = { ...s, rows: { ...s.rows, [msg.node]: { boot: msg.boot, counter, seq, doubt, rows } } }
  const heard = landed({ ...next, failed: failures(s, msg, env) }, msg)
  return msg.whole || follows ? heard : doubted(heard, msg.node, env, out)
}

/** Asks once for all rows of a node: only a whole ends the doubt. */
function doubted(s: Coordinator, node: NodeId, env: Env, out: Out): Coordinator {
  const known = s.rows[node]
  if (known?.doubt) return s
  out.push(askRows(s, node))
  const rows = known ? { ...s.rows, [node]: { ...known, doubt: true } } : s.rows
  return { ...s, rows, ...(s.lead && { lead: { ...s.lead, asked: { ...s.lead.asked, [node]: env.now } } }) }
}

export const askRows = (s: Coordinator, node: NodeId) =>
  send(node === s.self ? { path: 'resource' } : { node, path: 'resource' }, { type: 'rows-please' })

/** Notes when a resource was first seen failed: recovery time is counted from there. */
function failures(s: Coordinator, msg: Rows, env: Env): Coordinator['failed'] {
  let failed = s.failed
  for (const row of msg.rows) {
    const before = s.rows[msg.node]?.rows[row.resource]?.state
    if (row.state === 'failed' && (before === 'running' || before === 'promoted')) failed = { ...failed, [row.resource]: env.now }
    else if (row.state !== 'failed' && row.resource in failed) failed = without(failed, row.resource)
  }
  return failed
}

/** An order that ended badly was held until its row came. */
function landed(s: Coordinator, msg: Rows): Coordinator {
  if (!s.lead) return s
  let flights = s.lead.flights
  for (const row of msg.rows) {
    for (const [right, flight] of Object.entries(s.lead.flights)) {
      const explained = flight.endedMs !== undefined && flight.node === msg.node && flight.order.resource === row.resource
      if (explained) flights = without(flights, right as ResourceId)
    }
  }
  return flights === s.lead.flights ? s : { ...s, lead: { ...s.lead, flights } }
}
