/**
 * The state machine of the log: `apply(state, entry)` is pure, deterministic and total. Equal index means equal state on every node (S9),
 * and subscribers keep their copy with this same function. It is the last gate of S2: a decision whose evidence does not hold is not
 * applied, as a whole, on every node alike; only `index` and `term` advance, and `refused` says why.
 *
 * What counts as evidence that the owner of a grant no longer runs it:
 *  - a release of the same token, `stopped` by the same life, or `reboot-probe` by the present, later life of the same machine;
 *  - a certificate of the owner's life: by a device for a committed fence-intent, or by an operator's ack. It releases all grants of that node:
 *    the certified life is its machine's present one, so the earlier ones have ended too.
 * A self-rebooted machine (admit of another boot over an admitted life) proves that the old life is gone, but not what its start-up brought
 * up again: grants of the old life stay unreleased until the new life's probe, or a certificate.
 */
import type { BootId, Env, Index, NodeId, ResourceId, Term, Token } from '../../runtime/actor.js'
import { unreachable } from '../../runtime/assert.js'
import { type ConfigDoc, isCloned } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import type { Certificate, Entry, GrantOrder, LogEntry, Member, Release } from './messages.js'
import { defined, identify, prune } from './names.js'
import { instanceRight, isBound, resourceOf, rightsOf } from './right.js'
import type { ClusterState, Grant, Life } from './state.js'

export interface Applied {
  readonly state: ClusterState
  /** Set when the entry changed nothing because a rule forbids it. */
  readonly refused?: Verdict
}

export const certificatesMax = 64
export const intentsMax = 256
export const cleanupsMax = 4096

type Outcome = ClusterState | { readonly no: Verdict }
type Of<T extends Entry['type']> = Extract<Entry, { type: T }>

/** The state after `e`, which must be the entry that follows `state.index`. */
export function apply(state: ClusterState, e: LogEntry): Applied {
  const next: ClusterState = { ...state, index: e.index, term: e.term }
  const got = transition(next, e.entry, e.index)
  return 'no' in got ? { state: next, refused: got.no } : { state: got }
}

function transition(s: ClusterState, entry: Entry, at: Index): Outcome {
  switch (entry.type) {
    case 'noop':
      return s
    case 'members':
      return members(s, entry, at)
    case 'version':
      if (entry.clusterVersion < s.clusterVersion) return no('log.version-back', { from: s.clusterVersion, to: entry.clusterVersion })
      return { ...s, clusterVersion: entry.clusterVersion }
    case 'config':
      return configured(s, entry, at)
    case 'admit':
      return admit(s, entry, at)
    case 'leave':
      return leave(s, entry, at)
    case 'fence-intent':
      return fenceIntent(s, entry, at)
    case 'decision':
      return decision(s, entry, at)
    case 'intent': {
      const others = s.intents.filter((i) => i.id !== entry.id)
      if (others.length >= intentsMax) return no('log.intents-full', { limit: intentsMax })
      const { type: _, ...wish } = entry
      return { ...s, intents: [...others, { ...wish, since: at }] }
    }
    case 'intent-end':
      return { ...s, intents: s.intents.filter((i) => i.id !== entry.id) }
    case 'cleanup':
      return cleanup(s, entry, at)
    case 'operator-ack':
      return operatorAck(s, entry, at)
    case 'leased':
      return leased(s, entry)
    default:
      return unreachable(entry)
  }
}

/** The state that every node of a new cluster starts from: index 1, term 0. */
export function genesis(list: readonly Member[], name: string): ClusterState {
  return {
    index: (list.length === 0 ? 0 : 1) as Index,
    term: 0 as Term,
    clusterVersion: 1,
    epoch: 0,
    members: sorted(list),
    config: emptyConfig(name),
    configIndex: 1 as Index,
    ids: {},
    grants: {},
    lives: {},
    certificates: [],
    intents: [],
    cleanups: {},
  }
}

