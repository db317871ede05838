/** Locations, colocations and orders in the words of the document; sets, templates and tags opened into single constraints. */
import type { Constraint } from '../../../actors/coordinator/engine/scene.js'
import { flag, parseRole, parseScore, Role, roleName } from '../../../actors/coordinator/engine/score.js'
import { LIMITS } from '../../../runtime/config/defaults.js'
import { printScore } from '../../../runtime/config/values.js'
import { type Draft, filled, type Origins, type Plain } from './draft.js'
import type { Names } from './names.js'
import type { Notes, Origin } from './notes.js'
import { ruleOf } from './rules.js'
import { collections, colocated, ordered, type Pair } from './sets.js'

type Location = Extract<Constraint, { type: 'location' }>
type Colocation = Extract<Constraint, { type: 'colocation' }>
type Order = Extract<Constraint, { type: 'order' }>

const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,150}$/
const clip = (id: string): string => id.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 140)

export class Constraints {
  private readonly taken = new Set<string>()

  constructor(
    readonly draft: Draft,
    readonly origins: Origins,
    readonly notes: Notes,
    readonly names: Names,
  ) {}

  read(list: readonly Constraint[]): void {
    for (const c of list) {
      const of: Origin = { element: `rsc_${c.type}`, id: c.id }
      if (c.type === 'ticket') this.notes.left(of, 'cib.ticket', { ticket: c.ticket })
      else if (c.lifetime) this.notes.left(of, 'cib.lifetime')
      else {
        if (/^cli-(?:prefer|ban|standby)-/.test(c.id)) this.notes.note(of, 'cib.leftover')
        if (c.type === 'location') this.location(of, c)
        else if (c.type === 'colocation') this.colocation(of, c)
        else this.order(of, c)
      }
    }
  }

  /** The constraint's own id for the first of its parts, with a suffix for the others. */
  private id(base: string, suffix: string): string | undefined {
    if (!ID.test(base) && suffix === '') return undefined
    let id = suffix === '' ? base : `${clip(base)}-${clip(suffix)}`.slice(0, 150)
    for (let n = 2; this.taken.has(id); n++) id = `${clip(base)}-${n}`
    this.taken.add(id)
    return id
  }

  /** Names of things, or undefined with a sentence where a fence device is meant, or nothing. */
  private things(of: Origin, names: readonly string[]): string[] | undefined {
    const found = names.flatMap((n) => this.names.expand(n))
    const device = found.find((n) => this.names.isDevice(n))
    if (device !== undefined) return this.notes.left(of, 'cib.names-device', { name: device })
    const missing = found.find((n) => !this.names.has(n))
    if (missing !== undefined) return this.notes.left(of, 'cib.names-missing', { name: missing })
    return found
  }

  private role(text: string | undefined): 'Promoted' | 'Unpromoted' | undefined | null {
    const role = parseRole(text)
    if (role === Role.stopped || (text !== undefined && role === Role.unknown)) return null
    return role >= Role.unpromoted ? (roleName[role] as 'Promoted' | 'Unpromoted') : undefined
  }

  private location(of: Origin, c: Location): void {
    if (c.discovery !== undefined && c.discovery !== 'always')
      this.notes.partly(of, `resource-discovery=${c.discovery}`, c.discovery === 'exclusive' ? 'cib.discovery-exclusive' : 'cib.discovery')
    const targets: { readonly thing: Plain; readonly role: string | undefined; readonly score: string | undefined }[] = []
    const named = [
      ...(c.resource === undefined ? [] : [{ name: c.resource, role: c.role, score: c.score }]),
      ...c.sets.flatMap((s) => s.members.map((name) => ({ name, role: s.role ?? c.role, score: s.score ?? c.score }))),
    ]
    for (const { name, role, score } of named) {
      if (this.names.expand(name).every((n) => this.names.isDevice(n)) && c.node !== undefined && (parseScore(score) ?? 0) < 0) {
        this.notes.note(of, 'cib.device-location', { name })
        continue
      }
      // Each stands for itself: who is missing keeps nobody else from its place.
      for (const n of this.names.expand(name))
        for (const resource of this.things(of, [n]) ?? []) targets.push({ thing: { resource }, role, score })
    }
    if (c.pattern !== undefined) targets.push({ thing: { pattern: c.pattern }, role: c.role, score: c.score })
    if (targets.length === 0) return
    if (c.node === undefined && c.rules.length === 0) return this.notes.left(of, 'cib.location-nowhere')
    const many = targets.length > 1
    for (const t of targets) {
      const suffix = many ? String(t.thing.resource ?? 'pattern') : ''
      if (c.rules.length > 0) this.rules(of, c, t, suffix)
      else this.place(of, c, t, suffix)
    }
  }

