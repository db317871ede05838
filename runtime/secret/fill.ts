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

/** What begins something new; everything else looks after, or ends, what is there. */
const begins = ({ kind, action }: AgentOp): boolean => kind !== 'fence' && ['start', 'promote', 'reload-agent'].includes(action)

/**
 * For the node of this name. An operation that names no secret costs nothing; one that cannot be given all of its values is not to be run. But where a file
 * that was good is so no more, or has lost a secret, what runs goes on with the values known before: a slip of the pen must not let stops fail and fence a node.
 */
export function filler(file: SecretsFile, node: string): Fill {
  const known = new Map<string, string>()
  return (op) => {
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
      const before = begins(op) ? undefined : known.get(secret)
      if ('refused' in all && before === undefined)
        return fail('secret.no-file', param, { secret, why: render('en', all.because.key, all.because.args) })
      if (!('refused' in all)) for (const [each, { value: good }] of all) known.set(each, good)
      const found = ('refused' in all ? undefined : all.get(secret)?.value) ?? before
      if (found === undefined) return fail(op.kind === 'fence' ? 'secret.missing-device' : 'secret.missing-resource', param, { secret })
      hide.add(found)
      return hide.size > hideMax ? fail('secret.too-many', param, { limit: hideMax }) : found
    }
    const filled = op.kind === 'fence' ? inStdin(op, wordFor) : inEnv(op, wordFor)
    return problem === undefined ? { op: filled, hide: [...hide] } : { problem }
  }
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
