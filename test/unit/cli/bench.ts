/** One node's API on a unix socket, in this process: the real app and model over a log that applies at once; and `kyha` run against it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { CommanderError } from 'commander'
import { apply, genesis } from '../../../actors/log/apply.js'
import type { Entry, Member, Propose } from '../../../actors/log/messages.js'
import { buildApp } from '../../../console/api/app.js'
import { Changes } from '../../../console/api/changes.js'
import type { Api } from '../../../console/api/context.js'
import { Events } from '../../../console/api/events.js'
import { Model } from '../../../console/api/model.js'
import { Exit } from '../../../console/cli/exit.js'
import { buildProgram } from '../../../console/cli/program.js'
import type { Io } from '../../../console/cli/run.js'
import type { Msg } from '../../../runtime/actor.js'
import { clusterId, index, nodeId, term } from '../../../runtime/ids.js'
import { instant } from '../../../runtime/time.js'

export const id = (n: number): ReturnType<typeof nodeId> => nodeId(`00000000-0000-4000-8000-00000000000${n}`)
export const member = (n: number, votes = 1): Member => ({
  node: id(n),
  name: `n${n}`,
  votes,
  links: [0, 1].map((l) => ({ address: `10.${l}.0.${n}`, port: 5407 })),
})

const actors = ['membership', 'quorum', 'log', 'link/a'].map((path) => ({
  path,
  kind: path,
  thread: path === 'log' || path === 'quorum' ? 'core' : 'beat',
  supervisor: path === 'log' || path === 'quorum' ? 'core' : 'beat',
  restarts: 0,
  mailbox: { length: 0, limit: 4096, dropped: 0, shed: 0 },
  handled: 12,
  last: 'tick',
}))
const child = (supervisor: string, name: string, thread: string) => ({
  supervisor,
  strategy: supervisor === 'core' ? 'one_for_all' : 'rest_for_one',
  id: name,
  status: 'running',
  restart: 'permanent',
  restarts: 0,
  thread,
})
const children = [
  child('root', 'beat', 'main'),
  child('root', 'core', 'main'),
  child('core', 'quorum', 'core'),
  child('core', 'log', 'core'),
  child('beat', 'membership', 'beat'),
]

/** What the runtime would say of its inside. */
function inspect(request: Msg): Promise<unknown> {
  const { type, path } = request as Msg & { path?: string }
  if (type === 'actors') return Promise.resolve(actors)
  if (type === 'children') return Promise.resolve(children.filter((c) => !path || c.supervisor === path))
  if (!actors.some((a) => a.path === path)) return Promise.reject(new Error(`no actor runs at ${path}`))
  if (type === 'restart') return Promise.resolve({ restarted: path })
  if (type === 'trace') return Promise.resolve([{ atMs: 1, path, from: 'quorum', type: 'tick' }])
  return Promise.resolve({ role: 'leader', hard: { term: 3 }, rows: [1, 2] })
}

export class ApiBench {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-cli-'))
  readonly socket = join(this.dir, 'api.sock')
  readonly model = new Model()
  #server: Server | undefined

  async start(members: readonly Member[] = [member(1), member(2), member(3)], more: Partial<Api> = {}): Promise<this> {
    const { model } = this
    const now = (): ReturnType<typeof instant> => instant(1000)
    model.receive({ type: 'state', state: genesis(members, 'shop') } as Msg, now())
    const present = members.map((m) => m.node)
    const because = { do: 'quorate', key: 'console.ok', args: {}, severity: 'info' }
    const votes = { votes: members.length, votesTotal: members.length, votesNeeded: 2, mode: 'majority' }
    model.receive({ type: 'quorum', quorate: true, present, because, ...votes } as Msg, now())
    model.receive({ type: 'leadership', term: term(1), leader: id(1), ready: true } as Msg, now())
    const changes = new Changes(model, (_, msg) => this.#log(changes, msg), 'test')
    const machine = {
      containment: 'subreaper',
      deathNotice: 'waitid',
      watchdog: 'none',
      lease: 'not armed',
      peerCredentials: 'not checked',
    }
    const api: Api = {
      model,
      self: { node: id(1), name: 'n1', counter: 1, cluster: clusterId('c'), clusterName: 'shop', probe: null, consoles: [], machine },
      changes,
      events: new Events(),
      now,
      inspect,
      local: () => true,
      ...more,
    }
    const app = buildApp(api, { on: () => () => undefined }, new Map())
    // The door's answer: who asks. Here everybody is root.
    const peer = { uid: 0, gid: 0, pid: 1 }
    const listener = getRequestListener((r) => (new URL(r.url).pathname === '/api/v1/peer' ? Response.json(peer) : app.fetch(r)))
    this.#server = createServer((req, res) => void listener(req, res))
    await new Promise<void>((resolve) => this.#server?.listen(this.socket, resolve))
    return this
  }

  commit(entry: Entry): boolean {
    const state = this.model.state
    if (!state) return false
    const row = { index: index(state.index + 1), term: term(1), entry }
    const { refused } = apply(state, row)
    this.model.receive({ type: 'committed', entry: row } as Msg, instant(1000))
    return refused === undefined
  }

  /** The log: a proposal is applied at once, a question to the planner stays open. */
  #log(changes: Changes, msg: Msg): void {
    if (msg.type !== 'propose') return
    const { id: key, entry, ifIndex } = msg as Propose
    const stale = ifIndex !== undefined && ifIndex !== this.model.state?.index
    const ok = !stale && this.commit(entry)
    const answer = {
      type: 'proposed',
      id: key,
      ok,
      ...(ok ? { index: this.model.state?.index } : { refused: stale ? 'stale-revision' : 'invalid' }),
    }
    setImmediate(() => changes.receive(answer as Msg))
  }

  async end(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined))
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** An Io that keeps what is printed; 80 columns, English, ASCII unless `env` says otherwise. */
export function ioOf(env: NodeJS.ProcessEnv = {}): { io: Io; out: () => string; err: () => string } {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out: (s) => void out.push(s),
    err: (s) => void err.push(s),
    env,
    stdout: { isTTY: false, columns: 80 },
    stdin: () => Promise.resolve(''),
    exit: 0,
  }
  return { io, out: () => out.join(''), err: () => err.join('') }
}

/** `kyha ARGS` as a user would run it. */
export async function kyha(socket: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { io, out, err } = ioOf({ ...env, KYHA_SOCKET: socket })
  try {
    await buildProgram(io).parseAsync([...args], { from: 'user' })
    return { code: io.exit, out: out(), err: err() }
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e
    return { code: e.exitCode === 0 || e.code === 'commander.help' ? Exit.ok : Exit.usage, out: out(), err: err() }
  }
}

/** The widest line, in characters. */
export const widest = (text: string): number => Math.max(...text.split('\n').map((l) => [...l].length))
