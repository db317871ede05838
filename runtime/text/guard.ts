/** Sentences of `guard.*`: English and Chinese side by side, `{name}` filled from a verdict's args. */
import type { Texts } from './render.js'

export const guard = {} as const satisfies Texts
