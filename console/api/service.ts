/**
 * The console's thread of kyhad: keeps the model, serves the API on the node's unix socket and, where set, on TCP. It decides nothing.
 * Started by runtime/host as the service `console`; if it dies it is restarted alone.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { createServer, Server } from 'node:http'
import type { Server as Listening } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import type { HostFacts } from '../../agents/contract.js'
import type { Address, Incarnation, Msg, NodeId } from '../../runtime/actor.js'
import { readJoining } from '../../runtime/config/joining.js'
import type { Inspect, Lab, Said } from '../../runtime/host/messages.js'
import type { Service, ServiceContext } from '../../runtime/host/service.js'
import { SecretsFile } from '../../runtime/secret/file.js'
import type { Verdict } from '../../runtime/verdict.js'
import { openJoinRoom } from '../join/room.js'
import { attended, openDoor, peerOf } from '../shell/door.js'
import { buildApp } from './app.js'
import { loadAssets } from './assets.js'
import { Changes } from './changes.js'
import type { Api } from './context.js'
import { Events } from './events.js'
import { Model } from './model.js'
import { type Known, People } from './people.js'
import { Round } from './round.js'
import { sentence } from './sentences.js'
import { type Self, statusView } from './status.js'

interface Settings {
  readonly api: { readonly socket: string; readonly tcp?: { readonly host: string; readonly port: number } }
  readonly cluster: { readonly id: string; readonly name: string }
  readonly agents?: { readonly ocfRoot: string; readonly kyha: readonly string[]; readonly fence: readonly string[] }
  readonly lab?: { readonly probe?: string; readonly consoles?: readonly string[] }
  readonly genesis?: readonly Known[]
}

const headersMsMax = 10_000
const requestMsMax = 30_000
const connectionsMax = 256

/** A server that no slow or greedy client can hold up for the others. */
function serverOf(fetch: (r: Request, env: unknown) => Response | Promise<Response>, local: boolean, say: (v: Verdict) => void): Server {
  const listener = getRequestListener((request, { incoming }) => {
    const peer = peerOf(incoming.socket)
    const go = async (): Promise<Response> => fetch(request, { local, peer })
    return peer ? attended(request, peer, say, go) : go()
  })
  const server = createServer(
    { headersTimeout: headersMsMax, requestTimeout: requestMsMax, keepAliveTimeout: 5000 },
    (req, res) => void listener(req, res),
  )
  server.maxConnections = connectionsMax
  return server
}

const listening = (server: Server, where: string | { host: string; port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    const done = (): void => {
      server.off('error', reject)
      resolve()
    }
    if (typeof where === 'string') server.listen(where, done)
    else server.listen(where.port, where.host, done)
  })

const selfOf = ({ boot, guard }: ServiceContext, settings: Settings): Self => ({
  node: boot.node,
  name: boot.name,
  counter: boot.incarnation.counter,
  cluster: settings.cluster.id,
  clusterName: settings.cluster.name,
  probe: settings.lab?.probe ?? null,
  consoles: (settings.lab?.consoles ?? []).map((url) => new URL(url).origin),
  machine: {
    containment: guard.containment,
    deathNotice: guard.deathNotice,
    watchdog: guard.watchdog,
    lease: guard.lease,
    peerCredentials: guard.shell,
  },
})

const factsOf = ({ ocfRoot, kyha, fence }: NonNullable<Settings['agents']>, runDir: string): HostFacts => ({
  ocfRoot,
  kyhaDir: kyha[0] ?? '',
  fenceDirs: fence,
  runDir,
})

async function open(app: Hono, { socket, tcp }: Settings['api'], { node, guard, say }: ServiceContext): Promise<readonly Listening[]> {
  const local = serverOf((r, env) => app.fetch(r, env as object), true, say)
  const servers: Listening[] = [local, await openDoor(local, node.runDir, guard.shellKey)]
  if (existsSync(socket)) rmSync(socket)
  await listening(local, socket)
  chmodSync(socket, 0o660)
  if (tcp) {
    const server = serverOf((r, env) => app.fetch(r, env as object), false, say)
    await listening(server, tcp)
    servers.push(server)
  }
  return servers
}

