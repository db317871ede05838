/** Where everything is, as rows: one for each active place of each primitive, one without node for what is active nowhere. */
import { Role, roleName } from '../score.js'
import { cloneOf, type Host, type Res, type World } from '../world.js'

export interface Row {
  readonly resource: string // anonymous instances carry the bare id
  readonly node: string | null
  readonly role: string
}

export const shownId = (r: Res): string => (cloneOf(r) && !r.unique ? r.base : r.id)

export function rows(w: World, where: (r: Res) => readonly Host[], roleOf: (r: Res) => Role): Row[] {
  return [...w.primitives()].flatMap((r): Row[] => {
    const hosts = where(r)
    if (r.orphan && hosts.length === 0) return []
    if (hosts.length === 0) return [{ resource: shownId(r), node: null, role: roleName[Role.stopped] }]
    return hosts.map((h) => ({ resource: shownId(r), node: h.name, role: roleName[roleOf(r)] }))
  })
}

export function initialRows(w: World): Row[] {
  const base = rows(
    w,
    (r) => r.active,
    (r) => r.role,
  )
  const byShown = new Map<string, Res[]>()
  for (const r of w.primitives()) {
    const id = shownId(r)
    const known = byShown.get(id)
    if (known) known.push(r)
    else byShown.set(id, [r])
  }
  return base.map((row) => (row.node === null ? row : { ...row, role: pendingName(byShown.get(row.resource) ?? [], row) ?? row.role }))
}

/** A start or migration that is under way shows as such. */
function pendingName(shown: readonly Res[], row: Row): string | undefined {
  const r = shown.find((x) => x.active.some((h) => h.name === row.node))
  if (!r || (r.role !== Role.started && r.role !== Role.unpromoted)) return undefined
  return r.startPending ? 'Starting' : r.pendingTask === 'stop' ? 'Stopping' : r.pendingTask.startsWith('migrate') ? 'Migrating' : undefined
}
