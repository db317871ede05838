/**
 * Hostile bytes for the IPMI client: datagrams of a real session, damaged, between it and a BMC; bytes of any kind to its readers; parameters of the
 * fence agent. The end is an answer that is true, or a sentence without a secret; never a throw of another kind, and never a confirmation that was not.
 */
import fc from 'fast-check'
import { IpmiError, openSession, powerOffConfirmed } from 'node-ipmi'
import { SUITES, seal, sessionKeys, unseal } from 'node-ipmi/keys'
import * as packet from 'node-ipmi/packet'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readWish } from '../../agents/fence/ipmi/options.js'
import { readInput } from '../../agents/fence/options.js'
import { Bmc } from '../unit/ipmi/double.js'
import { Relay } from '../unit/ipmi/relay.js'
import { check, checkLater, damage, damaged } from './help.js'

const t = suite('fuzz: ipmi')
const SECRET = 'canary-secret'
const readers = [packet.readPacket, packet.readOpenAnswer, packet.readRakp2, packet.readRakp4, packet.readMessage, packet.readPong]
const keys = sessionKeys(SUITES[17], Buffer.from(SECRET), {
  console: 1,
  bmc: 2,
  consoleRandom: Buffer.alloc(16),
  bmcRandom: Buffer.alloc(16),
  guid: Buffer.alloc(16),
  identity: packet.identity(0x14, Buffer.from('admin')),
})
const answer = packet.message({ netFn: 1, command: 1, sequence: 5, data: Buffer.from([0, 0, 0, 0]) })
const samples = [
  seal(keys, 0, 1, 1, answer),
  answer,
  packet.presencePing(1),
  packet.bare(packet.Payload.openAnswer, Buffer.alloc(36)),
  packet.bare(packet.Payload.rakp2, Buffer.alloc(72)),
  packet.bare(packet.Payload.rakp4, Buffer.alloc(24)),
]

t('readers: bytes of any kind and damaged messages give a message or nothing', () => {
  let read = 0
  const feed = (d: Buffer): void => {
    for (const reader of readers) if (reader(d)) read++
    if (unseal(keys, 1, d)) assert.ok(d.equals(samples[0] as Buffer) || d.subarray(0, 4).equals(Buffer.from([6, d[1] ?? 0, d[2] ?? 0, 7])))
  }
  check(
    3000,
    fc.property(fc.uint8Array({ maxLength: 1200 }), (bytes) => feed(Buffer.from(bytes))),
  )
  check(
    6000,
    fc.property(fc.constantFrom(...samples), damage, (d, changes) => feed(damaged(d, changes))),
  )
  assert.ok(read > 100, `${read} read`)
})

t('a session with a BMC whose answers arrive damaged', async () => {
  let confirmed = 0
  let refused = 0
  await checkLater(
    150,
    fc.asyncProperty(
      damage,
      fc.integer({ min: 0, max: 8 }),
      fc.boolean(),
      fc.constantFrom(3 as const, 17 as const),
      async (changes, at, always, suite) => {
        let n = 0
        const bmc = await Bmc.start({ damage: (d) => (always || n++ === at ? damaged(d, changes) : d), slots: 100 })
        const options = { host: '127.0.0.1', port: bmc.port, username: 'admin', password: SECRET, retryMs: 5, suites: [suite] }
        try {
          const session = await openSession(options, 100)
          await powerOffConfirmed(session, 100).finally(() => session.close(20))
          assert.is(bmc.power, 'off')
          confirmed++
        } catch (e) {
          if (!(e instanceof IpmiError)) throw e
          assert.match(e.message, /^[^\n]{10,300}$/)
          assert.not.ok(e.message.includes(SECRET))
          refused++
        } finally {
          bmc.close()
        }
      },
    ),
  )
  assert.ok(confirmed > 10 && refused > 10, `${confirmed} confirmed, ${refused} refused`)
})

t('a session in a flood of foreign datagrams of any size', async () => {
  const bmc = await Bmc.start()
  const floods = [Buffer.alloc(0), Buffer.alloc(60_000, 6), ...samples, Buffer.from('0600ff0706c0', 'hex')]
  const relay = await Relay.start(bmc.port, (way, n, d) => {
    if (way === 'back' && d.length > 0) for (let i = 0; i < 20; i++) relay.inject(floods[(n + i) % floods.length] as Buffer)
    return [0]
  })
  const session = await openSession({ host: '127.0.0.1', port: relay.port, username: 'admin', password: SECRET }, 10_000)
  await powerOffConfirmed(session, 10_000)
  assert.is(bmc.power, 'off')
  await session.close()
  relay.close()
  bmc.close()
})

t('parameters of the fence agent: a wish, or one line without a value of a secret', () => {
  const usual = {
    action: 'off',
    ip: '10.0.0.1',
    ipport: '623',
    password: SECRET,
    cipher: '3',
    privlvl: 'operator',
    hexadecimal_kg: '00ff',
    power_timeout: '3',
    retry_on: '2',
  }
  const odd = fc.tuple(
    fc.constantFrom(...Object.keys(usual), 'lanplus', 'method', '#', ''),
    fc.oneof(fc.constant(SECRET), fc.string({ unit: 'binary', maxLength: 40 })),
  )
  const pairs = fc.tuple(fc.shuffledSubarray(Object.entries(usual)), fc.array(odd, { maxLength: 2 })).map(([a, b]) => [...a, ...b])
  let wishes = 0
  let problems = 0
  check(
    4000,
    fc.property(pairs, (lines) => {
      const wish = readWish(readInput(lines.map(([name, v]) => `${name}=${v}`).join('\n'), []))
      if ('problem' in wish) {
        problems++
        assert.match(wish.problem, /^[^\n]{10,200}$/)
        assert.not.ok(wish.problem.includes(SECRET))
      } else {
        wishes++
        for (const n of [wish.loginMs, wish.shellMs, wish.powerMs, wish.delayMs, wish.settleMs, wish.tries])
          assert.ok(Number.isSafeInteger(n) && n >= 0)
      }
    }),
  )
  assert.ok(wishes > 100 && problems > 100, `${wishes} wishes, ${problems} problems`)
})

t.run()
