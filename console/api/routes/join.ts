/** Making the cluster larger and smaller: join codes (unix socket only) and taking a node out. */
import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { validator } from 'hono-openapi'
import * as v from 'valibot'
import type { Refusal } from '../../../runtime/verdict.js'
import { clusterOf } from '../../join/cluster.js'
import { lifeMsDefault, lifeMsMax } from '../../join/codes.js'
import { checkRemoval, removalStep, removeMember, total } from '../../join/members.js'
import type { Refused } from '../changes.js'
import { type Api, actorOf, askOf } from '../context.js'
import { changes, locals } from '../describe.js'
import { errorKinds, fail, failRefused } from '../errors.js'
import { refusalView } from '../refusal.js'
import { freshness } from '../status.js'
import { orInvalid } from '../valid.js'

const Wish = v.object({
  name: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
  forMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1000), v.maxValue(lifeMsMax)), lifeMsDefault),
  votes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), 1),
})

export function joinRoutes(api: Api): Hono {
  const app = new Hono()
  app.use('/join/*', async (c, next) => (api.local(c) ? next() : fail(c, 'local-only')))
  const refuse = (c: Context, why: Refusal | Refused): Response =>
    'refused' in why ? c.json(refusalView(why), errorKinds[why.refused]?.status ?? 409) : failRefused(c, why)
  const fresh = <K extends string>(kind: K): ReturnType<typeof freshness<K>> => freshness(api.model, api.self, api.now(), kind)

  app.post(
    '/join/codes',
    locals('A one-time code with which a new host joins', 'JoinCode', {
      code: 'string',
      fingerprint: 'string',
      name: 'string?',
      seconds: 'integer',
      listens: 'array',
    }),
    validator('json', Wish, orInvalid),
    async (c) => {
      if (!api.desk) return fail(c, 'starting')
      const { name, forMs, votes } = c.req.valid('json')
      const given = await api.desk.give({ lifeMs: forMs, votes, ...(name === undefined ? {} : { name }) })
      return 'refused' in given ? refuse(c, given) : c.json({ ...fresh('JoinCode'), ...given })
    },
  )
  app.get('/join/codes', locals('Codes that are open, without their secrets', 'JoinCodes', { codes: 'array' }), (c) =>
    c.json({ ...fresh('JoinCodes'), codes: api.desk?.list() ?? [] }),
  )
  app.delete('/join/codes', locals('Withdraw all open codes', 'JoinCodes', { codes: 'array' }), (c) => {
    api.desk?.withdraw()
    return c.json({ ...fresh('JoinCodes'), codes: [] })
  })

  app.post('/node/leave', locals('This node leaves in order and ends', 'Leaving', { done: 'boolean' }), (c) => {
    if (!api.local(c)) return fail(c, 'local-only')
    if (!api.leave) return fail(c, 'no-route', { name: '/node/leave' })
    const no = api.leave.begin()
    return no ? refuse(c, no) : c.json({ ...fresh('Leaving'), done: false })
  })
  app.delete('/nodes/:name', changes('Take a node out of the cluster'), async (c) => {
    const ask = askOf(c)
    if (ask instanceof Response) return ask
    const { state } = api.model
    if (!state) return fail(c, 'starting')
    if (ask.ifMatch !== undefined && ask.ifMatch !== state.configIndex)
      return fail(c, 'stale-revision', { given: ask.ifMatch, revision: state.configIndex })
    const cluster = clusterOf(api.model, api.changes)
    const name = c.req.param('name')
    const no = checkRemoval(cluster, state, name)
    const member = state.members.find((m) => m.name === name)
    if (no || !member) return refuse(c, no ?? { code: 'not-found', args: { what: 'node', name, known: '-' } })
    const diff = [
      { path: `members.${name}`, from: { votes: member.votes, links: member.links.map((l) => l.address) }, to: undefined },
      { path: 'votes', from: total(state.members), to: total(state.members) - member.votes },
    ]
    if (ask.dryRun) {
      const made = await api.changes.make(removalStep(state, member, actorOf(c, api)), ask, diff)
      return 'code' in made ? failRefused(c, made) : c.json({ ...fresh('Change'), ...made })
    }
    const operation = ask.key ?? `remove:${randomUUID()}`
    const outcome = await removeMember(cluster, name, actorOf(c, api), operation)
    if (!outcome.done)
      return refuse(
        c,
        'code' in outcome.why && outcome.why.code === 'unknown-outcome' ? { ...outcome.why, args: { operation }, operation } : outcome.why,
      )
    const applied = api.model.state?.index ?? null
    const done = { done: true, applied, operation, diff, actions: [], interruption: [], reloads: [], warnings: [] }
    return c.json({ ...fresh('Change'), ...done })
  })
  return app
}
