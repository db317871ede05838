/**
 * The scores of one unit before colocations: node standing, standby, locations and levels, intents, stickiness, failures. Called by place.ts.
 */
import { INFINITY, type Score } from '../../runtime/config/document.js'
import { type Verdict, verdict } from '../../runtime/verdict.js'
import { add, type Ledger, levelScore } from './ledger.js'
import { before, type Model, type NodeNow, type Res, type Unit } from './model.js'

export interface UnitScores {
  /** Where the unit is now; -1 = nowhere. */
  readonly current: number
  /** Members from the first on that are to run. */
  readonly wanted: number
  /** Score of its first `length` members on node `i`. */
  readonly head: (length: number, i: number) => Score
  readonly total: readonly Score[]
  /** Nodes to which an operator moves it. One of them that can run it is taken before all others: no score outranks or ties with a move. */
  readonly ordered: readonly number[]
  /** Set when the unit is not to be touched. */
  readonly pinned?: Verdict
}

export function baseScores(m: Model, u: Unit, ledger: Ledger): UnitScores {
  const current = currentOf(u)
  const stopped = u.members.findIndex((r) => !r.wanted)
  const wanted = stopped < 0 ? u.members.length : stopped
  const pinned = pinOf(u)
  const byMember = u.members.map((r) => memberScores(m, r, u, current, ledger))
  const ofUnit = unitScores(m, u, current, ledger)
  const head = (length: number, i: number): Score => {
    let sum = ofUnit[i] ?? 0
    for (let k = 0; k < length; k++) sum = add(sum, byMember[k]?.[i] ?? 0)
    return sum
  }
  return { current, wanted, head, total: m.nodes.map((_, i) => head(wanted, i)), ordered: ordered(m, u), ...(pinned && { pinned }) }
}

/** The node of its grant in the owner's present life (also while it restarts there), else where it is active. */
function currentOf(u: Unit): number {
  for (const r of u.members) if (r.owner >= 0 && r.hold === 'here') return r.owner
  for (const r of u.members) if (r.active.length > 0) return r.active[0] ?? -1
  return -1
}

function pinOf(u: Unit): Verdict | undefined {
  const blocked = u.members.find((r) => r.block)
  if (blocked?.block) return blocked.block
  const free = u.members.find((r) => !r.managed && (r.active.length > 0 || r.owner >= 0))
  if (free) return verdict('place', 'coordinator.unmanaged', {})
  const idle = u.members.find((r) => !r.managed)
  return idle && verdict('place', 'coordinator.unmanaged-idle', {})
}

function unitScores(m: Model, u: Unit, current: number, ledger: Ledger): Score[] {
  const scores = m.nodes.map(() => 0)
  const note = noter(m, u.members[0], scores, ledger)
  m.nodes.forEach((n, i) => {
    const bar = barred(n, i === current)
    if (bar) note(i, -INFINITY, n.name, bar)
  })
  if (u.group) wishes(m, u.group.name, note)
  return scores
}

/** Why no resource may be on `n`; a node in doubt keeps what it has. */
function barred(n: NodeNow, current: boolean): Verdict | undefined {
  const args = { node: n.name }
  // Also for a life that is not admitted yet: it waits for the same.
  if (n.heldS !== undefined && n.standing !== 'lost') {
    const keeps = current && n.standing !== 'gone'
    return keeps ? undefined : verdict('ban', 'coordinator.node-held', { ...args, seconds: n.heldS })
  }
  switch (n.standing) {
    case 'usable':
      break
    case 'holding':
      return current ? undefined : verdict('ban', 'coordinator.node-holding', args)
    case 'joining':
      return current ? undefined : verdict('ban', 'coordinator.node-joining', args)
    case 'leaving':
      return verdict('ban', 'coordinator.node-leaving', args)
    case 'lost':
      return n.fence ?? verdict('ban', 'coordinator.node-gone', args)
    case 'unseen':
      return verdict('ban', 'coordinator.node-unseen', args)
    case 'gone':
      return verdict('ban', 'coordinator.node-gone', args)
  }
  if (n.standby) return verdict('ban', 'coordinator.node-standby', args)
  return n.maintenance && !current ? verdict('ban', 'coordinator.node-maintenance', args) : undefined
}

