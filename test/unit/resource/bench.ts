/**
 * A bench for the resource director and its children: the real reducers, virtual time, one scripted guard. What is sent to others is kept in
 * `sent`; every agent effect in `runs`. The guard's truth is `active`; an answer can be scripted per action, else truth decides.
 */

import type { Order, OrderResult, Row, Rows } from '../../../actors/coordinator/messages.js'
import { apply, emptyConfig } from '../../../actors/log/apply.js'
import type { Entry } from '../../../actors/log/messages.js'
import { runGrant } from '../../../actors/log/right.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { Quorum } from '../../../actors/quorum/messages.js'
import { actor as director } from '../../../actors/resource/actor.js'
import { actor as child } from '../../../actors/resource/child.js'
import type {
  Actor,
  Address,
  AgentInventory,
  AgentOp,
  AgentResult,
  Boot,
  Effect,
  Env,
  Msg,
  OpId,
  ResourceId,
  Token,
} from '../../../runtime/actor.js'
import type { ConfigDoc, GroupDoc, MetaDoc, OpDoc, ResourceDoc } from '../../../runtime/config/document.js'
import { bootId, clusterId, index, nodeId, opId, resourceId, term, token } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import type { Verdict } from '../../../runtime/verdict.js'

export const me = nodeId('node-1')
export const peer = nodeId('node-2')
export const boot = bootId('b'.repeat(32))
const leader: Address = { node: peer, path: 'coordinator' }

export const op = (timeoutMs: number, more: Partial<OpDoc> = {}): OpDoc => ({
  intervalMs: 0,
  timeoutMs,
  onFail: 'restart',
  depth: 0,
  ...more,
})
export const meta: MetaDoc = {
  targetRole: 'Started',
  managed: true,
  maintenance: false,
  stickiness: 0,
  priority: 0,
  migrationThreshold: 3,
  failureCounting: 'consecutive',
  failureTimeoutMs: 0,
  multipleActive: 'stop_start',
  reap: true,
}
export const doc = (name: string, more: Partial<ResourceDoc> = {}): ResourceDoc => ({
  name,
  agent: 'kyha:Dummy',
  params: {},
  meta,
  ops: { start: op(20_000), stop: op(20_000), monitors: [op(5_000, { intervalMs: 10_000 })] },
  ...more,
})
export const configOf = (
  resources: readonly ResourceDoc[],
  groups: readonly GroupDoc[] = [],
  more: Partial<ConfigDoc> = {},
): ConfigDoc => ({
  ...emptyConfig('test'),
  resources,
  groups,
  ...more,
})

/** How the guard answers an operation: what differs from an exit with the code that truth gives. */
export type Answer = Partial<Pick<AgentResult, 'rc' | 'end' | 'stderr' | 'detail' | 'durationMs' | 'reloadable'>> & { readonly ms?: number }
interface Event {
  readonly at: number
  readonly n: number
  readonly run: () => void
  readonly key?: string
}

export class Bench {
  now = 1_000
  readonly sent: { readonly from: string; readonly to: Address; readonly msg: Msg }[] = []
  readonly runs: AgentOp[] = []
  readonly said: Verdict[] = []
  readonly killed: OpId[] = []
  readonly acked: OpId[] = []
  readonly raised: Token[] = []
  /** What must never happen: two operations at once on a resource, a start without its grant. */
  readonly wrongs: string[] = []
  /** Ids of runs that the guard refused because it was busy. */
  readonly busy = new Set<string>()
  /** Truth: what is active on the machine, and the guard's own books. */
  readonly active = new Set<string>()
  readonly guardTokens = new Map<string, Token>()
  readonly inFlight = new Map<string, AgentOp>()
  readonly notes = new Map<string, string>()
  finished: AgentResult[] = []
  /** How long the guard takes to say what it holds. */
  listMs = 1
  answers: (op: AgentOp) => Answer | undefined = () => undefined
  cluster: ClusterState
  private readonly actors = new Map<string, { actor: Actor<unknown, Msg>; state: unknown; life: number }>()
  private events: Event[] = []
  private n = 0
  private lives = 0
  private readonly random = seeded('bench')

  constructor(config: ConfigDoc) {
    this.cluster = {
      index: index(1),
      term: term(1),
      clusterVersion: 1,
      epoch: 1,
      members: [me, peer].map((node) => ({ node, name: node, votes: 1, links: [] })),
      config: emptyConfig('test'),
      configIndex: index(1),
      ids: {},
      grants: {},
      lives: { [me]: { boot, state: 'admitted', since: index(1) } },
      certificates: [],
      intents: [],
      cleanups: {},
    }
    this.cluster = this.after({
      type: 'config',
      doc: config,
      by: 'test',
      because: { do: 'x', key: 'resource.started', args: {}, severity: 'info' },
    })
  }

  private after(entry: Entry): ClusterState {
    const got = apply(this.cluster, { index: index(this.cluster.index + 1), term: term(1), entry })
    if (got.refused) throw new Error(`entry refused: ${JSON.stringify(got.refused)}`)
    return got.state
  }

