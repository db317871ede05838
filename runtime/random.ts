/**
 * Seeded randomness: xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32 from a text.
 * `split(name)` gives an independent stream, so that adding an actor does not shift the others' numbers.
 */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A whole number in [0, below). */
  int(below: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** An independent stream, decided by this stream's seed and `name` alone. */
  split(name: string): Random
}

const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** A stream decided by `seed` alone. */
export function seeded(seed: string): Random {
  let m = hash(seed)
  const mix = (): number => {
    m = (m + 0x9e3779b9) >>> 0
    let z = m
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  let a = mix()
  let b = mix()
  let c = mix()
  let d = mix()
  const word = (): number => {
    const x = Math.imul(b, 5)
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return result
  }
  const self: Random = {
    next: () => word() / 0x1_0000_0000,
    int: (below) => Math.floor((word() / 0x1_0000_0000) * below),
    chance: (p) => word() / 0x1_0000_0000 < p,
    split: (name) => seeded(`${seed}/${name}`),
  }
  return self
}
