/** The runtime's inside, for kyha-shell: actors, supervisors, mailboxes, traces; and lab faults. On the unix socket only. */
import { type Context, Hono } from 'hono'
import { validator } from 'hono-openapi'
import * as v from 'valibot'
import type { Msg } from '../../../runtime/actor.js'
import type { Api } from '../context.js'
import { locals, query } from '../describe.js'
import { fail } from '../errors.js'
import { freshness } from '../status.js'
import { orInvalid } from '../valid.js'

const about = (summary: string, needsPath: boolean, path = 'path of an actor') =>
  locals(summary, 'Runtime', {}, { parameters: needsPath || path !== 'path of an actor' ? [query('path', path, needsPath)] : [] })
const Lab = v.object({ link: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(6)), cut: v.boolean() })

export function runtimeRoutes(api: Api): Hono {
  const app = new Hono()
  app.use('/runtime/*', async (c, next) => (api.local(c) ? next() : fail(c, 'local-only')))
  app.use('/lab/*', async (c, next) => (api.local(c) && api.lab ? next() : fail(c, 'local-only')))

  const ask = async (c: Context, request: Msg): Promise<Response> => {
    try {
      return c.json({ ...freshness(api.model, api.self, api.now(), 'Runtime'), answer: (await api.inspect(request)) as object })
    } catch (error) {
      const why = (error as Error).message.slice(0, 200)
      const what = /^no (actor|supervisor) /.exec(why)?.[1]
      if (what === undefined) return fail(c, 'no-inside', { why })
      return fail(c, 'not-found', { what, name: (request as Msg & { path?: string }).path ?? '', known: await known(what) })
    }
  }
  app.get('/runtime/actors', about('All actors with supervisor, thread, restarts, mailbox', false), (c) => ask(c, { type: 'actors' }))
  /** What there is instead. */
  const known = async (what: string): Promise<string> => {
    const list = (await api.inspect({ type: what === 'actor' ? 'actors' : 'children' }).catch(() => [])) as Record<string, string>[]
    return [...new Set(list.map((x) => x[what === 'actor' ? 'path' : 'supervisor']))].join(', ') || '-'
  }
  const one = (what: string) => (c: Context) => {
    const path = c.req.query('path') ?? ''
    if (path === '' && what !== 'children')
      return fail(c, 'invalid', {}, { problems: ['path: it is missing; /runtime/actors lists them.'] })
    return ask(c, { type: what, path } as Msg)
  }
  app.get('/runtime/actor/state', about('An actor’s state', true), one('state'))
  app.get('/runtime/actor/trace', about('An actor’s last messages', true), one('trace'))
  app.get('/runtime/supervisor', about('A supervisor’s children', false, 'path of a supervisor; none = all'), one('children'))
  app.post('/runtime/actor/restart', about('Restart an actor', true), one('restart'))
  app.post(
    '/lab/link',
    locals('Cut or heal a heartbeat link of this node (demo and rig)', 'Lab', { done: 'boolean' }),
    validator('json', Lab, orInvalid),
    (c) => {
      api.lab?.({ type: 'lab-link', ...c.req.valid('json') } as Msg)
      return c.json({ ...freshness(api.model, api.self, api.now(), 'Lab'), done: true })
    },
  )
  return app
}
