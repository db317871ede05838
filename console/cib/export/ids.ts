/** Ids of the CIB: each once, and of the signs that XML allows there. */

import { element } from '../write.js'
import type { Element } from '../xml.js'

export class Ids {
  private readonly taken = new Set<string>()

  /** Names of things keep theirs. */
  keep(id: string): string {
    this.taken.add(id)
    return id
  }
  free(wish: string): string {
    const plain = wish.replace(/[^A-Za-z0-9_.-]/g, '_').replace(/^(?![A-Za-z_])/, '_')
    let id = plain
    for (let n = 2; this.taken.has(id); n++) id = `${plain}-${n}`
    return this.keep(id)
  }
  /** A set of values, or nothing where there is none. */
  set(name: string, owner: string, values: Iterable<readonly [string, string | number | boolean | undefined]>): Element[] {
    const list = [...values].filter(([, v]) => v !== undefined)
    if (list.length === 0) return []
    // The set of this name comes before all others.
    const id = this.free(name === 'cluster_property_set' ? owner : `${owner}-${name}`)
    return [
      element(
        name,
        { id },
        list.map(([k, v]) => element('nvpair', { id: this.free(`${id}-${k}`), name: k, value: v })),
      ),
    ]
  }
}
