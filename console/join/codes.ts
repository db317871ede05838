/**
 * The join codes that this node has given out: in memory only, so a restart of kyhad withdraws them. Each is good once, until it expires, and
 * for one name if it was made for one. Five wrong secrets withdraw all of them, since nobody can tell which one was being guessed.
 */
import type { ClusterId } from '../../runtime/ids.js'
import type { Refusal } from '../../runtime/verdict.js'
import { type JoinCode, newSecret } from '../../runtime/wire/joincode.js'
import { refuse } from './names.js'

export const codesMax = 8
export const wrongMax = 5
export const lifeMsDefault = 30 * 60_000
export const lifeMsMax = 24 * 3_600_000

export interface Given {
  readonly code: JoinCode
  readonly endsMs: number
  /** Only a node of this name may use it. */
  readonly name: string | undefined
  readonly votes: number
}

export class Codes {
  #given: readonly Given[] = []
  #late: readonly Given[] = [] // expired lately: so that the refusal can say so
  #wrong = 0

  /** Adds a code; refused when eight are open or the life is out of bounds. */
  give(
    where: { cluster: ClusterId; fingerprint: string; address: string; port: number },
    wish: { lifeMs: number; name: string | undefined; votes: number },
    nowMs: number,
  ): Given | Refusal {
    const open = this.open(nowMs).length
    if (open >= codesMax) return refuse('too-many', 'cli.codes-full', { limit: codesMax })
    if (open === 0) this.#wrong = 0
    const endsMs = nowMs + wish.lifeMs
    const code = { ...where, fingerprint: where.fingerprint.slice(0, 32), secret: newSecret(), expiresS: Math.ceil(endsMs / 1000) }
    const given = { code, endsMs, name: wish.name, votes: wish.votes }
    this.#given = [...this.#given, given]
    return given
  }

  /** Those that are still good. */
  open(nowMs: number): readonly Given[] {
    const late = this.#given.filter((g) => g.endsMs <= nowMs)
    if (late.length > 0) {
      this.#late = [...this.#late, ...late].slice(-codesMax)
      this.#given = this.#given.filter((g) => g.endsMs > nowMs)
    }
    return this.#given
  }

  /** Takes the code whose secret `proves`; it is used up. A wrong one is counted. */
  take(proves: (secret: string) => boolean, nowMs: number): Given | Refusal {
    const given = this.open(nowMs).find((g) => proves(g.code.secret))
    if (given) {
      this.#given = this.#given.filter((g) => g !== given)
      return given
    }
    const late = this.#late.find((g) => proves(g.code.secret))
    if (late) return refuse('join-code-expired', 'wire.join-code-expired', { lateS: Math.ceil((nowMs - late.endsMs) / 1000) })
    if (++this.#wrong < wrongMax) return refuse('join-code-unknown', 'wire.join-code-unknown', {})
    this.withdraw()
    return refuse('join-code-void', 'cli.codes-void', { wrong: wrongMax })
  }

  /** Gives back a code that was taken, when the cluster could not take the node in: nothing was changed, so it may be tried again. */
  restore(given: Given): void {
    this.#given = [...this.#given, given]
  }

  withdraw(): void {
    this.#given = []
    this.#wrong = 0
  }
}
