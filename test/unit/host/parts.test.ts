/** The small parts of the host: mailbox, timers, channel, lives, watches, desk, stall. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentOp, AgentResult } from '../../../runtime/actor.js'
import { mainFreshMs, SignOfLife, silentStartMs } from '../../../runtime/host/alive.js'
import { Cell, Channel, sharedCells, took, waitingMax, windowMax } from '../../../runtime/host/channel.js'
import { now, Timers } from '../../../runtime/host/clock.js'
import { GuardDesk } from '../../../runtime/host/desk.js'
import { NewestLives } from '../../../runtime/host/lives.js'
import type { Envelope, ToThread } from '../../../runtime/host/messages.js'
import { checkMs, Liveness, stallLimitMs } from '../../../runtime/host/stall.js'
import { bootId, nodeId, opId, resourceId, token } from '../../../runtime/ids.js'
import { Mailbox } from '../../../runtime/mailbox.js'
import type { Guard } from '../../../runtime/ports.js'
import { instant } from '../../../runtime/time.js'
import { eventsMax, Recorder } from '../../../runtime/trace/recorder.js'
import { bootPrefix, type Header } from '../../../runtime/wire/frame.js'
import { openLives } from '../../../runtime/wire/lives.js'

const t = suite('host: parts')
const drain = (m: Mailbox<number>): readonly number[] => {
  const out: number[] = []
  for (let n = m.take(); n !== undefined; n = m.take()) out.push(n)
  return out
}

t('mailbox keep-newest: the oldest goes and is counted, order stays', () => {
  const m = new Mailbox<number>(3, 'keep-newest')
  for (const n of [1, 2, 3, 4, 5]) m.push(n, 'control')
  assert.equal(drain(m), [3, 4, 5])
  assert.is(m.counters.dropped, 2)
})

t('mailbox shed: the new one is refused and counted', () => {
  const m = new Mailbox<number>(2, 'shed')
  assert.equal(
    [1, 2, 3].map((n) => m.push(n, 'control')),
    ['kept', 'kept', 'shed'],
  )
  assert.equal(drain(m), [1, 2])
  assert.is(m.counters.shed, 1)
})

t('mailbox fault: bulk is shed at half, a beat makes room for control, control beyond the bound is a fault', () => {
  const m = new Mailbox<number>(4, 'fault')
  assert.equal([m.push(1, 'control'), m.push(2, 'beat'), m.push(3, 'bulk')], ['kept', 'kept', 'shed'])
  assert.equal([m.push(4, 'control'), m.push(5, 'control'), m.push(6, 'control')], ['kept', 'kept', 'replaced'])
  assert.equal([m.push(7, 'control'), m.push(8, 'beat')], ['fault', 'shed'])
  assert.equal(drain(m), [1, 4, 5, 6])
})

t('mailbox: system messages come first, and the ring goes round', () => {
  const m = new Mailbox<number>(8, 'fault')
  for (let n = 0; n < 100; n++) {
    m.push(n, 'control')
    m.push(n + 1000, 'control')
    assert.is(m.take(), n)
    assert.is(m.take(), n + 1000)
  }
  m.push(1, 'control')
  m.urgent(99)
  assert.equal(drain(m), [99, 1])
})

t('timers fire in order of deadline, then of setting; cancelled ones do not', async () => {
  const timers = new Timers(now)
  const fired: string[] = []
  const at = now()
  timers.at(instant(at + 20), () => fired.push('late'))
  timers.at(instant(at + 5), () => fired.push('a'))
  timers.at(instant(at + 5), () => fired.push('b'))
  timers.at(instant(at + 10), () => fired.push('never')).cancelled = true
  await new Promise<void>((resolve) => timers.at(instant(at + 30), resolve))
  assert.equal(fired, ['a', 'b', 'late'])
  timers.close()
})

const envelope = (n: number, cls: Envelope['cls'] = 'control'): Envelope => ({
  to: { path: `p${n}` },
  from: { path: '' },
  cls,
  bytes: new Uint8Array([n & 255]),
})

t('channel: a bounded number is under way, the rest waits in order, too much is a fault', async () => {
  const shared = sharedCells()
  const posted: string[] = []
  let faults = 0
  const channel = new Channel({ postMessage: (e: Envelope) => void posted.push(e.to.path) }, shared, Cell.takenByThread, () => faults++)
  for (let n = 0; n < windowMax + 10; n++) channel.post(envelope(n))
  assert.is(posted.length, windowMax)
  assert.is(channel.waiting, 10)
  for (let n = 0; n < 5; n++) took(shared, Cell.takenByThread)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.is(posted.length, windowMax + 5)
  assert.is(posted.at(-1), `p${windowMax + 4}`)
  for (let n = 0; n < waitingMax; n++) channel.post(envelope(n, 'bulk'))
  assert.is(faults, 0)
  assert.ok(channel.counters.shed > 0)
  for (let n = 0; n < waitingMax; n++) channel.post(envelope(n))
  assert.ok(faults > 0)
  channel.close()
})

t('lives: an older incarnation is dropped, a boot that was replaced stays gone (S14)', () => {
  const l = new NewestLives()
  const n = nodeId('n1')
  const inc = (boot: string, counter: number) => ({ boot: bootId(boot), counter })
  assert.is(l.judge(n, inc('b1', 1)), 'new')
  assert.is(l.judge(n, inc('b1', 1)), 'same')
  assert.is(l.judge(n, inc('b1', 2)), 'new')
  assert.is(l.judge(n, inc('b1', 1)), 'old')
  assert.is(l.judge(n, inc('b2', 1)), 'new')
  assert.is(l.judge(n, inc('b1', 9)), 'old')
  assert.is(l.judge(nodeId('n2'), inc('b1', 1)), 'new')
})

t('desk: a result goes to who asked, an unasked one to the director, of a fence operation to the fencer', () => {
  const calls: string[] = []
  const answers: [string, ToThread][] = []
  const guard = new Proxy({} as Guard, {
    get: (_, name) => (arg: { id?: string } | string) =>
      void calls.push(`${String(name)} ${typeof arg === 'string' ? arg : (arg?.id ?? '')}`),
  })
  const desk = new GuardDesk(
    guard,
    (op) => op,
    (path, msg) => void answers.push([path, msg]),
  )
  const result = (id: string, resource: string): AgentResult => ({ id: opId(id), resource: resourceId(resource) }) as AgentResult
  const by = { path: 'resource/r1', life: 5 }
  desk.order({ type: 'run', op: { id: opId('o1') } as AgentOp, token: token(1), by })
  desk.events.onResult(result('o1', 'r1'))
  desk.events.onResult(result('o2', 'r1'))
  desk.events.onResult(result('o3', 'fence/lab'))
  desk.order({ type: 'list', by })
  desk.events.onInventory({ type: 'agent-inventory', resources: [] })
  desk.events.onInventory({ type: 'agent-inventory', resources: [] })
  assert.equal(calls, ['run o1', 'list '])
  assert.equal(
    answers.map(([path, msg]) => [path, msg.type === 'answer' ? [msg.by, msg.orElse] : '']),
    [
      ['resource/r1', [by, 'resource']],
      ['resource', [null, 'resource']],
      ['fencer', [null, 'fencer']],
      ['resource/r1', [by, '']],
      ['resource', [null, 'resource']],
    ],
  )
})

t('desk: what an agent said is read before it is handed on; a note goes to the guard', () => {
  const notes: string[] = []
  const told: ToThread[] = []
  const guard = { note: (resource: string, note: string) => void notes.push(`${resource} ${note}`) } as unknown as Guard
  const desk = new GuardDesk(
    guard,
    (op) => op,
    (_, msg) => void told.push(msg),
    (result) => ({ ...result, reloadable: ['level'] }),
  )
  desk.order({ type: 'note', resource: resourceId('r1'), note: 'so' })
  desk.events.onResult({ id: opId('o1'), resource: resourceId('r1') } as AgentResult)
  assert.equal(notes, ['r1 so'])
  assert.equal(
    told.map((m) => (m.type === 'answer' ? (m.msg as AgentResult).reloadable : undefined)),
    [['level']],
  )
})

t('desk: an operation goes to the guard with its secrets; one that lacks a secret does not go, and its asker hears why', async () => {
  const runs: unknown[] = []
  const told: ToThread[] = []
  const guard = { run: (op: AgentOp, _: unknown, hide: readonly string[]) => void runs.push([op.argv, op.stdin, hide]) } as unknown as Guard
  const desk = new GuardDesk(
    guard,
    (op) => ({ ...op, argv: ['/path'] }),
    (_, msg) => void told.push(msg),
    (result) => result,
    (op) => (op.stdin === undefined ? { problem: 'it has no such secret' } : { op: { ...op, stdin: 'value' }, hide: ['value'] }),
  )
  const by = { path: 'fencer', life: 5 }
  const op = { id: opId('o1'), resource: resourceId('fence/lab'), action: 'off', argv: ['fence_lab'] } as unknown as AgentOp
  desk.order({ type: 'run', op: { ...op, stdin: '@secret:a' }, token: token(1), by })
  desk.order({ type: 'run', op, token: token(1), by })
  await Promise.resolve()
  assert.equal(runs, [[['/path'], 'value', ['value']]])
  const [answer] = told.flatMap((m) => (m.type === 'answer' ? [[m.by, m.msg as AgentResult] as const] : []))
  assert.equal(answer?.[0], by)
  assert.equal([answer?.[1].end, answer?.[1].rc, answer?.[1].detail], ['refused', 5, 'it has no such secret'])
})

t('stall: a thread that stands still is told once; a late main judges nobody', () => {
  let at = 1000
  let due: (() => void) | undefined
  const timers = {
    after: (_ms: number, run: () => void) => {
      due = run
      return { cancelled: false, atMs: instant(0) }
    },
  } as unknown as Timers
  const live = new Liveness(() => instant(at), timers)
  const [beat, work] = [sharedCells(), sharedCells()]
  const stalled: string[] = []
  live.add('beat', beat, () => stalled.push('beat'))
  live.add('work', work, () => stalled.push('work'))
  const step = (ms: number, ...moving: Int32Array[]): void => {
    at += ms
    for (const m of moving) Atomics.add(m, Cell.liveness, 1)
    due?.()
  }
  for (let ms = 0; ms <= stallLimitMs('work') + checkMs; ms += checkMs) step(checkMs, beat)
  assert.equal(stalled, ['work'])
  step(5000)
  step(checkMs)
  assert.equal(stalled, ['work'])
  for (let ms = 0; ms <= stallLimitMs('beat') + checkMs; ms += checkMs) step(checkMs)
  assert.equal(stalled, ['work', 'beat'])
  assert.ok(Atomics.load(beat, Cell.main) > 0, 'main tells that it moves itself')
})

t('sign of life: from the first beat on, and only while main moves', () => {
  let written = 0
  const shared = sharedCells()
  const sign = new SignOfLife(shared, instant(1000), () => written++)
  const tick = (from: number, to: number, mainMoves: boolean): number => {
    const before = written
    for (let at = from; at < to; at += 50) {
      if (mainMoves) Atomics.add(shared, Cell.main, 1)
      sign.tick(instant(at))
    }
    return written - before
  }
  assert.is(tick(1000, 1200, true), 0, 'stand-in beats go on until real ones leave')
  sign.beating(instant(1200))
  assert.is(tick(1200, 1700, true), 10)
  assert.is(tick(1700, 5000, false), mainFreshMs / 50, 'a main that stands still is a kyhad that does')
  assert.is(tick(5000, 5100, true), 2)
  const mute = new SignOfLife(shared, instant(1000), () => written++)
  const before = written
  mute.tick(instant(1000 + silentStartMs - 1))
  mute.tick(instant(1000 + silentStartMs))
  assert.is(written - before, 0, 'main must have moved since')
  Atomics.add(shared, Cell.main, 1)
  mute.tick(instant(1000 + silentStartMs))
  assert.is(written - before, 1, 'a thread without peers is believed after a while')
})

t('wire: for a beat thread that started again, an echo of its earlier life proves nothing', () => {
  const self = { boot: bootId('a'.repeat(32)), counter: 1 }
  const echo = (seq: number) => ({ boot: bootPrefix(self.boot), counter: 1, seq })
  const judge = (seq: number): string =>
    openLives(self, 1000).judge(
      { incarnation: { boot: bootId('b'.repeat(32)), counter: 1 }, link: 0, seq: 5, flags: 0, echo: echo(seq) } as Header,
      [1003],
      now(),
    )
  assert.equal([judge(7), judge(1000), judge(1001), judge(1003), judge(1004)], ['unproven', 'unproven', 'fresh', 'fresh', 'unproven'])
})

t('recorder keeps the newest events, oldest first, without contents', () => {
  const r = new Recorder()
  for (let n = 0; n < eventsMax + 5; n++) r.note(n, n % 2 ? 'a' : 'b', { path: 'x', node: 'n2' }, 'beat')
  const lines = r.lines()
  assert.is(lines.length, eventsMax)
  assert.equal(lines[0], { atMs: 5, path: 'a', from: 'n2/x', type: 'beat' })
  assert.ok(r.lines('a').every((l) => l.path === 'a'))
})

t.run()
