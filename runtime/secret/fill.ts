/**
 * Puts values in the place of their names in an operation that is about to go to the guard: the parameters of a resource agent in its environment, those of
 * a fence agent on its standard input. Nobody before this place knows a value, and what the agent prints is rid of them by the guard.
 */
import type { AgentOp } from '../actor.js'
import { render, type TextKey } from '../text/index.js'
import { isSecretName, referenceOf, type SecretsFile } from './file.js'

/** `hide`: the values that the operation was given. */
export interface Filled {
  readonly op: AgentOp
  readonly hide: readonly string[]
}
export type Fill = (op: AgentOp) => Filled | { readonly problem: string }

/** Different secrets in one operation; the guard keeps no more. */
export const hideMax = 32
const ENV = 'OCF_RESKEY_'

/** For the node of this name. An operation that names no secret costs nothing; one that cannot be given all of its values is not to be run. */
export const filler =
  (file: SecretsFile, node: string): Fill =>
  (op) => {
    const hide = new Set<string>()
    let problem: string | undefined
    const name = op.kind === 'fence' ? op.resource.replace(/^fence\//, '') : (op.env['OCF_RESOURCE_INSTANCE'] ?? op.resource)
    const fail = (key: TextKey, param: string, args: Readonly<Record<string, string | number>> = {}): string => {
      problem ??= render('en', key, { param, name, node, ...args })
      return ''
    }
    const wordFor = (param: string, value: string): string => {
      const secret = referenceOf(value)
      if (secret === undefined) return value
      if (!isSecretName(secret)) return fail('secret.bad-reference', param)
      const all = file.read()
      if ('refused' in all) return fail('secret.no-file', param, { secret, why: render('en', all.because.key, all.because.args) })
      const found = all.get(secret)?.value
      if (found === undefined) return fail(op.kind === 'fence' ? 'secret.missing-device' : 'secret.missing-resource', param, { secret })
      hide.add(found)
      return hide.size > hideMax ? fail('secret.too-many', param, { limit: hideMax }) : found
    }
    const filled = op.kind === 'fence' ? inStdin(op, wordFor) : inEnv(op, wordFor)
    return problem === undefined ? { op: filled, hide: [...hide] } : { problem }
  }

type WordFor = (param: string, value: string) => string

function inStdin(op: AgentOp, wordFor: WordFor): AgentOp {
  if (op.stdin === undefined) return op
  const lines = op.stdin.split('\n').map((line) => {
    const at = line.indexOf('=') + 1
    return at === 0 ? line : line.slice(0, at) + wordFor(line.slice(0, at - 1), line.slice(at))
  })
  return { ...op, stdin: lines.join('\n') }
}

/** An agent that is asked what it is needs no password. */
function inEnv(op: AgentOp, wordFor: WordFor): AgentOp {
  if (op.action === 'meta-data') return op
  const env = Object.entries(op.env).map(([key, value]) => [key, key.startsWith(ENV) ? wordFor(key.slice(ENV.length), value) : value])
  return { ...op, env: Object.fromEntries(env) as AgentOp['env'] }
}
