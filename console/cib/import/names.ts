/** What a name in a constraint stands for: what was carried over under it, the clone that runs it, all made from a template, what a tag lists. */
import type { ResourceSpec, Scene } from '../../../actors/coordinator/engine/scene.js'
import type { Draft } from './draft.js'
import type { Resources } from './resources.js'

export class Names {
  /** Scores that red, yellow and green stand for in constraints. */
  readonly health: Readonly<Record<string, number>>
  private readonly known: ReadonlySet<string>
  private readonly clones: ReadonlySet<string>
  private readonly devices: ReadonlySet<string>
  private readonly nodes: ReadonlyMap<string, string>
  private readonly made = new Map<string, string[]>()
  private readonly tags: ReadonlyMap<string, readonly string[]>
  private readonly ids = new Set<string>()

  constructor(
    draft: Draft,
    private readonly resources: Resources,
    scene: Scene,
    health: Readonly<Record<string, number>>,
  ) {
    this.health = health
    this.known = new Set([...draft.resources, ...draft.groups, ...draft.clones].map((p) => String(p.name)))
    this.clones = new Set(draft.clones.map((p) => String(p.name)))
    this.devices = new Set(resources.devices.map((d) => d.of.id))
    this.nodes = new Map(Object.keys(draft.nodes).map((n) => [n.toLowerCase(), n]))
    this.tags = new Map(scene.tags.map((t) => [t.id, t.members]))
    const walk = (spec: ResourceSpec): void => {
      this.ids.add(spec.id)
      if (spec.template !== undefined) this.made.set(spec.template, [...(this.made.get(spec.template) ?? []), spec.id])
      spec.children.forEach(walk)
    }
    scene.resources.forEach(walk)
  }

  isCollection(name: string): boolean {
    return !this.ids.has(name) && (this.made.has(name) || this.tags.has(name))
  }
  /** Itself where nobody knows it. */
  expand(name: string, seen = new Set<string>()): string[] {
    if (this.ids.has(name)) return [this.resources.cloneOf.get(name) ?? name]
    const made = this.made.get(name)
    if (made) return made.map((id) => this.resources.cloneOf.get(id) ?? id)
    if (seen.has(name)) return []
    seen.add(name)
    const tag = this.tags.get(name)
    return tag ? [...new Set(tag.flatMap((m) => this.expand(m, seen)))] : [name]
  }
  has(name: string): boolean {
    return this.known.has(name)
  }
  isClone(name: string): boolean {
    return this.clones.has(name)
  }
  isDevice(name: string): boolean {
    return this.devices.has(name)
  }
  /** The node's name as it is spelled in the document: Pacemaker does not look at case. */
  node(name: string): string | undefined {
    return this.nodes.get(name.toLowerCase())
  }
}
