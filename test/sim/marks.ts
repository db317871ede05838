/**
 * "Sometimes" marks: rare branches that a swarm must reach, or it proves less than it seems to (design 5, end). Most are known by a sentence that the
 * product says; the rest by what a world sees. `npm run sim` prints how often each was reached; `--marks` makes one that was not an error.
 */
import type { Grant } from '../../actors/log/state.js'
import type { ResourceId } from '../../runtime/actor.js'
import type { TextKey } from '../../runtime/text/index.js'
import { promotedBy } from './checkers/rights.js'
import type { Applied } from './checkers/state-machine.js'
import type { Mode } from './mode.js'
import type { World } from './world.js'

interface Mark {
  readonly name: string
  /** The sentence that says it; absent: a world sees it. */
  readonly key?: TextKey
  /** Only clusters of so many nodes can reach it. */
  readonly nodes?: (n: number) => boolean
  /** Only in these modes. */
  readonly modes?: readonly Mode[]
}
const alone: readonly Mode[] = ['plain']
const told: readonly Mode[] = ['witness', 'disk']
const disks: readonly Mode[] = ['disk']
const noDisks: readonly Mode[] = ['plain', 'witness']
const two = (n: number): boolean => n === 2
const more = (n: number): boolean => n > 2
const even = (n: number): boolean => n > 2 && n % 2 === 0

const list = [
  { name: 'a stale leader stepped down', key: 'log.deposed', nodes: more },
  { name: 'a leader without quorum resigned', key: 'log.resigned' },
  { name: 'a tie-break voter decided with half of the votes', key: 'quorum.tie-yes', nodes: even },
  { name: 'stand-in beats held a fence', key: 'membership.manager-down' },
  { name: 'a flapping node was held down', key: 'membership.hold-down' },
  { name: 'a node vouched for another', key: 'membership.vouched', nodes: more },
  { name: 'a link was heard one way only', key: 'membership.one-way' },
  { name: 'one of two decided alone', key: 'log.solo-opened', nodes: two, modes: alone },
  { name: 'a witness let one of two decide alone', key: 'log.solo-by-witness', modes: told },
  { name: 'a witness refused who was left behind', key: 'log.witness-refused', modes: told },
  { name: 'too few shared disks counted', key: 'disk.not-enough', modes: disks },
  { name: 'a damaged block of a shared disk did not count', key: 'disk.out-damaged', modes: disks },
  { name: 'a block of a shared disk was meant for another place', key: 'disk.out-elsewhere', modes: disks },
  { name: 'a shared disk did not keep what it acknowledged', key: 'disk.out-not-kept', modes: disks },
  { name: 'a disk of another cluster did not count', key: 'disk.out-other-cluster', modes: disks },
  { name: 'two decided together again', key: 'log.solo-ended', nodes: two },
  { name: 'a certificate of an earlier life was refused', key: 'log.solo-wrong-life', nodes: two, modes: alone },
  { name: 'two nodes raced to fence each other', key: 'coordinator.fence-race', nodes: two, modes: alone },
  { name: 'both nodes of two were switched off', nodes: two },
  { name: 'a snapshot was installed', key: 'log.installed', nodes: more },
  { name: 'an operator confirmed that a node is off', key: 'log.operator-ack' },
  { name: 'a disk went back in time', key: 'log.went-back' },
  { name: 'a disk was full', key: 'log.disk-full' },
  { name: 'a log was pulled before a campaign' },
  { name: 'the probe of a later life released a grant', key: 'log.released-reboot-probe' },
  { name: 'a fence was not confirmed', key: 'coordinator.fence-unconfirmed' },
  { name: 'the power switch did not answer' },
  { name: 'a fence was called off', key: 'coordinator.fence-dropped', nodes: two, modes: alone },
  { name: 'a node was fenced since a stop failed', key: 'coordinator.stop-failed-fence' },
  { name: 'a node that hears nobody was taken for gone', key: 'membership.deaf-lost', nodes: more },
  { name: 'a life that was certified dead was told so', key: 'log.self-certified' },
  { name: 'a node was waited for until it had ended itself', key: 'fencer.waits', nodes: more },
  { name: 'a watchdog reset its machine', nodes: more },
  { name: 'a service was taken over', key: 'coordinator.failover-timing' },
  { name: 'services stopped for lost quorum', key: 'resource.quorum-stop', nodes: more },
  { name: 'a service was adopted by a new kyhad', key: 'resource.adopted' },
  { name: 'parameters were taken over without a restart', key: 'resource.reloaded' },
  { name: 'a reload failed', key: 'resource.reload-failed' },
  { name: 'a director refused an order', key: 'resource.order-refused' },
  { name: 'a joiner became a voter', modes: noDisks },
  { name: 'a joiner became a voter while a link was cut', modes: noDisks },
  { name: 'the leader was removed', modes: noDisks },
  { name: 'a node was removed while it ran', modes: noDisks },
  { name: 'a node was removed that was off', modes: noDisks },
  { name: 'a dead node was replaced', nodes: more },
  { name: 'who decided alone removed the other one', nodes: two, modes: noDisks },
  { name: 'a removal was refused with what to do', modes: noDisks },
  { name: 'a promoted role was taken over after a fence' },
  { name: 'a promoted role moved after a demotion' },
  { name: 'an instance was started on a spare node', nodes: more },
  { name: 'a promotion waited until the other instances were told' },
  { name: 'a notification failed and held nothing up', key: 'resource.notify-failed' },
] as const satisfies readonly Mark[]