  private place(of: Origin, c: Location, t: { thing: Plain; role: string | undefined; score: string | undefined }, suffix: string): void {
    const node = this.names.node(c.node ?? '')
    if (node === undefined) return this.notes.left(of, 'cib.names-node', { node: c.node ?? '' })
    this.push(of, c.id, suffix, t, { node }, t.score)
  }

  private rules(of: Origin, c: Location, t: { thing: Plain; role: string | undefined; score: string | undefined }, suffix: string): void {
    for (const rule of c.rules) {
      const id = c.rules.length > 1 ? [suffix, rule.id].filter((s) => s !== '').join('-') : suffix
      const read = ruleOf(rule)
      if (rule.scoreAttribute !== undefined) this.notes.left({ element: 'rule', id: rule.id || c.id }, 'cib.score-attribute')
      else if ('why' in read) this.notes.left({ element: 'rule', id: rule.id || c.id }, read.why)
      else this.push(of, c.id, id, { ...t, role: rule.role ?? t.role }, { rule: read.rule }, rule.score)
    }
  }

  private push(
    of: Origin,
    id: string,
    suffix: string,
    t: { readonly thing: Plain; readonly role: string | undefined },
    where: Plain,
    text: string | undefined,
  ): void {
    const role = this.role(t.role)
    if (role === null) return this.notes.left(of, 'cib.role', { role: t.role ?? '' })
    const score = text === undefined ? 0 : parseScore(text, this.names.health)
    if (score === undefined) return this.notes.left(of, 'cib.score', { value: text ?? '' })
    const plain = filled({ id: this.id(id, suffix), ...t.thing, role, ...where, score: printScore(score) })
    this.draft.location.push(this.origins.set(plain, of))
  }

  private colocation(of: Origin, c: Colocation): void {
    const score = c.score === undefined ? 0 : parseScore(c.score, this.names.health)
    if (score === undefined) return this.notes.left(of, 'cib.score', { value: c.score ?? '' })
    const { dependent, primary } = c
    let pairs: Pair[]
    if (c.sets.length > 0) pairs = this.openSets(of, c.sets, (sets) => colocated(sets, score)) ?? []
    else if (dependent === undefined || primary === undefined) return this.notes.left(of, 'cib.incomplete')
    else if (this.names.isCollection(dependent) || this.names.isCollection(primary)) {
      if (this.names.isCollection(dependent) && this.names.isCollection(primary)) return this.notes.left(of, 'cib.two-collections')
      pairs = this.openSets(of, collections(dependent, c.dependentRole, primary, c.primaryRole), (sets) => colocated(sets, score)) ?? []
    } else {
      const [a, b] = [this.things(of, [dependent]), this.things(of, [primary])]
      if (!a?.[0] || !b?.[0]) return
      pairs = [{ a: a[0], b: b[0], score, aRole: c.dependentRole, bRole: c.primaryRole }]
    }
    const list = pairs.map((p, i) => {
      const [role, withRole] = [this.role(p.aRole), this.role(p.bRole)]
      if (role === null || withRole === null) return this.notes.left(of, 'cib.role', { role: (role === null ? p.aRole : p.bRole) ?? '' })
      return filled({
        id: this.id(c.id, pairs.length > 1 ? String(i + 1) : ''),
        resource: p.a,
        with: p.b,
        score: printScore(p.score),
        role,
        'with-role': withRole,
        'node-attribute': c.attribute === '#uname' ? undefined : c.attribute,
        influence: flag(c.influence, true) ? undefined : false,
      })
    })
    this.all(of, this.draft.colocation, list)
  }

