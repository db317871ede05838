/** Figures as the bench keeps them, and bench/RESULTS.md, which only commands write. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from '../runtime/paths.js'

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
  readonly samples: readonly number[]
}

export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  const mid = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? (sorted[mid] as number) : ((sorted[mid - 1] as number) + (sorted[mid] as number)) / 2
  return { min: sorted[0] ?? -1, median: Math.round(median * 10) / 10, max: sorted.at(-1) ?? -1, samples }
}

export const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}

export const machine = (): string =>
  `${cpus().length} x ${cpus()[0]?.model.trim() ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`
export const load = (): string => (loadavg()[0] as number).toFixed(1)

const file = join(root, 'bench', 'RESULTS.md')
const head =
  '# Results\n\nWritten by `npm run bench`; each section by the command that it names. Downtime is what a client saw: a TCP attempt every 5 ms.\n'

/** Replaces the section of `name`, keeps the others. */
export function writeSection(name: string, body: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : head
  const sections = text.split(/^## /m)
  const kept = sections.slice(1).filter((s) => !s.startsWith(`${name}\n`))
  const all = [...kept, `${name}\n\n${body.trim()}\n\n`].sort()
  writeFileSync(file, `${(sections[0] ?? head).trimEnd()}\n\n${all.map((s) => `## ${s.trimEnd()}\n`).join('\n')}`)
}
