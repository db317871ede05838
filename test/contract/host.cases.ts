/**
 * The duties of a host (runtime/actor.ts) as cases over a small interface, so that every host can be held to them. The harness runs scripted actors
 * (host.script.ts) at `a`, `b`, `resource`, each permanent under one supervisor that allows many restarts; `resource` owns children `resource/*`.
 */
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { type AgentOp, type AgentResult, type Down, type Effect, type Msg, persist, type StoreOp } from '../../runtime/actor.js'
import { index, opId, resourceId, term, token } from '../../runtime/ids.js'
import { after, type Instant } from '../../runtime/time.js'
import { jobCases } from './host.cases.jobs.js'
import { standingCases } from './host.cases.still.js'
import type { Do } from './host.script.js'

export interface HostUnderTest {
  now(): Instant
  /** A message from `console`. */
  send(path: string, msg: Msg): void
  /** What came to `console`, in order. */
  readonly seen: readonly Msg[]
  /** Until then, or the case fails. */
  until(what: string, holds: () => boolean): Promise<void>
  /** Long enough for everything that is under way to have happened. */
  settle(): Promise<void>
  /** The thread of all actors stands still for `ms`; what is sent in `meanwhile` comes from another thread and waits. */
  stall(ms: number, meanwhile: () => void): Promise<void>
  /** The store's writes wait until `releaseDisk`; `fail` = they are refused. */
  holdDisk(): void
  releaseDisk(fail?: boolean): void
  readonly written: readonly StoreOp[]
  /** Operations that reached the guard, and its answer to one. */
  readonly ran: readonly AgentOp[]
  result(result: AgentResult): void
  stop(): Promise<void>
}
type Told = Msg & {
  readonly path: string
  readonly msg: Msg & { readonly n?: number }
  readonly life: number
  readonly from: string
  readonly fromNode: string | null
}

export const order = (...effects: readonly Effect[]): Do => ({ type: 'do', effects })
export const fail: Do = { type: 'do', effects: [], fail: 'told to' }
export const note = (n: number, path = 'console'): Effect => ({
  do: 'send',
  to: { path },
  msg: { type: 'note', n } as Msg,
  class: 'control',
})
const wal = (n: number): StoreOp => ({ slot: 'wal', records: [{ index: index(n), term: term(1), bytes: new Uint8Array([n]) }] })
export const notes = (h: HostUnderTest): readonly number[] =>
  h.seen.filter((m) => m.type === 'note').map((m) => (m as Msg & { n: number }).n)
export const got = (h: HostUnderTest, path: string): readonly Told[] =>
  h.seen.filter((m): m is Told => m.type === 'got' && (m as Told).path === path)
export const births = (h: HostUnderTest, path: string): number =>
  h.seen.filter((m) => m.type === 'born' && (m as Told).path === path).length
const run = (id: string): AgentOp => ({
  id: opId(id),
  kind: 'resource',
  resource: resourceId('r1'),
  action: 'start',
  argv: ['/bin/true'],
  env: {},
  changes: true,
  reap: false,
  timeoutMs: 1000,
})
const resultOf = (id: string): AgentResult => ({
  type: 'agent-result',
  id: opId(id),
  resource: resourceId('r1'),
  action: 'start',
  rc: 0,
  end: 'exited',
  detail: '',
  stdout: '',
  stderr: '',
  durationMs: 1,
})

export const storyOf =
  (t: Test, start: () => Promise<HostUnderTest>): Story =>
  (name, tell) =>
    void t(name, async () => {
      const h = await start()
      try {
        await h.until('all actors are born', () => births(h, 'a') === 1 && births(h, 'b') === 1 && births(h, 'resource') === 1)
        await tell(h)
      } finally {
        await h.stop()
      }
    })

/** Adds the cases; `start` gives a fresh host whose actors are up. */
export function hostCases(t: Test, start: () => Promise<HostUnderTest>): void {
  const story = storyOf(t, start)
  ordering(story)
  timing(story)
  standingCases(story)
  lives(story)
  children(story)
  watching(story)
  jobCases(story)
  disks(story)
}