  /** Starts the director as kyhad does; log and quorum answer its hello. */
  boot(quorate = true): this {
    this.start('resource', director as Actor<unknown, Msg>, undefined)
    this.deliver('resource', { type: 'state', state: this.cluster } as Msg, { path: 'log' })
    this.quorum(quorate)
    return this.run(200)
  }

  /** kyhad dies and comes back; guard and resources stay. Results of the old life's operations are kept by the guard. */
  restart(): this {
    this.actors.clear()
    this.events = this.events.filter((e) => e.key?.startsWith('guard'))
    return this
  }

  quorum(quorate: boolean, mode: Quorum['mode'] = 'majority'): void {
    this.deliver('resource', { type: 'quorum', quorate, mode } as Msg, { path: 'quorum' })
  }

  commit(entry: Entry, more = false): void {
    this.cluster = this.after(entry)
    const told = { type: 'committed', entry: { index: this.cluster.index, term: term(1), entry }, ...(more ? { more } : {}) }
    this.deliver('resource', told as Msg, { path: 'log' })
  }

  id(name: string): ResourceId {
    return this.cluster.ids[name] ?? resourceId('')
  }

  /** Grants `name` to this life, committed; returns the token. */
  grant(name: string, more = false, resource: ResourceId = this.id(name)): Token {
    const old = this.cluster.grants[resource]
    const releases = old && !old.released ? [{ ...old, how: 'stopped' as const, op: opId('x') }] : []
    const because = { do: 'grant', key: 'resource.started', args: {}, severity: 'info' } as const
    this.commit({ type: 'decision', certificates: [], releases, grants: [{ resource, node: me, boot }], because }, more)
    return token(this.cluster.index)
  }

  order(name: string, action: Order['action'], more: Partial<Order> = {}): Order {
    const id = this.id(name)
    const tok = this.cluster.grants[id]?.token ?? token(0)
    const made: Order = {
      type: 'order',
      op: opId(`1.${1_000 + this.n++}.0`),
      term: term(1),
      resource: id,
      action,
      token: tok,
      minIndex: this.cluster.index,
      boot,
      ...more,
    }
    this.deliver('resource', made, leader)
    return made
  }

  /** Grants and starts, and runs until it is up. */
  up(name: string): Token {
    const tok = this.grant(name)
    this.order(name, 'start')
    this.run(100)
    return tok
  }

  death(name: string): void {
    this.deliver('resource', { type: 'agent-death', resource: this.id(name), pid: 7, left: 0 } as Msg, { path: '' })
  }

  results(): OrderResult[] {
    return this.sent.filter((s) => s.msg.type === 'order-result').map((s) => s.msg as OrderResult)
  }
  /** The row as the leader's coordinator knows it by now. */
  row(name: string): Row | undefined {
    let row: Row | undefined
    for (const s of this.sent) {
      if (s.msg.type !== 'rows' || s.to.node !== peer || s.to.path !== 'coordinator') continue
      const rows = s.msg as Rows
      const found = rows.rows.find((r) => r.resource === this.id(name))
      if (found || rows.whole) row = found
    }
    return row
  }
  actions(name: string): string[] {
    return this.runs.filter((r) => r.resource === this.id(name)).map((r) => r.action)
  }
  keys(): string[] {
    return this.said.map((v) => v.key)
  }

