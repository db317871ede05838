/**
 * The coordinator's state. What it knows (log state, view, rows) it keeps always; `lead` exists only while this node decides, belongs to
 * one leadership, and is thrown away whole with it: a new leader knows nothing of the orders of the old one and finds out from rows.
 */
import type { Address, BootId, Effect, Env, Index, Instant, NodeId, OpId, ResourceId, Term, Token } from '../../runtime/actor.js'
import type { ConfigDoc, RuleDoc } from '../../runtime/config/document.js'
import { opId } from '../../runtime/ids.js'
import type { Certificate, Leadership } from '../log/messages.js'
import type { ClusterState } from '../log/state.js'
import type { View } from '../membership/messages.js'
import type { Quorum } from '../quorum/messages.js'
import type { Order } from './messages.js'
import type { NodeRows, PlanInput, StopProof } from './model.js'

export interface Coordinator {
  readonly self: NodeId
  readonly name: string
  readonly boot: BootId
  /** Start of the ids of its proposals: unique for the cluster's life. */
  readonly prefix: string
  readonly cluster?: ClusterState
  readonly leadership?: Leadership
  readonly view?: View
  readonly quorum?: Quorum
  /** Since when this node has had quorum without a break. */
  readonly quorateMs?: Instant
  /** A peer that is well is heard within this, ms. */
  readonly hearMs: number
  /** In a cluster where not every pair beats at full rate, within this. */
  readonly hearSlowMs: number
  /** Two nodes: what the side that should lose a race waits, and the width of the chance on top of it, ms. */
  readonly yieldMs: number
  readonly chanceMs: number
  readonly rows: Readonly<Record<NodeId, NodeRows>>
  /** A replan message is on its way. */
  readonly queued: boolean
  /** Until when the view holds a flapping peer down, and the words of the view that said so. */
  readonly heldUntil: Readonly<Record<NodeId, { readonly ms: Instant; readonly said: string }>>
  /** When a peer was first not heard well; what failover time is counted from. */
  readonly faults: Readonly<Record<NodeId, Instant>>
  /** When the log last told of a new life of a node: the view may be behind it. */
  readonly lived: Readonly<Record<NodeId, Instant>>
  /** When a resource was first seen failed. */
  readonly failed: Readonly<Record<ResourceId, Instant>>
  readonly lead?: Lead
  readonly race?: Race
}

/** An order without a result; or with a bad one, until the row that goes with it is here. */
export interface Flight {
  readonly order: Order
  readonly node: NodeId
  readonly sentMs: Instant
  readonly endedMs?: Instant
}
/**
 * Instances of a clone are being told of something, one such round at a time a clone. `of`: for `pre` rights with what is to be done under them, for
 * `post` what is spoken of then (notify.ts).
 */
export interface Telling {
  readonly type: 'pre' | 'post'
  readonly of: Readonly<Record<string, string>>
  /** Those without an answer; without `sentMs`: not sent yet. */
  readonly asks: readonly { readonly order: Order; readonly node: NodeId; readonly sentMs?: Instant }[]
}
export interface Proof extends StopProof {
  readonly atMs: Instant
}
export interface FenceTry {
  readonly boot: BootId
  readonly intent: Index
  /** failed: the last round was not confirmed; the fencer tries again. waits: nothing is done to the node, it has to end itself. */
  readonly state: 'ordered' | 'waits' | 'failed' | 'confirmed'
  readonly certificate?: Certificate
  readonly atMs: Instant
  /** Last handed to a fencer; one on another node may not have got it, so it is handed over again until something is heard. */
  readonly sentMs: Instant
  /** The fencer that has it. */
  readonly by: Address
}
export interface Proposal {
  readonly id: string
  readonly what: string
  readonly sentMs: Instant
  /** Applied at the log, not seen here yet. */
  readonly index?: Index
}
/** A failover that has not started anything yet. */
export interface Failover {
  readonly name: string
  readonly faultMs: Instant
  readonly provenMs: Instant
}
export interface Lead {
  readonly term: Term
  readonly readyMs: Instant
  readonly n: number
  readonly flights: Readonly<Record<ResourceId, Flight>>
  /** By clone. */
  readonly tellings: Readonly<Record<string, Telling>>
  /** By right: what may be done now that all who had to be told before were. */
  readonly told: Readonly<Record<string, string>>
  readonly spoken: Readonly<Record<string, string>>
  readonly proofs: Readonly<Record<ResourceId, Proof>>
  readonly fences: Readonly<Record<NodeId, FenceTry>>
  readonly proposal?: Proposal
  /** Tokens that a proposed decision gives up, and the proposal: until it is decided nothing is started under them, or the proof would be void. */
  readonly releasing: Readonly<Record<ResourceId, { readonly token: Token; readonly by: string }>>
  /** After a refusal nothing is proposed before this. */
  readonly notBeforeMs: Instant
  /** Where the log stood here when it last said that a proposal was of an older state, and when. */
  readonly overtaken?: Index
  readonly overtakenMs: Instant
  /** When this leader first saw an operator's wish. */
  readonly wishes: Readonly<Record<string, Instant>>
  /** Sentences that hold now and were said. */
  readonly said: readonly string[]
  /** When rows were last asked for. */
  readonly asked: Readonly<Record<NodeId, Instant>>
  readonly failovers: readonly Failover[]
  /** Last stop result of a resource that has moved since and not started yet. */
  readonly moved: Readonly<Record<ResourceId, Instant>>
  readonly shown: string
}

