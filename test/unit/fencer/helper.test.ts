/** Orders of a leader whose own node is the target: what another node's fencer makes of them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { actor } from '../../../actors/fencer/actor.js'
import type { FencerIn } from '../../../actors/fencer/messages.js'
import { index, term } from '../../../runtime/ids.js'
import { boot, node } from '../coordinator/world.js'
import { Bench } from './bench.js'

const t = suite('fencer: for another node')

const order = (b: Bench): FencerIn => ({ type: 'fence', intent: b.state.index, node: node('n2'), boot: boot('n2') })

t('a round that failed is not repeated for a leader of another node that leads no more (S13)', () => {
  for (const leads of [true, false]) {
    const b = new Bench()
    b.give({ type: 'leadership', term: term(1), leader: node('n3'), ready: false } as FencerIn)
    b.fencer = actor.receive(b.fencer, order(b), { ...b.env, from: { node: node('n3'), path: 'coordinator' } }).state
    while (b.fencer.tasks[node('n2')]?.op) b.end({ rc: 1 })
    if (!leads) b.give({ type: 'leadership', term: term(2), ready: false } as FencerIn)
    b.give({ type: 'next', node: node('n2') })
    assert.is(b.ops.length, leads ? 1 : 0)
  }
})

t('whoever was removed meanwhile fences nobody any more, also where its round had failed before (S14)', () => {
  for (const removed of [true, false]) {
    const b = new Bench().order()
    while (b.fencer.tasks[node('n2')]?.op) b.end({ rc: 1 })
    if (removed) b.give({ type: 'state', state: { ...b.state, members: b.state.members.filter((m) => m.node !== node('n1')) } })
    b.give({ type: 'next', node: node('n2') })
    assert.is(b.ops.length, removed ? 0 : 1)
  }
})

t('who asks for the fate of its order is told that nothing is done, unless a device is at it', () => {
  const ask = { type: 'fence-cancel', node: node('n2'), boot: boot('n2'), intent: index(7) } as const
  const b = new Bench().give(ask)
  assert.equal([b.result?.waits, b.result?.confirmed, b.result?.intent], [true, false, 7])
  const busy = new Bench().order().give(ask)
  assert.is(busy.result, undefined)
  assert.ok(busy.fencer.tasks[node('n2')], 'the device goes on, and the end of its round is the answer')
  while (busy.fencer.tasks[node('n2')]?.op) busy.end({ rc: 1 })
  assert.is(busy.give(ask).result?.waits, true)
  assert.equal(busy.fencer.tasks, {})
})

t.run()
