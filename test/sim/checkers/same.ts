/** Comparing and searching large values that share most of their parts with those of before: what was once looked at is not looked at again. */

/** Deep equality of plain values; a member that is undefined is the same as none. */
export class Same {
  readonly #known = new WeakMap<object, object>()

  equal(a: unknown, b: unknown): boolean {
    if (a === b) return true
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
    if (this.#known.get(a) === b) return true
    const same = Array.isArray(a) ? Array.isArray(b) && this.#lists(a, b) : !Array.isArray(b) && this.#members(a as Plain, b as Plain)
    if (same) this.#known.set(a, b)
    return same
  }

  #lists(a: readonly unknown[], b: readonly unknown[]): boolean {
    return a.length === b.length && a.every((item, i) => this.equal(item, b[i]))
  }

  #members(a: Plain, b: Plain): boolean {
    for (const key of Object.keys(a)) if (!this.equal(a[key], b[key])) return false
    for (const key of Object.keys(b)) if (b[key] !== undefined && a[key] === undefined) return false
    return true
  }
}
type Plain = Readonly<Record<string, unknown>>

/** So many parts or fewer are looked at again sooner than they are remembered. */
const partsMin = 4

/** Whether `word` is in some text of a value. */
export class Mentions {
  readonly #clean = new WeakSet<object>()

  constructor(private readonly word: string) {}

  in(value: unknown): boolean {
    if (typeof value === 'string') return value.includes(this.word)
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || this.#clean.has(value)) return false
    return Array.isArray(value) ? this.#inList(value) : this.#inMembers(value as Plain)
  }

  #inList(list: readonly unknown[]): boolean {
    for (const item of list) if (this.in(item)) return true
    if (list.length > partsMin) this.#clean.add(list)
    return false
  }

  #inMembers(value: Plain): boolean {
    let parts = 0
    for (const key in value) {
      const member = value[key]
      if (key.includes(this.word) || this.in(member)) return true
      if (typeof member === 'object') parts++
    }
    if (parts > partsMin) this.#clean.add(value)
    return false
  }
}
