/**
 * kyhad's sign of life, given by the beat thread: a byte to the guard in the very wake-up in which beats leave. It says that this thread moves, that
 * main moves (main ends what stands still, and carries all messages), and that beats really leave. 100 ms without it: the guard beats for kyhad; 1 s:
 * the guard starts kyhad anew. A pipe that is full is as good as one that is not: then the guard does not read.
 */
import { writeSync } from 'node:fs'
import type { Instant } from '../actor.js'
import { Cell } from './channel.js'

/** How long main may stand still before that is kyhad's stall: two of its rounds and a half. */
export const mainFreshMs = 500
/** A beat thread that is up beats when its log has told it the members. Beyond this it is believed without: the guard would give up on kyhad at 1 s. */
export const silentStartMs = 600

export class SignOfLife {
  #main: number
  #mainMs: Instant
  /** From then on beats leave; until then the guard's stand-in beats must go on. */
  #fromMs: number

  constructor(
    private readonly shared: Int32Array,
    now: Instant,
    private readonly write: () => void,
  ) {
    this.#main = Atomics.load(shared, Cell.main)
    this.#mainMs = now
    this.#fromMs = now + silentStartMs
  }

  /** The first beat left, or nobody is there to beat to. */
  beating(now: Instant): void {
    this.#fromMs = Math.min(this.#fromMs, now)
  }

  /** With every beat of the thread's own liveness. */
  tick(now: Instant): void {
    const main = Atomics.load(this.shared, Cell.main)
    if (main !== this.#main) {
      this.#main = main
      this.#mainMs = now
    }
    if (now >= this.#fromMs && now - this.#mainMs <= mainFreshMs) this.write()
  }
}

const byte = new Uint8Array(1)
/** Writes to descriptor KYHA_ALIVE_FD; nothing where no guard gave one. */
export function aliveWriter(fd = Number(process.env['KYHA_ALIVE_FD'] ?? Number.NaN)): () => void {
  if (!Number.isInteger(fd)) return () => undefined
  return () => {
    try {
      writeSync(fd, byte)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN' && code !== 'EPIPE') throw error // EPIPE: the guard ended; main is told by its socket
    }
  }
}
