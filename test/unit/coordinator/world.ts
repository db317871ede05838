/** Plan inputs in a few words: a configuration in YAML, how each node stands, what runs where. Used by the tests of the coordinator. */

import type { Row } from '../../../actors/coordinator/messages.js'
import type { NodeRows, PlanInput } from '../../../actors/coordinator/model.js'
import { apply, genesis } from '../../../actors/log/apply.js'
import type { Entry } from '../../../actors/log/messages.js'
import { instanceRight, promotedRight, runGrant } from '../../../actors/log/right.js'
import type { ClusterState } from '../../../actors/log/state.js'
import type { PeerState } from '../../../actors/membership/messages.js'
import { type ConfigDoc, isCloned } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { type BootId, bootId, index, type NodeId, nodeId, type ResourceId, resourceId, term, token } from '../../../runtime/ids.js'
import { verdict } from '../../../runtime/verdict.js'

export type Stand = PeerState['state'] | 'rebooted'
export interface Spec {
  /** Lines of YAML below the header. */
  readonly config: readonly string[]
  /** Node name -> how it is heard; the first one is the leader. */
  readonly nodes: Readonly<Record<string, Stand>>
  /** Resource -> node where it runs with the right to; of a clone the nodes, blanks between them, `*` behind the promoted one. */
  readonly running?: Readonly<Record<string, string>>
  /** `resource@node` -> what differs from a plain row. */
  readonly rows?: Readonly<Record<string, Partial<Row>>>
  readonly lost?: readonly string[]
  readonly intents?: readonly { readonly kind: 'move' | 'ban'; readonly resource: string; readonly node: string }[]
  readonly unseenMs?: number
  /** What the document has besides. */
  readonly also?: Partial<ConfigDoc>
  /** Node name -> seconds for which it is held down. */
  readonly held?: Readonly<Record<string, number>>
}

export const node = (name: string): NodeId => nodeId(`id-${name}`)
export const boot = (name: string, life = 1): BootId => bootId(`${name}-life${life}`)
const because = verdict('test', 'coordinator.stop-all')

export function docOf(lines: readonly string[], names: readonly string[]): ConfigDoc {
  const parsed = parseConfig(['apiVersion: kyha/v1', 'name: test', ...lines].join('\n'), names)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.doc
}

export function add(state: ClusterState, entry: Entry): ClusterState {
  const done = apply(state, { index: index(state.index + 1), term: term(1), entry })
  if (done.refused) throw new Error(JSON.stringify(done.refused))
  return done.state
}

export const rowFor = (id: ResourceId, over: Partial<Row> = {}): Row => ({
  resource: id,
  state: 'stopped',
  token: token(0),
  failCount: 0,
  took: {},
  ...over,
})

/** The log state of a spec: everybody admitted, the configuration, a grant for all that runs. */
export function stateOf(spec: Spec): ClusterState {
  const names = Object.keys(spec.nodes)
  let state = genesis(
    names.map((name) => ({ node: node(name), name, votes: 1, links: [] })),
    'test',
  )
  state = add(state, { type: 'config', doc: { ...docOf(spec.config, names), ...spec.also }, by: 'test', because })
  for (const name of names) state = add(state, { type: 'admit', node: node(name), boot: boot(name) })
  const grants = Object.entries(spec.running ?? {}).flatMap(([r, names]) => {
    const id = state.ids[r] ?? resourceId(r)
    const cloned = isCloned(state.config, r)
    return names.split(' ').flatMap((text) => {
      const name = text.replace('*', '')
      const to = { node: node(name), boot: boot(name) }
      const right = cloned ? instanceRight(id, node(name)) : id
      return [{ resource: right, ...to }, ...(text.endsWith('*') ? [{ resource: promotedRight(id, 0), ...to }] : [])]
    })
  })
  if (grants.length > 0) state = add(state, { type: 'decision', certificates: [], releases: [], grants, because })
  for (const [i, wish] of (spec.intents ?? []).entries()) {
    state = add(state, { type: 'intent', id: `w${i}`, by: 'ann', forMs: 1000, ...wish, node: node(wish.node) })
  }
  return state
}

export function inputFor(spec: Spec): PlanInput {
  const state = stateOf(spec)
  const [leader = ''] = Object.keys(spec.nodes)
  const rows: Record<NodeId, NodeRows> = {}
  const peers: PeerState[] = []
  for (const [name, stand] of Object.entries(spec.nodes)) {
    const life = boot(name, stand === 'rebooted' ? 2 : 1)
    const of: Record<ResourceId, Row> = {}
    for (const { name: r } of state.config.resources) {
      const id = state.ids[r] ?? resourceId(r)
      const places = spec.running?.[r]?.split(' ') ?? []
      const here = stand !== 'rebooted' && (places.includes(name) || places.includes(`${name}*`))
      const base: Partial<Row> = here
        ? { state: places.includes(`${name}*`) ? 'promoted' : 'running', token: runGrant(state.grants, id, node(name))?.token ?? token(0) }
        : {}
      of[id] = rowFor(id, { ...base, ...spec.rows?.[`${r}@${name}`] })
    }
    rows[node(name)] = { boot: life, counter: 1, seq: 1, doubt: false, rows: of }
    if (name === leader) continue
    const incarnation = stand === 'never-seen' ? {} : { incarnation: { boot: life, counter: 1 } }
    peers.push({ node: node(name), name, state: stand === 'rebooted' ? 'alive' : stand, links: [], ...incarnation })
  }
  return {
    state,
    self: { node: node(leader), boot: boot(leader) },
    peers,
    rows,
    busy: {},
    proofs: {},
    unseenMs: spec.unseenMs ?? 0,
    fenced: {},
    held: Object.fromEntries(Object.entries(spec.held ?? {}).map(([name, s]) => [node(name), s])),
    lost: (spec.lost ?? []).map(node),
  }
}

/** The same input with every map and every list whose order means nothing shuffled. */
export function shuffled(input: PlanInput, pick: (below: number) => number): PlanInput {
  const list = <T>(items: readonly T[]): T[] => {
    const out = [...items]
    for (let i = out.length - 1; i > 0; i--) {
      const j = pick(i + 1)
      const [a, b] = [out[i] as T, out[j] as T]
      out[i] = b
      out[j] = a
    }
    return out
  }
  const map = <K extends string, V>(record: Readonly<Record<K, V>>): Record<K, V> =>
    Object.fromEntries(list(Object.entries(record))) as Record<K, V>
  const { state } = input
  const { config } = state
  return {
    ...input,
    peers: list(input.peers),
    rows: map(Object.fromEntries(Object.entries(input.rows).map(([n, r]) => [n, { ...r, rows: map((r as NodeRows).rows) }]))),
    state: {
      ...state,
      members: list(state.members),
      ids: map(state.ids),
      grants: map(state.grants),
      lives: map(state.lives),
      intents: list(state.intents),
      config: {
        ...config,
        nodes: map(config.nodes),
        locations: list(config.locations),
        colocations: list(config.colocations),
        orders: list(config.orders),
      },
    },
  }
}
