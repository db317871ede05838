/**
 * Readers for nodes of a source tree. Each gives the value, or tells its problem and gives undefined, so that one pass finds all problems.
 * A Reader collects them (at most 50, then it says that there are more).
 */
import type { TextKey } from '../text/index.js'
import type { Args } from '../verdict.js'
import { PROBLEMS_MAX, type Problem, problem } from './problem.js'
import type { ListAt, MapAt, NodeAt } from './source.js'
import { parseBoolean, parseDuration, parseScore, printDuration } from './values.js'

/** Names of resources, groups, nodes, devices, constraints; keys of parameters and attributes. */
const inherited = Object.getOwnPropertyNames(Object.prototype).join('|') // `__proto__`, `constructor` ...: never keys of a record
export const NAME = new RegExp(`^(?!(?:${inherited})$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$`)
export const PARAM = new RegExp(`^(?!(?:${inherited})$)[A-Za-z_][A-Za-z0-9_.-]{0,62}$`)
/** Of a node as a rule names it: `#uname`, `#health-disk`, `rack`. */
export const ATTRIBUTE = new RegExp(`^(?!(?:${inherited})$)#?[A-Za-z_][A-Za-z0-9_.-]{0,62}$`)
/** What an operator may give a node: of the names with #, those of health only. */
export const NODE_ATTRIBUTE = new RegExp(`${PARAM.source}|^#health(?:[A-Za-z0-9_.-]{0,56})$`)

/** Nothing is in it: an empty value, list or map. */
export const isEmpty = (node: NodeAt): boolean =>
  node.kind === 'scalar' ? node.value === null : node.kind === 'list' ? node.items.length === 0 : node.entries.size === 0

export class Reader {
  readonly problems: Problem[] = []
  readonly warnings: Problem[] = []
  private dropped = 0

  /** `problemsMax`: so many are told. */
  constructor(private readonly problemsMax: number = PROBLEMS_MAX) {}

  refuse(node: { readonly line: number; readonly path: string }, key: TextKey, args: Args = {}): undefined {
    if (this.problems.length < this.problemsMax) this.problems.push(problem(node.line, node.path, key, args))
    else this.dropped++
    return undefined
  }
  /** True once nobody reads on: the search for a near word is not worth its time any more. */
  get full(): boolean {
    return this.problems.length >= this.problemsMax
  }
  warn(node: { readonly line: number; readonly path: string }, key: TextKey, args: Args = {}): void {
    if (this.warnings.length < PROBLEMS_MAX) this.warnings.push(problem(node.line, node.path, key, args, 'warning'))
  }
  /** All problems by line; a last one says how many more there are. */
  all(): readonly Problem[] {
    const sorted = [...this.problems].sort((a, b) => a.line - b.line)
    return this.dropped > 0 ? [...sorted, problem(1, '', 'config.more', { count: this.dropped })] : sorted
  }

  map(node: NodeAt | undefined): MapAt | undefined {
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined
    return node.kind === 'map' ? node : this.refuse(node, 'config.want-map', { path: node.path || 'the document', got: kindOf(node) })
  }
  list(node: NodeAt | undefined, limit: number): ListAt['items'] {
    if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
    if (node.kind !== 'list') return this.refuse(node, 'config.want-list', { path: node.path, got: kindOf(node) }) ?? []
    if (node.items.length > limit) return this.refuse(node, 'config.too-many', { path: node.path, count: node.items.length, limit }) ?? []
    return node.items
  }
  /** A map whose keys are all in `known`; others are refused, with the nearest known one. */
  fields<K extends string>(
    node: NodeAt | undefined,
    known: readonly K[],
  ): { readonly at: MapAt | undefined; get(key: K): NodeAt | undefined } {
    const at = this.map(node)
    for (const [key, value] of at?.entries ?? []) {
      if (known.includes(key as K)) continue
      const near = this.full ? undefined : nearest(key, known)
      if (near) this.refuse(value, 'config.unknown-key-near', { key, near })
      else this.refuse(value, 'config.unknown-key', { key, known: known.join(', ') })
    }
    return { at, get: (key) => at?.entries.get(key) }
  }
  /** A map of free keys to texts, e.g. agent parameters. Values keep their spelling. */
  texts(node: NodeAt | undefined, keyPattern: RegExp, limit: number): Record<string, string> {
    const out: Record<string, string> = {}
    const entries = [...(this.map(node)?.entries ?? [])]
    if (node && entries.length > limit) this.refuse(node, 'config.too-many', { path: node.path, count: entries.length, limit })
    for (const [key, value] of entries.slice(0, limit)) {
      if (!keyPattern.test(key)) this.refuse(value, 'config.bad-name', { name: key })
      else out[key] = this.text(value) ?? ''
    }
    return out
  }

