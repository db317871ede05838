/**
 * `kyha disk`: writes the header and the blank slots onto the shared disks of this node's settings, and shows what stands on them. Each disk is read and
 * written by a servant of its own (O_DIRECT), as kyhad does. Nothing is overwritten that carries anything, unless told to.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { blocksOf, decodeHeader, format, type Header, readSlot, type Slot } from '../../actors/disk-heartbeat/layout.js'
import { type ClusterId, diskBlockBytes, type NodeId } from '../../runtime/actor.js'
import { type DiskAnswer, type DiskAsk, DiskClient } from '../../runtime/disk/client.js'
import type { DiskSetting } from '../../runtime/disk/disks.js'
import { nativeDir } from '../../runtime/paths.js'
import type { Refusal } from '../../runtime/verdict.js'
import { isRefusal, refuse } from '../join/names.js'
import { type Found, foundOn, headBlocks, tailBlocks } from './found.js'

const answerMs = 10_000

/** A disk under a servant of its own. */
class Opened {
  readonly #client: DiskClient
  constructor(readonly disk: DiskSetting) {
    this.#client = new DiskClient(() => {
      const child = spawn(join(nativeDir, 'servant'), ['--path', disk.path, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
      child.on('error', (e) => stream.destroy(e))
      return stream
    })
  }
  async size(): Promise<number | Refusal> {
    const bytes = await this.#ask({ op: 'size', timeoutMs: answerMs })
    return isRefusal(bytes) ? bytes : Number(Buffer.from(bytes).readBigUInt64LE(0))
  }
  read = (block: number, count: number): Promise<Uint8Array | Refusal> => this.#ask({ op: 'read', block, count, timeoutMs: answerMs })
  async write(block: number, bytes: Uint8Array): Promise<Refusal | undefined> {
    const got = await this.#ask({ op: 'write', block, bytes, timeoutMs: answerMs })
    return isRefusal(got) ? got : undefined
  }
  close(): void {
    this.#client.close()
  }
  async #ask(ask: DiskAsk): Promise<Uint8Array | Refusal> {
    const { ok, bytes, error } = await new Promise<DiskAnswer>((resolve) => this.#client.ask(ask, resolve))
    if (ok) return bytes ?? new Uint8Array()
    return refuse('unavailable', 'disk.unusable', { disk: this.disk.name, path: this.disk.path, error: error ?? '-' })
  }
}

async function withDisk<T>(disk: DiskSetting, run: (one: Opened) => Promise<T>): Promise<T> {
  const one = new Opened(disk)
  try {
    return await run(one)
  } finally {
    one.close()
  }
}

/** What a disk carries now; `blank` when nothing. */
export interface Look {
  readonly blocks: number
  readonly found: Found | undefined
}
async function look(one: Opened): Promise<Look | Refusal> {
  const blocks = await one.size()
  if (isRefusal(blocks)) return blocks
  const head = await one.read(0, Math.min(blocks, headBlocks))
  if (isRefusal(head)) return head
  const tail = await one.read(Math.max(0, blocks - tailBlocks), Math.min(blocks, tailBlocks))
  return isRefusal(tail) ? tail : { blocks, found: foundOn(head, tail) }
}

export interface InitOptions {
  readonly disks: readonly DiskSetting[]
  readonly cluster: ClusterId
  /** Slot i is that of nodes[i]. */
  readonly nodes: readonly NodeId[]
  readonly force: boolean
  readonly dryRun: boolean
}
export interface Initialized {
  readonly name: string
  readonly path: string
  /** The disk's new uuid. */
  readonly disk: string
  /** What was there before; null: it was blank. */
  readonly before: string | null
}

/** Every disk is looked at before the first one is written. Its header is written last: what was begun and not ended is no disk of a cluster. */
export async function initDisks(o: InitOptions): Promise<readonly Initialized[] | Refusal> {
  const made: (Initialized & { readonly setting: DiskSetting })[] = []
  for (const setting of o.disks) {
    const seen = await withDisk(setting, look)
    if (isRefusal(seen)) return seen
    const { name, path } = setting
    const needs = blocksOf(o.nodes.length)
    if (seen.blocks < needs) return refuse('invalid', 'disk.too-small', { disk: name, path, blocks: seen.blocks, needs })
    if (seen.found && !o.force) return refuse('unsafe', 'disk.not-blank', { disk: name, path, what: describe(seen.found) })
    made.push({ name, path, disk: randomUUID(), before: seen.found ? describe(seen.found) : null, setting })
  }
  const set = made.map((one) => one.disk)
  if (!o.dryRun) {
    for (const { setting, disk } of made) {
      const no = await withDisk(setting, (one) => writeAll(one, { cluster: o.cluster, disk, set, nodes: o.nodes }))
      if (no) return no
    }
  }
  return made.map(({ setting: _, ...one }) => one)
}

async function writeAll(one: Opened, header: Header): Promise<Refusal | undefined> {
  const bytes = format(header)
  const first = bytes.subarray(0, diskBlockBytes)
  return (
    (await one.write(0, new Uint8Array(diskBlockBytes))) ??
    (await one.write(1, bytes.subarray(diskBlockBytes))) ??
    (await one.write(0, first))
  )
}

const describe = ({ what, header }: Found): string => (header ? `${what} of cluster ${header.cluster}, disk ${header.disk}` : what)

export interface Shown {
  readonly name: string
  readonly path: string
  readonly blocks: number
  /** Null: none that can be used; `found` says what is there instead. */
  readonly header: Header | null
  readonly found: string | null
  readonly slots: readonly (Slot & { readonly node: NodeId })[]
}

export const showDisk = (setting: DiskSetting): Promise<Shown | Refusal> =>
  withDisk(setting, async (one) => {
    const seen = await look(one)
    if (isRefusal(seen)) return seen
    const shown = { ...setting, blocks: seen.blocks, found: seen.found?.what ?? null, header: seen.found?.header ?? null }
    if (!shown.header) return { ...shown, slots: [] }
    const { nodes } = shown.header
    const bytes = await one.read(0, blocksOf(nodes.length))
    if (isRefusal(bytes)) return bytes
    const header = decodeHeader(bytes.subarray(0, diskBlockBytes))
    if (!header.ok) return { ...shown, header: null, slots: [] } // replaced meanwhile
    return { ...shown, slots: nodes.map((node, slot) => ({ node, ...readSlot(bytes, header.value, slot) })) }
  })
