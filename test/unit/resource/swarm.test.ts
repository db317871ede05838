/**
 * Random lives of a node with three resources: orders (repeated, late, contradictory), deaths, crashes of children and of kyhad, quorum that
 * comes and goes, agents that fail, hang or end late. Safety after every step: one operation at a time, no start without its grant, an op id
 * runs once. Then the faults end: what is granted and ordered runs, what is ordered to stop is stopped.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Order } from '../../../actors/coordinator/messages.js'
import { type Random, seeded } from '../../../runtime/random.js'
import { type Answer, Bench, configOf, doc, peer } from './bench.js'

const t = suite('resource swarm')
const names = ['a', 'b', 'c'] as const
const config = configOf(
  names.map((n) => doc(n)),
  [{ name: 'g', members: ['a', 'b'], targetRole: 'Started' }],
)

const answers: readonly (Answer | undefined)[] = [
  undefined,
  undefined,
  undefined,
  { ms: 400 },
  { rc: 1 },
  { rc: 5 },
  { end: 'timeout', ms: 900 },
  { end: 'signalled' },
  { end: 'refused', detail: 'busy: 64 operations are in flight' },
]

function disturb(b: Bench, r: Random, orders: Order[]): void {
  const name = names[r.int(names.length)] ?? 'a'
  switch (r.int(10)) {
    case 0:
      b.grant(name)
      orders.push(b.order(name, 'start'))
      break
    case 1:
      orders.push(b.order(name, 'stop'))
      break
    case 2:
      orders.push(b.order(name, 'monitor'))
      break
    case 3: {
      const again = orders[r.int(Math.max(1, orders.length))]
      if (again) b.deliver('resource', again, { node: peer, path: 'coordinator' })
      break
    }
    case 4:
      if (r.chance(0.5)) b.active.delete(b.id(name))
      b.death(name)
      break
    case 5:
      b.crash(name, doc(name))
      break
    case 6:
      b.quorum(r.chance(0.7))
      break
    case 7:
      if (r.chance(0.3)) {
        b.restart().run(r.int(300))
        b.boot(r.chance(0.7))
      }
      break
    case 8:
      b.commit({ type: 'cleanup', resource: name, by: 'test' })
      break
    default:
      b.run(r.int(3_000))
  }
  b.run(r.int(200))
}

t('S2, S18: 300 random lives keep the rules, and end where they were told to', () => {
  let starts = 0
  let failures = 0
  for (let seed = 0; seed < 300; seed++) {
    const r = seeded(`life ${seed}`)
    const b = new Bench(config).boot()
    const orders: Order[] = []
    b.answers = () => answers[r.int(answers.length)]
    for (let i = 0; i < 60; i++) disturb(b, r, orders)
    assert.equal(b.wrongs, [], `seed ${seed}`)
    const ran = b.runs.filter((o) => o.action !== 'monitor' && o.id.startsWith('1.')).map((o) => o.id)
    const twice = ran.filter((id, i) => ran.indexOf(id) !== i && !wasBusy(b, id))
    assert.equal(twice, [], `seed ${seed}`)
    starts += ran.length
    b.answers = () => undefined
    b.quorum(true)
    b.run(120_000)
    failures += names.filter((n) => (b.row(n)?.failCount ?? 0) > 0).length
    for (const name of names) {
      b.order(name, 'stop')
      b.run(1_000)
      assert.is(b.row(name)?.state, 'stopped', `seed ${seed} ${name}`)
      b.up(name)
      assert.is(b.row(name)?.state, 'running', `seed ${seed} ${name}`)
    }
    assert.equal(b.wrongs, [], `seed ${seed}`)
  }
  assert.ok(starts > 1_000 && failures > 50, `the lives were eventful: ${starts} operations, ${failures} resources with failures`)
})

/** A run that the guard refused as busy did not happen, so its id may come again. */
const wasBusy = (b: Bench, id: string): boolean => b.busy.has(id)

t.run()