function disks(story: Story): void {
  story('disk: one that nobody serves is answered so, once, to the life that asked', async (h) => {
    const read: Effect = { do: 'disk', id: 'r1', disk: 'none', op: 'read', block: 0, count: 1, timeoutMs: 1000 }
    const write: Effect = { do: 'disk', id: 'w1', disk: 'none', op: 'write', block: 1, bytes: new Uint8Array(4096), timeoutMs: 1000 }
    h.send('a', order(read, write))
    await h.until('both are answered', () => got(h, 'a').length >= 2)
    await h.settle()
    assert.equal(
      got(h, 'a').map((m) => m.msg),
      ['r1', 'w1'].map((id) => ({ type: 'disk-result', id, disk: 'none', ok: false, error: 'no servant' })),
    )
  })
}

export type Story = (name: string, tell: (h: HostUnderTest) => Promise<void>) => void
const startChild = (path: string): Effect => ({ do: 'child', op: 'start', kind: 'child', path, args: { of: path } })

function ordering(story: Story): void {
  story('a message within the node carries its sender’s path and no node', async (h) => {
    h.send('a', order(note(1, 'b')))
    await h.until('it arrives', () => got(h, 'b').length === 1)
    assert.equal([got(h, 'b')[0]?.from, got(h, 'b')[0]?.fromNode], ['a', null])
  })
  story('duty 1: messages of one sender to one receiver keep their order', async (h) => {
    const many = Array.from({ length: 50 }, (_, i) => i)
    h.send('a', order(...many.map((n) => note(n, 'b'))))
    await h.until('all arrive', () => got(h, 'b').length === many.length)
    assert.equal(
      got(h, 'b').map((m) => m.msg.n),
      many,
    )
    assert.equal(
      got(h, 'b').map((m) => m.life),
      many.map((n) => n + 1),
    )
    assert.ok(got(h, 'b').every((m) => m.from === 'a'))
  })

  story('duty 2: what follows a persist waits until it is durable; what stands beside it does not', async (h) => {
    h.holdDisk()
    h.send('a', order(persist(wal(1), [note(10)]), persist(wal(2), [note(20)]), note(1)))
    await h.until('the other effect is done', () => notes(h).includes(1))
    await h.settle()
    assert.equal(notes(h), [1])
    h.releaseDisk()
    await h.until('both are durable', () => notes(h).length === 3)
    assert.equal(notes(h), [1, 10, 20])
    assert.equal(h.written, [wal(1), wal(2)])
  })

  story('duty 2: a persist that failed says so, and its `then` never runs', async (h) => {
    h.holdDisk()
    h.send('a', order(persist(wal(1), [note(10)])))
    await h.settle()
    h.releaseDisk(true)
    await h.until('the failure is told', () => got(h, 'a').some((m) => m.msg.type === 'store-failed'))
    assert.equal(notes(h), [])
  })

  story('duty 2: `then` of an earlier life never runs', async (h) => {
    h.holdDisk()
    h.send('a', order(persist(wal(1), [note(10)])))
    await h.settle()
    h.send('a', fail)
    await h.settle()
    h.releaseDisk()
    await h.until('it is born again', () => births(h, 'a') === 2)
    await h.settle()
    assert.equal(notes(h), [])
  })
}

