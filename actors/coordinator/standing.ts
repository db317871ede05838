/** How each node stands for the plan: what the log knows of its life, what membership hears, whether its rows are known. Called by model.ts. */
import type { BootId, NodeId } from '../../runtime/actor.js'
import { leaseMsOf } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Life } from '../log/state.js'
import type { PeerState } from '../membership/messages.js'
import type { NodeRows, PlanInput } from './model.js'

/**
 * usable: admitted, heard, rows known.  holding: not sure; keeps what it has, gets nothing.  joining: heard, not admitted or rows not known.
 * leaving: is being emptied.  lost: its life must end by a fence.  unseen: admitted once, not heard by this leader yet.  gone: nothing runs there.
 */
export type Standing = 'usable' | 'holding' | 'joining' | 'leaving' | 'lost' | 'unseen' | 'gone'

export interface NodeNow {
  readonly node: NodeId
  readonly name: string
  readonly standing: Standing
  /** Life that was last heard; absent when it never was. */
  readonly boot?: BootId
  readonly life?: Life
  readonly standby: boolean
  readonly maintenance: boolean
  readonly rows?: NodeRows
  readonly canFence: boolean
  /** It flapped: for so many seconds it gets nothing. */
  readonly heldS?: number
  /** Why its life must end; present with `lost`. */
  readonly fence?: Verdict
  /** A resource there cannot be stopped: only the end of its life helps. */
  readonly condemned: boolean
  /** Its own watchdog is all that could end it, and its lease is about to be armed: what started there now could not be taken over (S16). */
  readonly arming: boolean
}

export function standing(input: PlanInput, node: NodeId, name: string): NodeNow {
  const { config, lives } = input.state
  const doc = config.nodes[name]
  const life = lives[node]
  const own = node === input.self.node
  const peer = own ? undefined : input.peers.find((p) => p.node === node)
  const boot = own ? input.self.boot : peer?.incarnation?.boot
  const rows = input.rows[node]
  const known = rows !== undefined && rows.boot === boot
  const enough = input.state.members.filter((m) => m.votes > 0).length > 2
  const leased = life?.leased?.armed === true && enough
  const devices = config.fencing.some((d) => Object.hasOwn(d.hosts, name) && (leaseMsOf(d) === undefined || leased))
  const fixed = {
    node,
    name,
    standby: doc?.standby ?? false,
    maintenance: doc?.maintenance ?? false,
    canFence: config.properties.fencingEnabled && devices,
    condemned: false,
    arming: enough && !devices && life?.leased !== undefined,
    ...(input.held[node] !== undefined && { heldS: input.held[node] }),
    ...(boot !== undefined && { boot }),
    ...(life && { life }),
    ...(known && { rows }),
  }
  const how = stands(input, node, own ? 'alive' : (peer?.state ?? 'never-seen'), life, boot, known)
  if (how !== 'lost') return { ...fixed, standing: how }
  const heardMs = peer?.links.map((l) => l.silentMs).filter((ms) => ms >= 0) ?? []
  const silentMs = heardMs.length > 0 ? Math.min(...heardMs) : -1
  const args = { node: name, silentMs, waitedMs: input.unseenMs }
  if (!peer || peer.state === 'never-seen')
    return { ...fixed, standing: how, fence: verdict('fence', 'coordinator.fence-unseen', args, 'warning') }
  const key = peer.because?.key === 'membership.deaf-lost' ? 'coordinator.fence-deaf' : 'coordinator.fence-silent'
  return { ...fixed, standing: how, fence: verdict('fence', key, args, 'warning') }
}

function stands(
  input: PlanInput,
  node: NodeId,
  heard: PeerState['state'],
  life: Life | undefined,
  boot: BootId | undefined,
  known: boolean,
): Standing {
  if (input.lost.includes(node) || (life && input.fenced[node] === life.boot && boot === life.boot)) return 'gone'
  const same = life !== undefined && life.boot === boot
  if (life?.state === 'intent' && (same || heard !== 'alive')) return 'lost'
  const admitted = life?.state === 'admitted'
  switch (heard) {
    case 'alive':
      if (same && life?.state === 'fenced') return 'gone'
      return admitted && same && known ? 'usable' : 'joining'
    case 'suspect':
    case 'manager-down':
      return admitted && same ? 'holding' : 'gone'
    case 'leaving':
      return admitted && same ? 'leaving' : 'gone'
    case 'silent':
      return admitted ? 'lost' : 'gone'
    case 'never-seen':
      if (!admitted) return 'gone'
      return input.unseenMs >= input.state.config.properties.startupFencingMs ? 'lost' : 'unseen'
  }
}
