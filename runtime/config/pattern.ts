/**
 * Regular expressions of locations. A pattern is looked for in every name, each time that a plan is made: what could take for ever on one name is
 * refused here, by its form. Never looser than the planner (actors/coordinator/engine/resolve/locations.ts).
 */
import { LIMITS } from './defaults.js'
import type { Reader } from './read.js'
import type { NodeAt } from './source.js'

export function readPattern(r: Reader, node: NodeAt | undefined): string | undefined {
  const text = r.text(node, LIMITS.patternChars)
  if (text === undefined || node === undefined) return undefined
  if (text === '') return r.refuse(node, 'config.pattern-empty')
  if (text.startsWith('!')) return r.refuse(node, 'config.pattern-negated', { pattern: text })
  try {
    new RegExp(text)
  } catch (error) {
    return r.refuse(node, 'config.pattern-syntax', { pattern: text, error: String(error).replace(/^.*: /, '') })
  }
  const { nested, count } = repetitions(text)
  const limit = LIMITS.patternRepeats
  if (nested || EXPLOSIVE.test(text)) return r.refuse(node, 'config.pattern-nested', { pattern: text })
  return count > limit ? r.refuse(node, 'config.pattern-repeats', { pattern: text, count, limit }) : text
}

/** What the planner refuses. */
const EXPLOSIVE = /\([^)]*[+*{][^)]*\)\s*[+*{]/

/**
 * Repetitions (`*`, `+`, `{`) of a valid expression, and whether one stands in a repeated group, or an alternative does, or something that may be
 * absent: each of them can try more ways than there are seconds. What refers back to a group (`\1`) counts as one more.
 */
function repetitions(text: string): { readonly nested: boolean; readonly count: number } {
  let nested = false
  let count = 0
  const open: boolean[] = [] // of each open group: there is choice in it
  let choice = false // of what stands before: a group with choice in it
  const mark = (): void => {
    if (open.length > 0) open[open.length - 1] = true
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    const closed = choice
    choice = false
    if (char === '\\') {
      i++
      if (/[1-9k]/.test(text[i] ?? '')) count++
    } else if (char === '[') i = classEnd(text, i)
    else if (char === '(') {
      open.push(false)
      if (text[i + 1] === '?') i++ // (?: (?= (?! (?<
    } else if (char === ')') {
      choice = open.pop() ?? false
      if (choice) mark()
    } else if (char === '|' || char === '?') mark()
    else if (char === '*' || char === '+' || char === '{') {
      if (closed) nested = true
      count++
      mark()
    }
  }
  return { nested, count }
}

/** Where the character class that begins at `from` ends. */
function classEnd(text: string, from: number): number {
  let i = from + 1
  while (i < text.length && text[i] !== ']') i += text[i] === '\\' ? 2 : 1
  return i
}
