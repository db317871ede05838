/** L7 and L9 of design 5, which the swarm's faults do not single out: cold starts with long gaps, and clusters that are connected in part only. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Proposed } from '../../../actors/log/messages.js'
import { clusterOf } from '../../sim/checkers/state-machine.js'
import { propose } from '../../sim/cluster.js'
import type { Machine } from '../../sim/machine.js'
import { allRun, begin } from '../../sim/scenario.js'
import type { World } from '../../sim/world.js'

const t = suite('sim: liveness')

for (const nodes of [2, 3, 5]) {
  t(`[L7] ${nodes} nodes, all power lost, switched on one by one up to 60 s apart: they decide and serve without an operator`, () => {
    for (const seed of [1, 2, 3]) {
      const { world, watched } = begin(`cold ${seed}`, nodes)
      for (const m of world.machines) m.powerOff()
      world.run(1_000)
      const order = [...world.machines].sort(() => world.random.next() - 0.5)
      for (const m of order) {
        world.run(world.random.int(60_000 / (nodes - 1)))
        m.powerOn()
      }
      // A machine that was missed for long may be fenced for what it owned before it is switched on; `off` leaves it off.
      const on = (): void => {
        for (const m of world.machines) m.powerOn()
      }
      assert.ok(
        world.run(30_000, () => {
          on()
          return allRun(world)
        }),
        `seed ${seed}: not everything runs`,
      )
      world.run(5_000)
      watched.end()
      assert.equal(world.violations, [], `seed ${seed}`)
    }
  })
}

/** A change that `machine` is asked for is decided, and applied there. */
function writes(world: World, machine: Machine, id: string): boolean {
  const config = clusterOf(machine)?.config
  const because = { do: 'config', key: 'log.config', args: {}, severity: 'info' }
  propose(world, machine, id, { type: 'config', doc: config, by: 'test', because })
  const answer = (): Proposed | undefined => {
    const shown = world.shown.get(machine.name)?.get('proposed') as Proposed | undefined
    return shown?.id === id ? shown : undefined
  }
  return world.run(6_000, () => answer() !== undefined) && answer()?.ok === true
}

/** Tries for `ms`, as an operator would. */
function writesWithin(world: World, machine: Machine, ms: number): boolean {
  const endMs = world.nowMs() + ms
  for (let n = 0; world.nowMs() < endMs; n++) {
    if (writes(world, machine, `write-${n}-${Math.round(world.nowMs())}`)) return true
    world.run(200)
  }
  return false
}

t('[L9] three nodes in a chain: whoever sees both others goes on, whichever pair is cut', () => {
  for (const middle of ['n1', 'n2', 'n3']) {
    const { world } = begin(`chain ${middle}`, 3)
    const [a, b] = world.machines.filter((m) => m.name !== middle).map((m) => m.name) as [string, string]
    world.net.partition([a], [b], true)
    world.run(2_000)
    assert.ok(writesWithin(world, world.machine(middle), 10_000), middle)
    assert.ok(
      world.run(10_000, () => allRun(world)),
      `${middle}: everything runs`,
    )
    assert.equal(world.violations, [])
  }
})

t('[L9] five nodes, one of them the bridge between two halves: it goes on', () => {
  const { world } = begin('bridge', 5)
  world.net.partition(['n1', 'n2'], ['n4', 'n5'], true)
  world.run(2_000)
  assert.ok(writesWithin(world, world.machine('n3'), 15_000))
  assert.equal(world.violations, [])
})

t('[L9] three nodes, one of them heard but deaf: the others go on', () => {
  const { world } = begin('deaf', 3)
  for (const m of ['n2', 'n3']) for (let l = 0; l < world.net.links; l++) world.net.fault(m, 'n1', l).cut = true
  world.run(3_000)
  assert.ok(writesWithin(world, world.machine('n2'), 15_000))
  assert.equal(world.violations, [])
})

t.run()