/** Two voters, the peer silent: this node is about to fence it, or has asked to. */
export interface Race {
  readonly node: NodeId
  readonly boot: BootId
  readonly dueMs: Instant
  readonly ordered: boolean
  readonly failed: boolean
  readonly certificate?: Certificate
}

export type Out = Effect[]

/** Op ids and proposal ids count from the time of birth, so that no two lives of this actor ever use the same one. */
export const firstN = (now: Instant): number => now * 1024

export const nextOp = (lead: Lead, index: Index): OpId => opId(`${lead.term}.${index}.${lead.n}`)

/**
 * An earlier life of this actor may have proposed, in the same term, to give rights up: until the log has taken something of this one, or everything that
 * was on its way is decided, nothing is started under a right that stands.
 */
const maybeReleasing = (grants: ClusterState['grants']): Lead['releasing'] =>
  Object.fromEntries(Object.values(grants).flatMap((g) => (g.released ? [] : [[g.resource, { token: g.token, by: '' }]])))

export const newLead = (term: Term, grants: ClusterState['grants'], now: Instant): Lead => ({
  term,
  readyMs: now,
  n: firstN(now),
  flights: {},
  tellings: {},
  told: {},
  spoken: {},
  proofs: {},
  fences: {},
  releasing: maybeReleasing(grants),
  notBeforeMs: now,
  overtakenMs: now,
  wishes: {},
  said: [],
  asked: {},
  failovers: [],
  moved: {},
  shown: '',
})

/** A rule of the configuration holds at some times only. */
export const isDated = (config: ConfigDoc): boolean => config.locations.some((l) => l.rule && dated(l.rule))
const dated = (rule: RuleDoc): boolean => rule.parts.some((part) => ('parts' in part ? dated(part) : 'date' in part))

/** What the plan is made from, now. */
export function inputOf(s: Coordinator, cluster: ClusterState, { now, utcS = 0 }: Pick<Env, 'now' | 'utcS'>): PlanInput {
  const { lead } = s
  const fenced: Record<NodeId, BootId> = {}
  const busy: Record<ResourceId, { node: NodeId; action: string }> = {}
  for (const [node, f] of Object.entries(lead?.fences ?? {})) if (f.state === 'confirmed') fenced[node as NodeId] = f.boot
  for (const [id, f] of Object.entries(lead?.flights ?? {})) busy[id as ResourceId] = { node: f.node, action: f.order.action }
  return {
    state: cluster,
    self: { node: s.self, boot: s.boot },
    peers: s.view?.peers ?? [],
    rows: s.rows,
    busy,
    proofs: lead?.proofs ?? {},
    ...(lead && { spoken: lead.spoken }),
    unseenMs: lead ? now - lead.readyMs : 0,
    fenced,
    held: heldSeconds(s, now),
    lost: [],
    ...(isDated(cluster.config) && { utcS }),
    ...(s.quorum?.quorate !== true && { noQuorum: true }),
  }
}

/** Seconds left of each hold-down, rounded up; 1 while it is just ending. */
export const heldSeconds = (s: Coordinator, now: Instant): Readonly<Record<NodeId, number>> =>
  Object.fromEntries(Object.entries(s.heldUntil).map(([node, { ms }]) => [node, Math.max(1, Math.ceil((ms - now) / 1000))]))

/** `record` without `key`. */
export function without<K extends string, V>(record: Readonly<Record<K, V>>, key: K): Readonly<Record<K, V>> {
  if (!(key in record)) return record
  const { [key]: _, ...rest } = record
  return rest as Record<K, V>
}

export type { Token }
