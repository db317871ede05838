/**
 * `npm run --silent conformance -- --cases DIR --oracle FILE.jsonl [--json] [--verbose] [--only WORD ...]`: every case of the oracle whose
 * DIR/NAME.xml exists goes through reader and engine; prints a table per group with the four levels, the failing names (with a short diff
 * behind --verbose), and last `N passed, N failed`. `--differ` is in differ.ts. A case passes when placement (L1) and actions (L2) equal the oracle.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { planScene } from '../../actors/coordinator/engine/plan.js'
import { readCib } from '../../console/cib/read.js'
import { type Answer, compare, type Level, levels, type OracleCase, type Verdicts } from './compare.js'
import { differ } from './differ.js'

export interface Ran {
  readonly name: string
  readonly group: string
  readonly tier: number
  readonly ms: number
  readonly result: Verdicts
  readonly passed: boolean
}

export function run(dir: string, oracle: string, only: readonly string[] = []): Ran[] {
  const cases = readFileSync(oracle, 'utf8')
    .split('\n')
    .flatMap((line) => (line.trim() ? [JSON.parse(line) as OracleCase] : []))
  return cases.flatMap((c) => {
    const file = join(dir, `${c.name}.xml`)
    if (!existsSync(file) || (only.length > 0 && !only.some((x) => c.name === x || c.group === x || `tier${c.tier}` === x))) return []
    const t0 = performance.now()
    const answer = ask(readFileSync(file, 'utf8'), clock(c))
    const result = compare(c, answer)
    return [{ name: c.name, group: c.group, tier: c.tier ?? 0, ms: performance.now() - t0, result, passed: result.L1.ok && result.L2.ok }]
  })
}

/** The clock that a case runs at, in seconds: its pin, or the default. */
function clock(c: OracleCase): number {
  const pin = c.now?.['-t']
  const ordinal = /^(\d{4})-(\d{3})T(\d\d):(\d\d)/.exec(pin ?? '')
  if (ordinal) return Date.UTC(Number(ordinal[1]), 0, Number(ordinal[2]), Number(ordinal[3]), Number(ordinal[4])) / 1000
  return Date.parse(pin ?? c.now?.default ?? '2026-01-01T00:00:00Z') / 1000
}

export function ask(xml: string, nowS: number): Answer {
  try {
    const read = readCib(xml, nowS)
    if ('refused' in read) return { error: `refused: ${read.refused.key} ${JSON.stringify(read.refused.args)}` }
    return planScene(read.scene)
  } catch (e) {
    return { error: e instanceof Error ? (e.stack ?? e.message) : String(e) }
  }
}

function table(ran: readonly Ran[]): string[] {
  const count = (list: readonly Ran[]): string => {
    const share = (level: Level): string => `${level} ${String(list.filter((r) => r.result[level].ok).length).padStart(4)}`
    return `${String(list.length).padStart(4)}  ${levels.map(share).join('  ')}  passed ${String(list.filter((r) => r.passed).length).padStart(4)}`
  }
  const groups = [...new Set(ran.map((r) => r.group))].sort()
  const tiers = [...new Set(ran.map((r) => r.tier))].sort()
  return [
    ...groups.map((g) => `${g.padEnd(22)}${count(ran.filter((r) => r.group === g))}`),
    ...tiers.map((t) => `${`tier ${t}`.padEnd(22)}${count(ran.filter((r) => r.tier === t))}`),
    `${'all'.padEnd(22)}${count(ran)}`,
  ]
}

function report(ran: readonly Ran[], verbose: boolean): string[] {
  return ran.flatMap((r) => {
    if (r.passed) return []
    const bad = levels.filter((l) => !r.result[l].ok)
    const diff = verbose ? bad.flatMap((l) => r.result[l].diff.slice(0, 12).map((d) => `    ${l} ${d}`)) : []
    return [`FAIL ${r.name} (tier ${r.tier}, ${bad.join(' ')})`, ...diff]
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string' },
      oracle: { type: 'string' },
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      differ: { type: 'string' },
      seed: { type: 'string', default: '1' },
      kind: { type: 'string', multiple: true, default: [] },
      changes: { type: 'string', default: '1' },
      keep: { type: 'string' },
    },
  })
  if (values.differ && values.cases) {
    const { cases, seed, kind, keep, verbose } = values
    process.exitCode = await differ({
      cases,
      count: Number(values.differ),
      changes: Number(values.changes),
      seed,
      kinds: kind,
      keep,
      verbose,
    })
    return
  }
  if (!values.cases || !values.oracle) {
    process.stderr.write(
      'usage: conformance --cases DIR (--oracle FILE.jsonl [--json] [--verbose] [--only NAME|GROUP|tierN] | --differ N [--seed S])\n',
    )
    process.exitCode = 2
    return
  }
  const ran = run(values.cases, values.oracle, values.only)
  const passed = ran.filter((r) => r.passed).length
  const lines = values.json ? [JSON.stringify(ran)] : [...table(ran), ...report(ran, values.verbose)]
  process.stdout.write(`${[...lines, `${passed} passed, ${ran.length - passed} failed`].join('\n')}\n`)
}

if (process.argv[1]?.endsWith('conformance/main.js')) await main()
