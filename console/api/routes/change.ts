/** Changes: each is validated, can be previewed with dryRun, guarded with If-Match, and is answered when applied on this node. */
import { type Context, Hono } from 'hono'
import { validator } from 'hono-openapi'
import * as v from 'valibot'
import type { Entry } from '../../../actors/log/messages.js'
import { DISKS, emptyDoc } from '../../../runtime/config/defaults.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { NAME } from '../../../runtime/config/read.js'
import { bootId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import { configEntry } from '../changes.js'
import { type Api, actorOf, askOf } from '../context.js'
import { changes } from '../describe.js'
import {
  type Edited,
  movable,
  removeResource,
  resourceNames,
  setClusterMaintenance,
  setDevice,
  setManaged,
  setNode,
  setTargetRole,
} from '../edits.js'
import { fail, failRefused } from '../errors.js'
import { configWarnings } from '../foresight.js'
import { secretWarnings } from '../secrets.js'
import { freshness } from '../status.js'
import { orInvalid } from '../valid.js'
import type { Sentence } from '../views.js'

const Move = v.object({
  node: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  forMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(30 * 86_400_000)), 3_600_000),
})
const Clean = v.object({ node: v.optional(v.pipe(v.string(), v.maxLength(64))) })
const Device = v.object({
  name: v.pipe(v.string(), v.regex(NAME), v.notValue(DISKS)),
  address: v.pipe(v.string(), v.ip()),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
})
const Confirm = v.object({ boot: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)) })

/** So many digits of a life name it. */
const lifeDigitsMin = 8

/** What the change routes share. */
interface Tools {
  readonly api: Api
  readonly app: Hono
  propose(c: Context, entry: Entry, diff?: Parameters<Api['changes']['make']>[2], warnings?: readonly Sentence[]): Promise<Response>
  edit(c: Context, change: (old: ConfigDoc) => Edited): Promise<Response>
  members(): string[]
  nodeOf(name: string): Member | undefined
  names(): string[]
  about(kind: 'move' | 'ban', name: string): ReturnType<typeof movable>
}
type Member = NonNullable<Api['model']['state']>['members'][number]

