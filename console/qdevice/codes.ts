/**
 * Codes that enroll one cluster each: files in the device's state directory, so that `kyha qdevice code` needs no way into the running device. Good
 * once, until they expire by this host's clock. Five wrong secrets withdraw all of them, since nobody can tell which one was being guessed.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Refusal } from '../../runtime/verdict.js'
import { newSecret } from '../../runtime/wire/joincode.js'
import { isRefusal, refuse } from '../join/names.js'
import { readJson, syncDir, writeDurably } from './files.js'

export const codesMax = 8
export const wrongMax = 5

const CodeFile = v.object({ secret: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)), expiresS: v.pipe(v.number(), v.integer()) })
type CodeFile = v.InferOutput<typeof CodeFile>
export interface Found extends CodeFile {
  readonly file: string
}

const dirOf = (dir: string): string => join(dir, 'codes')

/** All codes in the files, expired ones included; a file that is none is left out. */
function codesIn(dir: string): readonly Found[] {
  if (!existsSync(dirOf(dir))) return []
  return readdirSync(dirOf(dir))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = join(dirOf(dir), name)
      const code = readJson(file, CodeFile)
      return isRefusal(code) ? [] : [{ ...code, file }]
    })
}

/** A new code's secret and end; refused when eight are open. Rejects with the system's error. */
export async function giveCode(dir: string, lifeMs: number, nowMs: number): Promise<CodeFile | Refusal> {
  const nowS = Math.floor(nowMs / 1000)
  for (const old of codesIn(dir)) if (old.expiresS < nowS - 86_400) rmSync(old.file, { force: true })
  if (codesIn(dir).filter((c) => c.expiresS >= nowS).length >= codesMax)
    return refuse('too-many', 'witness.codes-full', { limit: codesMax })
  const code = { secret: newSecret(), expiresS: Math.ceil((nowMs + lifeMs) / 1000) }
  await writeDurably(join(dirOf(dir), `${randomUUID()}.json`), `${JSON.stringify(code)}\n`)
  return code
}

/** The device's side: who proves what. */
export class Codes {
  #wrong = 0
  constructor(private readonly dir: string) {}

  find(proves: (secret: string) => boolean, nowMs: number): Found | Refusal {
    const found = codesIn(this.dir).find((c) => proves(c.secret))
    const lateS = found ? Math.floor(nowMs / 1000) - found.expiresS : 0
    if (found && lateS <= 0) return found
    if (found) return refuse('join-code-expired', 'witness.code-expired', { lateS })
    if (++this.#wrong < wrongMax) return refuse('join-code-unknown', 'witness.code-unknown', {})
    for (const { file } of codesIn(this.dir)) rmSync(file, { force: true })
    this.#wrong = 0
    return refuse('join-code-void', 'witness.codes-void', { wrong: wrongMax })
  }

  /** It is used up, also after a power cut. */
  async spend(code: Found): Promise<void> {
    rmSync(code.file, { force: true })
    await syncDir(dirOf(this.dir))
  }
}
