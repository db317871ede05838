/**
 * Lost quorum with no-quorum-policy=stop: this node stops what it runs by itself, whatever depends on something first. freeze and ignore
 * keep what runs; and so does each of two nodes that miss each other, until the race is decided (design 8.6; the argument is in README.md).
 * kyhad that has just been restarted hears its peers only after some beats: it waits managerGraceMs for the first quorum, so that its
 * restart stops nothing; the safety of the others does not hang on it (they need a certificate, S2).
 */
import { type Effect, type Env, type ResourceId, send, timer } from '../../runtime/actor.js'
import { after } from '../../runtime/time.js'
import type { Quorum } from '../quorum/messages.js'
import type { Director } from './gate.js'
import type { Granted } from './messages.js'
import { stoppable } from './order.js'
import { announce } from './settle.js'

export function quorumHeard(s: Director, { quorate, mode }: Quorum, env: Env, out: Effect[]): Director {
  const paired = mode === 'two-node'
  const ever = quorate || (s.quorum?.ever ?? false)
  if (quorate) {
    out.push({ do: 'cancel', key: 'quorum-grace' })
    const { stopping: _, ...rest } = s
    return { ...rest, quorum: { quorate, paired, ever, acting: false } }
  }
  if (s.quorum?.quorate && s.cluster?.config.properties.noQuorumPolicy !== 'ignore') voidWaiting(s, 'quorum', out)
  if (!s.quorum && !ever) out.push(timer('quorum-grace', after(env.now, s.graceMs), { type: 'quorum-grace-over' }))
  return { ...s, quorum: { quorate, paired, ever, acting: ever || (s.quorum?.acting ?? false) } }
}

/** What was ordered with quorum, for a configuration or in a term, and waits for its turn must not begin without it (S13, S17). */
export function voidWaiting(s: Director, lost: Granted['lost'] & string, out: Effect[]): void {
  const msg: Granted = { type: 'granted', tokens: [], lost }
  for (const id of Object.keys(s.children).sort()) out.push(send({ path: `resource/${id}` }, msg))
}

export const graceOver = (s: Director): Director => (s.quorum && !s.quorum.quorate ? { ...s, quorum: { ...s.quorum, acting: true } } : s)

/** Goes on with the stops: tells those that nothing above holds up any more. Runs after every message. */
export function advanceStop(s: Director, out: Effect[]): Director {
  if (!s.quorum?.acting || s.quorum.paired || s.cluster?.config.properties.noQuorumPolicy !== 'stop') return s
  const { config } = s.cluster
  const ids = (Object.keys(s.children) as ResourceId[]).sort().filter((id) => needsStop(s, id))
  if (ids.length === 0) return s.stopping ? { ...s, stopping: [] } : s
  if (!s.stopping) out.push(announce('stop', 'resource.quorum-stop', { count: ids.length }, 'safety'))
  const told = new Set((s.stopping ?? []).filter((w) => w.told).map((w) => w.id))
  const names = ids.map((id) => s.children[id]?.doc.name ?? '')
  const free = stoppable(config, names)
  const stopping = ids.map((id, i) => {
    const now = !told.has(id) && free.includes(names[i] ?? '')
    if (now) out.push(send({ path: `resource/${id}` }, { type: 'stop-for-quorum' }))
    return { id, told: told.has(id) || now }
  })
  return { ...s, stopping }
}

/** What may be active here and is in our hands. A failed stop has had its turn: it holds nothing else up. */
function needsStop(s: Director, id: ResourceId): boolean {
  const child = s.children[id]
  if (!child || child.retiring || child.maintenance || !child.doc.meta.managed) return false
  return child.row.state !== 'stopped' && child.row.state !== 'stop-failed'
}
