/** An engine's answer beside the oracle's, as unordered multisets: L0 initial state, L1 final placement, L2 actions, L3 executed operations. */
export interface PlaceRow {
  readonly resource: string
  readonly node: string | null
  readonly role: string
}
export interface ActionRow {
  readonly action: string
  readonly op?: string
  readonly resource?: string
  readonly node?: string
  readonly from?: string | null
  readonly to?: string | null
  readonly role?: string
  readonly next_role?: string
  readonly blocked?: boolean
}
export interface ExecutedRow {
  readonly op: string
  readonly resource?: string
  readonly node?: string
  readonly interval?: number
  readonly pseudo?: boolean
}
export interface Answers {
  readonly initial: readonly PlaceRow[]
  readonly final: readonly PlaceRow[]
  readonly actions: readonly ActionRow[]
  readonly executed: readonly ExecutedRow[]
}
export type Answer = Answers | { readonly error: string }
export interface OracleCase {
  readonly name: string
  readonly group: string
  readonly tier?: number
  readonly now?: Readonly<Record<string, string>>
  readonly expected: Answers
}
export const levels = ['L0', 'L1', 'L2', 'L3'] as const
export type Level = (typeof levels)[number]
export type Verdicts = Readonly<Record<Level, { readonly ok: boolean; readonly diff: readonly string[] }>>

export function compare(oracle: OracleCase, answer: Answer): Verdicts {
  const { expected } = oracle
  if ('error' in answer) {
    const bad = { ok: false, diff: [answer.error] }
    return { L0: bad, L1: bad, L2: bad, L3: bad }
  }
  const known = new Set([...expected.initial, ...expected.final].map((r) => r.resource))
  const base = (id: string | undefined): string | undefined => {
    if (id === undefined || known.has(id)) return id
    const bare = id.replace(/:\d+$/, '')
    return known.has(bare) ? bare : id
  }
  const place = (rows: readonly PlaceRow[]): string[] => rows.flatMap((r) => (r.node ? [`${base(r.resource)} ${r.role} on ${r.node}`] : []))
  const action = (rows: readonly ActionRow[]): string[] =>
    rows.map((a) =>
      [
        a.action,
        a.op,
        base(a.resource),
        a.node,
        `${a.from ?? '-'} -> ${a.to ?? '-'}`,
        a.next_role ?? a.role,
        a.blocked ? 'BLOCKED' : undefined,
      ]
        .filter((x) => x !== undefined && x !== '')
        .join(' '),
    )
  /** The recorded answers do not say whose fail count is cleared. */
  const named = (r: ExecutedRow): string => (r.op === 'clear_failcount' ? '' : (base(r.resource) ?? ''))
  const executed = (rows: readonly ExecutedRow[]): string[] =>
    rows.flatMap((r) => (r.pseudo ? [] : [`${r.op} ${named(r)} ${r.node ?? ''} ${r.interval ?? 0}`]))
  return {
    L0: differ(place(expected.initial), place(answer.initial)),
    L1: differ(place(expected.final), place(answer.final)),
    L2: differ(action(expected.actions), action(answer.actions)),
    L3: differ(executed(expected.executed), executed(answer.executed)),
  }
}

/** `- x`: the oracle has it and the engine does not; `+ x`: the other way round. */
function differ(want: readonly string[], have: readonly string[]): { ok: boolean; diff: string[] } {
  const count = new Map<string, number>()
  for (const x of want) count.set(x, (count.get(x) ?? 0) + 1)
  for (const x of have) count.set(x, (count.get(x) ?? 0) - 1)
  const diff = [...count].flatMap(([x, n]) =>
    n === 0 ? [] : [`${n > 0 ? '-' : '+'} ${x}${Math.abs(n) > 1 ? ` (${Math.abs(n)} times)` : ''}`],
  )
  return { ok: diff.length === 0, diff: diff.sort() }
}
