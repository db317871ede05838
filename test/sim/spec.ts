/** What a simulated machine is made of, and what it needs of its world. */

import type { Member } from '../../actors/log/messages.js'
import type {
  Actor,
  Address,
  AgentOp,
  AgentResult,
  Boot,
  DiskResult,
  Effect,
  Env,
  Msg,
  NodeId,
  Step,
  Timing,
  Token,
} from '../../runtime/actor.js'
import type { Job } from '../../runtime/host/job.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { Scheduled } from './heap.js'
import type { Machine } from './machine.js'
import type { DiskEffect } from './shared-disk.js'

// biome-ignore lint/suspicious/noExplicitAny: the registry holds actors of every state and message type
export type AnyActor = Actor<any, any>

/** What a machine needs of its world. */
export interface MachineWorld {
  /** When the lease of a machine last ran out. */
  lapsedMs?: number
  nowMs(): number
  after(ms: number, run: () => void): Scheduled
  /** Sets an event anew, to `ms` from now; gives the event that stands for it from now on. */
  again(event: Scheduled, ms: number): Scheduled
  /** A message leaves this machine. `link`: a datagram over that link, or over every link when -1; undefined: a stream. */
  depart(from: Machine, to: Address, sender: Address, msg: Msg, link: number | undefined): void
  power(plug: string, action: string, done: (rc: number) => void): void
  said(machine: Machine, path: string, verdict: Verdict): void
  /** Every delivery, for the event hash and the trace. */
  delivered(machine: Machine, path: string, from: Address, msg: Msg): Msg
  /** An actor threw: a bug, never part of a simulated fault. */
  bug(machine: Machine, path: string, error: unknown): void
  /** The watchdog resets this machine. */
  reset?(machine: Machine): void
  /** The guard sends one stand-in beat to every peer on every link. */
  standIn(machine: Machine): void
  /** The guard let a run of an agent in. */
  began(machine: Machine, op: AgentOp, token: Token): void
  /** Crash points: ends this machine or its kyhad and answers true when this effect is the one. */
  readonly dies?: ((machine: Machine, when: 'before' | 'after', effect: Effect) => boolean) | undefined
  /** The guard tells kyhad how a run ended. */
  ended(machine: Machine, result: AgentResult): void
  /** An actor has taken a message of another node's life. */
  stepped(machine: Machine, path: string, env: Env, msg: Msg, before: unknown, step: Step<unknown>): void
  /** A life of kyhad begins. */
  started?(machine: Machine): void
  /** Carries an ask to the witness and its answer back. */
  readonly witness?: (machine: Machine, ask: Msg, answer: (told: Msg) => void) => void
  /** Carries a request to a shared disk and its answer back; without it no disk has a servant. */
  readonly disk?: (machine: Machine, effect: DiskEffect, answer: (result: DiskResult) => void) => void
  /** What is on its way to a shared disk at a power cut. */
  readonly lostPower?: (machine: Machine) => void
  /** Messages to `console`, which is no actor. */
  show(machine: Machine, msg: Msg): void
}

export interface MachineSpec {
  readonly node: NodeId
  readonly name: string
  /** Its address on each link. */
  readonly links: Member['links']
  readonly cluster: Boot['cluster']
  readonly timing: Timing
  readonly actors: ReadonlyMap<string, AnyActor>
  /** Paths of the static children in start order. */
  readonly order: readonly string[]
  readonly args: (kind: string) => unknown
  /** Paths that are given what the disk kept. */
  readonly persists: (path: string) => boolean
  /** Static paths that start anew alone when they die; with any other its thread does. */
  readonly heals: (path: string) => boolean
  readonly threadOf: (path: string) => string
  readonly jobs: ReadonlyMap<string, Job>
  /** A hardware watchdog resets the machine when nobody has petted it for so long. */
  readonly watchdogMs?: number
  /** How a job of a kind goes, where a test wants to say so. */
  readonly jobFate?: (kind: string) => 'ends' | 'late' | 'crashed'
}
