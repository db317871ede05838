/**
 * What this node knows, held in memory and fed by messages only: the replicated state, who leads, the view, quorum, every node's rows,
 * the leader's plan. Reads are served from here; nothing here decides.
 */

import type { PlanView, Row, Rows } from '../../actors/coordinator/messages.js'
import type { DiskStatus } from '../../actors/disk-heartbeat/messages.js'
import type { HealthStatus } from '../../actors/health-monitor/messages.js'
import { apply } from '../../actors/log/apply.js'
import type { Leadership, LogEntry } from '../../actors/log/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import type { View } from '../../actors/membership/messages.js'
import type { Quorum } from '../../actors/quorum/messages.js'
import type { BootId, Instant, Msg, NodeId, ResourceId } from '../../runtime/actor.js'
import type { WitnessStatus } from '../../runtime/witness/messages.js'

export interface NodeRows {
  readonly boot: BootId
  /** Starts of kyhad in this life of the machine; 0 for this node's own. */
  readonly counter: number
  readonly seq: number
  /** A whole from before what is known came once: the next whole decides. */
  readonly doubt: boolean
  readonly rows: ReadonlyMap<ResourceId, Row>
}

/** Who sent a message: absent for actors of this node. */
export interface Sender {
  readonly node?: NodeId
  readonly counter?: number
}

/** Where a resource was seen to run, and since when on this node's clock. */
interface Seen {
  readonly where: string
  readonly sinceMs: Instant
}

export class Model {
  state: ClusterState | undefined
  leadership: Leadership | undefined
  view: View | undefined
  quorum: Quorum | undefined
  plan: PlanView | undefined
  disk: DiskStatus | undefined
  health: HealthStatus | undefined
  /** What the service `witness` said last, and when. */
  witness: { readonly said: WitnessStatus; readonly atMs: Instant } | undefined
  readonly rows = new Map<NodeId, NodeRows>()
  readonly #seen = new Map<string, Seen>()
  readonly #onApplied: ((index: number) => void)[] = []
  leaderHeardMs: Instant | undefined
  /** Nodes whose rows are missing or have a hole: asked for a whole set, then cleared. */
  readonly wanted = new Set<NodeId>()

  /** True when something that a client can see changed. */
  receive(msg: Msg, now: Instant, from: Sender = {}): boolean {
    switch (msg.type) {
      case 'state':
        this.state = (msg as Msg & { state: ClusterState }).state
        for (const m of this.state?.members ?? []) this.wanted.add(m.node)
        this.#applied()
        return true
      case 'committed':
        return this.#committed((msg as Msg & { entry: LogEntry }).entry)
      case 'leadership':
        this.leadership = msg as Leadership
        return true
      case 'view':
        this.view = msg as View
        this.#noteLeader(now)
        return true
      case 'quorum':
        this.quorum = msg as Quorum
        return true
      case 'disk-status':
        this.disk = msg as DiskStatus
        return true
      case 'health-status':
        this.health = msg as HealthStatus
        return true
      case 'witness-status':
        this.witness = { said: msg as WitnessStatus, atMs: now }
        return true
      case 'rows':
        return this.#rows(msg as Rows, from)
      case 'plan':
        this.plan = msg as PlanView
        return true
      default:
        return false
    }
  }

  /** Since when `key` has had the value `where`, in ms until `now`. Remembered here because no message carries it. */
  since(key: string, where: string, now: Instant): number {
    const old = this.#seen.get(key)
    if (old?.where === where) return now - old.sinceMs
    this.#seen.set(key, { where, sinceMs: now })
    return 0
  }

  /** Calls `then` at each applied index; returns how to stop that. */
  onApplied(then: (index: number) => void): () => void {
    this.#onApplied.push(then)
    return () => void this.#onApplied.splice(this.#onApplied.indexOf(then), 1)
  }

  #committed(entry: LogEntry): boolean {
    if (!this.state || entry.index !== this.state.index + 1) return false
    this.state = apply(this.state, entry).state
    this.#applied()
    return true
  }

  #applied(): void {
    const index = this.state?.index ?? 0
    for (const then of [...this.#onApplied]) then(index)
  }

  /**
   * `seq` begins anew with kyhad (then the counter is higher) and with its work threads (then it is not): a whole from before what is known is
   * late, or of a director that began anew, and the answer to a question decides. The coordinator's rows.ts judges alike.
   */
  #rows(msg: Rows, { node = msg.node, counter = 0 }: Sender): boolean {
    if (node !== msg.node) return false
    const old = this.rows.get(msg.node)
    if (old?.boot === msg.boot && counter < old.counter) return false
    const known = old?.boot === msg.boot && old.counter === counter ? old : undefined
    const follows = known !== undefined && msg.seq === known.seq + 1
    if (!msg.whole && !follows) this.wanted.add(msg.node)
    if (!msg.whole && (!known || msg.seq <= known.seq)) return false
    if (msg.whole && known && msg.seq < known.seq && !known.doubt) {
      this.wanted.add(msg.node)
      this.rows.set(msg.node, { ...known, doubt: true })
      return false
    }
    if (msg.whole) this.wanted.delete(msg.node)
    const rows = new Map<ResourceId, Row>(msg.whole ? [] : known?.rows)
    for (const row of msg.rows) rows.set(row.resource, row)
    // With a hole before it a delta does not count as the last that is known: the whole that was asked for may have a lower number.
    const seq = msg.whole || follows ? msg.seq : (known?.seq ?? msg.seq)
    this.rows.set(msg.node, { boot: msg.boot, counter, seq, doubt: known?.doubt === true && !msg.whole, rows })
    return true
  }

  #noteLeader(now: Instant): void {
    const leader = this.leadership?.leader
    const peer = this.view?.peers.find((p) => p.node === leader)
    if (leader !== undefined && (leader === this.view?.self || peer?.state === 'alive')) this.leaderHeardMs = now
  }
}
