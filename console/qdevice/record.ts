/**
 * What a device keeps for one cluster, durably: the record of actors/log/register.ts under its rules. A change is on disk before it is answered.
 *   kyha witness record 1
 *   {"cluster":"UUID","epoch":4,"owner":"UUID"}     or {"cluster":"UUID","none":true} before it was taken into use
 *   sha256 HEX                                      of both lines before
 * A file that is missing, torn, of another cluster or otherwise not exactly this is damaged: nobody goes alone by it, and it is never read as "none".
 *
 * What is read at start may have been renamed and not yet synced by a process that died: the first answer of a life writes it again, and so does the
 * first one after a write that failed. So no answer rests on what a power cut could take back.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { claim, enrol, type Register, type WitnessRecord } from '../../actors/log/register.js'
import type { NodeId } from '../../runtime/ids.js'
import type { Refusal } from '../../runtime/verdict.js'
import { isRecord } from '../../runtime/witness/protocol.js'
import { refuse } from '../join/names.js'
import { writeDurably } from './files.js'

const waitingMax = 64
const head = 'kyha witness record 1'

export interface Question {
  readonly ask: 'enrol' | 'claim'
  readonly node: NodeId
  readonly epoch: number
}
export type Write = (path: string, text: string) => Promise<void>

export const recordFile = (clusterDir: string): string => join(clusterDir, 'record')

export function recordText(cluster: string, record: WitnessRecord | undefined): string {
  const body = `${head}\n${JSON.stringify({ cluster, ...(record ?? { none: true }) })}\n`
  return `${body}sha256 ${createHash('sha256').update(body).digest('hex')}\n`
}

/** What `text` holds for `cluster`, or why it is damaged. */
export function readRecord(text: string, cluster: string): { readonly record: WitnessRecord | undefined } | { readonly damaged: string } {
  const [first, line = '', sum, end, ...more] = text.split('\n')
  if (first !== head) return { damaged: 'it does not begin as a record of version 1' }
  if (end !== '' || more.length > 0) return { damaged: 'it was cut off or has something behind it' }
  if (sum !== `sha256 ${createHash('sha256').update(`${first}\n${line}\n`).digest('hex')}`) return { damaged: 'its checksum is wrong' }
  const { cluster: of, none, ...record } = fieldsOf(line)
  if (of !== cluster) return { damaged: `it is of cluster ${String(of).slice(0, 64)}` }
  if (none === true && Object.keys(record).length === 0) return { record: undefined }
  return isRecord(record) ? { record } : { damaged: 'it says nothing that a record says' }
}

function fieldsOf(line: string): { cluster?: unknown; none?: unknown; epoch?: unknown; owner?: unknown } {
  try {
    return (JSON.parse(line) as object | null) ?? {}
  } catch {
    return {} // no JSON: of no cluster either
  }
}

/** One cluster's record in the process that serves it. */
export class ClusterRecord {
  #record: WitnessRecord | undefined
  /** The file holds exactly `#record`, and a power cut changes nothing about it. */
  #durable = false
  #waiting = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly cluster: string,
    private readonly file: string,
    record: WitnessRecord | undefined,
    private readonly write: Write,
  ) {
    this.#record = record
  }

  /** Reads it, or says why nobody may rely on it. */
  static read(dir: string, cluster: string, write: Write = writeDurably): ClusterRecord | Refusal {
    const file = recordFile(dir)
    try {
      const got = readRecord(readFileSync(file, 'utf8'), cluster)
      if ('record' in got) return new ClusterRecord(cluster, file, got.record, write)
      return refuse('damaged', 'witness.record-damaged', { file, why: got.damaged })
    } catch (e) {
      return refuse('damaged', 'witness.record-damaged', { file, why: (e as NodeJS.ErrnoException).code ?? 'unreadable' })
    }
  }

  /** Answers in order, each when what it says is durable. A refusal is no answer: whether it was written is not known, and it may be asked again. */
  ask(question: Question | undefined): Promise<Register | Refusal> {
    if (this.#waiting >= waitingMax) return Promise.resolve(refuse('busy', 'witness.busy', { limit: waitingMax }))
    this.#waiting++
    const turn = this.#turn.then(() => this.#answer(question)).finally(() => this.#waiting--)
    this.#turn = turn
    return turn
  }

  async #answer(question: Question | undefined): Promise<Register | Refusal> {
    const told = question ? judge(this.#record, question) : { record: this.#record, ok: true }
    if (this.#durable && told.record === this.#record) return told
    this.#durable = false
    try {
      await this.write(this.file, recordText(this.cluster, told.record))
    } catch (e) {
      return refuse('cannot-create', 'witness.record-write', { file: this.file, error: (e as NodeJS.ErrnoException).code ?? 'EIO' })
    }
    this.#record = told.record
    this.#durable = true
    return told
  }
}

const judge = (record: WitnessRecord | undefined, { ask, node, epoch }: Question): Register =>
  ask === 'enrol' ? enrol(record, epoch) : claim(record, node, epoch)
