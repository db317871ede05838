/** Verdicts as the API shows them: the object itself with both languages' text beside it. */
import { render } from '../../runtime/text/index.js'
import type { Verdict } from '../../runtime/verdict.js'
import type { Sentence } from './views.js'

/** `read`: the args as people read them (people.ts), where they may hold node ids. */
export const sentence = (v: Verdict, read: Verdict['args'] = v.args): Sentence => ({
  do: v.do,
  key: v.key,
  args: v.args,
  severity: v.severity,
  text: { en: render('en', v.key, read), zh: render('zh', v.key, read) },
})
export const sentenceOr = (v: Verdict | undefined): Sentence | null => (v === undefined ? null : sentence(v))
