/**
 * The state directory of a quorum device, and how anything gets into it: written beside, synced, renamed, the directory synced. So a file is there
 * whole, in its old or its new form, whenever the power goes.
 *   device.json {id, name}, device.pem, device.key 0600, lock (one process)
 *   codes/ID.json 0600, see codes.ts
 *   clusters/UUID/cluster.json {id, name, ca}; clusters/UUID/record, see record.ts
 */
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { NAME } from '../../runtime/config/read.js'
import type { Refusal } from '../../runtime/verdict.js'
import { fileTrouble } from '../join/layout.js'
import { checkName, isRefusal, refuse } from '../join/names.js'

export const clustersMax = 1000

const Uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/))
const Name = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const DeviceFile = v.object({ id: Uuid, name: Name })
/** A cluster that was enrolled: its CA's certificate is what its nodes are known by. */
export const ClusterFile = v.object({ id: Uuid, name: v.pipe(v.string(), v.regex(NAME)), ca: v.pipe(v.string(), v.maxLength(8192)) })
export type ClusterFile = v.InferOutput<typeof ClusterFile>

export interface Device extends v.InferOutput<typeof DeviceFile> {
  readonly cert: string
  readonly key: string
}

/** Writes `text` durably: when this resolves, it is what is read after a power cut. Rejects with the system's error; then the old or the new text is there. */
export async function writeDurably(path: string, text: string, mode = 0o600): Promise<void> {
  const file = await open(`${path}.new`, 'w', mode)
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncDir(dirname(path))
}

export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A directory that is still there after a power cut. */
export async function makeDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await syncDir(path)
  await syncDir(dirname(path))
}

/** The JSON in `file` as `schema` describes it, or why it cannot be used. */
export function readJson<T>(file: string, schema: v.GenericSchema<unknown, T>): T | Refusal {
  try {
    const got = v.safeParse(schema, JSON.parse(readFileSync(file, 'utf8')))
    return got.success ? got.output : damaged(file, got.issues[0]?.message ?? 'unknown form')
  } catch (e) {
    return damaged(file, (e as NodeJS.ErrnoException).code ?? 'no JSON')
  }
}
const damaged = (file: string, why: string): Refusal => refuse('misconfigured', 'witness.file-damaged', { file, why })

/** The device that lives in `dir`, or undefined where there is none. */
export function readDevice(dir: string): Device | Refusal | undefined {
  const file = join(dir, 'device.json')
  if (!existsSync(file)) return undefined
  const device = readJson(file, DeviceFile)
  if (isRefusal(device)) return device
  try {
    return { ...device, cert: readFileSync(join(dir, 'device.pem'), 'utf8'), key: readFileSync(join(dir, 'device.key'), 'utf8') }
  } catch (e) {
    return damaged(join(dir, 'device.pem'), (e as NodeJS.ErrnoException).code ?? 'unreadable')
  }
}

/** The device in `dir`; made there, device.json last, when there is none. */
export async function openDevice(dir: string, name: string, nowMs: number): Promise<Device | Refusal> {
  const known = readDevice(dir)
  if (known) return known
  const no = checkName('node', name)
  if (no) return no
  try {
    for (const path of [dir, join(dir, 'codes'), join(dir, 'clusters')]) await makeDir(path)
    const { makeDeviceCertificate } = await import('../../runtime/wire/certificates.js') // large, and needed only now
    const { cert, key } = await makeDeviceCertificate(name, nowMs)
    const id = randomUUID()
    await writeDurably(join(dir, 'device.key'), key)
    await writeDurably(join(dir, 'device.pem'), cert, 0o644)
    await writeDurably(join(dir, 'device.json'), `${JSON.stringify({ id, name })}\n`, 0o644)
    return { id, name, cert, key }
  } catch (e) {
    return fileTrouble(dir, e)
  }
}

export const clusterDir = (dir: string, cluster: string): string => join(dir, 'clusters', cluster)

/** Ids of the clusters that are enrolled in `dir`. */
export const clustersIn = (dir: string): readonly string[] =>
  existsSync(join(dir, 'clusters')) ? readdirSync(join(dir, 'clusters')).filter((id) => v.is(Uuid, id)) : []
