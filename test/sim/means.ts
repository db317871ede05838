/** What a life of kyhad's actors (host.ts) keeps of each of them, and what its machine is to it. */
import type { Address, DiskResult, Effect, Env, Incarnation, Msg, Step } from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'
import type { SimDisk } from './disk.js'
import type { SimGuard } from './guard.js'
import type { Scheduled } from './heap.js'
import type { AnyActor, MachineSpec, MachineWorld } from './spec.js'

export interface Slot {
  readonly actor: AnyActor
  readonly kind: string
  readonly path: string
  readonly args: unknown
  readonly life: number
  readonly random: Random
  readonly timers: Map<string, Timer>
  readonly parent: string | undefined
  /** Its address for other nodes and, without the node, for this one. */
  readonly self: Address
  readonly here: Address
  /** Its name on what it orders: no other life has the same. */
  readonly issuer: string
  state: unknown
  alive: boolean
}
/** One key of an actor: kept with its event while the actor lives, set anew each time. */
export interface Timer {
  readonly key: string
  msg: Msg
  event: Scheduled
  /** By the machine's clock. */
  atMs: number
}
export type Of<K extends Effect['do']> = Extract<Effect, { do: K }>

/** What the machine is to its kyhad. */
export interface SimHostMeans {
  readonly spec: MachineSpec
  readonly world: Omit<
    MachineWorld,
    'started' | 'delivered' | 'depart' | 'said' | 'bug' | 'show' | 'power' | 'standIn' | 'began' | 'ended' | 'stepped'
  >
  readonly disk: SimDisk
  readonly incarnation: Incarnation
  /** Start of the names of its random streams and of its issuers: no other life has the same. */
  readonly name: string
  readonly random: Random
  readonly guard: () => SimGuard | undefined
  diskExtraMs(): number
  depart(to: Address, sender: Address, msg: Msg, link: number | undefined): void
  delivered(path: string, from: Address, msg: Msg): Msg
  said(path: string, effect: Of<'say'>): void
  bug(path: string, error: unknown): void
  stepped?(path: string, env: Env, msg: Msg, before: unknown, step: Step<unknown>): void
  show(msg: Msg): void
  peers?(list: Of<'peers'>['peers']): void
  witness?(ask: Msg, answer: (told: Msg) => void): void
  /** Crash points, while there are any: true when kyhad does not live to carry this effect out, or to do anything after it. */
  dies?(): ((when: 'before' | 'after', effect: Effect) => boolean) | undefined
  /** To a shared disk and back; absent: no disk has a servant. */
  shared?(effect: Of<'disk'>, answer: (result: DiskResult) => void): void
  /** Log has begun, and does not know yet whether the guard has a lease. */
  logStarted?(): void
  /** The tree gives up: kyhad ends. */
  gaveUp(): void
}
