/**
 * In how many ways a search for a regular expression can be tried, by its form: what could take for ever on one name is known before it is searched
 * for. Pure; used for configurations (pattern.ts) and by the placement engine for a CIB.
 */

/** More ways than this on the worst name of 63 characters are too many: some 150 ms. */
export const waysMax = 1_000_000

/** Why a valid expression is not searched for; undefined = it may be. */
export function tooCostly(text: string): 'nested' | 'ways' | undefined {
  const search = new Search(text)
  if (search.nested) return 'nested'
  return search.ways > waysMax ? 'ways' : undefined
}

/** A name has at most 63 characters: in so many ways one repetition can end, or the search begin. */
const CHARS = 64
/** In how many ways a part can be tried, and how many repetitions stand one after the other in it. */
interface Part {
  readonly ways: number
  readonly repeats: number
}

/** Walks a valid expression once and says in how many ways a search for it can be tried on the worst name. */
class Search {
  /** A group with a choice in it (a repetition, alternatives, something that may be absent) is repeated: its ways have no bound. */
  nested = false
  readonly ways: number
  private i = 0
  private depth = 0
  /** There are alternatives outside of all groups: `^` stands before the first one only. */
  private isSplit = false

  constructor(private readonly text: string) {
    const { ways, repeats } = this.alternatives()
    const anchored = text.startsWith('^') && !this.isSplit ? 0 : 1
    let all = ways * CHARS ** anchored
    for (let n = 2; n <= repeats + anchored; n++) all /= n // they share the characters of one name
    this.ways = all
  }

  private alternatives(): Part {
    let { ways, repeats } = this.sequence()
    while (this.text[this.i] === '|') {
      if (this.depth === 0) this.isSplit = true
      this.i++
      const other = this.sequence()
      ways += other.ways
      repeats = Math.max(repeats, other.repeats)
    }
    return { ways, repeats }
  }

  private sequence(): Part {
    let [ways, repeats] = [1, 0]
    while (this.i < this.text.length && this.text[this.i] !== '|' && this.text[this.i] !== ')') {
      const part = this.repeated(this.atom())
      ways *= part.ways
      repeats += part.repeats
    }
    return { ways, repeats }
  }

  private atom(): Part {
    const char = this.text[this.i++]
    if (char === '\\') this.i++
    else if (char === '[') {
      while (this.i < this.text.length && this.text[this.i] !== ']') this.i += this.text[this.i] === '\\' ? 2 : 1
      this.i++
    } else if (char === '(') {
      if (this.text[this.i] === '?') this.i += 2 // (?: (?= (?! (?<
      this.depth++
      const inner = this.alternatives()
      this.depth--
      this.i++
      return inner
    }
    return { ways: 1, repeats: 0 }
  }

  /** The part with what stands behind it: * + ? {2} {2,} {2,5}, each perhaps with a ? for "as little as possible". */
  private repeated(part: Part): Part {
    const found = /^(?:([*+])|(\?)|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.text.slice(this.i))
    if (!found) return part
    this.i += found[0].length
    if (found[2]) return { ways: part.ways + 1, repeats: part.repeats }
    if (part.ways > 1) this.nested = true
    const [from, to] = [Number(found[3] ?? 0), found[5] ? Number(found[5]) : CHARS]
    const ends = found[3] !== undefined && found[4] === undefined ? 1 : Math.min(CHARS, Math.max(1, to - from + 1))
    return ends === 1 ? part : { ways: part.ways * ends, repeats: part.repeats + 1 }
  }
}
