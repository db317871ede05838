/** Rows: S20. Sessions over a line that loses connections at any moment: no message lost, doubled or out of order. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { present } from '../../../runtime/assert.js'
import { seeded } from '../../../runtime/random.js'
import { type Greeting, Session } from '../../../runtime/wire/session.js'
import { life } from './help.js'

const t = suite('wire/session')
const item = (n: number, bulk = false, bytes = 4): { body: Uint8Array; bulk: boolean } => ({ body: new Uint8Array(bytes).fill(n), bulk })
const greeting = (of: Session, counter = 1): Greeting => ({
  session: of.id,
  incarnation: life('1', counter),
  about: of.peer?.session ?? '',
  received: of.received,
})
const meet = (x: Session, y: Session): void => {
  const [gx, gy] = [greeting(x), greeting(y)]
  assert.is(x.meet(gy), 0)
  assert.is(y.meet(gx), 0)
}

t('any interruption, any delay of acknowledgements: each message once and in order', () => {
  for (let run = 0; run < 200; run++) {
    const random = seeded(`session ${run}`)
    const [x, y] = [new Session('x'), new Session('y')]
    const got: number[] = []
    let sent = 0
    let line: { n: number; body: Uint8Array }[] = [] // in flight from x to y
    let acks: number[] = []
    meet(x, y)
    for (let step = 0; step < 300 || got.length < sent; step++) {
      assert.ok(step < 5000, 'it ends')
      if (step < 300 && random.chance(0.4)) x.enqueue(item(sent++))
      const item0 = random.chance(0.5) ? x.next() : undefined
      if (item0) line.push(item0)
      const head = random.chance(0.5) ? line.shift() : undefined
      if (head) {
        const order = y.arrived(head.n)
        assert.is.not(order, 'gap')
        if (order === 'new') got.push(present(head.body[0], 'the byte that names the message'))
        acks.push(y.received)
      }
      const ack = random.chance(0.3) ? acks.shift() : undefined
      if (ack !== undefined) assert.is.not(x.acked(ack), undefined)
      if (random.chance(0.05)) {
        line = []
        acks = []
        meet(x, y)
      }
    }
    assert.equal(
      got,
      Array.from({ length: sent }, (_, n) => n & 255),
    )
  }
})

t('a new session of the peer drops the queue, says so, and counts from 1 again', () => {
  const [x, y] = [new Session('x'), new Session('y')]
  meet(x, y)
  for (let n = 0; n < 5; n++) x.enqueue(item(n))
  x.next()
  assert.is(x.acked(1), true)
  const again = new Session('y2')
  assert.is(x.meet(greeting(again)), 4)
  assert.is(x.queuedBytes, 0)
  assert.is(again.meet(greeting(x)), 0)
  x.enqueue(item(9))
  assert.equal(x.next(), { n: 1, body: item(9).body })
  assert.is(again.arrived(1), 'new')
})

t('what waited before the first meeting is sent', () => {
  const [x, y] = [new Session('x'), new Session('y')]
  x.enqueue(item(1))
  meet(x, y)
  assert.is(x.next()?.n, 1)
})

t('an acknowledgement of what was never sent is a contradiction', () => {
  const [x, y] = [new Session('x'), new Session('y')]
  meet(x, y)
  x.enqueue(item(1))
  assert.is(x.acked(1), undefined, 'queued is not sent')
  x.next()
  assert.is(x.acked(2), undefined)
  assert.is(x.acked(1), true)
  assert.is(x.acked(1), false)
  assert.is(x.meet({ ...greeting(y), about: 'x', received: 7 }), undefined)
})

t('gaps and duplicates are told apart', () => {
  const x = new Session('x')
  assert.equal(
    [1, 1, 3, 2].map((n) => x.arrived(n)),
    ['new', 'duplicate', 'gap', 'new'],
  )
})

t('an earlier kyhad of the same boot is stale', () => {
  const [x, y] = [new Session('x'), new Session('y')]
  x.meet(greeting(y, 5))
  assert.is(x.isStale(greeting(new Session('z'), 4)), true)
  assert.is(x.isStale(greeting(new Session('z'), 6)), false)
})

t('full: bulk goes first, then what was not sent, and each loss is counted', () => {
  const x = new Session('x', 1000)
  meet(x, new Session('y'))
  const bulk = item(1, true, 236) // 300 with its bookkeeping
  const control = item(2, false, 236)
  assert.equal(
    [bulk, control, bulk].map((one) => x.enqueue(one)),
    [
      { shed: 0, lost: 0 },
      { shed: 0, lost: 0 },
      { shed: 0, lost: 0 },
    ],
  )
  assert.equal(x.enqueue(control), { shed: 2, lost: 0 }, 'bulk, down to three quarters')
  assert.equal(x.enqueue(bulk), { shed: 0, lost: 0 })
  assert.is(x.queuedBytes, 900)
})

t('full of what is on its way: the new one is lost', () => {
  const x = new Session('x', 1000)
  meet(x, new Session('y'))
  for (let i = 0; i < 3; i++) x.enqueue(item(i, false, 236))
  for (let i = 0; i < 3; i++) x.next()
  assert.equal(x.enqueue(item(9, false, 236)), { shed: 0, lost: 1 })
  assert.equal(x.enqueue(item(9, true, 236)), { shed: 1, lost: 0 })
  assert.is(x.unacked, 3)
})

t('full of unsent control: all of it is lost and the new one stays', () => {
  const x = new Session('x', 1000)
  for (let i = 0; i < 3; i++) x.enqueue(item(i, false, 236))
  assert.equal(x.enqueue(item(9, false, 236)), { shed: 0, lost: 3 })
  assert.is(x.queuedBytes, 300)
})

t.run()
