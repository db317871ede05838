/** What the checker of the order of starts takes for word that an instance runs, or runs no more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentOp, AgentResult } from '../../../runtime/actor.js'
import { opId, resourceId, token } from '../../../runtime/ids.js'
import { ordering } from '../../sim/checkers/ordering.js'
import type { Applied } from '../../sim/checkers/state-machine.js'
import { killedByOrder } from '../../sim/guard-world.js'
import type { Machine } from '../../sim/machine.js'
import type { World } from '../../sim/world.js'

const t = suite('sim: order of starts')
const resource = resourceId('r1.1')

/** An instance is started, monitored with this end, and promoted a second later: what the checker says of that. */
function promoted(monitor: Partial<AgentResult>): readonly string[] {
  let now = 0
  const said: string[] = []
  const machine = { name: 'n1', incarnation: { boot: 'b' }, stateOf: () => undefined } as unknown as Machine
  const world = {
    runs: [] as World['runs'],
    results: [] as World['results'],
    machines: [],
    nowMs: () => now,
    violate: (_: string, because: string) => said.push(because),
  }
  ordering(world as unknown as World, { newest: () => undefined } as unknown as Applied)
  const begins = (action: string): void => {
    const op = { id: opId('1.1.1'), kind: 'resource', resource, action } as AgentOp
    for (const run of world.runs) run(machine, op, token(1))
  }
  const ends = (action: string, how: Partial<AgentResult>): void => {
    const result = { id: opId('1.1.1'), resource, action, detail: '', ...how } as AgentResult
    for (const hear of world.results) hear(machine, result)
  }
  begins('start')
  ends('start', { end: 'exited', rc: 0 })
  begins('monitor')
  ends('monitor', monitor)
  now = 1_000
  begins('promote')
  return said
}

t('a monitor that made way for an order says nothing; one that failed, crashed or was not done in time does', () => {
  const wrong = ['n1 promotes r1.1, which is not known to run there']
  assert.equal(promoted({ end: 'exited', rc: 0 }), [])
  assert.equal(promoted({ end: 'signalled', detail: killedByOrder }), [])
  assert.equal(promoted({ end: 'exited', rc: 7 }), wrong)
  assert.equal(promoted({ end: 'signalled', detail: 'SIGSEGV' }), wrong)
  assert.equal(promoted({ end: 'timeout', detail: 'not finished after 20 ms' }), wrong)
})

t.run()
