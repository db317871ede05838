/** The record of a witness and its rules, which stand in actors/witness, where the disks find them too. */
export { claim, enrol, type Register, type WitnessRecord } from '../witness/register.js'
