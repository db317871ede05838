/** Reads: everything from memory, each answer says whose view it is and how fresh. */
import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import * as v from 'valibot'
import { printDoc } from '../../../runtime/config/print.js'
import { actionView } from '../changes.js'
import type { Api } from '../context.js'
import { fail } from '../errors.js'
import { explainView } from '../explain.js'
import { freshness, statusView } from '../status.js'
import type { ConfigView } from '../views.js'

const about = (summary: string): ReturnType<typeof describeRoute> =>
  describeRoute({ summary, responses: { 200: { description: 'as of this node’s view' } } })

export function readRoutes(api: Api): Hono {
  const app = new Hono()
  const status = (): ReturnType<typeof statusView> => statusView(api.model, api.self, api.now())
  const fresh = <K extends string>(kind: K): ReturnType<typeof freshness<K>> => freshness(api.model, api.self, api.now(), kind)

  app.get('/status', about('Everything at a glance'), (c) => c.json(status()))
  app.get('/nodes', about('Nodes and their states'), (c) => c.json({ ...fresh('Nodes'), nodes: status().nodes }))
  app.get('/nodes/:name', about('One node'), (c) => {
    const { nodes, resources, links } = status()
    const node = nodes.find((n) => n.name === c.req.param('name'))
    if (!node) return fail(c, 'not-found', { what: 'node', name: c.req.param('name'), known: nodes.map((n) => n.name).join(', ') })
    return c.json({
      ...fresh('Node'),
      node,
      resources: resources.filter((r) => r.node === node.name),
      links: links.filter((l) => l.peer === node.name),
    })
  })
  app.get('/resources', about('Resources and where they run'), (c) =>
    c.json({ ...fresh('Resources'), resources: status().resources, groups: status().groups }),
  )
  app.get('/resources/:name', about('One resource with its configuration'), (c) => {
    const { resources } = status()
    const resource = resources.find((r) => r.name === c.req.param('name'))
    if (!resource)
      return fail(c, 'not-found', { what: 'resource', name: c.req.param('name'), known: resources.map((r) => r.name).join(', ') })
    return c.json({ ...fresh('Resource'), resource, config: api.model.state?.config.resources.find((r) => r.name === resource.name) })
  })
  app.get(
    '/resources/:name/explain',
    about('Why a resource is where it is, and why not elsewhere'),
    validator('query', v.object({ on: v.optional(v.pipe(v.string(), v.maxLength(64))) })),
    async (c) => {
      const { name } = c.req.param()
      const known = api.model.state?.config.resources.map((r) => r.name) ?? []
      if (!known.includes(name)) return fail(c, 'not-found', { what: 'resource', name, known: known.join(', ') })
      const plan = await api.changes.plan()
      if (!plan) return fail(c, 'starting')
      const { on } = c.req.valid('query')
      const view = explainView(fresh('Explain'), plan, name, on)
      const members = (api.model.state?.members ?? []).map((m) => m.name).join(', ')
      return view ? c.json(view) : fail(c, 'not-found', { what: 'node', name: on ?? '', known: members })
    },
  )
  app.get('/links', about('Heartbeat links as this node hears them'), (c) => c.json({ ...fresh('Links'), links: status().links }))
  app.get('/quorum', about('Votes and why they are or are not enough'), (c) =>
    c.json({ ...fresh('Quorum'), quorum: status().quorum, leader: status().leader }),
  )
  app.get('/fence', about('Fence devices and certificates'), (c) => c.json({ ...fresh('Fence'), ...status().fencing }))
  app.get('/plan', about('What the coordinator would do now'), async (c) => {
    const plan = await api.changes.plan()
    if (!plan) return fail(c, 'starting')
    return c.json({ ...fresh('Plan'), actions: plan.actions.map((a) => actionView(api.model, a)) })
  })
  app.get('/config', about('The configuration; its ETag is the revision'), (c) => {
    const state = api.model.state
    if (!state) return fail(c, 'starting')
    const view: ConfigView = { ...fresh('Config'), revision: state.configIndex, doc: state.config, yaml: printDoc(state.config) }
    c.header('ETag', `"${state.configIndex}"`)
    return c.json(view)
  })
  return app
}
