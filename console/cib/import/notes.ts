/** What could not be carried over, and what the operator should know: one sentence each that names the element, why, and what to do. */
import { type Lang, render, type TextKey } from '../../../runtime/text/index.js'
import type { Args } from '../../../runtime/verdict.js'

/** `left`: the whole element; `partly`: `what` of it; `changed`: `what` is another now; `note`: nothing is missing. */
export interface Note {
  readonly kind: 'left' | 'partly' | 'changed' | 'note'
  readonly element: string
  readonly id: string
  readonly what: string
  readonly why: TextKey
  readonly args: Args
}

export interface Origin {
  readonly element: string
  readonly id: string
}

export class Notes {
  readonly list: Note[] = []
  private readonly said = new Set<string>()

  left(of: Origin, why: TextKey, args: Args = {}): undefined {
    return this.add({ kind: 'left', ...origin(of), what: '', why, args })
  }
  partly(of: Origin, what: string, why: TextKey, args: Args = {}): undefined {
    return this.add({ kind: 'partly', ...origin(of), what, why, args })
  }
  changed(of: Origin, what: string, why: TextKey, args: Args = {}): undefined {
    return this.add({ kind: 'changed', ...origin(of), what, why, args })
  }
  note(of: Origin, why: TextKey, args: Args = {}): undefined {
    return this.add({ kind: 'note', ...origin(of), what: '', why, args })
  }
  private add(note: Note): undefined {
    const key = JSON.stringify(note)
    if (!this.said.has(key)) this.list.push(note)
    this.said.add(key)
    return undefined
  }
}

const origin = ({ element, id }: Origin): Origin => ({ element, id })

/** Nothing but notes: all of it was carried over. */
export const complete = (notes: readonly Note[]): boolean => notes.every((n) => n.kind === 'note')

export function noteText(lang: Lang, n: Note): string {
  // A problem of the document names a line and an index that nobody has seen.
  const why = render(lang, n.why, n.args)
    .replace(/^(?:Line \d+: |第 \d+ 行：)/, '')
    .replace(/^\w+\[\d+\]\./, '')
  const id = n.id === '' ? '' : ` ${n.id}`
  return render(lang, `cib.${n.kind}`, { element: n.element, id, what: n.what, why })
}
