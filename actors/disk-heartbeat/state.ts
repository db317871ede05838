/** State of the witness on shared disks, and what one step of it works with. What it is for: register.ts. */
import type { Address, ClusterId, Effect, Env, NodeId } from '../../runtime/actor.js'
import { after } from '../../runtime/time.js'
import type { WitnessAsk } from '../witness/messages.js'
import type { Header, Read, Register } from './layout.js'

/**
 * Where a disk is in the present round: not looked at; looked at, nothing to do; to be written (first block, its twin), then read; all of it done; it
 * does not count in this round.
 */
export type Stage = 'look' | 'ready' | 'first' | 'second' | 'read' | 'done' | 'out'

export interface Disk {
  /** In this node's settings. */
  readonly name: string
  stage: Stage
  /** The request that is not answered yet, and the turn in which it was made. */
  pending: { readonly id: string; readonly turn: number } | undefined
  /** Of this round. */
  header: Header | undefined
  /** Blocks to read, as its header says. */
  blocks: number
  /** Of the own slot: what it holds, whether both blocks say so, and the block that is written next. */
  own: Read<Register>
  whole: boolean
  worse: 0 | 1
  /** What the others' slots hold, by slot; read after the last write of this turn. */
  others: readonly (readonly [number, Register])[]
  /** The sentence that was said of it last. */
  said: string
}

export interface Asked {
  readonly ask: WitnessAsk
  readonly to: Address
  attempts: number
}

export interface Round {
  /** look: whose disks are these, and what did this node promise; mend: the own slot is written again where it is not whole; the two phases of a ballot. */
  phase: 'look' | 'mend' | 'promise' | 'accept'
  /** The set of disks that this round is about: one value for each set. */
  set: string
  /** Disks of it that are a majority. */
  needs: number
  slot: number
  /** What the question comes to, as soon as its record is being written. */
  ok: boolean
}

export interface WitnessState {
  readonly enabled: true
  readonly node: NodeId
  readonly cluster: ClusterId
  disks: readonly Disk[]
  /** Requests made by this life. */
  requests: number
  /** Grows with each phase: what an earlier one asked for is not heeded. */
  turn: number
  /** What this node holds on each disk of the set, or is about to write there. */
  mine: { readonly set: string; readonly register: Register } | undefined
  /** The highest ballot number that was seen of anybody. */
  highest: number
  asked: Asked | undefined
  round: Round | undefined
  /** Disks that counted at the last look, and whether they were enough. */
  counted: { readonly disks: number; readonly enough: boolean } | undefined
}

export interface Work {
  readonly s: WitnessState
  readonly env: Env
  readonly out: Effect[]
}

/** A step works on a copy: states that were given out do not change. */
export const copyOf = (s: WitnessState): WitnessState => ({
  ...s,
  disks: s.disks.map((d) => ({ ...d })),
  asked: s.asked && { ...s.asked },
  round: s.round && { ...s.round },
})

export function lookIn(w: Work, ms: number): void {
  w.out.push({ do: 'timer', key: 'look', atMs: after(w.env.now, ms), msg: { type: 'look' } })
}
