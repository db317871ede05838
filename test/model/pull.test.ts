/** Rows: S7. Pull before campaign. See tests.ts. */
import { modelTests } from './tests.js'

modelTests('pull')