  /** Lets `ms` of virtual time go by. */
  run(ms: number): this {
    const end = this.now + ms
    for (let steps = 0; steps < 100_000; steps++) {
      const next = this.events.reduce<Event | undefined>((a, b) => (!a || b.at < a.at || (b.at === a.at && b.n < a.n) ? b : a), undefined)
      if (!next || next.at > end) break
      this.events = this.events.filter((e) => e !== next)
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = end
    return this
  }

  deliver(path: string, msg: Msg, from: Address): void {
    const at = this.actors.get(path)
    if (!at) return
    const copied = structuredClone(msg)
    const step = at.actor.receive(at.state, copied, this.env(path, from))
    at.state = step.state
    this.carryOut(path, at.life, step.effects)
  }

  private env(path: string, from: Address): Env {
    return { now: instant(this.now), random: this.random, self: { path }, from }
  }

  start(path: string, actor: Actor<unknown, Msg>, args: unknown): void {
    const facts: Boot = {
      cluster: clusterId('c'),
      node: me,
      name: 'node-1',
      incarnation: { boot, counter: 1 },
      timing: {
        beatMs: 50,
        limitMsFloor: 200,
        limitMsMax: 600,
        confirmMsMax: 25,
        electionMsMin: 1_000,
        electionMsMax: 2_000,
        managerGraceMs: 3_000,
        rankMs: 15,
        fenceDelayMs: 125,
      },
      args: structuredClone(args),
    }
    const life = ++this.lives
    const step = actor.init(facts, this.env(path, { path: '' }))
    this.actors.set(path, { actor, state: step.state, life })
    this.carryOut(path, life, step.effects)
  }

  /** A child crashes and its supervisor starts it again with the same args. */
  crash(name: string, config: ResourceDoc): void {
    const path = `resource/${this.id(name)}`
    this.actors.delete(path)
    this.start(path, child as Actor<unknown, Msg>, { resource: this.id(name), doc: config, maintenance: false })
  }

  private at(ms: number, run: () => void, key?: string): void {
    this.events.push({ at: ms, n: this.n++, run, ...(key !== undefined && { key }) })
  }

  private carryOut(path: string, life: number, effects: readonly Effect[]): void {
    for (const e of effects) this.effect(path, life, e)
  }

  private effect(path: string, life: number, e: Effect): void {
    const key = e.do === 'timer' || e.do === 'cancel' ? `timer ${path} ${e.key}` : ''
    switch (e.do) {
      case 'send':
        if (e.to.node === undefined && (e.to.path === 'resource' || e.to.path.startsWith('resource/')))
          this.at(this.now, () => this.deliver(e.to.path, e.msg, { path }))
        else this.sent.push({ from: path, to: e.to, msg: structuredClone(e.msg) })
        break
      case 'timer':
        this.events = this.events.filter((x) => x.key !== key)
        this.at(e.atMs, () => this.actors.get(path)?.life === life && this.deliver(path, e.msg, { path: '' }), key)
        break
      case 'cancel':
        this.events = this.events.filter((x) => x.key !== key)
        break
      case 'child':
        if (e.op === 'start') this.start(e.path, child as Actor<unknown, Msg>, e.args)
        else this.actors.delete(e.path)
        break
      case 'say':
        this.said.push(e.verdict)
        break
      default:
        this.guard(path, life, e)
    }
  }

  private guard(path: string, life: number, e: Effect): void {
    if (e.do === 'agent-list') this.at(this.now + this.listMs, () => this.deliver(path, this.inventory(), { path: '' }), 'guard list')
    else if (e.do === 'agent-ack') {
      this.acked.push(e.id)
      this.finished = this.finished.filter((r) => r.id !== e.id)
    } else if (e.do === 'token') {
      this.raised.push(e.token)
      this.guardTokens.set(e.resource, e.token)
    } else if (e.do === 'note') {
      this.notes.set(e.resource, e.note)
    } else if (e.do === 'agent-kill') {
      this.killed.push(e.id)
      const running = [...this.inFlight.values()].find((o) => o.id === e.id)
      if (running) this.end(path, life, running, { end: 'signalled', detail: 'killed by SIGKILL' })
    } else if (e.do === 'agent') {
      const other = this.inFlight.get(e.op.resource)
      if (other) this.wrongs.push(`${e.op.action} ${e.op.id} given while ${other.action} ${other.id} is under way`)
      const grant = runGrant(this.cluster.grants, e.op.resource, me)
      const mine = grant && !grant.released && grant.node === me && grant.boot === boot && grant.token === e.token
      if (e.op.changes && !mine) this.wrongs.push(`${e.op.action} ${e.op.id} under token ${e.token} without its grant`)
      this.runs.push(e.op)
      this.inFlight.set(e.op.resource, e.op)
      const answer = this.answers(e.op) ?? {}
      this.at(this.now + (answer.ms ?? 5), () => this.end(path, life, e.op, answer), `guard ${e.op.id}`)
    }
  }

  private end(path: string, life: number, op: AgentOp, answer: Answer): void {
    if (this.inFlight.get(op.resource)?.id !== op.id) return
    this.inFlight.delete(op.resource)
    const rc = answer.rc ?? (op.action === 'monitor' ? (this.active.has(op.resource) ? 0 : 7) : 0)
    const ended = answer.end ?? 'exited'
    if (ended === 'exited' && rc === 0 && op.action === 'start') this.active.add(op.resource)
    if (ended === 'exited' && rc === 0 && op.action === 'stop') this.active.delete(op.resource)
    const result: AgentResult = {
      type: 'agent-result',
      id: op.id,
      resource: op.resource,
      action: op.action,
      end: ended,
      detail: answer.detail ?? '',
      stdout: '',
      stderr: answer.stderr ?? '',
      durationMs: answer.durationMs ?? 5,
      ...(ended === 'exited' && { rc }),
      ...(ended === 'refused' && answer.rc !== undefined && { rc: answer.rc }),
      ...(answer.reloadable && { reloadable: answer.reloadable }),
    }
    if (ended === 'refused') this.busy.add(op.id)
    this.finished.push(result)
    // The life that ordered it gets it; a later life gets it by way of the director.
    if (this.actors.get(path)?.life === life) this.deliver(path, result, { path: '' })
    else this.deliver('resource', result, { path: '' })
  }

  private inventory(): AgentInventory {
    const ids = new Set([...this.guardTokens.keys(), ...this.inFlight.keys(), ...this.finished.map((f) => f.resource)])
    return {
      type: 'agent-inventory',
      resources: [...ids].sort().map((id) => {
        const running = this.inFlight.get(id)
        const resource = resourceId(id)
        return {
          resource,
          token: this.guardTokens.get(id) ?? token(0),
          pids: this.active.has(id) ? 1 : 0,
          finished: this.finished.filter((f) => f.resource === resource),
          ...(running && { inFlight: { id: running.id, action: running.action } }),
          ...(this.notes.get(id) && { note: this.notes.get(id) ?? '' }),
        }
      }),
    }
  }
}
