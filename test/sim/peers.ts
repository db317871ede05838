/**
 * Whom one life of kyhad talks to, as runtime/host has it: the `peers` effect of its log decides, with their addresses; until it has its votes,
 * streams (not heartbeats) also take those who took this node in (joining.json). Everybody else is a stranger: what it sends is refused. Each time that a
 * peer is taken up it begins a session of its own; what waited for the one before is lost.
 */
import type { Effect, NodeId } from '../../runtime/actor.js'
import { withJoining } from '../../runtime/config/joining.js'

export type Peers = Extract<Effect, { do: 'peers' }>['peers']

/** joining.json: who took this node in, and the votes that it is to get. */
export interface Joining {
  readonly members: Peers
  readonly votes: number
}

/** One peer taken up once. Two of them are told apart by identity. */
export interface Session {
  readonly links: readonly string[]
}

export class SimPeers {
  readonly #joining: () => Peers
  #sessions = new Map<NodeId, Session>()
  #beaten = new Map<NodeId, Session>()

  /** `joining`: those of joining.json as it stands, or nobody. */
  constructor(joining: () => Peers) {
    this.#joining = joining
    this.set([])
  }

  /** The `peers` effect. Returns the nodes that heartbeats go to. */
  set(peers: Peers): readonly NodeId[] {
    this.#sessions = kept(this.#sessions, withJoining(peers, this.#joining()))
    this.#beaten = kept(this.#beaten, peers)
    return [...this.#beaten.keys()]
  }

  /** The session of streams to `node`; undefined: a stranger. */
  stream(node: NodeId): Session | undefined {
    return this.#sessions.get(node)
  }
  /** Heartbeats go to this node, and its own are taken. */
  beats(node: NodeId): boolean {
    return this.#beaten.has(node)
  }
}

function kept(before: ReadonlyMap<NodeId, Session>, peers: Peers): Map<NodeId, Session> {
  const now = new Map<NodeId, Session>()
  for (const { node, links } of peers) {
    const known = before.get(node)
    const addresses = links.map((l) => l.address)
    const same = known?.links.length === addresses.length && addresses.every((a, i) => a === known.links[i])
    now.set(node, known && same ? known : { links: addresses })
  }
  return now
}