const marks: readonly Mark[] = list
const bySentence = new Map(marks.flatMap((m) => (m.key ? [[m.key, m.name] as const] : [])))
export type SeenByWorld = Exclude<(typeof list)[number], { key: TextKey }>['name']

/** Marks that clusters of these sizes can reach in this mode. */
export const markNames = (nodes: readonly number[], mode: Mode = 'plain'): readonly string[] =>
  marks.flatMap((m) => (nodes.some((n) => m.nodes?.(n) ?? true) && (m.modes?.includes(mode) ?? true) ? [m.name] : []))

export type MarkCounts = Readonly<Record<string, number>>

export class Marks {
  readonly counts: Record<string, number> = {}

  sometimes(name: SeenByWorld): void {
    this.#reached(name)
  }

  said(key: TextKey): void {
    const name = bySentence.get(key)
    if (name !== undefined) this.#reached(name)
  }

  #reached(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}

export function addMarks(to: Record<string, number>, more: MarkCounts): void {
  for (const [name, n] of Object.entries(more)) to[name] = (to[name] ?? 0) + n
}

/** One line a mark, the rarest first. */
export const markLines = (counts: MarkCounts, nodes: readonly number[], mode: Mode = 'plain'): readonly string[] =>
  markNames(nodes, mode)
    .map((name) => [counts[name] ?? 0, name] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([n, name]) => `${String(n).padStart(7)}  ${name}`)

export const missed = (counts: MarkCounts, nodes: readonly number[], mode: Mode = 'plain'): readonly string[] =>
  markNames(nodes, mode).filter((name) => !counts[name])

/** What no sentence tells. */
export function watchMarks(world: World): void {
  world.departs.push((_, __, path, msg) => {
    if (path === 'log' && msg.type === 'pulled') world.marks.sometimes('a log was pulled before a campaign')
  })
  world.switched.push((_, action, rc) => {
    const both = world.roster.wanted.length === 2 && world.machines.every((m) => !m.powered)
    if (both && action === 'off' && rc === 0) world.marks.sometimes('both nodes of two were switched off')
  })
}

/** A promotion elsewhere than the one before: by a certificate of the life that had it, or since that gave it up. */
export function watchRoles(world: World, applied: Applied): void {
  const holders = new Map<ResourceId, Grant>()
  world.runs.push((machine, op) => {
    if (op.kind !== 'resource' || op.action !== 'promote') return
    const state = applied.newest()
    for (const grant of promotedBy(state, op.resource, machine.spec.node)) {
      const before = holders.get(grant.resource)
      holders.set(grant.resource, grant)
      if (!before || before.node === grant.node) continue
      const certified = state?.certificates.some((c) => c.boot === before.boot)
      world.marks.sometimes(certified ? 'a promoted role was taken over after a fence' : 'a promoted role moved after a demotion')
    }
  })
}
