/**
 * Two voters that take a witness into use and out again (actors/log/witness.ts), over messages to it and back that may be lost or late. In the beginning
 * a certificate lets a node decide alone (twonode.ts); under the witness its record does. What the record says, which rule counts and who may go on
 * alone is asked of the product: claim, enrol, witnessOf, isChanging, isOver, soloRefusal, apply. A node may lose power, or its manager restart, at any
 * point between its claim, the record, the answer and its own disk, and whoever is up may ask at any time, also with its peer there.
 *
 * That a record heals is said as something that must always hold: whom it names for an epoch that its disk does not know, that one's disk says that it
 * asked for just this, so it goes on asking, and gets what it was given. One that forgot may die for good with the other one refused for ever.
 */

import type { Entry } from '../../actors/log/messages.js'
import type { LogState } from '../../actors/log/raft.js'
import { epochOf, soloOf } from '../../actors/log/raft.js'
import { isChanging, isOver, witnessOf } from '../../actors/log/witness.js'
import { claim, enrol, type WitnessRecord } from '../../actors/witness/register.js'
import type { NodeId } from '../../runtime/actor.js'
import { type Model, put, type To } from './explore.js'
import { because, ids, members, names, TwoNode } from './twonode.js'
import { type Ask, type Bounds, type Message, type Node, pack, type State, unpack } from './twostate.js'

export const broken = [
  'none',
  'a claim is a vote',
  'the new rule counts at once',
  'the old rule goes on',
  'it forgets',
  'a claim is not kept',
] as const
export type Broken = (typeof broken)[number]

type Words = Extract<Message, { kind: 'ask' | 'told' }>
const WITNESS = 'w'

class Register extends TwoNode {
  constructor(
    readonly rule: Broken,
    bounds: Bounds,
    /** It was taken into use before, and both know it. */
    readonly inUse: boolean,
  ) {
    super('none', bounds)
  }
  override get first(): string {
    const s = unpack(super.first)
    if (!this.inUse) return super.first
    for (const n of [0, 1]) {
      const me = s.nodes[n] as Node
      this.append(s, n, { type: 'members', members, epoch: 0, witness: WITNESS, because })
      Object.assign(me, { kept: 1, commit: 1 })
      s.done = me.log
    }
    s.held = numberOf({ epoch: 0 })
    return pack(s)
  }
  override get name(): string {
    return `register of a witness, ${this.rule === 'none' ? 'all rules' : this.rule}${this.inUse ? ', in use' : ''}`
  }

  /** A message to or from the witness is kept while it can still change something. */
  override trim(s: State): string {
    const words = [...s.net].filter((char) => {
      const m = this.messages.of(char)
      if (m.kind === 'ask') return m.what === 'claim' || this.wants(s, m)
      return m.kind === 'told' && this.wants(s, m)
    })
    return [...super.trim(s), ...words].sort().join('')
  }
  /** Its node still lives on that answer. */
  wants(s: State, m: Words): boolean {
    const me = s.nodes[m.from] as Node
    const view = this.product(s, m.from)
    return me.up === 1 && me.life === m.life && epochOf(view) === m.epoch && !soloOf(view)
  }
  witnessOf(view: LogState): string | undefined {
    return this.rule === 'the new rule counts at once' ? view.witness : witnessOf(view)
  }

  override product(s: State, n: number): LogState {
    const view = super.product(s, n)
    const { claim: asked } = s.nodes[n] as Node
    return asked === 0 ? view : { ...view, hard: { ...view.hard, claim: { witness: WITNESS, epoch: asked - 1 } } }
  }
  override seal(s: State): string {
    for (const n of [0, 1]) if (isOver(this.product(s, n))) (s.nodes[n] as Node).claim = 0
    return super.seal(s)
  }
  override end(me: Node, up: number): void {
    super.end(me, up)
    if (this.rule === 'a claim is not kept') me.claim = 0
  }

  override world(s: string, n: number, to: To): void {
    super.world(s, n, to)
    const state = unpack(s)
    if (state.held === 0 || this.rule !== 'it forgets') return
    state.held = 0
    to('the witness forgets', this.seal(state))
  }
  override takeover(s: string, n: number, to: To): void {
    super.takeover(s, n, to)
    const state = unpack(s)
    const me = state.nodes[n] as Node
    const view = this.product(state, n)
    if (this.witnessOf(view) === undefined || soloOf(view) || me.term >= this.bounds.terms) return
    me.claim = epochOf(view) + 1 // on disk before it is asked
    this.speak(state, n, 'ask', 'claim', epochOf(view), `${names[n]} asks the witness`, to)
  }
  override solo(s: State, n: number, view: LogState, to: To): void {
    const { witness: _, ...cluster } = view.cluster
    const old = { ...view, witness: undefined, cluster } as LogState
    super.solo(s, n, this.rule === 'the old rule goes on' && isChanging(view) ? old : view, to)
  }
  speak(s: State, n: number, kind: 'ask' | 'told', what: Ask, epoch: number, step: string, to: To): void {
    const { life } = s.nodes[n] as Node
    const message = { kind, from: n, life, term: 0, what, epoch } as const
    const char = this.messages.char(Object.values(message).join(), () => message)
    for (const [lost, net] of put(this.trim(s), char, this.bounds.messages)) {
      const x = unpack(pack(s))
      x.net = net
      to(step + lost, this.seal(x))
    }
  }

