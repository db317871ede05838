/**
 * What runs in a thread of the pool (runtime/pool.ts): finds the job of a kind, gives it its arguments, packs what it returns. A job is a pure
 * function, so that it may be ended at any moment and run again; its module is loaded here, in the first job of its kind, and nowhere else.
 */
import type { Refusal } from '../verdict.js'
import { verdict } from '../verdict.js'
import { pack, unpack } from '../wire/codec.js'

/** From plain values to plain values, without I/O and without a clock. */
export type Job = (args: unknown) => unknown
/** Kind of job -> its module. */
export type Jobs = Readonly<Record<string, () => Promise<{ readonly job: Job }>>>

export interface Task {
  readonly kind: string
  /** msgpack, exact size. */
  readonly args: Uint8Array
  /** URL of a module that exports `jobs`. */
  readonly jobs: string
}
/** `bytes`: the value as msgpack, exact size. */
export type JobOutcome = { readonly ok: true; readonly bytes: Uint8Array } | (Refusal & { readonly ok: false })

/** A job stays inside the process, so its arguments may be larger than a message between nodes. */
export const jobBytesMax = 64 << 20
export const jobElementsMax = 1 << 22

export const packJob = (value: unknown): Uint8Array => pack(value, jobElementsMax)
export function unpackJob(bytes: Uint8Array): unknown {
  const got = unpack(bytes, jobBytesMax, jobElementsMax)
  if (!got.ok) throw new Error(`its bytes cannot be read: ${got.refused}`)
  return got.value
}

export async function carryOut({ kind, args, jobs }: Task): Promise<JobOutcome> {
  const known = ((await import(jobs)) as { readonly jobs: Jobs }).jobs
  const load = Object.hasOwn(known, kind) ? known[kind] : undefined
  if (!load) return { ok: false, refused: 'unknown', because: verdict('refuse', 'runtime.job-unknown', { kind }, 'warning') }
  try {
    const { job } = await load()
    return { ok: true, bytes: packJob(job(unpackJob(args))) }
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const because = verdict('fail', 'runtime.job-failed', { kind, error: text.slice(0, 300) }, 'warning')
    return { ok: false, refused: 'failed', because }
  }
}
