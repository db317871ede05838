/**
 * Environment of the thread tests: scripted actors of every kind, a store in memory, a beat socket that nobody hears, and a console that passes on
 * what it is told over a BroadcastChannel, and hands in what comes from there.
 */
import { BroadcastChannel } from 'node:worker_threads'
import type { Address, JobKind, Msg } from '../../runtime/actor.js'
import { aliveWriter } from '../../runtime/host/alive.js'
import type { Environment, MakeEnvironment } from '../../runtime/host/environment.js'
import type { AnyActor } from '../../runtime/host/registry.js'
import type { StartService } from '../../runtime/host/service.js'
import type { Datagrams, Streams } from '../../runtime/ports.js'
import { FakeStore } from './host.group.js'
import { scripted } from './host.script.js'

/** On the channel: from the console outwards, and orders to it. */
export type Heard = { readonly heard: Msg; readonly from: Address }
export type Order =
  | { readonly send: Msg; readonly to: Address }
  | { readonly inspect: Msg; readonly id: number }
  | { readonly job: string; readonly args: unknown; readonly limitMs: number; readonly id: number }
  | { readonly throw: string }
export type Answer = { readonly id: number; readonly ok: boolean; readonly value: unknown }

const console: StartService = async (context) => {
  const name = String(context.node.settings['channel'])
  if (context.node.settings['broken'] === true) throw new Error('the console cannot start')
  const channel = new BroadcastChannel(name)
  channel.onmessage = (event: unknown) => {
    const order = (event as { data: Order }).data
    if ('send' in order) context.send(order.to, order.send)
    if ('throw' in order) throw new Error(order.throw)
    if (!('id' in order)) return
    const answer = (ok: boolean, value: unknown): void => channel.postMessage({ id: order.id, ok, value } satisfies Answer)
    if ('job' in order)
      void context.job(order.job as JobKind, order.args, order.limitMs).then((done) => answer(done.ok, done.ok ? done.value : done.refused))
    if ('inspect' in order) {
      context.inspect(order.inspect as never).then(
        (value) => answer(true, value),
        (error: Error) => answer(false, error.message),
      )
    }
  }
  channel.postMessage({ heard: { type: 'console-up' }, from: { path: '' } } satisfies Heard)
  return {
    receive: (msg, from) => channel.postMessage({ heard: msg, from } satisfies Heard),
    stop: async () => channel.close(),
  }
}

/** A service that nobody here asks anything. */
const idle: StartService = async () => ({ receive: () => undefined, stop: async () => undefined })

const datagrams = (): Datagrams => ({
  send: () => undefined,
  presign: () => ({ address: '127.0.0.1', port: 9, frames: [new Uint8Array(108)] }),
  setPeers: () => undefined,
  counters: { sent: 0, received: 0, tooShort: 0, foreign: 0, badMac: 0, replayed: 0, tooNew: 0, unreadable: 0, sendErrors: 0 },
  close: () => undefined,
})
const streams = (): Streams => ({ send: () => undefined, setPeers: () => undefined, state: () => [], close: () => undefined })

export const environment: MakeEnvironment = async (thread): Promise<Environment> => ({
  registry: async (kind): Promise<AnyActor> => scripted(kind),
  ...(thread === 'beat' ? { openDatagrams: datagrams, alive: aliveWriter() } : {}),
  ...(thread === 'core' ? { openStreams: streams, openStore: async () => new FakeStore([]) } : {}),
  ...(thread === 'console' || thread === 'core' ? { service: async (path: string) => (path === 'console' ? console : idle) } : {}),
})
