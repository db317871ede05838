/**
 * Hostile answers for the fence agents for Redfish, HTTPS and SNMP: damaged, of any kind, of any status; and parameters. The end is an answer that was
 * really given, or a sentence without a secret; never a throw of another kind.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switch } from '../../agents/fence/agent.js'
import { readWish as readHttps } from '../../agents/fence/https/options.js'
import { open as openHttps } from '../../agents/fence/https/service.js'
import { type Given, type Refused, readInput, type Wish } from '../../agents/fence/options.js'
import { readWish as readRedfish } from '../../agents/fence/redfish/options.js'
import { open as openRedfish } from '../../agents/fence/redfish/service.js'
import { readWish as readSnmp } from '../../agents/fence/snmp/options.js'
import { open as openSnmp } from '../../agents/fence/snmp/outlet.js'
import { PowerSwitch, V3 } from '../contract/snmp.harness.js'
import { program, when } from '../needs.js'
import { type Parameters, sentence, switchOff, wishOf } from '../unit/fence/help.js'
import { CONTROL, Outlet, STATE } from '../unit/fence/outlet.js'
import { Card, USER } from '../unit/fence/redfish.js'
import { caFile, type Reply, Station } from '../unit/fence/station.js'
import { Relay } from '../unit/ipmi/relay.js'
import { check, checkLater, damage, damaged } from './help.js'

const t = suite('fuzz: fence agents')
const limits = { login_timeout: '0.3', shell_timeout: '0.1', power_timeout: '0.3', action: 'off' }

async function device<W extends Wish>(
  read: (given: Given) => W | Refused,
  open: (wish: W) => Promise<Switch>,
  given: Parameters,
): Promise<Switch> {
  return open(wishOf(read, { ...limits, ...given }))
}
/** Whether off was confirmed. */
async function confirmed(opening: Promise<Switch>): Promise<boolean> {
  const said = await switchOff(opening).then(
    () => undefined,
    (e: Error) => sentence(Promise.reject(e)),
  )
  return (await said) === undefined
}
const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
/** Nearly what a service says: its own words in the wrong places. */
const words = fc.constantFrom<unknown>(
  'Off',
  'On',
  'PoweringOff',
  'off',
  '/redfish/v1/Systems/x',
  '//evil/x',
  '@odata.id',
  USER.password,
  null,
  0,
  1,
  true,
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, words, fc.array(tie('any'), { maxLength: 2 }), tie('object')),
  object: fc.dictionary(
    fc.constantFrom(
      'PowerState',
      'Systems',
      'Members',
      '@odata.id',
      'Actions',
      '#ComputerSystem.Reset',
      'target',
      'Links',
      'Sessions',
      '__proto__',
      'length',
    ),
    tie('any'),
    { maxKeys: 4 },
  ),
})).any
const status = fc.constantFrom(200, 200, 200, 204, 301, 401, 404, 409, 429, 503, 999)
const header = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  { 'retry-after': '0' },
  { location: '/redfish/v1' },
  { 'content-encoding': 'gzip' },
)

t('Redfish: answers damaged or made up; off only where an answer said Off', async () => {
  let [yes, no] = [0, 0]
  const strange = fc.record({ status, headers: header, body: value })
  await checkLater(
    60,
    fc.asyncProperty(fc.nat(7), fc.boolean(), strange, fc.constantFrom('basic', 'session'), async (at, always, reply, auth) => {
      const said: string[] = []
      const card = await Card.start({
        instead: (_, n) => {
          if (!(n === at || (always && n >= at))) return undefined
          said.push(JSON.stringify(reply.body) ?? '')
          return reply as Reply
        },
      })
      const params = { ip: '127.0.0.1', ipport: String(card.port), ...USER, ca: caFile, auth }
      try {
        if (await confirmed(device(readRedfish, openRedfish, params))) {
          yes++
          const lied = said.some((text) => (json(text) as { PowerState?: unknown } | undefined)?.PowerState === 'Off')
          assert.ok(card.state === 'off' || lied)
        } else no++
      } finally {
        card.close()
      }
    }),
  )
  assert.ok(yes > 0 && no > 0, `${yes} confirmed, ${no} refused`)
})

t('HTTPS: off only where the state is exactly one that is off', async () => {
  let reply: Reply = { status: 200 }
  let states: string[] = []
  const station = await Station.start(({ method }) => {
    if (method !== 'GET') return { status: 202 }
    if (typeof reply === 'object' && reply.status === 200) states.push(String(reply.body))
    return reply
  })
  const base = `https://127.0.0.1:${station.port}`
  const urls = {
    off_url: `${base}/off`,
    on_url: `${base}/on`,
    status_url: `${base}/state`,
    state_path: '/PowerState',
    on_values: 'On',
    off_values: 'Off,0',
  }
  const text = fc.oneof(
    value.map((v) => JSON.stringify(v) ?? ''),
    fc.constantFrom('Off', 'Off', 0, 'off', 'On', null).map((v) => JSON.stringify({ PowerState: v })),
    fc.string(),
    fc.tuple(fc.constant(Buffer.from('{"PowerState":"Off"}')), damage).map(([b, changes]) => damaged(b, changes).toString('latin1')),
  )
  let [yes, no] = [0, 0]
  await checkLater(
    80,
    fc.asyncProperty(fc.oneof(fc.constant(200), status), header, text, async (code, headers, body) => {
      reply = { status: code, headers, body }
      states = []
      if (await confirmed(device(readHttps, openHttps, { ...urls, ca: caFile, power_timeout: '0.2' }))) {
        yes++
        assert.ok(states.some((s) => ['Off', '0', 0].includes((json(s) as { PowerState?: string } | undefined)?.PowerState ?? '')))
      } else no++
    }),
  )
  station.close()
  assert.ok(yes > 0 && no > 0, `${yes} confirmed, ${no} refused`)
})

