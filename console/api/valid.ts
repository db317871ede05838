/** What a validator answers when a body or query does not fit: the API's own `invalid`, with a sentence per problem. */
import type { Context, Env, Next } from 'hono'
import { fail } from './errors.js'

interface Issue {
  readonly message: string
  readonly received?: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
type Result = { readonly success: true } | { readonly success: false; readonly error: readonly Issue[] }

const where = ({ path }: Issue): string => (path ?? []).map((p) => String(typeof p === 'object' ? p.key : p)).join('.')

function sentenceOf(i: Issue): string {
  const at = where(i)
  if (at !== '' && i.received === 'undefined') return `${at}: it is missing.`
  return `${at || 'The body'}: ${i.message.replace(/^Invalid (\w+): Expected/, 'expected').replace(/\.$/, '')}.`
}

/** The hook of `validator(target, schema, hook)`. */
export function orInvalid<E extends Env, P extends string>(result: Result, c: Context<E, P>): Response | undefined {
  if (result.success) return undefined
  return fail(c as unknown as Context, 'invalid', {}, { problems: result.error.slice(0, 20).map(sentenceOf) })
}

/** A body of a POST is JSON and says so: a form of another site cannot, and what is no JSON gets its sentence here. */
export async function jsonBody(c: Context, next: Next): Promise<Response | undefined> {
  const text = c.req.method === 'POST' ? await c.req.text() : ''
  const type = c.req.header('content-type') ?? ''
  if (text !== '' && !/^application\/json\b/i.test(type))
    return fail(c, 'invalid', {}, { problems: [`Content-Type must be application/json; it is ${type.slice(0, 60) || 'missing'}.`] })
  try {
    if (text !== '') JSON.parse(text)
  } catch (e) {
    return fail(c, 'invalid', {}, { problems: [`The body is not JSON: ${(e as Error).message.slice(0, 120).replace(/\.$/, '')}.`] })
  }
  await next()
  return undefined
}
