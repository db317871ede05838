/** What the routes share: the model, this node's facts, changes, events, and the way to the runtime's inside. */
import type { Context } from 'hono'
import type { HostFacts } from '../../agents/contract.js'
import type { Instant, Msg } from '../../runtime/actor.js'
import type { SecretsFile } from '../../runtime/secret/file.js'
import type { Desk } from '../join/desk.js'
import type { Leave } from '../join/leave.js'
import type { Peer } from '../shell/door.js'
import type { Ask, Changes } from './changes.js'
import { fail } from './errors.js'
import type { Events } from './events.js'
import type { Model } from './model.js'
import type { Self } from './status.js'

export interface Api {
  readonly model: Model
  readonly self: Self
  readonly changes: Changes
  readonly events: Events
  readonly now: () => Instant
  /** runtime/host's answers about actors and supervisors. */
  readonly inspect: (request: Msg) => Promise<unknown>
  /** Lab faults of this node (demo and rig only); absent elsewhere. */
  readonly lab?: (request: Msg) => void
  /** Where new nodes are taken in (console/join); absent where a console has no cluster's files. */
  readonly desk?: Desk
  /** This node's orderly end; absent where there is no node to end. */
  readonly leave?: Leave
  /** Where agents lie on this node; absent where a console has no node's settings. */
  readonly agents?: HostFacts
  /** This node's secrets; absent where a console has no node's files. */
  readonly secrets?: SecretsFile
  /** True for requests that came over the unix socket. */
  readonly local: (c: Context) => boolean
}

/** dryRun, If-Match and Idempotency-Key of a request; a malformed If-Match is a refusal. */
export function askOf(c: Context): Ask | Response {
  const header = c.req.header('if-match')?.replace(/^W\//, '').replaceAll('"', '')
  if (header !== undefined && !/^\d+$/.test(header))
    return fail(c, 'invalid', {}, { problems: [`If-Match must be a revision number, as ETag gave it; it is ${header.slice(0, 40)}.`] })
  const key = c.req.header('idempotency-key')
  if (key !== undefined && !/^[\w:.-]{8,100}$/.test(key))
    return fail(c, 'invalid', {}, { problems: ['Idempotency-Key must be 8 to 100 letters, digits, `:`, `.`, `_` or `-`.'] })
  const dryRun = c.req.query('dryRun') ?? 'false'
  if (!['true', 'false', '1', '0', ''].includes(dryRun))
    return fail(c, 'invalid', {}, { problems: [`dryRun must be true or false; it is ${dryRun.slice(0, 40)}.`] })
  return {
    dryRun: ['true', '1', ''].includes(dryRun),
    ifMatch: header === undefined ? undefined : Number(header),
    key,
  }
}

/** Who asks, for the record: until users exist, how they came in. */
export function actorOf(c: Context, api: Api): string {
  const { peer } = (c.env ?? {}) as { peer?: Peer }
  if (peer) return `uid ${peer.uid} (pid ${peer.pid})`
  return api.local(c) ? 'local operator' : 'console'
}
