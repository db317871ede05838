/**
 * kyha's fence agents for Redfish, HTTPS and SNMP as programs: parameters on stdin, exit codes, one line on stderr; with servers over real HTTPS and with
 * Debian's snmpd. And through the guard, as kyhad runs them. (IPMI: ipmi.test.ts.)
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fenceOp } from '../../actors/fencer/topology.js'
import { resolveArgv0 } from '../../agents/contract.js'
import type { FenceDoc } from '../../runtime/config/document.js'
import { token } from '../../runtime/ids.js'
import { fenceDir } from '../../runtime/paths.js'
import { program, when } from '../needs.js'
import { Card, type Habits, USER } from '../unit/fence/redfish.js'
import { caFile, Station } from '../unit/fence/station.js'
import { cannot, RealGuard } from './guard.harness.js'
import { dirs, environment, fence, run } from './ipmi.harness.js'
import { COMMUNITY, PowerSwitch, V3 } from './snmp.harness.js'

const t = suite('fence agents')
type Parameters = Readonly<Record<string, string>>
const pathOf = (agent: string): string => resolveArgv0(agent, dirs) ?? ''

interface Device {
  readonly params: Parameters
  power(): 'on' | 'off'
  close(): void | Promise<void>
}
interface Kind {
  readonly agent: string
  readonly plug: string
  start(): Promise<Device>
  /** Changes of the parameters that make every action a failure, and what is said. */
  readonly wrong: readonly (readonly [Parameters, RegExp])[]
}

/** An IP power strip: PUT /outlets {"outlet": 2, "on": false}, GET /outlets/2. */
async function strip(): Promise<Device> {
  const outlets = new Map([[2, true]])
  const station = await Station.start(({ method, path, headers, body }) => {
    if (headers['x-key'] !== 'canary-key') return { status: 401, body: headers }
    if (method === 'PUT') {
      const { outlet, on } = JSON.parse(body) as { outlet: number; on: boolean }
      if (outlets.has(outlet)) outlets.set(outlet, on)
      return { status: 204 }
    }
    return { status: 200, body: { on: outlets.get(Number(path.split('/')[2])) } }
  })
  const base = `https://127.0.0.1:${station.port}/outlets`
  const bodies = { off_body: '{"outlet":"{plug:number}","on":false}', on_body: '{"outlet":"{plug:number}","on":true}' }
  const urls = { off_url: base, on_url: base, off_method: 'PUT', on_method: 'PUT', status_url: `${base}/{plug}`, state_path: '/on' }
  const who = { auth: 'header', auth_header: 'X-Key', token: 'canary-key', ca: caFile }
  return {
    params: { ...urls, ...bodies, ...who, on_values: 'true', off_values: 'false' },
    power: () => (outlets.get(2) ? 'on' : 'off'),
    close: () => station.close(),
  }
}
async function card(auth: string): Promise<Device> {
  const it = await Card.start({ noBasic: auth === 'session' })
  return {
    params: { ip: '127.0.0.1', ipport: String(it.port), ...USER, auth, ca: caFile },
    power: () => it.state,
    close: () => it.close(),
  }
}
async function snmpd(access: Parameters): Promise<Device> {
  const it = await PowerSwitch.start()
  return {
    params: { ip: '127.0.0.1', ipport: String(it.port), template: 'apc_rpdu', ...access },
    power: () => it.power(2),
    close: () => it.close(),
  }
}
const noTrust: readonly [Parameters, RegExp] = [{ ca: '' }, /certificate that nobody trusted here signed/]
const https: readonly Kind[] = [
  ...['basic', 'session'].map((auth) => ({
    agent: 'fence_kyha_redfish',
    plug: 'n1',
    start: () => card(auth),
    wrong: [noTrust, [{ password: 'wrong-canary' }, /does not let this user in/], [{ plug: 'blade7' }, /no system of the name/]] as const,
  })),
  {
    agent: 'fence_kyha_https',
    plug: '2',
    start: strip,
    wrong: [noTrust, [{ token: 'wrong-canary' }, /does not let this user in/], [{ plug: '9', power_timeout: '0.3' }, /not in the answer/]],
  },
]
const v3 = { ...V3, snmp_auth_prot: 'SHA256' }
const brief = { shell_timeout: '0.5', power_timeout: '0.5' }
const snmp: readonly Kind[] = [
  ...['1', '2c'].map((snmp_version) => ({
    agent: 'fence_kyha_snmp',
    plug: '2',
    start: () => snmpd({ snmp_version, community: COMMUNITY }),
    wrong: [
      [{ community: 'wrong-canary', ...brief }, /gives no answer/],
      [{ community: 'watcher' }, /does not allow|does not let/],
      [{ plug: '9' }, /knows no such variable/],
    ] as const,
  })),
  {
    agent: 'fence_kyha_snmp',
    plug: '2',
    start: () => snmpd(v3),
    wrong: [
      [{ password: 'wrong-canary', ...brief }, /answer that is not good|gives no answer/],
      [{ username: 'nobody', ...brief }, /answer that is not good|gives no answer/],
      [{ snmp_priv_passwd: 'wrong-canary', ...brief }, /answer that is not good|gives no answer/],
      [{ username: 'watcher' }, /does not allow/],
      [{ snmp_sec_level: 'authNoPriv' }, /does not allow/],
    ],
  },
]

