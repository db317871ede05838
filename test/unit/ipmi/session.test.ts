/**
 * Sessions and power over real datagrams with the BMC of double.ts: what is confirmed is true, and every no is one sentence with its code and
 * without a secret.
 */
import {
  type IpmiCode,
  IpmiError,
  type IpmiOptions,
  openSession,
  power,
  powerOffConfirmed,
  powerOnConfirmed,
  presence,
  type Session,
} from 'node-ipmi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { freePort } from '../../ports.js'
import { Bmc, type Habits } from './double.js'

const t = suite('ipmi sessions')
const SECRET = 'canary-secret'
const limitMs = 5000
const to = (bmc: { port: number }, more: Partial<IpmiOptions> = {}): IpmiOptions => ({
  host: '127.0.0.1',
  port: bmc.port,
  username: 'admin',
  password: SECRET,
  retryMs: 30,
  ...more,
})

async function within<T>(habits: Habits, body: (bmc: Bmc) => Promise<T>): Promise<T> {
  const bmc = await Bmc.start(habits)
  try {
    return await body(bmc)
  } finally {
    bmc.close()
  }
}
async function during<T>(options: IpmiOptions, body: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(options, limitMs)
  try {
    return await body(session)
  } finally {
    await session.close()
  }
}
/** The error of `doing`: of this code, one sentence that matches, no secret in anything that it shows. */
async function refused(code: IpmiCode, says: RegExp, doing: Promise<unknown>): Promise<void> {
  const e = await doing.then(
    () => undefined,
    (e: unknown) => e,
  )
  assert.ok(e instanceof IpmiError, `${code}: ${e}`)
  assert.is(e.code, code, e.message)
  assert.match(e.message, says)
  assert.not.match(e.message, /\n/)
  for (const shown of [e.message, e.stack ?? '', JSON.stringify(e)])
    assert.not.ok(shown.includes(SECRET) || shown.includes('wrong-secret'), shown)
}

for (const id of [3, 17] as const)
  t(`cipher suite ${id}: off, on and status, and the session's slot is given back`, () =>
    within({}, async (bmc) => {
      await during(to(bmc, { suites: [id] }), async (session) => {
        assert.is(session.suite, id)
        assert.is((await powerOffConfirmed(session, limitMs)).power, 'off')
        assert.is(bmc.power, 'off')
        assert.is((await powerOnConfirmed(session, limitMs)).power, 'on')
        for (const action of ['cycle', 'reset', 'diag', 'soft'] as const) await power(session, action, limitMs)
        assert.is(bmc.active, 1)
      })
      assert.equal(bmc.orders, ['off', 'on', 'cycle', 'reset', 'diag', 'soft'])
      assert.is(bmc.active, 0)
      assert.equal(
        bmc.sequences,
        bmc.sequences.map((_, i) => i + 1),
      )
    }),
  )

t('the best cipher suite that the BMC offers is taken', async () => {
  for (const [suites, want] of [[[3, 17], 17] as const, [[3], 3] as const])
    for (const curt of [false, true])
      await within({ suites, curt }, (bmc) => during(to(bmc), async (session) => assert.is(session.suite, want)))
  await within({ suites: [3] }, (bmc) =>
    refused('cipher-suite', /does not offer this cipher suite/, openSession(to(bmc, { suites: [17] }), limitMs)),
  )
})

t('wrong user, wrong password, wrong or missing K_G key, too much privilege: told apart', async () => {
  await within({}, async (bmc) => {
    const other = (more: Partial<IpmiOptions>): Promise<Session> => openSession(to(bmc, more), limitMs)
    await refused('wrong-user', /does not know user "nobody"/, other({ username: 'nobody' }))
    await refused('wrong-password', /password of user "admin" is not/, other({ password: 'wrong-secret' }))
    await refused('privilege', /does not give user "operator" the privilege/, other({ username: 'operator' }))
    await refused('untrue', /the K_G key is wrong/, other({ bmcKey: Buffer.from('wrong-secret') }))
    await refused('options', /at most 20 bytes/, other({ password: `${SECRET}-that-is-long` }))
    await refused('options', /at most 16 bytes/, other({ username: 'a-name-that-is-long' }))
    assert.is(bmc.orders.length, 0)
  })
  const kg = Buffer.from('the key of the bmc')
  await within({ kg }, async (bmc) => {
    await refused('untrue', /K_G key that was not given/, openSession(to(bmc), limitMs))
    await during(to(bmc, { bmcKey: kg }), (session) => powerOffConfirmed(session, limitMs))
    assert.is(bmc.power, 'off')
  })
})

t('a user without the right to switch is told so, and one with operator rights is enough', async () => {
  await within({}, async (bmc) => {
    await during(to(bmc, { username: 'user', privilege: 'user' }), (session) =>
      refused('privilege', /privilege level is too low \(power off, completion code 0xd4\)/, powerOffConfirmed(session, limitMs)),
    )
    assert.is(bmc.power, 'on')
    await during(to(bmc, { username: 'operator', privilege: 'operator' }), (session) => powerOffConfirmed(session, limitMs))
    assert.is(bmc.power, 'off')
  })
})

