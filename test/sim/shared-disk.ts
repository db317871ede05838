/**
 * Disks that several machines share, and what can be wrong with them: out of reach, slow, gone, read or write errors, writes torn by a power cut, rot,
 * writes to a wrong block, another disk in the place. What a machine asks of a disk is carried out in order and is durable before it is answered; a
 * request that is answered `timeout` may be carried out later all the same, over lives of kyhad. A disk never gives back an old version of a block that
 * it acknowledged (F59): what the disk witness promises ends there (actors/disk-heartbeat/README.md).
 */
import { blockOf, decodeHeader, decodeRegister, format, type Header } from '../../actors/disk-heartbeat/layout.js'
import type { WitnessRecord } from '../../actors/witness/register.js'
import { type DiskResult, diskBlockBytes, type Effect } from '../../runtime/actor.js'
import type { Random } from '../../runtime/random.js'

export type DiskEffect = Extract<Effect, { do: 'disk' }>
type Answer = (result: DiskResult) => void
interface Request {
  readonly effect: DiskEffect
  readonly answer: Answer
  answered: boolean
}
interface Queue {
  requests: Request[]
  busy: boolean
}
export interface Later {
  after(ms: number, run: () => void): unknown
}

export const noServant = ({ id, disk }: DiskEffect): DiskResult => ({ type: 'disk-result', id, disk, ok: false, error: 'no servant' })
const sectorBytes = 512
const stuckMax = 64

export class SharedDisk {
  /** What is in the place of the disk: its own medium, or another one. */
  medium: Uint8Array
  readonly own: Uint8Array
  /** Machines that do not reach it, by name; and it is there at all. */
  readonly cut = new Set<string>()
  present = true
  /** Machines whose requests wait, and what each one takes beyond the usual, ms. */
  readonly stalled = new Set<string>()
  extraMs = 0
  /** So many reads, or writes, fail; so many writes go to another block. */
  failsRead = 0
  failsWrite = 0
  misdirects = 0
  readonly #queues = new Map<string, Queue>()

  constructor(
    readonly name: string,
    /** As it was made: whose disk it is. */
    readonly header: Header,
    private readonly later: Later,
    private readonly random: Random,
    private readonly written: (disk: SharedDisk, block: number, bytes: Uint8Array) => void,
  ) {
    this.own = format(header)
    this.medium = this.own
  }

  ask(machine: string, effect: DiskEffect, answer: Answer): void {
    const queue = this.#queue(machine)
    const request: Request = { effect, answer, answered: false }
    if (queue.requests.length >= stuckMax) return this.#tell(request, { ok: false, error: 'full' })
    queue.requests.push(request)
    this.later.after(effect.timeoutMs, () => this.#tell(request, { ok: false, error: 'timeout' }))
    this.#serve(machine, queue)
  }

  release(machine: string): void {
    this.stalled.delete(machine)
    this.#serve(machine, this.#queue(machine))
  }

  /** Power of a machine is cut: the write that is on its way is done, torn or not done; nothing after it is. */
  lost(machine: string): void {
    const first = this.#queue(machine).requests.find((r) => r.effect.op === 'write')?.effect
    this.#queues.delete(machine)
    if (first?.op === 'write' && this.#reaches(machine)) this.#tear(first.block, first.bytes)
  }

  #queue(machine: string): Queue {
    const queue = this.#queues.get(machine) ?? { requests: [], busy: false }
    this.#queues.set(machine, queue)
    return queue
  }

  #reaches = (machine: string): boolean => this.present && !this.cut.has(machine)

  #serve(machine: string, queue: Queue): void {
    if (queue.busy || queue.requests.length === 0 || this.stalled.has(machine)) return
    queue.busy = true
    this.later.after(0.2 + this.random.next() * 1.8 + this.extraMs, () => {
      if (this.#queues.get(machine) !== queue) return // its power was cut
      queue.busy = false
      if (this.stalled.has(machine)) return
      const request = queue.requests.shift()
      if (request) this.#tell(request, this.#carryOut(machine, request.effect))
      this.#serve(machine, queue)
    })
  }

  #tell(request: Request, end: Pick<DiskResult, 'ok' | 'bytes' | 'error'>): void {
    if (request.answered) return
    request.answered = true
    const { id, disk } = request.effect
    request.answer({ type: 'disk-result', id, disk, ...end })
  }

