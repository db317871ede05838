/** A refusal (a value with its sentence) as the API's error. */
import { render } from '../../runtime/text/index.js'
import type { Refusal } from '../../runtime/verdict.js'
import type { ErrorView } from './views.js'

/** Its own sentence under its own code; what to do stands in the sentence. */
export const refusalView = (r: Refusal): ErrorView => ({
  apiVersion: 'kyha/v1',
  kind: 'Error',
  code: r.refused,
  message: { en: render('en', r.because.key, r.because.args), zh: render('zh', r.because.key, r.because.args) },
  todo: { en: '', zh: '' },
  problems: [],
})