/** A configuration that protects nothing yet. */
export const emptyConfig = (name: string): ConfigDoc => ({
  apiVersion: 'kyha/v1',
  name,
  properties: {
    noQuorumPolicy: 'stop',
    fencingEnabled: true,
    fencingAction: 'reboot',
    maintenanceMode: false,
    stickiness: 1,
    symmetric: true,
    stopAll: false,
    startupFencingMs: 60_000,
    startFailureIsFatal: true,
  },
  nodes: {},
  resources: [],
  groups: [],
  locations: [],
  colocations: [],
  orders: [],
  fencing: [],
})

/** 16 hex digits over the canonical text of `state`: equal on every node at an equal index (S9). For comparison, not for security. */
export function digest(state: ClusterState): string {
  const text = canonical(state)
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193)
    b = Math.imul(b ^ c, 0x85ebca6b) ^ (b >>> 13)
  }
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0')
  return hex(a) + hex(b)
}

/** Grants of one life that are not released: what is taken over after its certificate. */
export const heldBy = (s: ClusterState, node: NodeId, boot?: BootId): readonly Grant[] =>
  Object.values(s.grants)
    .filter((g) => !g.released && g.node === node && (boot === undefined || g.boot === boot))
    .sort((a, b) => (a.resource < b.resource ? -1 : 1))

function members(s: ClusterState, e: Of<'members'>, at: Index): Outcome {
  if (e.epoch < s.epoch) return no('log.epoch-back', { from: s.epoch, to: e.epoch })
  const before = new Map(s.members.map((m) => [m.node, m.votes]))
  const now = new Map(e.members.map((m) => [m.node, m.votes]))
  if (now.size !== e.members.length || ![...now.values()].some((v) => v > 0)) return no('log.members-invalid', {})
  let moved = 0
  for (const node of new Set([...before.keys(), ...now.keys()])) moved += Math.abs((now.get(node) ?? 0) - (before.get(node) ?? 0))
  // One vote at a time: only then do every old and every new majority share a voter (Ongaro 2014, 4.1; S11).
  if (moved > 1) return no('log.members-votes', { moved })
  const tie = tieRule(s, e, moved)
  if (tie) return no(tie, { node: e.tieBreak === undefined ? '-' : nameOf({ ...s, members: e.members }, e.tieBreak) })
  const witness = witnessRule(s, e, moved)
  if (witness) return no(witness, { witness: e.witness ?? s.witness ?? '-' })
  const forbidden = soloRule(s, e)
  if (forbidden) return no(forbidden, { epoch: e.epoch })
  for (const m of s.members) {
    const held = now.has(m.node) ? [] : heldBy(s, m.node)
    if (held.length > 0) return no('log.member-owns', { node: m.name, count: held.length })
  }
  const lives = Object.fromEntries(Object.entries(s.lives).filter(([node]) => now.has(node as NodeId)))
  const { solo: _, tieBreak: __, witness: ___, ...rest } = s
  const { solo, tieBreak, witness: by } = e
  const next: ClusterState = {
    ...rest,
    members: sorted(e.members),
    epoch: e.epoch,
    lives,
    ...(solo ? { solo } : {}),
    ...(tieBreak ? { tieBreak } : {}),
    ...(by ? { witness: by } : {}),
  }
  return e.certificate ? fenced(next, e.certificate, at) : next
}

/**
 * A tie-break voter weighs like half a vote, so it comes and goes in an entry of its own: only then do every old and every new quorum share a
 * voter (S11, test/unit/quorum/steps.test.ts). Two voters have none: T1-T5 decide there, and it would decide without evidence.
 */
