/**
 * Answers whose shape the shell need not know, as text: a list of rows is a table, an object a list of facts, everything else indented JSON.
 * New fields of a newer node simply show up.
 */
import { type Terminal, table } from '../cli/terminal.js'

const isFlat = (v: unknown): boolean => v === null || typeof v !== 'object'
const isRow = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
const cell = (v: unknown): string => (v === undefined || v === null ? '-' : isFlat(v) ? String(v) : JSON.stringify(v))

export function generic(t: Terminal, value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '(none)\n'
    if (value.every((v) => isRow(v) && Object.values(v).every(isFlat))) {
      const keys = [...new Set(value.flatMap((v) => Object.keys(v as object)))]
      const head = keys.map((k) => k.toUpperCase())
      return table(
        t,
        head,
        value.map((v) => keys.map((k) => cell((v as Record<string, unknown>)[k]))),
      )
    }
  }
  if (isRow(value) && Object.keys(value).length > 0 && Object.values(flatten(value)).every(isFlat)) {
    const facts = Object.entries(flatten(value)).map(([k, v]) => [k, cell(v)])
    return table(t, ['FACT', 'VALUE'], facts)
  }
  return isFlat(value) ? `${cell(value)}\n` : `${JSON.stringify(value, null, 1)}\n`
}

/** One level of objects inside an object becomes `outer.inner`. */
function flatten(value: Record<string, unknown>): Record<string, unknown> {
  const pairs = Object.entries(value).flatMap(([k, v]) =>
    isRow(v) ? Object.entries(v).map(([inner, x]): [string, unknown] => [`${k}.${inner}`, x]) : [[k, v] as [string, unknown]],
  )
  return Object.fromEntries(pairs)
}
