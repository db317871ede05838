/**
 * The cluster key and what is made of it. The key itself signs nothing: each sender signs to each receiver, in each life of its
 * machine, with HKDF-SHA-256(cluster key, salt = cluster id, info = 'dgram' | sender | sender's bootId | receiver), so that a frame
 * is worth nothing to any other node and after the next boot. Two keys may be active while the key is rotated: the first signs, both
 * verify. File: one key a line, `kyha-key-1:<base64 of 32 bytes>`, readable by its owner only. A key never prints (design S23).
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { assert, present } from '../assert.js'
import type { BootId, ClusterId, NodeId } from '../ids.js'
import { type Args, type Refusal, verdict } from '../verdict.js'
import { macBytes, uuidBytes } from './frame.js'

const prefix = 'kyha-key-1:'
const keyBytes = 32

/** One or two active keys; the first signs. */
export type ClusterKeys = readonly [KeyObject] | readonly [KeyObject, KeyObject]

/** A new key as a line for the key file. */
export const makeKeyLine = (): string => `${prefix}${randomBytes(keyBytes).toString('base64')}\n`

/** Keys out of the text of a key file. `from` names the file in the sentence. */
export function parseKeys(text: string, from: string): ClusterKeys | Refusal {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length < 1 || lines.length > 2) return refuse('key-count', 'wire.key-count', { file: from, count: lines.length })
  const keys: KeyObject[] = []
  for (const line of lines) {
    const bytes = line.startsWith(prefix) ? Buffer.from(line.slice(prefix.length), 'base64') : Buffer.alloc(0)
    if (bytes.length !== keyBytes || bytes.toString('base64') !== line.slice(prefix.length)) {
      return refuse('key-format', 'wire.key-format', { file: from, form: `${prefix}<base64>` })
    }
    keys.push(createSecretKey(bytes))
  }
  return keys as unknown as ClusterKeys
}

/** Keys of a file that only its owner may read. */
export function readKeys(path: string): ClusterKeys | Refusal {
  let text: string
  try {
    const mode = statSync(path).mode & 0o777
    if ((mode & 0o077) !== 0) return refuse('key-mode', 'wire.key-mode', { file: path, mode: mode.toString(8) })
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return refuse('key-file', 'wire.key-file', { file: path, error: (error as Error).message })
  }
  return parseKeys(text, path)
}

/** Signs and verifies frames between `self` and its peers. */
export interface Signer {
  /** Puts the MAC into the last 16 bytes of `frame`. */
  sign(frame: Buffer, to: NodeId): void
  /** True when the last 16 bytes are the MAC that `from` in life `boot` makes for us with an active key. */
  verify(frame: Buffer, from: NodeId, boot: BootId): boolean
}

/** Derived keys that are remembered; beyond it the oldest goes and is derived again when needed (10 us). */
const derivedMax = 256

export function openSigner(cluster: ClusterId, self: NodeId, boot: BootId, keys: ClusterKeys): Signer {
  const salt = uuidBytes(cluster)
  const derived = new Map<string, readonly KeyObject[]>()
  const derive = (sender: NodeId, life: BootId, receiver: NodeId): readonly KeyObject[] => {
    const info = Buffer.concat([Buffer.from('dgram'), uuidBytes(sender), uuidBytes(life), uuidBytes(receiver)])
    return keys.map((key) => createSecretKey(new Uint8Array(hkdfSync('sha256', key, salt, info, keyBytes))))
  }
  const remember = (name: string, made: readonly KeyObject[]): readonly KeyObject[] => {
    if (derived.size >= derivedMax) derived.delete(derived.keys().next().value as string)
    derived.set(name, made)
    return made
  }
  return {
    sign(frame, to) {
      const name = `to ${to}`
      const made = derived.get(name) ?? remember(name, derive(self, boot, to))
      mac(present(made[0], 'signing key'), frame).copy(frame, frame.length - macBytes, 0, macBytes)
    },
    verify(frame, from, life) {
      const name = `${from} ${life}`
      const known = derived.get(name)
      const made = known ?? derive(from, life, self)
      if (!made.some((key) => same(mac(key, frame), frame))) return false
      if (!known) remember(name, made) // only now: a forger must not be able to push keys out
      return true
    },
  }
}

const mac = (key: KeyObject, frame: Buffer): Buffer =>
  createHmac('sha256', key)
    .update(frame.subarray(0, frame.length - macBytes))
    .digest()

/** Compares in constant time. */
function same(digest: Buffer, frame: Buffer): boolean {
  const at = frame.length - macBytes
  assert(at > 0, 'a frame is longer than its MAC')
  let difference = 0
  for (let i = 0; i < macBytes; i++) difference |= (digest[i] ?? 0) ^ (frame[at + i] ?? 0)
  return difference === 0
}

const refuse = (refused: string, key: Parameters<typeof verdict>[1], args: Args): Refusal => ({
  refused,
  because: verdict('refuse', key, args, 'error'),
})
