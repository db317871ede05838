/**
 * Liveness, after everything was mended. L1: somebody leads and is ready within `leadMs`. At the end, of those that run: L8 a change of the
 * configuration is answered within `writeMs`; then L2 all logs are equal, L6 everybody holds everybody alive and admitted, L11 consoles were
 * shown what is. Limits are virtual time, wider than section 5 has them, with the reason beside each.
 */
import type { Proposed } from '../../../actors/log/messages.js'
import { type LogState, lastIndex } from '../../../actors/log/raft.js'
import type { MembershipState } from '../../../actors/membership/actor.js'
import { propose } from '../cluster.js'
import { slowness } from '../timings.js'
import type { World } from '../world.js'

/** Section 5 says 2 s for a core that knows nothing else. Here whole machines have just been switched on: 600 ms of listening, and a back-up period of
 * up to 2 s for each campaign that met another, or found a leader that only beats. */
const defaultLeadMs = 10_000
const writeMs = 500
/** What was decided reaches everybody's console within this. */
const tellMs = 300

export interface Settled {
  mended(): void
  /** Faults begin again. */
  hurt(): void
  end(): void
}

const ready = (log: LogState | undefined): boolean => log?.role === 'leader' && log.cluster.term === log.hard.term
const whole = (world: World): boolean => world.roster.wanted.every((m) => m.managed)
/** Who is not taken in, and why. A flapping node is held down for up to a minute, as it should be. */
function absent(world: World): string | undefined {
  if (!whole(world)) return undefined
  const views = world.roster.wanted.flatMap((m) => (m.stateOf('membership') as MembershipState).peers.map((p) => ({ of: m.name, p })))
  const held = new Set(views.flatMap(({ p }) => (p.because?.key === 'membership.hold-down' ? [p.node] : [])))
  const bad = views.find(({ p }) => p.state !== 'alive' && !held.has(p.node))
  if (bad) return `${bad.of} ends with ${bad.p.name} ${bad.p.state}: ${bad.p.because?.key}`
  for (const m of world.roster.wanted) {
    const life = (m.stateOf('log') as LogState).cluster.lives[m.spec.node]
    if (!held.has(m.spec.node) && (life?.state !== 'admitted' || life.boot !== m.incarnation.boot))
      return `${m.incarnation.boot} is not admitted at the end`
  }
  return undefined
}

export function settled(world: World): Settled {
  let waits = false
  let rounds = 0
  const leadMs = defaultLeadMs * slowness(world.timing)
  const logs = (): { name: string; log: LogState }[] =>
    world.roster.wanted.flatMap((m) => (m.managed ? [{ name: m.name, log: m.stateOf('log') as LogState }] : []))
  const led = (): boolean => logs().some(({ log }) => ready(log))
  world.checks.push({
    path: 'log',
    look(machine) {
      if (waits && ready(machine.stateOf('log') as LogState | undefined)) waits = false
    },
  })

  const writes = (): void => {
    const machine = world.roster.wanted.find((m) => m.managed && (m.stateOf('log') as LogState).leader !== undefined)
    const config = (machine?.stateOf('log') as LogState | undefined)?.cluster.config
    if (!machine || !config || !led()) return
    const id = `end-${Math.round(world.nowMs())}`
    const because = { do: 'config', key: 'log.config', args: {}, severity: 'info' }
    propose(world, machine, id, { type: 'config', doc: config, by: 'checker', because })
    const answer = (): Proposed | undefined => {
      const shown = world.shown.get(machine.name)?.get('proposed') as Proposed | undefined
      return shown?.id === id ? shown : undefined
    }
    if (!world.run(writeMs, () => answer() !== undefined))
      world.violate('L8', `a change on ${machine.name} had no answer within ${writeMs} ms`)
    else if (!answer()?.ok) world.violate('L8', `a change on ${machine.name} was refused: ${answer()?.refused}`)
    world.run(tellMs)
  }

  const agree = (): void => {
    const why = absent(world)
    if (why !== undefined) world.violate('L6', why)
    const [first, ...others] = logs()
    for (const { name, log } of others) {
      const same =
        first && lastIndex(log) === lastIndex(first.log) && log.commit === first.log.commit && log.hard.term === first.log.hard.term
      if (!same) world.violate('L2', `the logs of ${first?.name} and ${name} end differently`)
    }
    for (const machine of world.roster.wanted) {
      if (!whole(world)) continue
      const log = machine.stateOf('log') as LogState
      const shown = world.shown.get(machine.name)?.get('committed') as { entry?: { index: number } } | undefined
      if (shown?.entry?.index !== log.commit)
        world.violate('L11', `the console of ${machine.name} was shown index ${shown?.entry?.index}, the log is at ${log.commit}`)
    }
  }

  return {
    mended() {
      waits = true
      const round = ++rounds
      world.after(leadMs, () => {
        // Who decides alone all the while may have had nothing to look at.
        if (waits && rounds === round && !logs().some(({ log }) => ready(log)))
          world.violate('L1', `nobody leads ${leadMs} ms after everything was mended`)
      })
    },
    hurt() {
      waits = false
    },
    end() {
      // Services run on without a leader: the end of a history may come before one is elected, and before everybody is taken in again.
      if (!world.run(leadMs, led) && whole(world)) world.violate('L1', `nobody leads at the end, for ${leadMs} ms`)
      world.run(leadMs, () => absent(world) === undefined)
      writes()
      agree()
    },
  }
}