t('SNMP 2c: damaged answers', async () => {
  let [yes, no] = [0, 0]
  await checkLater(
    60,
    fc.asyncProperty(damage, fc.nat(3), fc.boolean(), async (changes, at, always) => {
      let n = 0
      const outlet = await Outlet.start({ damage: (d) => (n++ === at || always ? damaged(d, changes) : d) })
      const oids = { off_oid: CONTROL, on_oid: CONTROL, state_oid: STATE, off_value: '2', on_value: '1', off_values: '2', on_values: '1' }
      const params = { ip: '127.0.0.1', ipport: String(outlet.port), community: 'canary-community', ...oids }
      if (await confirmed(device(readSnmp, openSnmp, params))) yes++
      else no++
      outlet.close()
    }),
  )
  assert.ok(yes > 0 && no > 0, `${yes} confirmed, ${no} refused`)
})

when(t, program('snmpd'))('SNMPv3: damaged answers of snmpd; off is confirmed only when it is off', async () => {
  const pdu = await PowerSwitch.start()
  let [yes, no] = [0, 0]
  await checkLater(
    30,
    fc.asyncProperty(damage, fc.nat(5), fc.boolean(), async (changes, at, always) => {
      const more = { ip: '127.0.0.1', template: 'apc_rpdu', plug: '1', ...V3, snmp_auth_prot: 'SHA256' }
      const back = await device(readSnmp, openSnmp, { ...more, ipport: String(pdu.port), shell_timeout: '5', power_timeout: '10' })
      await back.bring('on').finally(() => back.close())
      const relay = await Relay.start(pdu.port, (way, n, d) => {
        if (way === 'back' && (n === at || always)) relay.inject(damaged(d, changes))
        return way === 'back' && (n === at || always) ? [] : [0]
      })
      if (await confirmed(device(readSnmp, openSnmp, { ...more, ipport: String(relay.port) }))) {
        yes++
        assert.is(pdu.power(1), 'off')
      } else no++
      relay.close()
    }),
  )
  await pdu.close()
  assert.ok(yes > 0 && no > 0, `${yes} confirmed, ${no} refused`)
})

const urls = { off_url: 'https://h:1/{plug}/off', on_url: 'https://h:1/on', status_url: 'https://h:1/{plug}', state_path: '/a/{plug}' }
const usual: readonly (readonly [(given: Given) => Wish | Refused, Parameters])[] = [
  [
    readRedfish,
    { ip: '10.0.0.1', ipport: '443', ...USER, auth: 'session', systems_uri: '/redfish/v1/Systems/1', ssl_name: 'bmc', power_timeout: '3' },
  ],
  [
    readHttps,
    {
      ...urls,
      off_body: '{"a":"{plug}"}',
      on_values: 'a',
      off_values: 'b',
      auth: 'bearer',
      token: USER.password,
      headers: '{"X":"1"}',
      off_method: 'PUT',
    },
  ],
  [
    readSnmp,
    { ip: '10.0.0.1', template: 'eaton_epdu', unit: '0', ...V3, snmp_auth_prot: 'SHA256', off_values: '0', state_oid: '1.3.6.{plug}' },
  ],
]

t('parameters: a wish, or one line without a value of a secret', () => {
  let [wishes, problems] = [0, 0]
  for (const [read, parameters] of usual) {
    const secrets = Object.values(parameters).filter((v) => v.startsWith('canary'))
    const odd = fc.tuple(
      fc.constantFrom(...Object.keys(parameters), 'plug', 'ca', 'auth_header', 'content_type', 'ssl_insecure', '#', ''),
      fc.oneof(fc.constantFrom(...secrets, '{plug}', '..'), fc.string({ unit: 'binary', maxLength: 40 })),
    )
    const pairs = fc
      .tuple(fc.shuffledSubarray(Object.entries(parameters), { minLength: 4 }), fc.array(odd, { maxLength: 2 }))
      .map(([a, b]) => [...a, ...b])
    check(
      2000,
      fc.property(pairs, fc.constantFrom('7', 'n 1', '../x', '"'), (lines, plug) => {
        const all = [
          ...lines,
          ...Object.entries(parameters).filter(([k]) => !lines.some(([n]) => n === k) && plug === '7'),
          ['plug', plug] as const,
        ]
        const wish = read(readInput(`action=off\n${all.map(([name, v]) => `${name}=${v}`).join('\n')}`, []))
        if ('problem' in wish) {
          problems++
          assert.match(wish.problem, /^[^\n]{10,250}$/)
          for (const secret of secrets) assert.not.ok(wish.problem.includes(secret))
        } else {
          wishes++
          for (const n of [wish.loginMs, wish.shellMs, wish.powerMs, wish.delayMs]) assert.ok(Number.isSafeInteger(n) && n >= 0)
        }
      }),
    )
  }
  assert.ok(wishes > 100 && problems > 100, `${wishes} wishes, ${problems} problems`)
})

t.run()
