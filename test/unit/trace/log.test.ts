/** The log on a disk that is full. */
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bootId, nodeId } from '../../../runtime/ids.js'
import type { Instant } from '../../../runtime/time.js'
import { openLog } from '../../../runtime/trace/log.js'
import { verdict } from '../../../runtime/verdict.js'

const t = suite('log file')

if (existsSync('/dev/full'))
  t('a full disk loses lines, never kyhad', async () => {
    const incarnation = { boot: bootId('b1'), counter: 1 }
    const log = openLog({ boot: { node: nodeId('n1'), name: 'n1', incarnation }, now: () => 0 as Instant, to: '/dev/full', level: 'info' })
    await new Promise((r) => setTimeout(r, 20)) // it is open
    for (let i = 0; i < 3; i++) {
      const said = log.said({ path: 'log', verdict: verdict('warn', 'store.full', { dir: '/var/lib/kyha' }, 'error') })
      assert.is(said.id, `n1:b1:1.${i + 1}`, 'the sentence is told to the console all the same')
    }
  })

t.run()
