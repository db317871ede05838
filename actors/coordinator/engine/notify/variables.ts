/**
 * What an agent is told with a notification. All lists are about the state before the transition and about what the transition does, so they are
 * the same before and after; they are separated by spaces, and an empty one is one space.
 */
import { Role } from '../score.js'
import { type Host, isGuest, type Res, type World } from '../world.js'

export type Told = 'start' | 'stop' | 'promote' | 'demote'
export const toldOf: readonly Told[] = ['start', 'stop', 'promote', 'demote']

export interface Entry {
  readonly res: Res
  readonly host: Host | undefined
}
export interface Knowledge {
  readonly does: Readonly<Record<Told, readonly Entry[]>>
  readonly variables: Readonly<Record<string, string>> // notify_start_resource and the like
}

export function knowledge(w: World, clone: Res): Knowledge {
  const instances = [...w.primitives(clone.children)]
  const does = Object.fromEntries(toldOf.map((t) => [t, doing(instances, t)])) as Record<Told, Entry[]>
  const now = (of: (role: Role) => boolean): Entry[] =>
    instances.flatMap((res) => (of(res.role) ? res.active.map((host) => ({ res, host })) : []))
  const variables: Record<string, string> = {}
  const list = (name: string, entries: readonly Entry[], places = true): void => {
    const sorted = [...entries].sort((a, b) => order(a.res.id, b.res.id) || order(a.host?.name ?? '', b.host?.name ?? ''))
    variables[`notify_${name}_resource`] = text(sorted.map((e) => e.res.id))
    if (places) variables[`notify_${name}_uname`] = text(sorted.flatMap((e) => (e.host ? [nodeName(clone, e.host)] : [])))
  }
  list('start', does.start)
  list('stop', does.stop)
  list(
    'active',
    now((r) => r > Role.stopped),
  )
  list(
    'inactive',
    instances.flatMap((res) => (res.role <= Role.stopped || res.active.length === 0 ? [{ res, host: undefined }] : [])),
    false,
  )
  if (clone.promotable) {
    const [promoted, unpromoted] = [now((r) => r === Role.promoted), now((r) => r === Role.unpromoted)]
    list('promote', does.promote)
    list('demote', does.demote)
    list('promoted', promoted)
    list('unpromoted', unpromoted)
    list('master', promoted) // the names that older agents read
    list('slave', unpromoted)
  }
  const names = (hosts: readonly Host[]): string => text(hosts.map((h) => nodeName(clone, h)).sort(order))
  variables.notify_available_uname = names([...clone.places.values()].flatMap(({ host }) => (host.online ? [host] : [])))
  variables.notify_all_uname = names(w.hosts.filter((h) => h.kind !== 'ping'))
  return { does, variables }
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const text = (words: readonly string[]): string => (words.length > 0 ? words.join(' ') : ' ')

/** What happens to the instances. What ends with its node counts although no stop is carried out. */
const doing = (instances: readonly Res[], task: Told): Entry[] =>
  instances.flatMap((res) =>
    res.actions.flatMap((a) =>
      a.task === task && a.host && !a.optional && (a.runnable || (task === 'stop' && a.host.unclean)) ? [{ res, host: a.host }] : [],
    ),
  )

/** What runs in containers may know its machine by the name of the one around it. */
function nodeName(clone: Res, host: Host): string {
  const container = isGuest(host) && clone.meta.get('container-attribute-target') === 'host' ? host.connection?.container : undefined
  return (container?.active[0] ?? container?.assigned ?? host).name
}
