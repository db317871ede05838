/** Loader hook of a process that runs one mutant: modules that it edits are given with the edit, all others as they are. */
import type { InitializeHook, LoadHook } from 'node:module'
import { pathToFileURL } from 'node:url'
import { dist, type Edit, edited } from './mutate.js'

let edits: readonly Edit[] = []
const base = pathToFileURL(dist).href

export const initialize: InitializeHook<readonly Edit[]> = (data) => {
  edits = data
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const mine = edits.filter((e) => url === `${base}${e.file}`)
  const loaded = await nextLoad(url, context)
  if (mine.length === 0 || !loaded.source) return loaded
  let text = Buffer.from(loaded.source as Uint8Array).toString('utf8')
  for (const e of mine) {
    const now = edited(text, e)
    if (now === undefined) throw new Error(`${e.file}: "${e.from}" does not stand there exactly once`)
    text = now
  }
  return { ...loaded, source: text }
}
