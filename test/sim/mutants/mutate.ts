/** One rule of the product switched off: text of compiled modules that is replaced. What is to be replaced stands there exactly once, or the mutant is broken. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mode } from '../mode.js'
import type { Ends } from '../scenario.js'

export interface Edit {
  /** Compiled module, from dist/. */
  readonly file: string
  readonly from: string
  readonly to: string
}
export interface Mutant {
  /** The rule that is switched off, in a few words. */
  readonly rule: string
  /** Numbers of nodes that it is looked for with, in turn. */
  readonly nodes: readonly number[]
  /** It takes an end at the right moment: crash points of one history come before seeds. */
  readonly crash?: boolean
  /** Who says which of two may go on alone; without: a certificate. */
  readonly mode?: Mode
  /** Names of faults that come first. */
  readonly first?: readonly string[]
  /** What ends a node, instead of what the seed says. */
  readonly ends?: Ends
  /** In each history something is cloned, not in every third. */
  readonly clones?: true
  /** Drawn schedules of the disk witness come before seeds. */
  readonly schedules?: boolean
  readonly edits: readonly Edit[]
}

/** `file`: without its ending. */
export const edit = (file: string, from: string, to: string): Edit => ({ file: `${file}.js`, from, to })

export const dist = fileURLToPath(new URL('../../../', import.meta.url))

/** `text` with one edit; or undefined where its text does not stand exactly once. */
export function edited(text: string, { from, to }: Edit): string | undefined {
  const at = text.indexOf(from)
  if (at < 0 || text.indexOf(from, at + 1) >= 0) return undefined
  return text.slice(0, at) + to + text.slice(at + from.length)
}

/** Edits of `mutant` that do not fit the code any more. */
export function broken(mutant: Mutant): readonly Edit[] {
  const texts = new Map<string, string>()
  return mutant.edits.filter((e) => {
    const now = edited(texts.get(e.file) ?? readFileSync(join(dist, e.file), 'utf8'), e)
    texts.set(e.file, now ?? '')
    return now === undefined
  })
}
