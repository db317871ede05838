/** The reading of the client's probe: an outage is counted between successes, a gap without failures is none. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { downtimeOf, parseProbe } from '../rig/downtime.js'

const t = suite('probe')

const text = '100.00 101.00 ok n1\n105.00 106.00 fail ECONNREFUSED\n110.00 111.00 fail timeout\n115.00 116.00 ok n2\n300.00 301.00 ok n2\n'

t('the longest time between two successes with a failure between them is the downtime', () => {
  const d = downtimeOf(parseProbe(text))
  assert.is(d.downtimeMs, 15)
  assert.equal(d.owners, ['n1', 'n2'])
  assert.is(d.failed, 2)
  assert.is(d.recovered, true)
})
t('a gap before the fault does not count', () => assert.is(downtimeOf(parseProbe(text), 200).downtimeMs, 0))
t('an owner that answers again after another is seen', () => {
  assert.is(downtimeOf(parseProbe(`${text}305.00 306.00 ok n1\n`)).alternated, true)
  assert.is(downtimeOf(parseProbe(text)).alternated, false)
})
t('a service that never came back is not recovered', () =>
  assert.is(downtimeOf(parseProbe('1.0 2.0 ok n1\n5.0 6.0 fail x\n')).recovered, false),
)

t.run()
