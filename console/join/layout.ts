/**
 * The files of one node and what is in them. `node.json` is written last and by rename: where it is, everything it names is there too.
 *   DIR/node.json 0640   STATE/joining.json, see joining.ts
 *   DIR/tls/{ca.pem,node.pem} 0644   DIR/tls/{node.key,cluster.key} 0600
 *   DIR/ca.key 0600, on the first node only
 */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Member } from '../../actors/log/messages.js'
import { type Joining, joiningFile } from '../../runtime/config/joining.js'
import { type NodeConfig, readNodeConfig } from '../../runtime/config/node.js'
import { sentence } from '../../runtime/config/problem.js'
import type { Refusal } from '../../runtime/verdict.js'
import { type Link, refuse } from './names.js'

export const dirDefault = '/etc/kyha'
export const runDirDefault = '/run/kyha'
export const stateDirDefault = '/var/lib/kyha'
/** Where the console listens beside its unix socket: this machine only, until a login exists. 0 = nowhere. */
export const apiPortDefault = 7480

export interface Places {
  readonly dir: string
  readonly runDir: string
  readonly stateDir: string
}

/** What makes one node differ from another. */
export interface Who {
  readonly cluster: { readonly id: string; readonly name: string }
  readonly node: { readonly id: string; readonly name: string }
  /** Members of a new cluster; empty on a node that joins: everything comes from the leader. */
  readonly genesis: readonly Member[]
  readonly joining?: Joining
  readonly links: readonly Link[]
}

/** What the operator may choose besides. */
export interface Wishes {
  /** Console on 127.0.0.1; 0 = unix socket only. */
  readonly apiPort: number
  readonly fenceDirs: readonly string[]
}

export interface Secrets {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly clusterKey: string
  /** Only where the cluster was created. */
  readonly caKey?: string
}

export const nodeFile = (dir: string): string => join(dir, 'node.json')
export const caKeyFile = (dir: string): string => join(dir, 'ca.key')
export const placesOf = (o: { dir: string; runDir: string; stateDir: string }): Places => ({
  dir: resolve(o.dir),
  runDir: resolve(o.runDir),
  stateDir: resolve(o.stateDir),
})

/** Nothing that is already there is overwritten: neither a node's files nor the state of one. */
export function checkFree({ dir, stateDir }: Places): Refusal | undefined {
  if (existsSync(nodeFile(dir)) || existsSync(caKeyFile(dir))) return refuse('exists', 'cli.node-exists', { dir })
  try {
    if (existsSync(stateDir) && readdirSync(stateDir).length > 0) return refuse('exists', 'cli.state-exists', { dir: stateDir })
  } catch (e) {
    return fileTrouble(stateDir, e)
  }
  return undefined
}

/** Makes the directories, so that a missing permission is said before anything is asked of a cluster. */
export function makeDirs({ dir, runDir, stateDir }: Places): Refusal | undefined {
  for (const [path, mode] of [
    [join(dir, 'tls'), 0o750],
    [stateDir, 0o750],
    [runDir, 0o750],
  ] as const) {
    try {
      mkdirSync(path, { recursive: true, mode })
    } catch (e) {
      return fileTrouble(path, e)
    }
  }
  return undefined
}

/** Writes a node's files, node.json last. */
export function writeNode(places: Places, who: Who, secrets: Secrets, wishes: Wishes): Refusal | undefined {
  const { dir, runDir, stateDir } = places
  const tls = (name: string): string => join(dir, 'tls', name)
  const { joining, ...own } = who
  const settings = {
    ...own,
    stateDir,
    runDir,
    keyFile: tls('cluster.key'),
    tls: { ca: tls('ca.pem'), cert: tls('node.pem'), key: tls('node.key') },
    api: { socket: join(runDir, 'api.sock'), ...(wishes.apiPort > 0 ? { tcp: { host: '127.0.0.1', port: wishes.apiPort } } : {}) },
    ...(wishes.fenceDirs.length > 0 ? { agents: { fence: wishes.fenceDirs } } : {}),
  }
  const files: [path: string, text: string, mode: number][] = [
    ...(secrets.caKey === undefined ? [] : [[caKeyFile(dir), secrets.caKey, 0o600] as [string, string, number]]),
    [settings.keyFile, secrets.clusterKey, 0o600],
    [settings.tls.ca, secrets.ca, 0o644],
    [settings.tls.cert, secrets.cert, 0o644],
    [settings.tls.key, secrets.key, 0o600],
    ...(joining ? [[joiningFile(stateDir), `${JSON.stringify(joining)}\n`, 0o640] as [string, string, number]] : []),
    [nodeFile(dir), `${JSON.stringify(settings, null, 1)}\n`, 0o640],
  ]
  for (const [path, text, mode] of files) {
    try {
      writeFileSync(`${path}.new`, text, { mode, flush: true })
      renameSync(`${path}.new`, path)
    } catch (e) {
      return fileTrouble(path, e)
    }
  }
  return undefined
}

/** node.json of this machine's node. */
export async function readNode(dir: string): Promise<NodeConfig | Refusal> {
  const file = nodeFile(dir)
  if (!existsSync(file)) return refuse('not-found', 'cli.no-node', { file })
  const read = await readNodeConfig(file)
  if (read.ok) return read.config
  return refuse('misconfigured', 'cli.node-file', { file, why: read.problems.map((p) => sentence('en', p)).join(' ') })
}

export function fileTrouble(path: string, e: unknown): Refusal {
  const code = (e as NodeJS.ErrnoException).code ?? 'EIO'
  return refuse(code === 'EACCES' || code === 'EPERM' ? 'no-permission' : 'cannot-create', 'cli.file', { file: path, error: code })
}