function tieRule(s: ClusterState, e: Of<'members'>, moved: number): Verdict['key'] | undefined {
  if (s.tieBreak === undefined && e.tieBreak === undefined) return undefined
  if (moved > 0 || (s.tieBreak !== undefined && e.tieBreak !== undefined && s.tieBreak !== e.tieBreak)) return 'log.tie-break-alone'
  if (e.tieBreak === undefined) return undefined
  if (e.members.filter((m) => m.votes > 0).length < 3) return 'log.tie-break-two'
  return e.members.some((m) => m.node === e.tieBreak && m.votes > 0) ? undefined : 'log.tie-break-voter'
}

/** A witness comes, goes and changes alone, in an epoch of both of exactly two voters: the old rule has to end before the new one begins. It goes with a removed voter. */
function witnessRule(s: ClusterState, e: Of<'members'>, moved: number): Verdict['key'] | undefined {
  if (s.witness === e.witness && (e.witness === undefined || moved === 0)) return undefined
  // Whoever decides alone removes the other one, and with it what the two had: the record stays with its owner, so the other one never decides.
  const left = e.members.filter((m) => m.votes > 0)
  if (s.solo && !e.solo && e.witness === undefined && left.length === 1 && left.every((m) => s.solo?.includes(m.node))) return undefined
  if (moved > 0 || s.solo || e.solo || (s.witness !== undefined && e.witness !== undefined)) return 'log.witness-alone'
  return e.witness === undefined || e.members.filter((m) => m.votes > 0).length === 2 ? undefined : 'log.witness-two'
}

/**
 * The two-node rules as far as the state shows them. T2, T4: a solo epoch is new, has exactly two voters, and brings the certificate of the other
 * one's present life. It ends in a later epoch again, and then nobody may have a vote who was not one of the two.
 */
function soloRule(s: ClusterState, e: Of<'members'>): Verdict['key'] | undefined {
  const voting = (list: readonly Member[]): readonly NodeId[] => list.filter((m) => m.votes > 0).map((m) => m.node)
  const now = voting(e.members)
  if ((s.solo || e.solo) && e.epoch <= s.epoch) return 'log.solo-epoch'
  if (!e.solo) {
    if (e.certificate) return 'log.solo-certificate'
    const known = !s.solo || (now.every((n) => voting(s.members).includes(n)) && s.solo.every((n) => now.includes(n)))
    return known ? undefined : 'log.solo-members'
  }
  const [self] = e.solo
  const peer = now.find((n) => n !== self)
  if (now.length !== 2 || e.solo.length !== 1 || self === undefined || !now.includes(self)) return 'log.solo-members'
  const c = e.certificate
  // With a witness its word stands for the certificate; it was on disk before this entry was made (T4).
  if (s.witness !== undefined) return c ? 'log.solo-certificate' : undefined
  return c && c.node === peer && c.boot === s.lives[c.node]?.boot ? undefined : 'log.solo-certificate'
}

function admit(s: ClusterState, e: Of<'admit'>, at: Index): Outcome {
  const old = s.lives[e.node]
  if (!s.members.some((m) => m.node === e.node)) return no('log.not-a-member', { node: e.node })
  if (isCertified(s, e.node, e.boot)) return no('log.admit-fenced', { node: nameOf(s, e.node), boot: e.boot })
  if (old?.past?.includes(e.boot)) return no('log.admit-past', { node: nameOf(s, e.node), boot: e.boot, now: old.boot })
  if (old?.boot === e.boot && old.state === 'admitted') return s
  return withLife(s, e.node, { boot: e.boot, state: 'admitted', since: at, ...kept(old, e.boot) })
}

function leave(s: ClusterState, e: Of<'leave'>, at: Index): Outcome {
  const life = s.lives[e.node]
  if (life?.boot !== e.boot || life.state === 'fenced') return no('log.not-this-life', { node: nameOf(s, e.node), boot: e.boot })
  const held = heldBy(s, e.node)
  if (held.length > 0) return no('log.leave-owns', { node: nameOf(s, e.node), count: held.length })
  return life.state === 'left' ? s : withLife(s, e.node, { boot: e.boot, state: 'left', since: at })
}

