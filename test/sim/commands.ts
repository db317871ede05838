/**
 * A change of the member list as `kyha` makes it on one node's console: proposed against the exact state that this console shows, computed anew when
 * the log has moved (console/join/members.ts, whose own steps these are). In virtual time, where nothing awaits.
 */
import type { Proposed } from '../../actors/log/messages.js'
import type { ClusterState } from '../../actors/log/state.js'
import type { QuorumState } from '../../actors/quorum/actor.js'
import { errorView } from '../../console/api/errors.js'
import type { Change } from '../../console/join/members.js'
import type { Msg, NodeId } from '../../runtime/actor.js'
import { render } from '../../runtime/text/index.js'
import { clusterOf } from './checkers/state-machine.js'
import type { Machine } from './machine.js'

const triesMax = 20
const againMs = 50
/** As the console waits for an answer: longer than the log does. */
const answerMsMax = 6_000

/** How a command ended: done, or not, with the key and the sentence that the operator reads. */
export type Ended = { readonly done: true } | { readonly done: false; readonly key: string; readonly words: string }

interface CommandWorld {
  readonly shows: ((machine: Machine, msg: Msg) => void)[]
  after(ms: number, run: () => void): unknown
}

/** Who takes part, as this machine's quorum says. */
export const presenceOn = (m: Machine): { present(): readonly NodeId[] } => ({
  present: () => (m.stateOf('quorum') as QuorumState | undefined)?.said?.present ?? [],
})

const failed = (key: string, words: string): Ended => ({ done: false, key, words })
const gone = failed('gone', 'the node where the command was given is away')

export class Commands {
  readonly #world: CommandWorld
  readonly #waiting = new Map<string, (answer: Proposed) => void>()
  #count = 0

  constructor(world: CommandWorld) {
    this.#world = world
    world.shows.push((_, msg) => {
      if (msg.type === 'proposed') this.#waiting.get((msg as Proposed).id)?.(msg as Proposed)
    })
  }

  /** Proposes what `next` makes of the state until there is nothing left to propose. */
  give(on: Machine, next: Change, ended: (how: Ended, state?: ClusterState) => void): void {
    const { host } = on
    let tries = 0
    const attempt = (): void => {
      const state = on.host === host ? clusterOf(on) : undefined
      if (!state) return ended(gone)
      if (++tries > triesMax) return ended(failed('cli.members-busy', render('en', 'cli.members-busy', { tries: triesMax })))
      const step = next(state)
      if ('finished' in step) return ended({ done: true }, state)
      if ('no' in step) {
        const { no } = step
        if ('because' in no) return ended(failed(no.because.key, render('en', no.because.key, no.because.args)))
        return ended(failed(no.code, errorView(no.code, no.args).message.en))
      }
      this.#propose(on, { entry: step.entry, ifIndex: state.index }, (answer) => {
        if (answer?.ok || answer?.refused === 'stale-revision') return void this.#world.after(answer.ok ? 0 : againMs, attempt)
        ended(failed(answer?.refused ?? 'unknown', answer?.because ? render('en', answer.because.key, answer.because.args) : 'no answer'))
      })
    }
    attempt()
  }

  #propose(on: Machine, what: object, answered: (answer: Proposed | undefined) => void): void {
    const id = `member-${++this.#count}`
    const end = (answer: Proposed | undefined): void => {
      if (this.#waiting.delete(id)) answered(answer)
    }
    this.#waiting.set(id, end)
    this.#world.after(0, () => on.deliver('log', { path: 'console' }, { type: 'propose', id, ...what } as unknown as Msg))
    this.#world.after(answerMsMax, () => end(undefined))
  }
}
