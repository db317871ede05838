/**
 * The witness on shared disks: the record of actors/witness as a rolling register over Disk Paxos (Gafni, Lamport 2003; the register is CASPaxos, Rystsov
 * 2018). A node writes its own slot on each disk and reads all slots. Promises: an epoch never has two owners and the record never goes back, as long
 * as no disk gives back an old version of a block that it acknowledged (README.md has the argument).
 *
 * A round: LOOK at every disk: is it ours, and what did this node promise there before. PROMISE: write the own ballot to a majority of the disks, then read
 * all slots there; take the record of the highest ballot in which one was written, and apply the question to it. ACCEPT: write ballot and record to a
 * majority, read again, answer. A higher ballot of anybody, or too few disks: another round, after a random wait; after some the question is dropped,
 * and the log asks it again. Without a question a round looks at the disks and MENDs the own slot where it is not whole.
 */
import { type DiskResult, send } from '../../runtime/actor.js'
import { assert } from '../../runtime/assert.js'
import type { WitnessTold } from '../witness/messages.js'
import { claim, enrol } from '../witness/register.js'
import { blank, newest, type Register, same } from './layout.js'
import { excludes, looked, setOf } from './look.js'
import { pump } from './request.js'
import { sayCounted, sayCounts } from './say.js'
import { type Disk, lookIn, type Round, type Work } from './state.js'

const lookMs = 10_000
/** Rounds for one question, and the wait between two of them, which grows with their number. */
const attemptsMax = 6
const waitMsMin = 20
const waitMsMax = 120

/** A new round; what an earlier one has under way is not heeded. */
export function begin(w: Work): void {
  const { s } = w
  s.round = { phase: 'look', set: '', needs: Number.POSITIVE_INFINITY, slot: -1, ok: false }
  s.turn++
  for (const d of s.disks) d.stage = 'look'
  lookIn(w, lookMs)
  for (const d of s.disks) pump(w, d)
}

export function onDisk(w: Work, m: DiskResult): void {
  const { s } = w
  const d = s.disks.find((one) => one.pending?.id === m.id)
  if (!d) return
  const isOld = d.pending?.turn !== s.turn
  d.pending = undefined
  if (!s.round) return
  if (!isOld) heard(w, d, m)
  settle(w, s.round)
  if (s.round) for (const one of s.disks) pump(w, one)
}

function heard(w: Work, d: Disk, m: DiskResult): void {
  const writes = d.stage === 'first' || d.stage === 'second'
  if (!m.ok) return excludes(w, d, writes ? 'write' : 'read', { error: m.error ?? '' })
  if (d.stage === 'first') {
    d.stage = 'second'
    d.worse = d.worse === 0 ? 1 : 0
  } else if (d.stage === 'second') d.stage = 'read'
  else looked(w, d, m.bytes ?? new Uint8Array())
}

/** Goes on as far as what was heard allows. */
function settle(w: Work, r: Round): void {
  const { s } = w
  if (r.phase === 'look') return decideSet(w, r)
  if (r.phase === 'mend') return mended(w, r)
  // A disk that was looked at late joins; one whose slot of this node is ahead of memory was written by an earlier life, and counts as a higher ballot.
  const higher = s.disks.some((d) => (d.stage === 'ready' || d.stage === 'done') && isBehind(w, r, d))
  if (higher) return again(w)
  for (const d of s.disks) if (d.stage === 'ready') d.stage = 'first'
  const done = s.disks.filter((d) => d.stage === 'done')
  if (done.length >= r.needs) return r.phase === 'promise' ? accept(w, r, done) : answer(w, r)
  if (s.disks.filter((d) => d.stage !== 'out').length < r.needs) again(w)
}

function isBehind(w: Work, r: Round, d: Disk): boolean {
  const mine = w.s.mine?.register
  assert(mine, 'a ballot without an own register')
  if (d.own.ok && newest(mine, d.own.value) !== mine) return true
  return d.others.some(([slot, { mbal }]) => mbal > mine.mbal || (mbal === mine.mbal && slot > r.slot))
}

