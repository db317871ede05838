/**
 * "Sometimes" marks: rare branches that a swarm must reach, or it proves less than it seems to (design 5, end). Most are known by a sentence that the
 * product says; the rest by what a world sees. `npm run sim` prints how often each was reached; `--marks` makes one that was not an error.
 */
import type { TextKey } from '../../runtime/text/index.js'

const bySentence: Readonly<Partial<Record<TextKey, string>>> = {
  'log.deposed': 'a stale leader stepped down',
  'log.resigned': 'a leader without quorum resigned',
  'quorum.tie-yes': 'a tie-break voter decided with half of the votes',
  'membership.manager-down': 'stand-in beats held a fence',
  'membership.grace-over': 'the grace of stand-in beats was used up',
  'membership.hold-down': 'a flapping node was held down',
  'membership.vouched': 'a node vouched for another',
  'membership.one-way': 'a link was heard one way only',
  'membership.self-doubt': 'a node doubted itself',
  'log.operator-ack': 'an operator confirmed that a node is off',
  'log.solo-opened': 'one of two decided alone',
  'log.solo-ended': 'two decided together again',
  'log.solo-wrong-life': 'a certificate of an earlier life was refused',
  'log.installed': 'a snapshot was installed',
  'log.went-back': 'a disk went back in time',
  'log.chain-broken': 'the tail of a log was dropped at a start',
  'log.disk-full': 'a disk was full',
  'log.released-reboot-probe': 'the probe of a later life released a grant',
  'coordinator.fence-race': 'two nodes raced to fence each other',
  'coordinator.fence-unconfirmed': 'a fence was not confirmed',
  'coordinator.stop-failed-fence': 'a node was fenced since a stop failed',
  'coordinator.fence-dropped': 'a fence was called off',
  'coordinator.failover-timing': 'a service was taken over',
  'resource.quorum-stop': 'services stopped for lost quorum',
  'resource.adopted': 'a service was adopted by a new kyhad',
  'resource.order-refused': 'a director refused an order',
}

export const seenByWorld = [
  'both nodes of two were fenced',
  'a log was pulled before a campaign',
  'the power switch did not answer',
] as const
export type SeenByWorld = (typeof seenByWorld)[number]

export const markNames: readonly string[] = [...Object.values(bySentence), ...seenByWorld]

export type MarkCounts = Readonly<Record<string, number>>

export class Marks {
  readonly counts: Record<string, number> = {}

  sometimes(name: SeenByWorld): void {
    this.#reached(name)
  }

  said(key: TextKey): void {
    const name = bySentence[key]
    if (name !== undefined) this.#reached(name)
  }

  #reached(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}

export function addMarks(to: Record<string, number>, more: MarkCounts): void {
  for (const [name, n] of Object.entries(more)) to[name] = (to[name] ?? 0) + n
}

/** One line a mark, the rarest first. */
export const markLines = (counts: MarkCounts): readonly string[] =>
  markNames
    .map((name) => [counts[name] ?? 0, name] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([n, name]) => `${String(n).padStart(7)}  ${name}`)

export const missed = (counts: MarkCounts): readonly string[] => markNames.filter((name) => !counts[name])
