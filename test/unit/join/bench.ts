/** A cluster to join without a network of its own: real files of `cluster create`, the log's real state machine, a desk on loopback. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apply, genesis } from '../../../actors/log/apply.js'
import type { Entry } from '../../../actors/log/messages.js'
import type { ClusterState } from '../../../actors/log/state.js'
import { createCluster } from '../../../console/join/create.js'
import { Desk } from '../../../console/join/desk.js'
import { caKeyFile, type Places, placesOf, readNode } from '../../../console/join/layout.js'
import type { Cluster } from '../../../console/join/members.js'
import { isRefusal, type Link } from '../../../console/join/names.js'
import type { NodeConfig } from '../../../runtime/config/node.js'
import { bootId, index, type NodeId, term } from '../../../runtime/ids.js'
import type { Refusal, Verdict } from '../../../runtime/verdict.js'
import { freePort } from '../../ports.js'

export const wishes = { apiPort: 0, fenceDirs: [] }
export const boot = (digit: string): ReturnType<typeof bootId> => bootId(digit.repeat(32))

/** The log without nodes: every proposal is applied at once, unless `hold` or `before` say otherwise. */
export class FakeCluster implements Cluster {
  cluster: ClusterState
  here: readonly NodeId[]
  leads: NodeId | undefined
  proposed = 0
  /** Runs before a proposal is judged: something else may get into the log there. */
  before: (() => void) | undefined

  constructor(members: ClusterState['members'], name = 'shop') {
    this.cluster = genesis(members, name)
    this.here = members.map((m) => m.node)
    this.leads = members[0]?.node
  }
  state(): ClusterState {
    return this.cluster
  }
  present(): readonly NodeId[] {
    return this.here
  }
  commit(entry: Entry): Verdict | undefined {
    const got = apply(this.cluster, { index: index(this.cluster.index + 1), term: term(1), entry })
    this.cluster = got.state
    return got.refused
  }
  propose(entry: Entry, ifIndex: number): ReturnType<Cluster['propose']> {
    this.proposed++
    const before = this.before
    this.before = undefined
    before?.()
    if (ifIndex !== this.cluster.index) return Promise.resolve({ code: 'stale-revision', args: {} })
    const refused = this.commit(entry)
    return Promise.resolve(refused ? { code: 'invalid', args: {}, problems: [refused.key] } : true)
  }
  votes(): Record<string, number> {
    return Object.fromEntries(this.cluster.members.map((m) => [m.name, m.votes]))
  }
}

export class Bench {
  readonly dir = mkdtempSync(join(tmpdir(), 'kyha-join-'))
  readonly said: string[] = []
  readonly #desks: Desk[] = []

  places(name: string): Places {
    const own = join(this.dir, name)
    return placesOf({ dir: join(own, 'etc'), runDir: join(own, 'run'), stateDir: join(own, 'state') })
  }
  async link(): Promise<Link> {
    return { address: '127.0.0.1', port: await freePort() }
  }

  /** A new cluster of one node with its desk. `nowMs` is a clock that the test may move. */
  async cluster(
    name = 'n1',
    nowMs: () => number = () => Date.now(),
  ): Promise<{ node: NodeConfig; fake: FakeCluster; desk: Desk; places: Places }> {
    const places = this.places(name)
    const links = [await this.link()]
    const made = await createCluster({ cluster: 'shop', node: name, links, places, wishes, force: false, nowMs: Date.now() })
    if (isRefusal(made)) throw new Error(made.because.key)
    const node = await readNode(places.dir)
    if (isRefusal(node)) throw new Error(JSON.stringify(node.because))
    const fake = new FakeCluster(node.genesis)
    const desk = this.desk(node, fake, places, nowMs)
    return { node, fake, desk, places }
  }

  desk(node: NodeConfig, fake: FakeCluster, places: Places, nowMs: () => number = () => Date.now()): Desk {
    const desk = new Desk({
      cluster: node.cluster,
      self: { node: node.node.id, name: node.node.name },
      links: node.links,
      files: { ...node.tls, clusterKey: node.keyFile, caKey: caKeyFile(places.dir) },
      members: fake,
      nowMs,
      say: (v) => void this.said.push(v.key),
    })
    this.#desks.push(desk)
    return desk
  }

  end(): void {
    for (const desk of this.#desks) desk.close()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** The word of a refusal, or `taken`. */
export const word = (value: object | undefined): string => (isRefusal(value) ? (value as Refusal).refused : 'taken')
export const keyOf = (value: object | undefined): string => (isRefusal(value) ? (value as Refusal).because.key : 'taken')
export const jsonOf = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))
