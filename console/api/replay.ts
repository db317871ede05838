/**
 * What makes asking again safe: a change that carries an Idempotency-Key is made once, and every later request with that key and the same
 * content is answered like the first. This node remembers answers; the log remembers ids, so another node knows that it was made, and where.
 * The same key with other content is refused. At most `answersMax` answers, the oldest is forgotten first.
 */
import { createHash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { type Api, askOf } from './context.js'
import { fail, failRefused } from './errors.js'
import { freshness } from './status.js'
import type { ChangeView } from './views.js'

const answersMax = 512

interface Known {
  readonly content: string
  /** Undefined when it was not made. */
  readonly answer: Promise<ChangeView | undefined>
}

const contentOf = async (c: Context): Promise<string> =>
  createHash('sha256')
    .update(`${c.req.method} ${c.req.path}\n${await c.req.text()}`)
    .digest('base64url')

export function replay(api: Api): MiddlewareHandler {
  const known = new Map<string, Known>()
  const fresh = () => freshness(api.model, api.self, api.now(), 'Change')

  /** It may have been made before, through another node: the log knows. */
  async function recalled(c: Context, key: string): Promise<Response | undefined> {
    const found = await api.changes.recall(key)
    if (found === 'new') return undefined
    if ('code' in found) return failRefused(c, found)
    const made = { done: true, applied: found.applied, operation: key, diff: [], actions: [], interruption: [], reloads: [], warnings: [] }
    return c.json({ ...fresh(), ...made, replayed: true })
  }

  return async (c, next) => {
    const ask = ['POST', 'PUT', 'DELETE'].includes(c.req.method) ? askOf(c) : undefined
    if (ask === undefined || ask instanceof Response || ask.key === undefined || ask.dryRun) return next()
    const { key } = ask
    const content = await contentOf(c)
    for (let old = known.get(key); old; old = known.get(key)) {
      if (old.content !== content) return fail(c, 'key-reused', { key })
      const answer = await old.answer
      if (answer) return c.json({ ...answer, ...fresh(), replayed: true })
      if (known.get(key) === old) known.delete(key)
    }
    let settle: (answer: ChangeView | undefined) => void = () => undefined
    known.set(key, { content, answer: new Promise((resolve) => (settle = resolve)) })
    if (known.size > answersMax) known.delete(known.keys().next().value ?? '')
    try {
      await next()
      if (c.res.status === 200) return settle((await c.res.clone().json()) as ChangeView)
      const before = [404, 409, 412].includes(c.res.status) ? await recalled(c, key) : undefined
      if (before) c.res = before
    } finally {
      settle(undefined)
    }
    return undefined
  }
}
