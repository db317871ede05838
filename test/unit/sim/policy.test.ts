/** What the checker of no-quorum-policy grants a node that stops its services, and what not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LogState } from '../../../actors/log/raft.js'
import type { QuorumState } from '../../../actors/quorum/actor.js'
import type { ResourceId } from '../../../runtime/actor.js'
import type { SimGuard } from '../../sim/guard.js'
import type { Machine } from '../../sim/machine.js'
import { begin } from '../../sim/scenario.js'
import type { World } from '../../sim/world.js'

const t = suite('sim: no-quorum-policy')

/** Instances of three services on each node, one on top of the other. */
const clones = {
  resources: ['fs', 'agent', 'db'].map((name) => `{name: ${name}, agent: 'kyha:Dummy'}`),
  groups: ['{name: base, members: [fs, agent]}'],
  clones: ['{name: base-clone, resource: base}', '{name: db-clone, resource: db}'],
  colocation: [],
  order: ['{first: base-clone, then: db-clone}'],
}
/** Less than what the checker grants all stops together, as with the fault: two of these are more. */
const slowMs = 1_500

interface Cut {
  readonly world: World
  readonly machine: Machine
  readonly guard: SimGuard
  readonly id: (name: string) => ResourceId
  readonly stops: (name: string) => boolean
}

/** A node of so many services that knows that its quorum is lost since both others are off: its agents are slow, and `agent` has died. */
function cutOff(seed: string, services: number): Cut {
  const { world } = begin(seed, 3, { clones })
  const machine = world.machines.find((m) => m.guard?.active.size === services)
  if (!machine?.guard) throw new Error(`one runs ${services} services`)
  const { guard } = machine
  const { cluster } = machine.stateOf('log') as LogState
  const id = (name: string): ResourceId => cluster.ids[name] as ResourceId
  const stops = (name: string): boolean => guard.flying(id(name)).some((op) => op.action === 'stop')
  const noQuorum = (): boolean => (machine.stateOf('quorum') as QuorumState).said?.quorate === false
  for (const m of world.machines) if (m !== machine) m.powerOff()
  assert.ok(world.run(2_000, noQuorum))
  for (const name of ['fs', 'agent', 'db']) assert.ok(guard.active.has(id(name)), `${name} runs`)
  guard.extraMs = slowMs
  guard.crash(id('agent'))
  return { world, machine, guard, id, stops }
}

t(
  'stops of slow agents follow each other: one that is under way when time is up is waited for, also that of a service that has died',
  () => {
    const { world, guard, id, stops } = cutOff('slow stops', 3)
    world.run(2_500)
    assert.ok(stops('agent') && guard.active.has(id('fs')), 'time is up, and what the dead one stands on still runs')
    world.run(3_000)
    assert.equal([...guard.active.keys()], [])
    assert.equal(world.violations, [])
  },
)

t('a stop that is never begun is a violation, also while others are on their way when time is up', () => {
  // Instances only; and beside them the group, of which one stops slowly after the other, too.
  for (const services of [3, 5]) {
    const { world, machine, guard, id, stops } = cutOff('slow stops', services)
    const run = guard.run.bind(guard)
    guard.run = (op, token, issuer) => {
      if (op.resource !== id('fs')) run(op, token, issuer)
    }
    world.run(2_500)
    assert.ok(stops(services === 3 ? 'agent' : 'vip'))
    world.run(3_000)
    assert.equal([...guard.active.keys()], [id('fs')])
    assert.equal(
      world.violations.map((v) => v.because.replace(/\d+ ms/, 'some ms')),
      [`${machine.name} lost its quorum some ms ago and still runs ${id('fs')}`],
    )
  }
})

t.run()
