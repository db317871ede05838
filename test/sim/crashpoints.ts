/**
 * Crash points (F14): a recorded history is told again and again, each time with kyhad or the whole machine ending just before or just after one of
 * its effects. Nothing may break, and the cluster must serve again. Effects that no other node and no disk can see are not points.
 */
import type { Effect } from '../../runtime/actor.js'
import { leaderOf, owners, propose } from './cluster.js'
import { heal } from './faults/index.js'
import type { Machine } from './machine.js'
import type { Mode } from './mode.js'
import { operator } from './operator.js'
import { begin, endsOf, idsOf, isWell, staysWell } from './scenario.js'
import type { Violation, World } from './world.js'

export interface Point {
  /** The n-th effect that counts, from 1. */
  readonly n: number
  readonly when: 'before' | 'after'
  readonly how: 'kyhad' | 'power'
}
export interface Crash {
  readonly point: Point
  /** `n1 persist wal` and so on. */
  readonly effect: string
  readonly violations: readonly Violation[]
}

const wellMsMax = 60_000

/** Which history: of members that come and go, or of services that fail. */
interface Of {
  readonly mode?: Mode
  readonly members?: boolean
}

/** What others or a disk can see. Beats are sent all the time and change nothing by themselves. */
const counts = (e: Effect): boolean =>
  e.do === 'persist' ||
  (e.do === 'disk' && e.op === 'write') ||
  e.do === 'agent' ||
  e.do === 'token' ||
  e.do === 'note' ||
  e.do === 'agent-ack' ||
  (e.do === 'send' && e.to.node !== undefined && e.class !== 'beat' && e.class !== 'bulk')

const nameOf = (machine: Machine, e: Effect): string => {
  const what =
    e.do === 'persist'
      ? e.op.slot
      : e.do === 'agent'
        ? `${e.op.action} ${e.op.resource}`
        : e.do === 'send'
          ? `${e.msg.type} to ${e.to.path}`
          : ''
  return `${machine.name} ${e.do} ${what}`.trim()
}

/** The history: the group's owner loses power and comes back, a service dies, the group is moved, a leader's kyhad is killed. */
function history(world: World): void {
  const shop = idsOf(world)['web']
  const owner = shop === undefined ? undefined : owners(world, shop)[0]
  owner?.powerOff()
  world.run(1_500)
  owner?.powerOn()
  world.run(1_500)
  for (const m of world.machines) if (shop !== undefined) m.guard?.crash(shop)
  world.run(500)
  const [first, second] = world.machines
  const to = second ?? first
  if (first && to)
    propose(world, first, 'crash-move', {
      type: 'intent',
      id: 'crash-move',
      kind: 'move',
      resource: 'shop',
      node: to.spec.node,
      forMs: 500,
      by: 'crash points',
    })
  world.run(1_500)
}

/** Another history: a node joins, the leader is taken out, and another one is taken in anew. Each gets the time that it takes when nothing ends. */
function memberHistory(world: World): void {
  const { roster, machines } = world
  const settles = (): void => void world.run(3_000, () => roster.settled())
  roster.want(machines.at(-1) as Machine)
  settles()
  const leader = leaderOf(world)
  if (leader) roster.unwant(leader)
  settles()
  const [next] = roster.wanted
  if (next) roster.renew(next)
  settles()
}

/** Tells the history once; with a point, that effect is where it ends for its machine. Gives the number of effects that counted. */
export function crashAt(
  seed: string,
  nodes: number,
  point?: Point,
  { mode = 'plain', members = false }: Of = {},
): { readonly effects: number; readonly crash: Crash | undefined } {
  let counting = false
  let n = 0
  let effect = ''
  const dies = (machine: Machine, when: 'before' | 'after', e: Effect): boolean => {
    if (!counting || !counts(e)) return false
    if (when === 'before') n++
    if (n !== point?.n || when !== point.when || effect !== '') return false
    effect = nameOf(machine, e)
    if (point.how === 'power') machine.powerOff()
    else machine.crashKyhad()
    return true
  }
  const { world, watched } = begin(seed, nodes, { dies, mode, ends: endsOf(seed, nodes), spares: members ? 1 : 0 })
  world.run(1_000)
  counting = true
  if (members) memberHistory(world)
  else history(world)
  counting = false
  if (!point) return { effects: n, crash: undefined }
  world.run(1_000)
  heal(world)
  watched.mended()
  operator(world)
  const well = (): boolean => isWell(world)
  const endMs = world.nowMs() + wellMsMax
  while (!staysWell(world, well, endMs))
    if (world.nowMs() >= endMs) {
      world.violate('L3', 'a minute after the crash, not every resource runs')
      break
    }
  watched.end()
  return { effects: n, crash: { point, effect, violations: world.violations } }
}

/** Every `step`-th point of the history of `seed`. */
export function* crashPoints(seed: string, nodes: number, { step = 1, ...of }: Of & { readonly step?: number } = {}): Generator<Crash> {
  const { effects } = crashAt(seed, nodes, undefined, of)
  const ways = [
    { when: 'before', how: 'kyhad' },
    { when: 'after', how: 'kyhad' },
    { when: 'before', how: 'power' },
    { when: 'after', how: 'power' },
  ] as const
  for (let i = 0; i < effects * ways.length; i += step) {
    const way = ways[i % ways.length] as (typeof ways)[number]
    const { crash } = crashAt(seed, nodes, { n: 1 + Math.floor(i / ways.length), ...way }, of)
    if (crash) yield crash
  }
}
