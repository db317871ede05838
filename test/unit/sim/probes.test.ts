/** What a broken layer would ask has to be wrong when it is heard, not only when it is asked. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { QuorumState } from '../../../actors/quorum/actor.js'
import { isLost } from '../../sim/probes.js'
import { begin } from '../../sim/scenario.js'

const t = suite('sim: probes')

t('a start without quorum is asked of a director that knows of the loss, and hears it before quorum can be back', () => {
  const { world } = begin('probes', 3)
  const [n1, n2, n3] = world.machines
  if (!n1?.host || !n2 || !n3) throw new Error('three machines')
  const hasLost = (): boolean => (n1.stateOf('quorum') as QuorumState).said?.quorate === false
  n1.host.stick('work')
  world.net.partition([n1.name], [n2.name, n3.name], true)
  assert.ok(world.run(1_000, hasLost))
  assert.not(isLost(n1), 'its director has not heard of it')
  n1.host.unstick('work')
  world.run(1)
  assert.ok(hasLost() && isLost(n1))
  n1.host.stick('work')
  assert.not(isLost(n1), 'what it is asked now it hears who knows when')
  n1.host.unstick('work')
  n1.host.pause()
  assert.not(isLost(n1))
})

t.run()
