/** What a preview says of how long each resource is away. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { interruptions } from '../../../console/api/interruption.js'

const t = suite('console: interruption')

const step = (id: string, expectMs: number, ...after: string[]) => {
  const [action = '', rest = ''] = id.split(':')
  const [resource = '', node = ''] = rest.split('@')
  return { id, action: action as 'stop', resource, node, after, expectMs }
}

t('[issue 4] a member of a group is away while those below it move, too', () => {
  const moved = interruptions([
    step('stop:web@n1', 30),
    step('stop:vip@n1', 10, 'stop:web@n1'),
    step('start:vip@n2', 20, 'stop:vip@n1'),
    step('start:web@n2', 40, 'start:vip@n2', 'stop:web@n1'),
  ])
  assert.equal(moved, [
    { resource: 'web', ms: 100 },
    { resource: 'vip', ms: 30 },
  ])
})

t('a step that was never measured makes it unknown, for whoever waits for it', () => {
  const moved = interruptions([
    step('stop:web@n1', 30),
    step('start:vip@n2', -1, 'stop:web@n1'),
    step('start:web@n2', 40, 'start:vip@n2'),
    step('stop:other@n1', 5),
  ])
  assert.equal(moved, [
    { resource: 'web', ms: -1 },
    { resource: 'other', ms: 5 },
  ])
})

t('a fence before a start counts; a circle is unknown', () => {
  assert.equal(interruptions([step('stop:a@n1', 5), step('fence:@n2', 300), step('start:a@n3', 7, 'fence:@n2', 'stop:a@n1')]), [
    { resource: 'a', ms: 307 },
  ])
  assert.equal(interruptions([step('stop:a@n1', 5, 'start:a@n2'), step('start:a@n2', 5, 'stop:a@n1')]), [{ resource: 'a', ms: -1 }])
})

t('of a clone the longest of its instances', () => {
  const rolled = interruptions([
    step('stop:c@n1', 5),
    step('start:c@n1', 20, 'stop:c@n1'),
    step('stop:c@n2', 5),
    step('start:c@n2', 30, 'stop:c@n2'),
  ])
  assert.equal(rolled, [{ resource: 'c', ms: 35 }])
})

t.run()
