/** Rows: S7. Two data nodes and a witness. See tests.ts. */
import { modelTests } from './tests.js'

modelTests('witness')
