/**
 * A small cluster around real coordinators and fencers in virtual time: the log is its own state machine with instant commits by whoever
 * leads, directors obey orders after a fixed time, devices answer as told. Everything that happens is written down in `events`.
 */
import { actor as coordinator } from '../../../actors/coordinator/actor.js'
import type { Order, OrderResult, Row, Rows } from '../../../actors/coordinator/messages.js'
import { actor as fencer } from '../../../actors/fencer/actor.js'
import { apply, genesis } from '../../../actors/log/apply.js'
import type { Entry, LogEntry, Propose, Proposed } from '../../../actors/log/messages.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { PeerState } from '../../../actors/membership/messages.js'
import type { AgentOp, Boot, Effect, Env, Msg } from '../../../runtime/actor.js'
import { isCloned } from '../../../runtime/config/document.js'
import { type BootId, clusterId, index, type NodeId, type ResourceId, term } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { type Verdict, verdict } from '../../../runtime/verdict.js'
import { afterwards, whileDoing } from './carried.js'
import { boot, docOf, node, rowFor } from './world.js'

// biome-ignore lint/suspicious/noExplicitAny: the harness hosts actors of any state and message
type Any = any
interface Host {
  readonly name: string
  life: BootId
  on: boolean
  readonly states: Map<string, Any>
  rows: Map<ResourceId, Row>
  seq: number
  readonly done: Map<string, OrderResult | null>
}
interface Due {
  readonly atMs: number
  readonly n: number
  readonly key?: string
  readonly run: () => void
}

const modules: Readonly<Record<string, Any>> = { coordinator, fencer }
const because = verdict('test', 'coordinator.stop-all')
export const timing = {
  beatMs: 50,
  limitMsFloor: 200,
  limitMsMax: 600,
  confirmMsMax: 25,
  electionMsMin: 1000,
  electionMsMax: 2000,
  managerGraceMs: 3000,
  rankMs: 15,
  fenceDelayMs: 125,
}

export class Lab {
  now = 1000
  readonly events: string[] = []
  readonly hosts = new Map<string, Host>()
  state: ClusterState
  leader = ''
  term = 1
  /** How a device answers `off`; nothing is done to the machine unless it is rc 0. */
  device: (op: AgentOp) => { rc?: number; end: 'exited' | 'timeout' | 'refused' | 'signalled'; ms: number } = () => ({
    rc: 0,
    end: 'exited',
    ms: 40,
  })
  /** Exit code of an operation; default 0. */
  agent: (order: Order, at: string) => number = () => 0
  /** Orders that get lost. */
  loses: (order: Order, at: string) => boolean = () => false
  /** Questions for rows get lost. */
  deaf = false
  /** So many messages to another node's fencer get lost. */
  fencerLoses = 0
  /** Proposals wait in the log: neither decided nor answered until `decideHeld`. */
  held: (() => void)[] | undefined
  opMs = 20
  /** So long after its result the row of an operation that ended comes. */
  rowsLateMs = 0
  /** Until a proposal is decided. */
  proposeMs = 1
  private queue: Due[] = []
  private n = 0
  private readonly heard = new Map<string, Map<string, PeerState['state']>>()
  /** What consoles were told. */
  readonly shown: Msg[] = []
  private readonly whys = new Map<string, Verdict | undefined>()
  private readonly quorate = new Map<string, boolean>()

  constructor(
    readonly names: readonly string[],
    config: readonly string[],
  ) {
    this.state = genesis(
      names.map((name) => ({ node: node(name), name, votes: 1, links: [] })),
      'lab',
    )
    this.commit({ type: 'config', doc: docOf(config, names), by: 'test', because })
    for (const name of names) {
      this.hosts.set(name, { name, life: boot(name), on: true, states: new Map(), rows: new Map(), seq: 0, done: new Map() })
      this.heard.set(name, new Map(names.filter((o) => o !== name).map((o) => [o, 'alive'])))
      this.quorate.set(name, true)
    }
    for (const name of names) this.begin(name)
  }

