/**
 * A second, naive engine for small clusters: at most a few primitives with locations, stickiness, colocations and orders, all nodes up. It shares
 * no code with the engine and knows no graph; it restates the documented rules as plainly as possible, so that the two can be compared.
 */
export interface Small {
  readonly nodes: readonly string[]
  readonly resources: readonly { readonly id: string; readonly at: string | undefined; readonly stickiness: number }[]
  readonly locations: readonly { readonly rsc: string; readonly node: string; readonly score: number }[]
  readonly colocations: readonly Together[]
  readonly orders: readonly { readonly first: string; readonly next: string; readonly mandatory: boolean }[]
}
export interface Together {
  readonly rsc: string
  readonly with: string
  readonly score: number
}

const INF = 1_000_000
const plus = (a: number, b: number): number =>
  a <= -INF || b <= -INF ? -INF : a >= INF || b >= INF ? INF : Math.max(-INF, Math.min(INF, a + b))
type Table = Record<string, number>
const open = (table: Table): boolean => Object.values(table).some((s) => s >= 0)

/** Where each resource goes. */
export function placement(c: Small): Map<string, string | undefined> {
  const placed = new Map<string, string | undefined>()
  const busy = new Set<string>()
  const tables = new Map(c.resources.map((r) => [r.id, own(c, r.id)]))
  for (const r of c.resources) place(c, r.id, placed, busy, tables)
  return placed
}

function own(c: Small, id: string): Table {
  const r = c.resources.find((x) => x.id === id)
  const table: Table = Object.fromEntries(c.nodes.map((n) => [n, 0]))
  for (const l of c.locations) if (l.rsc === id) table[l.node] = plus(table[l.node] ?? 0, l.score)
  if (r?.at !== undefined) table[r.at] = plus(table[r.at] ?? 0, r.stickiness)
  return table
}

function place(c: Small, id: string, placed: Map<string, string | undefined>, busy: Set<string>, tables: Map<string, Table>): void {
  if (placed.has(id) || busy.has(id)) return
  busy.add(id)
  const ours = c.colocations.filter((k) => k.rsc === id).sort((a, b) => (a.with < b.with ? -1 : 1))
  const theirs = c.colocations.filter((k) => k.with === id).sort((a, b) => (a.rsc < b.rsc ? -1 : 1))
  for (const mandatory of [true, false]) {
    for (const k of ours) {
      if (Math.abs(k.score) >= INF !== mandatory) continue
      place(c, k.with, placed, busy, tables)
      if (placed.has(k.with)) tables.set(id, follow(tables.get(id) ?? {}, placed.get(k.with), k.score))
    }
    for (const k of theirs)
      if (Math.abs(k.score) >= INF === mandatory)
        tables.set(id, heed(c, k.rsc, tables.get(id) ?? {}, k.score / INF, tables, new Set(), true))
  }
  placed.set(id, best(c, id, tables.get(id) ?? {}, placed))
  busy.delete(id)
}

/** The dependent's view: near the primary, away from it, or nowhere; a wish that would leave no node is dropped. */
function follow(table: Table, at: string | undefined, score: number): Table {
  if (at === undefined && score < 0) return table
  const next: Table = { ...table }
  for (const n of Object.keys(next)) {
    const s = next[n] ?? 0
    if (at === undefined) next[n] = plus(s, -score)
    else if (n === at) next[n] = score < INF ? plus(s, score) : s
    else if (score >= INF) next[n] = -INF
  }
  return Math.abs(score) >= INF || open(next) ? next : table
}

/** The primary's view: what its dependents prefer, and theirs in turn. */
function heed(
  c: Small,
  source: string,
  table: Table,
  factor: number,
  tables: Map<string, Table>,
  seen: Set<string>,
  nested: boolean,
): Table {
  if (seen.has(source)) return table
  const mine = tables.get(source) ?? {}
  const may = Object.values(mine).filter((s) => s >= 0).length
  let next: Table = { ...table }
  for (const n of Object.keys(next)) {
    const s = mine[n] ?? -INF
    if (factor < 0 && s < 0 && may !== 1) continue
    let delta = Math.trunc(factor * s + (factor * s < 0 ? -0.5 : 0.5))
    if (delta === 0 && s !== 0 && factor !== 0) delta = factor > 0 ? 1 : -1
    next[n] = plus(Math.max(-INF, Math.min(INF, delta)), next[n] ?? 0)
  }
  if (!open(next)) return nested ? table : next
  const further = new Set([...seen, source])
  for (const k of c.colocations.filter((x) => x.with === source).sort((a, b) => (a.rsc < b.rsc ? -1 : 1)))
    next = heed(c, k.rsc, next, (factor * k.score) / INF, tables, further, true)
  return next
}

function best(c: Small, id: string, table: Table, placed: ReadonlyMap<string, string | undefined>): string | undefined {
  const load = (n: string): number => [...placed.values()].filter((p) => p === n).length
  const top = Math.max(...Object.values(table))
  if (top < 0) return undefined
  const at = c.resources.find((r) => r.id === id)?.at
  const equal = c.nodes.filter((n) => table[n] === top)
  if (at !== undefined && top > 0 && equal.includes(at)) return at
  const least = Math.min(...equal.map(load))
  const light = equal.filter((n) => load(n) === least)
  return at !== undefined && light.includes(at) ? at : [...light].sort()[0]
}

/** What has to be done, one line for each resource that is touched. */
export function actions(c: Small): string[] {
  const to = placement(c)
  const starts = new Set<string>() // must start
  const stops = new Set<string>() // must stop
  const cannot = new Set<string>() // cannot start
  for (const r of c.resources) {
    const next = to.get(r.id)
    if (next !== undefined && next !== r.at) starts.add(r.id)
    if (r.at !== undefined && next !== r.at) stops.add(r.id)
    if (next === undefined) cannot.add(r.id)
  }
  for (let size = -1; size !== starts.size + stops.size + cannot.size; ) {
    size = starts.size + stops.size + cannot.size
    for (const o of c.orders) {
      if (!o.mandatory) continue
      if (cannot.has(o.first)) cannot.add(o.next)
      if (starts.has(o.first) && to.get(o.next) !== undefined) starts.add(o.next)
      if (stops.has(o.first) && c.resources.some((r) => r.id === o.next && r.at !== undefined)) stops.add(o.next)
    }
    for (const k of c.colocations) if (k.score >= INF && cannot.has(k.with)) cannot.add(k.rsc)
    for (const r of c.resources) {
      if (r.at !== undefined && (starts.has(r.id) || cannot.has(r.id))) stops.add(r.id)
      if (stops.has(r.id) && to.get(r.id) !== undefined) starts.add(r.id)
    }
  }
  return c.resources.flatMap(({ id, at }) => {
    const next = to.get(id)
    if (at === undefined) return next === undefined ? [] : [`start ${id} ->${next}${cannot.has(id) ? ' blocked' : ''}`]
    if (!stops.has(id)) return []
    if (next === undefined || cannot.has(id)) return [`stop ${id} ${at}>-`]
    return [next === at ? `restart ${id} ${at}>${at}` : `move ${id} ${at}>${next}`]
  })
}
