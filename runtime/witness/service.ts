/**
 * The service `witness` of kyhad, on the core thread: carries what the log asks to the quorum device that the configuration names (`quorum.device`),
 * and its answers back. It decides nothing, and answers nothing that a device did not say: without one, or with another name, an ask stays without an
 * answer and the log asks again. What the configuration says it hears from the log every five seconds, and at once when an ask names what it does not know.
 */
import { readFileSync } from 'node:fs'
import type { WitnessAsk, WitnessTold } from '../../actors/log/messages.js'
import type { Address, Msg } from '../actor.js'
import type { ConfigDoc, DeviceDoc } from '../config/document.js'
import type { Service, ServiceContext, StartService } from '../host/service.js'
import { elapsed } from '../time.js'
import { verdict } from '../verdict.js'
import { rarely } from '../wire/quiet.js'
import { DeviceClient } from './client.js'
import type { WitnessStatus } from './messages.js'
import type { Told } from './protocol.js'

const learnMs = 5000

export const startWitness: StartService = async (context) => {
  const { node, boot, now } = context
  const { ca, cert, key } = node.tls
  const tls = { ca: readFileSync(ca, 'utf8'), cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  const say = rarely(now, context.say)
  let device: DeviceDoc | undefined
  let client: DeviceClient | undefined

  const learn = (): void => context.send({ path: 'log' }, { type: 'hello' })
  const status = (): void => context.send({ path: 'console' }, statusOf(device, client, context), 'bulk')
  const use = (next: DeviceDoc | undefined): void => {
    if (JSON.stringify(next) === JSON.stringify(device)) return
    client?.close()
    device = next
    client =
      next &&
      new DeviceClient({
        device: next,
        cluster: boot.cluster,
        tls,
        links: node.links.map((link) => link.address),
        now,
        told: (ask, answer) => context.send({ path: 'log' }, toldOf(ask, answer)),
        changed: status,
        say: context.say,
      })
    status()
  }
  const timer = setInterval(learn, learnMs)
  learn()
  return {
    receive(msg: Msg, from: Address) {
      if (from.node !== undefined && from.node !== boot.node) return
      if (msg.type === 'state') use((msg as Msg & { state: { config: ConfigDoc } }).state.config.quorum?.device)
      if (msg.type === 'hello') status()
      if (msg.type !== 'witness-ask') return
      const ask = msg as WitnessAsk
      if (client && device?.name === ask.witness) return client.ask(ask)
      learn()
      say(verdict('refuse', 'witness.unknown', { witness: ask.witness, known: device?.name ?? '-' }, 'warning'), ask.witness)
    },
    async stop() {
      clearInterval(timer)
      client?.close()
    },
  } satisfies Service
}

const toldOf = ({ ask, witness, epoch }: WitnessAsk, { ok, record }: Told): WitnessTold => ({
  type: 'witness-told',
  ask,
  witness,
  epoch,
  ok,
  ...(record ? { record } : {}),
})

function statusOf(device: DeviceDoc | undefined, client: DeviceClient | undefined, { now }: ServiceContext): WitnessStatus {
  if (!device || !client) return { type: 'witness-status', connected: false, because: verdict('show', 'witness.none') }
  const { connected, answeredMs, record, because } = client.state
  return {
    type: 'witness-status',
    name: device.name,
    address: `${device.address.includes(':') ? `[${device.address}]` : device.address}:${device.port}`,
    connected,
    ...(answeredMs === undefined ? {} : { answeredAgoMs: elapsed(answeredMs, now()) }),
    ...(record ? { record } : {}),
    because,
  }
}
