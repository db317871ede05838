/**
 * One node's console as kyhad runs it: startConsole with its unix socket and TCP port, fed with real messages through the real codec. Around it
 * stands a world in this process: a log that keeps its contract (an id once, stale-revision, unknown), a real coordinator that plans,
 * and what membership, quorum and the resource directors would say.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actor as coordinator } from '../../actors/coordinator/actor.js'
import { job as planJob } from '../../actors/coordinator/job.js'
import type { Row, Rows } from '../../actors/coordinator/messages.js'
import { actor as disk } from '../../actors/disk-heartbeat/actor.js'
import { actor as health } from '../../actors/health-monitor/actor.js'
import { apply, genesis } from '../../actors/log/apply.js'
import type { Entry, LogEntry, Propose, Proposed } from '../../actors/log/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import type { PeerState } from '../../actors/membership/messages.js'
import { startConsole } from '../../console/api/service.js'
import type { Address, Boot, Msg } from '../../runtime/actor.js'
import { TIMING } from '../../runtime/config/timing.js'
import type { Service, ServiceContext } from '../../runtime/host/service.js'
import { bootId, clusterId, index, type NodeId, nodeId, type ResourceId, term, token } from '../../runtime/ids.js'
import { agentDir, nativeDir } from '../../runtime/paths.js'
import { seeded } from '../../runtime/random.js'
import { instant } from '../../runtime/time.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { pack, unpack } from '../../runtime/wire/codec.js'
import { freePort } from '../ports.js'
import { docOf } from '../unit/coordinator/world.js'
import { type Answer, type Ask, call } from './client.js'

export const names = ['n1', 'n2', 'n3'] as const
export const id = (name: string): NodeId => nodeId(`00000000-0000-4000-8000-0000000000${name.slice(1).padStart(2, '0')}`)
export const life = (name: string): ReturnType<typeof bootId> => bootId(`${name}-life1`)
export const config = [
  'properties: {fencing-enabled: true}',
  'resources:',
  '  - {name: data, agent: "kyha:Dummy"}',
  '  - {name: web, agent: "kyha:Dummy", meta: {migration-threshold: 3}}',
  'groups: [{name: shop, members: [data, web]}]',
  'location: [{resource: shop, levels: [n1, n2, n3]}]',
  'fencing: [{name: lab, agent: fence_lab, hosts: {n1: "", n2: "", n3: ""}}]',
]

/** The cluster's side: what is committed, and how the log answers. */
export class World {
  state: ClusterState
  /** lost: no answer at all.  unknown: the log itself lost track. */
  log: 'good' | 'no-leader' | 'no-quorum' | 'unknown' | 'lost' = 'good'
  planner: 'good' | 'silent' = 'good'
  votes: Readonly<Record<string, number>> = {}
  readonly #answered = new Map<string, Proposed>()
  readonly nodes: ApiNode[] = []

  constructor(votes: Readonly<Record<string, number>> = {}) {
    this.votes = votes
    this.state = genesis(
      names.map((name, i) => ({
        node: id(name),
        name,
        votes: votes[name] ?? 1,
        links: [1, 2].map((l) => ({ address: `127.0.${l}.${i + 1}`, port: 5407 })),
      })),
      'shop',
    )
    const because = verdict('test', 'coordinator.stop-all')
    this.commit({ type: 'config', doc: docOf(config, names), by: 'test', because })
    for (const name of names) this.commit({ type: 'admit', node: id(name), boot: life(name) })
    const grants = ['data', 'web'].map((r) => ({ resource: this.state.ids[r] as ResourceId, node: id('n1'), boot: life('n1') }))
    this.commit({ type: 'decision', certificates: [], releases: [], grants, because })
  }

  commit(entry: Entry): Verdict | undefined {
    const row: LogEntry = { index: index(this.state.index + 1), term: term(1), entry }
    const { state, refused } = apply(this.state, row)
    if (refused) return refused
    this.state = state
    for (const n of this.nodes) n.hear({ type: 'committed', entry: row } as Msg, 'log')
    return undefined
  }

  /** What the log answers: an id that is known is answered alike, before anything else is looked at. */
  propose(p: Propose): Proposed | undefined {
    const no = (refused: NonNullable<Proposed['refused']>, because?: Verdict): Proposed => ({
      type: 'proposed',
      id: p.id,
      ok: false,
      refused,
      ...(because ? { because } : {}),
    })
    if (this.log === 'lost') return undefined
    if (this.log !== 'good') return no(this.log)
    const known = this.#answered.get(p.id)
    if (known) return known
    if (p.ifIndex !== undefined && p.ifIndex !== this.state.index) return no('stale-revision')
    if (p.ifConfigIndex !== undefined && p.ifConfigIndex !== this.state.configIndex) return no('stale-revision')
    const refused = this.commit(p.entry)
    if (refused) return no('invalid', refused)
    const answer: Proposed = { type: 'proposed', id: p.id, ok: true, index: this.state.index }
    this.#answered.set(p.id, answer)
    return answer
  }

