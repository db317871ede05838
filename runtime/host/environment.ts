/**
 * What a thread opens and loads in production. The one seam of the worker host: tests give a module of their own (with actors and ports that
 * fit in one process) by its URL. A thread imports only what runs in it.
 */
import { readFileSync } from 'node:fs'
import type { Instant, NodeId } from '../actor.js'
import { assert } from '../assert.js'
import { readJoining, withJoining } from '../config/joining.js'
import type { DiskSetting, Disks } from '../disk/disks.js'
import { nodeId } from '../ids.js'
import type { Datagram, Datagrams, Store, StreamEvents } from '../ports.js'
import { render } from '../text/index.js'
import type { Thread } from '../tree.js'
import type { Refusal, Verdict } from '../verdict.js'
import type { Facts } from './facts.js'
import type { Peers } from './messages.js'
import { type Registry, registry } from './registry.js'
import type { StartService } from './service.js'
import type { OpenedStreams } from './streams.js'

export interface Environment {
  readonly registry: Registry
  /** Tells the guard that kyhad lives; called by the beat thread. */
  alive?(): void
  openDatagrams?(o: OpenOptions & { readonly seqBase: number; onDatagram(d: Datagram): void }): Datagrams
  openStreams?(o: OpenOptions & { readonly events: StreamEvents }): OpenedStreams
  openStore?(facts: Facts): Promise<Store>
  openDisks?(facts: Facts): Disks
  service?(path: string): Promise<StartService>
}
export interface OpenOptions {
  readonly facts: Facts
  readonly now: () => Instant
  say(v: Verdict): void
}
export type MakeEnvironment = (thread: Thread) => Promise<Environment>

export const environment: MakeEnvironment = async (thread) => {
  switch (thread) {
    case 'beat':
      return beat()
    case 'core':
      return core()
    case 'work':
      return { registry }
    case 'console':
      return { registry, service }
  }
}

/** The value, or an error with the refusal's sentence: the thread does not start, its supervisor says why. */
function good<T extends object>(value: T | Refusal): T {
  if ('refused' in value && 'because' in value) throw new Error(render('en', value.because.key, value.because.args))
  return value as T
}

async function beat(): Promise<Environment> {
  const [{ openDatagrams }, { readKeys }, { aliveWriter }, { openDisks }] = await Promise.all([
    import('../wire/datagram.js'),
    import('../wire/keys.js'),
    import('./alive.js'),
    import('../disk/disks.js'),
  ])
  return {
    registry,
    alive: aliveWriter(),
    openDisks: ({ node }) => openDisks(node.runDir, (node.settings['disks'] ?? []) as readonly DiskSetting[]),
    openDatagrams: ({ facts, now, say, seqBase, onDatagram }) =>
      openDatagrams({
        cluster: facts.boot.cluster,
        self: facts.boot.node,
        incarnation: facts.boot.incarnation,
        keys: good(readKeys(facts.node.keyFile)),
        links: facts.node.links,
        seqBase,
        now,
        onDatagram,
        onVerdict: say,
      }),
  }
}

async function core(): Promise<Environment> {
  const [{ openStreams }, { openStore }] = await Promise.all([import('../wire/stream.js'), import('../store/store.js')])
  return {
    registry,
    openStreams: ({ facts, now, say, events }) => {
      const streams = openStreams({
        cluster: facts.boot.cluster,
        self: facts.boot.node as NodeId,
        incarnation: facts.boot.incarnation,
        tls: {
          ca: readFileSync(facts.node.tls.ca, 'utf8'),
          cert: readFileSync(facts.node.tls.cert, 'utf8'),
          key: readFileSync(facts.node.tls.key, 'utf8'),
        },
        links: facts.node.links,
        now,
        events: { ...events, onRefused: say },
      })
      return { ...streams, setPeers: (peers) => streams.setPeers(withJoining(peers, joiningPeers(facts))) }
    },
    service,
    openStore: (facts) => openStore(facts.node.stateDir, { cluster: facts.boot.cluster, node: facts.boot.node }),
  }
}

/** A node that is joining lets those in who took it in: else nobody could bring it the log. */
const joiningPeers = ({ node, boot }: Facts): Peers =>
  (readJoining(node.stateDir)?.members ?? []).map((m) => ({ node: nodeId(m.node), links: m.links })).filter((m) => m.node !== boot.node)

const consoleModule = '../../console/api/service.js'
async function service(path: string): Promise<StartService> {
  if (path === 'witness') return (await import('../witness/service.js')).startWitness
  assert(path === 'console', `no service is called ${path}`)
  const module = (await import(consoleModule)) as { readonly startConsole: StartService }
  return module.startConsole
}
