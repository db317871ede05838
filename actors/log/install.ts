/**
 * A snapshot on its way to a node whose log is too far behind (Ongaro 2014, chapter 5), in chunks. The leader has one chunk on its way to a
 * peer and goes on where the peer says it stands, so lost, repeated and reordered chunks cost a round at most, and so does a lost stream.
 * A transfer is named by what it carries, not by who sends it: a new leader with the same bytes goes on with it. The follower holds one
 * transfer at a time; nothing of it counts until all is there, its checksum is right, it was installed and is on disk.
 */
import { type Index, type Msg, type NodeId, send } from '../../runtime/actor.js'
import { crc32c } from '../../runtime/store/crc32c.js'
import { verdict } from '../../runtime/verdict.js'
import { nameOf } from './apply.js'
import { decodeSnapshot, snapshotBytesMax } from './codec.js'
import { adoptMembers, owe } from './entries.js'
import type { Raft } from './messages.js'
import { type LogState, sayThat, stop, subscribers, tell, termAt, type Work } from './raft.js'
import { followLeader } from './replicate.js'

type Install = Extract<Raft, { type: 'install' }>

export const chunkBytesMax = 256 * 1024

/** What the leader knows of a transfer to one peer: which, and how much of it the peer holds. */
export interface Outgoing {
  readonly index: Index
  readonly crc32c: number
  readonly offset: number
}

/** A transfer that is not complete yet: its name, and its first `got` bytes. */
export interface Incoming {
  readonly name: string
  readonly chunks: readonly Uint8Array[]
  readonly got: number
}

const nameOfTransfer = (m: Install): string => [m.index, m.indexTerm, m.size, m.crc32c].join()

/** The next chunk for a peer that holds as much of the present snapshot as `known` says. */
export function chunk(s: LogState, known: Outgoing | undefined, round: number): { readonly msg: Install; readonly install: Outgoing } {
  const { index, term, bytes } = s.snapshot
  const install = known?.index === index ? known : { index, crc32c: crc32c(bytes), offset: 0 }
  const part = bytes.subarray(install.offset, install.offset + chunkBytesMax)
  const { offset } = install
  return {
    install,
    msg: {
      type: 'install',
      term: s.hard.term,
      index,
      indexTerm: term,
      size: bytes.length,
      crc32c: install.crc32c,
      offset,
      bytes: part,
      round,
    },
  }
}

export function onInstall(w: Work, node: NodeId, m: Install): void {
  const { s } = w
  if (!followLeader(w, node, m.term, m.round)) return
  if (m.index <= s.commit) {
    s.incoming = undefined
    if (m.index > s.durable) return
    const reply = { type: 'append-reply', term: s.hard.term, ok: true, round: m.round } as const
    return tell(w, node, { ...reply, matchIndex: m.index, hintIndex: m.index })
  }
  if (s.full) return
  if (m.size > snapshotBytesMax) {
    const args = { node: nameOf(s.cluster, node), bytes: m.size, limit: snapshotBytesMax }
    return sayThat(w, verdict('refuse', 'log.snapshot-too-large', args, 'error'))
  }
  const now = taken(s.incoming, m)
  s.incoming = now
  if (now.got < m.size) {
    const { index, crc32c: sum, round } = m
    return tell(w, node, { type: 'install-reply', term: s.hard.term, index, crc32c: sum, offset: now.got, round })
  }
  s.incoming = undefined
  const bytes = joined(now.chunks, m.size)
  // No answer: the leader asks again after its wait, learns that nothing is here, and starts anew.
  if (crc32c(bytes) !== m.crc32c)
    return sayThat(w, verdict('refuse', 'log.snapshot-damaged', { node: nameOf(s.cluster, node), index: m.index, bytes: m.size }, 'error'))
  install(w, node, m, bytes)
}

/** What is here of the transfer that `m` belongs to. Another transfer's chunks are dropped; a chunk that does not come next adds nothing. */
function taken(held: Incoming | undefined, m: Install): Incoming {
  const name = nameOfTransfer(m)
  const old: Incoming = held?.name === name ? held : { name, chunks: [], got: 0 }
  if (m.offset !== old.got || m.bytes.length === 0 || old.got + m.bytes.length > m.size) return old
  return { name, chunks: [...old.chunks, m.bytes], got: old.got + m.bytes.length }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const part of chunks) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The leader's snapshot replaces what this node applied; a log that agrees with its end keeps what follows. */
function install(w: Work, node: NodeId, m: Install, bytes: Uint8Array): void {
  const { s } = w
  const got = decodeSnapshot(bytes)
  if (!got.ok) return stop(w, got.because)
  const keeps = termAt(s, m.index) === m.indexTerm
  s.rows = keeps ? s.rows.slice(m.index - s.snapshot.index) : []
  s.durable = keeps ? s.durable : (0 as Index)
  s.asked = Math.max(s.durable, m.index) as Index
  s.writing = undefined // its note, when it comes, says nothing about the new log
  s.owed = []
  s.snapshot = { index: m.index, term: m.indexTerm, bytes }
  s.commit = m.index
  s.cluster = got.value.state
  s.recent = got.value.recent
  owe(w, { node, term: s.hard.term, round: m.round, upto: m.index })
  adoptMembers(w)
  for (const path of subscribers) w.out.push(send({ path }, { type: 'state', state: s.cluster } as Msg))
  sayThat(w, verdict('install', 'log.installed', { index: m.index, node: nameOf(s.cluster, node) }, 'notice'))
}
