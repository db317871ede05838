/**
 * S2 at the entry of the log, whoever proposed it: a right to run something is taken away only by an entry that carries a reason (the owner's own
 * stop, the probe of its later life, a certificate), and what a reason says is true of the machines at that moment. Looks at each new index once,
 * when the first node applies it.
 */
import type { Entry, Release } from '../../../actors/log/messages.js'
import { type LogState, rowAt } from '../../../actors/log/raft.js'
import { isBound, isPromotion, resourceOf } from '../../../actors/log/right.js'
import type { ClusterState, Grant } from '../../../actors/log/state.js'
import type { ResourceId } from '../../../runtime/actor.js'
import { cloneWith } from '../clones.js'
import type { Machine } from '../machine.js'
import type { World } from '../world.js'
import { endedItself } from './leased.js'
import { promotedBy } from './rights.js'
import type { Applied } from './state-machine.js'
import { liedAbout } from './trust.js'

/** Nodes whose lives an entry declares dead. */
function ended(e: Entry): readonly string[] {
  if (e.type === 'decision') return e.certificates.map((c) => c.node)
  if (e.type === 'operator-ack') return [e.node]
  return e.type === 'members' && e.certificate ? [e.certificate.node] : []
}

const releaseOf = (e: Entry, g: Grant): Release | undefined =>
  e.type === 'decision' ? e.releases.find((r) => r.resource === g.resource && r.token === g.token && r.node === g.node) : undefined

/** This machine does what the right is about: of a promoted role it is not enough that an instance runs there. */
function does(machine: Machine | undefined, right: ResourceId): boolean {
  const running = machine?.powered ? machine.guard?.active.get(resourceOf(right)) : undefined
  return running !== undefined && (!isPromotion(right) || running.promoted)
}

export function evidence(world: World, applied: Applied): void {
  let last: ClusterState | undefined

  const taken = (old: Grant, entries: readonly Entry[]): void => {
    if (entries.some((e) => ended(e).includes(old.node))) return
    const release = entries.map((e) => releaseOf(e, old)).find((r) => r !== undefined)
    if (!release) return world.violate('S2', `token ${old.token} of ${old.resource} is taken from ${old.boot} without a reason in the log`)
    const own = release.boot === old.boot
    if (own !== (release.how === 'stopped'))
      return world.violate(
        'S2',
        `${release.boot} gives up token ${old.token} of ${old.resource}, which is ${old.boot}'s, as ${release.how}`,
      )
    const machine = world.byNode(old.node)
    const runs = machine?.incarnation.boot === release.boot && does(machine, old.resource)
    if (machine && runs && !liedAbout(world, machine, resourceOf(old.resource)))
      world.violate('S2', `${release.boot} is said not to run ${old.resource} (${release.how}), and runs it`)
  }

  const given = (grant: Grant, state: ClusterState): void => {
    const life = state.lives[grant.node]
    if (life?.boot !== grant.boot || life.state !== 'admitted')
      world.violate('S2', `${grant.boot} is granted ${grant.resource}, and is not an admitted life`)
    const resource = resourceOf(grant.resource)
    const cloned = cloneWith(state, resource) !== undefined
    if (cloned !== (isBound(grant.resource) || isPromotion(grant.resource)) && Object.values(state.ids).includes(resource))
      world.violate('S2', `${grant.resource} is granted, and ${resource} is ${cloned ? 'a clone' : 'no clone'}`)
    if (isBound(grant.resource)) return
    for (const m of world.machines) {
      // Another promoted role is that machine's own.
      const other = isPromotion(grant.resource) && promotedBy(state, resource, m.spec.node).length > 0
      const runs = m.spec.node !== grant.node && does(m, grant.resource) && !endedItself(m) && !other
      if (runs && !liedAbout(world, m, resource))
        world.violate('S2', `${grant.resource} is granted to ${grant.boot} while it runs in ${m.incarnation.boot}`)
    }
  }

  applied.each.push((machine, state) => {
    if (last && state.index <= last.index) return
    const before = last
    last = state
    const log = machine.stateOf('log') as LogState | undefined
    if (!before || !log || before.grants === state.grants) return
    const entries: Entry[] = []
    for (let i = before.index + 1; i <= state.index; i++) {
      const row = rowAt(log, i)
      if (!row) return // it came with a snapshot: somebody else has applied it entry by entry
      entries.push(row.entry)
    }
    for (const id of new Set([...Object.keys(before.grants), ...Object.keys(state.grants)]) as Set<ResourceId>) {
      const [old, now] = [before.grants[id], state.grants[id]]
      if (old && !old.released && (now?.token !== old.token || now.released)) taken(old, entries)
      if (now && !now.released && now.token !== old?.token) given(now, state)
    }
  })
}
