/** Changes at their limits: what was never sent is busy, not unknown; steps come in the order in which they can be done. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Action } from '../../../actors/coordinator/messages.js'
import { Changes, inOrder, waitingMax } from '../../../console/api/changes.js'
import { Model } from '../../../console/api/model.js'
import type { Msg } from '../../../runtime/actor.js'

const t = suite('console changes')
const entry = { type: 'cleanup', resource: 'web', by: 'test' } as const
const ask = { dryRun: false, ifMatch: undefined, key: undefined }

t('more changes than may wait are refused as busy: they were not sent, so nothing is unknown', async () => {
  const sent: Msg[] = []
  const changes = new Changes(new Model(), (_, msg) => void sent.push(msg), 'test')
  const first = Array.from({ length: waitingMax }, () => changes.make(entry, ask))
  const over = await changes.make(entry, ask)
  assert.is('code' in over && over.code, 'busy')
  assert.equal(await changes.recall('some-key'), { code: 'busy', args: {} })
  assert.is(sent.length, waitingMax)
  for (const msg of sent) changes.receive({ ...msg, type: 'proposed', ok: true, index: 1 } as Msg)
  assert.ok((await Promise.all(first)).every((a) => 'done' in a && a.done))
})

t('steps in an order in which they can be done; a circle ends too', () => {
  const step = (id: string, ...after: string[]) => ({ id, after }) as unknown as Action
  const ids = (list: readonly Action[]): string =>
    inOrder(list)
      .map((a) => a.id)
      .join(' ')
  assert.is(ids([step('c', 'b'), step('b', 'a'), step('a')]), 'a b c')
  assert.is(ids([step('a'), step('b'), step('c', 'gone')]), 'a b c')
  assert.is(ids([step('a', 'b'), step('b', 'a'), step('c')]), 'c a b')
})

t.run()