function timing(story: Story): void {
  story('duty 3: a message to nobody is a dead letter and harms nobody', async (h) => {
    h.send('a', order(note(1, 'nobody'), note(2, 'resource/never-started'), note(3)))
    await h.until('the sender goes on', () => notes(h).includes(3))
    assert.is(births(h, 'a'), 1)
  })

  story('duty 4: a timer fires once; setting its key again replaces it; a cancelled one does not fire', async (h) => {
    const at = (key: string, ms: number, n: number): Effect => ({
      do: 'timer',
      key,
      atMs: after(h.now(), ms),
      msg: { type: 'due', n } as Msg,
    })
    h.send('a', order(at('x', 5, 1), at('x', 30, 2), at('y', 10, 3), at('z', 5, 4), { do: 'cancel', key: 'z' }))
    await h.until('both are due', () => got(h, 'a').length === 2)
    await h.settle()
    assert.equal(
      got(h, 'a').map((m) => m.msg.n),
      [3, 2],
    )
    assert.ok(got(h, 'a').every((m) => m.from === ''))
  })

  story('duties 4 and 5: timers and mail of a dead actor do not reach its next life', async (h) => {
    h.send('a', order({ do: 'timer', key: 'x', atMs: after(h.now(), 20), msg: { type: 'due' } }))
    h.send('a', fail)
    await h.until('it is born again', () => births(h, 'a') === 2)
    await h.settle()
    assert.equal(got(h, 'a'), [])
  })
}

function lives(story: Story): void {
  story('duty 5: a result goes to the life that asked for it', async (h) => {
    h.send('a', order({ do: 'agent', op: run('op-1'), token: token(7) }))
    await h.until('it runs', () => h.ran.length === 1)
    h.result(resultOf('op-1'))
    await h.until('it is told', () => got(h, 'a').length === 1)
    assert.is(got(h, 'a')[0]?.msg.type, 'agent-result')
    assert.is(got(h, 'resource').length, 0)
  })

  story('duty 5: a result that an earlier life asked for goes to the director, never to the later life', async (h) => {
    h.send('a', order({ do: 'agent', op: run('op-1'), token: token(7) }))
    await h.until('it runs', () => h.ran.length === 1)
    h.send('a', fail)
    await h.until('it is born again', () => births(h, 'a') === 2)
    h.result(resultOf('op-1'))
    await h.until('the director is told', () => got(h, 'resource').length === 1)
    await h.settle()
    assert.equal(got(h, 'a'), [])
  })

  story('duty 6: a throw ends the actor, its supervisor starts it with new state, others go on', async (h) => {
    h.send('a', { type: 'note' })
    h.send('a', fail)
    await h.until('it is born again', () => births(h, 'a') === 2)
    h.send('a', { type: 'note' })
    await h.until('it works', () => got(h, 'a').length === 2)
    assert.equal(
      got(h, 'a').map((m) => m.life),
      [1, 1],
    )
    assert.is(births(h, 'b'), 1)
  })
}

function children(story: Story): void {
  story('children: started, given their arguments, stopped', async (h) => {
    h.send('resource', order(startChild('resource/1'), note(5, 'resource/1')))
    await h.until('it is born and has its mail', () => births(h, 'resource/1') === 1 && got(h, 'resource/1').length === 1)
    const born = h.seen.find((m) => m.type === 'born' && (m as Told).path === 'resource/1') as Msg & { args: unknown }
    assert.equal(born.args, { of: 'resource/1' })
    h.send('resource', order({ do: 'child', op: 'stop', path: 'resource/1' }, note(6, 'resource/1'), note(7)))
    await h.until('the owner goes on', () => notes(h).includes(7))
    await h.settle()
    assert.is(got(h, 'resource/1').length, 1)
    assert.is(births(h, 'resource/1'), 1)
  })

  story('children: one that throws is restarted alone, with the same arguments', async (h) => {
    h.send('resource', order(startChild('resource/1'), startChild('resource/2')))
    await h.until('both are born', () => births(h, 'resource/1') === 1 && births(h, 'resource/2') === 1)
    h.send('resource/1', fail)
    await h.until('it is born again', () => births(h, 'resource/1') === 2)
    const args = h.seen
      .filter((m) => m.type === 'born' && (m as Told).path === 'resource/1')
      .map((m) => (m as Msg & { args: unknown }).args)
    assert.equal(args, [{ of: 'resource/1' }, { of: 'resource/1' }])
    assert.is(births(h, 'resource/2'), 1)
    assert.is(births(h, 'resource'), 1)
  })

  story('children: they end with their owner', async (h) => {
    h.send('resource', order(startChild('resource/1')))
    await h.until('it is born', () => births(h, 'resource/1') === 1)
    h.send('resource', fail)
    await h.until('the owner is born again', () => births(h, 'resource') === 2)
    h.send('resource/1', { type: 'note' })
    await h.settle()
    assert.equal(got(h, 'resource/1'), [])
    h.send('resource', order(startChild('resource/1')))
    await h.until('it can be started anew', () => births(h, 'resource/1') === 2)
  })
}

