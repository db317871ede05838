/** `fence_kyha_snmp` with a power switch of its own: what is confirmed is true, and everything else is one sentence without a secret. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Switch } from '../../../agents/fence/agent.js'
import { readWish, type SnmpWish, TEMPLATES } from '../../../agents/fence/snmp/options.js'
import { open } from '../../../agents/fence/snmp/outlet.js'
import { type Parameters, refuses, sentence, switchOff, wishOf } from './help.js'
import { CONTROL, type Habits, Outlet, STATE } from './outlet.js'

const t = suite('snmp')
const usual = {
  ip: '127.0.0.1',
  community: 'canary-community',
  off_oid: CONTROL,
  off_value: '2',
  on_oid: CONTROL,
  on_value: '1',
  state_oid: STATE,
  on_values: '1',
  off_values: '2',
  plug: '3',
  action: 'off',
}
const V3 = { community: '', username: 'admin', password: 'canary-password', snmp_priv_passwd: 'canary-privacy' }
const read = (given: Parameters): SnmpWish => wishOf(readWish, given)
const device = async (outlet: Outlet, more: Parameters = {}): Promise<Switch> =>
  open(read({ ...usual, ipport: String(outlet.port), ...more }))
async function on(habits: Habits, body: (outlet: Outlet) => Promise<void>): Promise<void> {
  const outlet = await Outlet.start(habits)
  try {
    await body(outlet)
  } finally {
    outlet.close()
  }
}
const off = (outlet: Outlet, more: Parameters = {}): Promise<void> => switchOff(device(outlet, more))
const briefly = { power_timeout: '0.4', shell_timeout: '0.3' }

t('off and on are true; the state says when', () =>
  on({ slow: 2 }, async (outlet) => {
    const d = await device(outlet)
    assert.is(await d.status(), 'on')
    await d.bring('off')
    assert.is(outlet.power, 'off')
    assert.is(await d.status(), 'off')
    await d.bring('off')
    await d.bring('on')
    assert.is(outlet.power, 'on')
    await d.close()
  }),
)

t('a datagram that is lost is sent again', () => on({ deaf: 1 }, (outlet) => off(outlet)))

t('whatever is not the number of off is not off', async () => {
  const cases: readonly Habits[] = [
    { stuck: true },
    { says: { number: 0 } },
    { says: { number: 3 } },
    { says: { number: -2 } },
    { says: { text: '2' } },
    { says: 'none' },
    { other: true },
    { wrong: 'id' },
    { wrong: 'community' },
    { wrong: 'type' },
    { refuses: 5, stuck: true },
    { refuses: 17, stuck: true },
    { deaf: 1000 },
  ]
  for (const habits of cases)
    await on(habits, async (outlet) => {
      await sentence(off(outlet, briefly))
      assert.ok(outlet.heard > 0)
    })
  await on({ says: { gauge: 2 } }, async (outlet) => {
    const d = await device(outlet)
    assert.is(await d.status(), 'off')
    await d.close()
  })
})

t('an order that is refused is no failure where the outlet is off already', () =>
  on({ refuses: 12 }, async (outlet) => {
    outlet.power = 'off'
    await off(outlet)
  }),
)

t('SNMPv3: an answer without the protection of the question is not believed, whoever sends it', () =>
  on({ forger: true }, async (outlet) => {
    for (const more of [{}, { snmp_priv_passwd: '' }]) {
      outlet.heard = 0
      await sentence(off(outlet, { ...V3, ...briefly, ...more }))
      assert.ok(outlet.heard >= 2, 'a report, and what it was for')
    }
  }),
)

t('templates: every one is whole, and its plug and unit are in all its places', () => {
  for (const template of TEMPLATES) {
    const { outlet } = read({ ip: 'x', community: 'c', template, plug: '7', unit: '5', action: 'validate-all' }).snmp
    for (const oid of [outlet.on.oid, outlet.off.oid, outlet.stateOid]) assert.match(oid, /^1\.3\.6\.1\.4\.1(\.\d+)+\.7$/)
    assert.not.equal(outlet.on, outlet.off)
    assert.ok(outlet.onValues.length > 0 && outlet.offValues.length > 0)
  }
  const eaton = read({ ip: 'x', community: 'c', template: 'eaton_epdu', plug: '7' }).snmp.outlet
  assert.is(eaton.stateOid, '1.3.6.1.4.1.534.6.6.7.6.6.1.2.0.7')
  assert.is(read({ ip: 'x', community: 'c', template: 'apc_rpdu', plug: '7', off_value: '5' }).snmp.outlet.off.value, 5)
})

t('versions and levels', () => {
  const access = (more: Parameters) => read({ ...usual, ...more }).snmp.access
  assert.equal(access({}), { version: '2c', community: 'canary-community' })
  assert.equal(access({ snmp_version: '1' }), { version: '1', community: 'canary-community' })
  const v3 = access(V3)
  assert.equal(v3.version === '3' && [v3.level, v3.auth, v3.priv], ['authPriv', 'SHA', 'AES'])
  const low = access({ ...V3, snmp_priv_passwd: '', snmp_auth_prot: 'sha256' })
  assert.equal(low.version === '3' && [low.level, low.auth], ['authNoPriv', 'SHA256'])
})

t('what cannot be used is refused with a sentence, and no value of a secret is in it', () => {
  refuses(readWish, usual, [
    [{ ip: '' }, /ip, the address of the power switch/],
    [{ ipport: '0' }, /ipport is not/],
    [{ community: '' }, /community is needed/],
    [{ community: '@secret:canary' }, /names a secret/],
    [{ snmp_version: '4' }, /snmp_version is none of/],
    [{ ...V3, username: '', snmp_version: '3' }, /username is needed/],
    [{ ...V3, password: 'canary' }, /password has at least 8/],
    [{ ...V3, password: '@secret:canary' }, /names a secret/],
    [{ ...V3, snmp_priv_passwd: 'canary' }, /snmp_priv_passwd has at least 8/],
    [{ ...V3, snmp_priv_passwd: '', snmp_sec_level: 'authPriv' }, /snmp_priv_passwd has at least 8/],
    [{ ...V3, snmp_auth_prot: 'CRC' }, /snmp_auth_prot is none of/],
    [{ ...V3, snmp_priv_prot: 'ROT13' }, /snmp_priv_prot is none of/],
    [{ ...V3, snmp_priv_passwd_script: '/canary' }, /is not run/],
    [{ template: '../../x' }, /template is none of/],
    [{ state_oid: '' }, /state_oid is needed, or a template/],
    [{ off_value: '' }, /off_value is needed/],
    [{ off_value: '3000000000' }, /off_value is not an integer/],
    [{ off_oid: '1.3.x' }, /off_oid is not an object identifier/],
    [{ off_oid: `${CONTROL}.{plug}`, plug: 'n1' }, /plug is the number/],
    [{ off_oid: `${CONTROL}.{plug}`, plug: '' }, /place for plug, and none/],
    [{ off_oid: `${CONTROL}.{unit}` }, /place for unit, and none/],
    [{ off_oid: `1.3.6.4294967296` }, /not an object identifier/],
    [{ on_values: '1,2' }, /in common/],
  ])
})

t.run()
