/**
 * Two nodes and their shared disks, block by block, in an order that is drawn: which request is carried out next, which answer is lost, who dies, what
 * of a write is on the disk then, what rots, what goes to a wrong block, who asks what. Asked of every answer: an epoch has one owner, and no answer
 * knows less than one that was given before it was asked for.
 */
import { actor, type DiskState } from '../../../actors/disk-heartbeat/actor.js'
import { blocksOf, format, type Header } from '../../../actors/disk-heartbeat/layout.js'
import type { DiskIn } from '../../../actors/disk-heartbeat/messages.js'
import type { WitnessAsk, WitnessTold } from '../../../actors/witness/messages.js'
import { type Boot, type DiskResult, diskBlockBytes, type Effect, type Env, type Step } from '../../../runtime/actor.js'
import { clusterId, nodeId } from '../../../runtime/ids.js'
import { type Random, seeded } from '../../../runtime/random.js'
import { instant } from '../../../runtime/time.js'

type Request = Extract<Effect, { do: 'disk' }>
interface Waiting {
  readonly request: Request
  /** Of the node that asked; nobody else hears the answer. */
  readonly life: number
  told: boolean
}
interface Node {
  readonly slot: number
  life: number
  state: DiskState | undefined
  timer: boolean
  /** What was answered before its question was asked. */
  floor: number
}
export interface Faults {
  readonly lost: number
  readonly crash: number
  readonly damage: number
}

const ids = [nodeId('node-a'), nodeId('node-b')]
const cluster = clusterId('cluster')
const sectorBytes = 512
const epochsMax = 12

export class Schedule {
  readonly broken: string[] = []
  answers = 0
  readonly #random: Random
  readonly #headers: readonly Header[]
  readonly #disks: Uint8Array[]
  readonly #queues = new Map<string, Waiting[]>()
  readonly #nodes: Node[] = ids.map((_, slot) => ({ slot, life: 0, state: undefined, timer: false, floor: -1 }))
  readonly #owners = new Map<number, string>()
  #answered = -1
  #misdirects = 0
  #now = 0

