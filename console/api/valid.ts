/** What a validator answers when a body or query does not fit: the API's own `invalid`, with a sentence per problem. */
import type { Context, Env } from 'hono'
import { fail } from './errors.js'

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
type Result = { readonly success: true } | { readonly success: false; readonly error: readonly Issue[] }

const where = ({ path }: Issue): string => (path ?? []).map((p) => String(typeof p === 'object' ? p.key : p)).join('.')

/** The hook of `validator(target, schema, hook)`. */
export function orInvalid<E extends Env, P extends string>(result: Result, c: Context<E, P>): Response | undefined {
  if (result.success) return undefined
  const problems = result.error.slice(0, 20).map((i) => `${where(i) || 'The body'}: ${i.message}`)
  return fail(c as unknown as Context, 'invalid', {}, { problems })
}
