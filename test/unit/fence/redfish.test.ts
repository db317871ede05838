/** The client of `fence_kyha_redfish` with a management card: what is confirmed is true, and everything else is one sentence without a secret. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switch } from '../../../agents/fence/agent.js'
import { readWish } from '../../../agents/fence/redfish/options.js'
import { open } from '../../../agents/fence/redfish/service.js'
import { type Parameters, sentence, switchOff, wishOf } from './help.js'
import { Card, type Habits, USER } from './redfish.js'
import { caFile, type Reply, TROUBLES } from './station.js'

const t = suite('redfish')
async function device(card: Card, more: Parameters = {}): Promise<Switch> {
  const given = { ip: '127.0.0.1', ipport: String(card.port), ...USER, ca: caFile, nodename: 'n1', plug: 'n1', action: 'off', ...more }
  return open(wishOf(readWish, given))
}
async function on(habits: Habits, body: (card: Card) => Promise<void>): Promise<void> {
  const card = await Card.start(habits)
  try {
    await body(card)
  } finally {
    card.close()
  }
}
/** All of them side by side. */
const together = async <T>(cases: readonly T[], body: (c: T) => Promise<void>): Promise<void> => {
  await Promise.all(cases.map(body))
}
const off = (card: Card, more: Parameters = {}): Promise<void> => switchOff(device(card, more))

for (const auth of ['basic', 'session'])
  t(`off and on are true, by ${auth}`, () =>
    on({ noBasic: auth === 'session' }, async (card) => {
      const d = await device(card, { auth })
      assert.is(await d.status(), 'on')
      await d.bring('off')
      assert.is(card.state, 'off')
      assert.is(await d.status(), 'off')
      await d.bring('off')
      await d.bring('on')
      assert.is(card.state, 'on')
      await d.close()
      const resets = card.station.orders.filter((o) => o.includes('Reset'))
      assert.equal(
        resets.map((o) => o.replace(/.*"ResetType":/, '')),
        ['"ForceOff"}', '"ForceOff"}', '"On"}'],
      )
      assert.is(card.sessions.size, 0, 'no session stays')
    }),
  )

t('PowerState says when it is off, however long that takes; no other order comes in between', () =>
  on({ slow: 3 }, async (card) => {
    await off(card)
    assert.is(card.state, 'off')
    assert.is(card.station.orders.length, 1)
  }),
)

t('allowed values: from the system, from action info, or none; only a hard off will do', async () => {
  for (const where of ['system', 'info', 'nowhere'] as const)
    await on({ where }, async (card) => {
      await off(card)
      assert.is(card.state, 'off', where)
    })
  for (const where of ['system', 'info'] as const)
    await on({ where, allowed: ['On', 'GracefulShutdown', 'ForceRestart', 'PowerCycle', 'Nmi'] }, async (card) => {
      assert.match(await sentence(off(card)), /allows no reset of the kind ForceOff/)
      assert.equal(card.station.orders, [])
    })
  await on({ allowed: ['ForceOn', 'ForceOff'] }, async (card) => {
    const d = await device(card)
    await d.bring('off')
    await d.bring('on')
    assert.is(card.state, 'on')
    await d.close()
  })
})

t('an order that is refused since the machine is off already is no failure; one that is refused while it is on is one', async () => {
  for (const already of [400, 409, 500])
    await on({ already }, async (card) => {
      card.power.set('437XR1138R2', 'Off')
      await off(card)
    })
  await on({ already: 400, instead: (_, n) => (n === 4 ? { status: 503 } : undefined) }, async (card) => {
    card.power.set('437XR1138R2', 'Off')
    await off(card)
  })
  await on({ instead: ({ method }) => (method === 'POST' ? { status: 400 } : undefined) }, async (card) => {
    assert.match(await sentence(off(card)), /refuses \(reset ForceOff, HTTP 400\)/)
  })
})

t('a card that takes orders and does nothing, or is never done, is a failure', async () => {
  await on({ stuck: true }, async (card) => {
    assert.match(await sentence(off(card, { power_timeout: '0.5' })), /took the order, but the power is still on/)
  })
  await on({ state: 'PoweringOff' }, async (card) => {
    assert.match(await sentence(off(card, { power_timeout: '0.5' })), /in the state PoweringOff/)
    assert.is(await device(card).then((d) => d.status()), 'on')
  })
})

t('whatever is not the text Off is not off', async () => {
  await together([null, 'off', 'OFF', ' Off', '', 0, false, ['Off'], { Off: 'Off' }, 'Unknown'], (state) =>
    on({ state }, async (card) => {
      assert.match(await sentence(off(card, { power_timeout: '0.3' })), /does not say whether the power is on or off/)
      const d = await device(card, { shell_timeout: '0.3' })
      await sentence(d.status())
      await d.close()
    }),
  )
})