for (const kind of [...https, ...snmp]) {
  const need = kind.agent === 'fence_kyha_snmp' ? program('snmpd') : undefined
  const on = async (
    body: (d: Device, act: (action: string, more?: Parameters) => ReturnType<typeof fence>) => Promise<void>,
  ): Promise<void> => {
    const device = await kind.start()
    const act = (action: string, more: Parameters = {}): ReturnType<typeof fence> =>
      fence(pathOf(kind.agent), { ...device.params, nodename: 'n1', plug: kind.plug, ...more, action })
    try {
      await body(device, act)
    } finally {
      await device.close()
    }
  }
  const name = `${kind.agent} (${https.includes(kind) ? 'https' : 'snmpd'} ${[...https, ...snmp].indexOf(kind)})`

  when(t, need)(`${name}: exit codes and what they say are true`, () =>
    on(async (device, act) => {
      const steps: readonly (readonly [string, number, 'on' | 'off'])[] = [
        ['status', 0, 'on'],
        ['off', 0, 'off'],
        ['status', 2, 'off'],
        ['monitor', 0, 'off'],
        ['off', 0, 'off'],
        ['on', 0, 'on'],
        ['reboot', 0, 'on'],
      ]
      for (const [action, code, power] of steps) {
        const got = await act(action)
        assert.equal([action, got.code, got.err], [action, code, ''])
        assert.is(device.power(), power, action)
      }
    }),
  )

  when(t, need)(`${name}: what is wrong is a failure with a sentence and without a secret`, () =>
    on(async (device, act) => {
      for (const [change, says] of kind.wrong) {
        const got = await act('off', change)
        assert.is(got.code, 1, JSON.stringify(change))
        assert.match(got.err, says)
        assert.is(got.err.trim().split('\n').length, 1)
        assert.not.match(got.err + got.out, /canary/)
      }
      assert.is(device.power(), 'on')
    }),
  )
}

t('reboot is off, confirmed, then on: a failure where it was not off, and none where it only does not come on', async () => {
  const reboot = async (habits: Habits): Promise<{ readonly code: number; readonly err: string; readonly state: string }> => {
    const it = await Card.start(habits)
    const { code, err } = await fence(pathOf('fence_kyha_redfish'), {
      ...{ ip: '127.0.0.1', ipport: String(it.port), ...USER, ca: caFile },
      power_timeout: '1',
      action: 'reboot',
    })
    it.close()
    return { code, err, state: it.state }
  }
  const stuck = await reboot({ stuck: true })
  assert.equal([stuck.code, stuck.state], [1, 'on'])
  assert.match(stuck.err, /the power is still on/)
  const dead = await reboot({ allowed: ['ForceOff'] })
  assert.equal([dead.code, dead.state], [0, 'off'])
  assert.match(dead.err, /it was off, but does not come on: .*allows no reset of the kind On/)
})

t('meta-data, list and validate-all ask nobody; a wrong parameter is one line', async () => {
  for (const agent of ['fence_kyha_redfish', 'fence_kyha_https', 'fence_kyha_snmp']) {
    assert.match((await fence(pathOf(agent), { action: 'metadata' })).out, new RegExp(`<resource-agent name="${agent}"`))
    assert.match((await run(pathOf(agent), ['-o', 'metadata'], environment)).out, /<\/resource-agent>/)
    const nothing = await fence(pathOf(agent), { action: 'off' })
    assert.is(nothing.code, 1)
    assert.match(nothing.err, new RegExp(`^${agent}: [^\n]{10,300}\n$`))
  }
  const { params, close } = await card('basic')
  await close()
  assert.is((await fence(pathOf('fence_kyha_redfish'), { ...params, action: 'list' })).out, 'N/A\n')
  assert.is((await fence(pathOf('fence_kyha_redfish'), { ...params, action: 'validate-all' })).code, 0)
})

const guardOptions = { cgroup: 'auto', args: ['--agents', join(fenceDir, 'fence_*')] }
when(t, await cannot(guardOptions))('through the guard, with what the fencer makes of a device', async () => {
  const guard = new RealGuard(guardOptions)
  const life = await guard.open()
  for (const kind of https.slice(1)) {
    const machine = await kind.start()
    const device: FenceDoc = {
      name: 'device',
      agent: kind.agent,
      params: machine.params,
      hosts: { n1: kind.plug },
      level: 1,
      timeoutMs: 20_000,
      delayMs: 0,
    }
    for (const [action, rc, power] of [['off', 0, 'off'] as const, ['status', 2, 'off'] as const, ['on', 0, 'on'] as const]) {
      const op = fenceOp(device, 'n1', action, `1.${rc}.${action}.${kind.agent}`)
      if ('problem' in op) throw new Error(op.problem)
      life.guard.run({ ...op, argv: [pathOf(kind.agent)], env: environment }, token(0))
      const result = await life.result(op.id)
      assert.equal([result.end, result.rc, result.stderr], ['exited', rc, ''])
      assert.is(machine.power(), power)
    }
    await machine.close()
  }
  await guard.close()
})

t.run()
