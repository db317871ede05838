/** The View that others live on: every peer's state as this node sees it, with a number that grows by one with each change. */
import type { NodeId } from '../../runtime/actor.js'
import type { Peer } from './detector.js'
import type { PeerState, View } from './messages.js'

/** `peers` in order of node id; link ages are brought up to `now`. */
export function viewOf(viewNo: number, self: NodeId, peers: readonly Peer[], selfDoubt: number, now: number): View {
  return { type: 'view', viewNo, self, peers: peers.map((p) => peerState(p, now)), selfDoubt }
}

function peerState(p: Peer, now: number): PeerState {
  return {
    node: p.node,
    name: p.name,
    state: p.state,
    ...(p.lives.incarnation ? { incarnation: p.lives.incarnation } : {}),
    links: p.links.map(({ link, evidence: e, atMs }) => ({
      link,
      state: e?.state ?? 'never-heard',
      rttMs: e?.rttMs ?? { p50: -1, p99: -1 },
      lossPct: e?.lossPct ?? 0,
      silentMs: e === undefined || e.silentMs < 0 ? -1 : e.state === 'silent' ? e.silentMs + now - atMs : e.silentMs,
      heardByPeer: e?.heardByPeer ?? false,
    })),
    ...(p.because ? { because: p.because } : {}),
  }
}

/** Whether others have to be told: a state or an incarnation differs. */
export function differs(a: Peer, b: Peer): boolean {
  const [x, y] = [a.lives.incarnation, b.lives.incarnation]
  return a.state !== b.state || x?.boot !== y?.boot || x?.counter !== y?.counter
}
