/**
 * Breadth-first search over all reachable states of a small model. A state is a string (packed by the model), so that equal states are one and
 * memory stays small; the way to a state is kept as the number of the state that it was found from, its steps are worked out again on demand.
 */

/** `to(step, state)`: one thing that can happen next, and the packed state after it. */
export type To = (step: string, state: string) => void

export interface Model {
  readonly name: string
  readonly first: string
  /** All that can happen in `state`. */
  next(state: string, to: To): void
  /** What must never be, in a sentence; undefined if all is well. */
  accident(state: string): string | undefined
}

export interface Found {
  readonly states: number
  /** Steps from the first state to the farthest that was reached. */
  readonly depth: number
  /** Every reachable state was seen; false: an accident or the bound ended the search. */
  readonly exhausted: boolean
  readonly accident?: string
  /** The shortest way to the accident. */
  readonly steps?: readonly string[]
  readonly ms: number
}

/** All states, or the first accident, or `statesMax` states. */
export function explore(model: Model, statesMax = 12_000_000): Found {
  const began = performance.now()
  const seen = new Set<string>([model.first])
  const order: string[] = [model.first]
  const from: number[] = [-1]
  let depth = 0
  let levelEnd = 1
  let accident: string | undefined
  const done = (exhausted: boolean): Found => {
    const counts = { states: order.length, depth, exhausted, ms: Math.round(performance.now() - began) }
    return accident === undefined ? counts : { ...counts, accident, steps: way(model, order, from) }
  }
  for (let at = 0; at < order.length; at++) {
    if (at === levelEnd) {
      depth++
      levelEnd = order.length
    }
    model.next(order[at] as string, (_, state) => {
      if (accident !== undefined || seen.has(state)) return
      seen.add(state)
      order.push(state)
      from.push(at)
      accident = model.accident(state)
    })
    if (accident !== undefined) depth++
    if (accident !== undefined || order.length >= statesMax) return done(false)
  }
  return done(true)
}

/** The steps to the last state of `order`. */
function way(model: Model, order: readonly string[], from: readonly number[]): string[] {
  const steps: string[] = []
  for (let at = order.length - 1; (from[at] as number) >= 0; at = from[at] as number) {
    let step = ''
    model.next(order[from[at] as number] as string, (name, state) => {
      if (step === '' && state === order[at]) step = name
    })
    steps.unshift(step)
  }
  return steps
}

/** One line for people: what was searched, and what came of it. */
export function line(model: Model, f: Found): string {
  const end = f.accident
    ? `${f.accident} after ${f.steps?.length} steps`
    : f.exhausted
      ? 'exhausted, no accident'
      : 'bound hit, no accident'
  return `${model.name}: ${f.states} states, depth ${f.depth}, ${end} (${(f.ms / 1000).toFixed(1)} s)`
}

/** Small numbers for the distinct values of a model (entries, messages), as single characters of a packed state. */
export class Names<T> {
  readonly #chars = new Map<string, string>()
  readonly #values = new Map<string, T>()

  /** The character of `value`, which `key` names. */
  char(key: string, value: () => T): string {
    const known = this.#chars.get(key)
    if (known !== undefined) return known
    const char = String.fromCharCode(0x100 + this.#chars.size)
    this.#chars.set(key, char)
    this.#values.set(char, value())
    return char
  }
  of(char: string): T {
    return this.#values.get(char) as T
  }
}

/**
 * All that a network of `max` messages can become when `char` is sent into it, each with a word on what was lost: while there is room nothing is
 * (a message that never arrives is as good as lost), after that it or any other.
 */
export function put(net: string, char: string, max: number): readonly (readonly [lost: string, net: string])[] {
  if (net.includes(char)) return [['', net]]
  const sorted = (chars: string): string => [...chars, char].sort().join('')
  if (net.length < max) return [['', sorted(net)]]
  return [[' (lost)', net], ...[...net].map((other) => [' (another is lost)', sorted(net.replace(other, ''))] as const)]
}

/** The bounds of a model in its name. */
export const bounded = (bounds: object): string =>
  Object.entries(bounds)
    .map(([what, most]) => `${most} ${what}`)
    .join(' ')
