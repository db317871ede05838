/**
 * `kyha qdevice`: `serve`, `code` and `forget` on the device's host work on its state directory; `add`, `remove` and `status` on a node of a cluster.
 * Certificates and sockets are loaded when a verb runs.
 */

import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { DEVICE_PORT as devicePort } from '../../../runtime/config/defaults.js'
import type { LinkAddress } from '../../../runtime/config/node.js'
import { clusterId } from '../../../runtime/ids.js'
import { render } from '../../../runtime/text/index.js'
import type { Refusal, Verdict } from '../../../runtime/verdict.js'
import { fingerprint } from '../../../runtime/wire/identity.js'
import { decodeJoinCode, encodeJoinCode } from '../../../runtime/wire/joincode.js'
import { refusalView } from '../../api/refusal.js'
import type { StatusView } from '../../api/views.js'
import { dirDefault, fileTrouble, readNode } from '../../join/layout.js'
import { isRefusal, refuse, shown } from '../../join/names.js'
import { ApiError, call } from '../client.js'
import { witness } from '../render.js'
import { action, type Io, make, type Run, show } from '../run.js'
import { fold } from '../terminal.js'
import { durationOption } from './change.js'

/** Where a device keeps its records unless told otherwise. */
const stateDirDefault = '/var/lib/kyha-qdevice'

function good<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new ApiError(refusalView(value))
  return value
}

/** `[address][:port]`; a device listens on all addresses and one port unless told otherwise. */
export function parseListen(text: string): LinkAddress | Refusal {
  const [all, v6, v6Port, v4, v4Port] = text.match(/^(?:\[([^\]]+)\](?::(\d{1,5}))?|([^:]*)(?::(\d{1,5}))?)$/) ?? []
  const address = isIP(text) === 6 ? text : all ? (v6 ?? (v4 || '0.0.0.0')) : ''
  const port = Number(v6Port ?? v4Port ?? devicePort)
  const good = isIP(address) === (v6 ? 6 : isIP(address) || -1) && port > 0 && port < 65_536
  return good ? { address, port } : refuse('invalid', 'witness.bad-listen', { text: shown(text) })
}

async function serve(run: Run, o: { listen: string; state: string; name: string }): Promise<void> {
  const { DeviceServer } = await import('../../qdevice/server.js')
  const say = ({ severity, key, args }: Verdict): void => {
    const lang = run.terminal.lang
    run.io.err(`${new Date().toISOString()} ${severity} ${render(lang, key, args)}\n`)
  }
  const listen = good(parseListen(o.listen))
  const server = good(await DeviceServer.open({ dir: o.state, name: o.name, listen, nowMs: () => Date.now(), say }))
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve)
  })
  await server.close()
}

/** The first address of this host that others can reach. */
const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flat()
    .find((a) => a && !a.internal && !a.address.startsWith('fe80'))?.address

async function code(run: Run, o: { state: string; for: number; address?: string }): Promise<void> {
  const { readDevice } = await import('../../qdevice/files.js')
  const device = good(readDevice(o.state) ?? refuse('not-found', 'witness.no-device', { dir: o.state }))
  const at = good(o.address === undefined ? (ownAddress() ?? refuse('invalid', 'witness.no-address', {})) : parseListen(o.address))
  const { address, port } = typeof at === 'string' ? { address: at, port: devicePort } : at
  const { giveCode } = await import('../../qdevice/codes.js')
  const given = good(await giveCode(o.state, o.for, Date.now()).catch((e: Error) => fileTrouble(join(o.state, 'codes'), e)))
  const print = fingerprint(device.cert)
  const text = encodeJoinCode({ cluster: clusterId(device.id), fingerprint: print.slice(0, 32), address, port, ...given }, 'device')
  if (run.json)
    return run.io.out(
      `${JSON.stringify({ apiVersion: 'kyha/v1', kind: 'DeviceCode', code: text, address, port, fingerprint: print }, null, 1)}\n`,
    )
  const { lang } = run.terminal
  run.io.out(
    `${fold(run.terminal, render(lang, 'witness.code-given', { minutes: Math.round(o.for / 60_000) }))}\n  kyha qdevice add ${text}\n`,
  )
}

