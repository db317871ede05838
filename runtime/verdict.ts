/**
 * Every decision says why in one sentence with numbers (design 3.7). The sentence is not stored: key + args are,
 * and runtime/text/ render them at the edge. The same object feeds log, event, CLI, console and `explain`.
 */
import type { TextKey } from './text/index.js'

export type Args = Readonly<Record<string, string | number | boolean>>

/** How much somebody has to care. `safety` = a safety rule stopped something. */
export type Severity = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'safety'

export interface Verdict {
  /** What was decided, one word of the field: suspect, confirm, fence, grant, start, refuse ... */
  readonly do: string
  readonly key: TextKey
  readonly args: Args
  readonly severity: Severity
}

export const verdict = (what: string, key: TextKey, args: Args = {}, severity: Severity = 'info'): Verdict => ({
  do: what,
  key,
  args,
  severity,
})

/** An expected "no": a value, never an exception. `todo` is the text key of what to do about it, where it is not in `because`. */
export interface Refusal {
  readonly refused: string
  readonly because: Verdict
}
