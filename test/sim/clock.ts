/**
 * A machine's boot clock over the world's time: it runs at a rate of its own (F44, F45), stands still while the machine is suspended (F46), and
 * no two machines' clocks ever show the same, so that nothing can compare times of two machines without being found out.
 */
import type { Scheduled } from './heap.js'

export interface Time {
  nowMs(): number
  after(ms: number, run: () => void): Scheduled
  again(event: Scheduled, ms: number): Scheduled
}

/** Keeps a deadline from coming a rounding error too early. */
const slackMs = 1e-6

export class SimClock implements Time {
  #rate = 1
  #ownMs: number
  #sinceMs: number

  constructor(
    private readonly world: Time,
    startMs: number,
  ) {
    this.#ownMs = startMs
    this.#sinceMs = world.nowMs()
  }

  nowMs(): number {
    return this.#ownMs + (this.world.nowMs() - this.#sinceMs) * this.#rate
  }
  /** By the rate of now; who must not be early looks at the clock again. */
  after(ms: number, run: () => void): Scheduled {
    return this.world.after(ms / (this.#rate || 1) + slackMs, run)
  }
  again(event: Scheduled, ms: number): Scheduled {
    return this.world.again(event, ms / (this.#rate || 1) + slackMs)
  }
  /** Since the machine's start, suspends counted. */
  get bootMs(): number {
    return this.nowMs() + this.#suspendedMs + (this.#rate === 0 ? this.world.nowMs() - this.#sinceMs : 0)
  }
  #suspendedMs = 0

  /** 1 = as the world's; 0 = it stands. */
  set rate(rate: number) {
    this.#ownMs = this.nowMs()
    if (this.#rate === 0) this.#suspendedMs += this.world.nowMs() - this.#sinceMs
    this.#sinceMs = this.world.nowMs()
    this.#rate = rate
  }
  get rate(): number {
    return this.#rate
  }
}

/** Simulated histories begin on 2027-01-15 at 08:00 UTC; every machine's calendar is right. */
export const utcOf = (nowMs: number): number => 1_800_000_000 + Math.floor(nowMs / 1000)
