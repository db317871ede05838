/** What changes between two documents, as an operator would say it: the words of the printed form, parts found by name, not by position. */
import type { ConfigDoc } from './document.js'
import { type Plain, plainDoc } from './print.js'

export interface Change {
  /** `resources.vip.meta.priority`; a whole part (`resources.vip`) when it appears or goes. */
  readonly path: string
  /** Printed value, `default` where none is written; absent: it was not there. */
  readonly from?: string
  readonly to?: string
}

/** In document order; empty if nothing changes. */
export function diffDocs(a: ConfigDoc, b: ConfigDoc): readonly Change[] {
  return differ('', keyed(a), keyed(b))
}

/** Lists become maps by name or id, so that a part that moved is the same part. */
function keyed(doc: ConfigDoc): Plain {
  const plain = plainDoc(doc)
  const ids = { location: doc.locations, colocation: doc.colocations, order: doc.orders }
  const byKey = (list: unknown, keys: readonly string[]): Plain =>
    Object.fromEntries(((list ?? []) as readonly Plain[]).map(({ id: _id, name: _name, ...rest }, i) => [keys[i] ?? String(i), rest]))
  const names = (list: readonly { readonly name: string }[]): readonly string[] => list.map((one) => one.name)
  return {
    ...plain,
    resources: byKey(plain['resources'], names(doc.resources)),
    groups: byKey(plain['groups'], names(doc.groups)),
    clones: byKey(plain['clones'], names(doc.clones ?? [])),
    pools: byKey(plain['pools'], names(doc.pools ?? [])),
    fencing: byKey(plain['fencing'], names(doc.fencing)),
    ...Object.fromEntries(
      Object.entries(ids).map(([key, list]) => [
        key,
        byKey(
          plain[key],
          list.map((one) => one.id),
        ),
      ]),
    ),
  }
}

const PARTS = new Set(['nodes', 'resources', 'groups', 'clones', 'pools', 'location', 'colocation', 'order', 'fencing'])

function differ(path: string, a: unknown, b: unknown): Change[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return []
  const part = PARTS.has(path.split('.')[0] ?? '')
  const whole = part && path.split('.').length === 2 && (a === undefined || b === undefined)
  if (!whole && (isMap(a) || isMap(b)) && (a === undefined || isMap(a)) && (b === undefined || isMap(b))) {
    const [left, right] = [a ?? {}, b ?? {}] as [Plain, Plain]
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
    const inner = keys.flatMap((key) => differ(path ? `${path}.${key}` : key, left[key], right[key]))
    if (inner.length > 0) return inner
    return [{ path, from: `order ${Object.keys(left).join(', ')}`, to: `order ${Object.keys(right).join(', ')}` }]
  }
  const missing = whole ? undefined : 'default'
  const from = a === undefined ? missing : show(a)
  const to = b === undefined ? missing : show(b)
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }]
}

const isMap = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)

/** On one line, as flow YAML without needless quotes. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (isMap(value))
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}: ${show(inner)}`)
      .join(', ')}}`
  return String(value)
}