t('which system: the only one, or the one that is named; never another', async () => {
  const systems = ['n1', 'n2', 'blade3']
  await on({ systems }, async (card) => {
    await off(card, { plug: 'n2', nodename: 'n2' })
    await off(card, { plug: 'blade3' })
    await off(card, { systems_uri: '/redfish/v1/Systems/n1' })
    assert.equal(
      card.station.orders.map((o) => o.split('/')[4]),
      ['n2', 'blade3', 'n1'],
    )
    assert.match(await sentence(off(card, { plug: 'blade4' })), /no system of the name that plug gives/)
    assert.match(await sentence(off(card, { plug: 'n9', nodename: 'n9' })), /several systems, and none has the name of the node/)
    assert.match(await sentence(off(card, { systems_uri: '/redfish/v1/Systems/n9' })), /knows nothing at this place/)
    assert.is(card.station.orders.length, 3)
  })
  await on({ systems: ['other'] }, async (card) => {
    assert.match(await sentence(off(card, { plug: 'blade3' })), /no system of the name/)
    assert.equal(card.station.orders, [])
  })
})

t('places that are not paths on the same host are not gone to', async () => {
  for (const bad of ['//evil.example/x', 'https://evil.example/x', '/\\evil.example', 'x', '/a b', '/x\n', 7, null, {}])
    for (const reply of [
      { Systems: { '@odata.id': bad }, Links: { Sessions: { '@odata.id': bad } } },
      { Actions: { '#ComputerSystem.Reset': { target: bad } }, PowerState: 'On' },
    ])
      await on(
        { instead: ({ path }) => (path.includes('v1/Systems') === 'Actions' in reply ? { status: 200, body: reply } : undefined) },
        async (card) => {
          const more: Parameters = 'Actions' in reply ? { systems_uri: '/redfish/v1/Systems/x' } : {}
          assert.match(await sentence(off(card, more)), /does not say where/)
          assert.equal(card.station.orders, [])
        },
      )
})

t('redirects: followed on the same host for questions, never to another one, never for orders', async () => {
  const to = (location: string): Reply => ({ status: 308, headers: { location } })
  await on({ instead: ({ url }) => (url === '/redfish/v1/' ? to('/redfish/v1') : undefined) }, (card) => off(card))
  for (const place of ['https://evil.example/redfish/v1', '//127.0.0.1:1/x', 'http://127.0.0.1/', '/redfish/v1/', ''])
    await on({ instead: ({ url }) => (url === '/redfish/v1/' ? to(place) : undefined) }, async (card) => {
      assert.match(await sentence(off(card)), /to another place/)
    })
  await on({ instead: ({ method }) => (method === 'POST' ? to('/redfish/v1/x') : undefined) }, async (card) => {
    assert.match(await sentence(off(card)), /to another place/)
    assert.is(card.state, 'on')
  })
})

t('each request of a fencing meets each trouble once: true in the end, or a sentence', async () => {
  const statuses: readonly Reply[] = [409, 429, 500, 503].map((status) => ({
    status,
    headers: { 'retry-after': '0' },
    body: 'canary-secret',
  }))
  const passing: readonly Reply[] = ['close', 'cut', 'garbage', ...statuses]
  const troubles = [...statuses, ...TROUBLES, { status: 401 }, { status: 403 }, { status: 404 }, { status: 200, body: '[' }]
  await together(
    troubles.flatMap((trouble) => [0, 1, 2, 3, 4].map((at) => [trouble, at] as const)),
    ([trouble, at]) =>
      on({ instead: (_, n) => (n === at ? trouble : undefined) }, async (card) => {
        const said = await off(card, { shell_timeout: passing.includes(trouble) ? '5' : '0.2', power_timeout: '5' }).then(
          () => undefined,
          (e: Error) => e.message,
        )
        if (said === undefined) assert.is(card.state, 'off')
        else assert.not.match(said, /canary/)
        if (passing.includes(trouble)) assert.is(said, undefined, `${JSON.stringify(trouble)} at ${at}`)
      }),
  )
})

t('an answer has a largest size, and a header too', async () => {
  await on({ instead: () => 'flood' }, async (card) => assert.match(await sentence(off(card)), /more than 1048576 bytes/))
  await on({ instead: () => 'header' }, async (card) => assert.match(await sentence(off(card)), /too long a header/))
})

t('a trouble that stays is a failure within the limits, also where the machine went off unseen', async () => {
  await together([...TROUBLES, { status: 503, headers: { 'retry-after': '9' } }, { status: 200, body: {} }] as const, (trouble) =>
    on({ instead: (h, n) => (n > 2 && h.method === 'GET' ? trouble : undefined) }, async (card) => {
      await sentence(off(card, { shell_timeout: '0.2', power_timeout: '0.6' }))
    }),
  )
})

t('who it is: wrong password, user, rights; certificates that do not hold', async () => {
  await on({}, async (card) => {
    assert.match(await sentence(off(card, { password: 'wrong-canary' })), /does not let this user in/)
    assert.match(await sentence(off(card, { password: 'wrong-canary', auth: 'session' })), /does not let this user in/)
    assert.match(await sentence(off(card, { ca: '' })), /certificate that nobody trusted here signed/)
    assert.match(await sentence(off(card, { ssl_name: 'bmc-2' })), /certificate for another name/)
    assert.is(card.state, 'on')
    await off(card, { ca: '', ssl_insecure: '1' })
  })
  await on({ named: true }, async (card) => {
    assert.match(await sentence(off(card)), /certificate for another name: give that as ssl_name/)
    assert.equal(card.station.heard, [], 'nothing was sent')
    await off(card, { ssl_name: 'bmc-1' })
    assert.is(card.state, 'off')
  })
  const card = await Card.start()
  card.close()
  assert.match(await sentence(off(card)), /nothing listens there/)
})

t.run()