  rowsOf(name: string): Rows {
    const rows = Object.entries(this.state.ids).map(([r, resource]): Row => {
      const runs = name === 'n1' && ['data', 'web'].includes(r)
      const took = { start: 30, stop: 20, monitor: 5 }
      return { resource, state: runs ? 'running' : 'stopped', token: token(runs ? this.state.index : 0), failCount: 0, took }
    })
    return { type: 'rows', node: id(name), boot: life(name), seq: 1, whole: true, rows }
  }
}

/** What kyhad's runtime would say of its inside. */
const inside = {
  actors: [
    { path: 'log', kind: 'log', thread: 'core', supervisor: 'core', life: 1, restarts: 0, mailbox: {}, handled: 1, last: 'tick' },
    {
      path: 'membership',
      kind: 'membership',
      thread: 'beat',
      supervisor: 'detection',
      life: 1,
      restarts: 0,
      mailbox: {},
      handled: 1,
      last: 'x',
    },
  ],
  children: [
    { supervisor: 'core', strategy: 'one_for_all', id: 'log', status: 'running', restart: 'permanent', restarts: 0, thread: 'core' },
  ],
}

export class ApiNode {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-api-'))
  readonly socket = join(this.dir, 'run', 'api.sock')
  port = 0
  readonly said: Verdict[] = []
  readonly sent: { to: Address; msg: Msg }[] = []
  readonly cuts: Msg[] = []
  nowMs = 1000
  #service: Service | undefined
  #seq = 0
  readonly #heard = new Map<string, PeerState['state']>()

  constructor(
    readonly world: World,
    readonly name = 'n1',
    readonly settings: { readonly lab?: { readonly probe?: string }; readonly settled?: boolean } = {},
  ) {
    for (const other of names) if (other !== name) this.#heard.set(other, 'alive')
    world.nodes.push(this)
  }

  async start(): Promise<this> {
    for (const d of ['run', 'state', 'tls']) mkdirSync(join(this.dir, d))
    this.port = await freePort()
    const boot = {
      cluster: clusterId('c'),
      node: id(this.name),
      name: this.name,
      incarnation: { boot: life(this.name), counter: 1 },
      timing: TIMING,
    }
    const { lab } = this.settings
    const context: ServiceContext = {
      path: 'console',
      boot,
      node: {
        links: this.world.state.members.find((m) => m.name === this.name)?.links ?? [],
        stateDir: join(this.dir, 'state'),
        runDir: join(this.dir, 'run'),
        keyFile: join(this.dir, 'tls', 'cluster.key'),
        tls: { ca: join(this.dir, 'tls', 'ca.pem'), cert: join(this.dir, 'tls', 'node.pem'), key: join(this.dir, 'tls', 'node.key') },
        settings: {
          api: { socket: this.socket, tcp: { host: '127.0.0.1', port: this.port } },
          cluster: { id: 'c', name: 'shop' },
          agents: { ocfRoot: '/usr/lib/ocf', kyha: [agentDir], fence: [nativeDir] },
          ...(lab ? { lab } : {}),
        },
      },
      guard: { containment: 'subreaper', deathNotice: 'pidfd', watchdog: 'none' } as ServiceContext['guard'],
      now: () => instant(this.nowMs),
      send: (to, msg) => {
        this.sent.push({ to, msg })
        setImmediate(() => this.#answer(to, carried(msg)))
      },
      inspect: (request) => inspect(request as Msg & { path?: string }),
      job: (_, args) => Promise.resolve({ ok: true, value: planJob(args) }),
      lab: (request) => void this.cuts.push(request),
      leave: () => undefined,
      say: (v) => void this.said.push(v),
    }
    this.#service = await startConsole(context)
    return this
  }

  /** A message as it comes off another thread. */
  hear(msg: Msg, from = ''): void {
    this.#service?.receive(carried(msg), { path: from })
  }

  /** How this node hears `other` from now on, on each link. */
  view(other: string, state: PeerState['state']): void {
    this.#heard.set(other, state)
    this.hear(this.#view(), 'membership')
  }

  quorum(quorate: boolean, present: readonly string[] = names): void {
    this.hear(this.#quorum(quorate, present), 'quorum')
  }

  leader(name: string | undefined): void {
    this.hear({ type: 'leadership', term: term(1), ready: name === this.name, ...(name ? { leader: id(name) } : {}) } as Msg, 'log')
  }

  /** A sentence that an actor of this node says: an observation, or with `at` a decision. */
  say(v: Verdict, at?: string): void {
    const event = at ?? `${id(this.name)}:${life(this.name)}:1.${++this.#seq}`
    const said = {
      type: 'said',
      id: event,
      at: '2026-01-01T00:00:00.000Z',
      atMs: instant(this.nowMs),
      node: id(this.name),
      path: 'membership',
      verdict: v,
    }
    this.hear(said as Msg, 'host')
  }

  call(path: string, ask: Ask = {}): Promise<Answer> {
    return call({ socket: this.socket }, path, ask)
  }
  tcp(path: string, ask: Ask = {}): Promise<Answer> {
    return call({ port: this.port }, path, ask)
  }

  async end(): Promise<void> {
    await this.#service?.stop()
    this.world.nodes.splice(this.world.nodes.indexOf(this), 1)
    rmSync(this.dir, { recursive: true, force: true })
  }

  #view(): Msg {
    const peers = [...this.#heard].map(([other, state]) => ({
      node: id(other),
      name: other,
      state,
      incarnation: { boot: life(other), counter: 1 },
      links: [0, 1].map((link) => ({
        link,
        state: state === 'silent' ? 'silent' : 'up',
        rttMs: { p50: 0.2, p99: 0.9 },
        lossPct: 0,
        silentMs: state === 'silent' ? 400 : 20,
      })),
    }))
    return { type: 'view', viewNo: 1, self: id(this.name), peers, selfDoubt: 0 } as Msg
  }

