/** What somebody who mistyped a word may have meant. */

/** The word that differs in at most two letters, swaps being one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const far = known.map((k): [string, number] => [k, distance(word, k)]).sort((a, b) => a[1] - b[1])[0]
  return far && far[1] <= Math.min(2, Math.ceil(word.length / 2)) ? far[0] : undefined
}
function distance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)))
  const at = (i: number, j: number): number => d[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      const row = d[i] as number[]
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swap)
    }
  return at(a.length, b.length)
}
