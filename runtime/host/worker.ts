/**
 * Entry of a worker thread: opens what the thread needs, runs its group, and talks with main. A throw outside an actor is not caught: it ends the
 * thread, and main tells the thread's supervisor. The liveness counter moves by a timer of this loop, so it stands still when the loop does.
 */
import { readlinkSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { View } from '../../actors/membership/messages.js'
import type { Address, JobResult, Msg, NodeId, SendClass } from '../actor.js'
import { assert, present, unreachable } from '../assert.js'
import type { Disks } from '../disk/disks.js'
import { reason } from '../supervisor.js'
import { instant } from '../time.js'
import { Recorder } from '../trace/recorder.js'
import { actorsIn, placement, type SupervisorNode, type Thread } from '../tree.js'
import { type Verdict, verdict } from '../verdict.js'
import { pack, unpackMsg } from '../wire/codec.js'
import { SignOfLife } from './alive.js'
import { BeatNet } from './beat.js'
import { Cell, Channel, took } from './channel.js'
import { now, type Timer, Timers } from './clock.js'
import type { Environment, MakeEnvironment } from './environment.js'
import type { Facts } from './facts.js'
import { Group, type Outside } from './group.js'
import { inspectGroup } from './inspect.js'
import { unpackJob } from './job.js'
import type { Letter } from './loop.js'
import { type Envelope, type FromThread, hostPath, type Inspect, type Peers, type ToThread } from './messages.js'
import type { AnyActor } from './registry.js'
import { ServiceRunner } from './run-service.js'
import { openStreamNet, type StreamNet } from './streams.js'

/** What main gives a thread. */
export interface Assignment {
  readonly thread: Thread
  readonly spawn: number
  /** Milliseconds since kyhad started: above every number that an earlier life of this thread can have used on the wire. */
  readonly sinceStartMs: number
  readonly tree: SupervisorNode
  readonly top: SupervisorNode
  readonly facts: Facts
  readonly args: Readonly<Record<string, unknown>>
  readonly shared: Int32Array
  /** URL of the environment module. */
  readonly environment: string
  /** Kinds of dynamic children by owner. */
  readonly childKinds: Readonly<Record<string, string>>
}

/** Between threads a snapshot may travel; nodes have the codec's own bound. */
const envelopeBytesMax = 64 << 20
/** Each tick wakes a thread that has nothing else to do: rarely where nobody waits for a second. */
const livenessMs: Readonly<Record<Thread, number>> = { beat: 50, core: 500, work: 1000, console: 1000 }
const lateMsSaid = 20

const a = workerData as Assignment
const { facts, thread } = a
const timers = new Timers(now)
const recorder = new Recorder()
const placed = placement(a.tree)
const port = present(parentPort, 'the port to main')
const toMain = new Channel(port, a.shared, Cell.takenByMain, () => {
  throw new Error('main does not take messages any more')
})
let beat: BeatNet | undefined
let streams: StreamNet | undefined
let disks: Disks | undefined
let sign: SignOfLife | undefined
let heart: (() => void) | undefined

const post = (to: Address, from: Address, msg: Msg | FromThread, cls: SendClass, more: Partial<Envelope> = {}): void =>
  toMain.post({ to, from, cls, bytes: pack(msg), ...more })
const host = (msg: FromThread): void => post({ path: hostPath }, { path: '' }, msg, msg.type === 'say' ? 'bulk' : 'control')
const say = (verdict: Verdict): void => host({ type: 'say', path: thread, verdict })

const isElsewhere = (to: Address): to is Address & { readonly node: NodeId } => to.node !== undefined && to.node !== facts.boot.node
/** To another thread, or to another node: from here when this thread has the socket, else by way of the thread that has it. */
function depart(from: Address, to: Address, msg: Msg, cls: SendClass, link?: number): void {
  if (isElsewhere(to)) {
    if (cls === 'beat' && beat) return beat.send(from, to.node, to.path, msg, link)
    if (cls !== 'beat' && streams) return streams.send(from, to.node, to.path, msg, cls)
  }
  post(to, from, msg, cls, link === undefined ? {} : { link })
}

const environment = (await import(a.environment)) as { readonly environment: MakeEnvironment }
const env = await environment.environment(thread)
const services = new ServiceRunner({ facts, now, env, host, send: depart })
const group = new Group({
  thread,
  tree: a.tree,
  top: a.top,
  facts,
  args: a.args,
  actors: await loadActors(env),
  spawn: a.spawn,
  now,
  timers,
  recorder,
  outside: outside(env),
  ready: () => host({ type: 'ready' }),
  done: (why, startFailed) => host({ type: 'ended', reason: why, startFailed }),
})
openNets(env)
port.on('message', (envelope: Envelope) => {
  took(a.shared, Cell.takenByThread)
  const got = unpackMsg(envelope.bytes, envelopeBytesMax)
  assert(got.ok, 'main sends what this thread can read')
  if (envelope.to.path === hostPath) return fromMain(got.value as unknown as ToThread)
  if (isElsewhere(envelope.to)) return depart(envelope.from, envelope.to, got.value, envelope.cls, envelope.link)
  if (streams && envelope.to.path === 'log' && got.value.type === 'view') streams.heard(got.value as View)
  route(envelope.to.path, { from: envelope.from, msg: got.value, incarnation: envelope.incarnation }, envelope.cls)
})
heart = beatHeart()
if (thread === 'beat') host({ type: 'priority', tid: Number(readlinkSync('/proc/thread-self').split('/').at(-1)) })
group.start()

/** To an actor of this node, wherever it runs. */
function route(path: string, letter: Letter, cls: SendClass): void {
  const to = placed(path)
  if (to !== undefined && to !== thread) {
    const more = letter.incarnation ? { incarnation: letter.incarnation } : {}
    return post({ path }, letter.from, letter.msg, cls, more)
  }
  if (!services.receive(path, letter)) group.deliver(path, letter, cls)
}

/** Not in the middle of an actor's step. */
function toService(path: string, letter: Letter): boolean {
  const isService = services.has(path)
  if (isService) queueMicrotask(() => void services.receive(path, letter))
  return isService
}

function setPeers(peers: Peers): void {
  beat?.setPeers(peers)
  streams?.setPeers(peers)
}

function outside({ openStore, openDisks, service }: Environment): Outside {
  disks = openDisks?.(facts)
  return {
    send: depart,
    host,
    peers(peers) {
      setPeers(peers)
      host({ type: 'peers', peers })
    },
    ...(disks ? { disk: disks.ask } : {}),
    ...(openStore ? { openStore: () => openStore(facts) } : {}),
    ...(service
      ? {
          launchService: (node, on) => services.launch(node, on),
          toService,
        }
      : {}),
  }
}

function openNets({ alive, openDatagrams, openStreams }: Environment): void {
  if (alive) sign = new SignOfLife(a.shared, now(), alive)
  if (openDatagrams) {
    beat = new BeatNet({
      facts,
      now,
      timers,
      open: (onDatagram) => openDatagrams({ facts, now, say, seqBase: a.sinceStartMs, onDatagram }),
      deliver: route,
      beating() {
        sign?.beating(now())
        heart?.()
      },
      sheaf: (beatMs, sheaves) => host({ type: 'sheaf', beatMs, sheaves }),
    })
  }
  if (openStreams) {
    streams = openStreamNet({ node: facts.boot.node, open: (events) => openStreams({ facts, now, say, events }), route, say })
  }
}

/** The actors of this thread's tree, and the kinds of their dynamic children. */
async function loadActors({ registry }: Environment): Promise<ReadonlyMap<string, AnyActor>> {
  const kinds = actorsIn(a.top)
    .filter((n) => !n.service)
    .flatMap((n) => [n.kind, ...(a.childKinds[n.id] ? [a.childKinds[n.id] as string] : [])])
  return new Map(await Promise.all(kinds.map(async (kind) => [kind, await registry(kind)] as const)))
}

function fromMain(msg: ToThread): void {
  switch (msg.type) {
    case 'shutdown':
      return group.stop(reason('shutdown'))
    case 'close':
      beat?.close()
      streams?.close()
      disks?.close()
      toMain.close()
      timers.close()
      port.close()
      return
    case 'answer':
      return group.answer(msg.by, msg.orElse, msg.msg)
    case 'job-done': {
      const { ok } = msg.outcome
      const value = msg.outcome.ok ? unpackJob(msg.outcome.bytes) : { refused: msg.outcome.refused, because: msg.outcome.because }
      if (services.jobDone(msg.by.path, msg.id, ok, value)) return
      return group.answer(msg.by, '', { type: 'job-result', id: msg.id, ok, value } as JobResult)
    }
    case 'peers':
      return setPeers(msg.peers)
    case 'real-time':
      return route('membership', { from: { path: '' }, msg: { type: 'real-time', rt: msg.rt } as Msg }, 'control')
    case 'thread-down':
      return group.watches.threadDown(msg.thread, msg.reason)
    case 'inspect':
      return host({ type: 'inspected', id: msg.id, ...answerTo(msg.request) })
    case 'inspected':
      return services.inspected(msg.id, msg.ok, msg.value)
    case 'watch':
      return group.watches.asked(msg)
    case 'watch-back':
      return group.watches.askedBack(msg)
    case 'watched-down':
      return group.watches.told(msg)
    case 'lab-link':
      beat?.lab(msg)
      streams?.lab(msg)
      return
    default:
      return unreachable(msg)
  }
}

function answerTo(request: Inspect): { readonly ok: boolean; readonly value: unknown } {
  try {
    if (request.type === 'counters') return { ok: true, value: counters() }
    return { ok: true, value: inspectGroup(group, thread, recorder, request) }
  } catch (error) {
    return { ok: false, value: (error as Error).message }
  }
}

const counters = (): unknown => ({
  thread,
  deadLetters: group.loop.deadLetters,
  ...(beat ? { beats: beat.counters() } : {}),
  ...(streams ? { streams: streams.counters() } : {}),
})

/**
 * Moves the liveness counter; on the beat thread it also notices that it was late, which peers' silence is not blamed for. There the beats that
 * leave do it, in the same wake-up; the timer is for when none do.
 */
function beatHeart(): () => void {
  const everyMs = livenessMs[thread]
  let timer: Timer | undefined
  let due = now()
  const tick = (): void => {
    const at = now()
    Atomics.add(a.shared, Cell.liveness, 1)
    sign?.tick(at)
    const lateMs = at - due
    if (thread === 'beat' && lateMs > lateMsSaid) {
      route('membership', { from: { path: '' }, msg: { type: 'stall', lateMs } as Msg }, 'control')
      if (lateMs > 5 * lateMsSaid) say(verdict('stall', 'runtime.late', { lateMs }, 'warning'))
    }
    due = instant(thread === 'beat' ? at + 1.1 * everyMs : at - (at % everyMs) + everyMs)
    if (timer) timer.cancelled = true
    timer = timers.at(due, tick)
  }
  tick()
  return () => {
    if (now() > due - everyMs / 2) tick()
  }
}
