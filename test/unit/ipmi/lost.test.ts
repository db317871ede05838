/**
 * Datagrams that are lost, late, twice or out of order between client and BMC: the order is carried out all the same, a repeated one not as a
 * second one of the session, and what is confirmed is true.
 */
import { chassisStatus, IpmiError, type IpmiOptions, openSession, powerOffConfirmed, powerOnConfirmed } from 'node-ipmi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Bmc } from './double.js'
import { type Fate, Relay } from './relay.js'

const t = suite('ipmi over a bad network')
const limitMs = 20_000

async function through(fate: Fate, retryMs: number, body: (o: IpmiOptions, bmc: Bmc, relay: Relay) => Promise<void>): Promise<void> {
  const bmc = await Bmc.start({ slots: 100 })
  const relay = await Relay.start(bmc.port, fate)
  try {
    await body({ host: '127.0.0.1', port: relay.port, username: 'admin', password: 'canary-secret', retryMs }, bmc, relay)
  } finally {
    relay.close()
    bmc.close()
  }
}
async function offAndOn(o: IpmiOptions, bmc: Bmc): Promise<void> {
  const session = await openSession(o, limitMs)
  await powerOffConfirmed(session, limitMs)
  assert.is(bmc.power, 'off')
  await powerOnConfirmed(session, limitMs)
  assert.is(bmc.power, 'on')
  await session.close()
  assert.is(bmc.orders[0], 'off')
  assert.is(bmc.orders.at(-1), 'on')
  assert.is(bmc.orders.lastIndexOf('off') < bmc.orders.indexOf('on'), true, 'no off after the first on')
}
const usual = 18

t('each single datagram of both ways lost once', async () => {
  for (const way of ['there', 'back'] as const)
    for (let lost = 0; lost < usual; lost++)
      await through(
        (w, n) => (w === way && n === lost ? [] : [0]),
        30,
        (o, bmc) => offAndOn(o, bmc),
      )
})

t('all datagrams twice: nothing is carried out twice', () =>
  through(
    () => [0, 0],
    500,
    async (o, bmc) => {
      await offAndOn(o, bmc)
      assert.equal(bmc.orders, ['off', 'on'])
      assert.ok(bmc.repeated >= 2)
    },
  ),
)

t('every fourth lost, others late and out of order', async () => {
  for (let seed = 0; seed < 6; seed++) {
    const fate: Fate = (w, n) => {
      const draw = (n * 7919 + seed * 104_729 + (w === 'there' ? 13 : 0)) % 16
      return draw < 4 ? [] : draw < 7 ? [5 * draw] : draw < 8 ? [0, 40] : [0]
    }
    await through(fate, 20, (o, bmc) => offAndOn(o, bmc))
  }
})

t('an order that comes back late after the next one is not carried out', async () => {
  // The first "off" packet comes again 150 ms later, when the machine is on again.
  let offs = 0
  await through(
    (w, n) => (w === 'there' && n === 4 && offs++ === 0 ? [0, 150] : [0]),
    2000,
    async (o, bmc) => {
      const session = await openSession(o, limitMs)
      await powerOffConfirmed(session, limitMs)
      await powerOnConfirmed(session, limitMs)
      await new Promise((r) => setTimeout(r, 250))
      assert.equal(bmc.orders, ['off', 'on'])
      assert.is(bmc.power, 'on')
      await session.close()
    },
  )
})

t('a BMC that is slower than the first repetition and takes it for a new beginning', async () => {
  const bmc = await Bmc.start({ slowMs: 40, fresh: true })
  const session = await openSession(
    { host: '127.0.0.1', port: bmc.port, username: 'admin', password: 'canary-secret', retryMs: 30 },
    limitMs,
  )
  await powerOffConfirmed(session, limitMs)
  assert.is(bmc.power, 'off')
  await session.close()
  bmc.close()
})

t('the second answer to a repeated question is not taken for the answer to the next one', async () => {
  let late = 0
  await through(
    (way) => (way === 'back' ? [late] : [0]),
    60,
    async (o, bmc) => {
      const session = await openSession(o, limitMs)
      late = 100 // asked again after 60 ms: answers come after 100 and 160 ms
      bmc.power = 'off'
      assert.is((await chassisStatus(session, limitMs)).power, 'off')
      bmc.power = 'on'
      assert.is((await chassisStatus(session, limitMs)).power, 'on')
      late = 0
      await session.close()
    },
  )
})

t('nothing comes through: no confirmation, within the limit', () =>
  through(
    () => [],
    20,
    async (o, bmc) => {
      const e = await openSession(o, 300).catch((e: unknown) => e)
      assert.ok(e instanceof IpmiError && e.code === 'no-answer', String(e))
      assert.is(bmc.power, 'on')
    },
  ),
)

t('answers stop after the order: it may have been carried out, and is not said to be', () =>
  through(
    (w, n) => (w === 'back' && n >= 4 ? [] : [0]),
    30,
    async (o, bmc) => {
      const session = await openSession(o, limitMs)
      const e = await powerOffConfirmed(session, 300).catch((e: unknown) => e)
      assert.ok(e instanceof IpmiError && e.code === 'no-answer', String(e))
      assert.is(bmc.power, 'off')
      await session.close(50)
    },
  ),
)

t.run()
