/**
 * The flight recorder of a thread: what its actors were given last, without the contents (so no secret can be in it). Written to a file when an
 * actor dies by a bug, read by kyha-shell. The ring is made once and written over.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TraceLine } from '../host/messages.js'

export const eventsMax = 2000
const filesMax = 20

interface Slot {
  atMs: number
  path: string
  node: string
  from: string
  type: string
}

export class Recorder {
  readonly #ring: Slot[]
  #next = 0
  #count = 0

  constructor(private readonly max = eventsMax) {
    this.#ring = Array.from({ length: max }, () => ({ atMs: 0, path: '', node: '', from: '', type: '' }))
  }

  note(atMs: number, path: string, from: { readonly node?: string; readonly path: string }, type: string): void {
    const slot = this.#ring[this.#next]
    if (!slot) return
    slot.atMs = atMs
    slot.path = path
    slot.node = from.node ?? ''
    slot.from = from.path
    slot.type = type
    this.#next = (this.#next + 1) % this.max
    if (this.#count < this.max) this.#count++
  }

  /** Oldest first; only `path`'s when given. */
  lines(path?: string): readonly TraceLine[] {
    const out: TraceLine[] = []
    for (let i = 0; i < this.#count; i++) {
      const slot = this.#ring[(this.#next - this.#count + i + this.max) % this.max]
      if (slot && (path === undefined || slot.path === path)) {
        out.push({ atMs: slot.atMs, path: slot.path, from: slot.node ? `${slot.node}/${slot.from}` : slot.from, type: slot.type })
      }
    }
    return out
  }
}

/** What a crash leaves: `flight-<time>.json` in the state directory, the newest 20 are kept. Gives the file's name; throws what the disk says. */
export function writeFlight(dir: string, at: Date, crash: Readonly<Record<string, unknown>>, lines: readonly TraceLine[]): string {
  mkdirSync(dir, { recursive: true })
  const name = `flight-${at.toISOString().replaceAll(':', '-')}.json`
  writeFileSync(join(dir, name), `${JSON.stringify({ at: at.toISOString(), ...crash, events: lines }, null, 1)}\n`, { mode: 0o640 })
  const old = readdirSync(dir).filter((f) => /^flight-.*\.json$/.test(f))
  for (const f of old.sort().slice(0, Math.max(0, old.length - filesMax))) rmSync(join(dir, f), { force: true })
  return join(dir, name)
}
