/**
 * Programmer errors. A failed assertion kills the actor; its supervisor restarts it (design 3.5).
 * Never used for what the world does: that is a refusal (a value) or a fault (a message).
 */
export class Bug extends Error {
  override readonly name = 'Bug'
}

/** Dies with `what` unless `condition` holds. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Bug(what)
}

/** Ends an exhaustive switch: a new union member breaks the build here. */
export function unreachable(value: never): never {
  throw new Bug(`unreachable: ${JSON.stringify(value)}`)
}

/** `value`, or a Bug that names `what` is missing. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Bug(`missing: ${what}`)
  return value
}
