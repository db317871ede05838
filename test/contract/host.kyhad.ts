/**
 * kyhad for the tests of faults: started by the real guard, its beat thread is the product's, its other actors are scripted (host.mixed.ts). It tells
 * a test over a socket, in lines of JSON, what it hears and what lives it has, and does what the test orders.
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { BroadcastChannel } from 'node:worker_threads'
import { connectGuard } from '../../runtime/guard/client.js'
import { NodeHost } from '../../runtime/host/node.js'
import type { GuardEvents } from '../../runtime/ports.js'
import type { Thread } from '../../runtime/tree.js'
import { facts } from './host.group.js'
import type { Heard, Order } from './host.world.js'

const env = (name: string): string => process.env[name] ?? ''
const socket = connect(env('KYHA_TEST_SOCKET'))
const tell = (event: string, value: unknown): void => void socket.write(`${JSON.stringify({ event, value })}\n`)
const name = `kyha-faults-${process.pid}`
const channel = new BroadcastChannel(name)
channel.onmessage = (event: unknown) => {
  const { data } = event as { data: Heard }
  if ('heard' in data) tell('heard', data)
}

let host: NodeHost | undefined
const events: GuardEvents = {
  onResult: (result) => {
    tell('result', result)
    host?.guardEvents.onResult(result)
  },
  onDeath: (death) => {
    tell('death', death)
    host?.guardEvents.onDeath(death)
  },
  onInventory: (inventory) => {
    tell('inventory', inventory)
    host?.guardEvents.onInventory(inventory)
  },
  onLease: () => undefined,
  onLeave: () => undefined,
  onGone: () => process.kill(process.pid, 'SIGKILL'),
}
const guard = await connectGuard(Number(env('KYHA_GUARD_FD')), events)
const base = facts(env('KYHA_TEST_DIR'))
const own = { address: '127.0.0.1', port: Number(env('KYHA_TEST_PORT')) }
const { boot, counter } = guard.hello
host = new NodeHost({
  facts: {
    ...base,
    boot: { ...base.boot, incarnation: { boot, counter } },
    node: { ...base.node, links: [own], keyFile: env('KYHA_TEST_KEY'), settings: { channel: name } },
    guard: guard.hello,
  },
  args: {},
  guard,
  complete: (op) => op,
  logTo: 2,
  environment: new URL('./host.mixed.js', import.meta.url).href,
  jobs: new URL('./host.jobs.js', import.meta.url).href,
})
const running = host
tell('hello', { hello: guard.hello, pid: process.pid })

createInterface(socket).on('line', (line) => {
  const order = JSON.parse(line) as { order?: Order; crash?: Thread; lives?: true; call?: string; args?: never[] }
  if (order.order) channel.postMessage(order.order)
  else if (order.crash) running.crash(order.crash)
  else if (order.lives)
    running.inspect({ type: 'actors' }).then(
      (actors) => tell('lives', actors),
      () => tell('lives', []), // a thread ended before it answered
    )
  else if (order.call) (guard[order.call as 'run'] as (...a: never[]) => void)(...(order.args ?? []))
})

const { told } = await host.ended
process.exit(told ? 0 : 70)
