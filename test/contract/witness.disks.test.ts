/** The witness on one and on three shared disks keeps what every witness promises (actors/disk-heartbeat over test/sim/shared-disk.ts). */
import { suite } from 'uvu'
import { witnessCases } from './witness.cases.js'
import { nodes, WitnessOnDisks } from './witness.disks.js'

for (const disks of [1, 3]) {
  const t = suite(`contract: witness on ${disks} shared ${disks === 1 ? 'disk' : 'disks'}`)

  witnessCases(t, async () => {
    const w = new WitnessOnDisks(disks)
    let sets = 0
    return {
      ask: async (ask) => {
        const told = w.ask(ask)
        if (!told) throw new Error(`no answer to ${JSON.stringify(ask)}`)
        return told
      },
      restart: async () => {
        for (const node of nodes) w.restart(node)
      },
      forget: async () => {
        w.shared = w.shared.replaced(`other-${++sets}`)
      },
      close: async () => undefined,
    }
  })

  t.run()
}