  text(node: NodeAt | undefined, charsMax = 4096): string | undefined {
    if (node === undefined) return undefined
    if (node.kind !== 'scalar' || node.value === null) return this.refuse(node, 'config.want-text', { path: node.path, got: kindOf(node) })
    if (node.text.length > charsMax)
      return this.refuse(node, 'config.too-long', { path: node.path, count: node.text.length, limit: charsMax })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(node.text)) return this.refuse(node, 'config.control-character', { path: node.path })
    return node.text
  }
  matching(node: NodeAt | undefined, pattern: RegExp, key: TextKey): string | undefined {
    const text = this.text(node, 255)
    if (text === undefined || node === undefined) return undefined
    return pattern.test(text) ? text : this.refuse(node, key, { name: text })
  }
  boolean(node: NodeAt | undefined): boolean | undefined {
    return this.value(node, parseBoolean, 'config.want-boolean')
  }
  score(node: NodeAt | undefined): number | undefined {
    return this.value(node, parseScore, 'config.want-score')
  }
  duration(node: NodeAt | undefined, minMs: number, maxMs: number): number | undefined {
    const ms = this.value(node, parseDuration, 'config.want-duration')
    if (ms === undefined || node === undefined || (ms >= minMs && ms <= maxMs)) return ms
    return this.refuse(node, 'config.out-of-range', {
      path: node.path,
      value: printDuration(ms),
      min: printDuration(minMs),
      max: printDuration(maxMs),
    })
  }
  integer(node: NodeAt | undefined, min: number, max: number): number | undefined {
    const n = this.value(node, (text) => (/^[+-]?\d{1,15}$/.test(text) ? Number(text) || 0 : undefined), 'config.want-integer')
    if (n === undefined || node === undefined || (n >= min && n <= max)) return n
    return this.refuse(node, 'config.out-of-range', { path: node.path, value: n, min, max })
  }
  oneOf<T extends string>(node: NodeAt | undefined, values: readonly T[]): T | undefined {
    const text = this.text(node)
    if (text === undefined || node === undefined) return undefined
    return (
      values.find((value) => value === text) ??
      this.refuse(node, 'config.want-one-of', { path: node.path, value: text, values: values.join(', ') })
    )
  }

  private value<T>(node: NodeAt | undefined, parse: (text: string) => T | undefined, key: TextKey): T | undefined {
    const text = this.text(node)
    if (text === undefined || node === undefined) return undefined
    const value = parse(text)
    return value === undefined ? this.refuse(node, key, { path: node.path, value: text }) : value
  }
}

const kindOf = (node: NodeAt): string =>
  node.kind === 'scalar' && node.value === null ? 'nothing' : node.kind === 'scalar' ? 'value' : node.kind

/** The known word that was most likely meant; none if nothing is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const flat = (s: string): string => s.toLowerCase().replace(/[-_ ]/g, '')
  const rated = known.map((name) => ({ name, far: distance(flat(word), flat(name)) })).sort((a, b) => a.far - b.far)
  const best = rated[0]
  return best && best.far <= Math.max(1, Math.floor(Math.min(word.length, best.name.length) / 3)) ? best.name : undefined
}

/** Levenshtein's edit distance over the first 40 characters. */
function distance(a: string, b: string): number {
  const right = b.slice(0, 40)
  let row = Array.from({ length: right.length + 1 }, (_, i) => i)
  for (const [i, char] of [...a.slice(0, 40)].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= right.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (char === right[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