  override leading(s: string, n: number, to: To): void {
    super.leading(s, n, to)
    const state = unpack(s)
    const me = state.nodes[n] as Node
    const view = this.product(state, n)
    const ready = view.cluster.term === me.term && me.commit === me.log.length && !soloOf(view) && me.log.length < this.bounds.entries
    if (!ready) return
    if (view.witness !== undefined) return this.list(state, n, undefined, 'takes the witness out', to)
    this.speak(state, n, 'ask', 'enrol', epochOf(view), `${names[n]} enrols`, to)
  }
  list(s: State, n: number, witness: string | undefined, step: string, to: To): void {
    const { logEpoch } = this.meaning((s.nodes[n] as Node).log)
    const entry: Entry = { type: 'members', members, epoch: logEpoch, ...(witness === undefined ? {} : { witness }), because }
    this.append(s, n, entry)
    to(`${names[n]} ${step}`, this.seal(s))
  }

  override deliver(s: string, char: string, to: To): void {
    const m = this.messages.of(char)
    if (m.kind !== 'ask' && m.kind !== 'told') return super.deliver(s, char, to)
    const state = unpack(s)
    state.net = state.net.replace(char, '')
    if (m.kind === 'ask') this.answer(state, m, to)
    else this.told(state, m, to)
  }
  answer(s: State, m: Words, to: To): void {
    const known = recordOf(s.held) ?? (this.rule === 'it forgets' ? { epoch: 0 } : undefined)
    const { ok, record } = m.what === 'enrol' ? enrol(known, m.epoch) : claim(known, ids[m.from] as NodeId, m.epoch)
    const yes = ok || (this.rule === 'a claim is a vote' && m.what === 'claim')
    s.held = numberOf(record)
    const step = `the witness hears ${names[m.from]}'s ${m.what}`
    // Whoever hears it asks for that no more; whoever does not may ask again, which is as free here as asking is.
    const heard = m.what === 'claim' && this.wants(s, m)
    if (!yes && heard) (s.nodes[m.from] as Node).claim = 0
    if (!yes) return to(`${step}, and refuses`, this.seal(s))
    this.speak(s, m.from, 'told', m.what, m.epoch, step, to)
  }
  told(s: State, m: Words, to: To): void {
    const n = m.from
    const me = s.nodes[n] as Node
    const view = this.product(s, n)
    if (!this.wants(s, m)) return
    if (m.what === 'enrol') {
      const leads = me.role === 2 && view.cluster.term === me.term && me.commit === me.log.length && view.witness === undefined
      if (leads && me.log.length < this.bounds.entries) this.list(s, n, WITNESS, 'takes the witness into use', to)
      return
    }
    if (this.witnessOf(view) === undefined || me.term >= this.bounds.terms) return
    Object.assign(me, { epoch: m.epoch + 1, solo: 1, proof: 0, claim: 0, held: 0, term: me.term + 1, vote: n + 1 })
    if (this.lead(s, n)) to(`${names[n]} opens a solo epoch by the witness`, this.seal(s))
  }

  override accident(packed: string): string | undefined {
    return super.accident(packed) ?? this.unheard(unpack(packed))
  }
  /** What its disk holds is all that a node knows after a power cut. */
  unheard(s: State): string | undefined {
    const record = recordOf(s.held)
    const n = record?.owner === undefined ? -1 : ids.indexOf(record.owner)
    const me = s.nodes[n]
    if (record === undefined || me === undefined) return undefined
    const nodes = s.nodes.map((it, i) => (i === n ? { ...it, log: it.log.slice(0, it.kept), commit: Math.min(it.commit, it.kept) } : it))
    const view = this.product({ ...s, nodes: nodes as [Node, Node] }, n)
    const inUse = view.witness !== undefined || view.cluster.witness !== undefined
    const asksOn = me.claim > 0 && claim(record, ids[n] as NodeId, me.claim - 1).ok
    if (!inUse || epochOf(view) >= record.epoch || asksOn) return undefined
    return `the witness names ${names[n]}, which does not know that it asked`
  }

  /** Under a witness the other one may go on acting for a while: taking over from it needs a certificate. */
  override actsOn(s: State, p: number, n: number): boolean {
    return this.product(s, n).witness === undefined && super.actsOn(s, p, n)
  }
}

const recordOf = (held: number): WitnessRecord | undefined => {
  if (held === 0) return undefined
  const owner = ids[((held - 1) % 3) - 1]
  return { epoch: Math.floor((held - 1) / 3), ...(owner === undefined ? {} : { owner }) }
}
const numberOf = (r: WitnessRecord | undefined): number =>
  r === undefined ? 0 : 1 + 3 * r.epoch + (r.owner === undefined ? 0 : 1 + ids.indexOf(r.owner))

export const register = (rule: Broken, bounds: Bounds, inUse: boolean): Model => new Register(rule, bounds, inUse)