function fenceIntent(s: ClusterState, e: Of<'fence-intent'>, at: Index): Outcome {
  const life = s.lives[e.node]
  if (life?.boot !== e.boot || life.state === 'fenced') return no('log.not-this-life', { node: nameOf(s, e.node), boot: e.boot })
  return life.state === 'intent' ? s : withLife(s, e.node, { boot: e.boot, state: 'intent', since: at, ...kept(life, e.boot) })
}

/** The lease of a life stays with it: its guard goes on counting, whatever the log thinks of the node. */
const kept = (life: Life | undefined, boot: BootId): Pick<Life, 'leased'> =>
  life?.boot === boot && life.leased ? { leased: life.leased } : {}

function leased(s: ClusterState, { node, boot, leaseMs, watchdogMs, armed }: Of<'leased'>): Outcome {
  const life = s.lives[node]
  if (life?.boot !== boot || life.state !== 'admitted') return no('log.not-this-life', { node: nameOf(s, node), boot })
  const { leased: now, ...rest } = life
  if (now && (now.leaseMs !== leaseMs || now.watchdogMs !== watchdogMs)) return no('log.leased-already', { node: nameOf(s, node) })
  return withLife(s, node, { ...rest, leased: { leaseMs, watchdogMs, armed: armed || (now?.armed ?? false) } })
}

/** All or nothing: certificates, then releases, then the grants that these make possible. */
function decision(s: ClusterState, e: Of<'decision'>, at: Index): Outcome {
  let now: Outcome = s
  for (const c of e.certificates) {
    now = certify(now, c, at)
    if ('no' in now) return now
  }
  for (const r of e.releases) {
    now = release(now, r)
    if ('no' in now) return now
  }
  for (const g of e.grants) {
    now = grant(now, g, at)
    if ('no' in now) return now
  }
  return prune(now)
}

function certify(s: ClusterState, c: Certificate, at: Index): Outcome {
  if (isCertified(s, c.node, c.boot)) return s
  const life = s.lives[c.node]
  const node = nameOf(s, c.node)
  // An operator's word enters by operator-ack only, which certifies by itself.
  if (c.how !== 'device' || life?.boot !== c.boot || life.state !== 'intent' || life.since !== c.intent)
    return no('log.certificate-without-intent', { node, boot: c.boot })
  return fenced(s, c, at)
}

function operatorAck(s: ClusterState, e: Of<'operator-ack'>, at: Index): Outcome {
  if (isCertified(s, e.node, e.boot)) return s
  const life = s.lives[e.node]
  if (life?.boot !== e.boot) return no('log.not-this-life', { node: nameOf(s, e.node), boot: e.boot })
  const c: Certificate = { node: e.node, boot: e.boot, how: 'operator', by: e.by, intent: at, detail: 'operator-ack' }
  return fenced(s, c, at)
}

/** The certified life is the machine's present one, so every earlier life of it has ended too: all its grants are released. */
function fenced(s: ClusterState, c: Certificate, at: Index): ClusterState {
  const grants = Object.fromEntries(Object.entries(s.grants).map(([r, g]) => [r, g.node === c.node ? { ...g, released: true } : g]))
  const lived = withLife(s, c.node, { boot: c.boot, state: 'fenced', since: at })
  return { ...lived, grants, certificates: [...s.certificates, c].slice(-certificatesMax) }
}

function release(s: ClusterState, r: Release): Outcome {
  const g = s.grants[r.resource]
  if (!g || g.token !== r.token || g.node !== r.node) return no('log.release-stale', { resource: nameIn(s, r.resource), token: r.token })
  if (g.released) return s
  const life = s.lives[r.node]
  const proven = r.how === 'stopped' ? g.boot === r.boot : g.boot !== r.boot && life?.boot === r.boot && life.state === 'admitted'
  if (!proven) return no('log.release-unproven', { resource: nameIn(s, r.resource), node: nameOf(s, r.node), boot: r.boot })
  return { ...s, grants: { ...s.grants, [r.resource]: { ...g, released: true } } }
}

