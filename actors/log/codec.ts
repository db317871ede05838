/**
 * Bytes of the log: entries {type, version, id, prev, body}, hard state and snapshots, all plain msgpack. A reader refuses what it does not
 * know: an unknown entry type or a higher version ends in a sentence, never in a skipped decision (design 8.11).
 * `prev` is the term of the entry before, so that a log read back from disk proves its own chain; `id` makes a retried proposal safe.
 */
import type { Index, NodeId, Term, WalRecord } from '../../runtime/actor.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { pack, unpack } from '../../runtime/wire/codec.js'
import { type Certificate, ENTRY_VERSION, type Entry, versionOf, type WireEntry } from './messages.js'
import { isKnown } from './shape.js'
import type { ClusterState } from './state.js'

/** An entry in memory: decoded, with the very bytes that are stored and sent. */
export interface Row {
  readonly index: Index
  readonly term: Term
  readonly prev: Term
  readonly id: string
  readonly entry: Entry
  readonly bytes: Uint8Array
}

/** What must survive a crash besides entries (S12). `commit` is a hint: it may lag, never lead. */
export interface Hard {
  readonly term: Term
  readonly votedFor: NodeId | undefined
  readonly epoch: number
  /** Two voters only: the set that may commit alone, and the certificate that allowed it (T2, T4). */
  readonly soloSet: readonly NodeId[] | undefined
  readonly certificate: Certificate | undefined
  /** A witness was asked whether this node may decide alone after `epoch`, and no answer was heard (witness.ts). Never beside a certificate. */
  readonly claim: { readonly witness: string; readonly epoch: number } | undefined
  readonly commit: Index
}

/** How a proposal ended, kept with the state so that a retry gets the same answer on every node. */
export interface Recent {
  readonly id: string
  readonly index: Index
  readonly refused?: Verdict
}

export interface Snapshot {
  readonly state: ClusterState
  readonly recent: readonly Recent[]
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because: Verdict }

/** An encoded entry may not be larger; a larger proposal is refused. */
export const entryBytesMax = 512 * 1024

/** A packed state is not larger: the bounds of apply and shape hold it well below. */
export const snapshotBytesMax = 15 * 1024 * 1024

export function encodeRow(index: Index, term: Term, prev: Term, id: string, entry: Entry): Row {
  const { type, ...body } = entry
  return { index, term, prev, id, entry, bytes: pack({ type, version: versionOf(entry), id, prev, body }) }
}

export function decodeRow(wire: WireEntry | WalRecord): Decoded<Row> {
  const { index, term, bytes } = wire
  const got = unpack(bytes)
  if (!got.ok) return { ok: false, because: got.because }
  const stored = got.value as { type?: unknown; version?: unknown; id?: unknown; prev?: unknown; body?: unknown } | null
  const version = Number(stored?.version)
  const shaped =
    typeof stored?.body === 'object' && stored.body !== null && typeof stored.prev === 'number' && typeof stored.id === 'string'
  if (!shaped || !isKnown(stored.type) || !(version >= 1 && version <= ENTRY_VERSION)) {
    const args = { index, type: String(stored?.type), version: String(stored?.version), known: ENTRY_VERSION }
    return { ok: false, because: verdict('stop', 'log.entry-unknown', args, 'error') }
  }
  const entry = { type: stored.type, ...(stored.body as object) } as Entry
  return { ok: true, value: { index, term, prev: stored.prev as Term, id: stored.id as string, entry, bytes } }
}

/** All of `list`, or the first that cannot be read. */
export function decodeRows(list: readonly (WireEntry | WalRecord)[]): Decoded<readonly Row[]> {
  const rows: Row[] = []
  for (const wire of list) {
    const row = decodeRow(wire)
    if (!row.ok) return row
    rows.push(row.value)
  }
  return { ok: true, value: rows }
}

const detailCharsMax = 400

/** At most 3 KiB: the superblock's room. */
export function encodeHard(hard: Hard): Uint8Array {
  const c = hard.certificate
  const certificate = c && { ...c, by: c.by.slice(0, detailCharsMax), detail: c.detail.slice(0, detailCharsMax) }
  // A longer name is that of no witness then: a restart forgets the claim.
  const claim = hard.claim && { ...hard.claim, witness: hard.claim.witness.slice(0, detailCharsMax) }
  return pack({ version: 1, ...hard, certificate, claim })
}

export function decodeHard(bytes: Uint8Array): Decoded<Hard> {
  const got = unpack(bytes)
  const h = got.ok ? (got.value as (Partial<Hard> & { version?: unknown }) | null) : null
  if (h?.version !== 1 || typeof h.term !== 'number' || typeof h.epoch !== 'number' || typeof h.commit !== 'number')
    return { ok: false, because: verdict('stop', 'log.hard-unreadable', { bytes: bytes.length }, 'error') }
  const { term, votedFor, epoch, soloSet, certificate, claim, commit } = h
  return { ok: true, value: { term, votedFor, epoch, soloSet, certificate, claim, commit } }
}

export const encodeSnapshot = (s: Snapshot): Uint8Array => pack({ version: 1, state: s.state, recent: s.recent })

export function decodeSnapshot(bytes: Uint8Array): Decoded<Snapshot> {
  const got = unpack(bytes, snapshotBytesMax)
  const s = got.ok ? (got.value as (Partial<Snapshot> & { version?: unknown }) | null) : null
  if (s?.version !== 1 || !s.state || !s.recent)
    return { ok: false, because: verdict('stop', 'log.snapshot-unreadable', { bytes: bytes.length }, 'error') }
  return { ok: true, value: { state: s.state, recent: s.recent } }
}