  id(r: string): ResourceId {
    return this.state.ids[r] as ResourceId
  }
  host(name: string): Host {
    return this.hosts.get(name) as Host
  }
  /** Nodes that are on and where `r` is up. */
  where(r: string): string[] {
    return this.names.filter(
      (name) => this.host(name).on && ['running', 'starting'].includes(this.host(name).rows.get(this.id(r))?.state ?? ''),
    )
  }
  since(mark: number): string[] {
    return this.events.slice(mark)
  }

  begin(name: string): void {
    const h = this.host(name)
    const boots = { cluster: clusterId('lab'), node: node(name), name, incarnation: { boot: h.life, counter: 1 }, timing } as Boot
    for (const r of this.state.config.resources) h.rows.set(this.id(r.name), rowFor(this.id(r.name)))
    for (const [kind, module] of Object.entries(modules)) {
      const made = module.init(boots, this.env(name, kind, { path: '' }))
      h.states.set(kind, made.state)
      this.effects(name, kind, made.effects)
    }
    this.tell(name)
  }

  lead(name: string): void {
    this.leader = name
    this.term += 1
    for (const h of this.hosts.values()) this.leadership(h.name)
    this.settle()
  }
  private leadership(name: string): void {
    if (this.leader === '') return
    const ready = name === this.leader
    this.give(name, 'coordinator', { path: 'log' }, { type: 'leadership', term: term(this.term), leader: node(this.leader), ready } as Msg)
  }

  /** How `name` hears `other` from now on. */
  hear(name: string, other: string, state: PeerState['state'], because?: Verdict): void {
    this.heard.get(name)?.set(other, state)
    this.whys.set(other, because)
    this.view(name)
  }
  quorum(name: string, quorate: boolean): void {
    this.quorate.set(name, quorate)
    this.view(name)
  }
  private view(name: string): void {
    const heard = this.heard.get(name) as Map<string, PeerState['state']>
    const peers = [...heard].map(([other, state]) => ({
      node: node(other),
      name: other,
      state,
      links: [],
      incarnation: { boot: this.host(other).life, counter: 1 },
      ...(this.whys.get(other) && { because: this.whys.get(other) }),
    }))
    const voters = this.names.length
    const quorate = this.quorate.get(name) === true
    this.give(name, 'coordinator', { path: 'membership' }, { type: 'view', viewNo: 1, self: node(name), peers, selfDoubt: 0 } as Msg)
    const mode = voters === 2 ? 'two-node' : 'majority'
    this.give(name, 'coordinator', { path: 'quorum' }, {
      type: 'quorum',
      quorate,
      votes: 1,
      votesTotal: voters,
      votesNeeded: 2,
      mode,
      present: [],
      because,
    } as Msg)
  }

  /** The machine is off: nothing of it acts any more. */
  off(name: string): void {
    const h = this.host(name)
    h.on = false
    h.rows = new Map()
    this.events.push(`${name} is off`)
  }
  /** A service dies; its monitor finds out. */
  crash(r: string, count: number): void {
    const [at = ''] = this.where(r)
    this.row(at, r, {
      state: 'failed',
      failCount: count,
      lastFailure: { action: 'monitor', rc: 7, exitReason: '', agoMs: 0, class: 'soft' },
    })
  }
  row(name: string, r: string, over: Partial<Row>): void {
    const h = this.host(name)
    const id = this.id(r)
    h.rows.set(id, { ...rowFor(id), ...h.rows.get(id), ...over })
    this.sendRows(name, [h.rows.get(id) as Row])
  }

  commit(entry: Entry): boolean {
    const e: LogEntry = { index: index(this.state.index + 1), term: term(this.term), entry }
    const done = apply(this.state, e)
    if (done.refused) {
      this.events.push(`refused ${entry.type} ${done.refused.key}`)
      return false
    }
    this.state = done.state
    this.events.push(this.line(entry))
    for (const h of this.hosts.values()) {
      for (const path of ['coordinator', 'fencer']) this.give(h.name, path, { path: 'log' }, { type: 'committed', entry: e } as Msg)
    }
    return true
  }
  private line(e: Entry): string {
    const res = (id: ResourceId): string => Object.entries(this.state.ids).find(([, i]) => i === id)?.[0] ?? id
    const name = (id: NodeId): string => id.replace('id-', '')
    switch (e.type) {
      case 'decision':
        return `decide${e.certificates.map((c) => ` cert ${name(c.node)}`).join('')}${e.releases.map((r) => ` release ${res(r.resource)}@${name(r.node)}`).join('')}${e.grants.map((g) => ` grant ${res(g.resource)}@${name(g.node)}`).join('')}`
      case 'admit':
      case 'leave':
      case 'fence-intent':
        return `${e.type} ${name(e.node)}`
      default:
        return e.type
    }
  }

