/**
 * The fence agent `fence_kyha_ipmi` and the client under it against real parts: the same cases over OpenIPMI's simulator (cipher suite 3, all that
 * it has) and over the BMC of unit/ipmi/double.ts (3 and 17), with `ipmitool` looking after each action. And through the guard, as kyhad does it.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSession, powerOffConfirmed, powerOnConfirmed } from 'node-ipmi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fenceOp } from '../../actors/fencer/topology.js'
import { resolveArgv0 } from '../../agents/contract.js'
import type { FenceDoc } from '../../runtime/config/document.js'
import { token } from '../../runtime/ids.js'
import { fenceDir } from '../../runtime/paths.js'
import { type Need, program, when } from '../needs.js'
import { freePort } from '../ports.js'
import { Bmc } from '../unit/ipmi/double.js'
import { Relay } from '../unit/ipmi/relay.js'
import { cannot, RealGuard } from './guard.harness.js'
import { type Account, dirs, environment, fence, ipmitool, PASSWORD, parametersOf, Simulator } from './ipmi.harness.js'

const t = suite('ipmi')
const path = resolveArgv0('fence_kyha_ipmi', dirs) ?? ''
interface Machine extends Account {
  readonly power: 'on' | 'off'
  close(): void | Promise<void>
}
interface Kind {
  readonly name: string
  readonly cipher: 3 | 17
  readonly need: Need
  /** Gives every user any level. */
  readonly lax?: true
  start(): Promise<Machine>
}
const double = async (): Promise<Machine> => {
  const users = { admin: { password: PASSWORD, privilege: 4 }, watcher: { password: PASSWORD, privilege: 2 } }
  return Object.assign(await Bmc.start({ users }), { username: 'admin', password: PASSWORD })
}
const kinds: readonly Kind[] = [
  { name: 'ipmi_sim, cipher suite 3', cipher: 3, need: program('ipmi_sim'), lax: true, start: () => Simulator.start() },
  { name: 'own BMC, cipher suite 3', cipher: 3, need: undefined, start: double },
  { name: 'own BMC, cipher suite 17', cipher: 17, need: undefined, start: double },
]

for (const kind of kinds) {
  const check = when(t, kind.need)
  const on = async (body: (m: Machine) => Promise<void>): Promise<void> => {
    const machine = await kind.start()
    try {
      await body(machine)
    } finally {
      await machine.close()
    }
  }
  const options = (m: Account) => ({ host: '127.0.0.1', port: m.port, username: m.username, password: m.password, suites: [kind.cipher] })

  check(`${kind.name}: exit codes and what they say are true`, () =>
    on(async (m) => {
      const act = (action: string): Promise<{ code: number; out: string; err: string }> =>
        fence(path, { ...parametersOf(m), cipher: String(kind.cipher), action })
      const steps: readonly (readonly [string, number, 'on' | 'off'])[] = [
        ['status', 0, 'on'],
        ['on', 0, 'on'],
        ['off', 0, 'off'],
        ['status', 2, 'off'],
        ['monitor', 0, 'off'],
        ['off', 0, 'off'],
        ['on', 0, 'on'],
        ['status', 0, 'on'],
        ['reboot', 0, 'on'],
      ]
      for (const [action, code, power] of steps) {
        const got = await act(action)
        assert.equal([action, got.code, got.err], [action, code, ''])
        assert.is(m.power, power, action)
      }
    }),
  )

  check(`${kind.name}: wrong user, password, rights and port are failures with a sentence`, () =>
    on(async (m) => {
      const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
        [{ username: 'nobody' }, /does not know user "nobody"/],
        [{ password: 'wrong-secret' }, /password of user "admin" is not the one/],
        ...(kind.lax ? [] : [[{ username: 'watcher' }, /does not give user "watcher" the privilege level/] as const]),
        [{ username: 'watcher', privlvl: 'user' }, /its privilege level is too low/],
        [{ hexadecimal_kg: '00112233' }, /K_G key is wrong/],
        [{ ipport: String(await freePort()) }, /nothing listens there/],
        [{ login_timeout: 'soon' }, /login_timeout is not a number of seconds/],
      ]
      for (const [change, says] of cases) {
        const got = await fence(path, { ...parametersOf(m), cipher: String(kind.cipher), action: 'off', ...change })
        assert.is(got.code, 1, JSON.stringify(change))
        assert.match(got.err, says)
        assert.is(got.err.trim().split('\n').length, 1)
        assert.not.match(got.err + got.out, /canary|wrong-secret/)
      }
      assert.is(m.power, 'on')
    }),
  )

  when(
    t,
    kind.need,
    program('ipmitool'),
  )(`${kind.name}: ipmitool and the client see the same, whoever switched`, () =>
    on(async (m) => {
      const status = (): Promise<string> => ipmitool(m, kind.cipher, 'power', 'status')
      const session = await openSession(options(m), 10_000)
      assert.is(await status(), 'Chassis Power is on')
      await powerOffConfirmed(session, 10_000)
      assert.is(await status(), 'Chassis Power is off')
      await powerOnConfirmed(session, 10_000)
      assert.is(await status(), 'Chassis Power is on')
      assert.match(await ipmitool(m, kind.cipher, 'power', 'off'), /Down\/Off/)
      assert.is((await fence(path, { ...parametersOf(m), action: 'status' })).code, 2)
      assert.match(await ipmitool(m, kind.cipher, 'power', 'on'), /Up\/On/)
      assert.is((await fence(path, { ...parametersOf(m), action: 'status' })).code, 0)
      await session.close()
    }),
  )

  check(`${kind.name}: over a network that loses, repeats and delays`, () =>
    on(async (m) => {
      for (let seed = 0; seed < 3; seed++) {
        const relay = await Relay.start(m.port, (way, n) => {
          const draw = (n * 7919 + seed * 104_729 + (way === 'there' ? 13 : 0)) % 16
          return draw < 3 ? [] : draw < 6 ? [5 * draw] : draw < 8 ? [0, 40] : [0]
        })
        const session = await openSession({ ...options(m), port: relay.port, retryMs: 50 }, 30_000)
        await powerOffConfirmed(session, 30_000)
        assert.is(m.power, 'off')
        await sleep(200) // an order that was repeated and is still on its way is carried out again when it comes
        await powerOnConfirmed(session, 30_000)
        await sleep(200)
        assert.is(m.power, 'on')
        await session.close(1000)
        relay.close()
      }
    }),
  )
}