function grant(s: ClusterState, order: GrantOrder, at: Index): Outcome {
  const resource = nameIn(s, order.resource)
  const held = s.grants[order.resource]
  if (!Object.values(s.ids).includes(resourceOf(order.resource))) return no('log.grant-unknown', { resource })
  if (isBound(order.resource) && order.resource !== instanceRight(resourceOf(order.resource), order.node))
    return no('log.grant-unknown', { resource })
  if (held && !held.released)
    return no('log.grant-without-evidence', { resource, node: nameOf(s, order.node), owner: nameOf(s, held.node), token: held.token })
  const life = s.lives[order.node]
  if (life?.boot !== order.boot || life.state !== 'admitted') return no('log.grant-not-admitted', { resource, node: nameOf(s, order.node) })
  const row: Grant = { ...order, token: at as number as Token, released: false }
  return { ...s, grants: { ...s.grants, [order.resource]: row } }
}

function cleanup(s: ClusterState, e: Of<'cleanup'>, at: Index): Outcome {
  const key = e.node === undefined ? e.resource : `${e.resource}@${e.node}`
  if (!(key in s.cleanups) && Object.keys(s.cleanups).length >= cleanupsMax) return no('log.cleanups-full', { limit: cleanupsMax })
  return { ...s, cleanups: { ...s.cleanups, [key]: at } }
}

/** A resource becomes a clone, or one thing again, only while nobody has a right to it: the rights of both are of different kinds (S2). */
function configured(s: ClusterState, { doc }: Of<'config'>, at: Index): Outcome {
  for (const { name } of s.config.resources) {
    const id = s.ids[name]
    if (id === undefined || !doc.resources.some((r) => r.name === name) || isCloned(s.config, name) === isCloned(doc, name)) continue
    const [held] = rightsOf(s.grants, id)
    if (held) return no('log.clone-held', { resource: name, node: nameOf(s, held.node) })
  }
  return prune({ ...s, config: doc, configIndex: at, ids: identify(s.ids, doc, at), left: { ...s.left, ...defined(s) } })
}

const no = (key: Verdict['key'], args: Verdict['args']): { readonly no: Verdict } => ({ no: verdict('refuse', key, args, 'safety') })

/** Boots have no order: those that were left behind are remembered. */
function withLife(s: ClusterState, node: NodeId, life: Life): ClusterState {
  const old = s.lives[node]
  const past = old && old.boot !== life.boot ? [...(old.past ?? []), old.boot].slice(-pastMax) : old?.past
  return { ...s, lives: { ...s.lives, [node]: past ? { ...life, past } : life } }
}
const pastMax = 8

const sorted = (list: readonly Member[]): readonly Member[] => [...list].sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : 0))

/** True when this very life was certified dead: it never acts again. */
export const isCertified = (s: ClusterState, node: NodeId, boot: BootId): boolean =>
  (s.lives[node]?.boot === boot && s.lives[node].state === 'fenced') || s.certificates.some((c) => c.node === node && c.boot === boot)

/** A message of another node's life that was certified dead, late on its way: it changes nothing (S14). */
export const fromTheDead = (s: ClusterState | undefined, { from, fromIncarnation }: Env): boolean =>
  s !== undefined && from.node !== undefined && fromIncarnation !== undefined && isCertified(s, from.node, fromIncarnation.boot)

/** The member's name, or its id while it is unknown. */
export const nameOf = (s: ClusterState, node: NodeId): string => s.members.find((m) => m.node === node)?.name ?? node

/** The name of the resource that a right is about, or its id while it is unknown. */
export const nameIn = (s: ClusterState, right: ResourceId): string =>
  Object.entries(s.ids).find(([, id]) => id === resourceOf(right))?.[0] ?? right

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, v]) => v !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`
}
