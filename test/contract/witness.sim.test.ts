/** The simulated witness keeps what every witness promises. */
import { suite } from 'uvu'
import { seeded } from '../../runtime/random.js'
import { SimWitness } from '../sim/witness.js'
import { witnessCases } from './witness.cases.js'

const t = suite('contract: witness (simulated)')

witnessCases(t, async () => {
  const witness = new SimWitness('w', seeded('w'))
  return {
    ask: async (ask) => witness.answer(ask),
    restart: async () => undefined,
    forget: async () => witness.replace(),
    close: async () => undefined,
  }
})

t.run()