  #quorum(quorate: boolean, present: readonly string[]): Msg {
    const votesOf = (list: readonly string[]): number => list.reduce((n, p) => n + (this.world.votes[p] ?? 1), 0)
    const votesTotal = votesOf(names)
    const args = { votes: votesOf(present), votesTotal, votesNeeded: Math.floor(votesTotal / 2) + 1 }
    const because = verdict('count', 'console.no-quorum', args)
    return { type: 'quorum', quorate, ...args, mode: 'majority', present: present.map(id), because } as Msg
  }

  /** What the node's actors say back. */
  #answer(to: Address, msg: Msg): void {
    if (this.settings.settled === false) return
    if (msg.type === 'rows-please') return this.hear(this.world.rowsOf(names.find((n) => id(n) === to.node) ?? this.name), 'resource')
    if (msg.type === 'plan-please' || msg.type === 'matrix-please') return this.#plan(msg)
    if (msg.type === 'propose') {
      const answer = this.world.propose(msg as Propose)
      if (answer) this.hear(answer, 'log')
    }
    if (msg.type !== 'hello') return
    if (to.path === 'disk-heartbeat' || to.path === 'health-monitor') return this.#optional(to.path)
    if (to.path === 'log') {
      this.hear({ type: 'state', state: this.world.state } as Msg, 'log')
      this.leader('n1')
    } else if (to.path === 'membership') this.hear(this.#view(), 'membership')
    else if (to.path === 'quorum') this.quorum(true)
  }

  #optional(path: 'disk-heartbeat' | 'health-monitor'): void {
    const env = { from: { path: 'console' } } as never
    const actor = path === 'disk-heartbeat' ? disk : health
    for (const e of actor.receive({ enabled: false }, { type: 'hello' }, env).effects) if (e.do === 'send') this.hear(e.msg, path)
  }

  /** A real coordinator, told what this node knows, asked once. */
  #plan(please: Msg): void {
    if (this.world.planner === 'silent') return
    const boot = {
      cluster: clusterId('c'),
      node: id(this.name),
      name: this.name,
      incarnation: { boot: life(this.name), counter: 1 },
      timing: TIMING,
    }
    const env = (from: Address) => ({ now: instant(this.nowMs), random: seeded('plan'), self: { path: 'coordinator' }, from })
    let { state } = coordinator.init(boot as Boot, env({ path: '' }))
    const told: [Address, Msg][] = [
      [{ path: 'log' }, { type: 'state', state: this.world.state } as Msg],
      [{ path: 'membership' }, this.#view()],
      [{ path: 'quorum' }, this.#quorum(true, names)],
      ...names.map((n): [Address, Msg] => [
        n === this.name ? { path: 'resource' } : { node: id(n), path: 'resource' },
        this.world.rowsOf(n),
      ]),
      [{ path: 'console' }, please],
    ]
    for (const [from, msg] of told) {
      const counter =
        from.node === undefined ? {} : { fromIncarnation: { boot: life(names.find((n) => id(n) === from.node) ?? ''), counter: 1 } }
      const step = coordinator.receive(state, msg as never, { ...env(from), ...counter })
      state = step.state
      for (const e of step.effects) {
        if (e.do === 'send' && e.to.path === 'console') this.hear(e.msg, 'coordinator')
        // The pool's part, in this thread.
        if (e.do === 'job')
          told.push([{ path: '' }, { type: 'job-result', id: e.id, ok: true, value: planJob(carried(e.args as Msg)) } as Msg])
      }
    }
  }
}

/** Through the codec, as between threads. */
function carried(msg: Msg): Msg {
  const read = unpack(pack(msg), 1 << 24)
  if (!read.ok) throw new Error(JSON.stringify(read))
  return read.value as Msg
}

function inspect(request: Msg & { path?: string }): Promise<unknown> {
  if (request.type === 'actors') return Promise.resolve(inside.actors)
  if (request.type === 'children') return Promise.resolve(inside.children)
  if (!inside.actors.some((a) => a.path === request.path)) return Promise.reject(new Error(`no actor runs at ${request.path}`))
  return Promise.resolve(request.type === 'trace' ? [{ atMs: 1, path: request.path, from: 'host', type: 'tick' }] : { role: 'leader' })
}
