/**
 * The draft through the document's own checks: what they refuse is left out with their sentence, and what hangs on it with it, until the rest is
 * accepted. Each round leaves something out, so it ends.
 */
import { LIMITS } from '../../../runtime/config/defaults.js'
import type { ConfigDoc } from '../../../runtime/config/document.js'
import { parseConfig } from '../../../runtime/config/parse.js'
import { printDoc } from '../../../runtime/config/print.js'
import type { Problem } from '../../../runtime/config/problem.js'
import { parseDuration } from '../../../runtime/config/values.js'
import type { Verdict } from '../../../runtime/verdict.js'
import { type Draft, type List, lists, type Origins, type Plain } from './draft.js'
import type { Notes } from './notes.js'

export type Accepted = { readonly doc: ConfigDoc; readonly yaml: string } | { readonly refused: Verdict }

export function accept(draft: Draft, origins: Origins, notes: Notes): Accepted {
  const a = new Acceptance(draft, origins, notes)
  a.prune()
  for (let round = 1; ; round++) {
    const parsed = parseConfig(JSON.stringify(draft), [], problemsMax)
    if (parsed.ok) return { doc: parsed.doc, yaml: printDoc(parsed.doc) }
    // A name is unknown because its owner is refused as well: that is said first, and what hangs on it goes with it.
    const own = parsed.problems.filter((p) => !follows.test(p.because.key))
    const dropped = (own.length > 0 ? own : parsed.problems).filter((p) => a.drop(p))
    const [first] = parsed.problems
    if ((dropped.length === 0 || round === roundsMax) && first) return { refused: first.because }
    a.settle()
  }
}

const problemsMax = 1000
/** A round for each circle of constraints, a few for all else: who needs more has no configuration. */
const roundsMax = 50
const follows = /^config\.(?:unknown-resource|unknown-node|role-promotable|require-all-clone|name-the-clone)/

const known = (path: string): RegExpExecArray | null => /^(\w+)(?:\[(\d+)\])?(?:\.(.*))?$/s.exec(path)
const limitOf: Readonly<Record<List, number>> = {
  resources: LIMITS.resources,
  groups: LIMITS.groups,
  clones: LIMITS.clones,
  location: LIMITS.constraints,
  colocation: LIMITS.constraints,
  order: LIMITS.constraints,
  fencing: LIMITS.devices,
}

class Acceptance {
  private readonly gone = new Set<Plain>()
  /** Edits of lists wait until all problems of a round are read: their paths count from before. */
  private readonly later: (() => void)[] = []

  constructor(
    readonly draft: Draft,
    readonly origins: Origins,
    readonly notes: Notes,
  ) {}

  /** True when something was left out for it. */
  drop(p: Problem): boolean {
    const found = known(p.path)
    if (!found) return false
    const [, top = '', index, rest = ''] = found
    if (top === 'name' && this.draft.name !== 'cluster') {
      this.notes.partly({ element: 'property', id: 'cluster-name' }, this.draft.name, p.because.key, p.because.args)
      this.draft.name = 'cluster'
      return true
    }
    if (top === 'properties') return this.property(p, rest)
    if (top === 'nodes') return rest === '' ? this.tooManyNodes(p) : this.node(p, rest)
    const list = lists.find((l) => l === top)
    if (!list) return false
    if (index === undefined) return this.tooMany(p, list)
    const part = this.draft[list][Number(index)]
    if (!part) return false
    if ((list === 'resources' || list === 'fencing') && this.clamp(p, part, rest)) return true
    return list === 'resources' && this.piece(p, part, rest) ? true : this.whole(p, part)
  }

  private property(p: Problem, rest: string): boolean {
    const key = keyAt(this.draft.properties, rest)
    if (key === undefined) return false
    this.notes.left({ element: 'property', id: key === 'node-health' ? 'node-health-strategy' : key }, p.because.key, p.because.args)
    delete this.draft.properties[key]
    return true
  }

