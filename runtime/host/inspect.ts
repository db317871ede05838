/** What a thread answers about its inside (host/messages.ts Inspect), for kyha-shell and the API. Secrets do not leave: values of such names are hidden. */
import { assert } from '../assert.js'
import { reason } from '../supervisor.js'
import type { Recorder } from '../trace/recorder.js'
import type { Thread } from '../tree.js'
import type { Group } from './group.js'
import type { ActorInfo, ChildInfo, Inspect } from './messages.js'
import type { Runner } from './spawn.js'

const secret = /passw|secret|key$|token$|credential|stdin/i
const depthMax = 12
const itemsMax = 500

export function inspectGroup(group: Group, thread: Thread, recorder: Recorder, request: Exclude<Inspect, { type: 'counters' }>): unknown {
  switch (request.type) {
    case 'actors':
      return actors(group, thread)
    case 'children':
      return group.runners.filter((r) => !request.path || r.node.id === request.path).flatMap((r) => childrenOf(r, thread))
    case 'state': {
      const cell = group.loop.cell(request.path)
      assert(cell, `no actor runs at ${request.path}`)
      return plain(cell.state, 0)
    }
    case 'trace':
      return recorder.lines(request.path).slice(-200)
    case 'restart':
      // As if it had died: what must restart with it does, and it counts.
      assert(group.end(request.path, reason('killed', 'restarted by an operator')), `no actor runs at ${request.path}`)
      return { restarted: request.path }
  }
}

const restartsOf = (group: Group, path: string): [string, number] => {
  for (const r of group.runners) {
    const child = r.state.children.find((c) => c.spec.id === path)
    if (child) return [r.node.id, child.restarts]
  }
  return ['', 0]
}

function actors(group: Group, thread: Thread): readonly ActorInfo[] {
  return group.loop.cells().map((cell) => {
    const [supervisor, restarts] = restartsOf(group, cell.path)
    const { dropped, shed } = cell.mailbox.counters
    const mailbox = { length: cell.mailbox.length, limit: cell.mailbox.limit, dropped, shed }
    const { life } = cell
    return { path: cell.path, kind: cell.kind, thread, supervisor, life, restarts, mailbox, handled: cell.handled, last: cell.last }
  })
}

export const childrenOf = (runner: Runner, thread: string): readonly ChildInfo[] =>
  runner.state.children.map((c) => ({
    supervisor: runner.node.id,
    strategy: runner.node.strategy,
    id: c.spec.id,
    status: c.status,
    restart: c.spec.restart,
    restarts: c.restarts,
    thread,
  }))

/** A copy that can be sent and shown: bounded, no bytes, no secrets. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? '(function)' : value
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (depth >= depthMax) return '(deeper)'
  if (value instanceof Map) return plain(Object.fromEntries([...value].map(([k, v]) => [String(k), v])), depth)
  if (value instanceof Set || Array.isArray(value)) return [...value].slice(0, itemsMax).map((item) => plain(item, depth + 1))
  const entries = Object.entries(value).slice(0, itemsMax)
  return Object.fromEntries(entries.map(([k, v]) => [k, secret.test(k) && typeof v === 'string' ? '(hidden)' : plain(v, depth + 1)]))
}