  private order(of: Origin, c: Order): void {
    const kind = kindOf(c)
    const { first, next } = c
    let pairs: Pair[]
    if (c.sets.length > 0) {
      if (c.sets.some((s) => !s.requireAll && s.members.length > 1)) return this.notes.left(of, 'cib.require-any')
      pairs = this.openSets(of, c.sets, (sets) => ordered(sets, kind === 'Serialize')) ?? []
    } else if (first === undefined || next === undefined) return this.notes.left(of, 'cib.incomplete')
    else {
      const [firstAction, nextAction] = [c.firstAction, c.nextAction ?? c.firstAction]
      const sets = collections(first, undefined, next, undefined).map((s, i) => {
        const action = i === 0 ? firstAction : nextAction
        return { ...s, sequential: !this.names.isCollection(s.members[0] ?? ''), ...(action === undefined ? {} : { action }) }
      })
      const any = !flag(c.requireAll, true)
      if (any && this.names.isCollection(first)) return this.notes.left(of, 'cib.require-any')
      pairs = (this.openSets(of, sets, (opened) => ordered(opened, kind === 'Serialize')) ?? []).map((p) => ({ ...p, any }))
    }
    const symmetrical = flag(c.symmetrical, true)
    const list = pairs.map((p, i) => {
      const wrong = [p.aAction, p.bAction].find((action) => action !== undefined && action !== 'start' && action !== 'promote')
      if (wrong !== undefined) return this.notes.left(of, 'cib.order-action', { action: wrong })
      return filled({
        id: this.id(c.id, pairs.length > 1 ? String(i + 1) : ''),
        first: p.a,
        // biome-ignore lint/suspicious/noThenProperty: a word of the document; nobody awaits it
        then: p.b,
        'first-action': p.aAction === 'promote' ? 'promote' : undefined,
        'then-action': p.bAction === 'promote' ? 'promote' : undefined,
        'require-all': p.any && this.names.isClone(p.a) ? false : undefined,
        kind,
        symmetrical: kind === 'Serialize' ? undefined : symmetrical,
      })
    })
    this.all(of, this.draft.order, list)
  }

  private openSets<S extends { readonly members: readonly string[] }>(
    of: Origin,
    sets: readonly S[],
    open: (sets: readonly S[]) => Pair[] | undefined,
  ): Pair[] | undefined {
    const known: S[] = []
    for (const s of sets) {
      const members = this.things(of, s.members)
      if (!members) return undefined
      known.push({ ...s, members })
    }
    const pairs = open(known)
    if (!pairs) return this.notes.left(of, 'cib.set-too-large', { limit: LIMITS.constraints })
    if (pairs.length === 0) this.notes.note(of, 'cib.set-says-nothing')
    return pairs
  }

  /** All parts of a constraint, or none: half of it would say something else. */
  private all(of: Origin, into: Plain[], list: readonly (Plain | undefined)[]): void {
    const parts = list.filter((p) => p !== undefined)
    if (parts.length === list.length) for (const part of parts) into.push(this.origins.set(part, of))
  }
}

function kindOf(c: Order): 'Mandatory' | 'Optional' | 'Serialize' {
  const kind = c.kind?.toLowerCase()
  if (kind === 'optional') return 'Optional'
  if (kind === 'serialize') return 'Serialize'
  if (kind === undefined && c.score !== undefined) return (parseScore(c.score) ?? 0) > 0 ? 'Mandatory' : 'Optional'
  return 'Mandatory'
}
