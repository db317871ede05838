/** What the wire's tests share: fixed names, free ports, waiting for a condition (bounded). */
import { createSecretKey } from 'node:crypto'
import { present } from '../../../runtime/assert.js'
import { bootId, clusterId, type Incarnation, nodeId } from '../../../runtime/ids.js'
import { instant } from '../../../runtime/time.js'
import type { ClusterKeys } from '../../../runtime/wire/keys.js'

export const cluster = clusterId('c0000000-0000-4000-8000-000000000001')
export const otherCluster = clusterId('c0000000-0000-4000-8000-000000000002')
export const a = nodeId('a0000000-0000-4000-8000-00000000000a')
export const b = nodeId('b0000000-0000-4000-8000-00000000000b')
export const c = nodeId('c0000000-0000-4000-8000-00000000000c')
export const life = (digit: string, counter = 1): Incarnation => ({ boot: bootId(digit.repeat(32)), counter })
export const key = (fill: number): ClusterKeys => [createSecretKey(Buffer.alloc(32, fill))]
export const now = (): ReturnType<typeof instant> => instant(performance.now())

/** Turns the bits of `mask` in the byte at `at`, which exists. */
export function flip(bytes: Uint8Array, at: number, mask: number): void {
  bytes[at] = present(bytes[at], `byte ${at}`) ^ mask
}

/** Waits until `condition` holds; fails with `what` after ten seconds. */
export async function until(what: string, condition: () => boolean, msMax = 10_000): Promise<void> {
  const end = performance.now() + msMax
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`)
    await pause(5)
  }
}
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
