/** The actors that wait for their configuration say so at start and when asked, and do nothing else. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { actor as disk } from '../../../actors/disk-heartbeat/actor.js'
import { actor as health } from '../../../actors/health-monitor/actor.js'
import { confirmMs } from '../../../actors/membership/detector.js'
import { actor as notifier } from '../../../actors/notifier/actor.js'
import type { Actor, Send } from '../../../runtime/actor.js'
import { render } from '../../../runtime/text/index.js'

const t = suite('membership/disabled')

// biome-ignore lint/suspicious/noExplicitAny: actors of every state and message
for (const actor of [disk, health, notifier] as readonly Actor<any, any>[]) {
  t(`${actor.kind} is disabled, and says so`, () => {
    const started = actor.init({} as never, undefined as never)
    const asked = actor.receive(started.state, { type: 'status?' }, undefined as never)
    for (const { effects } of [started, asked]) {
      assert.is(effects.length, 1)
      const [e] = effects
      assert.is(e?.do === 'say' && /disabled: not configured/.test(render('en', e.verdict.key, e.verdict.args)), true)
    }
  })
}

// biome-ignore lint/suspicious/noExplicitAny: as above
for (const actor of [disk, health] as readonly Actor<any, any>[]) {
  t(`${actor.kind} answers hello with its status`, () => {
    const from = { path: 'console' }
    const { effects } = actor.receive({ enabled: false }, { type: 'hello' }, { from } as never)
    const [e] = effects as [Send]
    assert.equal([e.do, e.to, effects.length], ['send', from, 1])
    assert.match(JSON.stringify(e.msg), /"type":"(disk|health)-status","enabled":false,"because".*-disabled/)
  })
}

t('a suspicion runs shorter the more others share it, as log(n+1)/log(k+1)', () => {
  assert.equal(
    [0, 1, 2, 3, 9].map((n) => confirmMs(n, 6, 25)),
    [25, 13, 5, 0, 0],
  )
  assert.equal([confirmMs(0, 0, 25), confirmMs(0, 1, 25), confirmMs(1, 1, 25)], [0, 25, 0])
})

t.run()
