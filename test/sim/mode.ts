/** Who says which of two voters may go on alone: a certificate (plain), a witness in the network, or one on shared disks. */
import { diskWitness } from '../../actors/witness/messages.js'
import { seeded } from '../../runtime/random.js'

export type Mode = 'plain' | 'witness' | 'disk'

/** What the configuration names as witness. */
export const witnessOf = (mode: Mode): string | undefined => ({ plain: undefined, witness: 'witness', disk: diskWitness })[mode]

/** Shared disks of a history. */
export const disksOf = (mode: Mode, seed: string): number => (mode === 'disk' ? (seeded(`${seed} disks`).chance(0.5) ? 1 : 3) : 0)

/** How a run is asked for again, by `npm run sim`. */
export const flagsOf = (mode: Mode, nodes: number): string => (mode === 'plain' ? `--nodes ${nodes}` : `--mode ${mode}`)
