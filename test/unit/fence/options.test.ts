/** What all fence agents of kyha say of themselves, and what `fence_kyha_redfish` is told; the templates in the README are whole. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseMetadata } from '../../../agents/contract.js'
import { metadata as httpsMetadata } from '../../../agents/fence/https/metadata.js'
import { readWish as readHttps } from '../../../agents/fence/https/options.js'
import type { Given, Refused, Wish } from '../../../agents/fence/options.js'
import { metadata as redfishMetadata } from '../../../agents/fence/redfish/metadata.js'
import { type RedfishWish, readWish as readRedfish } from '../../../agents/fence/redfish/options.js'
import { metadata as snmpMetadata } from '../../../agents/fence/snmp/metadata.js'
import { readWish as readSnmp } from '../../../agents/fence/snmp/options.js'
import { retryAfter } from '../../../agents/fence/web.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { fenceDir } from '../../../runtime/paths.js'
import { refuses, wishOf } from './help.js'

const t = suite('fence agents: parameters')

interface Kind {
  readonly metadata: () => string
  readonly read: (given: Given) => Wish | Refused
  /** Parameters with which all others are asked for. */
  readonly given: readonly Readonly<Record<string, string>>[]
}
const urls = { on_url: 'https://h/', off_url: 'https://h/', status_url: 'https://h/', on_values: 'a', off_values: 'b' }
const v3 = { ip: 'x', template: 'apc_rpdu', plug: '1', username: 'u', password: 'long-enough', snmp_priv_passwd: 'long-enough' }
const kinds: Readonly<Record<string, Kind>> = {
  redfish: { metadata: redfishMetadata, read: readRedfish, given: [{ ip: 'x' }] },
  https: {
    metadata: httpsMetadata,
    read: readHttps,
    given: [urls, { ...urls, auth: 'basic', username: 'u' }, { ...urls, auth: 'header', token: 't', auth_header: 'X' }],
  },
  snmp: { metadata: snmpMetadata, read: readSnmp, given: [v3, { ip: 'x', template: 'eaton_epdu', plug: '1', community: 'c' }] },
}
const old = ['option', 'ipaddr', 'login', 'passwd', 'port', 'redfish-uri', 'systems-uri', 'nodename']
const scripts = ['password_script', 'passwd_script', 'snmp_priv_passwd_script']

for (const [name, { metadata, read, given }] of Object.entries(kinds))
  t(`${name}: meta-data has every parameter that is read, in English and Chinese`, () => {
    const info = parseMetadata(metadata())
    if ('problem' in info) throw new Error(info.problem)
    assert.is(info.name, `fence_kyha_${name}`)
    const asked = new Set<string>()
    for (const parameters of given) {
      const table = new Map(Object.entries({ ...parameters, action: 'reboot' }))
      const get = table.get.bind(table)
      table.get = (key) => {
        asked.add(key)
        return get(key)
      }
      const wish = read(table)
      assert.not.ok('problem' in wish, JSON.stringify(wish))
    }
    assert.equal([...asked].filter((n) => ![...old, ...scripts].includes(n)).sort(), info.parameters.map((p) => p.name).sort())
    for (const d of [info.short, info.long, ...info.parameters.map((p) => p.short)]) assert.ok(d.en && d.zh, JSON.stringify(d))
    for (const action of ['on', 'off', 'reboot', 'status', 'monitor', 'metadata', 'validate-all'])
      assert.ok(
        info.actions.some((a) => a.name === action),
        action,
      )
  })

t('redfish: what kyhad sends, defaults, old names', () => {
  const read = (more: Readonly<Record<string, string>>): RedfishWish => wishOf(readRedfish, more)
  const plain = read({ ip: '10.9.0.1', username: 'admin', password: 'p', nodename: 'n1', port: 'n1', plug: 'n1', action: 'off' })
  assert.equal(plain.redfish, {
    origin: 'https://10.9.0.1:443',
    username: 'admin',
    password: 'p',
    auth: 'basic',
    root: '/redfish/v1/',
    plug: 'n1',
    named: false,
    trust: { insecure: false },
  })
  assert.equal([plain.action, plain.loginMs, plain.shellMs, plain.powerMs], ['off', 10_000, 5000, 20_000])
  const more = read({
    ipaddr: '::1',
    ipport: '8443',
    login: 'a',
    passwd: 'b',
    plug: 'blade3',
    nodename: 'n1',
    systems_uri: '/x',
    ssl_insecure: '1',
    ssl: '1',
  })
  assert.equal([more.redfish.origin, more.redfish.named, more.redfish.system], ['https://[::1]:8443', true, '/x'])
  assert.equal(more.redfish.trust, { insecure: true })
})

t('redfish: what cannot be used is refused with a sentence, and no value of a secret is in it', () => {
  refuses(readRedfish, { ip: '10.9.0.1', action: 'off' }, [
    [{ ip: '' }, /ip, the address of the management card/],
    [{ ip: 'a b' }, /ip is neither/],
    [{ ip: 'fe80::1%eth0' }, /ip is neither/],
    [{ ipport: '0' }, /ipport is not/],
    [{ ssl: '0' }, /ssl=0 would send the password in the clear/],
    [{ username: 'a:canary' }, /colon/],
    [{ password: '@secret:canary' }, /names a secret/],
    [{ auth: 'digest' }, /auth is none of basic, session/],
    [{ systems_uri: 'https://canary/' }, /systems_uri is not a path/],
    [{ systems_uri: '//canary/' }, /systems_uri is not a path/],
    [{ redfish_uri: 'redfish' }, /redfish_uri is not a path/],
    [{ ssl_insecure: '1', ssl_name: 'x' }, /have no place beside it/],
    [{ ca: 'canary.pem' }, /not an absolute path/],
    [{ ca: '/' }, /not a file/],
    [{ ssl_name: 'a b' }, /ssl_name is not/],
    [{ action: 'reboot', method: 'cycle' }, /method is onoff/],
    [{ action: 'melt' }, /action is none of/],
  ])
})

t('Retry-After: seconds or a date, never longer than a minute', () => {
  const today = Date.UTC(2026, 0, 1)
  const cases = [
    '3',
    '0',
    '999999',
    '-1',
    'soon',
    '',
    new Date(today + 5000).toUTCString(),
    new Date(today - 5000).toUTCString(),
    undefined,
  ]
  assert.equal(
    cases.map((text) => retryAfter(text, today)),
    [3000, 0, 60_000, 0, undefined, undefined, 5000, 0, undefined],
  )
})

t('the templates in the README of fence_kyha_https are devices that the configuration and the agent take', () => {
  const text = readFileSync(join(fenceDir, 'https', 'README.md'), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1] ?? '')
  assert.is(blocks.length, 3)
  for (const block of blocks) {
    assert.match(block, /# template, not certified/)
    const parsed = parseConfig(`apiVersion: kyha/v1\nname: shop\n${block}`, ['n1', 'n2'])
    if (!parsed.ok) throw new Error(JSON.stringify(parsed))
    for (const device of parsed.doc.fencing)
      for (const plug of Object.values(device.hosts)) {
        const given = { ...device.params, token: 'x', ...(device.params['password'] && { password: 'x', token: '' }) }
        const wish = readHttps(new Map(Object.entries({ ...given, ca: '', plug, action: 'validate-all' })))
        assert.not.ok('problem' in wish, JSON.stringify(wish))
      }
  }
})

t.run()