function memberScores(m: Model, r: Res, u: Unit, current: number, ledger: Ledger): Score[] {
  const scores = m.nodes.map(() => 0)
  const note = noter(m, r, scores, ledger)
  const stickiness = r.doc.meta.stickiness
  const here = r.owner >= 0 && r.hold === 'here' ? r.owner : r.active.length === 1 ? (r.active[0] ?? -1) : -1
  if (here >= 0 && here === current) {
    note(
      here,
      stickiness,
      r.name,
      verdict('score', 'coordinator.stickiness', { resource: r.name, node: m.nodes[here]?.name ?? '', score: stickiness }),
    )
  }
  m.nodes.forEach((n, i) => {
    if (r.everywhere) note(i, -INFINITY, r.name, r.everywhere)
    const failed = r.failures[i]?.node
    if (failed) note(i, -INFINITY, r.name, failed)
    const row = r.rows[i]
    if (n.standing === 'usable' && i !== current && (row === undefined || row.state === 'unknown')) {
      note(i, -INFINITY, n.name, verdict('ban', 'coordinator.not-probed', { resource: r.name, node: n.name }))
    }
  })
  wishes(m, r.name, note)
  if (!m.config.properties.symmetric) optIn(m, r, u, note)
  return scores
}

/** Nodes to which an operator moves the unit: by its name, or by that of any member. */
const ordered = (m: Model, u: Unit): readonly number[] =>
  m.input.state.intents
    .filter((wish) => wish.kind === 'move' && (wish.resource === u.group?.name || u.members.some((r) => r.name === wish.resource)))
    .map((wish) => m.nodes.findIndex((n) => n.node === wish.node))

type Note = (i: number, score: Score, source: string, because: Verdict) => void

function noter(m: Model, r: Res | undefined, scores: Score[], ledger: Ledger): Note {
  return (i, score, source, because) => {
    const node = m.nodes[i]
    if (!node || !r || score === 0) return
    scores[i] = add(scores[i] ?? 0, score)
    ledger.note(r.id, r.group, node.node, score, source, because)
  }
}

/** Locations and intents that name `name`, in order of their ids. */
function wishes(m: Model, name: string, note: Note): void {
  for (const l of m.locations.get(name) ?? []) {
    const at = (node: string): number => m.nodeAt.get(node) ?? -1
    if (l.node !== undefined && l.score !== undefined) {
      note(at(l.node), l.score, l.id, verdict('score', 'coordinator.location', { node: l.node, constraint: l.id, score: l.score }))
    }
    l.levels?.forEach((node, k) => {
      note(
        at(node),
        levelScore(k),
        l.id,
        verdict('score', k === 0 ? 'coordinator.level-master' : 'coordinator.level-slave', { node, level: k, constraint: l.id }),
      )
    })
  }
  for (const wish of [...m.input.state.intents].sort((a, b) => before(a.id, b.id))) {
    if (wish.resource !== name) continue
    const i = m.nodes.findIndex((n) => n.node === wish.node)
    const args = { resource: name, node: m.nodes[i]?.name ?? '', by: wish.by, forMs: wish.forMs }
    if (wish.kind === 'ban') note(i, -INFINITY, wish.id, verdict('ban', 'coordinator.intent-ban', args))
    else note(i, INFINITY, wish.id, verdict('score', 'coordinator.intent-move', args))
  }
}

/** Not symmetric: a node that no location of the resource or its group names with a positive score is out. */
function optIn(m: Model, r: Res, u: Unit, note: Note): void {
  const named = new Set<string>()
  for (const l of [...(m.locations.get(r.name) ?? []), ...(m.locations.get(u.name) ?? [])]) {
    for (const node of l.levels ?? []) named.add(node)
    if (l.node !== undefined && (l.score ?? 0) >= 0) named.add(l.node)
  }
  m.nodes.forEach((n, i) => {
    if (!named.has(n.name)) note(i, -INFINITY, 'symmetric', verdict('ban', 'coordinator.asymmetric', { resource: r.name, node: n.name }))
  })
}
