/** What this node could not give to the agents of a new configuration: secrets that it does not have. Other nodes are not looked at. */
import type { ConfigDoc } from '../../runtime/config/document.js'
import { isSecretName, type Reference, references, type SecretsFile } from '../../runtime/secret/file.js'
import { render, type TextKey } from '../../runtime/text/index.js'
import { type Args, verdict } from '../../runtime/verdict.js'
import { sentence } from './sentences.js'
import type { Sentence } from './views.js'

const warn = (key: TextKey, args: Args): Sentence => sentence(verdict('warn', key, args, 'warning'))
const paramsOf = (list: readonly Reference[]): string => list.map((r) => `${r.name}.${r.param}`).join(', ')

/** One sentence for each secret, or one for the file. */
export function secretWarnings(doc: ConfigDoc, file: SecretsFile, node: string): readonly Sentence[] {
  const all = references(doc)
  if (all.length === 0) return []
  const out = all.filter((r) => !isSecretName(r.secret)).map(({ param, name }) => warn('secret.bad-reference', { param, name }))
  const named = all.filter((r) => isSecretName(r.secret))
  const have = file.read()
  if ('refused' in have) {
    const why = render('en', have.because.key, have.because.args)
    return named.length === 0 ? out : [...out, warn('secret.plan-no-file', { node, params: paramsOf(named), why })]
  }
  const missing = [...new Set(named.map((r) => r.secret))].filter((secret) => !have.has(secret)).sort()
  const of = (secret: string): string => paramsOf(named.filter((r) => r.secret === secret))
  return [...out, ...missing.map((secret) => warn('secret.plan-missing', { node, secret, params: of(secret) }))]
}
