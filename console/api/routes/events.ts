/** Events: a page of JSON, or a stream (SSE) that resumes after the cursor that the client had; `reset` + status when it cannot. */
import { type Context, Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import type { Api } from '../context.js'
import { query, reads } from '../describe.js'
import { fail } from '../errors.js'
import { isCursor } from '../events.js'
import { freshness, statusView } from '../status.js'
import { feed, type Source } from '../stream.js'

/** Whoever streams status is woken when something changed. */
export interface Pulse {
  readonly on: (run: () => void) => () => void
}

export function eventRoutes(api: Api, pulse: Pulse): Hono {
  const app = new Hono()
  const source: Source = { events: api.events, status: sharedStatus(api, pulse), onChange: (run) => pulse.on(run) }
  const spec = reads(
    'Events; with Accept: text/event-stream a resumable stream of `status` and `event`',
    'Events',
    { reset: 'boolean', cursor: 'string', events: 'array' },
    { parameters: [query('since', 'cursor: only what came after it; Last-Event-ID does the same')] },
  )
  app.get('/events', spec, (c) => {
    const since = c.req.query('since') ?? ''
    if (!isCursor(since))
      return fail(c, 'invalid', {}, { problems: ['since: it is no cursor; the last event that you had carries one as its id.'] })
    // A browser sends what it has by itself: what cannot be read there is a cursor that cannot be served.
    const cursor = c.req.header('last-event-id') ?? since
    if (c.req.header('accept')?.includes('text/event-stream')) return stream(c, source, cursor)
    const known = isCursor(cursor) ? api.events.since(cursor) : undefined
    const fresh = freshness(api.model, api.self, api.now(), 'Events')
    return c.json({ ...fresh, reset: known === undefined, cursor: api.events.cursor(), events: known ?? api.events.all() })
  })
  const role = describeRoute({
    summary: 'Does the resource run on this node? For load balancers',
    responses: {
      200: { description: 'it runs here' },
      403: { description: 'Host or Origin is not this console' },
      404: { description: 'there is no such resource' },
      503: { description: 'it does not run here, or the node is still starting' },
    },
  })
  app.get('/role/:resource', role, (c) => {
    if (!api.model.state) return fail(c, 'starting')
    const { resources } = statusView(api.model, api.self, api.now())
    const here = resources.find((r) => r.name === c.req.param('resource'))
    if (!here)
      return fail(c, 'not-found', {
        what: 'resource',
        name: c.req.param('resource'),
        known: resources.map((r) => r.name).join(', ') || '-',
      })
    return c.json({ resource: here.name, role: here.role, node: here.node }, here.node === api.self.name ? 200 : 503)
  })
  return app
}

function stream(c: Context, source: Source, cursor: string): Response {
  const { events } = source
  const place = cursor === '' ? events.lately(100) : isCursor(cursor) ? events.placeOf(cursor) : undefined
  const body = feed(source, place, cursor)
  if (!body) return fail(c, 'too-many-readers', { limit: events.listeners })
  c.header('Content-Type', 'text/event-stream')
  c.header('Cache-Control', 'no-cache')
  return c.body(body)
}

/** The status as JSON, made once for all readers after each change (and anew after a second, since it holds ages). */
function sharedStatus(api: Api, pulse: Pulse): () => string {
  let made: { readonly json: string; readonly atMs: number } | undefined
  pulse.on(() => {
    made = undefined
  })
  return () => {
    const now = api.now()
    if (!made || now - made.atMs > 1000) made = { json: JSON.stringify(statusView(api.model, api.self, now)), atMs: now }
    return made.json
  }
}