/** The set that a majority of its own disks belongs to. Without a question all disks are waited for, so that each one is looked at. */
function decideSet(w: Work, r: Round): void {
  const { s } = w
  const ready = s.disks.filter((d) => d.stage === 'ready')
  const looking = s.disks.some((d) => d.stage === 'look')
  const of = (d: Disk): readonly Disk[] => ready.filter((o) => o.header && d.header && setOf(o.header) === setOf(d.header))
  const distinct = (list: readonly Disk[]): number => new Set(list.map((d) => d.header?.disk)).size
  const first = ready.find((d) => d.header && 2 * distinct(of(d)) > d.header.set.length)
  if (looking && !(first && s.asked)) return
  if (!first?.header) {
    sayCounted(w, ready.length, false)
    return again(w)
  }
  r.set = setOf(first.header)
  r.needs = Math.floor(first.header.set.length / 2) + 1
  r.slot = first.header.nodes.indexOf(s.node)
  for (const d of ready)
    if (d.header && setOf(d.header) === r.set) sayCounts(w, d)
    else excludes(w, d, 'other-set')
  const known = s.mine?.set === r.set ? s.mine.register : blank
  const own = of(first).reduce((best, d) => (d.own.ok ? newest(best, d.own.value) : best), known)
  s.mine = { set: r.set, register: own }
  if (s.asked) promise(w, r, own)
  else mend(w, r, own)
}

function mend(w: Work, r: Round, own: Register): void {
  turn(w, r, 'mend', (d) => d.stage === 'ready' && !(d.whole && d.own.ok && same(d.own.value, own)))
  settle(w, r)
}

/** The own ballot goes above all that were seen; it never goes back. */
function promise(w: Work, r: Round, own: Register): void {
  const { s } = w
  s.highest++
  assert(s.highest > own.mbal, 'a ballot goes back')
  s.mine = { set: r.set, register: { ...own, mbal: s.highest } }
  turn(w, r, 'promise', (d) => d.stage === 'ready')
}

/** The record of the highest ballot in which one was written, and what the question makes of it. */
function accept(w: Work, r: Round, done: readonly Disk[]): void {
  const { s } = w
  assert(s.asked && s.mine, 'a ballot without a question')
  const { mbal, bal, record } = s.mine.register
  let best = { bal, slot: r.slot, record }
  for (const d of done)
    for (const [slot, other] of d.others)
      if (other.bal > best.bal || (other.bal === best.bal && slot > best.slot)) best = { bal: other.bal, slot, record: other.record }
  const { ask, epoch, node } = s.asked.ask
  const next = ask === 'enrol' ? enrol(best.record, epoch) : claim(best.record, node, epoch)
  r.ok = next.ok
  s.mine = { set: r.set, register: { mbal, bal: mbal, record: next.record } }
  turn(w, r, 'accept', (d) => d.stage !== 'out' && d.stage !== 'look')
}

function answer(w: Work, r: Round): void {
  const { s } = w
  assert(s.asked && s.mine, 'an answer without a question')
  const { ask, to } = s.asked
  const { record } = s.mine.register
  const told: WitnessTold = {
    type: 'witness-told',
    ask: ask.ask,
    witness: ask.witness,
    epoch: ask.epoch,
    ok: r.ok,
    ...(record ? { record } : {}),
  }
  w.out.push(send(to, told))
  s.asked = undefined
  s.round = undefined
}

/** The next phase, for these disks. */
function turn(w: Work, r: Round, phase: Round['phase'], takesPart: (d: Disk) => boolean): void {
  r.phase = phase
  w.s.turn++
  for (const d of w.s.disks) if (takesPart(d)) d.stage = 'first'
}

/** Too few disks, or a higher ballot: what became of this one is not known, and the same question is asked again. */
function again(w: Work): void {
  const { s } = w
  s.round = undefined
  s.turn++
  if (!s.asked) return
  s.asked.attempts++
  if (s.asked.attempts >= attemptsMax) s.asked = undefined
  else lookIn(w, s.asked.attempts * (waitMsMin + w.env.random.int(waitMsMax - waitMsMin)))
}

/** All disks were looked at, and the own slot is whole wherever it could be. */
function mended(w: Work, r: Round): void {
  const { disks } = w.s
  if (disks.some((d) => d.stage === 'first' || d.stage === 'second' || d.stage === 'read')) return
  w.s.round = undefined
  const counting = disks.filter((d) => d.stage !== 'out').length
  sayCounted(w, counting, counting >= r.needs)
}
