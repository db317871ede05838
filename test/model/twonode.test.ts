/** Rows: S6, S7, S10. Two voters: rules T1-T5, over messages. See tests.ts. */
import { modelTests } from './tests.js'

modelTests('twonode')
