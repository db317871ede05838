/** One thing that is wrong (or odd) in what an operator wrote: a sentence with its line. */
import { type Lang, render, type TextKey } from '../text/index.js'
import { type Args, type Severity, type Verdict, verdict } from '../verdict.js'

export interface Problem {
  readonly line: number
  /** `resources[0].meta.priority`; '' for the whole document. */
  readonly path: string
  readonly because: Verdict
}

export const PROBLEMS_MAX = 50

export const problem = (line: number, path: string, key: TextKey, args: Args = {}, severity: Severity = 'error'): Problem => ({
  line,
  path,
  because: verdict(severity === 'error' ? 'refuse' : 'warn', key, { line, path, ...args }, severity),
})

/** The sentence, in the reader's language. */
export const sentence = (lang: Lang, { because }: Problem): string => render(lang, because.key, because.args)
