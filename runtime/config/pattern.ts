/**
 * Regular expressions of locations. A pattern is looked for in every name, each time that a plan is made: what could take for ever on one name is
 * refused here, by its form (search.ts, which the planner asks as well).
 */
import { LIMITS } from './defaults.js'
import type { Reader } from './read.js'
import { tooCostly } from './search.js'
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
  const costs = tooCostly(text)
  return costs === undefined ? text : r.refuse(node, `config.pattern-${costs}`, { pattern: text })
}
