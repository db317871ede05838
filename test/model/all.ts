/** Every model with its bounds, and for each of its broken variants the accident that must be found. Used by the test and by the command. */
import type { Model } from './explore.js'
import * as pulls from './pull.js'
import * as registers from './register.js'
import * as two from './twonode.js'
import type { Bounds } from './twostate.js'
import * as witnesses from './witness.js'

export interface Subject {
  readonly name: string
  /** Exhausted within `npm test`; `full` takes minutes and some GiB. */
  readonly usual: readonly Model[]
  readonly full: readonly Model[]
  readonly broken: readonly { readonly model: Model; readonly accident: RegExp }[]
}

const lost = /leads without what was acknowledged/
const twice = /two leaders in one term/
const apart = /two histories are committed/
const unheard = /names ., which does not know that it asked/
const acts = /decides alone while . still acts/

const small: Bounds = { terms: 3, entries: 4, writes: 1, crashes: 0, lives: 2, messages: 1 }
const twoNodes: Readonly<Record<Exclude<two.Broken, 'none'>, RegExp>> = {
  'T1 both disks': lost,
  'T2 certificate by time-out': acts,
  'T2 certificate of any life': acts,
  'T3 admission': apart,
  'T4 durable epoch': twice,
  'T5 copy first': lost,
  'only its owner leads a solo epoch': twice,
  'ends solo too late': twice,
  'own disk not waited for': lost,
}
const twoOnTheWay = { terms: 2, messages: 2 }
/** Accidents that need other bounds. */
const needs: Readonly<Partial<Record<two.Broken, Partial<Bounds>>>> = {
  'only its owner leads a solo epoch': { entries: 5, writes: 0 },
  'own disk not waited for': { crashes: 1 },
}
const set: witnesses.Bounds = { terms: 2, entries: 3, writes: 1, crashes: 1, subterms: 2, messages: 2 }
/** One life each, and then two with less of a log: the rule of who may go alone is changed, or stands. */
const oneLife: Bounds = { terms: 3, entries: 4, writes: 1, crashes: 0, lives: 1, messages: 1 }
const twoLives: Bounds = { terms: 2, entries: 3, writes: 1, crashes: 0, lives: 2, messages: 1 }
const change: Bounds = { ...oneLife, lives: 2 }
const logs: pulls.Bounds = { terms: 2, entries: 2, messages: 2 }

const entriesOf = <K extends string>(table: Readonly<Record<K, RegExp>>): [K, RegExp][] => Object.entries(table) as [K, RegExp][]

export const subjects: readonly Subject[] = [
  {
    name: 'twonode',
    // One message on its way, and three terms; two on their way, and two terms.
    usual: [two.twoNode('none', small), two.twoNode('none', { ...small, ...twoOnTheWay, writes: 0 })],
    full: [
      two.twoNode('none', { ...small, crashes: 1 }),
      two.twoNode('none', { ...small, entries: 6 }),
      two.twoNode('none', { ...small, ...twoOnTheWay }),
    ],
    broken: entriesOf(twoNodes).map(([rule, accident]) => ({ model: two.twoNode(rule, { ...small, ...needs[rule] }), accident })),
  },
  {
    name: 'witness',
    usual: [witnesses.witness('none', set)],
    full: [witnesses.witness('none', { ...set, writes: 2 }), witnesses.witness('none', { ...set, terms: 3, crashes: 0 })],
    broken: (['vote only', 'no subterm', 'tells it afterwards'] as const).map((rule) => ({
      model: witnesses.witness(rule, set),
      accident: lost,
    })),
  },
  {
    name: 'register',
    usual: [registers.register('none', oneLife, true), registers.register('none', { ...twoLives, lives: 1, crashes: 1 }, true)],
    full: [registers.register('none', { ...change, terms: 2 }, true), registers.register('none', { ...twoLives, crashes: 1 }, true)],
    broken: [
      ...(['a claim is a vote', 'it forgets'] as const).map((rule) => ({ model: registers.register(rule, change, true), accident: twice })),
      { model: registers.register('a claim is not kept', { ...twoLives, lives: 1, crashes: 1 }, true), accident: unheard },
    ],
  },
  {
    name: 'register',
    usual: [registers.register('none', twoLives, false)],
    full: [registers.register('none', { ...twoLives, terms: 3 }, false), registers.register('none', { ...change, terms: 2 }, false)],
    broken: (['the new rule counts at once', 'the old rule goes on'] as const).map((rule) => ({
      model: registers.register(rule, change, false),
      accident: twice,
    })),
  },
  {
    name: 'pull',
    usual: [pulls.pull('none', logs)],
    full: [pulls.pull('none', { ...logs, terms: 3 })],
    broken: (['any other log', 'one disk is enough'] as const).map((rule) => ({ model: pulls.pull(rule, logs), accident: lost })),
  },
]
