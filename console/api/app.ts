/** The Hono application: limits, checks of where a request comes from, routes under /api/v1, OpenAPI, the page. */
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { openAPIRouteHandler } from 'hono-openapi'
import type { Asset } from './assets.js'
import type { Api } from './context.js'
import { components, plainly } from './describe.js'
import { bodyBytesMax, fail } from './errors.js'
import { replay } from './replay.js'
import { changeRoutes } from './routes/change.js'
import { eventRoutes, type Pulse } from './routes/events.js'
import { joinRoutes } from './routes/join.js'
import { readRoutes } from './routes/read.js'
import { runtimeRoutes } from './routes/runtime.js'
import { jsonBody } from './valid.js'

/**
 * A page of another site must not steer the cluster through the operator's browser: Origin and Host must be our own. In the demo the pages of its
 * nodes may read each other, so that a page outlives its node.
 */
function foreign(c: Context, friends: readonly string[]): boolean {
  const host = c.req.header('host') ?? ''
  const own = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)
  const origin = c.req.header('origin')
  if (!own || origin === undefined) return !own
  return origin !== `http://${host}` && origin !== `https://${host}` && !(c.req.method === 'GET' && friends.includes(origin))
}

export function buildApp(api: Api, pulse: Pulse, assets: ReadonlyMap<string, Asset>): Hono {
  const app = new Hono()
  app.use('*', async (c, next) => {
    if (!api.local(c) && foreign(c, api.self.consoles)) return fail(c, 'foreign')
    await next()
    const origin = c.req.header('origin') ?? ''
    if (api.self.consoles.includes(origin)) {
      c.header('Access-Control-Allow-Origin', origin)
      c.header('Vary', 'Origin')
    }
    c.header('X-Content-Type-Options', 'nosniff')
    const reach = ["'self'", ...(api.self.probe === null ? [] : [new URL(api.self.probe).origin]), ...api.self.consoles].join(' ')
    c.header('Content-Security-Policy', `default-src 'self'; img-src 'self' data:; connect-src ${reach}; frame-ancestors 'none'`)
    return undefined
  })
  app.use('/api/*', bodyLimit({ maxSize: bodyBytesMax, onError: (c) => fail(c, 'too-large', { limit: bodyBytesMax }) }))
  app.use('/api/*', jsonBody)
  // Changes of the cluster only: what the unix socket alone may ask (a join code's secret) is never answered from memory.
  const replayed = replay(api)
  for (const path of ['config', 'resources/*', 'nodes/*', 'cluster/*', 'fence/*', 'quorum/*']) app.use(`/api/v1/${path}`, replayed)
  for (const routes of [readRoutes(api), changeRoutes(api), eventRoutes(api, pulse), joinRoutes(api), runtimeRoutes(api)])
    app.route('/api/v1', routes)
  app.get(
    '/api/v1/openapi.json',
    plainly('This document', { 200: 'OpenAPI 3.1' }, 'application/json'),
    openAPIRouteHandler(app, {
      excludeStaticFile: false,
      documentation: {
        openapi: '3.1.0',
        components: components as object,
        info: { title: 'kyha', version: '1', description: 'Every answer says whose view it is ({node, index, ageMs, quorate}).' },
      },
    }),
  )
  app.get('/healthz', plainly('Does the console’s thread live?', { 200: 'it does' }), (c) => c.text('ok\n'))
  app.get('/readyz', plainly('Does this node have a quorate view?', { 200: 'it does', 503: 'not now' }), (c) =>
    api.model.state && api.model.quorum?.quorate ? c.text('ready\n') : c.text('not ready: no quorate view yet\n', 503),
  )
  app.get('*', (c) => {
    const asset = assets.get(c.req.path)
    if (!asset) return fail(c, 'no-route', { name: c.req.path.slice(0, 100) })
    if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304)
    return c.body(asset.bytes, 200, { 'Content-Type': asset.type, ETag: asset.etag, 'Cache-Control': 'no-cache' })
  })
  app.notFound((c) => fail(c, 'no-route', { name: c.req.path.slice(0, 100) }))
  app.onError((error, c) => fail(c, 'internal', { why: error.message.slice(0, 200) }))
  return app
}