export async function startConsole(context: ServiceContext): Promise<Service> {
  const settings = context.node.settings as unknown as Settings
  const { boot, counter } = context.boot.incarnation
  const model = new Model()
  const events = new Events()
  const facts = settings.agents && factsOf(settings.agents, context.node.runDir)
  const changes = new Changes(model, (to, msg, cls) => context.send(to, msg, cls), `${boot}:${counter}`, facts)
  const people = new People(model, [...(settings.genesis ?? []), ...(readJoining(context.node.stateDir)?.members ?? [])])
  const pulses = new Set<() => void>()
  const self = selfOf(context, settings)
  const members = (): readonly NodeId[] => model.state?.members.map((m) => m.node) ?? []
  const round = new Round(self.node, (to, msg) => context.send(to, msg, 'bulk'), members)
  const joining = openJoinRoom(context, model, changes, settings.cluster)
  const api: Api = {
    model,
    desk: joining.desk,
    leave: joining.leave,
    self,
    changes,
    events,
    now: () => context.now(),
    inspect: (request) => context.inspect(request as unknown as Inspect),
    ...(facts ? { agents: facts } : {}),
    secrets: new SecretsFile(context.node.keyFile),
    ...(settings.lab ? { lab: (request: Msg) => context.lab(request as Lab) } : {}),
    local: (c: Context) => (c.env as { local?: boolean } | undefined)?.local === true,
  }
  const pulse = {
    on: (run: () => void) => {
      pulses.add(run)
      return () => void pulses.delete(run)
    },
  }
  // Since when something is so is seen here, not when somebody asks: the view is made after each burst of changes.
  let noting: NodeJS.Timeout | undefined
  const note = (): void => {
    noting ??= setTimeout(() => {
      noting = undefined
      statusView(model, self, context.now())
    }, 50)
  }
  const servers = await open(buildApp(api, pulse, loadAssets()), settings.api, context)
  for (const path of ['log', 'membership', 'quorum', 'disk-heartbeat', 'health-monitor', 'witness'])
    context.send({ path }, { type: 'hello' }, 'control')
  return {
    receive(msg: Msg, from: Address, incarnation?: Incarnation) {
      if (changes.receive(msg)) return
      if (msg.type === 'leave-please') return joining.told()
      if (msg.type === 'said') {
        said(events, people, self, msg as Said)
        round.tell(msg as Said)
      }
      if (msg.type === 'overheard') for (const other of round.hear(msg, from)) said(events, people, self, other)
      const sender = { ...(from.node && { node: from.node }), ...(incarnation && { counter: incarnation.counter }) }
      const { view } = model
      if (model.receive(msg, context.now(), sender)) {
        if (msg.type !== 'view' || model.view?.viewNo !== view?.viewNo) note() // membership's report of each second changes nothing
        for (const run of pulses) run()
      }
      for (const node of model.wanted) context.send({ node, path: 'resource' }, { type: 'rows-please' }, 'control')
      model.wanted.clear()
    },
    async stop() {
      clearTimeout(noting)
      round.close()
      joining.close()
      for (const server of servers) if (server instanceof Server) server.closeAllConnections()
      await Promise.all(servers.map((s) => new Promise((resolve) => s.close(resolve))))
    },
  }
}

function said(events: Events, people: People, self: Self, msg: Said): void {
  if (msg.verdict.severity === 'debug') return
  events.add({
    id: msg.id,
    at: msg.at,
    node: msg.node === self.node ? self.name : (people.nameOf(msg.node) ?? msg.node),
    actor: msg.path,
    speaker: people.text(msg.path),
    sentence: sentence(msg.verdict, people.args(msg.verdict.args)),
  })
}
