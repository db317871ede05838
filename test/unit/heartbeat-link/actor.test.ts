/** Rows: S14, S19. One link by itself: when it beats, what it believes, when it speaks. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { actor } from '../../../actors/heartbeat-link/actor.js'
import { type Beat, type Evidence, Flag, type Heard, type LinkIn } from '../../../actors/heartbeat-link/messages.js'
import type { LinkState } from '../../../actors/heartbeat-link/shape.js'
import type { Boot, Effect, Env, Timing } from '../../../runtime/actor.js'
import { bootId, clusterId, nodeId } from '../../../runtime/ids.js'
import { seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'
import { timing } from '../membership/harness.js'

const t = suite('heartbeat-link/actor')

/** One link with a virtual clock: its timers fire on time, or `lateMs` late. */
class Rig {
  now = 1000
  state: LinkState
  readonly beats: { atMs: number; flags: number }[] = []
  readonly passed: string[] = []
  readonly told: (Evidence & { atMs: number })[] = []
  readonly #timers = new Map<string, { atMs: number; msg: LinkIn }>()
  readonly self: string

  constructor(self = 'b', peer = 'a', own: Timing = timing) {
    this.self = self
    const args = { peer: nodeId(peer), link: 0 }
    const boot = { cluster: clusterId('c'), node: nodeId(self), name: self, incarnation: { boot: 'x', counter: 1 }, timing: own, args }
    const s = actor.init(boot as unknown as Boot, this.#env())
    this.state = s.state
    this.#perform(s.effects)
  }
  #env(from = this.self): Env {
    return {
      now: instant(this.now),
      random: seeded('l'),
      self: { node: nodeId(this.self), path: 'link/a/0' },
      from: { node: nodeId(from), path: '' },
    }
  }
  #perform(effects: readonly Effect[]): void {
    for (const e of effects) {
      if (e.do === 'timer') this.#timers.set(e.key, { atMs: e.atMs, msg: e.msg as LinkIn })
      if (e.do === 'send' && e.msg.type === 'beat') this.beats.push({ atMs: this.now, flags: (e.msg as Beat).flags })
      if (e.do === 'send' && e.msg.type === 'pulse') this.passed.push(e.to.path)
      if (e.do === 'send' && e.msg.type === 'evidence') this.told.push({ ...(e.msg as Evidence), atMs: this.now })
    }
  }
  /** When the timer `key` is set for. */
  due(key: string): number {
    return this.#timers.get(key)?.atMs ?? Number.NaN
  }
  give(msg: LinkIn, from?: string): void {
    const s = actor.receive(this.state, msg, this.#env(from))
    this.state = s.state
    this.#perform(s.effects)
  }
  /** Lets time pass; timers fire in order, none while the thread is blocked for the first `blockedMs`. */
  pass(ms: number, blockedMs = 0): void {
    const end = this.now + ms
    const from = this.now + blockedMs
    for (;;) {
      const [key, next] = [...this.#timers].sort((a, b) => a[1].atMs - b[1].atMs)[0] ?? []
      if (!key || !next || Math.max(next.atMs, from) > end) break
      this.#timers.delete(key)
      this.now = Math.max(next.atMs, from, this.now)
      this.give(next.msg)
    }
    this.now = end
  }
  seq = 0
  hear(part: Partial<Heard> = {}): void {
    const rxMs = instant(this.now)
    const incarnation = { boot: bootId('p1'), counter: 1 }
    this.give(
      { type: 'heard', seq: ++this.seq, echo: this.beats.length, fresh: true, flags: 0, watcher: 0, incarnation, rxMs, ...part },
      'a',
    )
  }
  /** Beats of the peer every 50 ms. */
  live(beats: number, part: Partial<Heard> = {}): void {
    for (let i = 0; i < beats; i++) {
      this.hear(part)
      this.pass(50)
    }
  }
}

t('a beat is never later than beatMs after the last, a tenth more for who follows, whatever arrives', () => {
  for (const [self, peer] of [
    ['b', 'a'],
    ['a', 'b'],
  ] as const) {
    const rig = new Rig(self, peer)
    const r = seeded(`arrivals${self}`)
    for (let i = 0; i < 2000; i++) {
      if (r.chance(0.6)) rig.hear({ fresh: r.chance(0.9), flags: r.chance(0.1) ? Flag.probe : 0 })
      rig.pass(1 + r.int(80))
    }
    const gaps = rig.beats.slice(1).map((b, i) => b.atMs - (rig.beats[i]?.atMs ?? 0))
    const mostMs = self < peer ? timing.beatMs : 1.1 * timing.beatMs
    assert.is(Math.max(...gaps) <= mostMs, true, `longest gap ${Math.max(...gaps)}`)
    assert.is(rig.beats.length < (rig.now - 1000) / timing.beatMs + 2000, true)
  }
})

t('the higher id follows the lower one: their beats fall together', () => {
  const rig = new Rig('b', 'a')
  rig.pass(333)
  rig.live(40)
  const last = rig.beats.at(-1)?.atMs ?? 0
  assert.is((rig.now - last) % 50, 0)
  assert.is(rig.beats.filter((b) => b.atMs >= rig.now - 500).length, 10, 'one for each of the other, none of its own timer')
})

t('links that are told to beat with another one do so in its wake-up; slow ones with every tenth', () => {
  for (const [self, peer, slow, beats] of [
    ['b', 'c', false, 40],
    ['c', 'b', false, 40],
    ['b', 'c', true, 4],
  ] as const) {
    const rig = new Rig(self, peer)
    rig.pass(40)
    if (slow) rig.give({ type: 'pace', slow })
    const pulse = (): void => {
      rig.give({ type: 'pulse' })
      const sent = rig.beats.length
      rig.pass(1)
      rig.hear({ flags: slow ? Flag.slow : 0 })
      rig.pass(49)
      assert.is(rig.beats.length - sent, 0, `${self} to ${peer}: neither the own timer nor the peer asks for one more`)
    }
    // Its own timer, set before, may still come once.
    for (let i = 0; i < 20; i++) {
      rig.give({ type: 'pulse' })
      rig.pass(50)
    }
    const before = rig.beats.length
    for (let i = 0; i < 40; i++) pulse()
    assert.is(rig.beats.length - before, beats, `${self} to ${peer}`)
  }
  const rig = new Rig('b', 'a')
  rig.pass(40)
  rig.give({ type: 'pass-on', to: ['link/c/0'] })
  rig.passed.length = 0
  rig.live(10)
  assert.equal(rig.passed, Array(10).fill('link/c/0'), 'each beat is passed on once')
  rig.hear({ flags: Flag.answer })
  rig.hear({ fresh: false })
  assert.is(rig.passed.length, 10, 'answers and unproved datagrams are not')
})

t('only fresh datagrams prove life; others are answered so that the handshake completes', () => {
  const rig = new Rig()
  rig.pass(100)
  const before = rig.beats.length
  rig.hear({ fresh: false })
  assert.is(rig.beats.length, before + 1)
  assert.is(rig.state.state, 'never-heard')
  assert.equal(rig.told, [])
  rig.hear()
  assert.equal(
    rig.told.map((e) => e.state),
    ['up'],
  )
})

t('a flood of unproved datagrams is answered at a bounded rate', () => {
  const rig = new Rig()
  for (let i = 0; i < 1000; i++) rig.hear({ fresh: false })
  assert.is(rig.beats.length, 2)
})

t('up, late, silent, up: one word each, with the numbers', () => {
  const rig = new Rig()
  rig.live(100)
  const from = rig.told.length
  rig.pass(900)
  rig.hear()
  const told = rig.told.slice(from).filter((e, i, all) => e.state !== all[i - 1]?.state)
  assert.equal(
    told.map((e) => e.state),
    ['late', 'silent', 'up'],
  )
  assert.is((told[0]?.silentMs ?? 0) < (told[0]?.limitMs ?? 0), true, 'late comes inside the limit')
  assert.equal([told[1]?.silentMs, told[1]?.limitMs], [200, 200])
  assert.is(told[1]?.heardByPeer, false)
})

t('a missed beat is asked for at once', () => {
  const rig = new Rig()
  rig.live(100)
  const from = rig.beats.length
  rig.pass(150)
  assert.is(
    rig.beats.slice(from).some((b) => b.flags & Flag.probe),
    true,
  )
})

t('a probe is answered at once, an answer is not', () => {
  const rig = new Rig('a', 'b')
  rig.live(10)
  const from = rig.beats.length
  rig.hear({ flags: Flag.probe })
  rig.hear({ flags: Flag.answer })
  assert.equal(
    rig.beats.slice(from).map((b) => b.flags),
    [Flag.answer],
  )
})

t('real-time threads on both ends lower the floor to 100 ms; on one end they do not', () => {
  const limit = (own: boolean, flags: number): number => {
    const rig = new Rig()
    if (own) rig.give({ type: 'real-time', rt: true })
    rig.live(600, { flags })
    return rig.told.at(-1)?.limitMs ?? 0
  }
  assert.is(limit(true, 0), 200)
  assert.is(limit(false, Flag.rt), 200)
  assert.is(limit(true, Flag.rt) < 150, true)
})

t('self-doubt multiplies the limit; jitter raises it up to the bound', () => {
  const rig = new Rig()
  rig.live(100)
  rig.give({ type: 'self-doubt', score: 2 })
  rig.pass(1000)
  assert.is(rig.told.at(-1)?.limitMs, 600)
  const shaky = new Rig()
  const r = seeded('shaky')
  for (let i = 0; i < 300; i++) {
    shaky.hear()
    shaky.pass(1 + r.int(249))
  }
  shaky.pass(1000)
  const limitMs = shaky.told.at(-1)?.limitMs ?? 0
  assert.is(limitMs > 300 && limitMs <= timing.limitMsMax, true, `${limitMs}`)
})

t('a deadline at a fraction of a millisecond does not set its timer for now, again and again', () => {
  const rig = new Rig()
  for (let n = 0; n < 5; n++) {
    rig.pass(50)
    rig.hear()
  }
  rig.pass(20)
  rig.give({ type: 'stall', lateMs: 10.5 })
  for (let n = 0; n < 10 && rig.state.state === 'up'; n++) {
    rig.now = rig.due('overdue')
    rig.give({ type: 'overdue' })
    assert.ok(rig.due('overdue') > rig.now, `at ${rig.now} it is set for ${rig.due('overdue')}`)
  }
  assert.is(rig.state.state, 'late')
})

t('its own stall is not held against the peer: waiting datagrams are read first', () => {
  for (const blockedMs of [60, 120, 190, 400, 5000]) {
    const rig = new Rig()
    rig.live(100)
    rig.pass(blockedMs, blockedMs)
    rig.hear()
    rig.pass(40)
    assert.is(
      rig.told.some((e) => e.state === 'silent'),
      false,
      `blocked ${blockedMs} ms`,
    )
    rig.pass(2000)
    assert.is(rig.told.at(-1)?.state, 'silent', 'a real silence afterwards is still found')
  }
})

t('loss is counted from the numbers of the peer, round trips from answers', () => {
  const rig = new Rig()
  for (let i = 0; i < 400; i++) {
    rig.seq += i % 10 === 0 ? 1 : 0
    rig.hear()
    rig.pass(50)
  }
  const e = rig.told.at(-1)
  assert.is(e?.lossPct === 9 || e?.lossPct === 10, true, `${e?.lossPct}`)
  rig.give({ type: 'probe-now' })
  rig.pass(3)
  rig.hear({ flags: Flag.answer })
  assert.equal(rig.told.at(-1)?.rttMs, { p50: 3, p99: 3 })
  assert.is(rig.told.at(-1)?.state, 'up', 'whoever asked is told')
})

t('an echo that stands still means that the peer does not hear us', () => {
  const rig = new Rig()
  rig.live(100)
  assert.is(rig.told.at(-1)?.heardByPeer, true)
  const echo = rig.beats.length
  rig.live(20, { echo })
  assert.equal([rig.told.at(-1)?.state, rig.told.at(-1)?.heardByPeer], ['up', false])
  rig.live(3)
  assert.is(rig.told.at(-1)?.heardByPeer, true)
})

t('[S14] an older run or a boot that was left changes nothing', () => {
  const rig = new Rig()
  rig.live(10)
  rig.live(10, { incarnation: { boot: bootId('p2'), counter: 5 } })
  assert.equal(rig.told.at(-1)?.incarnation, { boot: 'p2', counter: 5 })
  const before = rig.state
  rig.hear({ incarnation: { boot: bootId('p1'), counter: 99 }, flags: Flag.leaving })
  rig.hear({ incarnation: { boot: bootId('p2'), counter: 4 } })
  assert.equal(rig.state, before)
})

t('a datagram that was overtaken does not bring old flags back', () => {
  const rig = new Rig()
  rig.live(10)
  rig.hear({ flags: Flag.kyhadDown })
  rig.hear({ seq: rig.seq - 1 })
  assert.is(rig.told.at(-1)?.flags, Flag.kyhadDown)
})

t('commands of another node are ignored', () => {
  const rig = new Rig()
  rig.live(10)
  const before = rig.state
  for (const msg of [
    { type: 'stall', lateMs: 9999 },
    { type: 'self-doubt', score: 8 },
    { type: 'leaving', leaving: true },
    { type: 'tick' },
  ] as LinkIn[])
    rig.give(msg, 'a')
  assert.is(rig.state, before)
})

t('leaving is in every beat from then on', () => {
  const rig = new Rig()
  rig.give({ type: 'leaving', leaving: true })
  const from = rig.beats.length
  rig.pass(500)
  assert.is(
    rig.beats.slice(from).every((b) => b.flags & Flag.leaving),
    true,
  )
})

t.run()