  private node(p: Problem, rest: string): boolean {
    const { nodes } = this.draft
    const name = keyAt(nodes, rest)
    if (name === undefined) return false
    const node = nodes[name] as Plain
    const of = this.origins.get(node)
    const below = rest.slice(name.length + 1)
    const field = keyAt(node, below)
    const inner = field === undefined ? undefined : keyAt((node[field] ?? {}) as Plain, below.slice(field.length + 1))
    if (field === undefined) {
      this.notes.left(of, p.because.key, p.because.args)
      delete nodes[name]
    } else {
      this.notes.partly(of, inner ?? field, p.because.key, p.because.args)
      if (inner === undefined) delete node[field]
      else delete (node[field] as Plain)[inner]
    }
    return true
  }

  private tooManyNodes(p: Problem): boolean {
    const all = Object.entries(this.draft.nodes)
    if (all.length <= LIMITS.nodes) return false
    this.draft.nodes = Object.fromEntries(all.slice(0, LIMITS.nodes))
    for (const [, node] of all.slice(LIMITS.nodes)) this.notes.left(this.origins.get(node as Plain), p.because.key, p.because.args)
    return true
  }

  private tooMany(p: Problem, list: List): boolean {
    const over = this.draft[list].slice(limitOf[list])
    for (const part of over) this.whole(p, part)
    return over.length > 0
  }

  /** A time that is too short or too long becomes the nearest that is accepted: without it, it would be the usual one. */
  private clamp(p: Problem, part: Plain, rest: string): boolean {
    const { key, args } = p.because
    const word = /(?:^|\.)(timeout|interval|delay|failure-timeout)$/.exec(rest)?.[1]
    if (key !== 'config.out-of-range' || word === undefined) return false
    const holder = rest
      .split(/[.[\]]+/)
      .slice(0, -1)
      .reduce((at: Plain | undefined, k) => at?.[k] as Plain | undefined, part)
    const [value, max] = [parseDuration(String(args.value)), parseDuration(String(args.max))]
    if (!holder || value === undefined || max === undefined) return false
    holder[word] = value > max ? args.max : args.min
    this.notes.changed(this.origins.get(part), rest, key, args)
    return true
  }

  /** A part of a resource without which the rest still means what it says. */
  private piece(p: Problem, part: Plain, rest: string): boolean {
    const field = keyAt(part, rest)
    if (field === undefined || field === 'name' || field === 'agent') return false
    const map = part[field] as Plain
    const below = rest.slice(field.length + 1)
    const key = keyAt(map, below)
    if (key === undefined) return false
    const of = this.origins.get(part)
    const at = field === 'ops' && key === 'monitor' ? /^monitor\[(\d+)\]/.exec(below)?.[1] : undefined
    this.notes.partly(of, field === 'ops' ? `op ${key}` : key, p.because.key, p.because.args)
    if (field === 'ops' && key === 'monitor') {
      const one = (map.monitor as Plain[])[Number(at ?? -1)]
      this.later.push(() => {
        map.monitor = (map.monitor as Plain[]).filter((m) => (at === undefined ? false : m !== one))
      })
    } else if (field === 'ops') {
      // A word of start or stop that is unclear, not the operation.
      const op = map[key] as Plain
      const word = keyAt(op ?? {}, below.slice(key.length + 1))
      if (word === undefined) delete map[key]
      else delete op[word]
    } else delete map[key]
    return true
  }

  private whole(p: Problem, part: Plain): boolean {
    // Its own sentence names a line of a text that nobody has.
    const key = p.because.key === 'config.contradiction' ? 'cib.contradiction' : p.because.key
    if (!this.gone.has(part)) this.notes.left(this.origins.get(part), key, p.because.args)
    this.gone.add(part)
    return true
  }

  /** Takes out what a round refused. */
  settle(): void {
    for (const edit of this.later.splice(0)) edit()
    this.prune()
  }

  /** What hangs on parts that are gone goes as well, until nothing does. */
  prune(): void {
    for (let before = -1; before !== this.gone.size; ) {
      before = this.gone.size
      this.hosts()
      this.collectives()
      this.levels()
      this.constraints()
    }
    for (const list of lists) this.draft[list] = this.draft[list].filter((part) => !this.gone.has(part))
    this.gone.clear()
  }

