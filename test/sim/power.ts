/**
 * The power switches of the simulated machines, one outlet each: they work, do not answer, refuse, answer or act late, take another machine
 * with them, or lie. What a lie was about is kept: its consequences are outside of what kyha can promise (design 6, F66).
 */
import type { BootId } from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'
import type { Machine } from './machine.js'
import type { Marks } from './marks.js'

export type Way =
  | { readonly how: 'mute' | 'refuses' | 'lies' }
  /** Acts at once and answers late; or acts late, too, when the agent has long given up. */
  | { readonly how: 'answers-late' | 'acts-late'; readonly ms: number }
  /** What is wired to the same outlet goes off with it. */
  | { readonly how: 'shared'; readonly also: string }
  /** The machine is on again before the switch has said that it was off. */
  | { readonly how: 'bounces' }

export interface PowerWorld {
  readonly machines: readonly Machine[]
  after(ms: number, run: () => void): unknown
  nowMs(): number
  readonly marks: Marks
  readonly switches: readonly ((target: Machine, action: string) => void)[]
  readonly switched: readonly ((target: Machine, action: string, rc: number) => void)[]
}

export class SimPower {
  /** By machine; a machine without an entry has a switch that works. */
  readonly ways = new Map<string, Way>()
  /** When a machine was last switched off, in the world's time. */
  offMs = Number.NEGATIVE_INFINITY
  /** Lives that were said to be off, and were not. */
  readonly lied = new Set<BootId>()

  constructor(
    private readonly world: PowerWorld,
    private readonly random: Random,
  ) {}

  all(way: Way | undefined): void {
    for (const m of this.world.machines) {
      if (way) this.ways.set(m.name, way)
      else this.ways.delete(m.name)
    }
  }

  /** An agent asks the switch of `plug`; without an answer `done` is never called. */
  ask(plug: string, action: string, done: (rc: number) => void): void {
    const target = this.world.machines.find((m) => m.name === plug)
    const way = this.ways.get(plug)
    if (way?.how === 'refuses') this.world.after(5, () => done(1))
    if (way?.how === 'mute') this.world.marks.sometimes('the power switch did not answer')
    if (!target || way?.how === 'refuses' || way?.how === 'mute') return
    const ms = 20 + this.random.next() * 40
    if (way?.how === 'lies' && action === 'off') {
      this.world.after(ms, () => {
        // Mended meanwhile: what it says now is true.
        if (this.ways.get(plug)?.how !== 'lies') this.#act(target, action, undefined)
        if (target.powered) this.lied.add(target.incarnation.boot)
        for (const hook of this.world.switched) hook(target, action, 0)
        done(0)
      })
      return
    }
    for (const hook of this.world.switches) hook(target, action)
    const late = way?.how === 'answers-late' || way?.how === 'acts-late' ? way.ms : 0
    this.world.after(ms + (way?.how === 'acts-late' ? late : 0), () => {
      const rc = action === 'status' && !target.powered ? 2 : 0
      this.#act(target, action, way)
      this.world.after(way?.how === 'answers-late' ? late : 0, () => {
        for (const hook of this.world.switched) hook(target, action, rc)
        done(rc)
      })
    })
  }

  #act(target: Machine, action: string, way: Way | undefined): void {
    if (action === 'on') target.powerOn()
    if (action !== 'off') return
    this.offMs = this.world.nowMs()
    target.powerOff()
    if (way?.how === 'shared') this.world.machines.find((m) => m.name === way.also)?.powerOff()
    if (way?.how === 'bounces') target.powerOn()
  }
}