  run(ms: number): void {
    const end = this.now + ms
    this.settle()
    for (;;) {
      this.queue.sort((a, b) => a.atMs - b.atMs || a.n - b.n)
      const next = this.queue[0]
      if (!next || next.atMs > end) break
      this.queue.shift()
      this.now = Math.max(this.now, next.atMs)
      next.run()
    }
    this.now = end
  }
  settle(): void {
    this.run2(0)
  }
  private run2(ms: number): void {
    const end = this.now + ms
    for (;;) {
      this.queue.sort((a, b) => a.atMs - b.atMs || a.n - b.n)
      const next = this.queue[0]
      if (!next || next.atMs > end) return
      this.queue.shift()
      next.run()
    }
  }
  after(ms: number, run: () => void, key?: string): void {
    if (key !== undefined) this.queue = this.queue.filter((d) => d.key !== key)
    this.queue.push({ atMs: this.now + ms, n: this.n++, run, ...(key !== undefined && { key }) })
  }

  private env(name: string, path: string, from: Env['from']): Env {
    const counter = from.node === undefined ? {} : { fromIncarnation: { boot: this.host(from.node.replace('id-', '')).life, counter: 1 } }
    return { now: instant(this.now), random: seeded(`${name}${path}${this.n}`), self: { path }, from, ...counter }
  }
  give(name: string, path: string, from: Env['from'], msg: Msg): void {
    this.after(0, () => {
      const h = this.host(name)
      if (!h.on || !h.states.has(path)) return
      const done = modules[path].receive(h.states.get(path), msg, this.env(name, path, from))
      h.states.set(path, done.state)
      this.effects(name, path, done.effects)
    })
  }
  /** What the neighbours of an actor that says hello tell it. */
  private tell(name: string): void {
    for (const path of ['coordinator', 'fencer']) this.give(name, path, { path: 'log' }, { type: 'state', state: this.state } as Msg)
    this.view(name)
    this.leadership(name)
    this.sendRows(name)
  }
  private sendRows(name: string, some?: readonly Row[]): void {
    const h = this.host(name)
    if (some) h.seq += 1
    const msg: Rows = { type: 'rows', node: node(name), boot: h.life, seq: h.seq, whole: !some, rows: some ?? [...h.rows.values()] }
    for (const to of this.names)
      this.give(to, 'coordinator', to === name ? { path: 'resource' } : { node: node(name), path: 'resource' }, msg)
  }

