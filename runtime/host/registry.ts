/** Kind of actor -> its module: the one place in runtime/ that imports from actors/. A thread loads only what runs in it. */
import type { Actor } from '../actor.js'
import type { Jobs } from './job.js'

// biome-ignore lint/suspicious/noExplicitAny: the registry holds actors of every state and message type
export type AnyActor = Actor<any, any>
/** Gives the actor of a kind; rejects when there is none. */
export type Registry = (kind: string) => Promise<AnyActor>

const modules: Readonly<Record<string, () => Promise<{ readonly actor: AnyActor }>>> = {
  'heartbeat-link': () => import('../../actors/heartbeat-link/actor.js'),
  'disk-heartbeat': () => import('../../actors/disk-heartbeat/actor.js'),
  membership: () => import('../../actors/membership/actor.js'),
  quorum: () => import('../../actors/quorum/actor.js'),
  log: () => import('../../actors/log/actor.js'),
  fencer: () => import('../../actors/fencer/actor.js'),
  coordinator: () => import('../../actors/coordinator/actor.js'),
  resource: () => import('../../actors/resource/actor.js'),
  'resource-child': () => import('../../actors/resource/child.js'),
  'health-monitor': () => import('../../actors/health-monitor/actor.js'),
  notifier: () => import('../../actors/notifier/actor.js'),
}

/** Kinds of dynamic children by their owner: loaded with the thread, since starting a child must not wait. */
export const childKinds: Readonly<Record<string, string>> = { membership: 'heartbeat-link', resource: 'resource-child' }

export const registry: Registry = async (kind) => {
  const load = modules[kind]
  if (!load) throw new Error(`no actor of kind ${kind}`)
  return (await load()).actor
}

/** Kinds of jobs for the pool (runtime/pool.ts). */
export const jobs: Jobs = {
  plan: () => import('../../actors/coordinator/job.js'),
}
