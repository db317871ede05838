/**
 * Nodes and resources as people know them: by name, out of the log's state, and before there is one out of what this node's own files say. Sentences
 * and paths that people read are given to `text`; whatever a machine reads keeps the ids.
 */
import type { Args } from '../../runtime/verdict.js'
import type { Model } from './model.js'

export interface Known {
  readonly node: string
  readonly name: string
}
/** An actor's path of one resource. */
const RESOURCE = /\bresource\/(r\d+\.\d+)\b/g
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g

export class People {
  readonly #early: readonly Known[]
  readonly #model: Pick<Model, 'state'>

  constructor(model: Pick<Model, 'state'>, early: readonly Known[] = []) {
    this.#model = model
    this.#early = early
  }

  nameOf(node: string): string | undefined {
    return [...(this.#model.state?.members ?? []), ...this.#early].find((m) => m.node === node)?.name
  }

  text(text: string): string {
    const ids = this.#model.state?.ids ?? {}
    const resource = (id: string): string => Object.keys(ids).find((name) => ids[name] === id) ?? id
    return text.replace(UUID, (id) => this.nameOf(id) ?? id).replace(RESOURCE, (_, id: string) => `resource/${resource(id)}`)
  }

  args(args: Args): Args {
    return Object.fromEntries(Object.entries(args).map(([k, v]) => [k, typeof v === 'string' ? this.text(v) : v]))
  }
}
