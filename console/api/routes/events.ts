/** Events: a page of JSON, or a stream (SSE) that resumes after the cursor that the client had; `reset` + status when it cannot. */
import { Hono } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { describeRoute } from 'hono-openapi'
import type { Api } from '../context.js'
import { fail } from '../errors.js'
import { freshness, statusView } from '../status.js'
import type { EventView } from '../views.js'

const statusEveryMs = 100
const keepAliveMs = 15_000
const queueMax = 1000

/** Whoever streams status is woken by `changed`, at most ten times a second. */
export interface Pulse {
  readonly on: (run: () => void) => () => void
}

export function eventRoutes(api: Api, pulse: Pulse): Hono {
  const app = new Hono()
  const spec = describeRoute({
    summary: 'Events; with Accept: text/event-stream a resumable stream of `status` and `event`',
    parameters: [{ name: 'since', in: 'query', schema: { type: 'string' }, description: 'cursor; Last-Event-ID does the same' }],
    responses: { 200: { description: 'events after the cursor' } },
  })
  app.get('/events', spec, (c) => {
    const cursor = c.req.header('last-event-id') ?? c.req.query('since') ?? ''
    const known = api.events.since(cursor)
    if (c.req.header('accept')?.includes('text/event-stream')) return streamSSE(c, (stream) => feed(api, pulse, stream, known))
    const fresh = freshness(api.model, api.self, api.now(), 'Events')
    return c.json({ ...fresh, reset: known === undefined, cursor: api.events.cursor(), events: known ?? api.events.all() })
  })
  const role = describeRoute({
    summary: '200 where the resource runs on this node, else 503',
    responses: { 200: { description: 'here' }, 503: { description: 'not here' } },
  })
  app.get('/role/:resource', role, (c) => {
    const here = statusView(api.model, api.self, api.now()).resources.find((r) => r.name === c.req.param('resource'))
    if (!here) return fail(c, 'not-found', { what: 'resource', name: c.req.param('resource'), known: '-' })
    return c.json({ resource: here.name, role: here.role, node: here.node }, here.node === api.self.name ? 200 : 503)
  })
  return app
}

/** One reader of the stream: a status whenever something changed (at most ten times a second), and every event in between. */
async function feed(api: Api, pulse: Pulse, stream: SSEStreamingApi, known: readonly EventView[] | undefined): Promise<void> {
  let dirty = true
  let wake = (): void => undefined
  const queue: { event: string; id?: string; data: string }[] = []
  const put = (event: string, data: unknown, id?: string): void => {
    if (queue.length < queueMax) queue.push({ event, data: JSON.stringify(data), ...(id ? { id } : {}) })
    else void stream.close() // a reader this slow comes back with its cursor
    wake()
  }
  if (known === undefined) put('reset', { because: 'this node cannot serve the cursor' })
  for (const e of known ?? api.events.all().slice(-100)) put('event', e)
  const unlisten = api.events.listen((e, at) => put('event', e, at))
  const unpulse = pulse.on(() => {
    dirty = true
    wake()
  })
  stream.onAbort(() => wake())
  if (!unlisten) put('refused', { because: 'too many listeners on this node; use another one' })
  while (unlisten && !stream.aborted && !stream.closed) {
    if (dirty) {
      dirty = false
      await stream.writeSSE({ event: 'status', id: api.events.cursor(), data: JSON.stringify(statusView(api.model, api.self, api.now())) })
    }
    for (let next = queue.shift(); next; next = queue.shift()) await stream.writeSSE(next)
    await stream.sleep(statusEveryMs)
    if (dirty || queue.length > 0 || stream.aborted) continue
    const idle = await new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(true), keepAliveMs)
      wake = () => {
        clearTimeout(late)
        resolve(false)
      }
    })
    if (idle) await stream.write(': still here\n\n')
  }
  unlisten?.()
  unpulse()
}
