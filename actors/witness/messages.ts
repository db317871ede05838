/** What a witness is asked and answers, over the network (`witness`) as well as on shared disks (`disk-heartbeat`). */
import type { Msg, NodeId } from '../../runtime/actor.js'
import type { WitnessRecord } from './register.js'

/** The witness on shared disks has this name, in the configuration too; any other name is a witness in the network. */
export const diskWitness = 'disks'

/** log -> whoever speaks for the witness of that name (actors/log/witness.ts); lost ones are asked again. The rules: register.ts. */
export interface WitnessAsk extends Msg {
  readonly type: 'witness-ask'
  readonly ask: 'enrol' | 'claim'
  readonly witness: string
  readonly node: NodeId
  /** The newest epoch that this node knows. */
  readonly epoch: number
}
/** -> log, the answer to the ask with the same words. `record`: what the witness holds after it. */
export interface WitnessTold extends Msg {
  readonly type: 'witness-told'
  readonly ask: 'enrol' | 'claim'
  readonly witness: string
  readonly epoch: number
  readonly ok: boolean
  readonly record?: WitnessRecord
}