t('a BMC that is silent, or takes orders and does nothing, is a failure within its limits', async () => {
  const silent = await Bmc.start({ deaf: [0x10] })
  const stuck = await Bmc.start({ stuck: true })
  const limits = { login_timeout: '0.3', power_timeout: '0.3', action: 'off' }
  const account = { username: 'admin', password: PASSWORD }
  const [a, b] = await Promise.all([silent, stuck].map((m) => fence(path, { ...parametersOf({ ...account, port: m.port }), ...limits })))
  assert.equal([a?.code, b?.code], [1, 1])
  assert.match(a?.err ?? '', /no answer from a BMC at 127\.0\.0\.1/)
  assert.match(b?.err ?? '', /took the order, but the power is still on/)
  silent.close()
  stuck.close()
})

t('meta-data, list and validate-all ask no BMC', async () => {
  assert.match((await fence(path, { action: 'metadata' })).out, /<resource-agent name="fence_kyha_ipmi"/)
  const there = { ip: '127.0.0.1', ipport: String(await freePort()) }
  assert.is((await fence(path, { ...there, action: 'list' })).out, 'N/A\n')
  assert.is((await fence(path, { ...there, action: 'validate-all' })).code, 0)
  assert.is((await fence(path, { action: 'validate-all' })).code, 1)
})

const guardOptions = { cgroup: 'auto', args: ['--agents', join(fenceDir, 'fence_*')] }
when(t, await cannot(guardOptions))('through the guard, with what the fencer makes of a device', async () => {
  const bmc = await Bmc.start()
  const guard = new RealGuard(guardOptions)
  const life = await guard.open()
  const device: FenceDoc = {
    name: 'bmc',
    agent: 'fence_kyha_ipmi',
    params: { ...parametersOf({ port: bmc.port, username: 'admin', password: PASSWORD }) },
    hosts: { n1: '' },
    level: 1,
    timeoutMs: 20_000,
    delayMs: 0,
  }
  for (const [action, rc, power] of [['off', 0, 'off'] as const, ['status', 2, 'off'] as const, ['on', 0, 'on'] as const]) {
    const op = fenceOp(device, 'n1', action, `1.${rc}.${action}`)
    if ('problem' in op) throw new Error(op.problem)
    life.guard.run({ ...op, argv: [path], env: environment }, token(0))
    const result = await life.result(op.id)
    assert.equal([result.end, result.rc, result.stderr], ['exited', rc, ''])
    assert.is(bmc.power, power)
  }
  await guard.close()
  bmc.close()
})

t.run()
