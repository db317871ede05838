/** What the fuzz tests share: how many runs, sentences in both languages, bytes that are nearly right. */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { render } from '../../runtime/text/index.js'
import type { Verdict } from '../../runtime/verdict.js'

/** FUZZ_RUNS, or what fits into `npm test`. */
export const runsOf = (usual: number): number => Number(process.env['FUZZ_RUNS'] ?? usual)

/** A property, or an asynchronous one; a failure prints its seed, the smallest input, and what did not hold for it. */
export const check = (usual: number, property: fc.IRawProperty<unknown>): void =>
  fc.assert(property as fc.IProperty<unknown>, { numRuns: runsOf(usual), includeErrorInReport: true })
export const checkLater = (usual: number, property: fc.IAsyncProperty<unknown>): Promise<void> =>
  fc.assert(property, { numRuns: runsOf(usual), includeErrorInReport: true })

/** The refusal can be shown to people: one line in each language with nothing left unfilled. */
export function sentences(because: Verdict): void {
  for (const lang of ['en', 'zh'] as const) {
    const text = render(lang, because.key, because.args)
    assert.ok(text.length > 3 && text.length < 2000 && !text.includes('\n'), `${because.key}: ${text}`)
    const own = !Object.values(because.args).join().includes('{') // what is quoted may have braces of its own
    if (own) assert.not.match(text, /\{\w+\}/, `${because.key}: ${text}`)
  }
}

export type Damage = {
  readonly kind: 'set' | 'cut' | 'twice' | 'more'
  readonly at: number
  readonly size: number
  readonly byte: number
}[]

/** Changes of a few bytes: another value, a piece cut out, a piece twice, some bytes more. */
export const damage: fc.Arbitrary<Damage> = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'cut', 'twice', 'more'),
    at: fc.nat(),
    size: fc.integer({ min: 1, max: 12 }),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
)

export function damaged(bytes: Uint8Array, changes: Damage): Buffer {
  let out = Buffer.from(bytes)
  for (const { kind, at, size, byte } of changes) {
    const from = at % (out.length + 1)
    const piece = out.subarray(from, from + size)
    const middle = kind === 'set' ? piece.map(() => byte) : kind === 'cut' ? [] : kind === 'twice' ? [...piece, ...piece] : [byte, ...piece]
    out = Buffer.concat([out.subarray(0, from), Buffer.from(middle), out.subarray(from + piece.length)])
  }
  return out
}
