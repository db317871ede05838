/**
 * A service is no reducer: it awaits, serves sockets, keeps a loop. It takes and sends messages like an actor.
 * There are two: console/api/service.ts exports `startConsole`, in a thread of its own; runtime/witness/service.ts `startWitness`, beside the log that asks
 * it. A service that throws ends its thread.
 */
import type { Address, Boot, Incarnation, Instant, JobKind, Msg, SendClass } from '../actor.js'
import type { Refusal, Verdict } from '../verdict.js'
import type { Facts, NodeFacts } from './facts.js'
import type { Inspect, Lab } from './messages.js'

export interface ServiceContext {
  /** Path of the service, e.g. `console`: what it sends comes from there. */
  readonly path: string
  readonly boot: Omit<Boot, 'recovered' | 'args'>
  readonly node: NodeFacts
  readonly guard: Facts['guard']
  now(): Instant
  /** To an actor of this node or of another. At most once; a bulk message may be shed. */
  send(to: Address, msg: Msg, cls?: SendClass): void
  /** The runtime's inside (host/messages.ts). Rejects with a sentence when there is no such path, or after 2 s. */
  inspect(request: Inspect): Promise<unknown>
  /**
   * A job of the pool (runtime/pool.ts), e.g. `plan`: its value, or why there is none. Never rejects, answers within `limitMs` (at most 60 s).
   * At most 64 at once.
   */
  job(
    kind: JobKind,
    args: unknown,
    limitMs: number,
  ): Promise<{ readonly ok: true; readonly value: unknown } | (Refusal & { readonly ok: false })>
  /** Lab faults of this node. */
  lab(request: Lab): void
  /** kyhad ends in an orderly way; the guard does not start it again (`stop`), or does (`restart`). */
  leave(how: 'stop' | 'restart'): void
  /** Says a sentence: log, events, console. */
  say(verdict: Verdict): void
}

export interface Service {
  /** `incarnation` is set for messages from another node. Never called before startConsole resolved. */
  receive(msg: Msg, from: Address, incarnation?: Incarnation): void
  stop(): Promise<void>
}
export type StartService = (context: ServiceContext) => Promise<Service>