async function forget(run: Run, cluster: string, o: { state: string }): Promise<void> {
  const { forgetCluster } = await import('../../qdevice/server.js')
  const name = good(await forgetCluster(o.state, cluster))
  tell(run, { kind: 'DeviceForgot', cluster, name }, 'witness.forgotten', { name, cluster })
}

async function add(run: Run, text: string, o: { dir: string; name?: string }): Promise<void> {
  const decoded = good(decodeJoinCode(text, 'device'))
  const node = good(await readNode(o.dir))
  const { quorum, nodes } = await call<StatusView>(run.target, '/status')
  const { device: old } = quorum
  const count = nodes.filter((n) => n.votes > 0).length
  if (count > 2) run.io.err(`${fold(run.terminal, render(run.terminal.lang, 'witness.many', { count }))}\n`)
  if (old && old.name !== (o.name ?? old.name)) throw new ApiError(refusalView(refuse('exists', 'witness.second', { witness: old.name })))
  const { enrolCluster } = await import('../../qdevice/add.js')
  const dryRun = run.global.dryRun === true
  const device = good(await enrolCluster({ code: decoded, node, dryRun, ...(o.name === undefined ? {} : { name: o.name }) }))
  const args = { witness: device.name, address: device.address, port: device.port }
  if (!run.json) run.io.out(`${fold(run.terminal, render(run.terminal.lang, dryRun ? 'witness.would-add' : 'witness.added', args))}\n`)
  await make(run, '/quorum/device', { method: 'PUT', json: device })
}

async function remove(run: Run): Promise<void> {
  await make(run, '/quorum/device', { method: 'DELETE' })
}

const tell = (run: Run, value: object, key: Verdict['key'], args: Verdict['args']): void =>
  run.io.out(
    run.json
      ? `${JSON.stringify({ apiVersion: 'kyha/v1', ...value }, null, 1)}\n`
      : `${fold(run.terminal, render(run.terminal.lang, key, args))}\n`,
  )

export function qdeviceCommands(program: Command, io: Io): void {
  const qdevice = program.command('qdevice').description('the quorum device: a third host that says which of two nodes may go on alone')
  const state = (command: Command): Command => command.option('--state <path>', 'the device’s directory', stateDirDefault)
  qdevice
    .command('status', { isDefault: true })
    .description('which device this cluster asks, and when it last answered')
    .action(action(io, async (run) => void (await show<StatusView>(run, '/status', witness))))
  state(qdevice.command('serve'))
    .description('be a quorum device on this host, for any number of clusters')
    .option('--listen <address>', 'where to listen: 0.0.0.0:5409, 10.9.0.9, [fd00::9]:5409', `0.0.0.0:${devicePort}`)
    .option(
      '--name <name>',
      'the device’s name, when it is made',
      hostname()
        .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
        .slice(0, 60) || 'qdevice',
    )
    .action(action(io, serve))
  state(qdevice.command('code'))
    .description('make a code that enrolls one cluster (on the device’s host)')
    .option('--for <duration>', 'how long the code is good', durationOption, 30 * 60_000)
    .option('--address <address>', 'where the cluster’s nodes reach this device: ADDRESS[:PORT]')
    .action(action(io, code))
  state(qdevice.command('forget <cluster>'))
    .description('remove a cluster and its record (the device must not run)')
    .action(action(io, forget))
  qdevice
    .command('add <code>')
    .description('enroll this cluster at a quorum device, and use it')
    .option('--dir <path>', 'where its files are', dirDefault)
    .option('--name <name>', 'what the configuration calls it')
    .action(action(io, add))
  qdevice.command('remove').description('use no quorum device any more').action(action(io, remove))
}
