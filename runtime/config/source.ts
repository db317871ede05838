/**
 * Text of an operator (YAML 1.2, of which JSON is a part) to a tree that knows its lines. Bounded: 1 MiB, depth 24, 50,000 nodes
 * counted after aliases are followed, so that neither a bomb of aliases nor a deep nest gets anywhere.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, type Node as YamlNode } from 'yaml'
import type { Problem } from './problem.js'
import { problem } from './problem.js'

export const TEXT_BYTES_MAX = 1024 * 1024
const DEPTH_MAX = 24
const NODES_MAX = 50_000
const TOKENS_MAX = 6 * NODES_MAX

interface At {
  readonly line: number
  /** Where in the document, for people: `resources[2].meta`. */
  readonly path: string
}
export interface ScalarAt extends At {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As it was written, without quotes: `0640` stays `0640`. */
  readonly text: string
}
export interface MapAt extends At {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, NodeAt>
}
export interface ListAt extends At {
  readonly kind: 'list'
  readonly items: readonly NodeAt[]
}
export type NodeAt = ScalarAt | MapAt | ListAt

/** The tree, or why there is none. */
export function readSource(text: string): { readonly tree: NodeAt } | { readonly problems: readonly Problem[] } {
  const size = Buffer.byteLength(text)
  if (size > TEXT_BYTES_MAX) return { problems: [problem(1, '', 'config.too-large', { size, limit: TEXT_BYTES_MAX })] }
  const over = excess(text)
  if (over) return { problems: [over] }
  const lines = new LineCounter()
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core', uniqueKeys: false })
  if (doc.errors.length > 0) {
    return {
      problems: doc.errors.slice(0, 10).map((error) => {
        const line = lines.linePos(error.pos[0]).line
        return problem(line, '', 'config.not-yaml', { error: error.message.replace(/\s+/g, ' ').slice(0, 160) })
      }),
    }
  }
  const walk = new Walk(doc, lines)
  const tree = walk.node(doc.contents, '', 1, 0)
  return walk.problems.length > 0 ? { problems: walk.problems } : { tree }
}

/**
 * Why the text is too much for the parser, which recurses and can take the whole process with it: tokens, brackets and indentation are
 * counted before, in one pass each.
 */
function excess(text: string): Problem | undefined {
  let depth = 0
  let tokens = 0
  let scalarNext = false
  for (const token of new Lexer().lex(text)) {
    if (++tokens > TOKENS_MAX) return problem(1, '', 'config.too-many-nodes', { limit: NODES_MAX })
    if (!scalarNext && (token === '[' || token === '{')) depth++
    if (!scalarNext && (token === ']' || token === '}')) depth = Math.max(0, depth - 1)
    if (depth > DEPTH_MAX) return problem(1, '', 'config.too-deep', { limit: DEPTH_MAX })
    scalarNext = token === CST_SCALAR
  }
  const indents: number[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const lead = /^(?:[ ]|[-?:][ ])*/.exec(line)?.[0] ?? ''
    const indent = lead.length - lead.trimStart().length
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop()
    indents.push(indent)
    const marks = lead.replaceAll(' ', '').length
    if (indents.length + marks > DEPTH_MAX) return problem(i + 1, '', 'config.too-deep', { limit: DEPTH_MAX })
  }
  return undefined
}
/** The lexer's mark before a plain or quoted scalar. */
const CST_SCALAR = '\x1f'

class Walk {
  readonly problems: Problem[] = []
  private nodes = 0

  constructor(
    private readonly doc: Document,
    private readonly lines: LineCounter,
  ) {}

  node(from: unknown, path: string, lineBefore: number, depth: number): NodeAt {
    const node = from as YamlNode | null
    const line = node?.range ? this.lines.linePos(node.range[0]).line : lineBefore
    const empty: ScalarAt = { kind: 'scalar', line, path, value: null, text: '' }
    if (this.problems.length > 0) return empty
    if (++this.nodes > NODES_MAX) return this.stop(empty, problem(line, path, 'config.too-many-nodes', { limit: NODES_MAX }))
    if (depth > DEPTH_MAX) return this.stop(empty, problem(line, path, 'config.too-deep', { limit: DEPTH_MAX }))
    if (isAlias(node)) return this.node(node.resolve(this.doc), path, line, depth + 1)
    if (isMap(node)) {
      const entries = new Map<string, NodeAt>()
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : '?'
        const keyLine = isScalar(pair.key) && pair.key.range ? this.lines.linePos(pair.key.range[0]).line : line
        if (entries.has(key)) this.problems.push(problem(keyLine, path, 'config.duplicate-key', { key: key.slice(0, 80) }))
        entries.set(key, { ...this.node(pair.value, path ? `${path}.${key}` : key, keyLine, depth + 1), line: keyLine })
      }
      return { kind: 'map', line, path, entries }
    }
    if (isSeq(node))
      return { kind: 'list', line, path, items: node.items.map((item, i) => this.node(item, `${path}[${i}]`, line, depth + 1)) }
    if (!isScalar(node)) return empty
    const value = node.value
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null
    return {
      kind: 'scalar',
      line,
      path,
      value: known ? value : String(value),
      text: String(typeof value === 'string' ? value : (node.source ?? value ?? '')),
    }
  }

  private stop(empty: ScalarAt, because: Problem): ScalarAt {
    this.problems.push(because)
    return empty
  }
}
