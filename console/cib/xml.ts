/**
 * XML text to a tree of elements, and nothing more. Hostile text is refused with a sentence: no document type, no entities of its own, at most
 * `limits.bytes` bytes, `limits.depth` levels and `limits.elements` elements. Text between elements has no meaning in a CIB and is left out.
 */
import { SaxesParser } from 'saxes'
import { type Verdict, verdict } from '../../runtime/verdict.js'

export interface Element {
  readonly name: string
  readonly at: Readonly<Record<string, string>>
  readonly children: Element[]
}

export const limits = { bytes: 64 << 20, depth: 64, elements: 2_000_000 }

class Refused extends Error {
  constructor(readonly because: Verdict) {
    super(because.key)
  }
}
const refuse = (because: Verdict): never => {
  throw new Refused(because)
}

/** The root element, or why there is none. */
export function parseXml(text: string): { readonly root: Element } | { readonly refused: Verdict } {
  if (text.length > limits.bytes)
    return { refused: verdict('refuse', 'cib.too-large', { mib: Math.ceil(text.length / 2 ** 20), mibMax: limits.bytes / 2 ** 20 }) }
  const parser = new SaxesParser({ position: true })
  const open: Element[] = []
  let root: Element | undefined
  let count = 0
  parser.on('doctype', () => refuse(verdict('refuse', 'cib.doctype', { line: parser.line })))
  parser.on('error', (e) => refuse(verdict('refuse', 'cib.not-xml', { line: parser.line, what: e.message })))
  parser.on('opentag', (tag) => {
    if (open.length >= limits.depth) refuse(verdict('refuse', 'cib.too-deep', { line: parser.line, levels: limits.depth }))
    if (++count > limits.elements) refuse(verdict('refuse', 'cib.too-many', { elements: limits.elements }))
    const element: Element = { name: tag.name, at: tag.attributes as Record<string, string>, children: [] }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  try {
    parser.write(text).close()
  } catch (e) {
    if (e instanceof Refused) return { refused: e.because }
    throw e
  }
  return root ? { root } : { refused: verdict('refuse', 'cib.not-xml', { line: 1, what: 'no element' }) }
}

export const all = (e: Element | undefined, ...names: readonly string[]): Element[] =>
  e ? e.children.filter((c) => names.includes(c.name)) : []
export const one = (e: Element | undefined, ...names: readonly string[]): Element | undefined =>
  e?.children.find((c) => names.includes(c.name))
/** `{[key]: value}` where there is a value: an optional property that is absent, not undefined. */
export const maybe = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }
