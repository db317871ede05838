/** Primitives, templates, groups and clones in the words of the document. Fence devices are put aside for fencing.ts. */
import type { ResourceSpec, Scene } from '../../../actors/coordinator/engine/scene.js'
import { flag, parseMs, parseRole, parseScore, Role, truthy } from '../../../actors/coordinator/engine/score.js'
import { LIMITS } from '../../../runtime/config/defaults.js'
import { NAME } from '../../../runtime/config/read.js'
import { parseDuration, printDuration, printScore } from '../../../runtime/config/values.js'
import { type Draft, filled, named, type Origins, type Plain, valuesOf } from './draft.js'
import type { Notes, Origin } from './notes.js'
import { operationsOf } from './operations.js'

export interface Device {
  readonly of: Origin
  readonly agent: string
  readonly params: ReadonlyMap<string, string>
  readonly meta: ReadonlyMap<string, string>
}

/** What a resource has from those that it is in. */
interface Inside {
  readonly params: ReadonlyMap<string, string>
  readonly meta: ReadonlyMap<string, string>
  readonly group?: string
  readonly clone?: { readonly name: string; readonly promotable: boolean; readonly notify: boolean }
  /** The group that it is in is stopped as a whole. */
  readonly groupStopped?: boolean
  /** Something that it is in says what its role is to be: the cluster's default does not. */
  readonly told?: boolean
}

export interface Settings {
  readonly scene: Scene
  readonly fencing: boolean
  readonly stickiness: number
  readonly resourceDefaults: ReadonlyMap<string, string>
  readonly operationDefaults: ReadonlyMap<string, string>
}

/** What each kind of meta attribute is in the document, from the text that the CIB has. */
const score = (text: string): string | number => {
  const n = parseScore(text)
  return n === undefined ? text : printScore(n)
}
const metas: Readonly<Record<string, (text: string) => string | number | undefined>> = {
  'is-managed': (text) => (flag(text, true) ? undefined : 'false'),
  maintenance: (text) => (truthy(text) ? 'true' : undefined),
  'resource-stickiness': score,
  priority: (text) => (parseScore(text) === 0 ? undefined : score(text)),
  'migration-threshold': (text) => ((parseScore(text) ?? 0) < 0 ? undefined : score(text)),
  'failure-timeout': (text) => {
    const ms = parseMs(text) ?? parseDuration(text)
    return ms === undefined ? text : ms === 0 ? undefined : printDuration(ms)
  },
  'multiple-active': (text) => text,
  'failure-counting': (text) => text,
  critical: (text) => (flag(text, true) ? undefined : 'false'),
  reap: (text) => text,
}
const guests = ['remote-node', 'remote-addr', 'remote-port', 'remote-connect-timeout', 'remote-allow-migrate']
const ofClones = new Set(
  (
    'clone-max clone-node-max clone-min promoted-max promoted-node-max master-max master-node-max notify ordered interleave ' +
    'globally-unique promotable'
  ).split(' '),
)

export class Resources {
  readonly devices: Device[] = []
  /** What runs inside a clone, by name: constraints name the clone. */
  readonly cloneOf = new Map<string, string>()
  private readonly templates: ReadonlyMap<string, ResourceSpec>

  constructor(
    readonly draft: Draft,
    readonly origins: Origins,
    readonly notes: Notes,
    readonly s: Settings,
  ) {
    this.templates = new Map(s.scene.templates.map((t) => [t.id, t]))
    for (const [name] of s.resourceDefaults) this.metaWord({ element: 'rsc_defaults', id: '' }, name, s.resourceDefaults, true)
  }

  read(): void {
    const top: Inside = { params: new Map(), meta: new Map() }
    for (const spec of this.s.scene.resources) this.one(spec, top)
  }

  /** The name under which it was carried over. */
  private one(spec: ResourceSpec, inside: Inside): string | undefined {
    if (!NAME.test(spec.id)) return this.notes.left(elementOf(spec), 'config.bad-name', { line: 0, name: spec.id })
    if (spec.kind === 'bundle') return this.notes.left({ element: 'bundle', id: spec.id }, 'cib.bundle')
    if (spec.kind === 'group') return this.group(spec, inside)
    if (spec.kind === 'clone') return this.clone(spec)
    return this.primitive(spec, inside)
  }

  private below(of: Origin, spec: ResourceSpec, inside: Inside): { own: ReadonlyMap<string, string>; inside: Inside } {
    const own = valuesOf(this.notes, of, spec.meta)
    const params = new Map([...inside.params, ...valuesOf(this.notes, of, spec.params)])
    const meta = new Map([...inside.meta, ...own])
    return { own, inside: { ...inside, params, meta } }
  }

  private group(spec: ResourceSpec, outer: Inside): string | undefined {
    const of: Origin = { element: 'group', id: spec.id }
    const { own, inside } = this.below(of, spec, outer)
    for (const name of own.keys()) this.metaWord(of, name, own, true)
    const stopped = parseRole(own.get('target-role')) === Role.stopped
    const parts = spec.children.flatMap((c) => (c.kind === 'primitive' ? [c] : (this.notes.left(elementOf(c), 'cib.in-group') ?? [])))
    // One that says Started itself runs although its group is stopped.
    const against = parts.some((c) => parseRole(valuesOf(this.notes, elementOf(c), c.meta).get('target-role')) >= Role.started)
    const groupStopped = stopped && !against
    const devices = this.devices.length
    const members = parts.flatMap(
      (c) => this.primitive(c, { ...inside, group: spec.id, groupStopped, told: own.has('target-role') || inside.told === true }) ?? [],
    )
    if (members.length === 0) return this.empty(of, devices, spec.children.map((c) => c.id).join(', '))
    const plain = { name: spec.id, members, ...(groupStopped ? { meta: { 'target-role': 'Stopped' } } : {}) }
    this.draft.groups.push(this.origins.set(plain, of))
    if (outer.clone) this.cloneOf.set(spec.id, outer.clone.name)
    return spec.id
  }

  /** Of something in which nothing is left: fence devices were, or what could not be carried over. */
  private empty(of: Origin, devicesBefore: number, name: string): undefined {
    if (this.devices.length > devicesBefore) return this.notes.note(of, 'cib.device-within')
    return this.notes.left(of, 'cib.empty', { name })
  }

  private clone(spec: ResourceSpec): string | undefined {
    const of: Origin = { element: 'clone', id: spec.id }
    const [child] = spec.children
    if (!child || spec.children.length > 1) return this.notes.left(of, 'cib.clone-children')
    const { own, inside } = this.below(of, spec, { params: new Map(), meta: new Map() })
    // Old configurations have the clone's words at what is cloned.
    const inner = valuesOf(this.notes, elementOf(child), child.meta)
    const meta = new Map([...this.s.resourceDefaults, ...own])
    const promotable = truthy(meta.get('promotable'))
    const device = this.merged(child)?.agent?.class === 'stonith'
    if (!device) {
      const unfit = this.unfit(of, child, meta, promotable)
      if (unfit) return undefined
    }
    for (const name of own.keys()) if (!ofClones.has(name)) this.metaWord(of, name, own, true)
    const passed = new Map(inside.meta)
    if (!passed.has('resource-stickiness') && !this.s.resourceDefaults.has('resource-stickiness')) passed.set('resource-stickiness', '1')
    passed.delete('target-role') // the clone has it in the document as well
    const innerRole = inner.get('target-role')
    const target = own.get('target-role') ?? (parseRole(innerRole) === Role.unpromoted ? innerRole : undefined)
    const told = own.has('target-role')
    const devices = this.devices.length
    const name = this.one(child, {
      ...inside,
      meta: passed,
      clone: { name: spec.id, promotable, notify: truthy(meta.get('notify')) },
      told,
    })
    if (name === undefined) return this.empty(of, devices, child.id)
    this.draft.clones.push(this.origins.set(this.clonePlain(spec.id, name, meta, promotable, target), of))
    return spec.id
  }

  /** Why a clone, with all that is in it, cannot be carried over: its sentence was said. */
  private unfit(of: Origin, child: ResourceSpec, meta: ReadonlyMap<string, string>, promotable: boolean): boolean {
    const count = (name: string, old = name): number => Number.parseInt(meta.get(name) ?? meta.get(old) ?? '1', 10)
    const why =
      child.kind !== 'primitive' && child.kind !== 'group'
        ? 'cib.clone-children'
        : truthy(meta.get('globally-unique'))
          ? 'cib.clone-unique'
          : count('clone-max') === 0
            ? 'cib.clone-none'
            : promotable && count('promoted-max', 'master-max') === 0
              ? 'cib.promoted-none'
              : promotable && child.kind === 'group'
                ? 'cib.promoted-group'
                : undefined
    if (why !== undefined) this.notes.left(of, why)
    return why !== undefined
  }

  private clonePlain(
    name: string,
    resource: string,
    meta: ReadonlyMap<string, string>,
    promotable: boolean,
    target: string | undefined,
  ): Plain {
    const count = (key: string, old = key): number | undefined => {
      const n = Number.parseInt(meta.get(key) ?? meta.get(old) ?? '', 10)
      return Number.isNaN(n) || n < 0 ? undefined : n
    }
    const max = count('clone-max')
    const promoted = promotable ? (count('promoted-max', 'master-max') ?? 1) : undefined
    const min = count('clone-min')
    const role = parseRole(target)
    const word = role === Role.stopped ? 'Stopped' : role === Role.unpromoted && promotable ? 'Unpromoted' : undefined
    return filled({
      name,
      resource,
      promoted: promoted !== undefined && max !== undefined ? Math.min(promoted, max) : promoted,
      // More than kyha has nodes is as many as there are.
      max: max !== undefined && max > LIMITS.nodes ? undefined : max,
      min: min === 0 ? undefined : min,
      ordered: flag(meta.get('ordered'), false),
      interleave: flag(meta.get('interleave'), false),
      notify: flag(meta.get('notify'), false),
      meta: word === undefined ? undefined : { 'target-role': word },
    })
  }

  /** With what its template lends; undefined where that does not exist. */
  private merged(spec: ResourceSpec): ResourceSpec | undefined {
    if (spec.template === undefined) return spec
    const t = this.templates.get(spec.template)
    if (!t) return undefined
    const own = new Set(spec.operations.map((o) => `${o.name} ${parseMs(o.interval) ?? 0}`))
    return {
      ...spec,
      ...(t.agent ? { agent: t.agent } : {}),
      operations: [...t.operations.filter((o) => !own.has(`${o.name} ${parseMs(o.interval) ?? 0}`)), ...spec.operations],
      params: [...t.params, ...spec.params],
      meta: [...t.meta, ...spec.meta],
      utilization: [...t.utilization, ...spec.utilization],
    }
  }

  private primitive(given: ResourceSpec, inside: Inside): string | undefined {
    const { notes, s } = this
    const of: Origin = { element: 'primitive', id: given.id }
    if (!NAME.test(given.id)) return notes.left(of, 'config.bad-name', { line: 0, name: given.id })
    const spec = this.merged(given)
    if (!spec?.agent) return notes.left(of, 'cib.no-template', { template: given.template ?? '' })
    const { class: kind, provider, type } = spec.agent
    const { own, inside: all } = this.below(of, spec, inside)
    if (kind === 'stonith') {
      const meta = new Map([...s.resourceDefaults, ...all.meta])
      return void this.devices.push({ of, agent: type, params: all.params, meta }) as undefined
    }
    if (kind !== 'ocf' && kind !== 'systemd') return notes.left(of, 'cib.agent-class', { class: kind, type })
    if (kind === 'ocf' && provider === 'pacemaker' && type === 'remote') return notes.left(of, 'cib.remote')
    for (const name of own.keys()) this.metaWord(of, name, own, false)
    const params = [...all.params].filter(([name, value]) => !value.startsWith('lrm://') || notes.partly(of, name, 'cib.secret'))
    const plain = filled({
      name: spec.id,
      agent: kind === 'systemd' ? `systemd:${type}` : provider === 'kyha' ? `kyha:${type}` : `ocf:${provider}:${type}`,
      params: named(notes, of, params),
      meta: this.meta(all.meta, own, inside),
      ops: operationsOf(notes, of, spec.operations, {
        values: s.operationDefaults,
        fencing: s.fencing,
        promotable: inside.clone?.promotable === true,
        notify: inside.clone?.notify === true,
      }),
      utilization: named(notes, of, valuesOf(notes, of, spec.utilization)),
    })
    this.draft.resources.push(this.origins.set(plain, of))
    if (inside.clone) this.cloneOf.set(spec.id, inside.clone.name)
    return spec.id
  }

  private meta(all: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>, inside: Inside): Plain {
    const meta = new Map([...this.s.resourceDefaults, ...all])
    const out: Plain = {}
    for (const [name, read] of Object.entries(metas)) {
      const text = meta.get(name)
      if (text !== undefined) out[name] = read(text)
    }
    if (parseScore(meta.get('resource-stickiness')) === this.s.stickiness) delete out['resource-stickiness']
    // All failures within the window count in Pacemaker; where nothing counts them, nothing is said of it.
    const counted = out['failure-timeout'] !== undefined || ![undefined, 0, 'INFINITY'].includes(out['migration-threshold'] as never)
    if (out['failure-counting'] === undefined && counted) out['failure-counting'] = 'window'
    const inherited = inside.groupStopped ? undefined : inside.group ? meta.get('target-role') : undefined
    const target = own.get('target-role') ?? inherited ?? (inside.told ? undefined : this.s.resourceDefaults.get('target-role'))
    if (parseRole(target) === Role.stopped) out['target-role'] = 'Stopped'
    return filled(out)
  }

  /** The sentence of a meta attribute that cannot be carried over. */
  private metaWord(of: Origin, name: string, values: ReadonlyMap<string, string>, collective: boolean): void {
    const value = values.get(name) ?? ''
    if (Object.hasOwn(metas, name) || name === 'target-role') return
    if (collective && ofClones.has(name)) return
    if (guests.includes(name)) this.notes.partly(of, 'remote-node', 'cib.guest')
    else if (name === 'allow-migrate') truthy(value) && this.notes.partly(of, name, 'cib.allow-migrate')
    else if (name === 'requires') {
      if (value !== (this.s.fencing ? 'fencing' : 'quorum')) this.notes.partly(of, name, 'cib.requires', { value })
    } else if (name === 'allow-unhealthy-nodes' && !truthy(value)) return
    else this.notes.partly(of, name, 'cib.meta', { value })
  }
}

const elementOf = (spec: ResourceSpec): Origin => ({ element: spec.kind, id: spec.id })
