/**
 * A sliding window over sequence numbers (as RFC 4302 appendix B has it), 1,024 wide: each number is taken once, in any order, as long
 * as it is not more than 1,023 behind the highest one taken. Constant memory, nothing allocated after construction.
 */
export const windowSize = 1024
const words = windowSize / 32

export interface ReplayWindow {
  /** Highest number taken, 0 = none. */
  readonly highest: number
  /** True, once, for a number that was not taken before and is not too old. */
  take(seq: number): boolean
}

export function replayWindow(): ReplayWindow {
  const seen = new Uint32Array(words)
  let highest = 0
  return {
    get highest() {
      return highest
    },
    take(seq) {
      if (seq < 1 || seq <= highest - windowSize) return false
      const at = word(seq)
      if (seq > highest) {
        clear(seen, highest, seq)
        highest = seq
      } else if (((seen[at] ?? 0) & bit(seq)) !== 0) return false
      seen[at] = (seen[at] ?? 0) | bit(seq)
      return true
    },
  }
}

const word = (seq: number): number => Math.floor(seq / 32) % words
const bit = (seq: number): number => (1 << (seq % 32)) >>> 0

/** Forgets what the ring still holds in the places of from+1 .. to. */
function clear(seen: Uint32Array, from: number, to: number): void {
  if (to - from >= windowSize) {
    seen.fill(0)
    return
  }
  for (let seq = from + 1; seq <= to; seq++) {
    const at = word(seq)
    seen[at] = (seen[at] ?? 0) & ~bit(seq)
  }
}