  constructor(
    seed: string,
    disks: number,
    private readonly faults: Faults,
  ) {
    this.#random = seeded(seed)
    const set = Array.from({ length: disks }, (_, i) => `disk-${i}`)
    this.#headers = set.map((disk) => ({ cluster, disk, set, nodes: ids }))
    this.#disks = this.#headers.map(format)
    for (const n of this.#nodes) this.#start(n)
  }

  run(steps: number): void {
    for (let i = 0; i < steps && this.broken.length === 0; i++) this.#step()
  }

  #step(): void {
    this.#now += this.#random.int(20)
    const r = this.#random.next()
    const { lost, crash, damage } = this.faults
    const n = this.#nodes[this.#random.int(2)] as Node
    if (r < crash) return this.#dies(n)
    if (r < crash + damage) return this.#damage()
    const state = n.state?.enabled ? n.state : undefined
    // What is under way is seldom broken off, else nothing would ever be answered.
    if (r < crash + damage + (state?.asked ? 0.005 : 0.1)) return this.#ask(n)
    if (n.timer && this.#random.chance(state?.round ? 0.002 : 0.2)) return this.#tell(n, { type: 'look' }, true)
    const queues = [...this.#queues].filter(([, q]) => q.length > 0)
    const [key, queue] = queues[this.#random.int(queues.length || 1)] ?? []
    if (!key || !queue) return this.#ask(n)
    const [who, disk] = key.split(' ').map(Number) as [number, number]
    if (this.#random.chance(lost)) return this.#late(who, queue)
    const first = queue.shift()
    if (first) this.#answer(who, first, this.#carryOut(disk, first.request))
  }

  #start(n: Node): void {
    const boot = { cluster, node: ids[n.slot], args: { disks: this.#disks.map((_, i) => ({ name: `${i}` })) } } as unknown as Boot
    n.life++
    this.#take(n, actor.init(boot, this.#env(n)))
  }

  #env = (n: Node): Env => ({
    now: instant(this.#now),
    random: this.#random,
    self: { node: ids[n.slot] as never, path: 'disk-heartbeat' },
    from: { path: 'log' },
  })

  #tell(n: Node, msg: DiskIn, isTimer = false): void {
    if (isTimer) n.timer = false
    if (n.state) this.#take(n, actor.receive(n.state, msg, this.#env(n)))
  }

  #take(n: Node, step: Step<DiskState>): void {
    n.state = step.state
    for (const e of step.effects) {
      if (e.do === 'timer') n.timer = true
      if (e.do === 'send') this.#told(n, e.msg as WitnessTold)
      if (e.do !== 'disk') continue
      const key = `${n.slot} ${e.disk}`
      this.#queues.set(key, [...(this.#queues.get(key) ?? []), { request: e, life: n.life, told: false }])
    }
  }

  #ask(n: Node): void {
    const known = n.state?.enabled ? n.state.asked : undefined
    const epoch = Math.max(0, Math.min(epochsMax, this.#answered - 2 + this.#random.int(4)))
    const ask: WitnessAsk = {
      type: 'witness-ask',
      ask: this.#random.chance(0.2) ? 'enrol' : 'claim',
      witness: 'disks',
      node: ids[n.slot] as never,
      epoch,
    }
    if (known?.ask.ask !== ask.ask || known.ask.epoch !== epoch) n.floor = this.#answered
    this.#tell(n, ask)
  }

  #told(n: Node, told: WitnessTold): void {
    this.answers++
    const { record, ok, ask, epoch } = told
    const holds = record?.epoch ?? -1
    const owner = record?.owner ?? '-'
    if (holds < n.floor) this.broken.push(`${ids[n.slot]} is told of epoch ${holds}, and ${n.floor} was answered before it asked`)
    const known = this.#owners.get(holds) ?? owner
    if (known !== owner) this.broken.push(`epoch ${holds} is of ${known} and of ${owner}`)
    if (holds >= 0) this.#owners.set(holds, owner)
    if (ok && ask === 'claim' && (holds !== epoch + 1 || owner !== ids[n.slot]))
      this.broken.push(`a claim was granted that is not in the record`)
    this.#answered = Math.max(this.#answered, holds)
  }

  /** The answer is lost, or late: it is taken for a time-out, and the request is carried out some time. */
  #late(who: number, queue: readonly Waiting[]): void {
    const waits = queue.find((one) => !one.told)
    if (waits) this.#answer(who, waits, { ok: false, error: 'timeout' })
  }

  #answer(who: number, waits: Waiting, end: Pick<DiskResult, 'ok' | 'bytes' | 'error'>): void {
    const n = this.#nodes[who] as Node
    if (waits.told || waits.life !== n.life) return
    waits.told = true
    this.#tell(n, { type: 'disk-result', id: waits.request.id, disk: waits.request.disk, ...end })
  }

  #carryOut(disk: number, request: Request): Pick<DiskResult, 'ok' | 'bytes' | 'error'> {
    const medium = this.#disks[disk] as Uint8Array
    const from = request.block * diskBlockBytes
    if (request.op === 'read') return { ok: true, bytes: medium.slice(from, from + request.count * diskBlockBytes) }
    if (this.#misdirects > 0) {
      this.#misdirects--
      medium.set(request.bytes, this.#random.int(blocksOf(2)) * diskBlockBytes)
    } else medium.set(request.bytes, from)
    return { ok: true }
  }

  /** kyhad alone, whose requests are carried out all the same, or with its machine. */
  #dies(n: Node): void {
    const power = this.#random.chance(0.5)
    for (const disk of this.#disks.keys()) {
      const queue = this.#queues.get(`${n.slot} ${disk}`) ?? []
      if (!power) continue
      const first = queue.find((one) => one.request.op === 'write')?.request
      if (first?.op === 'write') this.#tear(disk, first.block, first.bytes)
      queue.length = 0
    }
    this.#start(n)
  }

  #tear(disk: number, block: number, bytes: Uint8Array): void {
    const upto = this.#random.int(2) * sectorBytes + (this.#random.chance(0.7) ? this.#random.int(120) : diskBlockBytes)
    ;(this.#disks[disk] as Uint8Array).set(bytes.subarray(0, upto), block * diskBlockBytes)
  }

  #damage(): void {
    if (this.#random.chance(0.5)) {
      this.#misdirects++
      return
    }
    const medium = this.#disks[this.#random.int(this.#disks.length)] as Uint8Array
    const slot = this.#random.int(2)
    const twins = this.#random.chance(0.4) ? [0, 1] : [this.#random.int(2)]
    for (const twin of twins) {
      const at = (1 + 2 * slot + twin) * diskBlockBytes + this.#random.int(128)
      medium[at] = (medium[at] as number) ^ (1 << this.#random.int(8))
    }
  }
}