  #carryOut(machine: string, effect: DiskEffect): Pick<DiskResult, 'ok' | 'bytes' | 'error'> {
    if (!this.#reaches(machine)) return { ok: false, error: 'ENODEV' }
    if (effect.op === 'read') {
      if (this.failsRead > 0) {
        this.failsRead--
        return { ok: false, error: 'EIO' }
      }
      const from = effect.block * diskBlockBytes
      return { ok: true, bytes: this.medium.slice(from, from + effect.count * diskBlockBytes) }
    }
    if (this.failsWrite > 0) {
      this.failsWrite--
      this.#tear(effect.block, effect.bytes)
      return { ok: false, error: 'EIO' }
    }
    if (this.misdirects > 0) {
      this.misdirects--
      this.#put(this.random.int(this.medium.length / diskBlockBytes), effect.bytes)
    } else this.#put(effect.block, effect.bytes)
    return { ok: true }
  }

  #put(block: number, bytes: Uint8Array): void {
    this.medium.set(bytes, block * diskBlockBytes)
    if (this.medium === this.own) this.written(this, block, bytes)
  }

  /** A front part of the sectors is new: none, some or all. */
  #tear(block: number, bytes: Uint8Array): void {
    const sectors = this.random.int(bytes.length / sectorBytes + 1)
    const torn = this.medium.slice(block * diskBlockBytes, block * diskBlockBytes + bytes.length)
    torn.set(bytes.subarray(0, sectors * sectorBytes))
    // Half a sector, where the disk is worse than it says.
    if (sectors * sectorBytes < bytes.length && this.random.chance(0.5))
      torn.set(bytes.subarray(sectors * sectorBytes, sectors * sectorBytes + 64 + this.random.int(128)), sectors * sectorBytes)
    this.#put(block, torn)
  }

  /** Some bits of a block are not what they were. */
  rot(block: number): void {
    const from = block * diskBlockBytes
    for (let n = 1 + this.random.int(4); n > 0; n--) {
      const i = from + this.random.int(this.random.chance(0.5) ? 256 : diskBlockBytes)
      this.medium[i] = (this.medium[i] as number) ^ (1 << this.random.int(8))
    }
  }

  works(): void {
    this.present = true
    this.cut.clear()
    for (const machine of [...this.stalled]) this.release(machine)
    this.extraMs = 0
    this.failsRead = 0
    this.failsWrite = 0
    this.misdirects = 0
    this.medium = this.own
  }
}

/** The set of shared disks of one cluster. */
export class SharedDisks {
  readonly disks: readonly SharedDisk[]
  /** Which disks were ever given a record by the node that it names, in a ballot of its own: `epoch owner` -> disks. */
  readonly #vouchers = new Map<string, Set<string>>()

  constructor(
    count: number,
    private readonly header: Omit<Header, 'disk' | 'set'>,
    private readonly later: Later,
    private readonly random: Random,
    uuid = 'disk',
  ) {
    const set = Array.from({ length: count }, (_, i) => `${uuid}-${i + 1}`)
    this.disks = set.map(
      (disk, i) =>
        new SharedDisk(`d${i + 1}`, { ...header, disk, set }, later, random.split(disk), (on, block, bytes) =>
          this.#note(on, block, bytes),
        ),
    )
  }

  carry(machine: string, effect: DiskEffect, answer: Answer): void {
    const disk = this.disks.find((d) => d.name === effect.disk)
    if (disk) disk.ask(machine, effect, answer)
    else this.later.after(0, () => answer(noServant(effect)))
  }

  lost(machine: string): void {
    for (const d of this.disks) d.lost(machine)
  }

  /** Blank disks of a new set in the places of all. */
  replaced(uuid: string): SharedDisks {
    return new SharedDisks(this.disks.length, this.header, this.later, this.random.split(uuid), uuid)
  }

  /** A majority of the disks has held this record. */
  vouch({ epoch, owner }: WitnessRecord): boolean {
    return 2 * (this.#vouchers.get(`${epoch} ${owner}`)?.size ?? 0) > this.disks.length
  }

  #note(disk: SharedDisk, block: number, bytes: Uint8Array): void {
    const slot = Math.floor((block - 1) / 2)
    const twin = ((block - 1) % 2) as 0 | 1
    if (block < 1 || blockOf(slot, twin) !== block) return
    const read = decodeRegister(bytes, disk.header, slot, twin)
    if (!read.ok || read.value.bal !== read.value.mbal || read.value.record?.owner !== this.header.nodes[slot]) return
    const { epoch, owner } = read.value.record ?? {}
    const key = `${epoch} ${owner}`
    this.#vouchers.set(key, (this.#vouchers.get(key) ?? new Set()).add(disk.name))
  }
}

/** A disk of another cluster, and a disk that nobody initialised. */
export const foreign = (h: Header): Uint8Array => format({ ...h, cluster: 'another-cluster' as Header['cluster'] })
export const blankDisk = (h: Header): Uint8Array => new Uint8Array(format(h).length)
/** Whose disk a medium is; undefined: nobody's. */
export function ownerOf(medium: Uint8Array): string | undefined {
  const read = decodeHeader(medium.subarray(0, diskBlockBytes))
  return read.ok ? read.value.cluster : undefined
}
