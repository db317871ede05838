/** What every part of the reader needs: ids for references, and the list of elements that nobody knows. */
import type { Rule, ValueSet } from '../../actors/coordinator/engine/scene.js'
import { parseScore } from '../../actors/coordinator/engine/score.js'
import { all, type Element, maybe, one } from './xml.js'

export class Context {
  /** Elements that the reader does not know, as `parent/name`, each once. */
  readonly unknown = new Set<string>()
  /** id-refs that lead nowhere, and ids that stand twice. */
  readonly dangling = new Set<string>()
  readonly duplicates = new Set<string>()
  private readonly byId = new Map<string, Element>()

  /** Learns the ids of the configuration below `e`; the status section reuses ids freely and is left out. */
  learn(e: Element): void {
    const id = e.at.id
    if (id !== undefined && e.name !== 'resource_ref' && e.name !== 'obj_ref' && e.name !== 'role') {
      const key = `${e.name} ${id}`
      if (this.byId.has(key)) this.duplicates.add(id)
      else this.byId.set(key, e)
    }
    for (const c of e.children) this.learn(c)
  }

  /** The element that `e` stands for: itself, or what its id-ref names. Undefined where the reference leads nowhere. */
  resolve(e: Element): Element | undefined {
    const ref = e.at['id-ref']
    if (ref === undefined) return e
    const found = this.byId.get(`${e.name} ${ref}`)
    if (!found) this.dangling.add(ref)
    return found
  }

  /** Names the children of `e` that are none of `known`. */
  known(e: Element | undefined, ...known: readonly string[]): void {
    for (const c of e?.children ?? []) if (!known.includes(c.name)) this.unknown.add(`${e?.name}/${c.name}`)
  }

  sets(parent: Element | undefined, ...names: readonly string[]): ValueSet[] {
    return all(parent, ...names).flatMap((raw) => {
      const e = this.resolve(raw)
      if (!e) return []
      this.known(e, 'rule', 'nvpair', 'attributes')
      const pairs = [...all(e, 'nvpair'), ...all(one(e, 'attributes'), 'nvpair')]
      const rule = one(e, 'rule')
      return [
        {
          id: e.at.id ?? '',
          score: parseScore(e.at.score) ?? 0,
          ...maybe('rule', rule && this.rule(rule)),
          values: pairs.flatMap((p) => {
            const pair = this.resolve(p)
            const name = p.at.name ?? pair?.at.name
            return pair && name !== undefined ? [[name, pair.at.value ?? ''] as const] : []
          }),
        },
      ]
    })
  }

  rule(raw: Element): Rule {
    const e = this.resolve(raw) ?? raw
    this.known(e, 'rule', 'expression', 'date_expression', 'rsc_expression', 'op_expression', 'duration', 'date_spec')
    return {
      id: e.at.id ?? '',
      all: (e.at['boolean-op'] ?? 'and').toLowerCase() !== 'or',
      ...maybe('role', e.at.role),
      ...maybe('score', e.at.score),
      ...maybe('scoreAttribute', e.at['score-attribute'] ?? e.at['score-attribute-mangled']),
      parts: e.children.flatMap((c) => this.part(c)),
    }
  }

  private part(raw: Element): Rule['parts'][number][] {
    const e = this.resolve(raw) ?? raw
    const { at } = e
    const id = at.id ?? ''
    switch (e.name) {
      case 'rule':
        return [this.rule(e)]
      case 'expression':
        return [
          {
            on: 'attribute',
            id,
            attribute: at.attribute ?? '',
            operation: at.operation ?? '',
            type: at.type ?? '',
            ...maybe('value', at.value),
            valueSource: at['value-source'] ?? 'literal',
          },
        ]
      case 'date_expression':
        return [
          {
            on: 'date',
            id,
            operation: at.operation ?? 'in_range',
            ...maybe('start', at.start),
            ...maybe('end', at.end),
            ...maybe('spec', one(e, 'date_spec')?.at),
            ...maybe('duration', one(e, 'duration')?.at),
          },
        ]
      case 'rsc_expression':
        return [{ on: 'resource', id, ...maybe('class', at.class), ...maybe('provider', at.provider), ...maybe('type', at.type) }]
      case 'op_expression':
        return [{ on: 'operation', id, name: at.name ?? '', ...maybe('interval', at.interval) }]
      default:
        return []
    }
  }
}