  private effects(name: string, path: string, effects: readonly Effect[]): void {
    for (const e of effects) {
      if (e.do === 'timer') {
        const life = this.host(name).life
        this.after(
          Math.max(0, e.atMs - this.now),
          () => {
            if (this.host(name).life === life) this.give(name, path, { path: '' }, e.msg)
          },
          `${name}/${path}/${e.key}`,
        )
      } else if (e.do === 'cancel') this.queue = this.queue.filter((d) => d.key !== `${name}/${path}/${e.key}`)
      else if (e.do === 'agent') this.fence(name, e.op)
      else if (e.do === 'say')
        this.events.push(`says ${e.verdict.key}${e.verdict.args['resource'] ? ` ${e.verdict.args['resource']}` : ''}`)
      else if (e.do === 'send') this.deliver(name, path, e.to.node === undefined ? name : e.to.node.replace('id-', ''), e.to.path, e.msg)
    }
  }
  private deliver(from: string, fromPath: string, to: string, path: string, msg: Msg): void {
    if (path === 'console') this.shown.push(msg)
    const address = from === to ? { path: fromPath } : { node: node(from), path: fromPath }
    if (path === 'log' && msg.type === 'propose') return this.after(this.proposeMs, () => this.proposed(from, fromPath, msg as Propose))
    if (path === 'log' && msg.type === 'solo') return void this.events.push(`${from} asks for solo`)
    if (path === 'resource' && msg.type === 'rows-please') return this.deaf ? undefined : this.after(0, () => this.sendRows(to))
    if (path === 'resource' && msg.type === 'order') return this.after(1, () => this.order(from, to, msg as Order))
    if (path === 'fencer' && from !== to && this.fencerLoses-- > 0) return
    if (path in modules) this.give(to, path, address, msg)
  }
  private proposed(name: string, path: string, msg: Propose): void {
    if (this.held) this.held.push(() => this.propose(name, path, { ...msg, ifIndex: this.state.index }))
    else this.propose(name, path, msg)
  }
  decideHeld(): void {
    const waiting = this.held ?? []
    this.held = undefined
    for (const decide of waiting) decide()
  }
  private propose(name: string, path: string, msg: Propose): void {
    const ok =
      name === this.leader &&
      this.host(name).on &&
      (msg.ifIndex === undefined || msg.ifIndex === this.state.index) &&
      this.commit(msg.entry)
    const refused = name === this.leader ? (msg.ifIndex !== this.state.index && !ok ? 'stale-revision' : 'invalid') : 'no-leader'
    const answer: Proposed = { type: 'proposed', id: msg.id, ok, ...(ok ? { index: this.state.index } : { refused }) }
    this.give(name, path, { path: 'log' }, answer)
  }

  private order(from: string, to: string, order: Order): void {
    const h = this.host(to)
    if (!h.on || order.boot !== h.life || this.loses(order, to)) return
    const back = (r: OrderResult): void =>
      this.give(from, 'coordinator', from === to ? { path: 'resource' } : { node: node(to), path: 'resource' }, r)
    const known = h.done.get(order.op)
    if (known !== undefined) {
      if (known) back(known)
      return
    }
    h.done.set(order.op, null)
    const r = Object.entries(this.state.ids).find(([, i]) => i === order.resource)?.[0] ?? order.resource
    const { notify } = order
    const what = order.action === 'notify' ? `${notify?.['notify_type']}-${notify?.['notify_operation']}` : order.action
    this.events.push(`${what} ${r}@${to}`)
    const grant = this.state.grants[order.right ?? order.resource]
    if (order.action === 'start' && (grant?.token !== order.token || grant.released || grant.node !== node(to)))
      this.events.push(`VIOLATION start of ${r}@${to} without the right`)
    const show = (row: Row): void => {
      h.rows.set(order.resource, row)
      this.sendRows(to, [row])
    }
    show(whileDoing(order, h.rows.get(order.resource) as Row))
    this.after(this.opMs, () => {
      if (!h.on) return
      const rc = this.agent(order, to)
      const row = afterwards(order, rc, h.rows.get(order.resource) as Row)
      h.rows.set(order.resource, row)
      this.after(this.rowsLateMs, () => this.sendRows(to, [row]))
      const result: OrderResult = { ...order, type: 'order-result', ok: rc === 0, rc, exitReason: '', durationMs: this.opMs }
      h.done.set(order.op, result)
      back(result)
      const up = this.names.filter((name) => this.host(name).on && this.host(name).rows.get(order.resource)?.state === 'running')
      if (up.length > 1 && !isCloned(this.state.config, r)) this.events.push(`VIOLATION ${r} runs on ${up.join(' and ')}`)
    })
  }
  private fence(name: string, op: AgentOp): void {
    const target = /nodename=(\S+)/.exec(op.stdin ?? '')?.[1] ?? ''
    this.events.push(`device ${op.action} ${target}`)
    const { ms, ...end } = this.device(op)
    this.after(ms, () => {
      if (op.action === 'off' && end.end === 'exited' && end.rc === 0 && this.host(target).on) this.off(target)
      const result = {
        type: 'agent-result',
        id: op.id,
        resource: op.resource,
        action: op.action,
        detail: '',
        stdout: '',
        stderr: '',
        durationMs: ms,
        ...end,
      }
      this.give(name, 'fencer', { path: '' }, result as Msg)
    })
  }
}