function watching(story: Story): void {
  const downs = (h: HostUnderTest, path: string): readonly Msg[] => got(h, path).flatMap((m) => (m.msg.type === 'down' ? [m.msg] : []))

  story('monitor: told once, with the reason', async (h) => {
    h.send('a', order({ do: 'monitor', path: 'b' }, note(1)))
    await h.until('it watches', () => notes(h).includes(1))
    h.send('b', fail)
    await h.until('it is told', () => downs(h, 'a').length === 1)
    assert.match(JSON.stringify(downs(h, 'a')[0]), /"path":"b","how":"error".*told to/)
    await h.until('it is born again', () => births(h, 'b') === 2)
    h.send('b', fail)
    await h.until('and again', () => births(h, 'b') === 3)
    await h.settle()
    assert.is(downs(h, 'a').length, 1)
  })

  story('monitor: at once when nobody is there; not after demonitor', async (h) => {
    h.send('a', order({ do: 'monitor', path: 'resource/none' }, { do: 'monitor', path: 'nobody' }))
    await h.until('it is told of both', () => downs(h, 'a').length === 2)
    assert.ok(downs(h, 'a').every((d) => (d as Msg & { detail: string }).detail === 'noproc'))
    h.send('a', order({ do: 'monitor', path: 'b' }, { do: 'demonitor', path: 'b' }, note(1)))
    await h.until('it watches no more', () => notes(h).includes(1))
    h.send('b', fail)
    await h.until('it is born again', () => births(h, 'b') === 2)
    await h.settle()
    assert.is(downs(h, 'a').length, 2)
  })

  story('link: whoever is linked ends for the same reason: an orderly end is passed on as one', async (h) => {
    h.send('resource', order(startChild('resource/1')))
    await h.until('it is born', () => births(h, 'resource/1') === 1)
    h.send('a', order({ do: 'link', path: 'resource/1' }, note(1)))
    h.send('b', order({ do: 'monitor', path: 'a' }, note(2)))
    await h.until('they watch', () => notes(h).length === 2)
    h.send('resource', order({ do: 'child', op: 'stop', path: 'resource/1' }))
    await h.until('the other ends, too', () => downs(h, 'b').length === 1)
    assert.is((downs(h, 'b')[0] as Down).how, 'shutdown')
  })

  story('link: the abnormal end of either ends the other; a normal end does not', async (h) => {
    h.send('a', order({ do: 'link', path: 'b' }, note(1)))
    await h.until('they are linked', () => notes(h).includes(1))
    h.send('a', fail)
    await h.until('both are born again', () => births(h, 'a') === 2 && births(h, 'b') === 2)
    h.send('a', order({ do: 'link', path: 'b' }, note(2)))
    await h.until('they are linked again', () => notes(h).includes(2))
    h.send('b', fail)
    await h.until('the other way', () => births(h, 'a') === 3 && births(h, 'b') === 3)
    h.send('a', order({ do: 'link', path: 'b' }, note(3)))
    await h.until('and again', () => notes(h).includes(3))
    h.send('b', order({ do: 'stop', reason: 'done' }))
    await h.until('it is permanent', () => births(h, 'b') === 4)
    await h.settle()
    assert.is(births(h, 'a'), 3)
  })
}