  private names(...of: readonly List[]): Set<string> {
    return new Set(of.flatMap((list) => this.draft[list].filter((p) => !this.gone.has(p)).map((p) => String(p.name))))
  }

  /** A clone or group that is left out takes along what it runs: by itself that would be something else. */
  private collectives(): void {
    const { clones, groups, resources } = this.draft
    const left = (part: Plain, why: 'cib.within' | 'cib.empty', name: string): void => {
      if (!this.gone.has(part)) this.notes.left(this.origins.get(part), why, { name })
      this.gone.add(part)
    }
    for (const clone of clones.filter((c) => this.gone.has(c)))
      for (const part of [...groups, ...resources]) if (part.name === clone.resource) left(part, 'cib.within', String(clone.name))
    for (const group of groups.filter((g) => this.gone.has(g)))
      for (const part of resources)
        if ((group.members as string[]).includes(String(part.name))) left(part, 'cib.within', String(group.name))
    const there = this.names('resources')
    for (const group of groups.filter((g) => !this.gone.has(g))) {
      const members = (group.members as string[]).filter((m) => there.has(m))
      if (members.length === 0) left(group, 'cib.empty', String(group.name))
      else group.members = members
    }
    const things = this.names('resources', 'groups')
    for (const clone of clones) if (!things.has(String(clone.resource))) left(clone, 'cib.empty', String(clone.resource))
  }

  /** Fence devices of nodes that are gone. */
  private hosts(): void {
    for (const device of this.draft.fencing) {
      const hosts = Object.entries(device.hosts as Plain).filter(([h]) => Object.hasOwn(this.draft.nodes, h))
      device.hosts = Object.fromEntries(hosts)
      if (hosts.length > 0 || this.gone.has(device)) continue
      this.notes.left(this.origins.get(device), 'cib.device-hosts')
      this.gone.add(device)
    }
  }

  /** All devices of a level must confirm: without one of them, the others alone must not be taken for enough. */
  private levels(): void {
    for (const lost of this.draft.fencing.filter((d) => this.gone.has(d)))
      for (const other of this.draft.fencing) {
        if (this.gone.has(other) || other.level !== lost.level) continue
        const shared = Object.keys(lost.hosts as Plain).filter((h) => Object.hasOwn(other.hosts as Plain, h))
        for (const host of shared) {
          this.notes.partly(this.origins.get(other), host, 'cib.level-device', { device: String(lost.name) })
          delete (other.hosts as Plain)[host]
        }
      }
  }

  private constraints(): void {
    const { draft, notes, origins } = this
    const things = this.names('resources', 'groups', 'clones')
    const missing = (part: Plain): string | undefined =>
      [part.resource, part.with, part.first, part.then].find((n) => n !== undefined && !things.has(String(n))) as string | undefined
    for (const part of draft.location) {
      const name = missing(part)
      const node = part.node !== undefined && !Object.hasOwn(draft.nodes, String(part.node)) ? String(part.node) : undefined
      if (this.gone.has(part) || (name === undefined && node === undefined)) continue
      if (name !== undefined) notes.left(origins.get(part), 'cib.names-missing', { name })
      else notes.left(origins.get(part), 'cib.names-node', { node: node ?? '' })
      this.gone.add(part)
    }
    for (const list of [draft.colocation, draft.order]) {
      for (const part of list) {
        const name = missing(part)
        if (this.gone.has(part) || name === undefined) continue
        notes.left(origins.get(part), 'cib.names-missing', { name })
        this.gone.add(part)
      }
      // Half of a set would say something else.
      const half = new Set(list.filter((p) => this.gone.has(p)).map((p) => origins.get(p).id))
      for (const part of list) if (half.has(origins.get(part).id)) this.gone.add(part)
    }
  }
}

/** The key of `map` that the path begins with: names may hold dots. */
function keyAt(map: Plain, path: string): string | undefined {
  const keys = Object.keys(map).filter((k) => path.startsWith(k) && /^(?:$|[.[])/.test(path.slice(k.length)))
  return keys.sort((a, b) => b.length - a.length)[0]
}
