/** A tree of elements as XML text. Whatever stands in an attribute is read back as the same text; what XML cannot hold at all is left out. */
import type { Element } from './xml.js'

/** Signs that no XML 1.0 document may hold, not even as a reference. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to leave out
const impossible = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Tabs and line ends as references: as they are, a reader would make blanks of them. */
export const escaped = (value: string): string =>
  value.replace(impossible, '').replace(/[&<>"'\t\n\r\x7f-\x9f\u2028]/g, (c) => named[c] ?? `&#${c.charCodeAt(0)};`)
const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

export function writeXml(root: Element): string {
  const lines: string[] = ['<?xml version="1.0" encoding="UTF-8"?>']
  const write = (e: Element, indent: string): void => {
    const at = Object.entries(e.at).map(([k, v]) => ` ${k}="${escaped(v)}"`)
    const open = `${indent}<${e.name}${at.join('')}`
    if (e.children.length === 0) return void lines.push(`${open}/>`)
    lines.push(`${open}>`)
    for (const child of e.children) write(child, `${indent}  `)
    lines.push(`${indent}</${e.name}>`)
  }
  write(root, '')
  return `${lines.join('\n')}\n`
}

/** An element; attributes that are undefined are not there. */
export const element = (
  name: string,
  at: Readonly<Record<string, string | number | boolean | undefined>>,
  children: readonly Element[] = [],
): Element => ({
  name,
  at: Object.fromEntries(Object.entries(at).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]]))),
  children: [...children],
})