t('rights that are looked at within the session only: the same sentence, and the slot is given back', () =>
  within({ late: true, slots: 1 }, async (bmc) => {
    for (const _ of [1, 2])
      await refused(
        'privilege',
        /the privilege level administrator \(completion code 0x81\)/,
        openSession(to(bmc, { username: 'operator' }), limitMs),
      )
    assert.is(bmc.active, 0)
  }),
)

t('no session slot left is said, and one that was given back is enough', () =>
  within({ slots: 1 }, async (bmc) => {
    await during(to(bmc), () => refused('no-session-slot', /no session slot left/, openSession(to(bmc), limitMs)))
    await during(to(bmc), () => Promise.resolve())
  }),
)

t('a busy BMC is asked again until the limit', async () => {
  for (const busyCode of [0xc0, 0xc3])
    await within({}, (bmc) =>
      during(to(bmc), async (session) => {
        Object.assign(bmc.habits, { busy: 2, busyCode })
        await powerOffConfirmed(session, limitMs)
        assert.is(bmc.power, 'off')
      }),
    )
  await within({}, (bmc) =>
    during(to(bmc), async (session) => {
      bmc.habits.busy = 1000
      await refused('busy', /is busy \(power off, completion code 0xc0\)/, powerOffConfirmed(session, 300))
      bmc.habits.busy = 0
      assert.is(bmc.power, 'on')
    }),
  )
})

t('off is confirmed by the state, not by the order', async () => {
  await within({ powerMs: 120 }, (bmc) =>
    during(to(bmc), async (session) => {
      const { asked } = await powerOffConfirmed(session, limitMs)
      assert.is(bmc.power, 'off')
      assert.ok(asked > 1)
    }),
  )
  await within({ stuck: true }, (bmc) =>
    during(to(bmc), async (session) => {
      await refused('not-confirmed', /power is still on/, powerOffConfirmed(session, 300))
      assert.equal(bmc.orders, ['off'])
    }),
  )
})

t('a refused off counts where the machine is off already, and nowhere else', async () => {
  for (const state of ['off', 'on'] as const)
    await within({ refuses: [0] }, (bmc) =>
      during(to(bmc), async (session) => {
        bmc.power = state
        const off = powerOffConfirmed(session, limitMs)
        if (state === 'off') assert.is((await off).power, 'off')
        else await refused('refused', /cannot do that in its present state \(power off, completion code 0xd5\)/, off)
        assert.is(bmc.power, state)
      }),
    )
})

t('nobody there, nobody who answers, and a BMC that falls silent in the middle are no confirmation', async () => {
  await refused('unreachable', /cannot be reached: nothing listens there/, openSession(to({ port: await freePort() }), limitMs))
  await refused('unreachable', /address of the BMC x{70} is not known/, openSession(to({ port: 1 }, { host: 'x'.repeat(70) }), 3000))
  for (const [deaf, step] of [[0x10, /open session/] as const, [0x12, /RAKP 2/] as const, [0x14, /RAKP 4/] as const])
    await within({ deaf: [deaf] }, (bmc) => {
      setTimeout(() => Object.assign(bmc.habits, { deaf: [0x10, deaf] }), 100) // where it got stuck first is what counts
      return refused('no-answer', step, openSession(to(bmc), 400))
    })
  await within({ deaf: [0] }, (bmc) => refused('no-answer', /no answer .*\(set session privilege level\)/, openSession(to(bmc), 400)))
  await within({}, async (bmc) => {
    const session = await openSession(to(bmc), limitMs)
    Object.assign(bmc.habits, { deaf: [0] })
    await refused('no-answer', /no answer .*\(power off\)/, powerOffConfirmed(session, 200))
    await session.close(50)
  })
})

t('a set-up that the BMC mixed up is begun anew', () =>
  within({ forgets: 2 }, (bmc) =>
    during(to(bmc), async (session) => {
      await powerOffConfirmed(session, limitMs)
      assert.is(bmc.power, 'off')
    }),
  ),
)

t('commands of one session are carried out one after the other, and none after its end', () =>
  within({}, async (bmc) => {
    const session = await openSession(to(bmc), limitMs)
    await Promise.all([power(session, 'off', limitMs), power(session, 'on', limitMs), power(session, 'reset', limitMs), session.close()])
    assert.equal(bmc.orders, ['off', 'on', 'reset'])
    await refused('closed', /was closed/, power(session, 'off', limitMs))
    await session.close()
  }),
)

t('presence', () =>
  within({}, async (bmc) => {
    await presence('127.0.0.1', bmc.port, limitMs)
    await refused('unreachable', /nothing listens/, presence('127.0.0.1', await freePort(), limitMs))
  }),
)

t.run()
