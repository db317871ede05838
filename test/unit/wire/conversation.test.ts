/** Rows: S20. Of two connections both ends keep the same one, whatever the order in which they see them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { present } from '../../../runtime/assert.js'
import { seeded } from '../../../runtime/random.js'
import { type Connection, type Hello, speaks } from '../../../runtime/wire/connection.js'
import { Conversation } from '../../../runtime/wire/conversation.js'
import { Session } from '../../../runtime/wire/session.js'
import { a, b, cluster, life, now, until } from './help.js'

const t = suite('wire/conversation')

/** A connection that only remembers whether it was sent away. */
class Fake {
  isGone = false
  constructor(
    readonly dialed: boolean,
    readonly link: number,
  ) {}
  batch(fill: () => void): void {
    fill()
  }
  message(): boolean {
    return true
  }
  ack(): void {}
  goodbye(): void {
    this.isGone = true
  }
  destroy(): void {
    this.isGone = true
  }
}
const real = (fake: Fake): Connection => fake as unknown as Connection
const open = (self: typeof a, dial = (link: number): Fake => new Fake(true, link)): Conversation =>
  new Conversation({
    self,
    peer: self === a ? b : a,
    session: new Session(self),
    ownLinks: 2,
    random: seeded('x'),
    now,
    events: { onMessage: () => {}, onClosed: () => {}, onLost: () => {} },
    onVerdict: () => {},
    dial: (link) => real(dial(link)),
  })
const hello = (generation: number, session: string): Hello => ({
  ...speaks,
  cluster,
  incarnation: life('1'),
  session,
  about: '',
  received: 0,
  generation,
})

t('the higher generation stays, in either order', () => {
  for (const order of [
    [3, 5],
    [5, 3],
  ]) {
    const conversation = open(a)
    const made = order.map((generation) => ({ generation, fake: new Fake(false, generation) }))
    for (const { generation, fake } of made) conversation.greeted(real(fake), hello(generation, b))
    for (const { generation, fake } of made) assert.is(fake.isGone, generation === 3, `${order}`)
    assert.is(conversation.link, 5)
    conversation.close()
  }
})

t('of the same generation the one that the greater id dialed stays', async () => {
  let dialed: Fake | undefined
  const y = open(b, (link) => (dialed = new Fake(true, link)))
  y.setLinks([{ address: '127.0.0.9', port: 9 }])
  await until('dialed', () => dialed !== undefined)
  const accepted = new Fake(false, 0)
  y.greeted(real(accepted), hello(y.hello(true).generation, a))
  const own = present(dialed, 'the connection that was dialed')
  y.greeted(real(own), hello(1, a))
  assert.equal([accepted.isGone, own.isGone], [true, false])
  y.close()
})

t('a new session replaces whatever there is', () => {
  const x = open(a)
  const [old, next] = [new Fake(false, 0), new Fake(false, 1)]
  x.greeted(real(old), hello(50, 'before'))
  x.greeted(real(next), hello(1, 'after'))
  assert.equal([old.isGone, next.isGone], [true, false])
  x.close()
})

t.run()
