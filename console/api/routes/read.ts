/** Reads: everything from memory, each answer says whose view it is and how fresh. */
import { Hono } from 'hono'
import { validator } from 'hono-openapi'
import * as v from 'valibot'
import { printDoc } from '../../../runtime/config/print.js'
import { actionView, inOrder } from '../changes.js'
import type { Api } from '../context.js'
import { type Fields, reads } from '../describe.js'
import { fail } from '../errors.js'
import { explainView } from '../explain.js'
import { freshness, statusView } from '../status.js'
import { takeoverView } from '../takeover.js'
import { orInvalid } from '../valid.js'
import type { ConfigView } from '../views.js'

const statusFields: Fields = {
  cluster: 'object',
  verdict: 'object',
  quorum: 'object',
  leader: 'string?',
  nodes: 'array',
  resources: 'array',
  groups: 'array',
  links: 'array',
  fencing: 'object',
  intents: 'array',
  probe: 'string?',
  consoles: 'array',
  optional: 'object',
  machine: 'object',
}

export function readRoutes(api: Api): Hono {
  const app = new Hono()
  partsOfStatus(api, app)
  plannersAnswers(api, app)
  return app
}

function partsOfStatus(api: Api, app: Hono): void {
  const status = (): ReturnType<typeof statusView> => statusView(api.model, api.self, api.now())
  const fresh = <K extends string>(kind: K): ReturnType<typeof freshness<K>> => freshness(api.model, api.self, api.now(), kind)

  app.get('/status', reads('Everything at a glance', 'Status', statusFields), (c) => c.json(status()))
  app.get('/nodes', reads('Nodes and their states', 'Nodes', { nodes: 'array' }), (c) =>
    c.json({ ...fresh('Nodes'), nodes: status().nodes }),
  )
  app.get('/nodes/:name', reads('One node', 'Node', { member: 'object', resources: 'array', links: 'array' }), (c) => {
    const { nodes, resources, links } = status()
    if (!api.model.state) return fail(c, 'starting')
    const member = nodes.find((n) => n.name === c.req.param('name'))
    if (!member) return fail(c, 'not-found', { what: 'node', name: c.req.param('name'), known: nodes.map((n) => n.name).join(', ') })
    return c.json({
      ...fresh('Node'),
      member,
      resources: resources.filter((r) => r.node === member.name || r.mayRunOn === member.name),
      links: links.filter((l) => l.peer === member.name),
    })
  })
  app.get('/resources', reads('Resources and where they run', 'Resources', { resources: 'array', groups: 'array' }), (c) =>
    c.json({ ...fresh('Resources'), resources: status().resources, groups: status().groups }),
  )
  app.get('/resources/:name', reads('One resource with its configuration', 'Resource', { resource: 'object', config: 'object' }), (c) => {
    if (!api.model.state) return fail(c, 'starting')
    const { resources } = status()
    const name = c.req.param('name')
    const clone = api.model.state.config.clones?.find((one) => one.name === name)
    const resource = resources.find((r) => r.name === (clone?.resource ?? name))
    if (!resource) return fail(c, 'not-found', { what: 'resource', name, known: resources.map((r) => r.name).join(', ') || '-' })
    return c.json({ ...fresh('Resource'), resource, config: api.model.state?.config.resources.find((r) => r.name === resource.name) })
  })
  app.get('/links', reads('Heartbeat links as this node hears them', 'Links', { links: 'array' }), (c) =>
    c.json({ ...fresh('Links'), links: status().links }),
  )
  app.get('/quorum', reads('Votes and why they are or are not enough', 'Quorum', { quorum: 'object', leader: 'string?' }), (c) =>
    c.json({ ...fresh('Quorum'), quorum: status().quorum, leader: status().leader }),
  )
  app.get(
    '/fence',
    reads('Fence devices and certificates', 'Fence', { enabled: 'boolean', devices: 'array', certificates: 'array' }),
    (c) => c.json({ ...fresh('Fence'), ...status().fencing }),
  )
  app.get(
    '/config',
    reads('The configuration; its ETag is the revision', 'Config', { revision: 'integer', doc: 'object', yaml: 'string' }),
    (c) => {
      const state = api.model.state
      if (!state) return fail(c, 'starting')
      const view: ConfigView = { ...fresh('Config'), revision: state.configIndex, doc: state.config, yaml: printDoc(state.config) }
      c.header('ETag', `"${state.configIndex}"`)
      return c.json(view)
    },
  )
}

/** What only the coordinator's planner knows: asked each time. */
function plannersAnswers(api: Api, app: Hono): void {
  const fresh = <K extends string>(kind: K): ReturnType<typeof freshness<K>> => freshness(api.model, api.self, api.now(), kind)
  app.get(
    '/resources/:name/explain',
    reads('Why a resource is where it is, and why not elsewhere', 'Explain', { resource: 'string', sentence: 'object', rows: 'array' }),
    validator('query', v.object({ on: v.optional(v.pipe(v.string(), v.maxLength(64))) }), orInvalid),
    async (c) => {
      const { name } = c.req.param()
      if (!api.model.state) return fail(c, 'starting')
      const { resources, clones = [] } = api.model.state.config
      const known = [...resources, ...clones].map((r) => r.name)
      if (!known.includes(name)) return fail(c, 'not-found', { what: 'resource', name, known: known.join(', ') || '-' })
      const plan = await api.changes.plan()
      if (!plan) return fail(c, 'no-plan')
      const { on } = c.req.valid('query')
      const view = explainView(fresh('Explain'), plan, name, on)
      const members = (api.model.state?.members ?? []).map((m) => m.name).join(', ')
      return view ? c.json(view) : fail(c, 'not-found', { what: 'node', name: on ?? '', known: members })
    },
  )
  app.get('/relations/matrix', reads('Who takes over when nodes are lost', 'Takeover', { nodes: 'array', rows: 'array' }), async (c) => {
    if (!api.model.state) return fail(c, 'starting')
    const matrix = await api.changes.matrix()
    const { state, quorum } = api.model
    if (!matrix?.cells) return fail(c, 'no-plan', {}, { problems: matrix?.refused ? [matrix.refused.because] : [] })
    return c.json(takeoverView(fresh('Takeover'), state, quorum, matrix.cells))
  })
  app.get('/plan', reads('What the coordinator would do now', 'Plan', { actions: 'array' }), async (c) => {
    const plan = await api.changes.plan()
    if (!plan) return fail(c, 'no-plan')
    return c.json({ ...fresh('Plan'), actions: inOrder(plan.actions).map((a) => actionView(api.model, a)) })
  })
}
