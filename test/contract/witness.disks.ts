/** Two nodes' disk witnesses over simulated shared disks, in virtual time: each question goes to the actor of the node that it is about. */
import { actor, type DiskState } from '../../actors/disk-heartbeat/actor.js'
import type { DiskIn } from '../../actors/disk-heartbeat/messages.js'
import type { WitnessAsk, WitnessTold } from '../../actors/witness/messages.js'
import type { Boot, Effect, NodeId, Step, Verdict } from '../../runtime/actor.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { seeded } from '../../runtime/random.js'
import { instant } from '../../runtime/time.js'
import { EventHeap, type Scheduled } from '../sim/heap.js'
import { SharedDisks } from '../sim/shared-disk.js'

export const cluster = clusterId('00000000-0000-4000-8000-000000000001')
export const nodes: readonly NodeId[] = [nodeId('node-a'), nodeId('node-b')]
/** Longer than any question is tried. */
const patienceMs = 20_000
const askAgainMs = 500

interface Life {
  state: DiskState
  timer: Scheduled | undefined
  over: boolean
}

export class WitnessOnDisks {
  shared: SharedDisks
  readonly said: { readonly node: NodeId; readonly verdict: Verdict }[] = []
  readonly #heap = new EventHeap()
  readonly #random = seeded('witness on disks')
  readonly #lives = new Map<NodeId, Life>()
  readonly #told: WitnessTold[] = []
  #now = 0

  constructor(readonly disks: number) {
    this.shared = new SharedDisks(disks, { cluster, nodes }, { after: (ms, run) => this.#after(ms, run) }, this.#random)
    for (const node of nodes) this.restart(node)
  }

  /** Runs for so long, or until it holds. */
  run(ms: number, until: () => boolean = () => false): void {
    const end = this.#now + ms
    while (!until()) {
      const next = this.#heap.pop(end)
      if (!next) break
      this.#now = next.atMs
      next.run()
    }
    if (!until()) this.#now = end
  }

  /** The answer, or undefined when there is none. Asked again each half second, as the log does. */
  ask(ask: WitnessAsk, patience = patienceMs): WitnessTold | undefined {
    this.#told.length = 0
    for (let ms = 0; ms < patience && this.#told.length === 0; ms += askAgainMs) {
      this.tell(ask.node, ask)
      this.run(askAgainMs, () => this.#told.length > 0)
    }
    return this.#told[0]
  }

  tell(node: NodeId, msg: DiskIn, from = 'log'): void {
    const life = this.#lives.get(node)
    if (life) this.#take(node, life, actor.receive(life.state, msg, this.#env(node, from)))
  }

  restart(node: NodeId): void {
    const old = this.#lives.get(node)
    if (old) old.over = true
    const args = { disks: this.shared.disks.map((d) => ({ name: d.name })) }
    const life: Life = { state: { enabled: false }, timer: undefined, over: false }
    this.#lives.set(node, life)
    this.#take(node, life, actor.init({ cluster, node, args } as unknown as Boot, this.#env(node, '')))
  }

  stateOf = (node: NodeId): DiskState | undefined => this.#lives.get(node)?.state

  /** Sentences since the last time, by key. */
  keys(node: NodeId): readonly string[] {
    return this.said.splice(0).flatMap((s) => (s.node === node ? [s.verdict.key] : []))
  }

  #env = (node: NodeId, from: string) => ({
    now: instant(this.#now),
    random: this.#random,
    self: { node, path: 'disk-heartbeat' },
    from: { path: from },
  })

  #after(ms: number, run: () => void): Scheduled {
    return this.#heap.add(this.#now + Math.max(0, ms), run)
  }

  #take(node: NodeId, life: Life, step: Step<DiskState>): void {
    life.state = step.state
    for (const effect of step.effects) this.#carryOut(node, life, effect)
  }

  #carryOut(node: NodeId, life: Life, e: Effect): void {
    const receive = (msg: DiskIn): void => {
      if (!life.over) this.#take(node, life, actor.receive(life.state, msg, this.#env(node, '')))
    }
    if (e.do === 'say') this.said.push({ node, verdict: e.verdict })
    if (e.do === 'send' && e.msg.type === 'witness-told') this.#told.push(e.msg as WitnessTold)
    if (e.do === 'disk') this.shared.carry(node, e, receive)
    if (e.do !== 'timer') return
    if (life.timer) life.timer.cancelled = true
    life.timer = this.#after(e.atMs - this.#now, () => receive(e.msg as DiskIn))
  }
}
