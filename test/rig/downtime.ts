/** Reads the probe's lines: what the client saw. Downtime = the longest time between the sending of two successive successful attempts. */
export interface Attempt {
  readonly sentMs: number
  readonly doneMs: number
  readonly ok: boolean
  readonly who: string
}
export interface Downtime {
  /** 0 when no attempt failed. */
  readonly downtimeMs: number
  readonly fromMs: number
  readonly toMs: number
  readonly attempts: number
  readonly failed: number
  /** Of these, how many were told no (refused, reset, closed): a machine that is busy beyond measure only makes attempts late. */
  readonly refused: number
  /** Answers in order without repeats: which owners served. */
  readonly owners: readonly string[]
  /** An owner answered again after another had: two owners at once, or a move back that nobody ordered. */
  readonly alternated: boolean
  readonly recovered: boolean
}

export const parseProbe = (text: string): Attempt[] =>
  text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((f) => f.length === 4)
    .map(([sent, done, state, who]) => ({
      sentMs: Number(sent),
      doneMs: Number(done),
      ok: state === 'ok',
      who: who === '-' ? '' : (who as string),
    }))

/** Only gaps that end after `sinceMs` (the fault) count. */
export function downtimeOf(attempts: readonly Attempt[], sinceMs = 0): Downtime {
  const sorted = [...attempts].sort((a, b) => a.sentMs - b.sentMs)
  const oks = sorted.filter((a) => a.ok)
  const failed = sorted.filter((a) => !a.ok && a.sentMs >= sinceMs)
  let gap = { downtimeMs: 0, fromMs: 0, toMs: 0 }
  oks.forEach((b, i) => {
    const a = oks[i - 1]
    if (!a || b.sentMs < sinceMs) return
    const lostBetween = failed.some((f) => f.sentMs > a.sentMs && f.sentMs < b.sentMs)
    const ms = b.sentMs - a.sentMs
    if (lostBetween && ms > gap.downtimeMs) gap = { downtimeMs: Math.round(ms * 10) / 10, fromMs: a.sentMs, toMs: b.sentMs }
  })
  const owners: string[] = []
  for (const a of oks) if (a.who !== '' && owners.at(-1) !== a.who) owners.push(a.who)
  const alternated = new Set(owners).size < owners.length
  const refused = failed.filter((f) => f.who !== 'timeout').length
  const last = sorted.at(-1)
  return { ...gap, attempts: sorted.length, failed: failed.length, refused, owners, alternated, recovered: last?.ok === true }
}
