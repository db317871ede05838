/**
 * What a proposal must look like before the state machine sees it: the fields of each entry type, by kind. Whether it is allowed is for apply.ts
 * to say; whether a configuration makes sense is for runtime/config. A proposal that fails here is refused, so nothing stored can surprise apply.
 */
import type { Entry } from './messages.js'

type Check = (value: unknown) => boolean
type Fields = Readonly<Record<string, Check>>

const text: Check = (v) => typeof v === 'string' && v.length > 0
const words: Check = (v) => typeof v === 'string'
const whole: Check = (v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0
const oneOf =
  (...list: readonly string[]): Check =>
  (v) =>
    list.includes(v as string)
const optional =
  (check: Check): Check =>
  (v) =>
    v === undefined || check(v)
const listOf =
  (check: Check): Check =>
  (v) =>
    Array.isArray(v) && v.every(check)
const record =
  (fields: Fields): Check =>
  (v) =>
    typeof v === 'object' && v !== null && Object.entries(fields).every(([name, check]) => check((v as Record<string, unknown>)[name]))

const because = record({ do: text, key: text, args: record({}), severity: text })
const life: Fields = { node: text, boot: text }
const links = listOf(record({ address: text, port: whole }))
const members = listOf(record({ node: text, name: text, votes: whole, links }))
const certificate = record({ ...life, how: oneOf('device', 'operator'), by: words, intent: whole, detail: words })
const release = record({ ...life, resource: text, token: whole, how: oneOf('stopped', 'reboot-probe'), op: text })
const grant = record({ ...life, resource: text })
const named = listOf(record({ name: text }))
const doc = record({ apiVersion: text, name: words, properties: record({}), nodes: record({}), resources: named, groups: named })

const shapes: Readonly<Record<Entry['type'], Fields>> = {
  noop: {},
  members: {
    members,
    epoch: whole,
    solo: optional(listOf(text)),
    certificate: optional(certificate),
    tieBreak: optional(text),
    witness: optional(text),
    because,
  },
  version: { clusterVersion: whole },
  config: { doc, by: words, because },
  admit: life,
  leave: life,
  'fence-intent': { ...life, because },
  decision: { certificates: listOf(certificate), releases: listOf(release), grants: listOf(grant), because },
  intent: { id: text, kind: oneOf('move', 'ban'), resource: text, node: text, forMs: whole, by: words },
  'intent-end': { id: text, because },
  cleanup: { resource: text, node: optional(text), by: words },
  'operator-ack': { ...life, by: text },
  leased: { ...life, leaseMs: whole, watchdogMs: whole, armed: (v) => typeof v === 'boolean' },
}

/** The type names an entry that this version knows. */
export const isKnown = (type: unknown): type is Entry['type'] => typeof type === 'string' && Object.hasOwn(shapes, type)

/** The first field of `entry` that is missing or of the wrong kind; `type` if that is not known; undefined if all is well. */
export function misshapen(entry: unknown): string | undefined {
  const of = entry as Record<string, unknown> | null | undefined
  if (typeof of !== 'object' || of === null || !isKnown(of['type'])) return 'type'
  return Object.entries(shapes[of['type']]).find(([name, check]) => !check(of[name]))?.[0]
}
