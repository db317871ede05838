/** A CIB's parts imported, and what was said about them. */
import { importCib } from '../../../console/cib/import/import.js'
import { noteText } from '../../../console/cib/import/notes.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { type Plain, plainDoc, printDoc } from '../../../runtime/config/print.js'
import { cib, type Setting } from '../engine/help.js'

export interface Got {
  readonly doc: Plain
  /** `left primitive x cib.agent-class`, in order. */
  readonly notes: readonly string[]
  readonly texts: readonly string[]
}

/** Imports, and holds what holds of every import: the YAML reads back as itself, and each sentence is whole in both languages. */
export function importText(xml: string, name = 'shop'): Got {
  const got = importCib(xml, name)
  if ('refused' in got) throw new Error(got.refused.key)
  const parsed = parseConfig(got.yaml)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  if (printDoc(parsed.doc) !== got.yaml) throw new Error('not canonical')
  const texts = got.notes.map((n) => noteText('en', n))
  for (const text of [...texts, ...got.notes.map((n) => noteText('zh', n))])
    if (/\{(?!safety|NODE|节点)\w+\}/.test(text) || /[:：]$/.test(text)) throw new Error(`not whole: ${text}`)
  // Ids of the small CIBs here are not minded.
  const said = got.notes.filter((n) => n.why !== 'cib.duplicate-id')
  return {
    doc: plainDoc(parsed.doc),
    notes: said.map((n) => [n.kind, n.element, n.id, n.what, n.why].filter((w) => w !== '').join(' ')),
    texts,
  }
}
export const imported = (s: Setting): Got => importText(cib(s))