export function changeRoutes(api: Api): Hono {
  const app = new Hono()
  const doc = (): ConfigDoc | undefined => api.model.state?.config
  const tools: Tools = {
    api,
    app,
    async propose(c, entry, diff = [], warnings = []) {
      const ask = askOf(c)
      if (ask instanceof Response) return ask
      const made = await api.changes.make(entry, ask, diff, warnings)
      if ('code' in made) return failRefused(c, made)
      return c.json({ ...freshness(api.model, api.self, api.now(), 'Change'), ...made })
    },
    async edit(c, change) {
      const old = doc()
      if (!old) return fail(c, 'starting')
      const edited = change(old)
      if ('missing' in edited)
        return fail(c, 'not-found', { what: edited.missing, name: edited.name, known: edited.known.join(', ') || '-' })
      const { entry, diff } = configEntry(api.model, edited.doc, actorOf(c, api))
      return tools.propose(c, entry, diff)
    },
    members: () => (api.model.state?.members ?? []).map((m) => m.name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
    nodeOf: (name) => api.model.state?.members.find((m) => m.name === name),
    names: () => resourceNames(doc() ?? emptyDoc('')),
    about: (kind, name) => movable(doc() ?? emptyDoc(''), kind, name),
  }
  configRoutes(tools)
  intentRoutes(tools)
  nodeRoutes(tools)
  deviceRoutes(tools)
  confirmRoute(tools)
  return app
}

const unknownNode = (c: Context, t: Tools, name: string): Response =>
  fail(c, 'not-found', { what: 'node', name, known: t.members().join(', ') })
const unknownResource = (c: Context, t: Tools, name: string): Response =>
  fail(c, 'not-found', { what: 'resource', name, known: t.names().join(', ') || '-' })

function configRoutes(t: Tools): void {
  const { api, app } = t
  app.put(
    '/config',
    changes('Replace the configuration (YAML or JSON)', {
      requestBody: {
        required: true,
        content: { 'application/yaml': { schema: { type: 'string' } }, 'application/json': { schema: { type: 'object' } } },
      },
    }),
    async (c) => {
      if (!api.model.state) return fail(c, 'starting') // without the member list every node name would look wrong
      const parsed = parseConfig(await c.req.text(), t.members())
      if (!parsed.ok) return fail(c, 'invalid', {}, { problems: parsed.problems.map((p) => p.because) })
      const { entry, diff } = configEntry(api.model, parsed.doc, actorOf(c, api))
      const warnings = configWarnings(api.model, parsed.doc, t.members(), api.agents, api.self.name)
      const secrets = api.secrets === undefined ? [] : secretWarnings(parsed.doc, api.secrets, api.self.name)
      return t.propose(c, entry, diff, [...warnings, ...secrets])
    },
  )
  app.delete('/resources/:name', changes('Delete a resource and the constraints that name it'), (c) =>
    t.edit(c, (d) => removeResource(d, c.req.param('name'))),
  )
  const verbs: Record<string, (d: ConfigDoc, name: string) => Edited> = {
    start: (d, n) => setTargetRole(d, n, 'Started'),
    stop: (d, n) => setTargetRole(d, n, 'Stopped'),
    manage: (d, n) => setManaged(d, n, true),
    unmanage: (d, n) => setManaged(d, n, false),
  }
  for (const [verb, change] of Object.entries(verbs)) {
    app.post(`/resources/:name/${verb}`, changes(`${verb} a resource, group or clone`), (c) =>
      t.edit(c, (d) => change(d, c.req.param('name'))),
    )
  }
}

/** Moves and bans end by themselves; a cleanup forgets failures. */
function intentRoutes(t: Tools): void {
  const { api, app } = t
  for (const kind of ['move', 'ban'] as const) {
    app.post(
      `/resources/:name/${kind}`,
      changes(`${kind} for a while; nothing is left behind`),
      validator('json', Move, orInvalid),
      (c) => {
        const { node: to, forMs } = c.req.valid('json')
        const asked = c.req.param('name')
        const node = t.nodeOf(to)
        if (!t.names().includes(asked)) return unknownResource(c, t, asked)
        if (!node) return unknownNode(c, t, to)
        const resource = t.about(kind, asked)
        if (typeof resource !== 'string') return fail(c, 'invalid', {}, { problems: [resource.refused] })
        return t.propose(c, { type: 'intent', id: `${kind}-${resource}`, kind, resource, node: node.node, forMs, by: actorOf(c, api) })
      },
    )
  }
  app.post('/resources/:name/clear', changes('End moves and bans of a resource now'), async (c) => {
    const about = t.about('ban', c.req.param('name'))
    const resource = typeof about === 'string' ? about : c.req.param('name')
    const intents = api.model.state?.intents ?? []
    const intent = intents.find((i) => i.resource === resource)
    if (!intent)
      return fail(c, 'not-found', { what: 'move or ban', name: resource, known: intents.map((i) => i.resource).join(', ') || '-' })
    const because = { do: 'clear', key: 'console.cleared', args: { resource, by: actorOf(c, api) }, severity: 'info' } as const
    return t.propose(c, { type: 'intent-end', id: intent.id, because })
  })
  app.post('/resources/:name/cleanup', changes('Forget failures and probe anew'), validator('json', Clean, orInvalid), (c) => {
    const resource = c.req.param('name')
    const on = c.req.valid('json').node
    const node = on === undefined ? undefined : t.nodeOf(on)
    // What left the configuration and could not be stopped is cleaned up once it was stopped by hand.
    const left = Object.values(api.model.state?.left ?? {}).some((doc) => doc.name === resource)
    if (!left && !t.names().includes(resource)) return unknownResource(c, t, resource)
    if (on !== undefined && !node) return unknownNode(c, t, on)
    return t.propose(c, { type: 'cleanup', resource, by: actorOf(c, api), ...(node ? { node: node.node } : {}) })
  })
}

function nodeRoutes(t: Tools): void {
  const verbs: Record<string, { standby?: boolean; maintenance?: boolean }> = {
    standby: { standby: true },
    online: { standby: false },
    maintenance: { maintenance: true },
    ready: { maintenance: false },
  }
  for (const [verb, change] of Object.entries(verbs)) {
    t.app.post(`/nodes/:name/${verb}`, changes(`${verb} a node`), (c) =>
      t.edit(c, (d) => setNode(d, t.members(), c.req.param('name'), change)),
    )
  }
  t.app.post('/cluster/maintenance', changes('Leave every resource as it is'), (c) => t.edit(c, (d) => setClusterMaintenance(d, true)))
  t.app.post('/cluster/ready', changes('Manage resources again'), (c) => t.edit(c, (d) => setClusterMaintenance(d, false)))
}

/** One device at a time: its name cannot mean two records. */
function deviceRoutes(t: Tools): void {
  const { api, app } = t
  app.put('/quorum/device', changes('Use a quorum device that knows this cluster'), validator('json', Device, orInvalid), (c) => {
    const device = c.req.valid('json')
    const old = api.model.state?.config.quorum?.device
    const other = old !== undefined && (old.name !== device.name || old.fingerprint !== device.fingerprint)
    if (!other) return t.edit(c, (d) => setDevice(d, device))
    const args = { witness: old.name }
    return fail(c, 'unsafe', { why: render('en', 'witness.second', args), todo: '' })
  })
  app.delete('/quorum/device', changes('Use no quorum device any more'), (c) => t.edit(c, (d) => setDevice(d, undefined)))
}

/** An operator's word stands for a fence device: it must name the life, and that life must not speak any more. */
function confirmRoute(t: Tools): void {
  const { api, app } = t
  app.post(
    '/fence/:node/confirm',
    changes('Confirm by hand that a machine is off, naming its life'),
    validator('json', Confirm, orInvalid),
    (c) => {
      const node = t.nodeOf(c.req.param('node'))
      if (!node) return unknownNode(c, t, c.req.param('node'))
      const { boot } = c.req.valid('json')
      const known = api.model.state?.lives[node.node]?.boot
      const args = { node: node.name, boot, known: known ?? '-' }
      const refuse = (key: 'console.wrong-life' | 'console.still-speaks'): Response =>
        fail(c, 'unsafe', { why: render('en', key, args), todo: render('en', `${key}-todo`, args) })
      // Sentences show the first eight digits: they name the life as well.
      if (known === undefined || (known !== boot && !(boot.length >= lifeDigitsMin && known.startsWith(boot))))
        return refuse('console.wrong-life')
      const peer = api.model.view?.peers.find((p) => p.node === node.node)
      const beats = peer !== undefined && (peer.state === 'alive' || peer.state === 'manager-down') && peer.incarnation?.boot === known
      if (beats || node.node === api.self.node) return refuse('console.still-speaks')
      return t.propose(c, { type: 'operator-ack', node: node.node, boot: bootId(known), by: actorOf(c, api) })
    },
  )
}
