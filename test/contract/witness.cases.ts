/** What every witness promises: the simulated one, and each device that comes to be one. `forget` puts a device without memory in its place. */
import type { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WitnessAsk, WitnessTold } from '../../actors/witness/messages.js'
import { nodeId } from '../../runtime/ids.js'
import { seeded } from '../../runtime/random.js'

export interface Witnessed {
  ask(ask: WitnessAsk): Promise<WitnessTold>
  /** Its process or machine starts anew. */
  restart(): Promise<void>
  forget(): Promise<void>
  close(): Promise<void>
}

type Suite = ReturnType<typeof suite>
const [a, b] = [nodeId('node-a'), nodeId('node-b')]
const enrol = (epoch: number): WitnessAsk => ({ type: 'witness-ask', ask: 'enrol', witness: 'w', node: a, epoch })
const claim = (node: typeof a, epoch: number): WitnessAsk => ({ type: 'witness-ask', ask: 'claim', witness: 'w', node, epoch })

async function says(w: Witnessed, ask: WitnessAsk, ok: boolean): Promise<void> {
  const told = await w.ask(ask)
  assert.equal(
    [told.type, told.ask, told.witness, told.epoch],
    ['witness-told', ask.ask, ask.witness, ask.epoch],
    'it repeats the question',
  )
  assert.is(told.ok, ok, `${ask.ask} of ${ask.node} at ${ask.epoch}, and it holds ${JSON.stringify(told.record)}`)
}

const cases: Readonly<Record<string, (w: Witnessed) => Promise<void>>> = {
  'without a record nobody goes alone': async (w) => {
    await says(w, claim(a, 0), false)
    await says(w, claim(b, 7), false)
  },
  'the first claim gets the epoch, the other one does not': async (w) => {
    await says(w, enrol(3), true)
    await says(w, claim(b, 3), true)
    await says(w, claim(a, 3), false)
    assert.equal((await w.ask(claim(a, 3))).record, { epoch: 4, owner: b })
  },
  'the same claim again gets the same answer, over a restart too': async (w) => {
    await says(w, enrol(0), true)
    await says(w, claim(a, 0), true)
    await w.restart()
    await says(w, claim(a, 0), true)
    await says(w, claim(b, 0), false)
  },
  'who was left behind is refused until it knows a later epoch': async (w) => {
    await says(w, enrol(0), true)
    await says(w, claim(a, 0), true)
    await says(w, claim(b, 0), false)
    await says(w, claim(b, 1), false) // it follows the one who decides alone
    await says(w, claim(b, 2), true) // both decided together again in 2
    await says(w, claim(a, 2), false)
    await says(w, claim(a, 1), false)
  },
  'whoever was alone may go alone again from a later epoch': async (w) => {
    await says(w, enrol(0), true)
    await says(w, claim(a, 0), true)
    await says(w, claim(a, 2), true)
    await says(w, claim(a, 0), false)
  },
  'taking it into use never goes back and takes nothing from anybody': async (w) => {
    await says(w, enrol(5), true)
    await says(w, enrol(5), true)
    await says(w, enrol(4), false)
    await says(w, claim(a, 5), true)
    await says(w, enrol(6), false)
    await says(w, enrol(5), false)
    await says(w, enrol(7), true)
    await says(w, claim(a, 5), false)
  },
  'one without memory lets nobody go alone': async (w) => {
    await says(w, enrol(0), true)
    await says(w, claim(a, 0), true)
    await w.forget()
    await says(w, claim(a, 0), false)
    await says(w, claim(b, 2), false)
  },
  'an epoch has at most one owner, whatever is asked in whatever order': async (w) => {
    const r = seeded('witness contract')
    const owners = new Map<number, string>()
    await says(w, enrol(0), true)
    for (let i = 0; i < 300; i++) {
      const node = r.chance(0.5) ? a : b
      const epoch = Math.floor(i / 25) + r.int(4)
      if (r.chance(0.05)) await w.restart()
      const told = await w.ask(r.chance(0.1) ? enrol(epoch) : claim(node, epoch))
      if (told.ask !== 'claim' || !told.ok) continue
      assert.ok(!owners.has(epoch + 1) || owners.get(epoch + 1) === node, `epoch ${epoch + 1} was given to both`)
      owners.set(epoch + 1, node)
    }
    assert.ok(owners.size > 2)
  },
}

export function witnessCases(t: Suite, open: () => Promise<Witnessed>): void {
  for (const [name, run] of Object.entries(cases)) {
    t(name, async () => {
      const w = await open()
      try {
        await run(w)
      } finally {
        await w.close()
      }
    })
  }
}
