/** Rows: S9, S11. The record by which a witness says who may go on alone, and its coming and going (actors/log/witness.ts, register.ts). See tests.ts. */
import { modelTests } from './tests.js'

modelTests('register')
