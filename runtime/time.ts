/**
 * One clock: whole milliseconds of CLOCK_MONOTONIC, the same for every thread of a process.
 * Two machines' instants are never compared (design 3.11): a remote time is a `RemoteStamp`, a label to show.
 */
declare const brand: unique symbol

/** Milliseconds on this machine's boot clock. */
export type Instant = number & { readonly [brand]: 'Instant' }
/** Wall-clock ISO 8601 text made by some machine. For showing only: it has no order. */
export type RemoteStamp = string & { readonly [brand]: 'RemoteStamp' }

export const instant = (ms: number): Instant => Math.trunc(ms) as Instant
/** The instant `ms` after `at`. */
export const after = (at: Instant, ms: number): Instant => (at + Math.trunc(ms)) as Instant
/** Whole milliseconds from `from` to `to` (negative if `to` is earlier). */
export const elapsed = (from: Instant, to: Instant): number => to - from
