/** Why something happens, or cannot: a sentence of runtime/text and what stands in it. Who made up their mind first is heard. */
import type { TextKey } from '../../../runtime/text/index.js'

export interface Why {
  readonly key: TextKey
  readonly args: Readonly<Record<string, string>>
}

export const why = (key: TextKey, args: Why['args'] = {}): Why => ({ key, args })
