/**
 * Ordering a device and asking until its state is what was ordered. Only the state proves anything: an order that was taken does not, and one that was
 * refused is no harm where the state is right all the same (some refuse "off" to what is off). A time-out is a failure.
 */
import type { Power } from './agent.js'

/** Why a device cannot be used: one sentence without a secret. */
export class DeviceError extends Error {
  constructor(
    sentence: string,
    /** final: asking again changes nothing; refused: it says no to this order; again: it may answer the next time. */
    readonly kind: 'final' | 'refused' | 'again' = 'final',
    /** The device asks to be left alone for so long. */
    readonly afterMs?: number,
  ) {
    super(sentence)
  }
}

/** What a device says of its power; a text: something in between, for people. */
export type State = Power | { readonly between: string }

export interface Orders {
  /** The device, as a subject: "the BMC at 10.0.0.1". */
  readonly who: string
  /** Both end by the instant `by` (`now()`), or are an error. */
  order(by: number): Promise<void>
  read(by: number): Promise<State>
}

const PAUSE_MS = { first: 100, max: 1000 }

export const now = (): number => performance.now()
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** `step` until it answers; what may be over soon is waited for within `limitMs`. */
export async function patiently<T>(limitMs: number, step: (by: number) => Promise<T>): Promise<T> {
  const deadline = now() + limitMs
  for (let wait = PAUSE_MS.first; ; wait = Math.min(2 * wait, PAUSE_MS.max)) {
    try {
      return await step(deadline)
    } catch (e) {
      const rest = e instanceof DeviceError && e.kind === 'again' ? Math.max(wait, e.afterMs ?? 0) : Number.POSITIVE_INFINITY
      if (now() + rest >= deadline) throw e
      await pause(rest)
    }
  }
}

/** Orders it, and is done when the device says that it is so; an error where it does not within `limitMs`. */
export async function bring(wanted: Power, limitMs: number, { who, order, read }: Orders): Promise<void> {
  const deadline = now() + limitMs
  let taken = false
  for (let wait = PAUSE_MS.first; ; wait = Math.min(2 * wait, PAUSE_MS.max)) {
    let trouble: DeviceError | undefined = taken ? undefined : await problemOf(order(deadline))
    taken ||= trouble === undefined
    let state: State | undefined
    if (now() < deadline) {
      const unread = await problemOf(
        read(deadline).then((s) => {
          state = s
        }),
      )
      if (state === wanted) return
      if (trouble?.kind === 'refused' && state !== undefined) throw trouble
      trouble ??= unread
      if (unread && unread.kind !== 'again') throw unread
    }
    const rest = Math.max(wait, trouble?.afterMs ?? 0)
    if (now() + rest >= deadline) throw new DeviceError(lateWords(who, wanted, taken, state, trouble))
    await pause(rest)
  }
}

function lateWords(who: string, wanted: Power, taken: boolean, state: State | undefined, trouble: DeviceError | undefined): string {
  if (trouble) return `not proved to be ${wanted} within power_timeout: ${trouble.message}`
  const still = state === undefined ? 'not known' : typeof state === 'string' ? `still ${state}` : state.between
  return `${who} ${taken ? 'took' : 'did not take'} the order, but the power is ${still} at the end of the time limit`
}

/** What went wrong; an error that ends everything is thrown on. */
async function problemOf(doing: Promise<void>): Promise<DeviceError | undefined> {
  try {
    await doing
    return undefined
  } catch (e) {
    if (e instanceof DeviceError && e.kind !== 'final') return e
    throw e
  }
}
