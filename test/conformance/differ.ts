/**
 * `conformance -- --differ N [--seed S] --cases DIR [--kind WORD ...] [--changes N] [--keep DIR]
 * [--verbose]`: N changed cases (`mutate.ts`), each through the engine
 * and through `crm_simulate`. A case on which the two differ before any change is left out. Prints how often they agree, a line for each kind of change.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeXml } from '../../console/cib/write.js'
import { parseXml } from '../../console/cib/xml.js'
import { seeded } from '../../runtime/random.js'
import { type Answers, compare, levels, type Verdicts } from './compare.js'
import { ask } from './main.js'
import { mutations } from './mutate.js'
import { type Simulated, simulate } from './simulator.js'

export interface DifferOptions {
  readonly cases: string
  readonly count: number
  readonly seed: string
  readonly kinds: readonly string[] // all of them where empty
  readonly changes: number // how many at once; further ones are of any kind
  readonly keep: string | undefined // a folder for the simulator's answers, and for what the two differ on
  readonly verbose: boolean
}
interface Changed {
  readonly name: string
  readonly of: string // the case
  readonly kind: string
  readonly xml: string
  readonly nowS: number
}
interface Judged {
  readonly it: Changed
  readonly theirs: Simulated
  readonly result: Verdicts | undefined // undefined: the simulator does not take it
}

const usualS = Date.parse('2026-11-23T12:00:00Z') / 1000
const atOnce = 2

export async function differ(o: DifferOptions): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), 'differ-'))
  try {
    const asked = await round(originals(o.cases), work, o)
    if (asked === undefined) {
      process.stderr.write('crm_simulate is not installed (Debian: pacemaker-cli-utils)\n')
      return 2
    }
    const alike = asked.filter((j) => j.result && passed(j.result)).map((j) => j.it)
    process.stdout.write(`${asked.length} cases, ${alike.length} on which both agree unchanged\n`)
    const judged = (await round(changed(alike, o), work, o)) ?? []
    const before = new Map(asked.map((j) => [j.it.of, JSON.stringify(j.theirs)]))
    const moved = (j: Judged): boolean => before.get(j.it.of) !== JSON.stringify(j.theirs)
    process.stdout.write(`${report(judged, moved, o).join('\n')}\n`)
    return 0
  } finally {
    rmSync(work, { recursive: true })
  }
}

const passed = (r: Verdicts): boolean => r.L1.ok && r.L2.ok

function originals(dir: string): Changed[] {
  const files = readdirSync(dir).filter((f) => f.endsWith('.xml'))
  return files.sort().map((f) => {
    const xml = readFileSync(join(dir, f), 'utf8')
    const own = Number.parseInt(/<cib[^>]*\sexecution-date="(\d+)"/.exec(xml)?.[1] ?? '', 10)
    return { name: f.slice(0, -4), of: f.slice(0, -4), kind: '', xml, nowS: Number.isNaN(own) ? usualS : own }
  })
}

function changed(cases: readonly Changed[], o: DifferOptions): Changed[] {
  const kinds = Object.keys(mutations).filter((k) => o.kinds.length === 0 || o.kinds.includes(k))
  const any = Object.values(mutations)
  const made: Changed[] = []
  for (let i = 0; i < o.count * 4 && made.length < o.count && cases.length > 0; i++) {
    const random = seeded(`${o.seed} ${i}`)
    const kind = kinds[i % kinds.length] as string
    const it = cases[random.int(cases.length)] as Changed
    const parsed = parseXml(it.xml)
    if ('refused' in parsed || !mutations[kind]?.(parsed.root, random)) continue
    for (let more = 1; more < o.changes; more++) any[random.int(any.length)]?.(parsed.root, random)
    made.push({ ...it, kind, name: `${it.of}.${kind}.${o.seed}-${i}`, xml: writeXml(parsed.root) })
  }
  return made
}

/** Each through both, in order; undefined where there is no simulator. */
async function round(list: readonly Changed[], work: string, o: DifferOptions): Promise<Judged[] | undefined> {
  const judged: Judged[] = []
  let missing = false
  let at = 0
  const worker = async (): Promise<void> => {
    for (let i = at++; i < list.length && !missing; i = at++) {
      const it = list[i] as Changed
      const theirs = await answerTo(it, join(work, `${i}.xml`), o)
      if ('missing' in theirs) missing = true
      else judged[i] = { it, theirs, result: 'refused' in theirs ? undefined : beside(it, theirs) }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return missing ? undefined : judged
}

const beside = (it: Changed, theirs: Answers): Verdicts =>
  compare({ name: it.name, group: it.kind, expected: theirs }, ask(it.xml, it.nowS))

async function answerTo(it: Changed, file: string, o: DifferOptions): Promise<Simulated> {
  const kept = o.keep && join(o.keep, `${createHash('sha1').update(`${it.nowS} ${it.xml}`).digest('hex')}.json`)
  if (kept && existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Simulated
  writeFileSync(file, it.xml)
  const answer = await simulate(file, it.nowS)
  rmSync(file)
  if (kept && o.keep) {
    mkdirSync(o.keep, { recursive: true })
    writeFileSync(kept, JSON.stringify(answer))
  }
  return answer
}

function report(judged: readonly Judged[], moved: (j: Judged) => boolean, o: DifferOptions): string[] {
  const line = (name: string, list: readonly Judged[]): string => {
    const telling = list.filter((j) => j.result && moved(j)).flatMap((j) => j.result ?? [])
    const share = (ok: (r: Verdicts) => boolean): string =>
      `${((100 * telling.filter(ok).length) / Math.max(1, telling.length)).toFixed(1)} %`
    const each = levels.map((l) => `${l} ${share((r) => r[l].ok).padStart(7)}`).join('  ')
    const refused = list.filter((j) => !j.result).length
    return `${name.padEnd(20)}${[list.length, refused, telling.length].map((n) => String(n).padStart(6)).join('')}  ${each}  agree ${share(passed).padStart(7)}`
  }
  const kinds = [...new Set(judged.map((j) => j.it.kind))].sort()
  const different = judged.flatMap(({ it, result }): string[] => {
    if (!result || levels.every((l) => result[l].ok)) return []
    if (o.keep) writeFileSync(join(o.keep, `${it.name}.xml`), it.xml)
    const diff = levels.flatMap((l) => result[l].diff.slice(0, 12).map((d) => `    ${l} ${d}`))
    const bad = levels.filter((l) => !result[l].ok)
    return passed(result) && !o.verbose ? [] : [`DIFFERS ${it.name} (${bad.join(' ')})`, ...(o.verbose ? diff : [])]
  })
  const head = `${'kind'.padEnd(20)}  made refused moved`
  return [
    ...different,
    head,
    ...kinds.map((k) =>
      line(
        k,
        judged.filter((j) => j.it.kind === k),
      ),
    ),
    line('all', judged),
  ]
}
