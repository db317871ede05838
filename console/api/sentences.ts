/** Verdicts as the API shows them: the object itself with both languages' text beside it. */
import { render } from '../../runtime/text/index.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { Sentence } from './views.js'

export const sentence = (v: Verdict): Sentence => ({
  do: v.do,
  key: v.key,
  args: v.args,
  severity: v.severity,
  text: { en: render('en', v.key, v.args), zh: render('zh', v.key, v.args) },
})
export const sentenceOr = (v: Verdict | undefined): Sentence | null => (v === undefined ? null : sentence(v))
