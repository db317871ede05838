/**
 * The witness on three shared disks with real servants and real files (O_DIRECT): two nodes, each with a servant of its own for each file. `restart`:
 * SIGKILL to all servants, actors begin anew. `forget`: blank disks of a new set.
 */
import { writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { actor, type DiskState } from '../../actors/disk-heartbeat/actor.js'
import { format } from '../../actors/disk-heartbeat/layout.js'
import type { DiskIn } from '../../actors/disk-heartbeat/messages.js'
import type { WitnessAsk, WitnessTold } from '../../actors/witness/messages.js'
import type { Boot, Effect, NodeId, Step } from '../../runtime/actor.js'
import type { DiskClient } from '../../runtime/disk/client.js'
import { now } from '../../runtime/host/clock.js'
import { clusterId, nodeId } from '../../runtime/ids.js'
import { seeded } from '../../runtime/random.js'
import { elapsed } from '../../runtime/time.js'
import { type Servant, Shelf } from '../unit/disk/bench.js'
import { witnessCases } from './witness.cases.js'

const cluster = clusterId('00000000-0000-4000-8000-000000000001')
const nodes: readonly NodeId[] = [nodeId('node-a'), nodeId('node-b')]
const names = ['d1', 'd2', 'd3']
const askAgainMs = 500
const random = seeded('servants')

/** One node's disk witness in real time, over its own servants. */
class Node {
  readonly #servants: Servant[] = []
  #clients = new Map<string, DiskClient>()
  #state: DiskState = { enabled: false }
  #life = 0
  #timers = new Map<string, NodeJS.Timeout>()
  #told: ((told: WitnessTold) => void) | undefined

  constructor(
    readonly id: NodeId,
    readonly shelf: Shelf,
  ) {}

  async start(): Promise<void> {
    for (const name of names) this.#servants.push(await this.shelf.servant(`${this.shelf.dir}/${name}`, `${this.id}-${name}`))
    this.#begin()
  }
  async restart(): Promise<void> {
    this.stop()
    for (const one of this.#servants) await one.stop()
    for (const one of this.#servants) await one.start()
    this.#begin()
  }
  ask(ask: WitnessAsk): Promise<WitnessTold> {
    return new Promise((resolve) => {
      const again = setInterval(() => this.#receive(ask, 'log'), askAgainMs)
      this.#told = (told) => {
        clearInterval(again)
        this.#told = undefined
        resolve(told)
      }
      this.#receive(ask, 'log')
    })
  }
  stop(): void {
    this.#life++
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    for (const client of this.#clients.values()) client.close()
  }

  #begin(): void {
    this.#clients = new Map(names.map((name, i) => [name, (this.#servants[i] as Servant).client()]))
    const boot = { cluster, node: this.id, args: { disks: names.map((name) => ({ name })) } } as unknown as Boot
    this.#take(actor.init(boot, this.#env('')))
  }
  #receive(msg: DiskIn, from: string): void {
    this.#take(actor.receive(this.#state, msg, this.#env(from)))
  }
  #env = (from: string) => ({ now: now(), random, self: { node: this.id, path: 'disk-heartbeat' }, from: { path: from } })
  #take(step: Step<DiskState>): void {
    this.#state = step.state
    for (const effect of step.effects) this.#perform(effect)
  }
  #perform(effect: Effect): void {
    const life = this.#life
    const mine = (msg: DiskIn) => (): void => {
      if (life === this.#life) this.#receive(msg, '')
    }
    if (effect.do === 'send' && effect.msg.type === 'witness-told') return this.#told?.(effect.msg as WitnessTold)
    if (effect.do === 'timer') {
      clearTimeout(this.#timers.get(effect.key))
      this.#timers.set(effect.key, setTimeout(mine(effect.msg as DiskIn), Math.max(0, elapsed(now(), effect.atMs))))
    }
    if (effect.do === 'cancel') clearTimeout(this.#timers.get(effect.key))
    if (effect.do !== 'disk') return
    const client = this.#clients.get(effect.disk)
    assert.ok(client, 'one of its disks')
    // A mailbox stands between: an answer never comes in the middle of a step.
    client.ask(effect, (answer) => setImmediate(mine({ type: 'disk-result', id: effect.id, disk: effect.disk, ...answer })))
  }
}

/** Three blank disks of a set of their own. */
function blankDisks(shelf: Shelf, set: number): void {
  const uuids = names.map((name) => `set-${set}-${name}`)
  for (const [i, name] of names.entries())
    writeFileSync(`${shelf.dir}/${name}`, format({ cluster, disk: uuids[i] as string, set: uuids, nodes }), { flush: true })
}

const t = suite('contract: witness on 3 shared disks with real servants')

witnessCases(t, async () => {
  const shelf = new Shelf()
  let sets = 0
  blankDisks(shelf, sets)
  const both = nodes.map((id) => new Node(id, shelf))
  for (const node of both) await node.start()
  return {
    ask(ask) {
      const node = both[nodes.indexOf(ask.node)]
      assert.ok(node, 'one of the two nodes asks')
      return node.ask(ask)
    },
    async restart() {
      for (const node of both) await node.restart()
    },
    async forget() {
      blankDisks(shelf, ++sets)
    },
    async close() {
      for (const node of both) node.stop()
      await shelf.close()
    },
  }
})

t.run()
