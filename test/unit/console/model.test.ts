/** Whose rows the model believes: kyhad and its work threads begin to count anew, late messages do not bring back what was. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Row, Rows } from '../../../actors/coordinator/messages.js'
import { Model } from '../../../console/api/model.js'
import type { NodeId, ResourceId } from '../../../runtime/actor.js'
import { bootId, nodeId } from '../../../runtime/ids.js'
import { instant } from '../../../runtime/time.js'

const t = suite<{ model: Model }>('console model')
t.before.each((c) => {
  c.model = new Model()
})

const node = nodeId('00000000-0000-4000-8000-000000000003')
const web = 'web' as ResourceId
const said = (seq: number, whole: boolean, state: Row['state'], boot = 'b1'): Rows =>
  ({ type: 'rows', node, boot: bootId(boot), seq, whole, rows: [{ resource: web, state }] }) as unknown as Rows
const hear = (model: Model, msg: Rows, counter = 1, from: NodeId = node): boolean => model.receive(msg, instant(0), { node: from, counter })
const state = (model: Model): string | undefined => model.rows.get(node)?.rows.get(web)?.state
/** What the service does after each message. */
const asked = (model: Model): boolean => {
  const wants = model.wanted.has(node)
  model.wanted.clear()
  return wants
}

t('kyhad starts again: its rows count from 0 and are believed, those of its earlier start are not', ({ model }) => {
  hear(model, said(40, true, 'running'))
  hear(model, said(1, true, 'stopped'), 2)
  assert.is(state(model), 'stopped')
  hear(model, said(2, false, 'starting'), 2)
  assert.is(state(model), 'starting')
  hear(model, said(41, false, 'running'), 1)
  hear(model, said(99, true, 'running'), 1)
  assert.is(state(model), 'starting')
  assert.not(asked(model))
})

t('a delta of a new start is not laid over the rows of the one before: the whole is asked for', ({ model }) => {
  hear(model, said(40, true, 'running'))
  assert.not(hear(model, said(41, false, 'stopped'), 2))
  assert.ok(asked(model))
  assert.is(state(model), 'running')
})

t('the work threads start again: the counter is the same, and the answer to a question decides', ({ model }) => {
  hear(model, said(40, true, 'running'))
  hear(model, said(1, true, 'stopped'))
  assert.is(state(model), 'running', 'it may be late')
  assert.ok(asked(model))
  hear(model, said(1, true, 'stopped'))
  assert.is(state(model), 'stopped')
  hear(model, said(2, false, 'running'))
  assert.is(state(model), 'running')
  assert.not(asked(model))
})

t('the work threads start again and their first whole is lost: the next change asks for it', ({ model }) => {
  hear(model, said(40, true, 'running'))
  hear(model, said(2, false, 'stopped'))
  assert.ok(asked(model))
  hear(model, said(2, true, 'stopped'))
  assert.ok(asked(model))
  hear(model, said(2, true, 'stopped'))
  assert.is(state(model), 'stopped')
})

t('a late whole stands back behind the answer', ({ model }) => {
  hear(model, said(40, true, 'running'))
  hear(model, said(12, true, 'stopped'))
  assert.ok(asked(model))
  hear(model, said(40, true, 'running'))
  assert.is(state(model), 'running')
  hear(model, said(13, true, 'stopped'))
  assert.is(state(model), 'running', 'the doubt is over')
})

t('a hole asks for the whole, also when its number is lower', ({ model }) => {
  hear(model, said(4, true, 'running'))
  hear(model, said(7, false, 'stopped'))
  assert.ok(asked(model))
  hear(model, said(6, true, 'running'))
  assert.is(state(model), 'running')
})

t('nobody speaks for another node', ({ model }) => {
  hear(model, said(1, true, 'running'), 1, nodeId('00000000-0000-4000-8000-000000000002'))
  assert.is(state(model), undefined)
})

t.run()
